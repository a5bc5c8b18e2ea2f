/**
 * The reading head that dialects work with: one line of bytes, and the record being written about it.
 * No strings are made here; a field becomes a number of the dictionary. Also compiled: see `compiled/compile.ts`.
 */
import { LIMITS } from '../limits.ts';
import type { Dictionary } from './dictionary.ts';
import { hashOf } from './hash.ts';
import { type Block, bytes, equals, type Literal, seek } from './machine.ts';
import { CLOCK, HEADER_WORDS } from './records.ts';
import { Tokens } from './tokens.ts';

const SPACE = 32;
const COLON = 58;

/**
 * Bit 0: upper-case hex digit (short queue ids). Bit 1: base 52 without vowels (long ids). Bit 2: decimal digit.
 * Bit 3: a reply's byte that `reason` takes as it is.
 */
const CLASS: Block = new Uint8Array(256);
function are(letters: Literal, bit: number): void {
  for (let i = 0; i < letters.length; i++) CLASS[letters[i]] |= bit;
}
are(bytes('0123456789ABCDEF'), 1);
are(bytes('0123456789BCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz'), 2);
are(bytes('0123456789'), 4);
for (let c = 32; c < 256; c++) if (c !== 40 && c !== 60 && c !== 91) CLASS[c] |= 8;

/** Words that one line can add at most: a line is read only where there is room for so many. */
export const ROOM = LIMITS.listedRecipients + 128;
/** Room for records: what usual lines of a block need, and more. */
const RECORDS = 1 << 18;

export class Scan {
  dict: Dictionary;
  readonly tokens: Tokens;
  buf: Uint8Array = new Uint8Array(0);
  view: DataView = new DataView(new ArrayBuffer(0));
  /** Where the message of the line starts and ends: after the program's name, before the newline. */
  at = 0;
  end = 0;
  /** Where the line starts, in `buf` and in its chunk. Lines that are parsed are short: see LIMITS.parsedLineBytes. */
  begin = 0;
  line = 0;
  /** Header of the line. */
  time = 0;
  clock: number = CLOCK.wall;
  ms = 0;
  host = 0;
  pid = 0;
  /** The program runs a submission service (postfix/submission/smtpd, postfix/smtps/smtpd). */
  submission = false;
  /** Where the number ended that `decimal` read last. */
  after = 0;
  rec: Uint32Array = new Uint32Array(RECORDS);
  /** Next free word of `rec`, and where the record of this line starts. */
  n = 0;
  start = 0;
  emitted = false;
  readonly scratch: Block = new Uint8Array(512);

  constructor(dict: Dictionary) {
    this.dict = dict;
    this.tokens = new Tokens(dict);
  }

  /** Starts the record of this line. A dialect calls it once, then `str`/`num` for each field of the kind in order. */
  emit(kind: number): void {
    const n = this.n;
    this.start = n;
    this.rec[n] = kind | (this.clock << 8) | (this.ms << 10);
    this.rec[n + 1] = this.line;
    this.rec[n + 2] = this.time;
    this.rec[n + 3] = (this.host << 22) | (this.pid & 0x3fffff);
    this.n = n + HEADER_WORDS;
    this.emitted = true;
  }

  /** Ends the record: writes into its first word how many words it has. */
  finish(): void {
    this.rec[this.start] |= (this.n - this.start) << 20;
  }

  num(value: number): void {
    this.rec[this.n++] = value;
  }

  /** Writes a string field. Its number is filled in by `resolve`, many at once. */
  str(from: number, to: number): void {
    const n = this.n++;
    if (to <= from || from < 0) this.rec[n] = 0;
    else this.tokens.put(this.buf, this.view, from, to - from, n);
  }

  /** Writes the hash of a string that need not be stored. */
  hash(from: number, to: number): void {
    this.num(this.hashed(from, to));
  }

  /** The hash of a string that need not be stored; never 0 for one. */
  hashed(from: number, to: number): number {
    if (to <= from || from < 0) return 0;
    const len = to - from < LIMITS.fieldBytes ? to - from : LIMITS.fieldBytes;
    const h = hashOf(this.buf, this.view, from, len, this.dict.seed);
    return h === 0 ? 1 : h;
  }

  /** Remembers a string for `tok`: its place in the line and its length, packed. 0 when empty. */
  id(from: number, to: number): number {
    if (to <= from || from < 0) return 0;
    return ((from - this.begin) << 10) | (to - from < LIMITS.fieldBytes ? to - from : LIMITS.fieldBytes);
  }

  /** Writes a string that `id` remembered. */
  tok(packed: number): void {
    const n = this.n++;
    if (packed === 0) this.rec[n] = 0;
    else this.tokens.put(this.buf, this.view, this.begin + (packed >>> 10), packed & 1023, n);
  }

  /** Fills in the numbers of all strings written since the last call. Throws DictionaryFull. */
  resolve(): void {
    this.tokens.resolve(this.buf, this.view, this.rec);
  }

  /** Position of `byte` at or after `from`, or -1. */
  find(byte: number, from: number): number {
    const i = seek(this.buf, byte, from, this.end);
    return i < this.end ? i : -1;
  }

  /** Position of `byte` at or after `from`, or the end of the line. */
  to(byte: number, from: number): number {
    return seek(this.buf, byte, from, this.end);
  }

