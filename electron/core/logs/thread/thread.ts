import type { Worker } from 'node:worker_threads';
import { Failure } from '#shared/model/failure.ts';
import { text } from '#shared/model/text.ts';
import type { FromThread, ThreadData, ToThread } from './protocol.ts';
import type { Hand, SetService } from './service.ts';
import { startThread } from './start.ts';

type Method = {
  [K in keyof SetService]: SetService[K] extends (hand: Hand, ...args: never[]) => unknown ? K : never;
}[keyof SetService];
type Args<M extends Method> = Parameters<SetService[M]> extends [Hand, ...infer A] ? A : never;
type Answer<M extends Method> = Awaited<ReturnType<SetService[M]>>;
type Part<M extends Method> =
  Answer<M> extends Iterator<infer T> ? T : Answer<M> extends AsyncIterator<infer T> ? T : never;

interface Waiting {
  resolve: (value: { value: unknown; end: boolean }) => void;
  reject: (error: Error) => void;
  progress: ((value: never) => void) | undefined;
}

export interface CallOptions {
  signal?: AbortSignal;
  progress?: (value: never) => void;
}

/**
 * The console's end of one thread. It starts with the first question and holds the process open only while one is
 * under way. A thread that dies fails what it was asked, and the next question starts another.
 */
export class LogThread {
  readonly #data: ThreadData;
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | null = null;
  #nextId = 1;
  #closed = false;

  constructor(data: ThreadData) {
    this.#data = data;
  }

  async call<M extends Method>(method: M, args: Args<M>, options: CallOptions = {}): Promise<Answer<M>> {
    const id = this.#nextId++;
    const answer = await this.#ask(id, { type: 'call', id, method, args }, options);
    return answer.value as Answer<M>;
  }

  /** Parts of a stream, the next one being made while the last is used. Ends the stream when the loop is left. */
  async *stream<M extends Method>(method: M, args: Args<M>, signal?: AbortSignal): AsyncGenerator<Part<M>, void, void> {
    const id = this.#nextId++;
    let over = false;
    let coming = this.#ask(id, { type: 'call', id, method, args }, { signal });
    try {
      for (;;) {
        const { value, end } = await coming;
        if (end) {
          over = true;
          return;
        }
        coming = this.#ask(id, { type: 'next', id }, { signal });
        coming.catch(() => undefined); // thrown when it is awaited, or nobody wants it any more
        yield value as Part<M>;
      }
    } catch (error) {
      over = true;
      throw error;
    } finally {
      if (!over) {
        this.#waiting.delete(id);
        this.#send({ type: 'abort', id });
        this.#rest();
      }
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    const worker = this.#worker;
    this.#worker = null;
    this.#failAll(new Failure('CANCELLED', text(/*i18n*/ { id: 'logs.closed', message: 'The console is closing' })));
    await worker?.terminate();
  }

  #ask(id: number, message: ToThread, { signal, progress }: CallOptions): Promise<{ value: unknown; end: boolean }> {
    return new Promise((resolve, reject) => {
      if (this.#closed) {
        reject(new Failure('CANCELLED', text(/*i18n*/ { id: 'logs.closed', message: 'The console is closing' })));
        return;
      }
      if (signal?.aborted === true) {
        if (message.type === 'next') this.#send({ type: 'abort', id });
        reject(signal.reason as Error);
        return;
      }
      const abort = (): void => {
        // Answered at once; the thread stops at its next safe place and its late answer is dropped.
        this.#send({ type: 'abort', id });
        this.#settle(id)?.reject(signal?.reason as Error);
      };
      signal?.addEventListener('abort', abort, { once: true });
      const done = (): void => signal?.removeEventListener('abort', abort);
      this.#waiting.set(id, {
        resolve: (value) => {
          done();
          resolve(value);
        },
        reject: (error) => {
          done();
          reject(error);
        },
        progress,
      });
      this.#send(message);
    });
  }

  #send(message: ToThread): void {
    if (this.#closed) return;
    if (message.type !== 'call' && this.#worker === null) return;
    this.#worker ??= this.#start();
    this.#worker.ref();
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- not a window: a thread has no origin
    this.#worker.postMessage(message);
  }

  #start(): Worker {
    const worker = startThread(this.#data);
    worker.on('message', (message: FromThread) => this.#receive(message));
    const over = (error: Error): void => {
      if (this.#worker !== worker) return;
      this.#worker = null;
      this.#failAll(error);
    };
    worker.on('error', over);
    worker.on('exit', () => over(new Error('the log thread ended')));
    return worker;
  }

  #receive(message: FromThread): void {
    if (message.type === 'progress') {
      this.#waiting.get(message.id)?.progress?.(message.value as never);
      return;
    }
    const waiting = this.#settle(message.id);
    if (waiting === undefined) return;
    if (message.type === 'failed') waiting.reject(errorOf(message));
    else waiting.resolve({ value: message.value, end: message.type === 'done' || message.end });
  }

  #settle(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    this.#rest();
    return waiting;
  }

  #rest(): void {
    if (this.#waiting.size === 0) this.#worker?.unref();
  }

  #failAll(error: Error): void {
    for (const waiting of this.#waiting.values()) waiting.reject(error);
    this.#waiting.clear();
  }
}

function errorOf({ failure, words, stack }: Extract<FromThread, { type: 'failed' }>): Error {
  if (failure !== null) {
    const { code, message, hint, retryable, detail } = failure;
    return new Failure(code, message, { hint: hint ?? undefined, retryable, detail });
  }
  const error = new Error(words);
  error.stack = stack;
  return error;
}
