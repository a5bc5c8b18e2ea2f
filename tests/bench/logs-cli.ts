/**
 * The log index by itself, for benchmarks and checks: `node tests/bench/logs-cli.ts index DIR SET PATH...`,
 * `traces DIR SET`, `attribution DIR SET FILE`. People use `postdeck logs`.
 */
import { writeSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { attribution, heads } from '#log-index/query/list.ts';
import { materialize } from '#log-index/query/materialize.ts';
import { LogStore } from '#log-index/store.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { year: { type: 'string' }, timezone: { type: 'string' }, workers: { type: 'string' } },
});
const [verb, dir, name, ...rest] = positionals;
const store = new LogStore(dir ?? '', undefined, values.workers ? Number(values.workers) : undefined);

let pending: string[] = [];
function print(line: string): void {
  pending.push(line);
  if (pending.length >= 4096) flush();
}
function flush(): void {
  const bytes = Buffer.from(`${pending.join('\n')}\n`);
  if (pending.length > 0) for (let at = 0; at < bytes.length; ) at += writeSync(1, bytes, at);
  pending = [];
}

if (verb === 'index') {
  const start = performance.now();
  const { set, refused } = await store.index(name ?? '', rest, {
    year: values.year ? Number(values.year) : undefined,
    zone: values.timezone,
  });
  const seconds = (performance.now() - start) / 1000;
  const mine = process.threadCpuUsage();
  const all = process.cpuUsage();
  const cpu = { main: mine.user / 1e6, all: all.user / 1e6, system: all.system / 1e6 };
  const peak = process.resourceUsage().maxRSS / 1024;
  console.error(
    JSON.stringify({ seconds, lines: set.lines.count, nodes: set.t.nodes.n, peakMB: Math.round(peak), cpu, refused }),
  );
  set.close();
} else {
  const set = store.open(name ?? '');
  if (set === undefined) throw new Error(`no set ${name}`);
  if (verb === 'traces') for (const head of heads(set)) print(JSON.stringify(materialize(set, head)));
  else if (verb === 'attribution') {
    const source = set.info.sources.findIndex((s) => s.path === rest[0]);
    for (const id of attribution(set, source)) print(id === 0 ? '-' : String(id));
  }
  flush();
  set.close();
}
