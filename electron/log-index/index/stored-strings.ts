/** The strings of a set that is only read. They stay on disk but for some blocks, until much of them is asked for. */
import { readSync } from 'node:fs';
import { LIMITS } from '../limits.ts';
import type { StringTable } from '../scan/dictionary.ts';
import { hashOf } from '../scan/hash.ts';
import { BLOCK_BYTES, BlockCache } from './blocks.ts';

/** Where a part of the dictionary is in the file: a multiple of four, and how many words it has. */
export interface Part {
  at: number;
  words: number;
}

/** 8 MB. */
const BLOCKS = 2048;
/** Words before the bytes of an entry: number, hash, length. */
const ENTRY_WORDS = 3;

export class StoredStrings implements StringTable {
  readonly size: number;
  private readonly fd: number;
  private readonly meta: Part;
  private readonly heap: Part;
  private readonly slots: Part;
  private readonly seed: number;
  private readonly cache = new BlockCache(BLOCKS);
  private whole: { meta: Int32Array; words: Int32Array; bytes: Buffer } | undefined;

  constructor(fd: number, parts: { meta: Part; heap: Part; slots: Part }, seed: number) {
    this.fd = fd;
    this.meta = parts.meta;
    this.heap = parts.heap;
    this.slots = parts.slots;
    this.seed = seed;
    this.size = parts.meta.words;
  }

  text(id: number): string {
    return this.bytesOf(id).toString('utf8');
  }

  bytesOf(id: number): Buffer {
    const word = id > 0 && id < this.size ? this.metaWord(id) : 0;
    if (word === 0) return NOTHING;
    const length = this.heapWord(word + 2);
    return this.heapBytes((word + ENTRY_WORDS) * 4, length);
  }

  find(value: string): number {
    const buf = Buffer.from(value, 'utf8');
    if (buf.length === 0) return 0;
    const view = new DataView(buf.buffer, buf.byteOffset, buf.byteLength);
    const length = Math.min(buf.length, LIMITS.fieldBytes);
    const wanted = buf.subarray(0, length);
    const hash = hashOf(buf, view, 0, length, this.seed);
    const mask = this.slots.words - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const entry = this.word(this.slots, slot);
      if (entry === 0) return 0;
      if (this.heapWord(entry + 1) !== hash || this.heapWord(entry + 2) !== length) continue;
      const id = this.heapWord(entry);
      if (this.heapBytes((entry + ENTRY_WORDS) * 4, length).equals(wanted)) return id;
    }
  }

  each(visit: (id: number, bytes: Uint8Array, at: number, length: number) => void): void {
    const { meta, words, bytes } = this.load();
    for (let id = 1; id < this.size; id++) {
      const word = meta[id];
      if (word > 0) visit(id, bytes, (word + ENTRY_WORDS) * 4, words[word + 2]);
    }
  }

  /** Takes all strings into memory: for what asks for a great many of them. Not when they are too many. */
  expectMany(): void {
    if (this.heap.words * 4 <= LIMITS.stringsInMemory) this.load();
  }

  private load(): { meta: Int32Array; words: Int32Array; bytes: Buffer } {
    if (this.whole === undefined) {
      const meta = this.words(this.meta);
      const words = this.words(this.heap);
      const whole = { meta, words, bytes: Buffer.from(words.buffer) };
      if (this.heap.words * 4 > LIMITS.stringsInMemory) return whole;
      this.whole = whole;
    }
    return this.whole;
  }

  private words(part: Part): Int32Array {
    const words = new Int32Array(part.words);
    const bytes = Buffer.from(words.buffer);
    for (let done = 0; done < bytes.length; ) {
      const n = readSync(this.fd, bytes, done, Math.min(bytes.length - done, 1 << 30), part.at + done);
      if (n === 0) throw new Error('the tables are shorter than the manifest says');
      done += n;
    }
    return words;
  }

  private metaWord(id: number): number {
    return this.whole === undefined ? this.word(this.meta, id) : this.whole.meta[id];
  }

  private heapWord(at: number): number {
    return this.whole === undefined ? this.word(this.heap, at) : this.whole.words[at];
  }

  private heapBytes(at: number, length: number): Buffer {
    if (this.whole !== undefined) return this.whole.bytes.subarray(at, at + length);
    const place = this.heap.at + at;
    const block = Math.floor(place / BLOCK_BYTES);
    const from = place - block * BLOCK_BYTES;
    if (from + length <= BLOCK_BYTES)
      return this.cache.bytes(block, this.fd, block, from + length).subarray(from, from + length);
    const bytes = Buffer.allocUnsafe(length);
    return bytes.subarray(0, readSync(this.fd, bytes, 0, length, place));
  }

  private word(part: Part, at: number): number {
    return this.cache.word(this.fd, part.at / 4 + at) | 0;
  }
}

const NOTHING = Buffer.alloc(0);
