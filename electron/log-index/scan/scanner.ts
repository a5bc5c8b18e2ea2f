/**
 * Splits a chunk of log into lines, reads each line's header and hands the message to the dialect of its program.
 * Every line gives exactly one record, so the number of a line is the number of its record. Longer than usual: all
 * header formats share the caches of the line before.
 */
import { DIALECTS } from '../dialects/index.ts';
import type { Dialect } from '../dialects/dialect.ts';
import { looksLikeExim } from '../dialects/exim.ts';
import { readQmail } from '../dialects/qmail.ts';
import { LIMITS } from '../limits.ts';
import { BEFORE_MONTH, clockAt, daysFrom, isoAt, monthAt, readTail, tail, wallAt } from './clock.ts';
import type { Dictionary } from './dictionary.ts';
import { CLOCK, KIND } from './records.ts';
import { Scan } from './scan.ts';

interface Program {
  bytes: Uint8Array;
  /** The bytes as words, the last one overlapping. Empty for names under four bytes. */
  words: Int32Array;
  parse: ((scan: Scan) => void) | null;
  submission: boolean;
}

const BY_NAME = new Map<string, Dialect>();
const BY_DAEMON = new Map<string, Dialect>();
for (const dialect of DIALECTS) {
  for (const name of dialect.programs) (dialect.postfix ? BY_DAEMON : BY_NAME).set(name, dialect);
}

