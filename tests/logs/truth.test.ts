import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { generate, type GenerateOptions } from '../bench/genlog/generate.ts';
import { score } from '../bench/score.ts';
import { Room } from './helpers.ts';

const VARIANTS: [string, Partial<GenerateOptions>][] = [
  ['traditional times, short ids', { seed: 21 }],
  ['RFC 3339, long ids, two hosts', { seed: 22, time: 'rfc3339', ids: 'long', hosts: ['mx1', 'mx2'] }],
  ['mixed formats, lines out of order', { seed: 23, time: 'mixed', ids: 'mixed', jitter: 0.02 }],
  ['reused queue ids and pids', { seed: 24, reuse: 0.1, pidMax: 3000 }],
  ['a log cut at its end', { seed: 25, cut: true }],
];

describe('a generated log is told as it happened', () => {
  it.each(VARIANTS)('%s', async (_name, flags) => {
    using room = new Room();
    const [log, truth, lines] = [join(room.dir, 'a.log'), join(room.dir, 'a.jsonl'), join(room.dir, 'a.u32')];
    generate({ ...flags, bytes: 2_000_000 }, log, truth, lines);
    const set = await room.index([log], { zone: 'Europe/Berlin', year: 2026 });
    const result = score(set, log, truth, lines, flags.cut === true);
    await set.close();
    expect(result.misses).toEqual([]);
    expect(result.perfect).toBe(true);
  });
});
