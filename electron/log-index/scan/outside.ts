/** What a line needs of the world outside the scanner. For the compiled scanner these are calls back into JavaScript. */
import type { Scan } from './scan.ts';

export abstract class Outside {
  /** Number of the host named by the bytes `[from, to)`. */
  abstract host(from: number, to: number): number;

  /** The dialect of the program named by the bytes `[from, to)`, and SUBMISSION. 0: nobody knows it. */
  abstract program(from: number, to: number): number;

  /** Reads the message `[s.at, s.end)` as that dialect does. */
  abstract dialect(number: number, s: Scan): void;

  /** Reads the line at `p` that has none of the two usual headers; not beyond its header unless `parse`. */
  abstract other(p: number, parse: boolean): void;

  /** A line longer than LIMITS.parsedLineBytes. */
  abstract long(): void;
}

/** A bit of `program`'s answer: it runs a submission service (postfix/submission/smtpd, postfix/smtps/smtpd). */
export const SUBMISSION = 1 << 8;
