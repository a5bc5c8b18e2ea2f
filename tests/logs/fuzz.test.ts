import { describe, expect, it } from 'vitest';
import { Dictionary, dictionaryMemory } from '#log-index/scan/dictionary.ts';
import { hostMemory, Scanner } from '#log-index/scan/scanner.ts';
import { Random } from '../bench/genlog/random.ts';
import { messages, Room } from './helpers.ts';
import { mutate, strange } from './mutate.ts';

describe('mutated and random lines', () => {
  it('each give one record inside the buffer', () => {
    const r = new Random(7);
    const dict = new Dictionary(dictionaryMemory(400_000, 32 << 20));
    const scanner = new Scanner(dict, hostMemory());
    for (let round = 0; round < 60; round++) {
      const lines: Buffer[] = [];
      for (let i = 0; i < 500; i++) {
        lines.push(strange(r), Buffer.from('\n'));
      }
      const bytes = Buffer.concat(lines);
      expect(scanner.run(bytes, 0, bytes.length)).toBe(500);
      let at = 0;
      let count = 0;
      const { rec, words: n } = scanner;
      for (; at < n; count++) {
        const words = (rec[at] ?? 0) >>> 20;
        expect(words).toBeGreaterThanOrEqual(4);
        at += words;
      }
      expect([at, count]).toEqual([n, 500]);
    }
  });

  it('index without a crash, and the good message among them is right', async () => {
    using room = new Room();
    const r = new Random(11);
    const parts: Buffer[] = [];
    for (let i = 0; i < 20_000; i++) parts.push(mutate(r), Buffer.from('\n'));
    const set = await room.index([room.file('mail.log', Buffer.concat(parts))]);
    expect(set.lineCount).toBe(20_000);
    for (const trace of set.traces({}, { limit: 200 }).traces)
      expect(set.traceLines(trace.id).length).toBeGreaterThan(0);
    expect(messages(set).length).toBeGreaterThan(0);
    await set.close();
  });
});
