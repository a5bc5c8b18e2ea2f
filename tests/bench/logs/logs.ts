import { createReadStream, existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { ensurePrograms } from '#log-index/compiled/compile.ts';
import { type LogIndex, openLogStore, type OpenSet, REPORTS } from '#log-index/index.ts';
import type { Suite } from '../bench.ts';
import { generate, type GenerateOptions } from '../genlog/generate.ts';
import { median, type Row, seconds, timed } from '../report.ts';
import { score } from '../score.ts';
import { byteScan } from './byte-scan.ts';
import { framesWhileIndexing } from './frames.ts';
import { ask } from './questions.ts';
import { append, cutTail, has, ingest, p95, READ_AS, run } from './tools.ts';

const UNITS: Record<string, number> = { K: 1e3, M: 1e6, G: 1e9 };
const SIZE = process.env.POSTDECK_BENCH_LOG ?? '1G';
const BYTES = Number.parseFloat(SIZE) * (UNITS[SIZE.at(-1) ?? ''] ?? 1);
const ROUNDS = 3;
const SEARCHES = 5;
const PAGES = 20;
const TAIL = 1_000_000;
const TAILS = 9;

/** Logs that are told apart by what makes them hard, with what is known of them. */
const VARIANTS: Partial<GenerateOptions>[] = [
  { seed: 51 },
  { seed: 52, time: 'rfc3339', ids: 'long' },
  { seed: 53, time: 'mixed', ids: 'mixed', jitter: 0.02 },
  { seed: 54, hosts: ['mx1', 'mx2', 'mx3'] },
  { seed: 55, reuse: 0.1, pidMax: 4000 },
];
const VARIANT_BYTES = 8e6;

const times = (n: number): string => `${n.toFixed(2)}x`;
const count = (n: number): string => n.toLocaleString('en-US');

interface Room {
  folder: string;
  log: string;
  store: LogIndex;
}

interface Truth {
  received: number;
  delivered: number;
}

/** Messages that were taken in, and recipients they reached, as the generator says. */
async function truthOf(path: string): Promise<Truth> {
  const truth = { received: 0, delivered: 0 };
  for await (const line of createInterface({ input: createReadStream(path) })) {
    const { rcpts } = JSON.parse(line) as { rcpts?: { final: string | null }[] };
    if (rcpts === undefined) continue;
    const refused = rcpts.filter(({ final }) => final === 'rejected' || final === 'greylisted').length;
    if (refused === 0 || refused < rcpts.length) truth.received++;
    truth.delivered += rcpts.filter(({ final }) => final === 'sent').length;
  }
  return truth;
}

/** Ingest of the plain and the packed log beside the tools that read the same, in turns. */
async function ingests({ folder, log }: Room): Promise<Row[]> {
  const took = { plain: [] as number[], gz: [] as number[], zst: [] as number[], peak: [] as number[] };
  const beside = { pflogsumm: [] as number[], scan: [] as number[], zcat: [] as number[], zstdcat: [] as number[] };
  await run('gzip', ['-1', '-k', log]);
  await run('zstd', ['-q', '-k', log]);
  const sets = join(folder, 'sets');
  for (let round = 0; round < ROUNDS; round++) {
    beside.scan.push((await byteScan(log)).ms);
    const plain = await ingest(log, sets, 'plain');
    took.plain.push(plain.ms);
    took.peak.push(plain.peak);
    beside.pflogsumm.push((await run('pflogsumm', [log])).ms);
    took.gz.push((await ingest(`${log}.gz`, sets, 'gz')).ms);
    beside.zcat.push((await run('zcat', [`${log}.gz`])).ms);
    took.zst.push((await ingest(`${log}.zst`, sets, 'zst')).ms);
    beside.zstdcat.push((await run('zstdcat', [`${log}.zst`])).ms);
  }
  const own = median(took.plain);
  const rate = `${(BYTES / 1e6 / (own / 1000)).toFixed(0)} MB/s`;
  const pflogsumm = median(beside.pflogsumm);
  const rows: Row[] = [
    {
      what: `ingest of ${SIZE} (${rate})`,
      ours: seconds(own),
      beside: `${seconds(pflogsumm)} pflogsumm`,
      ratio: `${(pflogsumm / own).toFixed(1)}x faster`,
      aim: '15x faster',
    },
    {
      what: 'the same',
      ours: seconds(own),
      beside: `${seconds(median(beside.scan))} byte scan`,
      ratio: times(own / median(beside.scan)),
      aim: '2.2x',
    },
  ];
  for (const [kind, cat] of [
    ['gz', 'zcat'],
    ['zst', 'zstdcat'],
  ] as const) {
    const ms = median(took[kind]);
    const alone = median(beside[cat]);
    rows.push(
      {
        what: `ingest of .${kind}`,
        ours: seconds(ms),
        beside: `${seconds(own)} plain file`,
        ratio: times(ms / own),
        aim: '1.5x',
      },
      {
        what: 'the same',
        ours: seconds(ms),
        beside: `${seconds(alone)} ${cat}, no more`,
        ratio: times(ms / alone),
        aim: '',
      },
    );
  }
  const aim = BYTES > 5e9 ? '1.2 GB' : '450 MB';
  rows.push({ what: `peak memory, ingest of ${SIZE}`, ours: `${median(took.peak)} MB`, beside: '', ratio: '', aim });
  return rows;
}

/** Questions to an open set. */
async function questions(set: OpenSet, { log }: Room): Promise<Row[]> {
  const { lines, meanLines, meanTraces, rg, traces } = await ask(set, log);
  const rows: Row[] = [
    {
      what: `all lines of one address (mean ${meanTraces} traces, ${meanLines} lines), p95`,
      ours: `${lines.toFixed(1)} ms`,
      beside: `${seconds(rg)} rg, two passes`,
      ratio: `${(rg / lines).toFixed(0)}x faster`,
      aim: '50 ms',
    },
  ];
  for (const { by, ms } of traces)
    rows.push({ what: `traces by ${by}, p95`, ours: `${ms.toFixed(1)} ms`, beside: '', ratio: '', aim: '' });
  const paged: number[] = [];
  const total = set.find({}).length;
  for (let i = 0; i < PAGES; i++) {
    const by = (['start', 'size', 'from', 'delay'] as const)[i % 4]!;
    const offset = Math.floor((total / PAGES) * i);
    const act = () => Promise.resolve(set.traces({}, { sort: { by, descending: i % 2 === 0 }, offset, limit: 50 }));
    paged.push((await timed(act)).ms);
  }
  rows.push({
    what: `sort ${count(total)} traces anew and show 50 of the middle, p95`,
    ours: `${p95(paged).toFixed(0)} ms`,
    beside: '',
    ratio: '',
    aim: '',
  });
  return rows;
}

/** Free text beside the tools that look for it, in turns: in the raw log with and without case, and in packed ones. */
async function searches(set: OpenSet, { folder, log }: Room): Promise<Row[]> {
  const [address] = set.values('to', '', 400).slice(-1);
  const word = address?.value ?? 'nobody@example.org';
  const rows: Row[] = [];
  const found = join(folder, 'found');
  const turns = async (what: string, ours: () => Promise<unknown>, tool: [string, ...string[]], aim: string) => {
    const [program, ...argv] = tool;
    if (!(await has(program))) return;
    const took = { ours: [] as number[], theirs: [] as number[] };
    for (let round = 0; round < SEARCHES; round++) {
      took.ours.push((await timed(ours)).ms);
      took.theirs.push((await run(program, argv, found)).ms);
    }
    const [own, other] = [median(took.ours), median(took.theirs)];
    const named = [program, ...argv.filter((arg) => arg.startsWith('-'))].join(' ');
    rows.push({ what, ours: seconds(own), beside: `${seconds(other)} ${named}`, ratio: times(own / other), aim });
  };
  const all = { limit: Number.MAX_SAFE_INTEGER };
  await turns(
    'free text in the raw log',
    () => set.lines(word, { ...all, exact: true }),
    ['rg', '-F', word, log],
    '3x',
  );
  await turns('the same, any case', () => set.lines(word, all), ['rg', '-F', '-i', word, log], '3x');
  await turns('the same', () => set.lines(word, { ...all, exact: true }), ['grep', '-F', word, log], '');
  const packed = openLogStore(join(folder, 'sets'));
  for (const [kind, tool] of [
    ['gz', 'zgrep'],
    ['zst', 'zstdgrep'],
  ] as const) {
    const other = packed.open(kind);
    if (other === undefined) continue;
    const ours = (): Promise<unknown> => other.lines(word, { ...all, exact: true });
    await turns(`free text in the .${kind}`, ours, [tool, '-F', word, `${log}.${kind}`], '');
    await other.close();
  }
  return rows;
}

/** Opening again, and what a growing log costs. Gives the rest of the log back to it. */
async function lives({ log, store }: Room, rest: Buffer): Promise<{ rows: Row[]; live: OpenSet }> {
  const opened: number[] = [];
  const first: number[] = [];
  for (let round = 0; round < SEARCHES; round++) {
    const { ms, value } = await timed(() => Promise.resolve(store.open('answers')));
    opened.push(ms);
    if (value === undefined) throw new Error('the set was not there');
    first.push((await timed(() => Promise.resolve(value.traces({}, { limit: 50 })))).ms);
    await value.close();
  }
  const live = store.open('answers', { append: true });
  if (live === undefined) throw new Error('the set was not there');
  live.append(); // the state of open processes is made once
  const grown: number[] = [];
  let from = 0;
  for (let i = 1; i <= TAILS; i++) {
    const to = i === TAILS ? rest.length : rest.lastIndexOf(10, Math.floor((rest.length / TAILS) * i)) + 1;
    append(log, rest.subarray(from, to));
    const { ms, value } = await timed(() => Promise.resolve(live.append()));
    if (value.bytes !== to - from) throw new Error(`${value.bytes} of ${to - from} bytes were appended`);
    grown.push(ms);
    from = to;
  }
  const rows: Row[] = [
    { what: 'open it again', ours: seconds(median(opened)), beside: '', ratio: '', aim: '500 ms' },
    { what: 'and its first page', ours: seconds(median(first)), beside: '', ratio: '', aim: '' },
    { what: 'append 1 MB', ours: seconds(median(grown)), beside: '', ratio: '', aim: '20 ms' },
  ];
  return { rows, live };
}

/** The summary of the whole log, and whether it counts right. */
async function counts(live: OpenSet, { log }: Room, truth: Truth): Promise<Row[]> {
  const reports = await timed(async () => {
    for (const by of REPORTS) {
      if (by === 'problem' || by === 'deferral') await live.lineReport(by);
      else live.report(by);
    }
  });
  const { ms, said } = await run('pflogsumm', [log], 'text');
  const totals = new Map(live.report('summary').rows.map(([what, n]) => [what, Number(n)]));
  const theirs = (what: string): number => {
    const [, n = 'NaN', unit = ''] = new RegExp(`^\\s*(\\d+)([km]?)\\s+${what}\\s*(?:\\(|$)`, 'm').exec(said) ?? [];
    return Number(n) * (unit === 'k' ? 1000 : unit === 'm' ? 1e6 : 1);
  };
  const rows: Row[] = [
    {
      what: `all ${REPORTS.length} reports`,
      ours: seconds(reports.ms),
      beside: `${seconds(ms)} pflogsumm`,
      ratio: `${(ms / reports.ms).toFixed(0)}x faster`,
      aim: '',
    },
  ];
  for (const [what, right] of [
    ['received', truth.received],
    ['delivered', truth.delivered],
  ] as const)
    rows.push({
      what: `${what}, counted`,
      ours: count(totals.get(what) ?? Number.NaN),
      beside: `${count(theirs(what))} pflogsumm`,
      ratio: '',
      aim: count(right),
    });
  return rows;
}

/** Every fact about logs whose truth is known. */
async function truths({ folder, store }: Room): Promise<Row[]> {
  const rows: Row[] = [];
  for (const cut of [false, true]) {
    const sums = new Map<string, { good: number; total: number }>();
    for (const flags of VARIANTS) {
      const [log, truth, lines] = ['v.log', 'v.jsonl', 'v.u32'].map((name) => join(folder, name)) as [
        string,
        string,
        string,
      ];
      generate({ ...flags, cut, bytes: VARIANT_BYTES }, log, truth, lines);
      const { set } = await store.index('variant', [log], READ_AS);
      for (const { name, good, total } of score(set, log, truth, lines, cut).rows) {
        const kind = /lines/.test(name) ? 'lines' : /recipients/.test(name) ? 'recipients' : 'traces';
        const sum = sums.get(kind) ?? { good: 0, total: 0 };
        sums.set(kind, { good: sum.good + good, total: sum.total + total });
      }
      await set.close();
      store.drop('variant');
    }
    for (const [kind, { good, total }] of sums)
      rows.push({
        what: `${kind} as in the truth, ${VARIANTS.length} variants${cut ? ', cut at the end' : ''}`,
        ours: good === total ? '100 %' : `${((good / total) * 100).toFixed(4)} %`,
        beside: '',
        ratio: '',
        aim: `100 % of ${count(total)}`,
      });
  }
  return rows;
}

async function frames({ log }: Room): Promise<Row[]> {
  const built = new URL('../../../out/main/web.js', import.meta.url);
  if (!existsSync(built) || !existsSync('/usr/bin/chromium')) return [];
  const seen = await framesWhileIndexing(log).catch((error: unknown) => {
    console.error(`no frames counted (is out/ of this version?): ${String(error)}`);
  });
  if (seen === undefined) return [];
  const { idle, busy } = seen;
  const shown = (n: { perSecond: number; p95: number }): string =>
    `${n.perSecond.toFixed(0)} a second, p95 ${n.p95.toFixed(0)} ms apart`;
  return [
    {
      what: 'frames of the page while it indexes',
      ours: shown(busy),
      beside: `${shown(idle)}, idle`,
      ratio: '',
      aim: '60',
    },
  ];
}

export const logs: Suite = {
  title: 'A mail log into traces, and questions about them',
  method:
    `A generated log of ${SIZE} (a busy Postfix and Dovecot server with its filters), warm in the page cache; runs take ` +
    `turns with the tool beside them, medians of ${ROUNDS} (searches: ${SEARCHES}). An ingest starts a process, reads all lines into ` +
    'complete traces and writes the index with its lookup tables; pflogsumm prints its summary, which is less. The byte ' +
    'scan reads, in as many threads, time, program, process and queue id of each line and nothing else. Questions are asked ' +
    'of an open set that has been asked ten others, each about another address; rg in two passes looks for the address and then for the queue ids it ' +
    'stands beside, and finds neither sessions nor filters. POSTDECK_BENCH_LOG sets the size.',
  async run() {
    await ensurePrograms();
    const folder = mkdtempSync(join(tmpdir(), 'postdeck-bench-'));
    const log = join(folder, 'mail.log');
    const room: Room = { folder, log, store: openLogStore(join(folder, 'answers')) };
    try {
      generate({ seed: 11, bytes: BYTES }, log, join(folder, 'truth.jsonl'), join(folder, 'lines.u32'));
      const truth = await truthOf(join(folder, 'truth.jsonl'));
      for (const name of ['truth.jsonl', 'lines.u32']) rmSync(join(folder, name));
      const rest = cutTail(log, TAIL * TAILS);
      await run('cat', [log]);
      const rows = await ingests(room);
      const made = await room.store.index('answers', [log], READ_AS);
      made.set.prepare();
      const summary = room.store.sets().find(({ name }) => name === 'answers');
      await made.set.close();
      const set = room.store.open('answers');
      if (set === undefined) throw new Error('the set was not there');
      rows.push(...(await questions(set, room)), ...(await searches(set, room)));
      await set.close();
      const { live, rows: alive } = await lives(room, rest);
      rows.push(...alive, ...(await counts(live, room, truth)));
      await live.close();
      rows.push({
        what: 'the index on disk',
        ours: `${((summary?.diskBytes ?? Number.NaN) / 1e6).toFixed(0)} MB`,
        beside: `${(statSync(log).size / 1e6).toFixed(0)} MB raw log, not copied`,
        ratio: '',
        aim: '',
      });
      rows.push(...(await truths(room)), ...(await frames(room)));
      return rows;
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};
