/** Pieces that several dialects read in the same way. Also compiled: see `compiled/compile.ts`. */
import { bytes, type Literal } from '../scan/machine.ts';
import type { Scan } from '../scan/scan.ts';

const FROM = bytes('from=<');
const TO = bytes('to=<');
const HELO = bytes('helo=<');
const SEMI_FROM = bytes('; from=<');
/** VRFY and ETRN come before any sender. */
const SEMI_TO = bytes('; to=<');
const GREYLIST = bytes('reylist');
const LATER = bytes('Try again later');

/** Words with a number each, the first that fits counts. */
export class Choice {
  private readonly words: Literal[] = [];
  private readonly numbers: number[] = [];

  or(word: string, number: number): Choice {
    this.words.push(bytes(word));
    this.numbers.push(number);
    return this;
  }

  get size(): number {
    return this.words.length;
  }

  word(k: number): Literal {
    return this.words[k];
  }

  number(k: number): number {
    return this.numbers[k];
  }

  /** Which of them stands at `at`, from 0; -1 when none does. */
  at(s: Scan, at: number): number {
    const c = s.buf[at];
    for (let k = 0; k < this.words.length; k++) {
      const word = this.words[k];
      if (word[0] === c && s.is(at, word)) return k;
    }
    return -1;
  }

  /** Which of them stands first of all at or after `at`, by their order; -1 when none does. */
  after(s: Scan, at: number): number {
    for (let k = 0; k < this.words.length; k++) if (s.search(this.words[k], at) >= 0) return k;
    return -1;
  }
}

/** Where `name[address]` starts and ends; `next` is after the closing bracket and an optional `:port`. */
class Peer {
  nameFrom = 0;
  nameTo = 0;
  ipFrom = 0;
  ipTo = 0;
  port = 0;
  next = 0;
}
export const peer = new Peer();

/** Reads `name[address]` or `[address]:port` at `from` into `peer`; false when there is none. */
export function readPeer(s: Scan, from: number): boolean {
  const open = s.find(91, from);
  if (open < 0) return false;
  const close = s.find(93, open);
  if (close < 0) return false;
  peer.nameFrom = from;
  peer.nameTo = open;
  peer.ipFrom = open + 1;
  peer.ipTo = close;
  peer.next = close + 1;
  peer.port = 0;
  if (s.buf[close + 1] === 58 && s.buf[close + 2] >= 48 && s.buf[close + 2] <= 57) {
    peer.port = s.int(close + 2);
    let i = close + 2;
    while (i < s.end && s.buf[i] >= 48 && s.buf[i] <= 57) i++;
    peer.next = i;
  }
  return true;
}

/** The envelope that smtpd and cleanup append: `; from=<..> to=<..> proto=.. helo=<..>`. */
class Envelope {
  at = 0;
  fromFrom = 0;
  fromTo = 0;
  toFrom = 0;
  toTo = 0;
  heloFrom = 0;
  heloTo = 0;
}
export const envelope = new Envelope();

/** End of an address that starts after `<`: the first `>` that ends a field (a quoted local part may hold another). */
export function angleEnd(s: Scan, from: number): number {
  const b = s.buf;
  const e = s.end;
  for (let i = from; i < e; i++) {
    if (b[i] !== 62) continue;
    if (i + 1 >= e || b[i + 1] === 32 || b[i + 1] === 44 || b[i + 1] === 58 || b[i + 1] === 59 || b[i + 1] === 41)
      return i;
  }
  return e;
}

/** Reads the envelope that starts at or after `from`; `envelope.at` is where it starts, or the end of the line. */
export function readEnvelope(s: Scan, from: number): void {
  const v = envelope;
  v.at = s.end;
  v.fromFrom = 0;
  v.fromTo = 0;
  v.toFrom = 0;
  v.toTo = 0;
  v.heloFrom = 0;
  v.heloTo = 0;
  let at = s.search(SEMI_FROM, from);
  if (at < 0) at = s.search(SEMI_TO, from);
  if (at < 0) return;
  v.at = at;
  let i = at + 2;
  if (s.is(i, FROM)) {
    v.fromFrom = i + 6;
    v.fromTo = angleEnd(s, v.fromFrom);
    i = skipTo(s, v.fromTo + 1);
  }
  if (s.is(i, TO)) {
    v.toFrom = i + 4;
    v.toTo = angleEnd(s, v.toFrom);
    i = v.toTo + 1;
  }
  const helo = s.search(HELO, i);
  if (helo >= 0) {
    v.heloFrom = helo + 6;
    v.heloTo = angleEnd(s, v.heloFrom);
  }
}

/** smtpd writes `from=<a> to=<b>`, postscreen `from=<a>, to=<b>`. */
function skipTo(s: Scan, from: number): number {
  let i = from;
  while (i < s.end && (s.buf[i] === 32 || s.buf[i] === 44)) i++;
  return i;
}

/** The reply asks to come back later because the sender is not known yet. */
export function saysGreylisted(s: Scan, from: number, to: number): boolean {
  const end = s.end;
  s.end = to;
  const yes = s.search(GREYLIST, from) >= 0 || s.search(LATER, from) >= 0;
  s.end = end;
  return yes;
}
