import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import { gzipSync, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { openLogStore } from '#log-index/index.ts';
import type { Packing } from '#log-index/read/expand.ts';
import { Unpacker, type Unpacked } from '#log-index/read/unpacker.ts';
import { createWorker } from '#log-index/scan/pool.ts';
import { Room } from './helpers.ts';

/** Nine megabytes of lines that differ. */
const LOG = Buffer.from(
  Array.from(
    { length: 110_000 },
    (_, i) => `Nov  2 10:00:00 mx1 test[${i + 1}]: ${(i * 7919) % 104729} ${'word '.repeat(i % 17)}\n`,
  ).join(''),
);

/** A room with a thread that unpacks; frames go to `frames`. */
class Unpacking extends Room implements AsyncDisposable {
  readonly frames = join(this.dir, 'frames.bin');
  readonly unpacker = new Unpacker(createWorker, this.frames);
  readonly troubles: string[] = [];

  lines(path: string, packing: Packing, most: number, piece = 2 << 20): AsyncGenerator<Unpacked> {
    const { size } = statSync(path);
    const file = { path, packing, size, structure: 'lines', piece } as const;
    return this.unpacker.lines(file, most, (what) => this.troubles.push(what));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.unpacker.close();
    this[Symbol.dispose]();
  }
}

const half = LOG.indexOf(10, LOG.length >> 1) + 1;

describe('a packed file', () => {
  it.each([
    ['one member', 'gz', gzipSync(LOG)],
    ['two members', 'gz', Buffer.concat([gzipSync(LOG.subarray(0, half)), gzipSync(LOG.subarray(half))])],
    ['one frame', 'zst', zstdCompressSync(LOG)],
    [
      'two frames',
      'zst',
      Buffer.concat([zstdCompressSync(LOG.subarray(0, half)), zstdCompressSync(LOG.subarray(half))]),
    ],
  ] as const)('of %s (%s) comes as whole lines, and its own frames hold the same', async (_, packing, packed) => {
    await using room = new Unpacking();
    const pieces: Buffer[] = [];
    const places: { at: number; length: number }[] = [];
    // memory goes round: a piece must stay as it is until it is released, however late that is
    const waiting: Unpacked[] = [];
    for await (const piece of room.lines(room.file('mail.log', packed), packing, 3)) {
      waiting.push(piece);
      if (waiting.length < 3) continue;
      for (const { bytes, release, frame } of waiting.splice(0)) {
        pieces.push(Buffer.from(bytes));
        places.push(frame);
        release();
      }
    }
    for (const { bytes, frame } of waiting) {
      pieces.push(Buffer.from(bytes));
      places.push(frame);
    }
    expect(pieces.length).toBeGreaterThan(2);
    expect(pieces.every((piece) => piece.at(-1) === 10)).toBe(true);
    expect(Buffer.concat(pieces).equals(LOG)).toBe(true);
    const frames = readFileSync(room.frames);
    const kept = places.map(({ at, length }) => zstdDecompressSync(frames.subarray(at, at + length)));
    expect(Buffer.concat(kept).equals(LOG)).toBe(true);
    expect(room.troubles).toEqual([]);
  });

  it('is left early, and another is read by the same thread', async () => {
    await using room = new Unpacking();
    const path = room.file('mail.log.gz', gzipSync(LOG));
    for await (const { bytes } of room.lines(path, 'gz', 2)) {
      expect(LOG.subarray(0, bytes.length).equals(bytes)).toBe(true);
      break;
    }
    let length = 0;
    for await (const { bytes, release } of room.lines(path, 'gz', 1, 100_000)) {
      length += bytes.length;
      release();
    }
    expect(length).toBe(LOG.length);
  });

  it('that is cut gives what is there, and that is said; one that is gone is said by its code', async () => {
    await using room = new Unpacking();
    const packed = gzipSync(LOG);
    const path = room.file('mail.log.gz', packed.subarray(0, packed.length >> 1));
    let length = 0;
    for await (const { bytes, release } of room.lines(path, 'gz', 2)) {
      expect(LOG.subarray(length, length + bytes.length).equals(bytes)).toBe(true);
      length += bytes.length;
      release();
    }
    expect(length).toBeGreaterThan(LOG.length * 0.4);
    expect(room.troubles).toEqual(['truncated']);
    const gone = room.unpacker.lines(
      { path: join(room.dir, 'none.gz'), packing: 'gz', size: 1, structure: 'lines', piece: 1 << 20 },
      2,
      () => undefined,
    );
    await expect(gone.next()).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('whose indexing is cancelled leaves no set and no thread behind', async () => {
    using room = new Room();
    const threads: Worker[] = [];
    const counted = (): Worker => {
      const worker = createWorker();
      threads.push(worker);
      return worker;
    };
    const sets = join(room.dir, 'counted');
    const store = openLogStore(sets, { createWorker: counted, workers: 1 });
    const stop = new AbortController();
    const indexed = store.index(
      'test',
      [room.file('mail.log.gz', gzipSync(LOG)), room.file('other.log.zst', zstdCompressSync(LOG))],
      { zone: 'UTC', year: 2026 },
      () => stop.abort(new Error('enough')),
      stop.signal,
    );
    await expect(indexed).rejects.toThrow('enough');
    expect(readdirSync(sets)).toEqual([]);
    expect(threads.map(({ threadId }) => threadId)).toEqual([-1, -1]); // one that scans, one that unpacks; both ended
  });

  it('whose thread ends is not waited for', async () => {
    await using room = new Unpacking();
    const pieces = room.lines(room.file('mail.log.gz', gzipSync(LOG)), 'gz', 1);
    await pieces.next();
    // there is none until the first is released
    const next = expect(pieces.next()).rejects.toThrow('the thread that unpacks ended');
    await room.unpacker.close();
    await next;
  });
});
