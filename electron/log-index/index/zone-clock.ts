/** Turns what lines say about time into Unix seconds: the year that RFC 3164 leaves out, the zone, both DST changes. */
import { LIMITS } from '../limits.ts';
import { daysFrom } from '../scan/clock.ts';

const BEFORE = [0, 31, 60, 91, 121, 152, 182, 213, 244, 274, 305, 335, 366];
const HALF_YEAR = 183 * 86400;

const FORMATS = new Map<string, Intl.DateTimeFormat>();

/** Offsets by zone and quarter hour: no zone changes its clock within one, and the formatter is slow. */
const OFFSETS = new Map<string, Map<number, number>>();

/** Offset of a zone from UTC at a Unix time, in seconds. Throws RangeError for a zone nobody knows. */
export function offsetAt(zone: string, unix: number): number {
  const quarter = Math.floor(unix / 900);
  let known = OFFSETS.get(zone);
  if (known === undefined) {
    known = new Map();
    OFFSETS.set(zone, known);
  }
  let offset = known.get(quarter);
  if (offset === undefined) {
    offset = askOffset(zone, quarter * 900);
    if (known.size > 50_000) known.clear();
    known.set(quarter, offset);
  }
  return offset;
}

function askOffset(zone: string, unix: number): number {
  let format = FORMATS.get(zone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
    FORMATS.set(zone, format);
  }
  const part: Record<string, number> = {};
  for (const p of format.formatToParts(unix * 1000)) if (p.type !== 'literal') part[p.type] = Number(p.value);
  return daysFrom(part.year, part.month, part.day) * 86400 + part.hour * 3600 + part.minute * 60 + part.second - unix;
}

/** Wall-clock seconds of an unnamed leap year, as local seconds since 1970 in `year`. */
export function wallIn(year: number, wall: number): number {
  const day = Math.floor(wall / 86400);
  let month = 11;
  while (BEFORE[month] > day) month--;
  return daysFrom(year, month + 1, day - BEFORE[month] + 1) * 86400 + (wall % 86400);
}

/** The clock of one stream of lines; lines come nearly in order. */
export class ZoneClock {
  private readonly zone: string;
  year: number;
  /** The last wall time that moved the clock, and the last result. */
  private wallSeen = -1;
  last = 0;
  private lastWall = -1;
  private lastSeconds = 0;
  /** Offsets by quarter hour of local time. */
  private readonly offsets = new Map<number, readonly number[]>();

  constructor(zone: string, year: number) {
    this.zone = zone;
    this.year = year;
    offsetAt(zone, 0);
  }

  /** Goes on where a log ended, at this Unix time. */
  resume(seconds: number): void {
    this.last = seconds;
    const local = seconds + offsetAt(this.zone, seconds);
    this.year = new Date(local * 1000).getUTCFullYear();
    const start = wallIn(this.year, 0);
    const day = Math.floor((local - start) / 86400);
    const leap = wallIn(this.year, 60 * 86400) - start === 60 * 86400;
    this.wallSeen = (!leap && day >= 59 ? day + 1 : day) * 86400 + ((local - start) % 86400);
  }

  /** RFC 3164: seconds since 1 January of an unnamed year. */
  wall(wall: number): number {
    if (wall === this.lastWall) return this.lastSeconds;
    let year = this.year;
    if (this.wallSeen >= 0) {
      if (wall < this.wallSeen - HALF_YEAR) {
        year = ++this.year;
        this.wallSeen = wall;
      } else if (wall > this.wallSeen + HALF_YEAR) year--;
      else this.wallSeen = wall;
    } else this.wallSeen = wall;
    const seconds = this.local(wallIn(year, wall));
    this.lastWall = wall;
    this.lastSeconds = seconds;
    return seconds;
  }

  /** Local time with its year, as seconds since 1970 read as UTC. */
  local(local: number): number {
    const quarter = Math.floor(local / 900);
    let offsets = this.offsets.get(quarter);
    if (offsets === undefined) {
      offsets = this.offsetsOf(quarter * 900);
      if (this.offsets.size > 100_000) this.offsets.clear();
      this.offsets.set(quarter, offsets);
    }
    let seconds = local - offsets[0];
    // The hour that DST repeats: the earlier reading unless the log has already passed it.
    if (offsets.length > 1 && seconds < this.last - LIMITS.backwards) seconds = local - offsets[1];
    this.last = seconds;
    if (offsets.length > 1) this.lastWall = -1;
    return seconds;
  }

  /** A time with its zone moves the clock too: mixed files switch formats. */
  unix(seconds: number): number {
    this.last = seconds;
    return seconds;
  }

  /** The offsets that a local time can have: one, two when the hour occurs twice (earlier moment first). */
  private offsetsOf(local: number): readonly number[] {
    const found = new Set<number>();
    for (const guess of [offsetAt(this.zone, local - 86400), offsetAt(this.zone, local + 86400)]) {
      if (offsetAt(this.zone, local - guess) === guess) found.add(guess);
    }
    // an hour that DST skips: the offset from before, as libc does
    if (found.size === 0) return [offsetAt(this.zone, local - 86400)];
    return [...found].sort((a, b) => b - a);
  }
}
