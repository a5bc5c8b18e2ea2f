/** Raw lines: of a trace, around a line, and what their headers say. */
import type { TraceLine } from '#shared/model/trace.ts';
import { wallIn } from '../index/zone-clock.ts';
import type { LogSet } from '../index/log-set.ts';
import { NODE } from '../index/tables.ts';
import { wallAt } from '../scan/clock.ts';
import { offsetNear } from './offsets.ts';
import { redact } from './redact.ts';

/** Line numbers of a trace, oldest first, with the lines of the session it came in by. */
export function traceLines(set: LogSet, node: number): number[] {
  const { nodes, messages: m, rejects: x, sessions: s } = set.few;
  const members = set.members(node);
  const all = new Set<number>();
  const extra = new Set<number>();
  for (const n of members) {
    for (const line of set.linesOf(n)) all.add(line);
    // a later message of a session shares its beginning (connect, TLS) with the first one
    const kind = nodes.kind[n];
    const session =
      kind === NODE.queue || kind === NODE.proxy
        ? m.session[nodes.row[n]]
        : kind === NODE.reject
          ? x.session[nodes.row[n]]
          : 0;
    if (session !== 0 && s.first[nodes.row[session]] !== n && set.root(session) !== set.root(n)) extra.add(session);
  }
  for (const session of extra) for (const line of set.linesOf(session)) all.add(line);
  return [...all].sort((a, b) => a - b);
}

/** Milliseconds since 1970 of a line, by its own header; `near` (Unix seconds) settles year and DST. NaN without one. */
export function lineTime(text: string, zone: string, near: number): number {
  const iso = /^(?:<\d+>1? ?)?(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:[.,](\d{1,9}))?(Z|[+-]\d\d:?\d\d)?/.exec(text);
  if (iso) {
    const ms = Number(((iso[3] ?? '') + '000').slice(0, 3));
    const zoneText = iso[4] ?? '';
    const base = Date.parse(`${iso[1]}T${iso[2]}Z`) + ms;
    if (zoneText === 'Z') return base;
    if (zoneText !== '') {
      const sign = zoneText[0] === '-' ? -1 : 1;
      const digits = zoneText.replace(/\D/g, '');
      return base - sign * (Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2))) * 60_000;
    }
    return base - offsetNear(zone, near) * 1000;
  }
  const tai = /^@([0-9a-f]{16})([0-9a-f]{8})/.exec(text);
  if (tai)
    return Number(BigInt(`0x${tai[1]}`) - 4611686018427387914n) * 1000 + Math.floor(Number.parseInt(tai[2], 16) / 1e6);
  const wall = wallAt(Buffer.from(text.slice(0, 15)), 0);
  if (wall < 0) return Number.NaN;
  const year = new Date(near * 1000).getUTCFullYear();
  let best = Number.NaN;
  for (const y of [year - 1, year, year + 1]) {
    const local = wallIn(y, wall);
    for (const offset of new Set([offsetNear(zone, local - 86400), offsetNear(zone, local + 86400)])) {
      const t = local - offset;
      if (Number.isNaN(best) || Math.abs(t - near) < Math.abs(best - near)) best = t;
    }
  }
  return best * 1000;
}

/** The program that wrote a line, as syslog names it. */
export function programOf(text: string): string | null {
  const m = /^(?:\w{3} [ \d]\d [\d:]{8}(?:\.\d+)?|\d{4}-\d\d-\d\d[T ]\S+) \S+ ([^\s[:]+)(?:\[\d+\])?:/.exec(text);
  return m ? m[1] : null;
}

/** The last header met: neighbours in a trace share their second. */
let met = { stamp: '', zone: '', near: 0, shown: null as string | null };

/** Characters that tell the time, or a few more: RFC 3164 takes 15, RFC 3339 goes up to the space, others have less than 48. */
function stampLength(text: string): number {
  const first = text.charCodeAt(0);
  if (first >= 65 && text.charCodeAt(3) === 32) return 15;
  if (first >= 48 && first < 58 && text.charCodeAt(10) === 84) {
    const space = text.indexOf(' ', 11);
    if (space > 0) return space;
  }
  return 48;
}

/** The time of a line as an answer shows it; null when it has none. */
function shownTime(text: string, zone: string, near: number): string | null {
  const stamp = text.slice(0, stampLength(text));
  if (stamp !== met.stamp || zone !== met.zone || near !== met.near) {
    const time = lineTime(text, zone, near);
    met = { stamp, zone, near, shown: Number.isNaN(time) ? null : new Date(time).toISOString() };
  }
  return met.shown;
}

/** A line as an answer shows it. */
export function showLine(set: LogSet, line: number, near: number): TraceLine {
  const place = set.lines.place(line);
  if (place === undefined) throw new RangeError(`line ${line} is not in the set`);
  const text = redact(set.rawAt(place).toString('utf8'));
  return {
    file: set.info.sources[place.chunk.source].name,
    line: place.chunk.fileLine + (line - place.chunk.firstLine),
    offset: place.chunk.offset + place.offset,
    time: shownTime(text, set.info.zone, near),
    program: programOf(text),
    text,
  };
}
