import { PassThrough, type Readable, Transform, type Writable } from 'node:stream';
import type { ClientChannel } from 'ssh2';
import { Failure } from '#shared/model/failure.ts';
import { text } from '#shared/model/text.ts';
import { LIMITS } from '../limits.ts';
import type { RemoteProcess, RemoteResult } from '../machine.ts';
import { redact } from '../redact.ts';
import type { Wrapped } from './wrap.ts';

export interface ProcessOptions {
  name: string;
  command: string;
  wrapped: Wrapped;
  /** A signal through sshd does not reach the command itself: the login is root's, or script(1) stands in between. */
  deaf: boolean;
  /** Gives sudo's password when, and only when, sudo asks. */
  password: (() => Promise<string>) | null;
  /** undefined: the caller writes to `stdin` and ends it; null: there is none. */
  stdin: string | Uint8Array | Readable | null | undefined;
  maxOutput: number;
  secrets: ReadonlySet<string>;
  /** Ends the command from beside, by kill(1) on a process group: as the login user, or as root where it runs as root. */
  kill: (group: number, signal: 'TERM' | 'KILL', asRoot: boolean) => Promise<void>;
  /** The command runs as root through sudo. */
  elevated: boolean;
  /** Says what a channel that ended without a status means. */
  lost: () => Promise<Failure>;
  /** Turns an ended command into its result or a Failure. */
  settle: (result: RemoteResult, stdoutBytes: number) => RemoteResult;
}

/** Follows one command from its first byte to its end. */
export class RunningCommand implements RemoteProcess {
  readonly command: string;
  readonly stdout: Readable;
  readonly stdin: Writable;
  readonly ended: Promise<RemoteResult>;
  readonly #channel: ClientChannel;
  readonly #options: ProcessOptions;
  readonly #started = performance.now();
  readonly #input = new PassThrough();
  readonly #closed: Promise<void>;
  /** The output has been read to its end, or nobody wants it any more. */
  readonly #outputRead: Promise<void>;
  readonly #errorsRead: Promise<void>;
  #isClosed = false;
  readonly #errors: ErrorText;
  #bytes = 0;
  #exit: { code: number | null; signal: string | null } | null = null;
  /** Why the command was ended from here; null: it was not. */
  #stopped: Failure | null = null;
  #stopping: Promise<void> | null = null;

