/** The first and last moment a file speaks of, from a few lines at both ends: enough to put rotated files in order. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { Dictionary, dictionaryMemory } from '../scan/dictionary.ts';
import { CLOCK } from '../scan/records.ts';
import { hostMemory, Scanner } from '../scan/scanner.ts';

export interface Moment {
  clock: number;
  /** As in a record: wall seconds, Unix seconds or local seconds. */
  time: number;
}

/** The times of the lines in `bytes`, in their order; lines without one are left out. */
export function momentsIn(bytes: Buffer): Moment[] {
  const scanner = new Scanner(new Dictionary(dictionaryMemory(4096, 1 << 20)), hostMemory());
  let lines: number;
  try {
    lines = scanner.run(bytes, 0, bytes.length);
  } catch {
    return []; // more different strings than a probe has room for: not a log that can be ordered by its ends
  }
  const { rec } = scanner;
  const out: Moment[] = [];
  for (let i = 0, at = 0; i < lines; i++) {
    const clock = (rec[at] >>> 8) & 3;
    if (clock !== CLOCK.none) out.push({ clock, time: rec[at + 2] });
    at += rec[at] >>> 20;
  }
  return out;
}

/** First and last moment of a plain file. */
export function probePlain(path: string): { first?: Moment; last?: Moment } {
  const fd = openSync(path, 'r');
  try {
    const size = fstatSync(fd).size;
    const take = Math.min(size, 65536);
    const buf = Buffer.alloc(take);
    const head = momentsIn(buf.subarray(0, readSync(fd, buf, 0, take, 0)));
    const tailBuf = Buffer.alloc(take);
    const n = readSync(fd, tailBuf, 0, take, Math.max(0, size - take));
    const cut = tailBuf.subarray(0, n).indexOf(10) + 1;
    const tail = momentsIn(tailBuf.subarray(size > take ? cut : 0, n));
    return { first: head[0], last: tail.at(-1) ?? head.at(-1) };
  } finally {
    closeSync(fd);
  }
}
