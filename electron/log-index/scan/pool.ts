/** The worker threads: gives out tasks, keeps the dictionary large enough, hands back results. */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { LIMITS } from '../limits.ts';
import { Dictionary } from './dictionary.ts';
import type { FromWorker, Parsed, ToWorker } from './task.ts';

/** Makes one worker. A bundle gives its own, since it knows where its worker file went. */
export type CreateWorker = () => Worker;

export const createWorker: CreateWorker = () => new Worker(new URL('./worker.ts', import.meta.url));

type Task = Extract<ToWorker, { type: 'file' | 'bytes' }>;
type TaskBody = Task extends infer T ? (T extends { id: number } ? Omit<T, 'id' | 'records'> : never) : never;
/** A parsed chunk; `records` goes back with `giveBack` once they have been read. */
export type Records = Omit<Parsed, 'rec'> & { rec: Uint32Array; records: Uint32Array };

interface Waiting {
  task: Task;
  resolve: (result: Records) => void;
  reject: (error: Error) => void;
}

export class Pool {
  private readonly workers: { worker: Worker; busy: Waiting[] }[] = [];
  private readonly queue: Waiting[] = [];
  /** Memory for records that nobody uses: the same few buffers go round, so that there is nothing to collect. */
  private readonly free: Uint32Array[] = [];
  /** Makes memory for the records of a task, which the threads share. */
  makeRecords: () => Uint32Array = () => new Uint32Array(new SharedArrayBuffer(LIMITS.recordBytes));
  private nextId = 1;
  private growing = false;
  private closed = false;
  dictionary: Dictionary;
  private readonly hosts: SharedArrayBuffer;
  /** Called when the dictionary was replaced by a larger one with the same numbers. */
  onGrown: (dictionary: Dictionary) => void = () => {};

  constructor(dictionary: Dictionary, hosts: SharedArrayBuffer, create: CreateWorker, size = defaultSize()) {
    this.dictionary = dictionary;
    this.hosts = hosts;
    for (let i = 0; i < size; i++) {
      const entry = { worker: create(), busy: [] as Waiting[] };
      entry.worker.on('message', (message: FromWorker) => this.receive(entry, message));
      entry.worker.on('error', (error) => this.fail(entry, error));
      entry.worker.postMessage({ type: 'memory', dictionary: dictionary.memory, hosts } satisfies ToWorker);
      this.workers.push(entry);
    }
  }

  get size(): number {
    return this.workers.length;
  }

  /** Runs one task; `bytes` tasks keep their buffer until they are done, so that a full dictionary can be met again. */
  run(body: TaskBody): Promise<Records> {
    return new Promise((resolve, reject) => {
      if (this.closed) {
        reject(new Error('the workers are closed'));
        return;
      }
      const task = { ...body, id: this.nextId++ } as Task;
      task.records = this.free.pop() ?? this.makeRecords();
      this.queue.push({ task, resolve, reject });
      this.pump();
    });
  }

  /** The records of a chunk have been read: their memory serves another. */
  giveBack(chunk: Records): void {
    this.free.push(chunk.records);
  }

  private pump(): void {
    if (this.growing || this.dictionary.crowded) {
      if (!this.grow()) return;
    }
    for (;;) {
      if (this.queue.length === 0) return;
      // two per worker: one running, one in its mailbox
      const entry = this.workers.reduce((a, b) => (b.busy.length < a.busy.length ? b : a));
      if (entry.busy.length >= 2) return;
      const next = this.queue.shift();
      if (next === undefined) return;
      entry.busy.push(next);
      entry.worker.postMessage(next.task);
    }
  }

  /** Doubles the dictionary once no worker touches it. True when tasks may be given out. */
  private grow(): boolean {
    this.growing = true;
    if (this.workers.some((w) => w.busy.length > 0)) return false;
    this.growing = false;
    this.dictionary = this.dictionary.grown();
    for (const { worker } of this.workers) {
      worker.postMessage({ type: 'memory', dictionary: this.dictionary.memory, hosts: this.hosts } satisfies ToWorker);
    }
    this.onGrown(this.dictionary);
    return true;
  }

  private receive(entry: { busy: Waiting[] }, message: FromWorker): void {
    const at = entry.busy.findIndex((w) => w.task.id === message.id);
    if (at < 0) return;
    const [waiting] = entry.busy.splice(at, 1);
    if (message.type === 'full') {
      this.growing = true;
      this.queue.unshift(waiting);
    } else if (message.type === 'failed') waiting.reject(new Error(message.message));
    else if (message.type === 'parsed') {
      const { records } = waiting.task;
      waiting.resolve({ ...message, rec: message.rec ?? records, records });
    }
    this.pump();
  }

  private fail(entry: { busy: Waiting[] }, error: Error): void {
    for (const waiting of entry.busy.splice(0)) waiting.reject(error);
    for (const waiting of this.queue.splice(0)) waiting.reject(error);
  }

  async close(): Promise<void> {
    this.closed = true;
    for (const waiting of this.queue.splice(0)) waiting.reject(new Error('the workers are closed'));
    await Promise.all(this.workers.map(({ worker }) => worker.terminate()));
  }
}

/** Workers when nobody says how many. */
export function defaultSize(): number {
  return Math.max(1, Math.min(4, availableParallelism()));
}
