/** Lines that are not what lines of a log should be. They are kept; this only counts them. */
import { isUtf8 } from 'node:buffer';
import { LIMITS } from '../limits.ts';

/** What is counted, in the order in which the counts stand. */
export const DAMAGE = ['nul-bytes', 'invalid-utf8', 'long-line'] as const;

/** Counts of lines with NUL bytes (a hole that a crash left), with bytes that are not UTF-8, and too long to be parsed. */
export function damageOf(bytes: Buffer): [number, number, number] {
  return [linesWithNul(bytes), isUtf8(bytes) ? 0 : invalidLines(bytes), longLines(bytes)];
}

function linesWithNul(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(0); at >= 0; ) {
    count++;
    const end = bytes.indexOf(10, at);
    at = end < 0 ? -1 : bytes.indexOf(0, end);
  }
  return count;
}

function invalidLines(bytes: Buffer): number {
  let count = 0;
  for (let at = 0; at < bytes.length; ) {
    const nl = bytes.indexOf(10, at);
    const end = nl < 0 ? bytes.length : nl;
    if (!isUtf8(bytes.subarray(at, end))) count++;
    at = end + 1;
  }
  return count;
}

function longLines(bytes: Buffer): number {
  let count = 0;
  for (let at = 0; at + LIMITS.parsedLineBytes < bytes.length; ) {
    const nl = bytes.lastIndexOf(10, at + LIMITS.parsedLineBytes);
    if (nl >= at) at = nl + 1;
    else {
      count++;
      const end = bytes.indexOf(10, at + LIMITS.parsedLineBytes);
      at = end < 0 ? bytes.length : end + 1;
    }
  }
  return count;
}
