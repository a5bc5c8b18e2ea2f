/**
 * Splits a block of log into lines, reads each line's header and hands the message to the dialect of its program.
 * Every line gives exactly one record, so the number of a line is the number of its record. The two headers that
 * syslog usually writes are read here, with the caches of the line before; others outside. Also compiled: see
 * `compiled/compile.ts`.
 */
import { LIMITS } from '../limits.ts';
import { isoAt, NO_TIME, NO_ZONE, readTail, tail, wallAt } from './clock.ts';
import { type Block, isKept, keep, lineEnd, seek } from './machine.ts';
import { type Outside, SUBMISSION } from './outside.ts';
import { CLOCK, KIND } from './records.ts';
import { ROOM, type Scan } from './scan.ts';

/** Programs known by the beginning of the line's text: a length, a dialect, the name as `keep` keeps it. */
const HEADS = 1024;
const HEAD = 18;

export class Usual {
  readonly scan: Scan;
  private readonly outside: Outside;
  private readonly heads = new Int32Array(HEADS * HEAD);
  /** Caches of the header of the line before: most lines differ in nothing but the message. */
  private lastHost = 0;
  private lastHostLen = -1;
  private readonly hostBytes: Block = new Uint8Array(256);
  private t0 = 0;
  private t1 = 0;
  private t2 = 0;
  private t3 = 0;
  private t4 = 0;
  private tz = 0;
  private tradTime = -1;
  private isoTime: number = NO_TIME;
  private isoOffset: number = NO_ZONE;
  private isoZoneLen = 0;
  /** Lines of the last `next`. */
  lines = 0;

  constructor(scan: Scan, outside: Outside) {
    this.scan = scan;
    this.outside = outside;
  }

  /** Forgets the line before: its host's number may mean another one now. */
  start(): void {
    this.tradTime = -1;
    this.isoTime = NO_TIME;
    this.lastHostLen = -1;
  }

  /**
   * Reads the lines of `[from, to)`, the last of which may lack its newline, while there is room for their records.
   * Records give the offset of their line: that of `from` is `base`. Returns where it stopped.
   * Throws DictionaryFull: then nothing of the chunk counts.
   */
  next(from: number, to: number, base: number): number {
    const s = this.scan;
    const b = s.buf;
    const shift = base - from;
    const most = s.rec.length - ROOM;
    let p = from;
    this.lines = 0;
    while (p < to && s.n < most) {
      const nl = lineEnd(b, p, to);
      s.begin = p;
      s.line = p + shift;
      s.end = nl > p && b[nl - 1] === 13 ? nl - 1 : nl;
      s.emitted = false;
      s.submission = false;
      // a file system that was cut off leaves zeros where the next line then begins
      let from = p;
      while (from < s.end && b[from] === 0) from++;
      if (nl - from > LIMITS.parsedLineBytes) {
        this.outside.long();
        s.end = from + 256;
        this.header(from, false);
      } else this.header(from, true);
      if (!s.emitted) s.emit(KIND.plain);
      s.finish();
      this.lines++;
      p = nl + 1;
      // while the bytes are still in the cache
      if (s.tokens.due) s.resolve();
    }
    s.resolve(); // the next run may be of other bytes at the same place
    return p < to ? p : to;
  }

