/**
 * From strings of a line to numbers of the dictionary, with as few looks at it as possible. Most strings of a log come
 * again within a second, and the dictionary is larger than any cache and shared between threads: so a thread keeps the
 * strings it met last in a small table that fits its own cache, each with its bytes beside its hash. What is not there
 * waits until some dozens have come together, because then the waits for memory overlap instead of adding up.
 */
import { LIMITS } from '../limits.ts';
import { type Dictionary, hashOf } from './dictionary.ts';

/** Words of a remembered string: hash, number, length, bytes. 64 bytes: one line of a processor's cache. */
const ENTRY = 16;
const ENTRIES = 8192;
/** Longest string that fits beside its header. */
const LONGEST = (ENTRY - 3) * 4;
const BATCH = 96;

export class Tokens {
  dict: Dictionary;
  /** Strings met last, by hash. A number below 0 is the one that string `-1 - number` of the batch will get. */
  private readonly recent = new Int32Array(ENTRIES * ENTRY);
  /** Strings that wait: word of the records, place, length, hash, and entry of `recent` or -1. */
  private waiting = 0;
  private at: Int32Array = new Int32Array(2048);
  private from: Int32Array = new Int32Array(2048);
  private length: Int32Array = new Int32Array(2048);
  private hashes: Int32Array = new Int32Array(2048);
  private entry: Int32Array = new Int32Array(2048);
  /** Words of the records that get the number of a string of the batch that waits already. */
  private same = 0;
  private sameAt: Int32Array = new Int32Array(4096);
  private sameAs: Int32Array = new Int32Array(4096);

  constructor(dict: Dictionary) {
    this.dict = dict;
  }

  /** Numbers come from another dictionary from now on; those of the old one stay right. */
  use(dict: Dictionary): void {
    this.dict = dict;
    this.clear();
  }

  /** Forgets strings that wait, and what waited for them. */
  clear(): void {
    if (this.waiting > 0) this.recent.fill(0);
    this.waiting = 0;
    this.same = 0;
  }

  /** True when `resolve` is worth calling. */
  get due(): boolean {
    return this.waiting >= BATCH;
  }

  /** Makes room for `count` strings. */
  reserve(count: number): void {
    if (this.at.length - this.waiting < count) {
      this.at = doubled(this.at);
      this.from = doubled(this.from);
      this.length = doubled(this.length);
      this.hashes = doubled(this.hashes);
      this.entry = doubled(this.entry);
    }
    if (this.sameAt.length - this.same < count) {
      this.sameAt = doubled(this.sameAt);
      this.sameAs = doubled(this.sameAs);
    }
  }

  /** The number of the `len` bytes at `from`, or 0: then `resolve` writes it to word `at` of the records. */
  put(buf: Uint8Array, view: DataView, from: number, length: number, at: number): number {
    const len = length < LIMITS.fieldBytes ? length : LIMITS.fieldBytes;
    const h = hashOf(buf, view, from, len, this.dict.seed);
    let place = -1;
    if (len >= 4 && len <= LONGEST) {
      const { recent } = this;
      place = (h & (ENTRIES - 1)) * ENTRY;
      if (recent[place] === h && recent[place + 2] === len) {
        const words = len >> 2;
        let i = 0;
        while (i < words && recent[place + 3 + i] === view.getInt32(from + (i << 2), true)) i++;
        if (i === words && ((len & 3) === 0 || recent[place + 3 + i] === view.getInt32(from + len - 4, true))) {
          const id = recent[place + 1];
          if (id > 0) return id;
          this.sameAs[this.same] = -1 - id;
          this.sameAt[this.same++] = at;
          return 0;
        }
      }
      recent[place] = h;
      recent[place + 1] = -1 - this.waiting;
      recent[place + 2] = len;
      const words = len >> 2;
      for (let i = 0; i < words; i++) recent[place + 3 + i] = view.getInt32(from + (i << 2), true);
      if ((len & 3) !== 0) recent[place + 3 + words] = view.getInt32(from + len - 4, true);
    }
    const k = this.waiting++;
    this.at[k] = at;
    this.from[k] = from;
    this.length[k] = len;
    this.hashes[k] = h;
    this.entry[k] = place;
    return 0;
  }

  /** Writes the numbers of all strings that wait. Throws DictionaryFull. */
  resolve(buf: Uint8Array, view: DataView, rec: Uint32Array): void {
    const { waiting, same, at, entry, recent, sameAt, sameAs } = this;
    if (waiting === 0) return;
    this.dict.internAll(buf, view, waiting, this.from, this.length, this.hashes, at, rec);
    for (let k = 0; k < waiting; k++) {
      const place = entry[k];
      if (place >= 0 && recent[place + 1] === -1 - k) recent[place + 1] = rec[at[k]];
    }
    for (let k = 0; k < same; k++) rec[sameAt[k]] = rec[at[sameAs[k]]];
    this.waiting = 0;
    this.same = 0;
  }
}

function doubled(a: Int32Array): Int32Array {
  const b = new Int32Array(a.length * 2);
  b.set(a);
  return b;
}
