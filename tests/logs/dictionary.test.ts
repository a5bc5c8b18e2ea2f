import { describe, expect, it } from 'vitest';
import { Dictionary, dictionaryMemory } from '#log-index/scan/dictionary.ts';

/** As many strings of `length` bytes as it has room for without being crowded, and a few more. */
function crowd(dictionary: Dictionary, length: number): number {
  let n = 0;
  for (; !dictionary.crowded; n++) dictionary.internText(String(n).padStart(length, '.'));
  return n;
}

describe('a dictionary', () => {
  it('keeps its numbers when it grows, and grows by what is scarce', () => {
    const small = new Dictionary(dictionaryMemory(1000, 1 << 20));
    const count = crowd(small, 4);
    const grown = small.grown();
    expect(grown.crowded).toBe(false);
    expect(grown.memory.slots.byteLength).toBe(small.memory.slots.byteLength * 2);
    expect(grown.memory.heap.byteLength).toBeLessThan(small.memory.heap.byteLength * 1.5);
    for (let i = 0; i < count; i++) {
      const text = String(i).padStart(4, '.');
      expect(grown.find(text)).toBe(small.find(text));
      expect(grown.text(small.find(text))).toBe(text);
    }

    const long = new Dictionary(dictionaryMemory(100_000, 1 << 12));
    crowd(long, 900);
    const wider = long.grown();
    expect(wider.crowded).toBe(false);
    expect(wider.memory.slots.byteLength).toBe(long.memory.slots.byteLength);
    expect(wider.memory.heap.byteLength).toBeGreaterThan(long.memory.heap.byteLength * 1.5);
  });

  it('has room for as many bytes as its places can name, whatever is asked for', () => {
    const { heap } = dictionaryMemory(10_000_000, 3 * 2 ** 30);
    expect(heap.byteLength).toBe(2 ** 31 - 8);
  });
});
