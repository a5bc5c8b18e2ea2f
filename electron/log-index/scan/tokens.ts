/**
 * From strings of a line to numbers of the dictionary, with as few looks at it as possible. Most strings of a log come
 * again within a second, and the dictionary is larger than any cache and shared between threads: so a thread keeps the
 * strings it met last in a small table, each with its bytes beside its hash. Even that table is not in the nearest cache:
 * so all strings wait until many have come together, because then the waits for memory overlap instead of adding up.
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
/** `resolve` is due when so many strings wait. */
const BATCH = 192;
/** Strings that one line can add at most. */
const LINE = LIMITS.listedRecipients + 128;

export class Tokens {
  dict: Dictionary;
  /** Strings met last, by hash. A number below 0 is the one that string `-1 - number` of the new ones will get. */
  private readonly recent = new Int32Array(ENTRIES * ENTRY);
  /** Strings that wait, as `internAll` wants them; the fifth word is the place in `recent`, or -1. */
  private waiting = 0;
  private readonly queue = new Int32Array((BATCH + LINE) * WAITING);
  /** Words of the records that get the number of a new string of the same batch, each with which one it is. */
  private readonly twins = new Int32Array((BATCH + LINE) * 2);
  /** Keeps the reads that fetch entries ahead from being left out as useless. */
  warm = 0;

  constructor(dict: Dictionary) {
    this.dict = dict;
  }

  /** Numbers come from another dictionary from now on; those of the old one stay right. */
  use(dict: Dictionary): void {
    this.dict = dict;
    this.clear();
  }

  /** Forgets strings that wait, and those that `resolve` was about to number when the dictionary was full. */
  clear(): void {
    if (this.waiting > 0) this.recent.fill(0);
    this.waiting = 0;
  }

  /** True when `resolve` must be called before the next line. */
  get due(): boolean {
    return this.waiting >= BATCH;
  }

  /** `resolve` writes the number of the `length` bytes at `from` to word `at` of the records. */
  put(buf: Uint8Array, view: DataView, from: number, length: number, at: number): void {
    const len = length < LIMITS.fieldBytes ? length : LIMITS.fieldBytes;
    const queue = this.queue;
    const k = this.waiting++ * WAITING;
    queue[k] = at;
    queue[k + 1] = from;
    queue[k + 2] = len;
    queue[k + 3] = hashOf(buf, view, from, len, this.dict.seed);
  }

  /** Writes the numbers of all strings that wait. Throws DictionaryFull. */
  resolve(buf: Uint8Array, view: DataView, rec: Uint32Array): void {
    const waiting = this.waiting;
    const queue = this.queue;
    const recent = this.recent;
    const twins = this.twins;
    if (waiting === 0) return;
    let known = 0;
    for (let i = 0; i < waiting; i++) known |= recent[(queue[i * WAITING + 3] & (ENTRIES - 1)) * ENTRY];
    this.warm = known;
    // what is not remembered moves to the front
    let fresh = 0;
    let same = 0;
    for (let i = 0, k = 0; i < waiting; i++, k += WAITING) {
      const at = queue[k];
      const from = queue[k + 1];
      const len = queue[k + 2];
      const h = queue[k + 3];
      let place = -1;
      if (len >= 4 && len <= LONGEST) {
        place = (h & (ENTRIES - 1)) * ENTRY;
        if (recent[place] === h && recent[place + 2] === len && isKept(recent, place + 3, view, from, len)) {
          const id = recent[place + 1];
          if (id > 0) rec[at] = id;
          else {
            twins[same << 1] = at;
            twins[(same << 1) + 1] = -1 - id;
            same++;
          }
          continue;
        }
        recent[place] = h;
        recent[place + 1] = -1 - fresh;
        recent[place + 2] = len;
        keep(recent, place + 3, view, from, len);
      }
      const q = fresh++ * WAITING;
      queue[q] = at;
      queue[q + 1] = from;
      queue[q + 2] = len;
      queue[q + 3] = h;
      queue[q + 4] = place;
    }
    if (fresh > 0) {
      this.dict.internAll(buf, view, fresh, queue, rec);
      for (let i = 0, k = 0; i < fresh; i++, k += WAITING) {
        const place = queue[k + 4];
        if (place >= 0 && recent[place + 1] === -1 - i) recent[place + 1] = rec[queue[k]];
      }
      for (let i = 0; i < same; i++) rec[twins[i << 1]] = rec[queue[twins[(i << 1) + 1] * WAITING]];
    }
    this.waiting = 0;
  }
}