  /** The bytes at `from` are these. */
  is(from: number, text: Literal): boolean {
    return from >= 0 && from + text.length <= this.end && equals(this.buf, from, text);
  }

  /** Position of `text` at or after `from`, or -1. */
  search(text: Literal, from: number): number {
    const first = text[0];
    const past = this.end - text.length + 1;
    for (let i = seek(this.buf, first, from, past); i < past; i = seek(this.buf, first, i + 1, past))
      if (this.is(i, text)) return i;
    return -1;
  }

  /** End of a Postfix queue id that starts at `from` and is followed by a colon, else -1. */
  queueId(from: number): number {
    const b = this.buf;
    const e = Math.min(this.end, from + 24);
    let mask = 3;
    let i = from;
    while (i < e) {
      const m = CLASS[b[i]] & mask;
      if (m === 0) break;
      mask = m;
      i++;
    }
    return i < this.end && b[i] === COLON && this.idLength(i - from, mask) ? i : -1;
  }

  /** `[from, to)` is a queue id: 5 to 24 hex digits, or 10 to 24 of base 52. */
  isQueueId(from: number, to: number): boolean {
    const b = this.buf;
    let mask = 3;
    for (let i = from; i < to; i++) {
      mask &= CLASS[b[i]];
      if (mask === 0) return false;
    }
    return this.idLength(to - from, mask);
  }

  private idLength(len: number, mask: number): boolean {
    return (len >= 5 && len <= 24 && (mask & 1) !== 0) || (len >= 10 && len <= 24 && (mask & 2) !== 0);
  }

  /** The decimal number at `from`; 0 when there is none. Stops at the first other byte. */
  int(from: number): number {
    const b = this.buf;
    let v = 0;
    for (let i = from, e = Math.min(this.end, from + 10); i < e; i++) {
      const d = b[i] - 48;
      if (d < 0 || d > 9) break;
      v = v * 10 + d;
    }
    return v;
  }

  /**
   * A decimal fraction at `from` times `scale` (a power of ten), rounded down; may be negative. `after` is where it
   * ends.
   */
  decimal(from: number, scale: number): number {
    const b = this.buf;
    const e = this.end;
    const most = scale === 1000 ? 2147483 : (0x7fffffff / scale) | 0; // whole numbers only: this is called often
    let i = from;
    const sign = i < e ? b[i] : 0;
    if (sign === 45 || sign === 43) i++;
    let v = 0;
    let left = scale;
    for (; i < e; i++) {
      const d = b[i] - 48;
      if (d < 0 || d > 9) break;
      v = v * 10 + d;
      if (v >= most) return sign === 45 ? -0x7fffffff : 0x7fffffff;
    }
    if (i < e && b[i] === 46) {
      for (i++; i < e; i++) {
        const d = b[i] - 48;
        if (d < 0 || d > 9) break;
        if (left > 1) {
          v = v * 10 + d;
          left = left === 1000 ? 100 : left === 100 ? 10 : 1;
        }
      }
    }
    this.after = i;
    v *= left;
    return sign === 45 ? 0 - v : v;
  }

  /** Packed `a.b.c` at `from`, else 0. */
  dsn(from: number): number {
    const b = this.buf;
    const a = b[from] - 48;
    if (!(a === 2 || a === 4 || a === 5) || b[from + 1] !== 46 || from + 4 >= this.end) return 0;
    let i = from + 2;
    let x = 0;
    let y = 0;
    let d = b[i] - 48;
    if (!(d >= 0 && d <= 9)) return 0;
    for (; (d = b[i] - 48) >= 0 && d <= 9 && x < 1000; i++) x = x * 10 + d;
    if (b[i] !== 46) return 0;
    i++;
    if (!((d = b[i] - 48) >= 0 && d <= 9)) return 0;
    for (; (d = b[i] - 48) >= 0 && d <= 9 && y < 1000; i++) y = y * 10 + d;
    return (a << 20) | ((x & 1023) << 10) | (y & 1023);
  }

  /** Skips spaces. */
  skip(from: number): number {
    let i = from;
    while (i < this.end && this.buf[i] === SPACE) i++;
    return i;
  }

  /**
   * Interns a reply with what differs from message to message taken out, so that equal causes count together:
   * the host that said it, addresses in angle brackets, addresses in square brackets, and "(in reply to ...)".
   */
  reason(from: number, to: number): number {
    const b = this.buf;
    const out = this.scratch;
    let n = 0;
    let i = from;
    while (i < to && n < 200) {
      const c = b[i];
      if ((CLASS[c] & 8) !== 0) {
        out[n++] = c;
        i++;
        continue;
      }
      if (c === 60 || c === 91) {
        const close = c === 60 ? 62 : 93;
        const far = Math.min(to, i + LIMITS.fieldBytes); // or a thousand brackets would each look to the end of the line
        let k = i + 1;
        while (k < far && b[k] !== close && b[k] !== SPACE) k++;
        if (k < far && b[k] === close) {
          out[n++] = c;
          out[n++] = close;
          i = k + 1;
          continue;
        }
      }
      if (c === 40 && b[i + 1] === 105 && b[i + 2] === 110 && b[i + 3] === SPACE && b[i + 4] === 114) break;
      out[n++] = c < 32 ? 32 : c;
      i++;
    }
    while (n > 0 && out[n - 1] === SPACE) n--;
    return n > 0 ? this.dict.internBlock(out, n) : 0;
  }
}
