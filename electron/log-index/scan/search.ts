/** Free text over raw bytes: where does a needle occur, as offsets of lines. */
import { readLines } from './read-lines.ts';

/** Offsets in the file of the lines in `[from, to)` that hold `needle`; `fold` ignores the case of ASCII letters. */
export function searchRange(task: {
  path: string;
  from: number;
  to: number;
  needle: Uint8Array;
  fold: boolean;
  most: number;
}): number[] {
  const range = readLines(task.path, task.from, task.to);
  return searchBytes(range.buf, range.from, range.to, range.start, task.needle, task.fold, task.most);
}

/** The same over bytes in memory; offsets are relative to `start`, the place of `from`. */
export function searchBytes(
  buf: Buffer,
  from: number,
  to: number,
  start: number,
  needle: Uint8Array,
  fold: boolean,
  most: number,
): number[] {
  const found: number[] = [];
  const body = buf.subarray(0, to);
  if (fold && hasLetters(needle)) return searchFolded(body, from, start, needle, most);
  let at = body.indexOf(needle, from);
  while (at >= 0 && found.length < most) {
    const line = body.lastIndexOf(10, at) + 1;
    found.push(start + Math.max(line, from) - from);
    const next = body.indexOf(10, at);
    if (next < 0) break;
    at = body.indexOf(needle, next + 1);
  }
  return found;
}

function hasLetters(needle: Uint8Array): boolean {
  return needle.some((c) => (c | 32) >= 97 && (c | 32) <= 122);
}

/**
 * Case-insensitive: candidates are found by the needle's rarest letter pair in both cases with the native search, then
 * compared with folding.
 */
function searchFolded(body: Buffer, from: number, start: number, needle: Uint8Array, most: number): number[] {
  const found: number[] = [];
  const low = needle.map(lower);
  const high = needle.map((c) => (c >= 97 && c <= 122 ? c - 32 : c));
  const n = low.length;
  const a = low[0];
  const b = high[0];
  let i = from;
  let pa = body.indexOf(a, i);
  let pb = a === b ? -1 : body.indexOf(b, i);
  while (found.length < most) {
    if (pa < 0 && pb < 0) break;
    i = pa < 0 ? pb : pb < 0 ? pa : Math.min(pa, pb);
    let k = 1;
    while (k < n && lower(body[i + k]) === low[k]) k++;
    let next = i + 1;
    if (k === n) {
      const line = body.lastIndexOf(10, i) + 1;
      found.push(start + Math.max(line, from) - from);
      const nl = body.indexOf(10, i);
      if (nl < 0) break;
      next = nl + 1;
    }
    if (pa >= 0 && pa < next) pa = body.indexOf(a, next);
    if (pb >= 0 && pb < next) pb = body.indexOf(b, next);
  }
  return found;
}

function lower(c: number): number {
  return c >= 65 && c <= 90 ? c + 32 : c;
}