  private header(p: number, parse: boolean): void {
    const s = this.scan;
    const v = s.view;
    const b = s.buf;
    s.pid = 0;
    s.ms = 0;
    const e = s.end;
    if (e - p < 20) return this.outside.other(p, parse);
    const a0 = v.getInt32(p, true);
    const a1 = v.getInt32(p + 4, true);
    const a2 = v.getInt32(p + 8, true);
    if (b[p] > 57) {
      const a3 = v.getInt32(p + 11, true);
      if (a0 !== this.t0 || a1 !== this.t1 || a2 !== this.t2 || a3 !== this.t3 || this.tradTime < 0) {
        const wall = wallAt(b, p);
        if (wall < 0 || b[p + 15] !== 32) return this.outside.other(p, parse);
        this.tradTime = wall;
        this.t0 = a0;
        this.t1 = a1;
        this.t2 = a2;
        this.t3 = a3;
        this.isoTime = NO_TIME;
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
        this.isoTime === NO_TIME
      ) {
        const time = isoAt(b, p);
        if (time === NO_TIME) return this.outside.other(p, parse);
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
        if (b[i] !== 32) return this.outside.other(p, parse);
        s.ms = tail.ms;
        this.isoOffset = tail.offset;
        this.isoZoneLen = i === p + 32 && b[p + 19] === 46 ? 6 : 0;
        this.tz = v.getInt32(p + 27, true);
      }
      if (this.isoOffset === NO_ZONE) {
        s.time = this.isoTime;
        s.clock = CLOCK.local;
      } else {
        s.time = this.isoTime - this.isoOffset;
        s.clock = CLOCK.unix;
      }
      return this.hostAndProgram(i + 1, parse);
    }
    this.outside.other(p, parse);
  }

  /** `host prog[pid]: message`, at `p`. */
  hostAndProgram(p: number, parse: boolean): void {
    const s = this.scan;
    const b = s.buf;
    const e = s.end;
    let i = p;
    // same host as the line before?
    const n = this.lastHostLen;
    if (n > 0 && b[p + n] === 32 && p + n < e && b[p + n + 1] !== 91) {
      const h = this.hostBytes;
      let k = 0;
      while (k < n && b[p + k] === h[k]) k++;
      if (k === n) {
        s.host = this.lastHost;
        i = p + n + 1;
      }
    }
    if (i === p) {
      i = seek(b, 32, i, e);
      const last = b[i - 1];
      if (i >= e || last === 58 || (last === 93 && i - p > 1) || b[i + 1] === 91) {
        // no host: dovecot's and others' own files ("sogod [1526]: ..")
        s.host = 0;
        i = p;
      } else {
        s.host = this.outside.host(p, i);
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

  /** `prog[pid]: message`, `prog: message`; `from` is where the program starts. */
  program(from: number): void {
    const s = this.scan;
    const b = s.buf;
    const v = s.view;
    const e = s.end;
    const heads = this.heads;
    let i = from;
    let head = -1;
    let known = -1;
    if (from + 20 < e) {
      // "postfix/" and four letters, or all of a shorter name: most lines are known by them
      const key = Math.imul(v.getInt32(from, true), 0x85ebca6b) ^ Math.imul(v.getInt32(from + 8, true), 0xc2b2ae35);
      head = (Math.imul(key ^ b[from + 12], 0x9e3779b1) >>> 22) * HEAD;
      const to = from + heads[head];
      if (to > from && to < e && (b[to] === 91 || b[to] === 58) && isKept(heads, head + 2, v, from, to - from)) {
        i = to;
        known = heads[head + 1];
      }
    }
    if (known < 0) {
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
    let at = from; // "auth-worker(22401): Info: .." of dovecot's own file: the message starts here
    if (b[i] !== 40) {
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
    if (known < 0) {
      known = this.outside.program(from, to);
      if (head >= 0 && to - from >= 4) this.remember(head, from, to, known);
    }
    if (known === 0) return;
    if (b[to - 1] === 110 && at > to && this.isLoginProcess(from, to)) at = from; // "imap-login: Info: .."
    s.at = at;
    s.submission = (known & SUBMISSION) !== 0;
    this.outside.dialect(known & 255, s);
  }

  private remember(head: number, from: number, to: number, known: number): void {
    this.heads[head] = to - from;
    this.heads[head + 1] = known;
    keep(this.heads, head + 2, this.scan.view, from, to - from);
  }

  /** The name ends in `-login`. */
  private isLoginProcess(from: number, to: number): boolean {
    const b = this.scan.buf;
    return (
      to - from > 6 &&
      b[to - 6] === 45 &&
      b[to - 5] === 108 &&
      b[to - 4] === 111 &&
      b[to - 3] === 103 &&
      b[to - 2] === 105
    );
  }
}
