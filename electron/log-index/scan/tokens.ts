/**
 * From strings of a line to numbers of the dictionary, with as few looks at it as possible. Most strings of a log come
 * again within a second, and the dictionary is larger than any cache and shared between threads: so a thread keeps the
 * strings it met last in a small table that fits its own cache, each with its bytes beside its hash. What is not there
 * waits until some dozens have come together, because then the waits for memory overlap instead of adding up.
 * Also compiled: see `compiled/compile.ts`.
 */
import { LIMITS } from '../limits.ts';
import type { Dictionary } from './dictionary.ts';
import { hashOf, WAITING } from './hash.ts';
import { isKept, keep } from './machine.ts';

/** Words of a remembered string: hash, number, length, bytes. 64 bytes: one line of a processor's cache. */
const ENTRY = 16;
const ENTRIES = 8192;
/** Longest string that fits beside its header. */
const LONGEST = (ENTRY - 3) * 4;
/** `resolve` is due when so many strings wait, or so many words for one that waits already. */
const BATCH = 96;
const BATCH_SAME = 1024;
/** Strings that one line can add at most. */
const LINE = LIMITS.listedRecipients + 128;

export class Tokens {
  dict: Dictionary;
  /** Strings met last, by hash. A number below 0 is the one that string `-1 - number` of the batch will get. */
  private readonly recent = new Int32Array(ENTRIES * ENTRY);
  /** Strings that wait, as `internAll` wants them; the fifth word is the place in `recent`, or -1. */
  private waiting = 0;
  private readonly queue = new Int32Array((BATCH + LINE) * WAITING);
  /** Words of the records that get the number of a string that waits already, each with the number of that string. */
  private same = 0;
  private readonly twins = new Int32Array((BATCH_SAME + LINE) * 2);

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

  /** True when `resolve` must be called before the next line. */
  get due(): boolean {
    return this.waiting >= BATCH || this.same >= BATCH_SAME;
  }

  /** The number of the `len` bytes at `from`, or 0: then `resolve` writes it to word `at` of the records. */
  put(buf: Uint8Array, view: DataView, from: number, length: number, at: number): number {
    const len = length < LIMITS.fieldBytes ? length : LIMITS.fieldBytes;
    const h = hashOf(buf, view, from, len, this.dict.seed);
    let place = -1;
    if (len >= 4 && len <= LONGEST) {
      const recent = this.recent;
      place = (h & (ENTRIES - 1)) * ENTRY;
      if (recent[place] === h && recent[place + 2] === len && isKept(recent, place + 3, view, from, len)) {
        const id = recent[place + 1];
        if (id > 0) return id;
        const twin = this.same++ << 1;
        this.twins[twin] = at;
        this.twins[twin + 1] = -1 - id;
        return 0;
      }
      recent[place] = h;
      recent[place + 1] = -1 - this.waiting;
      recent[place + 2] = len;
      keep(recent, place + 3, view, from, len);
    }
    const queue = this.queue;
    const k = this.waiting++ * WAITING;
    queue[k] = at;
    queue[k + 1] = from;
    queue[k + 2] = len;
    queue[k + 3] = h;
    queue[k + 4] = place;
    return 0;
  }

  /** Writes the numbers of all strings that wait. Throws DictionaryFull. */
  resolve(buf: Uint8Array, view: DataView, rec: Uint32Array): void {
    const waiting = this.waiting;
    const same = this.same;
    const queue = this.queue;
    const recent = this.recent;
    const twins = this.twins;
    if (waiting === 0) return;
    this.dict.internAll(buf, view, waiting, queue, rec);
    for (let i = 0, k = 0; i < waiting; i++, k += WAITING) {
      const place = queue[k + 4];
      if (place >= 0 && recent[place + 1] === -1 - i) recent[place + 1] = rec[queue[k]];
    }
    for (let i = 0; i < same; i++) rec[twins[i << 1]] = rec[queue[twins[(i << 1) + 1] * WAITING]];
    this.waiting = 0;
    this.same = 0;
  }
}
