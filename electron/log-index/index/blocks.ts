/** A bounded cache of blocks of files, in memory taken once: reading a thousand lines makes no garbage. */
import { readSync } from 'node:fs';

/** Bytes of a block: the lines of a trace stand in a few of them. */
export const BLOCK_BYTES = 4096;
const BLOCK_WORDS = BLOCK_BYTES / 4;

export class BlockCache {
  private readonly space: Buffer;
  private readonly words: Uint32Array;
  private readonly halves: Uint16Array;
  private readonly slots = new Map<number, number>();
  /** Key and length of what is in each slot. The slot that was filled first is the next to go. */
  private readonly keys: Float64Array;
  private readonly lengths: Uint16Array;
  private readonly most: number;
  private next = 0;
  private lastKey = -1;
  private lastSlot = 0;

  constructor(blocks: number) {
    this.most = blocks;
    const memory = new ArrayBuffer(blocks * BLOCK_BYTES); // the system gives pages as they are used
    this.space = Buffer.from(memory);
    this.words = new Uint32Array(memory);
    this.halves = new Uint16Array(memory);
    this.keys = new Float64Array(blocks).fill(-1);
    this.lengths = new Uint16Array(blocks);
  }

  /**
   * Bytes of a block of a file, in place: good until the next call. `key` stands for file and block. `need`: bytes from
   * the block's beginning that must be there; a block that was the end of a growing file is read again for them.
   */
  bytes(key: number, fd: number, block: number, need: number): Buffer {
    let slot = this.slot(key, fd, block);
    if (this.lengths[slot] < need) {
      this.forget(key);
      slot = this.slot(key, fd, block);
    }
    return this.space.subarray(slot * BLOCK_BYTES, slot * BLOCK_BYTES + this.lengths[slot]);
  }

  /** Word `at` of a file of words. What is written later must be told with `forget`. */
  word(fd: number, at: number): number {
    const block = Math.floor(at / BLOCK_WORDS);
    return this.words[this.slot(block, fd, block) * BLOCK_WORDS + at - block * BLOCK_WORDS];
  }

  /** As `word`, for a file of unsigned elements of 1, 2 or 4 bytes. */
  element(fd: number, at: number, bytes: number): number {
    if (bytes === 4) return this.word(fd, at);
    const each = BLOCK_BYTES / bytes;
    const block = Math.floor(at / each);
    const place = this.slot(block, fd, block) * each + at - block * each;
    return bytes === 1 ? this.space[place] : this.halves[place];
  }

  /** Forgets a block that has been written since. */
  forget(key: number): void {
    if (this.lastKey === key) this.lastKey = -1;
    const slot = this.slots.get(key);
    if (slot === undefined) return;
    this.slots.delete(key);
    this.keys[slot] = -1;
  }

  clear(): void {
    this.slots.clear();
    this.keys.fill(-1);
    this.lastKey = -1;
  }

  private slot(key: number, fd: number, block: number): number {
    if (key === this.lastKey) return this.lastSlot;
    let slot = this.slots.get(key);
    if (slot === undefined) {
      slot = this.next;
      this.next = slot + 1 === this.most ? 0 : slot + 1;
      const before = this.keys[slot];
      if (before >= 0) this.forget(before);
      const from = slot * BLOCK_BYTES;
      this.lengths[slot] = readSync(fd, this.space, from, BLOCK_BYTES, block * BLOCK_BYTES);
      this.keys[slot] = key;
      this.slots.set(key, slot);
    }
    this.lastKey = key;
    this.lastSlot = slot;
    return slot;
  }
}
