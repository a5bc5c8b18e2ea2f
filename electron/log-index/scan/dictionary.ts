/**
 * The dictionary: every address, queue id, host and relay is stored once and named by a number.
 *
 * It lives in shared memory and every worker interns into it without a lock, so that records carry final numbers and
 * no merge or remapping follows. An insert writes the bytes, then publishes the number with one compare-and-swap;
 * whoever loses the race uses the winner's number (his own stays unused). Strings are compared byte by byte: hashes
 * only find the slot, so nobody can forge a log that makes two addresses one.
 */
import { touch } from '../index/table.ts';
import { LIMITS } from '../limits.ts';
import { hashOf, WAITING } from './hash.ts';
import type { Block } from './machine.ts';

/** The four shared buffers of a dictionary, as they travel to a worker. */
export interface DictionaryMemory {
  /** [0] next number, [1] next free heap word, [2] hash seed. */
  control: SharedArrayBuffer;
  /** Heap word of the entry, by hash; 0 is free. */
  slots: SharedArrayBuffer;
  /** Heap word of the entry, by number. */
  meta: SharedArrayBuffer;
  /** Each entry: number, hash, length, then the bytes padded to a word: one cache line for most. */
  heap: SharedArrayBuffer;
}

/** What can be asked of strings by number, wherever they are. */
export interface StringTable {
  /** Numbers given out so far, plus one: the length an array indexed by number needs. */
  readonly size: number;
  /** The string behind a number; '' for 0. Invalid UTF-8 shows as U+FFFD. */
  text: (id: number) => string;
  /** The bytes behind a number, none for 0; good until the next question. */
  bytesOf: (id: number) => Uint8Array;
  /** The number of a text that is there, else 0. */
  find: (value: string) => number;
  /** Calls `visit` with each string's number, and its bytes as a place in others. */
  each: (visit: (id: number, bytes: Uint8Array, at: number, length: number) => void) => void;
  /** A great many strings are about to be asked for. */
  expectMany: () => void;
}

/** Thrown by `intern` when a table is full: the owner doubles it and the chunk is parsed again. */
export class DictionaryFull extends Error {}

const NEXT = 0;
const TOP = 1;
const SEED = 2;
/** Places in the heap are 32-bit numbers of bytes: some 40 GB of log have as many. */
const HEAP_BYTES = 2 ** 31 - 8;
/** Strings in flight at once in `internAll`. */
const BLOCK = 64;

/**
 * Shared buffers for about `strings` strings of `bytes` bytes in all. Pages are taken by the system when first
 * touched, so a generous guess costs address space, not memory.
 */
export function dictionaryMemory(strings: number, bytes: number, seed = 0): DictionaryMemory {
  let slots = 1024;
  while (slots < strings * 2) slots *= 2;
  const memory = {
    control: new SharedArrayBuffer(16),
    slots: new SharedArrayBuffer(slots * 4),
    meta: new SharedArrayBuffer(slots * 4),
    heap: new SharedArrayBuffer(Math.min(HEAP_BYTES, Math.ceil((bytes + slots * 8 + 4096) / 8) * 8)),
  };
  touch(new Int32Array(memory.slots), 0, slots); // each is read before it is written
  const control = new Int32Array(memory.control);
  control[NEXT] = 1; // 0 is "no string"
  control[TOP] = 1;
  control[SEED] = seed;
  return memory;
}

export class Dictionary implements StringTable {
  readonly memory: DictionaryMemory;
  private readonly control: Int32Array;
  private readonly slots: Int32Array;
  private readonly meta: Int32Array;
  private readonly heap: DataView;
  private readonly bytes: Uint8Array;
  private readonly words: Int32Array;
  private readonly mask: number;
  /** Of the hash of this set. */
  readonly seed: number;
  /** Numbers that can be given out. */
  readonly most: number;
  private readonly entries = new Int32Array(BLOCK);
  /** Keeps the reads that fetch entries ahead from being left out as useless. */
  warm = 0;

  constructor(memory: DictionaryMemory) {
    this.memory = memory;
    this.control = new Int32Array(memory.control);
    this.slots = new Int32Array(memory.slots);
    this.meta = new Int32Array(memory.meta);
    this.heap = new DataView(memory.heap);
    this.bytes = new Uint8Array(memory.heap);
    this.words = new Int32Array(memory.heap);
    this.mask = this.slots.length - 1;
    this.seed = this.control[SEED];
    this.most = Math.floor(this.slots.length * 0.8);
  }

  /** Numbers given out so far, plus one: the length an array indexed by number needs. */
  get size(): number {
    return Math.min(Atomics.load(this.control, NEXT), this.most);
  }

  private get top(): number {
    return Math.min(Atomics.load(this.control, TOP), this.words.length);
  }

  /** Bytes in use: strings and tables. */
  get usedBytes(): number {
    return this.top * 4 + this.size * 4 + this.slots.length * 4;
  }

