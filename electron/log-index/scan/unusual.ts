/**
 * Lines that are not usual, and what the usual ones need of the world: headers that few logs have, programs' own files,
 * names of programs and of hosts. It runs as JavaScript also where `Usual` is compiled.
 */
import { DIALECTS } from '../dialects/index.ts';
import type { Dialect } from '../dialects/dialect.ts';
import { looksLikeExim } from '../dialects/exim.ts';
import { readQmail } from '../dialects/qmail.ts';
import { LIMITS } from '../limits.ts';
import { BEFORE_MONTH, clockAt, daysFrom, isoAt, monthAt, NO_TIME, NO_ZONE, readTail, tail, wallAt } from './clock.ts';
import { Outside, SUBMISSION } from './outside.ts';
import { CLOCK } from './records.ts';
import type { Scan } from './scan.ts';
import type { Usual } from './usual.ts';

const BY_NAME = new Map<string, Dialect>();
const BY_DAEMON = new Map<string, Dialect>();
for (const dialect of DIALECTS) {
  for (const name of dialect.programs) (dialect.postfix ? BY_DAEMON : BY_NAME).set(name, dialect);
}

/** The dialect of a program name as syslog shows it; `postfix/submission/smtpd` and `postfix-out/smtp` included. */
function dialectOf(program: string): Dialect | undefined {
  const slash = program.lastIndexOf('/');
  if (slash >= 0) {
    const daemon = program.slice(slash + 1);
    if (/postfix|^mail\//i.test(program) || BY_DAEMON.has(daemon))
      return BY_DAEMON.get(daemon) ?? BY_NAME.get(daemon) ?? BY_DAEMON.get('cleanup');
    return BY_NAME.get(daemon);
  }
  return BY_NAME.get(program) ?? BY_NAME.get(program.toLowerCase());
}

/** Numbers of the dialects, as `Outside.program` gives them: from 1. */
const NUMBER = new Map<Dialect, number>(DIALECTS.map((dialect, i) => [dialect, i + 1]));

/** Programs whose dialect is remembered by name. A log may name any number of them. */
const NAMES = 4096;

export class Unusual extends Outside {
  readonly scan: Scan;
  private readonly hosts: Int32Array;
  private readonly hostOf = new Map<number, number>();
  private readonly known = new Map<string, number>();
  private usual: Usual | undefined;
  longLines = 0;

  /** `hosts`: the memory of host names that all scanners of a set share, see `hostMemory`. */
  constructor(scan: Scan, hosts: SharedArrayBuffer) {
    super();
    this.scan = scan;
    this.hosts = new Int32Array(hosts);
  }

  serve(usual: Usual): void {
    this.usual = usual;
  }

  override long(): void {
    this.longLines++;
  }

  override program(from: number, to: number): number {
    const b = this.scan.buf;
    const name = Buffer.from(b.buffer, b.byteOffset + from, to - from).toString('latin1');
    let known = this.known.get(name);
    if (known === undefined) {
      const dialect = dialectOf(name);
      known = dialect === undefined ? 0 : (NUMBER.get(dialect) ?? 0);
      if (/submission|smtps/.test(name)) known |= SUBMISSION;
      if (this.known.size < NAMES) this.known.set(name, known);
    }
    return known;
  }

  override dialect(number: number, s: Scan): void {
    DIALECTS[number - 1]?.parse(s);
  }

  /** Everything but the two usual headers. */
  override other(p: number, parse: boolean): void {
    const s = this.scan;
    const b = s.buf;
    const e = s.end;
    s.clock = CLOCK.none;
    s.time = 0;
    s.host = 0;
    let i = p;
    if (b[i] === 64 && e - p > 26 && this.multilog(p, parse)) return;
    if (b[i] === 60) {
      // <pri> of RFC 3164 and RFC 5424 as it is on the wire
      const close = s.find(62, i);
      if (close > 0 && close < i + 6) {
        i = close + 1;
        if (b[i] >= 49 && b[i] <= 57 && b[i + 1] === 32) return this.rfc5424(i + 2, parse);
      }
    }
    if (e - i < 15) return;
    const wall = wallAt(b, i);
    if (wall >= 0) {
      s.time = wall;
      s.clock = CLOCK.wall;
      let k = i + 15;
      if (b[k] === 46) {
        readTail(s, k); // "Nov  2 00:00:00.123"
        s.ms = tail.ms;
        k = tail.next;
      }
      if (b[k] === 32) this.usual?.hostAndProgram(k + 1, parse);
      return;
    }
    const time = e - i >= 19 ? isoAt(b, i) : NO_TIME;
    if (time !== NO_TIME && (b[i + 10] === 32 || b[i + 10] === 84)) {
      readTail(s, i + 19);
      s.ms = tail.ms;
      s.time = tail.offset === NO_ZONE ? time : time - tail.offset;
      s.clock = tail.offset === NO_ZONE ? CLOCK.local : CLOCK.unix;
      let k = s.skip(tail.next);
      if (tail.offset === NO_ZONE && (b[k] === 43 || b[k] === 45)) {
        // Exim's log_timezone: "2026-11-22 14:16:56 +0100 1xV8.."
        readTail(s, k);
        if (tail.offset !== NO_ZONE) {
          s.time = time - tail.offset;
          s.clock = CLOCK.unix;
          k = s.skip(tail.next);
        }
      }
      if (!parse) return;
      if (b[k] === 35) {
        // rspamd's own log: "#1001(normal) <tag>; .."
        s.pid = s.int(k + 1);
        s.at = k;
        BY_NAME.get('rspamd')?.parse(s);
        return;
      }
      this.ownLog(k);
      return;
    }
    // "Aug 3 15:30:49": a day of one digit without its space
    if (b[i + 3] === 32 && b[i + 5] === 32 && monthAt(b, i) >= 0) {
      const clock = clockAt(b, i + 6);
      const day = b[i + 4] - 48;
      if (clock >= 0 && day >= 1 && day <= 9 && b[i + 14] === 32) {
        s.time = (BEFORE_MONTH[monthAt(b, i)] + day - 1) * 86400 + clock;
        s.clock = CLOCK.wall;
        return this.usual?.hostAndProgram(i + 15, parse);
      }
    }
    // "Mmm dd yyyy hh:mm:ss host ..": Cisco and some Solaris relays
    if (clockAt(b, i + 12) >= 0 && b[i + 11] === 32) return;
    if (b[i] === 91 && this.roundcube(i, parse)) return;
    // "host prog[pid]: ..", as journalctl shows it without times
    if (this.secondIsProgram(i)) this.usual?.hostAndProgram(i, parse);
  }

  /** Roundcube's own file: `[10-May-2015 13:02:52 -0400]: ..`. */
  private roundcube(at: number, parse: boolean): boolean {
    const s = this.scan;
    const b = s.buf;
    const month = monthAt(b, at + 4);
    const clock = clockAt(b, at + 13);
    if (s.end - at < 30 || b[at + 3] !== 45 || b[at + 7] !== 45 || month < 0 || clock < 0) return false;
    s.time = daysFrom(s.int(at + 8), month + 1, s.int(at + 1)) * 86400 + clock;
    s.clock = CLOCK.local;
    readTail(s, s.skip(at + 21));
    if (tail.offset !== NO_ZONE) {
      s.time -= tail.offset;
      s.clock = CLOCK.unix;
    }
    s.at = s.skip(s.to(58, at + 21) + 1);
    if (parse) BY_NAME.get('roundcube')?.parse(s);
    return true;
  }

  /** The word after the one at `at` is a program: `host prog[123]: ..`, or `host prog: ..` of one that is known. */
  private secondIsProgram(at: number): boolean {
    const s = this.scan;
    const b = s.buf;
    const e = Math.min(s.end, at + 320);
    let i = at;
    while (i < e && b[i] > 32 && b[i] !== 91 && (b[i] !== 58 || b[i + 1] !== 32)) i++;
    if (i === at || i >= e || b[i] !== 32) return false;
    const from = ++i;
    while (i < e && b[i] > 32 && b[i] !== 91 && b[i] !== 58) i++;
    if (i === from || i >= e) return false;
    if (b[i] === 58) return i - from <= 64 && b[i + 1] === 32 && (this.program(from, i) & 255) !== 0;
    if (b[i] !== 91) return false;
    const digits = ++i;
    while (i < e && b[i] >= 48 && b[i] <= 57) i++;
    return i > digits && b[i] === 93 && b[i + 1] === 58;
  }

  /** A program's own file: `prog [pid]: ..`, `imap-login: Info: ..`, or Exim's; there is no host. */
  private ownLog(at: number): void {
    const s = this.scan;
    s.at = at;
    if (looksLikeExim(s, at)) BY_NAME.get('exim')?.parse(s);
    else if (this.secondIsProgram(at)) this.usual?.hostAndProgram(at, true);
    else this.usual?.program(at);
  }

  /** multilog: `@` and TAI64N in 24 hex digits. Seconds count from 2^62, ten ahead of Unix time. */
  private multilog(p: number, parse: boolean): boolean {
    const s = this.scan;
    const high = hex(s.buf, p + 1);
    const low = hex(s.buf, p + 9);
    const nano = hex(s.buf, p + 17);
    if (high !== 0x40000000 || low < 0 || nano < 0 || s.buf[p + 25] !== 32) return false;
    s.time = low - 10;
    s.clock = CLOCK.unix;
    s.ms = Math.min(999, Math.floor(nano / 1e6));
    s.at = p + 26;
    if (parse && !readQmail(s)) this.usual?.program(p + 26);
    return true;
  }

  private rfc5424(p: number, parse: boolean): void {
    const s = this.scan;
    const b = s.buf;
    const time = isoAt(b, p);
    if (time === NO_TIME) return;
    readTail(s, p + 19);
    s.ms = tail.ms;
    s.time = tail.offset === NO_ZONE ? time : time - tail.offset;
    s.clock = tail.offset === NO_ZONE ? CLOCK.local : CLOCK.unix;
    // host app procid msgid sd msg
    let i = tail.next + 1;
    let stop = s.to(32, i);
    s.host = this.host(i, stop);
    i = stop + 1;
    const progFrom = i;
    const progTo = s.to(32, i);
    i = progTo + 1;
    s.pid = s.int(i);
    i = s.to(32, i) + 1;
    stop = s.to(32, i);
    i = stop + 1;
    if (b[i] === 91) {
      while (i < s.end && !(b[i] === 93 && b[i + 1] !== 91)) i++;
      i += 2;
    } else i = s.to(32, i) + 1;
    if (b[i] === 0xef && b[i + 1] === 0xbb) i += 3; // BOM
    if (!parse || i >= s.end) return;
    const known = this.program(progFrom, Math.max(progFrom, Math.min(progTo, progFrom + 64)));
    if ((known & 255) === 0) return;
    s.submission = (known & SUBMISSION) !== 0;
    s.at = i;
    this.dialect(known & 255, s);
  }

  override host(from: number, to: number): number {
    if (to - from > 253 || to <= from) return 0;
    const id = this.scan.dict.intern(this.scan.buf, this.scan.view, from, to);
    const known = this.hostOf.get(id);
    if (known !== undefined) return known;
    let n = 1;
    for (; n < LIMITS.hosts; n++) {
      let there = Atomics.load(this.hosts, n);
      if (there === 0) there = Atomics.compareExchange(this.hosts, n, 0, id) || id;
      if (there === id) break;
    }
    this.hostOf.set(id, n);
    return n;
  }
}

/** Eight hex digits; -1 when they are not. */
function hex(b: Uint8Array, at: number): number {
  let v = 0;
  for (let i = at; i < at + 8; i++) {
    const c = b[i];
    const d = c >= 48 && c <= 57 ? c - 48 : c >= 97 && c <= 102 ? c - 87 : -1;
    if (d < 0) return -1;
    v = v * 16 + d;
  }
  return v;
}
