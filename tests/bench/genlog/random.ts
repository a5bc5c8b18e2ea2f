/** A small seeded generator (sfc32) and the draws the simulation needs. Same seed, same log. */
export class Random {
  private a: number;
  private b: number;
  private c: number;
  private d = 1;

  constructor(seed: number) {
    this.a = seed | 0;
    this.b = 0x9e3779b9 ^ seed;
    this.c = 0x243f6a88;
    for (let i = 0; i < 15; i++) this.bits();
  }

  /** 32 random bits, unsigned. */
  bits(): number {
    const t = (((this.a + this.b) | 0) + this.d) | 0;
    this.d = (this.d + 1) | 0;
    this.a = this.b ^ (this.b >>> 9);
    this.b = (this.c + (this.c << 3)) | 0;
    this.c = (this.c << 21) | (this.c >>> 11);
    this.c = (this.c + t) | 0;
    return t >>> 0;
  }

  /** [0, 1) */
  next(): number {
    return this.bits() / 4294967296;
  }

  /** [from, to), whole. */
  int(from: number, to: number): number {
    return from + Math.floor(this.next() * (to - from));
  }

  pick<T>(list: readonly T[]): T {
    return list[Math.floor(this.next() * list.length)] as T;
  }

  chance(p: number): boolean {
    return this.next() < p;
  }

  exp(rate: number): number {
    return -Math.log(1 - this.next()) / rate;
  }

  logNormal(mu: number, sigma: number): number {
    const u = Math.sqrt(-2 * Math.log(1 - this.next())) * Math.cos(2 * Math.PI * this.next());
    return Math.exp(mu + sigma * u);
  }

  text(n: number, alphabet: string): string {
    let s = '';
    for (let i = 0; i < n; i++) s += alphabet[this.int(0, alphabet.length)];
    return s;
  }

  shuffle<T>(list: readonly T[], n: number): T[] {
    const all = list.slice();
    for (let i = 0; i < n && i < all.length; i++) {
      const j = this.int(i, all.length);
      [all[i], all[j]] = [all[j] as T, all[i] as T];
    }
    return all.slice(0, n);
  }
}
