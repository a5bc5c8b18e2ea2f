import { describe, expect, it } from 'vitest';
import { DIALECTS } from '#log-index/dialects/index.ts';
import { Dictionary, dictionaryMemory } from '#log-index/scan/dictionary.ts';
import { hostMemory, Scanner } from '#log-index/scan/scanner.ts';
import { Random } from '../bench/genlog/random.ts';
import { messages, Room } from './helpers.ts';

const SAMPLES = DIALECTS.flatMap((d) => d.samples.map((s) => s.line));

/** A sample with some bytes changed, cut, doubled or taken from another sample. */
function mutate(r: Random): Buffer {
  const bytes = Buffer.from(r.pick(SAMPLES));
  const n = r.int(1, 6);
  let out = bytes;
  for (let i = 0; i < n; i++) {
    const at = r.int(0, out.length + 1);
    const what = r.int(0, 5);
    if (what === 0) out = Buffer.concat([out.subarray(0, at), Buffer.from([r.int(0, 256)]), out.subarray(at + 1)]);
    else if (what === 1) out = out.subarray(0, at);
    else if (what === 2) out = Buffer.concat([out, out.subarray(at)]);
    else if (what === 3)
      out = Buffer.concat([
        out.subarray(0, at),
        Buffer.from(r.pick(['<', '>', '[', ']', ': ', ', ', '(', '=<', '\0'])),
        out.subarray(at),
      ]);
    else {
      const other = Buffer.from(r.pick(SAMPLES));
      out = Buffer.concat([out.subarray(0, at), other.subarray(r.int(0, other.length))]);
    }
    if (out.length > 4000) out = out.subarray(0, 4000);
  }
  return Buffer.from(out.map((c) => (c === 10 ? 32 : c)));
}

describe('mutated and random lines', () => {
  it('each give one record inside the buffer', () => {
    const r = new Random(7);
    const dict = new Dictionary(dictionaryMemory(400_000, 32 << 20));
    const scanner = new Scanner(dict, hostMemory());
    for (let round = 0; round < 60; round++) {
      const lines: Buffer[] = [];
      for (let i = 0; i < 500; i++) {
        lines.push(
          r.chance(0.1) ? Buffer.from(Array.from({ length: r.int(0, 200) }, () => r.int(11, 256))) : mutate(r),
        );
        lines.push(Buffer.from('\n'));
      }
      const bytes = Buffer.concat(lines);
      expect(scanner.run(bytes, 0, bytes.length)).toBe(500);
      let at = 0;
      let count = 0;
      const { rec, n } = scanner.scan;
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
