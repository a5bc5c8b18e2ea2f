/** Dates as bytes. Also compiled: see `compiled/compile.ts`. */
import type { Scan } from './scan.ts';

/** What is no time, and what is no zone. */
export const NO_TIME = -0x80000000;
export const NO_ZONE = 0x7fffffff;

/** Days before each month in a leap year: the unnamed year of RFC 3164 may be one. */
export const BEFORE_MONTH: number[] = [0, 31, 60, 91, 121, 152, 182, 213, 244, 274, 305, 335];

/** 0-11 for the English abbreviation at `at`, else -1. */
export function monthAt(b: Uint8Array, at: number): number {
  const key = ((b[at] | 32) << 16) | ((b[at + 1] | 32) << 8) | (b[at + 2] | 32);
  switch (key) {
    case 0x6a616e:
      return 0;
    case 0x666562:
      return 1;
    case 0x6d6172:
      return 2;
    case 0x617072:
      return 3;
    case 0x6d6179:
      return 4;
    case 0x6a756e:
      return 5;
    case 0x6a756c:
      return 6;
    case 0x617567:
      return 7;
    case 0x736570:
      return 8;
    case 0x6f6374:
      return 9;
    case 0x6e6f76:
      return 10;
    case 0x646563:
      return 11;
    default:
      return -1;
  }
}

/** Two digits at `at`, a space counting as zero; -1 when they are not. */
export function two(b: Uint8Array, at: number): number {
  const hi = b[at] === 32 ? 0 : b[at] - 48;
  const lo = b[at + 1] - 48;
  return hi >= 0 && hi <= 9 && lo >= 0 && lo <= 9 ? hi * 10 + lo : -1;
}

/** Seconds since midnight of `hh:mm:ss`; -1 when it is not one. */
export function clockAt(b: Uint8Array, at: number): number {
  const h = two(b, at);
  const m = two(b, at + 3);
  const s = two(b, at + 6);
  if (h < 0 || m < 0 || s < 0 || h > 23 || m > 59 || s > 60 || b[at + 2] !== 58 || b[at + 5] !== 58) return -1;
  return h * 3600 + m * 60 + s;
}

/** Seconds since 1 January of an unnamed leap year for `Mmm dd hh:mm:ss` (15 bytes); -1 when it is not one. */
export function wallAt(b: Uint8Array, at: number): number {
  const month = monthAt(b, at);
  const day = two(b, at + 4);
  const clock = clockAt(b, at + 7);
  if (month < 0 || day < 1 || day > 31 || clock < 0 || b[at + 3] !== 32) return -1;
  return (BEFORE_MONTH[month] + day - 1) * 86400 + clock;
}

/** Days since 1970 of a date in the Gregorian calendar (Howard Hinnant's days_from_civil). */
export function daysFrom(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yoe = y - era * 400;
  const doy = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  return era * 146097 + yoe * 365 + Math.floor(yoe / 4) - Math.floor(yoe / 100) + doy - 719468;
}

/** Seconds since 1970 of `YYYY-MM-DD?hh:mm:ss` (19 bytes) read as UTC; NO_TIME when it is not one. */
export function isoAt(b: Uint8Array, at: number): number {
  const y1 = two(b, at);
  const y2 = two(b, at + 2);
  const mo = two(b, at + 5);
  const d = two(b, at + 8);
  const clock = clockAt(b, at + 11);
  if (y1 < 19 || y2 < 0 || mo < 1 || mo > 12 || d < 1 || d > 31 || clock < 0) return NO_TIME;
  return daysFrom(y1 * 100 + y2, mo, d) * 86400 + clock;
}

/** What follows the seconds: fraction and zone. `next` is behind them; `offset` in seconds, NO_ZONE when there is none. */
class Tail {
  ms = 0;
  offset = 0;
  next = 0;
}
export const tail = new Tail();

/** Reads `.123456+01:00`, `,123`, `Z`, `+0100` at `at`. */
export function readTail(s: Scan, at: number): void {
  const b = s.buf;
  let i = at;
  tail.ms = 0;
  tail.offset = NO_ZONE;
  if (b[i] === 46 || b[i] === 44) {
    i++;
    let scale = 100;
    for (; i < s.end; i++) {
      const d = b[i] - 48;
      if (d < 0 || d > 9) break;
      tail.ms += d * scale;
      scale = scale === 100 ? 10 : scale === 10 ? 1 : 0;
    }
  }
  if (b[i] === 90) {
    tail.offset = 0;
    i++;
  } else if ((b[i] === 43 || b[i] === 45) && two(b, i + 1) >= 0) {
    const sign = b[i] === 45 ? -1 : 1;
    const colon = b[i + 3] === 58 ? 1 : 0;
    const minutes = two(b, i + 3 + colon);
    if (minutes >= 0) {
      tail.offset = sign * (two(b, i + 1) * 3600 + minutes * 60);
      i += 5 + colon;
    }
  }
  tail.next = i;
}