  constructor(channel: ClientChannel, options: ProcessOptions) {
    this.#channel = channel;
    this.#options = options;
    this.command = options.command;
    this.stdin = this.#input;
    this.#errors = new ErrorText(options.wrapped, () => this.#prompted());
    const counter = new Transform({
      transform: (chunk: Buffer, _encoding, done) => {
        this.#bytes += chunk.length;
        if (this.#bytes <= options.maxOutput) done(null, chunk);
        else {
          done();
          void this.end(tooMuch(options.name, options.maxOutput, this.command));
        }
      },
    });
    this.stdout = counter;
    // A consumer that stops reading (break in for-await) wants no more: the command is ended, as a closed pipe would.
    counter.once('close', () => {
      if (!counter.readableEnded) void this.end(stoppedReading(options.name));
    });
    counter.on('error', () => {});
    channel.pipe(counter);
    channel.stderr.on('data', (chunk: Buffer) => this.#errors.take(chunk));
    this.#errorsRead = new Promise((resolve) => {
      channel.stderr.once('end', resolve);
      channel.stderr.once('close', resolve);
    });
    channel.on('error', () => {});
    this.#closed = new Promise((resolve) => {
      // Not the event `exit`: a quick command's comes in the same packet as the channel, before anybody can listen.
      channel.once('close', (code?: number | null, signal?: string) => {
        this.#isClosed = true;
        if (typeof code === 'number' || signal) this.#exit = { code: code ?? null, signal: signal ?? null };
        resolve();
      });
    });
    this.#outputRead = new Promise((resolve) => {
      counter.once('end', resolve);
      counter.once('close', resolve);
    });
    this.ended = this.#finish();
    // Whoever only reads stdout learns of the failure there.
    this.ended.catch(() => {});
    this.#feed();
  }

  /** Its process groups on the server, as far as they were told. */
  get groups(): { outer: number | null; inner: number | null } {
    const { outer, inner } = this.#errors;
    return { outer, inner };
  }

  /** Ends the remote command and resolves when it is gone. */
  stop(): Promise<void> {
    return this.end(stoppedReading(this.#options.name));
  }

  /** Ends the command for this reason; `ended` rejects with it once the command is gone. */
  end(why: Failure): Promise<void> {
    this.#stopping ??= this.#end(why);
    return this.#stopping;
  }

  async #finish(): Promise<RemoteResult> {
    await this.#closed;
    await this.#stopping;
    await this.#errorsRead;
    const stderr = redact(this.#errors.text(), this.#options.secrets);
    const result: RemoteResult = {
      command: this.command,
      exit: this.#exit?.code ?? null,
      signal: this.#exit?.signal ?? null,
      stdout: Buffer.alloc(0),
      stderr,
      ms: performance.now() - this.#started,
    };
    try {
      if (this.#stopped) throw this.#stopped;
      if (this.#exit === null) throw await this.#options.lost();
      const settled = this.#options.settle(result, this.#bytes);
      // It went well; its last bytes may still be on their way to whoever reads.
      await this.#outputRead;
      if (this.#stopped) throw this.#stopped as Failure;
      return settled;
    } catch (error) {
      this.stdout.destroy(error as Error);
      throw error;
    } finally {
      this.#input.destroy();
    }
  }

  async #end(why: Failure): Promise<void> {
    if (this.#isClosed) {
      // Only its output is still unread; the command itself has ended.
      if (!this.stdout.readableEnded) {
        this.#stopped = why;
        this.stdout.destroy(why);
      }
      return;
    }
    this.#stopped = why;
    // Nobody reads any more, and an unread channel never closes.
    this.#channel.unpipe();
    this.#channel.resume();
    this.#input.unpipe(this.#channel);
    const { deaf, elevated, kill } = this.#options;
    const { outer, inner } = this.#errors;
    const killed = async (group: number | null, signal: 'TERM' | 'KILL', asRoot: boolean): Promise<boolean> => {
      if (group !== null) await kill(group, signal, asRoot).catch(() => {});
      return this.#gone();
    };
    if (!deaf) this.#signal('TERM');
    // sudo keeps the login user's real uid and so takes the signal from it; where it does not, the next steps do it.
    if (await (deaf ? killed(inner, 'TERM', false) : this.#gone())) return;
    // Under sudo this ends script(1) alone, and the kernel hangs up what runs on its terminal.
    this.#signal('KILL');
    if (await killed(outer, 'KILL', false)) return;
    if (elevated && (await killed(inner, 'TERM', true))) return;
    if (elevated && (await killed(inner, 'KILL', true))) return;
    this.#stopped = stillRunning(why, this.#options.name, this.command, inner);
    this.#channel.close();
    this.#channel.destroy();
  }

  #signal(signal: string): void {
    try {
      this.#channel.signal(signal);
    } catch {
      // The channel closed meanwhile: there is nothing to end.
    }
  }

  /** Waits until the command is gone: sshd closes the channel when nothing holds its output any more. */
  #gone(): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(false), LIMITS.STOP_SECONDS * 1000);
      void this.#closed.finally(() => {
        clearTimeout(timer);
        resolve(true);
      });
    });
  }

  /** Standard input: held back while sudo may ask for the password, which must be its first line. */
  #feed(): void {
    this.#input.on('error', () => {});
    const { stdin, password } = this.#options;
    if (stdin === null) this.#input.end();
    else if (typeof stdin === 'string' || stdin instanceof Uint8Array) this.#input.end(stdin);
    else if (stdin !== undefined) {
      // A source that breaks must not look like its end: half a list of ids would be acted on.
      stdin.once('error', (error) => void this.end(brokenInput(this.#options.name, error)));
      stdin.pipe(this.#input);
      this.#input.once('close', () => stdin.destroy());
    }
    if (password === null) this.#open();
    else {
      this.#timer = setTimeout(() => this.#open(), LIMITS.SUDO_PROMPT_SECONDS * 1000);
      void this.#closed.then(() => clearTimeout(this.#timer));
    }
  }

  #timer: NodeJS.Timeout | undefined;
  #opened = false;
  #prompts = 0;

  #open(): void {
    if (this.#opened || this.#stopped) return;
    this.#opened = true;
    clearTimeout(this.#timer);
    this.#input.pipe(this.#channel);
  }

  /** sudo asked. A second time: the password is wrong, and further lines of data must not be tried as passwords. */
  #prompted(): void {
    this.#prompts += 1;
    const { password } = this.#options;
    if (password === null || this.#opened || this.#prompts > 1) {
      this.#input.unpipe(this.#channel);
      this.#channel.end();
      return;
    }
    clearTimeout(this.#timer);
    this.#answer(password).catch((error: unknown) => this.end(error as Failure));
  }

  async #answer(password: () => Promise<string>): Promise<void> {
    const secret = await password();
    if (this.#stopped) return;
    this.#channel.write(`${secret}\n`);
    this.#open();
  }
}

/** Standard error as it comes: the process id's line and sudo's prompts are taken out, the rest is kept up to a limit. */
class ErrorText {
  /** Process group of the command line, and of what runs in it under sudo; null: not told yet. */
  outer: number | null = null;
  inner: number | null = null;
  readonly #wrapped: Wrapped;
  readonly #onPrompt: () => void;
  readonly #chunks: Buffer[] = [];
  #bytes = 0;
  #cut = false;
  /** The first bytes, where the mark and the prompts are looked for; null: no longer looked for. */
  #head: string | null = '';

  constructor(wrapped: Wrapped, onPrompt: () => void) {
    this.#wrapped = wrapped;
    this.#onPrompt = onPrompt;
  }

  take(chunk: Buffer): void {
    if (this.#head === null) {
      this.#keep(chunk);
      return;
    }
    this.#head += chunk.toString('latin1');
    const { mark, prompt } = this.#wrapped;
    if (this.outer === null) {
      const found = new RegExp(`${mark} (\\d+)(?: (\\d+))?\\r?\\n`).exec(this.#head);
      if (found) {
        this.outer = Number(found[1]);
        this.inner = Number(found[2] ?? found[1]);
        this.#head = this.#head.replace(found[0], '');
      }
    }
    if (prompt !== null) {
      const parts = this.#head.split(prompt);
      this.#head = parts.join('');
      for (let i = 1; i < parts.length; i += 1) this.#onPrompt();
    }
    const settled = this.outer !== null && prompt === null;
    if (settled || this.#head.length > HEAD_BYTES) this.#flush();
  }

  text(): string {
    this.#flush();
    const all = Buffer.concat(this.#chunks).toString('utf8');
    return this.#cut ? `${all}\n[cut after ${LIMITS.STDERR_BYTES} bytes]` : all;
  }

  #flush(): void {
    if (this.#head === null) return;
    const head = Buffer.from(this.#head, 'latin1');
    this.#head = null;
    this.#keep(head);
  }

  #keep(chunk: Buffer): void {
    const room = LIMITS.STDERR_BYTES - this.#bytes;
    if (chunk.length > room) this.#cut = true;
    const kept = chunk.subarray(0, Math.max(0, room));
    this.#bytes += kept.length;
    if (kept.length > 0) this.#chunks.push(kept);
  }
}

/** The mark is the first thing printed, but a login shell's own start-up files may print before it. */
const HEAD_BYTES = 16 * 1024;

function tooMuch(name: string, limit: number, command: string): Failure {
  return new Failure(
    'LIMIT',
    text(
      /*i18n*/ {
        id: 'remote.output',
        message: 'The answer is larger than {limit} bytes: {name} was stopped on the server',
      },
      { limit, name },
    ),
    {
      hint: text(/*i18n*/ { id: 'remote.output.hint', message: 'Ask for less at once, for instance with a filter' }),
      detail: { command, limit },
    },
  );
}

function stoppedReading(name: string): Failure {
  return new Failure('CANCELLED', text(/*i18n*/ { id: 'remote.cancelled', message: 'Cancelled: {name}' }, { name }), {
    detail: { name },
  });
}

function brokenInput(name: string, error: Error): Failure {
  if (error instanceof Failure) return error;
  return new Failure(
    'INTERNAL',
    text(
      /*i18n*/ {
        id: 'remote.input',
        message: 'What was to be sent to the server could not be read ({why}): {name} was stopped there',
      },
      { why: error.message, name },
    ),
    { cause: error },
  );
}

/** Why it was to be ended stays in the code; that it may still run matters more than the words about it. */
function stillRunning(why: Failure, name: string, command: string, pid: number | null): Failure {
  return new Failure(
    why.code,
    text(
      /*i18n*/ {
        id: 'remote.still-running',
        message: 'The server did not end the command, which may still run there (process {pid}): {name}',
      },
      { name, pid: pid ?? '?' },
    ),
    {
      hint: text(
        /*i18n*/ { id: 'remote.still-running.hint', message: 'Look for it on the server: {command}' },
        { command },
      ),
      detail: { ...why.detail, name, command, pid, stillRunning: true },
      cause: why,
    },
  );
}
