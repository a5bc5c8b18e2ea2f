/** The hash of a dictionary's strings. Also compiled: see `compiled/compile.ts`. */

/** Words of a string that waits for `Dictionary.internAll`; see there. The last one is its owner's. */
export const WAITING = 5;

/** The hash that finds a string; `view` is on the same bytes as `buf`. */
export function hashOf(buf: Uint8Array, view: DataView, from: number, len: number, seed: number): number {
  const to = from + len;
  let h = seed ^ Math.imul(len, 0x9e3779b1);
  if (len >= 4) {
    // two lanes, so that the multiplications overlap
    let g = h ^ 0x27d4eb2f;
    let q = from;
    for (const last = to - 8; q <= last; q += 8) {
      h = Math.imul(h ^ view.getInt32(q, true), 0x85ebca6b);
      g = Math.imul(g ^ view.getInt32(q + 4, true), 0xc2b2ae35);
      h ^= h >>> 15;
      g ^= g >>> 13;
    }
    if (q + 4 <= to) h = Math.imul(h ^ view.getInt32(q, true), 0x85ebca6b);
    g = Math.imul(g ^ view.getInt32(to - 4, true), 0xc2b2ae35);
    h ^= h >>> 15;
    h = Math.imul(h ^ g ^ (g >>> 13), 0x27d4eb2f);
  } else {
    for (let q = from; q < to; q++) h = Math.imul(h ^ buf[q], 0x85ebca6b);
  }
  h ^= h >>> 16;
  h = Math.imul(h, 0x9e3779b1);
  return h ^ (h >>> 13);
}
