/**
 * A seeded log of a busy mail server with its truth, for benchmarks and checks:
 * `node tests/bench/genlog/genlog.ts --bytes 100M --seed 7 --out mail.log --truth truth.jsonl --lines lines.u32`
 */
import { parseArgs } from 'node:util';
import { DEFAULTS, generate, type GenerateOptions } from './generate.ts';

const { values: v } = parseArgs({
  options: {
    seed: { type: 'string' },
    bytes: { type: 'string' },
    rate: { type: 'string' },
    start: { type: 'string' },
    tz: { type: 'string' },
    ts: { type: 'string' },
    qid: { type: 'string' },
    hosts: { type: 'string' },
    reuse: { type: 'string' },
    jitter: { type: 'string' },
    lifetime: { type: 'string' },
    pidmax: { type: 'string' },
    cut: { type: 'boolean' },
    out: { type: 'string', default: 'mail.log' },
    truth: { type: 'string', default: 'truth.jsonl' },
    lines: { type: 'string', default: 'lines.u32' },
  },
});
const number = (text: string | undefined, fallback: number): number => (text === undefined ? fallback : Number(text));
const UNITS: Record<string, number> = { K: 1e3, M: 1e6, G: 1e9 };
const size = (text: string): number => Number.parseFloat(text) * (UNITS[text.at(-1) ?? ''] ?? 1);
const started = performance.now();
const summary = generate(
  {
    seed: number(v.seed, DEFAULTS.seed),
    bytes: v.bytes === undefined ? DEFAULTS.bytes : size(v.bytes),
    rate: number(v.rate, DEFAULTS.rate),
    start: v.start ?? DEFAULTS.start,
    zone: v.tz ?? DEFAULTS.zone,
    time: (v.ts ?? DEFAULTS.time) as GenerateOptions['time'],
    ids: (v.qid ?? DEFAULTS.ids) as GenerateOptions['ids'],
    hosts: v.hosts?.split(',') ?? DEFAULTS.hosts,
    reuse: number(v.reuse, DEFAULTS.reuse),
    jitter: number(v.jitter, DEFAULTS.jitter),
    lifetime: number(v.lifetime, DEFAULTS.lifetime),
    pidMax: number(v.pidmax, DEFAULTS.pidMax),
    cut: v.cut ?? false,
  },
  v.out,
  v.truth,
  v.lines,
);
console.error(JSON.stringify({ seconds: Math.round((performance.now() - started) / 100) / 10, ...summary }));
