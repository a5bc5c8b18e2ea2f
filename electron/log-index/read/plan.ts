/**
 * The order in which files are read: one stream per series of rotated files, oldest first, and the year in which each
 * stream begins. Streams run side by side by time.
 */
import { basename, dirname, join } from 'node:path';
import { wallIn, ZoneClock } from '../index/zone-clock.ts';
import { CLOCK } from '../scan/records.ts';
import type { Moment } from './probe.ts';

export interface Planned {
  name: string;
  mtimeMs: number;
  first?: Moment;
  last?: Moment;
}

export interface Stream<T extends Planned> {
  files: T[];
  clock: ZoneClock;
}

const PACKED = /\.(gz|zst|zstd|xz|bz2|lz4)$/i;
const HALF_YEAR = 183 * 86400;

const DAY = String.raw`(?:\d{8}(?:[-T_]?\d{2,6})?|\d{4}-\d{2}-\d{2}(?:[-T_]\d{2,6})?)`;
/** A date at the end, also one with the seconds since 1970 that `dateformat -%Y%m%d-%s` of logrotate(8) adds. */
const DATED = new RegExp(`[-._](${DAY})(?:-(\\d{10}))?$`);
/** A date before the extension, as in `mail-2026-11-01.log`, or before the name. */
const DATED_INSIDE = new RegExp(`^(.*?)[-._]?(${DAY})(\\.(?:log|txt|json))$`);
const DATED_FIRST = new RegExp(`^(${DAY})[-._](.+)$`);
const EPOCH = /[-.](1\d{9})$/;

/** `mail.log.2.gz` -> series `mail.log`, age 3; `maillog-20261101` -> series `maillog`, date. */
export function rotationOf(name: string): { series: string; age: number; date: string } {
  let base = basename(name).replace(PACKED, '');
  // what is being written has no number; newsyslog(8) and multilog begin at 0
  let age = 0;
  let date = '';
  // of several files of one day the second number tells
  const numbered = /\.(\d{1,4})$/.exec(base);
  const dayOf = (words: string): string => words.replace(/\D/g, '').padEnd(14, '0');
  const epoch = EPOCH.exec(base);
  const dated = DATED.exec(
    numbered !== null && DATED.test(base.slice(0, numbered.index)) ? base.slice(0, numbered.index) : base,
  );
  const inside = DATED_INSIDE.exec(base) ?? null;
  const first = DATED_FIRST.exec(base);
  if (epoch !== null && dated?.[2] === undefined) {
    date = new Date(Number(epoch[1]) * 1000).toISOString().replace(/\D/g, '').slice(0, 14);
    base = base.slice(0, epoch.index);
  } else if (dated !== null) {
    date = dayOf(dated[1]);
    if (dated[2] !== undefined) date = `${date.slice(0, 8)}${dated[2]}`;
    if (numbered !== null && dated.index < numbered.index && dated.index + dated[0].length === numbered.index)
      age = Number(numbered[1]) + 1;
    base = base.slice(0, dated.index);
  } else if (inside !== null) {
    date = dayOf(inside[2]);
    base = `${inside[1]}${inside[3]}`;
  } else if (first !== null) {
    date = dayOf(first[1]);
    base = first[2];
  } else if (numbered !== null) {
    age = Number(numbered[1]) + 1;
    base = base.slice(0, numbered.index);
  } else {
    const early = /^(.*)\.(\d{1,4})\.(log)$/.exec(base);
    if (early) {
      age = Number(early[2]) + 1;
      base = `${early[1]}.${early[3]}`;
    }
  }
  const multilog = /^@[0-9a-f]{24}\.[su]$/.test(base);
  return { series: join(dirname(name), multilog ? 'current' : base), age, date: multilog ? base : date };
}

/** Groups files into streams. `year`: of the earliest line, when the person said so. */
export function plan<T extends Planned>(files: T[], zone: string, year?: number, now = Date.now()): Stream<T>[] {
  const families = new Map<string, T[]>();
  for (const file of files) {
    const { series } = rotationOf(file.name);
    const family = families.get(series);
    if (family) family.push(file);
    else families.set(series, [file]);
  }
  const probe = new ZoneClock(zone, 2000);
  const streams: Stream<T>[] = [];
  for (const family of families.values()) {
    const dated = family.every((f) => f.first !== undefined && f.first.clock !== CLOCK.wall);
    if (dated) family.sort((a, b) => (a.first?.time ?? 0) - (b.first?.time ?? 0));
    else family.sort(byRotation);
    streams.push({ files: family, clock: new ZoneClock(zone, firstYear(family, year, now, probe)) });
  }
  return streams;
}

function byRotation(a: Planned, b: Planned): number {
  const x = rotationOf(a.name);
  const y = rotationOf(b.name);
  // the file without a date is the one being written
  const dx = x.date || '~';
  const dy = y.date || '~';
  if (dx !== dy) return dx < dy ? -1 : 1;
  return y.age - x.age || a.mtimeMs - b.mtimeMs;
}

/** The year of a family's first line: counted back from a line with a full date, or from the newest file's own time. */
function firstYear(family: Planned[], year: number | undefined, now: number, probe: ZoneClock): number {
  if (year !== undefined) return year;
  const newest = family[family.length - 1];
  let known = new Date(Math.min(newest.mtimeMs || now, now)).getUTCFullYear();
  if (newest.last !== undefined && newest.last.clock === CLOCK.wall) {
    const limit = Math.min(newest.mtimeMs || now, now) / 1000 + 2 * 86400;
    if (probe.local(wallIn(known, newest.last.time)) > limit) known--;
  } else if (newest.last !== undefined) known = new Date(newest.last.time * 1000).getUTCFullYear();
  // walk back over every turn of the year
  let later = newest.last?.clock === CLOCK.wall ? newest.last.time : undefined;
  for (let i = family.length - 1; i >= 0; i--) {
    for (const moment of [family[i].last, family[i].first]) {
      if (moment === undefined) continue;
      if (moment.clock !== CLOCK.wall) {
        known = new Date(moment.time * 1000).getUTCFullYear();
        const start = Date.UTC(known, 0, 1) / 1000;
        const leap = wallIn(known, 60 * 86400) - start === 60 * 86400 ? 0 : 86400;
        const since = moment.time - start;
        later = since >= 59 * 86400 ? since + leap : since;
        continue;
      }
      if (later !== undefined && moment.time > later + HALF_YEAR) known--;
      later = moment.time;
    }
  }
  return known;
}
