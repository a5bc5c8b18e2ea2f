/**
 * The thread that unpacks, as it looks from inside: files become pieces of whole lines, and each piece one of the set's
 * own frames, from which its lines are read back. What it takes memory for is given back at once, see `fleeting` of
 * `inflate`: left to the collector it would be 2 GB for 1 GB of log.
 */
import { writeSync } from 'node:fs';
import type { MessagePort } from 'node:worker_threads';
import { constants, zstdCompressSync } from 'node:zlib';
import { assertNever } from '#shared/model/assert-never.ts';
import { LIMITS } from '../limits.ts';
import type { Packing } from './expand.ts';
import { type Structure, transcode } from './transcode.ts';
import { giveBack, inflate, wholeLines } from './unpack.ts';

/** A file to unpack, and what its text looks like. */
export interface Packed {
  path: string;
  packing: Packing;
  size: number;
  structure: Structure;
  /** Bytes of a piece, about. */
  piece: number;
}

export type ToUnpacker = {
  type: 'unpack';
} /** Frames go into this file, which is open in the process, and empty. */ & (
  | { what: 'frames'; fd: number }
  /** Give this file as pieces of whole lines; at most `most` of them are out at a time. */
  | { what: 'file'; id: number; file: Packed; most: number }
  /** The memory of a piece has been read. */
  | { what: 'read'; id: number; piece: number }
  /** No more of this file. */
  | { what: 'stop'; id: number }
);

export type FromUnpacker =
  | { type: 'piece'; id: number; piece: number; memory: SharedArrayBuffer; length: number; frame: Frame }
  /** Counted per source: a `Trouble`, or an entry of the structure that could not be read. */
  | { type: 'trouble'; id: number; what: string }
  /** All of the file was given. `error`: but for what this names, by the code of the system where there is one. */
  | { type: 'unpacked'; id: number; error?: { message: string; code: string | undefined } };

/** Where a frame is in the file of frames. */
export interface Frame {
  at: number;
  length: number;
}

/**
 * Frames are read back a few at a time: speed of packing counts, not size. Room for all of a frame at once spares zstd a
 * copy of the text in a window of its own. A log shrinks to 27 % so; level -4 with shorter matches takes an eighth longer
 * for 21 %.
 */
const FAST = {
  chunkSize: LIMITS.chunkBytes + (LIMITS.chunkBytes >> 2),
  params: { [constants.ZSTD_c_compressionLevel]: -10, [constants.ZSTD_c_minMatch]: 7 },
};

interface Job {
  stopped: boolean;
  /** What to do once a piece has been read. */
  out: Map<number, () => void>;
  /** Wakes the job where it waits for a piece to be read. */
  wake: () => void;
}

/** What the thread does with the messages meant for unpacking. */
export class UnpackTasks {
  private readonly jobs = new Map<number, Job>();
  private readonly port: MessagePort;
  private fd = -1;
  private end = 0;

  constructor(port: MessagePort) {
    this.port = port;
  }

  take(message: ToUnpacker): void {
    switch (message.what) {
      case 'frames':
        this.fd = message.fd;
        return;
      case 'file':
        void this.run(message.id, message.file, message.most);
        return;
      case 'read':
      case 'stop': {
        const job = this.jobs.get(message.id);
        if (job === undefined) return;
        if (message.what === 'stop') job.stopped = true;
        else {
          job.out.get(message.piece)?.();
          job.out.delete(message.piece);
        }
        job.wake();
        return;
      }
      default:
        assertNever(message, 'unpack task');
    }
  }

  private async run(id: number, file: Packed, most: number): Promise<void> {
    const { path, packing, size, structure } = file;
    const step = file.piece >> 1;
    const job: Job = { stopped: false, out: new Map(), wake: () => undefined };
    this.jobs.set(id, job);
    const report = (what: string): void => this.answer({ type: 'trouble', id, what });
    let error: Extract<FromUnpacker, { type: 'unpacked' }>['error'];
    try {
      let text: AsyncIterable<Buffer> = inflate(path, packing, size, report, structure === 'lines' ? step : undefined);
      if (structure !== 'lines') text = transcode(text, structure, () => report('unreadable-entry'));
      let piece = 0;
      for await (const { bytes, release } of wholeLines(text, file.piece, step, report)) {
        job.out.set(++piece, release);
        const frame = this.keep(bytes);
        this.answer({ type: 'piece', id, piece, memory: bytes.buffer, length: bytes.length, frame });
        while (job.out.size >= most && !job.stopped) {
          await new Promise<void>((resolve) => {
            job.wake = resolve;
          });
        }
        if (job.stopped) break;
      }
    } catch (cause) {
      error = {
        message: cause instanceof Error ? cause.message : String(cause),
        code: (cause as NodeJS.ErrnoException).code,
      };
    }
    this.jobs.delete(id);
    this.answer({ type: 'unpacked', id, error });
  }

  /** Packs a piece, and puts it at the end of the file of frames. */
  private keep(bytes: Uint8Array): Frame {
    const packed = zstdCompressSync(bytes, FAST);
    const frame = { at: this.end, length: packed.length };
    this.end += packed.length;
    for (let done = 0; done < packed.length; )
      done += writeSync(this.fd, packed, done, packed.length - done, frame.at + done);
    giveBack(packed.buffer, FAST.chunkSize);
    return frame;
  }

  private answer(message: FromUnpacker): void {
    this.port.postMessage(message);
  }
}