  private get manyStrings(): boolean {
    return this.size > this.slots.length * 0.6;
  }

  private get manyBytes(): boolean {
    return this.top > this.words.length * 0.8;
  }

  /** True when the table should be doubled before more work is given out. */
  get crowded(): boolean {
    return this.manyStrings || (this.manyBytes && this.words.byteLength < HEAP_BYTES);
  }

  /**
   * The number of `buf[from, to)`; 0 for the empty string. `view` is a DataView on the same bytes as `buf`.
   * Throws DictionaryFull.
   */
  intern(buf: Uint8Array, view: DataView, from: number, to: number): number {
    let len = to - from;
    if (len <= 0) return 0;
    if (len > LIMITS.fieldBytes) len = LIMITS.fieldBytes;
    return this.insert(buf, view, from, len, hashOf(buf, view, from, len, this.seed));
  }

  /** The number of the first `length` bytes of a block. Throws DictionaryFull. */
  internBlock(block: Block, length: number): number {
    return this.intern(block, new DataView(block.buffer, block.byteOffset, block.byteLength), 0, length);
  }

  private insert(buf: Uint8Array, view: DataView, from: number, len: number, h: number): number {
    const words = this.words;
    const mask = this.mask;
    let slot = h & mask;
    let mine = 0;
    for (;;) {
      // an old zero only leads to the exchange, which tells what is there
      let entry = this.slots[slot] === 0 ? 0 : Atomics.load(this.slots, slot);
      if (entry === 0) {
        if (mine === 0) mine = this.add(buf, view, from, len, h);
        entry = Atomics.compareExchange(this.slots, slot, 0, mine);
        if (entry === 0) return words[mine];
      }
      if (words[entry + 1] === h && words[entry + 2] === len && this.same(entry, buf, view, from, len)) {
        if (mine !== 0) this.meta[words[mine]] = 0; // lost the race: a number without a string
        return words[entry];
      }
      slot = (slot + 1) & mask;
    }
  }

  /**
   * Interns `count` strings of `buf` and writes their numbers to `out`. Each has `WAITING` words in `queue`: its word of
   * `out`, place, length and hash. The dictionary is larger than any cache, so each step runs over a block of strings
   * before the next: the waits for memory overlap.
   */
  internAll(buf: Uint8Array, view: DataView, count: number, queue: Int32Array, out: Uint32Array): void {
    const { slots, words, mask, entries } = this;
    for (let start = 0; start < count; start += BLOCK) {
      const n = Math.min(BLOCK, count - start);
      const first = start * WAITING;
      for (let i = 0; i < n; i++) entries[i] = slots[queue[first + i * WAITING + 3] & mask];
      // a slot read without Atomics may be older than it is: only what is compared byte by byte counts
      let known = 0;
      for (let i = 0; i < n; i++) known |= words[entries[i] + 1] ^ words[entries[i] + 3];
      this.warm = known;
      for (let i = 0, k = first; i < n; i++, k += WAITING) {
        const entry = entries[i];
        const from = queue[k + 1];
        const len = queue[k + 2];
        const h = queue[k + 3];
        out[queue[k]] =
          entry !== 0 && words[entry + 1] === h && words[entry + 2] === len && this.same(entry, buf, view, from, len)
            ? words[entry]
            : this.insert(buf, view, from, len, h);
      }
    }
  }

  /** The hash that `intern` would use: lets a record name a string that is not worth storing. Never 0 for a string. */
  hash(buf: Uint8Array, view: DataView, from: number, to: number): number {
    if (to <= from) return 0;
    return hashOf(buf, view, from, Math.min(to - from, LIMITS.fieldBytes), this.seed) || 1;
  }

  /** The hash of a stored string, as `hash` gives it; 0 for 0. */
  hashOf(id: number): number {
    return id === 0 ? 0 : (this.words[this.meta[id] + 1] || 1) >>> 0;
  }

  /** The first stored string with this hash, else 0. The caller must check by other means that it is the one meant. */
  findHash(h: number): number {
    for (let slot = h & this.mask; ; slot = (slot + 1) & this.mask) {
      const entry = Atomics.load(this.slots, slot);
      if (entry === 0) return 0;
      if (this.words[entry + 1] === h) return this.words[entry];
    }
  }

  private same(entry: number, buf: Uint8Array, view: DataView, from: number, len: number): boolean {
    const at = (entry + 3) << 2;
    if (len >= 4) {
      const last = len - 4;
      const heap = this.heap;
      for (let q = 0; q < last; q += 4) {
        if (heap.getInt32(at + q, true) !== view.getInt32(from + q, true)) return false;
      }
      return heap.getInt32(at + last, true) === view.getInt32(from + last, true);
    }
    for (let q = 0; q < len; q++) if (this.bytes[at + q] !== buf[from + q]) return false;
    return true;
  }

