/**
 * One machine over SSH: its connection, and the commands that run on it. Longer than usual: connecting anew, ending a
 * command and telling why one was lost all share the state of the one connection.
 */
import { randomBytes } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { type Failure, isFailure } from '#shared/model/failure.ts';
import type { SshSettings } from '#shared/model/server.ts';
import { Deadline, raceSignal } from '../deadlines.ts';
import { LIMITS } from '../limits.ts';
import type { RemoteCommand, RemoteProcess, RemoteResult } from '../machine.ts';
import { Channels } from './channels.ts';
import { toLoopback } from './forward.ts';
import { exitOf, outputOf } from './channel-end.ts';
import { closedFailure, commandFailed, internal, lostFailure } from './command-failures.ts';
import { connect, type Link } from './connect.ts';
import { type Leftover, LIST, settleLeftovers } from './leftovers.ts';
import { type ProcessOptions, RunningCommand } from './process.ts';
import { noPrivilege, sudoFailure, sudoPasswordNeeded, sudoRefusal } from './sudo.ts';
import type { MachineState, OpenMachineOptions, SshMachine } from './types.ts';
import { type Elevation, HOLD_PROBE, HOLD_PROBE_EXIT, shown, wrap, wrapSudoCheck } from './wrap.ts';

export type { MachineState, OpenMachineOptions, SecretAsk, SecretSource, SshMachine } from './types.ts';

/** Connects to a machine and logs in. Throws CONNECT_FAILED, HOST_KEY_*, AUTH_*, TIMEOUT or CANCELLED. */
export async function openMachine(settings: SshSettings, options: OpenMachineOptions): Promise<SshMachine> {
  const machine = new Ssh(settings, options);
  // The attempt has the deadline: it knows what it waits for. This one only passes the caller's signal on.
  const deadline = new Deadline(`connecting to ${settings.host}`, 0, options.signal);
  try {
    await machine.link(deadline);
  } catch (error) {
    await machine.close();
    throw error;
  } finally {
    deadline.clear();
  }
  return machine;
}

/** A live link and what was learnt on it. */
interface Line {
  link: Link;
  channels: Channels;
  /** script(1) works there; asked at the first command under sudo. */
  hold?: Promise<boolean>;
  /** Which way sudo goes on this link: its password was checked, or it asks for none. */
  sudo?: Promise<'sudo' | 'sudo-password'>;
}

class Ssh implements SshMachine {
  readonly label: string;
  readonly user: string;
  readonly privilege: 'root' | 'sudo' | 'none';
  state: MachineState = { state: 'connecting' };
  readonly #settings: SshSettings;
  readonly #options: OpenMachineOptions;
  readonly #running = new Set<RunningCommand>();
  #line: Line | null = null;
  #connecting: Promise<Line> | null = null;
  #givingUp: AbortController | null = null;
  #waiters = 0;
  #kept = false;
  #attempts = 0;
  #retry: NodeJS.Timeout | undefined;

  /** What was running when a connection was lost, until the next one has seen to it. */
  readonly #left: Leftover[] = [];

  constructor(settings: SshSettings, options: OpenMachineOptions) {
    this.#settings = settings;
    this.#options = options;
    const port = settings.port === 22 ? '' : `:${settings.port}`;
    this.label = `ssh ${settings.user}@${settings.host}${port}`;
    this.user = settings.user;
    this.privilege = settings.user === 'root' ? 'root' : settings.sudo === 'none' ? 'none' : 'sudo';
  }

