/** A map from a non-zero 32-bit number to a non-zero 32-bit number, in a typed array. Entries are never removed. */
export class IntMap {
  /** Key and value side by side: one look at memory finds both. */
  private pairs: Uint32Array;
  private mask: number;
  size = 0;

  /** `capacity` is a power of two. */
  constructor(capacity = 1024) {
    this.pairs = new Uint32Array(capacity * 2);
    this.mask = capacity - 1;
  }

  get(key: number): number {
    const { pairs, mask } = this;
    let slot = (Math.imul(key, 0x9e3779b1) >>> 7) & mask;
    for (;;) {
      const k = pairs[slot << 1];
      if (k === key) return pairs[(slot << 1) + 1];
      if (k === 0) return 0;
      slot = (slot + 1) & mask;
    }
  }

  set(key: number, value: number): void {
    if (this.size * 2 > this.mask) this.grow();
    const { pairs, mask } = this;
    let slot = (Math.imul(key, 0x9e3779b1) >>> 7) & mask;
    for (;;) {
      const k = pairs[slot << 1];
      if (k === key || k === 0) break;
      slot = (slot + 1) & mask;
    }
    if (pairs[slot << 1] === 0) {
      pairs[slot << 1] = key;
      this.size++;
    }
    pairs[(slot << 1) + 1] = value;
  }

  /** Every key with its value. */
  *entries(): Generator<[number, number]> {
    for (let i = 0; i < this.pairs.length; i += 2) if (this.pairs[i] !== 0) yield [this.pairs[i], this.pairs[i + 1]];
  }

  private grow(): void {
    const before = this.pairs;
    this.pairs = new Uint32Array(before.length * 2);
    this.mask = before.length - 1;
    this.size = 0;
    for (let i = 0; i < before.length; i += 2) if (before[i] !== 0) this.set(before[i], before[i + 1]);
  }
}
