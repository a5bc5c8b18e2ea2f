import type { RemoteProcess } from '#remote/machine.ts';
import { Failure } from '#shared/model/failure.ts';
import { text } from '#shared/model/text.ts';

/** Characters of one answer: 1 MiB of log that does not compress, in base64, and some. */
const MOST = 8 * 1024 * 1024;

/** Questions and answers, a line each, with a process that stays. One question at a time. */
export class Questions {
  readonly #process: RemoteProcess;
  #rest: Buffer[] = [];
  #restBytes = 0;
  #lines: string[] = [];
  #wake: () => void = () => undefined;
  #over: { error: unknown } | null = null;
  #last: Promise<unknown> = Promise.resolve();

  constructor(process: RemoteProcess) {
    this.#process = process;
    process.stdout.on('data', (chunk: Buffer) => this.#take(chunk));
    process.stdin.on('error', () => undefined); // told by `ended`
    process.ended.then(
      () => this.#end(ended()),
      (error: unknown) => this.#end(error),
    );
  }

  ask(question: string): Promise<string> {
    return this.#next(async () => {
      this.#process.stdin.write(`${question}\n`);
      return this.#line();
    });
  }

  /** An answer of several lines, without its last one. */
  askAll(question: string, last: string): Promise<string[]> {
    return this.#next(async () => {
      this.#process.stdin.write(`${question}\n`);
      const lines: string[] = [];
      for (;;) {
        const line = await this.#line();
        if (line === last) return lines;
        lines.push(line);
      }
    });
  }

  async close(): Promise<void> {
    // The script ends with its input: nothing is left behind on the server, also when this line is cut.
    this.#process.stdin.end();
    await this.#process.stop();
  }

  #next<T>(act: () => Promise<T>): Promise<T> {
    const mine = this.#last.then(act, act);
    this.#last = mine.catch(() => undefined);
    return mine;
  }

  async #line(): Promise<string> {
    for (;;) {
      const line = this.#lines.shift();
      if (line !== undefined) return line;
      if (this.#over !== null) throw this.#over.error;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  #take(chunk: Buffer): void {
    let from = 0;
    for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, from)) {
      this.#rest.push(chunk.subarray(from, at));
      this.#lines.push(Buffer.concat(this.#rest).toString('latin1'));
      this.#rest = [];
      this.#restBytes = 0;
      from = at + 1;
    }
    if (from < chunk.length) {
      this.#rest.push(chunk.subarray(from));
      this.#restBytes += chunk.length - from;
    }
    if (this.#restBytes > MOST) void this.#process.stop();
    this.#wake();
  }

  #end(error: unknown): void {
    this.#over ??= { error };
    this.#wake();
  }
}

function ended(): Failure {
  return new Failure(
    'CONNECTION_LOST',
    text(/*i18n*/ { id: 'postfix.logs.ended', message: 'The process that watches the log on the server has ended' }),
    { retryable: true },
  );
}
