/** Reads the lines that start in a range of a file, whatever the range cuts. */
import { readSync } from 'node:fs';
import { LIMITS } from '../limits.ts';

export interface Range {
  buf: Buffer;
  /** The lines are `buf[from, to)`. */
  from: number;
  to: number;
  /** Where `from` is in the file. */
  start: number;
  /** The file ends before the range does: it has shrunk. */
  short: boolean;
}

/** Where lines are read to. */
export interface Space {
  /** Replaced by `fit`. */
  readonly buf: Buffer;
  /** Makes room for so many bytes; what is there stays. */
  fit: (bytes: number) => void;
}

class HeapSpace implements Space {
  buf: Buffer = Buffer.allocUnsafeSlow(1 << 16);

  fit(bytes: number): void {
    if (this.buf.length >= bytes) return;
    const grown = Buffer.allocUnsafeSlow(bytes);
    this.buf.copy(grown);
    this.buf = grown;
  }
}

/** One for all readers of this thread: what it holds is good until the next read. */
export const COMMON: Space = new HeapSpace();

/**
 * The lines of the file open as `fd` (of the whole process, whichever thread opened it) that start in `[from, to)`. They
 * are in `space` until the next call. A line longer than LIMITS.lineBytes is cut; a file shorter than expected gives what
 * is there.
 */
export function readLines(fd: number, from: number, to: number, space: Space = COMMON): Range {
  const begin = from > 0 ? from - 1 : 0;
  let want = to - begin;
  space.fit(want + 65536);
  let have = fill(space, fd, begin, 0, want);
  let first = 0;
  if (from > 0) {
    const nl = space.buf.subarray(0, have).indexOf(10);
    const short = have < want;
    if (nl < 0 || begin + nl + 1 >= to)
      return { buf: space.buf, from: 0, to: 0, start: short ? begin + have : to, short };
    first = nl + 1;
  }
  if (have < want) return { buf: space.buf, from: first, to: have, start: begin + first, short: true };
  // the last line may go on behind the range
  let end = space.buf[have - 1] === 10 ? have : -1;
  let step = 4096;
  while (end < 0) {
    if (have - (to - begin) > LIMITS.lineBytes) {
      end = have;
      break;
    }
    want = have + step;
    if (space.buf.length < want) space.fit(want * 2);
    const got = fill(space, fd, begin + have, have, want);
    if (got === have) end = have;
    else {
      const nl = space.buf.subarray(0, got).indexOf(10, have);
      if (nl >= 0) end = nl + 1;
      have = got;
    }
    step = Math.min(step * 2, 4 << 20);
  }
  return { buf: space.buf, from: first, to: end, start: begin + first, short: false };
}

function fill(space: Space, fd: number, position: number, at: number, until: number): number {
  let have = at;
  while (have < until) {
    const n = readSync(fd, space.buf, have, until - have, position + have - at);
    if (n === 0) break;
    have += n;
  }
  return have;
}