  private add(buf: Uint8Array, view: DataView, from: number, len: number, h: number): number {
    const need = 3 + ((len + 3) >> 2);
    const id = Atomics.add(this.control, NEXT, 1);
    const word = Atomics.add(this.control, TOP, need);
    if (id >= this.most || word + need > this.words.length) {
      // Numbers taken here are lost: giving them back could hand one out twice.
      throw new DictionaryFull();
    }
    this.words[word] = id;
    this.words[word + 1] = h;
    this.words[word + 2] = len;
    const full = len >> 2;
    for (let i = 0; i < full; i++) this.words[word + 3 + i] = view.getInt32(from + (i << 2), true);
    const at = (word + 3) << 2;
    for (let q = full << 2; q < len; q++) this.bytes[at + q] = buf[from + q];
    this.meta[id] = word;
    return word;
  }

  /** The number of a text, adding it when new; 0 for ''. */
  internText(value: string): number {
    const buf = Buffer.from(value, 'utf8');
    return this.intern(buf, new DataView(buf.buffer, buf.byteOffset, buf.byteLength), 0, buf.length);
  }

  /** The string behind a number; '' for 0. Invalid UTF-8 shows as U+FFFD. */
  text(id: number): string {
    if (id <= 0 || id >= this.size) return '';
    const word = this.meta[id];
    if (word === 0) return '';
    return Buffer.from(this.memory.heap, (word + 3) << 2, this.words[word + 2]).toString('utf8');
  }

  /** The bytes behind a number, in place; none for 0. */
  bytesOf(id: number): Uint8Array {
    const word = id > 0 && id < this.size ? this.meta[id] : 0;
    return word === 0
      ? this.bytes.subarray(0, 0)
      : this.bytes.subarray((word + 3) << 2, ((word + 3) << 2) + this.words[word + 2]);
  }

  /** The number of a text that is already there, else 0. Never inserts. */
  find(value: string): number {
    const buf = Buffer.from(value, 'utf8');
    if (buf.length === 0) return 0;
    const view = new DataView(buf.buffer, buf.byteOffset, buf.byteLength);
    const len = Math.min(buf.length, LIMITS.fieldBytes);
    const h = hashOf(buf, view, 0, len, this.seed);
    for (let slot = h & this.mask; ; slot = (slot + 1) & this.mask) {
      const entry = Atomics.load(this.slots, slot);
      if (entry === 0) return 0;
      const { words } = this;
      if (words[entry + 1] === h && words[entry + 2] === len && this.same(entry, buf, view, 0, len))
        return words[entry];
    }
  }

  each(visit: (id: number, bytes: Uint8Array, at: number, length: number) => void): void {
    for (let id = 1, n = this.size; id < n; id++) {
      const word = this.meta[id];
      if (word > 0) visit(id, this.bytes, (word + 3) << 2, this.words[word + 2]);
    }
  }

  expectMany(): void {} // they are in memory

  /** A copy with twice the room of what is scarce, else of all; same numbers. Only while no worker interns. */
  grown(): Dictionary {
    const { slots, words, size, top } = this;
    const strings = this.manyStrings || !this.manyBytes;
    const bytes = this.manyBytes || !this.manyStrings;
    if (this.manyBytes && words.byteLength >= HEAP_BYTES)
      throw new RangeError('the strings of this set take more than 2 GB; index fewer files at once');
    return Dictionary.restore(
      this.snapshot(),
      (strings ? slots.length : slots.length / 2) - size,
      (bytes ? 2 : 1) * words.byteLength - top * 4,
    );
  }

  /** What must be stored to restore the same numbers: the used part of meta and heap. */
  snapshot(): { meta: Int32Array; heap: Int32Array; slots: Int32Array; seed: number } {
    return {
      slots: this.slots,
      meta: this.meta.subarray(0, this.size),
      heap: this.words.subarray(0, this.top),
      seed: this.seed,
    };
  }

  /** Rebuilds a dictionary from a snapshot with room for `strings` more strings and `bytes` more bytes. */
  static restore(
    from: { meta: Int32Array; heap: Int32Array; seed: number },
    strings: number,
    bytes: number,
  ): Dictionary {
    const n = from.meta.length;
    const memory = dictionaryMemory(n + strings, from.heap.length * 4 + bytes, from.seed);
    const d = new Dictionary(memory);
    d.meta.set(from.meta);
    d.words.set(from.heap);
    d.control[NEXT] = Math.max(1, n);
    d.control[TOP] = Math.max(1, from.heap.length);
    for (let id = 1; id < n; id++) {
      const word = d.meta[id];
      if (word === 0) continue; // lost a race: bytes without a slot
      let slot = d.words[word + 1] & d.mask;
      while (d.slots[slot] !== 0) slot = (slot + 1) & d.mask;
      d.slots[slot] = word;
    }
    return d;
  }
}