/** The dialect of a program name as syslog shows it; `postfix/submission/smtpd` and `postfix-out/smtp` included. */
export function dialectOf(program: string): Dialect | undefined {
  const slash = program.lastIndexOf('/');
  if (slash >= 0) {
    const daemon = program.slice(slash + 1);
    if (/postfix|^mail\//i.test(program) || BY_DAEMON.has(daemon))
      return BY_DAEMON.get(daemon) ?? BY_NAME.get(daemon) ?? BY_DAEMON.get('cleanup');
    return BY_NAME.get(daemon);
  }
  return BY_NAME.get(program) ?? BY_NAME.get(program.toLowerCase());
}

/** Shared numbers of the host names of a set: [0] unused, then dictionary numbers in order of appearance. */
export type HostMemory = SharedArrayBuffer;
export function hostMemory(): HostMemory {
  return new SharedArrayBuffer((LIMITS.hosts + 1) * 4);
}

export class Scanner {
  readonly scan: Scan;
  private hosts: Int32Array;
  private readonly programs: (Program | undefined)[] = Array.from({ length: 1024 });
  /** Programs by the beginning of the line's text, whatever follows the name. */
  private readonly heads: (Program | undefined)[] = Array.from({ length: 1024 });
  private hostOf = new Map<number, number>();
  /** Caches of the header of the line before: most lines differ in nothing but the message. */
  private lastHost = 0;
  private lastHostLen = -1;
  private readonly hostBytes = new Uint8Array(256);
  private t0 = 0;
  private t1 = 0;
  private t2 = 0;
  private t3 = 0;
  private t4 = 0;
  private tz = 0;
  private tradTime = -1;
  private isoTime = NaN;
  private isoOffset = NaN;
  private isoZoneLen = 0;
  /** Lines longer than LIMITS.parsedLineBytes, and lines with bytes that are not UTF-8 text (NUL). */
  longLines = 0;

  constructor(dictionary: Dictionary, hosts: HostMemory) {
    this.scan = new Scan(dictionary);
    this.hosts = new Int32Array(hosts);
  }

  /** Another, larger copy of the same dictionary: numbers stay. */
  use(dictionary: Dictionary): void {
    this.scan.dict = dictionary;
    this.scan.tokens.use(dictionary);
  }

  /**
   * Reads a chunk that is in memory as a whole, `buf[from, to)`, as `start` and `next` do; offsets are relative to
   * `from`. Returns the number of lines.
   */
  run(buf: Buffer, from: number, to: number): number {
    this.start(this.scan.rec);
    return this.next(buf, from, to, 0);
  }

  /** Starts a chunk: what follows is written to `rec`, or to a larger array where that does not suffice. */
  start(rec: Uint32Array): void {
    const s = this.scan;
    s.rec = rec;
    s.n = 0;
    s.tokens.clear();
    this.tradTime = -1;
    this.isoTime = NaN;
    this.lastHostLen = -1;
    this.longLines = 0;
  }

  /**
   * Reads the next lines of the chunk, `buf[from, to)`; the last one may lack its newline. Records are in
   * `scan.rec[0, scan.n)` and give the offset of the line: that of `from` is `base`. Returns the number of lines.
   * Throws DictionaryFull: then nothing of the chunk counts.
   */
  next(buf: Buffer, from: number, to: number, base: number): number {
    const s = this.scan;
    if (s.buf !== buf) {
      s.buf = buf;
      s.view = new DataView(buf.buffer, buf.byteOffset, buf.byteLength);
    }
    const shift = base - from;
    let lines = 0;
    let p = from;
    while (p < to) {
      let nl = buf.indexOf(10, p);
      if (nl < 0 || nl > to) nl = to;
      s.begin = p;
      s.line = p + shift;
      s.end = nl > p && buf[nl - 1] === 13 ? nl - 1 : nl;
      s.emitted = false;
      s.submission = false;
      if (nl - p > LIMITS.parsedLineBytes) {
        this.longLines++;
        s.end = p + 256;
        this.header(p, false);
      } else this.header(p, true);
      if (!s.emitted) s.emit(KIND.plain);
      s.finish();
      lines++;
      p = nl + 1;
      // while the bytes are still in the cache
      if (s.tokens.due) s.resolve();
    }
    s.resolve(); // the next run may be of other bytes at the same place
    return lines;
  }

  private header(p: number, parse: boolean): void {
    const s = this.scan;
    const v = s.view;
    const b = s.buf;
    s.pid = 0;
    s.ms = 0;
    const e = s.end;
    if (e - p < 20) return this.other(p, parse);
    const a0 = v.getInt32(p, true);
    const a1 = v.getInt32(p + 4, true);
    const a2 = v.getInt32(p + 8, true);
    if (b[p] > 57) {
      const a3 = v.getInt32(p + 11, true);
      if (a0 !== this.t0 || a1 !== this.t1 || a2 !== this.t2 || a3 !== this.t3 || this.tradTime < 0) {
        const wall = wallAt(b, p);
        if (wall < 0 || b[p + 15] !== 32) return this.other(p, parse);
        this.tradTime = wall;
        this.t0 = a0;
        this.t1 = a1;
        this.t2 = a2;
        this.t3 = a3;
        this.isoTime = NaN;
      }
      s.time = this.tradTime;
      s.clock = CLOCK.wall;
      return this.hostAndProgram(p + 16, parse);
    }
    if (b[p + 10] === 84 && b[p + 4] === 45) {
      const a3 = v.getInt32(p + 12, true);
      const a4 = v.getInt32(p + 15, true);
      if (
        a0 !== this.t0 ||
        a1 !== this.t1 ||
        a2 !== this.t2 ||
        a3 !== this.t3 ||
        a4 !== this.t4 ||
        Number.isNaN(this.isoTime)
      ) {
        const time = isoAt(b, p);
        if (Number.isNaN(time)) return this.other(p, parse);
        this.isoTime = time;
        this.t0 = a0;
        this.t1 = a1;
        this.t2 = a2;
        this.t3 = a3;
        this.t4 = a4;
        this.tradTime = -1;
        this.isoZoneLen = 0;
      }
      // ".123456+01:00 host": the usual width is checked first
      let i = p + 19;
      if (this.isoZoneLen === 6 && b[i] === 46 && b[p + 32] === 32 && v.getInt32(p + 27, true) === this.tz) {
        s.ms = (b[p + 20] - 48) * 100 + (b[p + 21] - 48) * 10 + (b[p + 22] - 48);
        i = p + 32;
      } else {
        readTail(s, i);
        i = tail.next;
        if (b[i] !== 32) return this.other(p, parse);
        s.ms = tail.ms;
        this.isoOffset = tail.offset;
        this.isoZoneLen = i === p + 32 && b[p + 19] === 46 ? 6 : 0;
        this.tz = v.getInt32(p + 27, true);
      }
      if (Number.isNaN(this.isoOffset)) {
        s.time = this.isoTime;
        s.clock = CLOCK.local;
      } else {
        s.time = this.isoTime - this.isoOffset;
        s.clock = CLOCK.unix;
      }
      return this.hostAndProgram(i + 1, parse);
    }
    this.other(p, parse);
  }

  private hostAndProgram(p: number, parse: boolean): void {
    const s = this.scan;
    const b = s.buf;
    const e = s.end;
    let i = p;
    // same host as the line before?
    const n = this.lastHostLen;
    if (n > 0 && b[p + n] === 32 && p + n < e) {
      const h = this.hostBytes;
      let k = 0;
      while (k < n && b[p + k] === h[k]) k++;
      if (k === n) {
        s.host = this.lastHost;
        i = p + n + 1;
      }
    }
    if (i === p) {
      while (i < e && b[i] !== 32) i++;
      const last = b[i - 1];
      if (i >= e || last === 58 || (last === 93 && i - p > 1) || b[i + 1] === 91) {
        // no host: dovecot's and others' own files ("sogod [1526]: ..")
        s.host = 0;
        i = p;
      } else {
        s.host = this.hostNumber(p, i);
        const len = i - p;
        if (len < 250 && s.host > 0) {
          this.lastHostLen = len;
          this.lastHost = s.host;
          for (let k = 0; k < len; k++) this.hostBytes[k] = b[p + k];
        }
        i++;
      }
    }
    if (parse) this.program(i);
  }

  /** `prog[pid]: message`, `prog: message`; `i` is where the program starts. */
  private program(i: number): void {
    const s = this.scan;
    const b = s.buf;
    const e = s.end;
    const from = i;
    let head = -1;
    let program: Program | undefined;
    if (i + 20 < e) {
      // "postfix/" and four letters, or all of a shorter name: most lines are known by them
      const v = s.view;
      const key = Math.imul(v.getInt32(i, true), 0x85ebca6b) ^ Math.imul(v.getInt32(i + 8, true), 0xc2b2ae35);
      head = Math.imul(key ^ b[i + 12], 0x9e3779b1) >>> 22;
      program = this.heads[head];
      if (program !== undefined) {
        const to = from + program.bytes.length;
        if (to < e && (b[to] === 91 || b[to] === 58) && isNamed(program, v, from)) i = to;
        else program = undefined;
      }
    }
    if (program === undefined) {
      while (i < e) {
        const c = b[i];
        if (c === 91 || c === 58 || c === 32 || c === 40) break;
        i++;
      }
    }
    const to = i;
    if (to === from || to - from > 64) return;
    if (b[i] === 32) {
      i = s.skip(i);
      if (b[i] !== 91) return; // "fail2ban.actions        [4711]: "
    }
    let at: number;
    if (b[i] === 40)
      at = from; // "auth-worker(22401): Info: .." of dovecot's own file: the message starts here
    else {
      if (b[i] === 91) {
        let pid = 0;
        for (i++; i < e; i++) {
          const d = b[i] - 48;
          if (d < 0 || d > 9) break;
          pid = (pid * 10 + d) & 0xffffff;
        }
        s.pid = pid;
        while (i < e && b[i] !== 93) i++;
        i++;
      }
      if (b[i] === 58) i++;
      at = b[i] === 32 ? i + 1 : i;
    }
    if (program === undefined) {
      program = this.programAt(b, from, to);
      if (head >= 0 && program.words.length > 0) this.heads[head] = program;
    }
    if (program.parse === null) return;
    if (b[to - 1] === 110 && at > to && isLoginProcess(b, from, to)) at = from; // "imap-login: Info: .."
    s.at = at;
    s.submission = program.submission;
    program.parse(s);
  }

  /** The program of this name: a small cache by length and last letters, checked byte by byte. */
  private programAt(b: Uint8Array, from: number, to: number): Program {
    const n = to - from;
    const v = this.scan.view;
    const ends = n >= 4 ? Math.imul(v.getInt32(from, true), 0x85ebca6b) ^ v.getInt32(to - 4, true) : b[from];
    const slot = Math.imul(ends ^ (b[from + (n >> 1)] << 8) ^ n, 0x9e3779b1) >>> 22;
    const known = this.programs[slot];
    if (known !== undefined && known.bytes.length === n) {
      const { bytes } = known;
      let k = 0;
      while (k < n && b[from + k] === bytes[k]) k++;
      if (k === n) return known;
    }
    const bytes = b.slice(from, to);
    const name = Buffer.from(bytes).toString('latin1');
    const dialect = dialectOf(name);
    const program = {
      bytes: new Uint8Array(bytes),
      words: wordsOf(bytes),
      parse: dialect?.parse ?? null,
      submission: /submission|smtps/.test(name),
    };
    this.programs[slot] = program;
    return program;
  }

  /** Everything but the two usual headers. */
  private other(p: number, parse: boolean): void {
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
      if (b[k] === 32) this.hostAndProgram(k + 1, parse);
      return;
    }
    const time = e - i >= 19 ? isoAt(b, i) : NaN;
    if (!Number.isNaN(time) && (b[i + 10] === 32 || b[i + 10] === 84)) {
      readTail(s, i + 19);
      s.ms = tail.ms;
      s.time = Number.isNaN(tail.offset) ? time : time - tail.offset;
      s.clock = Number.isNaN(tail.offset) ? CLOCK.local : CLOCK.unix;
      let k = s.skip(tail.next);
      if (Number.isNaN(tail.offset) && (b[k] === 43 || b[k] === 45)) {
        // Exim's log_timezone: "2026-11-22 14:16:56 +0100 1xV8.."
        readTail(s, k);
        if (!Number.isNaN(tail.offset)) {
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
        return this.hostAndProgram(i + 15, parse);
      }
    }
    // "Mmm dd yyyy hh:mm:ss host ..": Cisco and some Solaris relays
    if (clockAt(b, i + 12) >= 0 && b[i + 11] === 32) return;
    if (b[i] === 91 && this.roundcube(i, parse)) return;
    // "host prog[pid]: ..", as journalctl shows it without times
    if (this.secondIsProgram(i)) this.hostAndProgram(i, parse);
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
    if (!Number.isNaN(tail.offset)) {
      s.time -= tail.offset;
      s.clock = CLOCK.unix;
    }
    s.at = s.skip(s.to(58, at + 21) + 1);
    if (parse) BY_NAME.get('roundcube')?.parse(s);
    return true;
  }

  /** The word after the one at `at` is a program with its pid: `host prog[123]: ..`. */
  private secondIsProgram(at: number): boolean {
    const s = this.scan;
    const b = s.buf;
    const e = Math.min(s.end, at + 320);
    let i = at;
    while (i < e && b[i] > 32 && b[i] !== 91 && (b[i] !== 58 || b[i + 1] !== 32)) i++;
    if (i === at || i >= e || b[i] !== 32) return false;
    const from = ++i;
    while (i < e && b[i] > 32 && b[i] !== 91) i++;
    if (i === from || b[i] !== 91) return false;
    const digits = ++i;
    while (i < e && b[i] >= 48 && b[i] <= 57) i++;
    return i > digits && b[i] === 93 && b[i + 1] === 58;
  }

  /** A program's own file: `prog [pid]: ..`, `imap-login: Info: ..`, or Exim's; there is no host. */
  private ownLog(at: number): void {
    const s = this.scan;
    s.at = at;
    if (looksLikeExim(s, at)) BY_NAME.get('exim')?.parse(s);
    else if (this.secondIsProgram(at)) this.hostAndProgram(at, true);
    else this.program(at);
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
    if (parse && !readQmail(s)) this.program(p + 26);
    return true;
  }

  private rfc5424(p: number, parse: boolean): void {
    const s = this.scan;
    const b = s.buf;
    const time = isoAt(b, p);
    if (Number.isNaN(time)) return;
    readTail(s, p + 19);
    s.ms = tail.ms;
    s.time = Number.isNaN(tail.offset) ? time : time - tail.offset;
    s.clock = Number.isNaN(tail.offset) ? CLOCK.local : CLOCK.unix;
    // host app procid msgid sd msg
    let i = tail.next + 1;
    let stop = s.to(32, i);
    s.host = this.hostNumber(i, stop);
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
    const name = Buffer.from(b.buffer, b.byteOffset + progFrom, Math.min(64, Math.max(0, progTo - progFrom))).toString(
      'latin1',
    );
    const dialect = dialectOf(name);
    if (!dialect) return;
    s.submission = /submission|smtps/.test(name);
    s.at = i;
    dialect.parse(s);
  }

  private hostNumber(from: number, to: number): number {
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

function wordsOf(name: Uint8Array): Int32Array {
  const n = name.length;
  if (n < 4) return new Int32Array(0);
  const view = new DataView(name.buffer, name.byteOffset, n);
  return Int32Array.from({ length: (n + 3) >> 2 }, (_, i) => view.getInt32(Math.min(i << 2, n - 4), true));
}

/** The bytes at `from` are the program's name; there must be as many. */
function isNamed(program: Program, view: DataView, from: number): boolean {
  const { words } = program;
  const last = words.length - 1;
  for (let i = 0; i < last; i++) if (words[i] !== view.getInt32(from + (i << 2), true)) return false;
  return words[last] === view.getInt32(from + program.bytes.length - 4, true);
}

function isLoginProcess(b: Uint8Array, from: number, to: number): boolean {
  return (
    to - from > 6 &&
    b[to - 6] === 45 &&
    b[to - 5] === 108 &&
    b[to - 4] === 111 &&
    b[to - 3] === 103 &&
    b[to - 2] === 105
  );
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