  describe(command: Pick<RemoteCommand, 'argv' | 'root'>): string {
    return shown(command.argv, this.#elevation(command));
  }

  async run(command: RemoteCommand): Promise<RemoteResult> {
    const process = await this.#start(command, command.stdin ?? null, command.maxOutput ?? LIMITS.OUTPUT_BYTES, false);
    const chunks: Buffer[] = [];
    process.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    const result = await process.ended;
    return { ...result, stdout: Buffer.concat(chunks) };
  }

  start(command: RemoteCommand): Promise<RemoteProcess> {
    return this.#start(command, command.stdin, command.maxOutput ?? LIMITS.STREAM_BYTES, true);
  }

  async connect(port: number, signal: AbortSignal): Promise<Duplex> {
    const deadline = new Deadline(
      `connecting to port ${port} of ${this.#settings.host}`,
      LIMITS.FORWARD_SECONDS,
      signal,
    );
    try {
      const { link } = await this.link(deadline);
      return await toLoopback(link.client, this.#settings.host, port, deadline);
    } finally {
      deadline.clear();
    }
  }

  keep(on: boolean): void {
    this.#kept = on;
    if (!on) {
      clearTimeout(this.#retry);
      if (this.state.state === 'lost') this.#become({ ...this.state, retryAt: null });
    } else if (this.state.state === 'lost') this.#scheduleRetry(this.state.failure);
  }

  async close(): Promise<void> {
    this.#kept = false;
    clearTimeout(this.#retry);
    if (this.state.state === 'closed') return;
    const why = closedFailure(this.#settings.host);
    this.#become({ state: 'closed' });
    this.#givingUp?.abort(why);
    await Promise.all([...this.#running].map((process) => process.end(why)));
    const line = this.#line;
    this.#line = null;
    line?.link.end();
    await line?.link.closed;
  }

  /** The live connection; makes it when there is none. Callers that come meanwhile share the attempt. */
  async link(deadline: Deadline): Promise<Line> {
    if (this.state.state === 'closed') throw closedFailure(this.#settings.host);
    if (this.#line) return this.#line;
    this.#connecting ??= this.#connect();
    this.#waiters += 1;
    const attempt = this.#givingUp;
    try {
      return await deadline.race(this.#connecting, `connecting to ${this.#settings.host}`);
    } finally {
      this.#waiters -= 1;
      // The last caller gave up: so does the attempt, and whoever comes next starts one of their own.
      if (this.#waiters === 0 && deadline.signal.aborted && attempt === this.#givingUp) this.#giveUp(deadline.signal);
    }
  }

  #giveUp({ reason }: AbortSignal): void {
    const attempt = this.#givingUp;
    if (attempt === null) return;
    this.#connecting = null;
    this.#givingUp = null;
    attempt.abort(reason);
    if (!this.#isClosed()) this.#lose(reason as Failure);
  }

  async #connect(): Promise<Line> {
    clearTimeout(this.#retry);
    const attempt = new AbortController();
    this.#givingUp = attempt;
    const seconds = this.#options.connectSeconds ?? LIMITS.CONNECT_SECONDS;
    const deadline = new Deadline(`connecting to ${this.#settings.host}`, seconds, attempt.signal);
    this.#become({ state: 'connecting' });
    try {
      const link = await connect(this.#settings, this.#options, deadline);
      if (attempt.signal.aborted) {
        link.end();
        throw attempt.signal.reason;
      }
      const line: Line = { link, channels: new Channels(link.client, this.#settings.host) };
      await this.#settleLeft(line, attempt.signal);
      void link.closed.then((error) => this.#onClosed(line, error));
      this.#line = line;
      this.#attempts = 0;
      this.#become({ state: 'connected' });
      return line;
    } catch (error) {
      const failure = isFailure(error) ? error : internal(error);
      if (this.#givingUp === attempt && !this.#isClosed()) this.#lose(failure);
      throw failure;
    } finally {
      deadline.clear();
      if (this.#givingUp === attempt) {
        this.#connecting = null;
        this.#givingUp = null;
      }
    }
  }

  /** Nothing is asked of the server while a command of the connection before may still be changing it. */
  async #settleLeft(line: Line, signal: AbortSignal): Promise<void> {
    const left = this.#left.splice(0);
    if (left.length === 0) return;
    const list = async (): Promise<string> => {
      const channel = await line.channels.execNow(wrap(LIST, 'none', false, nonce()).line);
      return outputOf(channel);
    };
    const kill = (group: number, name: 'TERM' | 'KILL', asRoot: boolean): Promise<void> =>
      this.#kill(line, group, name, asRoot ? 'sudo' : 'none');
    await settleLeftovers(left, { list, kill }, signal);
  }

  #isClosed(): boolean {
    return this.state.state === 'closed';
  }

  #onClosed(line: Line, error: Error | null): void {
    if (this.#line !== line) return;
    this.#line = null;
    if (!this.#isClosed()) this.#lose(lostFailure(this.#settings.host, null, error));
  }

  #lose(failure: Failure): void {
    this.#become({ state: 'lost', failure, retryAt: null });
    if (this.#kept) this.#scheduleRetry(failure);
  }

  /** Tries again after a wait that doubles, half of it random. What a person must settle first is not tried again. */
  #scheduleRetry(failure: Failure): void {
    clearTimeout(this.#retry);
    if (!failure.retryable) return;
    const longest = Math.min(LIMITS.BACKOFF_LONGEST_SECONDS, LIMITS.BACKOFF_FIRST_SECONDS * 2 ** this.#attempts);
    this.#attempts += 1;
    const ms = 1000 * longest * (0.5 + Math.random() / 2);
    this.#become({ state: 'lost', failure, retryAt: new Date(Date.now() + ms) });
    this.#retry = setTimeout(() => {
      if (this.#line || this.#isClosed()) return;
      this.#connecting ??= this.#connect();
      this.#connecting.catch(() => {});
    }, ms);
    this.#retry.unref();
  }

  #become(state: MachineState): void {
    this.state = state;
    this.#options.onState?.(state);
  }

  #elevation(command: Pick<RemoteCommand, 'root'>): Elevation {
    if (!command.root || this.privilege === 'root') return 'none';
    return this.#settings.sudo === 'password' ? 'sudo-password' : 'sudo';
  }

  async #start(
    command: RemoteCommand,
    stdin: ProcessOptions['stdin'],
    maxOutput: number,
    streaming: boolean,
  ): Promise<RunningCommand> {
    const description = this.describe(command);
    let elevation = this.#elevation(command);
    if (command.root && this.privilege === 'none') {
      throw noPrivilege(this.user, this.#settings.host, command.argv, description);
    }
    // Bad input is told before the server is contacted.
    wrap(command.argv, elevation, true, nonce());
    const deadline = new Deadline(command.name, command.deadline ?? LIMITS.COMMAND_SECONDS, command.signal);
    try {
      const line = await this.link(deadline);
      let hold = false;
      if (elevation !== 'none') {
        line.hold ??= this.#probeHold(line, deadline);
        hold = await deadline.race(line.hold, 'looking at the server');
        if (elevation === 'sudo-password') {
          line.sudo ??= this.#checkSudo(line, deadline, hold, command.argv);
          line.sudo.catch(() => {
            line.sudo = undefined;
          });
          // Without a password `sudo -n` may still run this command: a NOPASSWD line for it beside rights with a password.
          const way = line.sudo.catch((error: unknown) => {
            if (isFailure(error, 'AUTH_NEEDED')) return 'sudo' as const;
            throw error;
          });
          elevation = await deadline.race(way, 'asking sudo');
        }
      }
      const process = await this.#exec(
        line,
        command,
        elevation,
        hold,
        { description, stdin, maxOutput, streaming },
        deadline,
      );
      return process;
    } catch (error) {
      deadline.clear();
      throw error;
    }
  }

  async #exec(
    line: Line,
    command: RemoteCommand,
    elevation: Elevation,
    hold: boolean,
    io: { description: string; stdin: ProcessOptions['stdin']; maxOutput: number; streaming: boolean },
    deadline: Deadline,
  ): Promise<RunningCommand> {
    const wrapped = wrap(command.argv, elevation, hold, nonce());
    deadline.stage = 'waiting for a channel';
    const opening = line.channels.exec(wrapped.line, deadline.signal);
    const channel = await raceSignal(opening, deadline.signal).catch(async (error: unknown) => {
      opening.then(
        (late) => late.close(),
        () => {},
      );
      throw isFailure(error) ? error : await this.#lost(line, command);
    });
    deadline.stage = 'running on the server';
    const process = new RunningCommand(channel, {
      name: command.name,
      command: io.description,
      wrapped,
      deaf: this.privilege === 'root' || (elevation !== 'none' && hold),
      elevated: elevation !== 'none',
      password: elevation === 'sudo-password' ? () => this.#sudoPassword(deadline.signal, io.description) : null,
      stdin: io.stdin,
      maxOutput: io.maxOutput,
      secrets: line.link.secrets,
      kill: (group, signal, asRoot) => this.#kill(line, group, signal, asRoot ? elevation : 'none'),
      lost: () => {
        const streaming = io.streaming;
        this.#left.push({ ...process.groups, streaming, elevated: elevation !== 'none', lostAt: performance.now() });
        return this.#lost(line, command);
      },
      settle: (result, bytes) => this.#settle(command, elevation, result, bytes),
    });
    this.#running.add(process);
    const onAbort = () => void process.end(deadline.signal.reason as Failure);
    if (deadline.signal.aborted) onAbort();
    else deadline.signal.addEventListener('abort', onAbort, { once: true });
    void process.ended
      .catch(() => {})
      .finally(() => {
        this.#running.delete(process);
        deadline.clear();
      });
    return process;
  }

  #settle(command: RemoteCommand, elevation: Elevation, result: RemoteResult, stdoutBytes: number): RemoteResult {
    if (elevation !== 'none') {
      const reason = sudoRefusal(result.exit, stdoutBytes, result.stderr);
      if (reason === 'password-required' && this.#settings.sudo === 'password') {
        throw sudoPasswordNeeded(this.user, this.#settings.host, this.#settings.port, result.command);
      }
      if (reason !== null) {
        throw sudoFailure(reason, {
          user: this.user,
          host: this.#settings.host,
          argv: command.argv,
          command: result.command,
          stderr: result.stderr.slice(0, LIMITS.STDERR_SHOWN),
          password: elevation === 'sudo-password',
        });
      }
    }
    if (result.exit !== null && (command.okExit ?? [0]).includes(result.exit)) return result;
    throw commandFailed(command, result);
  }

  /** Why a channel ended without telling a status: mostly since the connection is gone. */
  async #lost(line: Line, command: Pick<RemoteCommand, 'name' | 'reads'>): Promise<Failure> {
    const gone = await Promise.race([
      line.link.closed.then((error) => ({ error })),
      new Promise<null>((resolve) => setImmediate(resolve, null)),
    ]);
    if (this.#isClosed()) return closedFailure(this.#settings.host);
    return lostFailure(this.#settings.host, command, gone?.error ?? null);
  }

  async #sudoPassword(signal: AbortSignal, command: string): Promise<string> {
    const { user, host, port } = this.#settings;
    const secret = await this.#options.secrets({ kind: 'sudo', hop: null, user, host, port }, signal);
    if (secret === null) throw sudoPasswordNeeded(user, host, port, command);
    this.#line?.link.secrets.add(secret);
    return secret;
  }

  /**
   * Checks sudo's password once a connection, with nothing else on standard input: a wrong password costs one attempt,
   * and no data can be taken for a second one. Also learns whether sudo asks at all.
   */
  async #checkSudo(
    line: Line,
    deadline: Deadline,
    hold: boolean,
    argv: readonly string[],
  ): Promise<'sudo' | 'sudo-password'> {
    const description = shown(argv, 'sudo-password');
    let asked = false;
    const wrapped = wrapSudoCheck(hold, nonce());
    const channel = await line.channels.exec(wrapped.line, deadline.signal);
    const process = new RunningCommand(channel, {
      name: 'check the sudo password',
      command: 'sudo -S -k -v',
      wrapped,
      deaf: hold,
      elevated: true,
      password: async () => {
        asked = true;
        return this.#sudoPassword(deadline.signal, description);
      },
      stdin: null,
      maxOutput: LIMITS.STDERR_SHOWN,
      secrets: line.link.secrets,
      kill: async () => {},
      lost: () => this.#lost(line, { name: 'check the sudo password', reads: true }),
      settle: (result) => result,
    });
    process.stdout.resume();
    const onAbort = () => void process.end(deadline.signal.reason as Failure);
    deadline.signal.addEventListener('abort', onAbort, { once: true });
    const result = await process.ended.finally(() => deadline.signal.removeEventListener('abort', onAbort));
    if (result.exit === 0) return asked ? 'sudo-password' : 'sudo';
    const reason = asked ? 'password-refused' : (sudoRefusal(result.exit, 0, result.stderr) ?? 'broken');
    throw sudoFailure(reason, {
      user: this.user,
      host: this.#settings.host,
      argv,
      command: description,
      stderr: result.stderr.slice(0, LIMITS.STDERR_SHOWN),
      password: true,
    });
  }

  async #probeHold(line: Line, deadline: Deadline): Promise<boolean> {
    const channel = await line.channels.exec(HOLD_PROBE, deadline.signal);
    return (await exitOf(channel)) === HOLD_PROBE_EXIT;
  }

  async #kill(line: Line, group: number, signal: 'TERM' | 'KILL', elevation: Elevation): Promise<void> {
    const wrapped = wrap(['/bin/kill', `-${signal}`, '--', `-${group}`], elevation, false, nonce());
    const channel = await line.channels.execNow(wrapped.line);
    if (elevation === 'sudo-password') {
      const patience = AbortSignal.timeout(LIMITS.STOP_SECONDS * 1000);
      channel.write(`${await this.#sudoPassword(patience, wrapped.line)}\n`);
    }
    channel.end();
    await exitOf(channel);
  }
}

const nonce = () => randomBytes(6).toString('hex');
