/**
 * The truth check: many seeds and flags, each generated, indexed and compared line by line.
 * `node tests/bench/check-truth.ts [--seeds 3] [--bytes 8M] [--only name]`; exit 1 when anything is wrong.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openLogStore } from '#log-index/index.ts';
import { generate, type GenerateOptions } from './genlog/generate.ts';
import { score } from './score.ts';

const { values } = parseArgs({
  options: { seeds: { type: 'string' }, bytes: { type: 'string' }, only: { type: 'string' } },
});
const seeds = Number(values.seeds ?? 2);
const bytes = Number.parseFloat(values.bytes ?? '6') * 1e6;

const VARIANTS: Record<string, Partial<GenerateOptions>> = {
  traditional: {},
  rfc3339: { time: 'rfc3339', ids: 'long' },
  'mixed formats': { time: 'mixed', ids: 'mixed' },
  'three hosts': { hosts: ['mx1', 'mx2', 'mx3'] },
  'reused ids': { reuse: 0.1, pidMax: 4000 },
  jitter: { jitter: 0.02 },
  'end of summer time': { start: '2026-10-25T01:30:00', rate: 2 },
  'start of summer time': { start: '2026-03-29T01:30:00', rate: 2 },
  'turn of the year': { start: '2026-12-31T23:30:00' },
  'leap day': { start: '2028-02-28T23:30:00' },
  'cut at the end': { cut: true },
  'cut, three hosts, long ids': { cut: true, hosts: ['mx1', 'mx2', 'mx3'], ids: 'long', time: 'rfc3339' },
};

const dir = mkdtempSync(join(tmpdir(), 'postdeck-truth-'));
const store = openLogStore(join(dir, 'sets'));
let wrong = 0;
try {
  for (const [name, flags] of Object.entries(VARIANTS)) {
    if (values.only !== undefined && values.only !== name) continue;
    for (let seed = 1; seed <= seeds; seed++) {
      const [log, truth, lines] = [join(dir, 'a.log'), join(dir, 'a.jsonl'), join(dir, 'a.u32')];
      generate({ ...flags, seed, bytes }, log, truth, lines);
      const year = Number((flags.start ?? '2026').slice(0, 4));
      const { set } = await store.index('truth', [log], { zone: 'Europe/Berlin', year });
      const result = score(set, log, truth, lines, flags.cut === true);
      await set.close();
      const total = result.rows.reduce((n, r) => n + r.total, 0);
      console.log(`${result.perfect ? 'ok  ' : 'BAD '} ${name}, seed ${seed}: ${total} facts`);
      if (result.perfect) continue;
      wrong++;
      for (const r of result.rows)
        if (r.good !== r.total)
          console.log(`     ${((100 * r.good) / r.total).toFixed(4)} %  ${r.good} / ${r.total}  ${r.name}`);
      for (const m of result.misses) console.log(`     ${m}`);
    }
  }
} finally {
  rmSync(dir, { recursive: true, force: true });
}
console.log(wrong === 0 ? 'all right' : `${wrong} runs with something wrong`);
process.exitCode = wrong === 0 ? 0 : 1;
