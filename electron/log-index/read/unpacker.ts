/** A thread that unpacks files, as its owner sees it. It starts with the first file. */
import { closeSync, openSync } from 'node:fs';
import type { Worker } from 'node:worker_threads';
import { LIMITS } from '../limits.ts';
import type { Frame, FromUnpacker, Packed, ToUnpacker } from './unpack-task.ts';
import type { Lines } from './unpack.ts';

/** Whole lines that were unpacked, and where they are kept. */
export type Unpacked = Lines & { frame: Frame };

interface Job {
  /** What came and was not taken yet. */
  came: FromUnpacker[];
  wake: () => void;
}

/** Smallest piece: frames of less pack badly. */
const LEAST = 256 << 10;

/** Bytes of a piece where so many series are read side by side, each with its pieces and a codec of its own. */
export function pieceBytes(series: number): number {
  return Math.max(LEAST, Math.min(LIMITS.chunkBytes, Math.floor((4 * LIMITS.chunkBytes) / series)));
}

export class Unpacker {
  private readonly create: () => Worker;
  private readonly frames: string;
  private fd: number | undefined;
  private readonly jobs = new Map<number, Job>();
  private worker: Worker | undefined;
  private failed: Error | undefined;
  private nextId = 1;

  /** `frames`: the file of frames, made with the first one. */
  constructor(create: () => Worker, frames: string) {
    this.create = create;
    this.frames = frames;
  }

  /**
   * A file as pieces of whole lines, unpacked while the ones before are read. At most `most` pieces are out: so many that
   * `release` was not called for. What is wrong with the file is reported, and what can be read of it is given.
   */
  async *lines(file: Packed, most: number, report: (trouble: string) => void): AsyncGenerator<Unpacked> {
    const worker = this.start();
    const id = this.nextId++;
    const job: Job = { came: [], wake: () => undefined };
    this.jobs.set(id, job);
    const tell = (message: ToUnpacker): void => worker.postMessage(message);
    tell({ type: 'unpack', what: 'file', id, file, most });
    let over = false;
    try {
      for (;;) {
        const next = job.came.shift();
        if (next === undefined) {
          if (this.failed !== undefined) throw this.failed;
          await new Promise<void>((resolve) => {
            job.wake = resolve;
          });
        } else if (next.type === 'piece') {
          const release = (): void => tell({ type: 'unpack', what: 'read', id, piece: next.piece });
          yield { bytes: new Uint8Array(next.memory, 0, next.length), release, frame: next.frame };
        } else if (next.type === 'trouble') report(next.what);
        else {
          over = true;
          if (next.error !== undefined) throw Object.assign(new Error(next.error.message), { code: next.error.code });
          return;
        }
      }
    } finally {
      this.jobs.delete(id);
      if (!over) tell({ type: 'unpack', what: 'stop', id });
    }
  }

  private start(): Worker {
    if (this.worker !== undefined) return this.worker;
    const worker = this.create();
    worker.on('message', (message: FromUnpacker) => {
      const job = this.jobs.get(message.id);
      job?.came.push(message);
      job?.wake();
    });
    worker.on('error', (error) => this.fail(error));
    worker.on('exit', () => this.fail(new Error('the thread that unpacks ended')));
    this.worker = worker;
    this.fd = openSync(this.frames, 'w');
    worker.postMessage({ type: 'unpack', what: 'frames', fd: this.fd } satisfies ToUnpacker);
    return worker;
  }

  private fail(error: Error): void {
    this.failed ??= error;
    for (const job of this.jobs.values()) job.wake();
  }

  /** Ends the thread. */
  async close(): Promise<void> {
    await this.worker?.terminate();
    if (this.fd !== undefined) closeSync(this.fd);
    this.fd = undefined;
  }
}
