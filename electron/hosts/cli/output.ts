import type { FailureData } from '#shared/model/failure.ts';
import { inert, inertJson, inertLines, inertNdjson } from './inert.ts';
import { renderText } from './render-text.ts';
import { tableRows, widthsOf, type Column } from './table.ts';

export interface OutputOptions {
  json: boolean;
  quiet: boolean;
  stdout?: NodeJS.WriteStream;
  stderr?: NodeJS.WriteStream;
}

/**
 * All that a command prints. Standard output carries the answer alone; progress and remarks go to standard error.
 * Everything passes `inert`, since most of it was written by strangers.
 */
export class Output {
  readonly json: boolean;
  readonly #quiet: boolean;
  readonly #out: NodeJS.WriteStream;
  readonly #err: NodeJS.WriteStream;
  #progressShown = false;

  constructor(options: OutputOptions) {
    this.json = options.json;
    this.#quiet = options.quiet;
    this.#out = options.stdout ?? process.stdout;
    this.#err = options.stderr ?? process.stderr;
  }

  /** One thing: an object with --json, else the lines `human` makes of it. */
  async one<T>(value: T, human: (value: T) => string | string[]): Promise<void> {
    if (this.json) {
      await this.#write(`${inertJson(value)}\n`);
      return;
    }
    const lines = human(value);
    await this.#write(`${inertLines(Array.isArray(lines) ? lines.join('\n') : lines)}\n`);
  }

  /** A list: NDJSON, or a table. Rows are printed as they come; columns are as wide as the first batch needs. */
  async list<T>(batches: AsyncIterable<T[]> | Iterable<T[]>, columns: readonly Column<T>[]): Promise<number> {
    let widths: number[] | null = null;
    let count = 0;
    const cut = this.#out.isTTY ? this.#out.columns : undefined;
    for await (const rows of batches) {
      count += rows.length;
      if (this.json) {
        if (rows.length > 0) await this.#write(rows.map((row) => `${inertJson(row)}\n`).join(''));
        continue;
      }
      const first = widths === null;
      widths ??= widthsOf(rows, columns);
      const lines = tableRows(rows, columns, widths, { head: first && !this.#quiet && rows.length > 0, cut });
      if (lines.length > 0) await this.#write(`${lines.join('\n')}\n`);
    }
    return count;
  }

  /** Blocks of whole lines, NDJSON or plain, that were made behind the door: nothing is built again here. */
  async blocks(batches: AsyncIterable<string[]>): Promise<void> {
    for await (const blocks of batches) for (const block of blocks) await this.#write(inertNdjson(block));
  }

  /** Lines for people only. */
  async lines(lines: readonly string[]): Promise<void> {
    if (!this.json && lines.length > 0) await this.#write(`${inertLines(lines.join('\n'))}\n`);
  }

  /** Bytes as they are; on a terminal made inert. */
  async raw(bytes: Buffer): Promise<void> {
    await this.#write(this.#out.isTTY ? inertLines(bytes.toString('utf8')) : bytes);
  }

  /** A remark for people beside the answer. */
  note(words: string): void {
    this.clearProgress();
    if (!this.#quiet) this.#err.write(`${inert(words)}\n`);
  }

  /** The one line that tells how far a job is; only on a terminal. */
  progress(words: string): void {
    if (!this.#err.isTTY || this.#quiet) return;
    this.#progressShown = true;
    this.#err.write(`\r\u001b[K${inert(words).slice(0, (this.#err.columns || 80) - 1)}`);
  }

  clearProgress(): void {
    if (!this.#progressShown) return;
    this.#progressShown = false;
    this.#err.write('\r\u001b[K');
  }

  /** `postdeck: CODE: what happened; what to do`, and with --json the error object on standard output. */
  async failure(failure: FailureData): Promise<void> {
    this.clearProgress();
    const message = renderText(failure.message);
    const hint = failure.hint === null ? null : renderText(failure.hint);
    this.#err.write(`${inert(`postdeck: ${failure.code}: ${hint === null ? message : `${message}; ${hint}`}`)}\n`);
    if (!this.json) return;
    const error = { code: failure.code, message, hint, retryable: failure.retryable };
    await this.#write(`${inertJson({ error })}\n`);
  }

  /** Resolves when the reader has taken it, so that a slow reader slows the server's listing down too. */
  #write(chunk: string | Buffer): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#out.write(chunk, (error) => (error ? reject(error) : resolve()));
    });
  }
}

/** `| head` closes the pipe when it has seen enough: the reader is content, so this is no error. */
export function isClosedPipe(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException | null)?.code;
  return code === 'EPIPE' || code === 'ERR_STREAM_DESTROYED';
}
