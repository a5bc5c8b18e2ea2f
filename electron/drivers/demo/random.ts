/** A small deterministic generator (mulberry32): the demo's mail is the same on every computer. Not for secrets. */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export function pick<T>(random: () => number, from: readonly T[]): T {
  const item = from[Math.floor(random() * from.length)];
  if (item === undefined) throw new Error('picked from an empty list');
  return item;
}

/** Postfix's alphabet of long queue ids: digits and consonants, so that no word is ever spelled (52 signs). */
const BASE52 = '0123456789BCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz';

export function base52(value: number, length: number): string {
  let rest = value;
  let out = '';
  while (out.length < length) {
    out = (BASE52[rest % 52] ?? '0') + out;
    rest = Math.floor(rest / 52);
  }
  return out;
}
