/** Free text over raw bytes: in which lines does a needle stand. */
import { closeSync, openSync, readSync } from 'node:fs';
import { zstdDecompressSync } from 'node:zlib';
import { damageOf } from './inspect.ts';
import { Finder, TEXT_AT, TEXT_BYTES } from './finder.ts';
import type { Found, SearchTask } from './task.ts';

/** Fills `into[at, at + length)` with what stands `offset` bytes behind the beginning; gives how much there was. */
type Read = (into: Buffer, at: number, length: number, offset: number) => number;

/** Searches the parts of a task, each of whole lines. Gives at most `most` lines of each. */
export function search(task: SearchTask): Found {
  const fd = openSync(task.path, 'r'); // each time anew: another file may have taken the name
  const at: number[] = [];
  const counts: number[] = [];
  try {
    for (const { from, to, bytes } of task.parts) {
      if (task.inspect === true) {
        const raw = Buffer.allocUnsafe(to - from);
        const whole = raw.subarray(0, readSync(fd, raw, 0, to - from, from));
        counts.push(
          ...damageOf(task.packed ? zstdDecompressSync(whole, { chunkSize: Math.max(64, (bytes ?? 0) + 1) }) : whole),
        );
        continue;
      }
      let read: Read = (into, place, length, offset) =>
        readSync(fd, into, place, Math.min(length, to - from - offset), from + offset);
      if (task.packed) {
        const packed = Buffer.allocUnsafe(to - from);
        // in one piece: the codec's own chunks of 16 KiB take half as long again. It asks for room until none is filled
        const chunkSize = Math.max(64, (bytes ?? 0) + 1);
        const text = zstdDecompressSync(packed.subarray(0, readSync(fd, packed, 0, to - from, from)), { chunkSize });
        read = (into, place, length, offset) => text.copy(into, place, offset, offset + length);
      }
      const before = at.length;
      searchPart(read, task, at);
      counts.push(at.length - before);
    }
  } finally {
    closeSync(fd);
  }
  return { counts: Uint32Array.from(counts), at: Uint32Array.from(at) };
}

let finder: Finder | undefined;
let aimed = '';

function aim(task: SearchTask, sample: Buffer): Finder {
  finder ??= new Finder();
  const key = `${task.fold}${Buffer.from(task.needle).toString('latin1')}`;
  if (key !== aimed) {
    finder.aim(task.needle, task.fold, sample.subarray(0, 65536));
    aimed = key;
  }
  return finder;
}

/** Adds the beginnings of the lines that hold the needle. A line of any length takes no more memory than another. */
function searchPart(read: Read, task: SearchTask, found: number[]): void {
  finder ??= new Finder();
  const { memory } = finder;
  const n = task.needle.length;
  const most = found.length + task.most;
  /** Offset of what stands at TEXT_AT, how much of it is from the piece before, and where its line began. */
  let base = 0;
  let kept = 0;
  let lineStart = 0;
  /** The line at hand is found already. */
  let skip = false;
  for (;;) {
    const got = read(memory, TEXT_AT + kept, TEXT_BYTES - kept, base + kept);
    if (got <= 0) return;
    const have = kept + got;
    const text = memory.subarray(TEXT_AT, TEXT_AT + have);
    const aiming = aim(task, text);
    let p = 0;
    if (skip) {
      const end = text.indexOf(10);
      skip = end < 0;
      p = end + 1;
      if (!skip) lineStart = base + p;
    }
    while (!skip) {
      const hit = aiming.next(TEXT_AT + p, TEXT_AT + have) - TEXT_AT;
      if (hit < 0) break;
      const before = hit === 0 ? -1 : text.lastIndexOf(10, hit - 1);
      found.push(before < 0 ? lineStart : base + before + 1);
      if (found.length >= most) return;
      const end = text.indexOf(10, hit);
      skip = end < 0;
      p = end + 1;
      if (!skip) lineStart = base + p;
    }
    if (skip) {
      base += have;
      kept = 0;
      continue;
    }
    const last = text.lastIndexOf(10);
    if (last >= 0) lineStart = base + last + 1;
    // a needle may begin in the last bytes of this piece and end in the next
    kept = Math.min(n - 1, have - p);
    memory.copyWithin(TEXT_AT, TEXT_AT + have - kept, TEXT_AT + have);
    base += have - kept;
  }
}
