/** Worker threads that search. They start with the first search and end when none has come for a while. */
import type { Worker } from 'node:worker_threads';
import { LIMITS } from '../limits.ts';
import type { CreateWorker } from './pool.ts';
import type { Found, FromWorker, SearchTask } from './task.ts';

interface Searcher {
  worker: Worker;
  busy: Map<number, { resolve: (found: Found) => void; reject: (error: Error) => void }>;
}

export class SearchPool {
  /** How many threads it uses. */
  readonly size: number;
  private readonly create: CreateWorker;
  private readonly idleMs: number;
  private searchers: Searcher[] = [];
  private nextId = 1;
  private rest: NodeJS.Timeout | undefined;

  constructor(create: CreateWorker, size: number, idleMs: number = LIMITS.searchersIdle) {
    this.create = create;
    this.size = size;
    this.idleMs = idleMs;
  }

  /** Threads there are now. */
  get running(): number {
    return this.searchers.length;
  }

  /** Gives a task to the thread with the fewest. Who wants to cancel gives few at a time: one takes milliseconds. */
  run(task: Omit<SearchTask, 'type' | 'id'>): Promise<Found> {
    clearTimeout(this.rest);
    const idle = this.searchers.find(({ busy }) => busy.size === 0);
    const searcher =
      idle ??
      (this.searchers.length < this.size
        ? this.start()
        : this.searchers.reduce((a, b) => (b.busy.size < a.busy.size ? b : a)));
    return new Promise((resolve, reject) => {
      const id = this.nextId++;
      searcher.busy.set(id, { resolve, reject });
      searcher.worker.ref();
      searcher.worker.postMessage({ ...task, type: 'search', id } satisfies SearchTask);
    });
  }

  private start(): Searcher {
    const searcher: Searcher = { worker: this.create(), busy: new Map() };
    const over = (error: Error): void => {
      this.searchers = this.searchers.filter((one) => one !== searcher);
      for (const { reject } of searcher.busy.values()) reject(error);
      searcher.busy.clear();
    };
    searcher.worker.on('error', over);
    searcher.worker.on('exit', () => over(new Error('the search thread ended')));
    searcher.worker.on('message', (message: FromWorker) => {
      const waiting = searcher.busy.get(message.id);
      searcher.busy.delete(message.id);
      if (searcher.busy.size === 0) this.idle(searcher);
      if (message.type === 'found') waiting?.resolve(message);
      else waiting?.reject(new Error(message.type === 'failed' ? message.message : `no answer to a search`));
    });
    this.searchers.push(searcher);
    return searcher;
  }

  /** An idle thread keeps no process alive, and none stays for long. */
  private idle(searcher: Searcher): void {
    searcher.worker.unref();
    if (this.searchers.some(({ busy }) => busy.size > 0)) return;
    clearTimeout(this.rest);
    this.rest = setTimeout(() => void this.close(), this.idleMs).unref();
  }

  /** Ends the threads; the next search starts others. */
  async close(): Promise<void> {
    clearTimeout(this.rest);
    const searchers = this.searchers;
    this.searchers = [];
    await Promise.all(searchers.map(({ worker }) => worker.terminate()));
  }
}
