/**
 * A map from a non-zero 32-bit number to a non-zero 32-bit number, in a typed array. Also compiled: see
 * `compiled/compile.ts`.
 */
import type { Room } from '../index/room.ts';

export class IntMap {
  private readonly room: Room;
  /** Key and value side by side: one look at memory finds both. */
  pairs: Uint32Array;
  mask: number;
  size = 0;

  /** `capacity` is a power of two. */
  constructor(room: Room, capacity: number) {
    this.room = room;
    this.pairs = room.words(capacity * 2);
    this.mask = capacity - 1;
  }

  /** The place where a key is best, among the slots. */
  private home(key: number): number {
    return (Math.imul(key, 0x9e3779b1) >>> 7) & this.mask;
  }

  get(key: number): number {
    const pairs = this.pairs;
    const mask = this.mask;
    let slot = this.home(key);
    let k = pairs[slot << 1];
    while (k !== key && k !== 0) {
      slot = (slot + 1) & mask;
      k = pairs[slot << 1];
    }
    return k === 0 ? 0 : pairs[(slot << 1) + 1];
  }

  set(key: number, value: number): void {
    if (this.size * 2 > this.mask) this.grow();
    const pairs = this.pairs;
    const mask = this.mask;
    let slot = this.home(key);
    while (pairs[slot << 1] !== key && pairs[slot << 1] !== 0) slot = (slot + 1) & mask;
    if (pairs[slot << 1] === 0) {
      pairs[slot << 1] = key;
      this.size++;
    }
    pairs[(slot << 1) + 1] = value;
  }

  delete(key: number): void {
    const pairs = this.pairs;
    const mask = this.mask;
    let slot = this.home(key);
    while (pairs[slot << 1] !== key) {
      if (pairs[slot << 1] === 0) return;
      slot = (slot + 1) & mask;
    }
    this.size--;
    // what stands behind it and would have liked to stand here moves up, so that no search ends too early
    for (let next = (slot + 1) & mask; pairs[next << 1] !== 0; next = (next + 1) & mask) {
      const away = (next - this.home(pairs[next << 1])) & mask;
      if (away < ((next - slot) & mask)) continue;
      pairs[slot << 1] = pairs[next << 1];
      pairs[(slot << 1) + 1] = pairs[(next << 1) + 1];
      slot = next;
    }
    pairs[slot << 1] = 0;
  }

  clear(): void {
    this.pairs.fill(0);
    this.size = 0;
  }

  private grow(): void {
    const before = this.pairs;
    this.pairs = this.room.words(before.length * 2);
    this.mask = before.length - 1;
    this.size = 0;
    for (let i = 0; i < before.length; i += 2) if (before[i] !== 0) this.set(before[i], before[i + 1]);
  }
}
