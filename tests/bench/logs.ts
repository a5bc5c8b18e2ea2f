import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readSync, rmSync, statSync, truncateSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type LogIndex, openLogStore, type OpenSet } from '#log-index/index.ts';
import type { Suite } from './bench.ts';
import { generate } from './genlog/generate.ts';
import { median, type Row, seconds, timed } from './report.ts';

const UNITS: Record<string, number> = { K: 1e3, M: 1e6, G: 1e9 };
const SIZE = process.env.POSTDECK_BENCH_LOG ?? '1G';
const BYTES = Number.parseFloat(SIZE) * (UNITS[SIZE.at(-1) ?? ''] ?? 1);
const ROUNDS = 3;
const QUESTIONS = 15;
const MESSAGES = 250;
const TAIL = 1_000_000;
/** The generator's start: lines without a year and a zone are read as they were written. */
const READ_AS = { zone: 'Europe/Berlin', year: 2026 };
const CLI = fileURLToPath(new URL('./logs-cli.ts', import.meta.url));

/** Runs a program to its end, output discarded; the last line of standard error tells what ours measured. */
async function run(program: string, argv: string[], output?: string): Promise<{ ms: number; said: string }> {
  const start = performance.now();
  const fd = output === undefined ? 'ignore' : openSync(output, 'w');
  try {
    const child = spawn(program, argv, { stdio: ['ignore', fd, 'pipe'] });
    let said = '';
    child.stderr?.on('data', (bytes: Buffer) => {
      said += bytes.toString();
    });
    const [code] = (await once(child, 'close')) as [number];
    // rg and grep say 1 when nothing matched
    if (code !== 0 && !(code === 1 && program === 'rg')) throw new Error(`${program} ended with ${code}: ${said}`);
    return { ms: performance.now() - start, said };
  } finally {
    if (typeof fd === 'number') closeSync(fd);
  }
}

/** What any reader must do: every byte read, every newline found. */
function byteScan(path: string): number {
  const start = performance.now();
  const fd = openSync(path, 'r');
  const buf = Buffer.allocUnsafeSlow(1 << 20);
  try {
    for (let n = readSync(fd, buf); n > 0; n = readSync(fd, buf)) {
      const body = buf.subarray(0, n);
      for (let at = body.indexOf(10); at >= 0; at = body.indexOf(10, at + 1));
    }
  } finally {
    closeSync(fd);
  }
  return performance.now() - start;
}

/** Cuts a log after its last whole line under `bytes`, and gives the rest. */
function cutTail(path: string, bytes: number): Buffer {
  const { size } = statSync(path);
  const fd = openSync(path, 'r');
  const rest = Buffer.alloc(Math.min(bytes, size));
  try {
    readSync(fd, rest, 0, rest.length, size - rest.length);
  } finally {
    closeSync(fd);
  }
  const first = rest.indexOf(10) + 1;
  truncateSync(path, size - rest.length + first);
  return rest.subarray(first);
}

/** An address whose traces are about as many as asked for. */
function busyAddress(set: OpenSet): { address: string; traces: number } {
  const page = set.traces({ kind: 'message' }, { limit: 2000 });
  const addresses = new Set<string>();
  for (const trace of page.traces) {
    if (trace.kind === 'message') for (const recipient of trace.recipients) addresses.add(recipient.to);
  }
  let best = { address: '', traces: 0 };
  for (const address of addresses) {
    const traces = set.find({ address }).length;
    if (Math.abs(traces - MESSAGES) < Math.abs(best.traces - MESSAGES)) best = { address, traces };
  }
  return best;
}

async function ingest(log: string, folder: string): Promise<{ ms: number; peak: number }> {
  const argv = [CLI, 'index', folder, 'timed', log, '--year', String(READ_AS.year), '--timezone', READ_AS.zone];
  const { ms, said } = await run(process.execPath, argv);
  const peak = /"peakMB":(\d+)/.exec(said)?.[1];
  return { ms, peak: Number(peak) };
}

export const logs: Suite = {
  title: 'A mail log into traces, and questions about them',
  method:
    `A generated log of ${SIZE} (a busy Postfix and Dovecot server with its filters), warm in the page cache; runs of ` +
    `the tools take turns, medians of ${ROUNDS}. Ours starts a process, reads all lines into complete traces and writes the index; ` +
    'pflogsumm prints its summary, which is less. The byte scan is one thread that reads the file and finds its ' +
    'newlines. Questions are asked of an open set. POSTDECK_BENCH_LOG sets the size.',
  async run() {
    const folder = mkdtempSync(join(tmpdir(), 'postdeck-bench-'));
    const log = join(folder, 'mail.log');
    try {
      generate({ seed: 11, bytes: BYTES }, log, join(folder, 'truth.jsonl'), join(folder, 'lines.u32'));
      for (const name of ['truth.jsonl', 'lines.u32']) rmSync(join(folder, name));
      const rest = cutTail(log, TAIL);
      byteScan(log);

      const took = { ours: [] as number[], peak: [] as number[], pflogsumm: [] as number[], scan: [] as number[] };
      const packed = { gz: [] as number[], zst: [] as number[] };
      await run('gzip', ['-1', '-k', log]);
      await run('zstd', ['-q', '-k', log]);
      for (let round = 0; round < ROUNDS; round++) {
        took.scan.push(byteScan(log));
        const plain = await ingest(log, join(folder, 'sets'));
        took.ours.push(plain.ms);
        took.peak.push(plain.peak);
        took.pflogsumm.push((await run('pflogsumm', [log])).ms);
        for (const kind of ['gz', 'zst'] as const)
          packed[kind].push((await ingest(`${log}.${kind}`, join(folder, 'sets'))).ms);
      }

      const store: LogIndex = openLogStore(join(folder, 'answers'));
      const { set } = await store.index('answers', [log], READ_AS);
      const { address, traces } = busyAddress(set);
      const asked: number[] = [];
      const searched = { ours: [] as number[], rg: [] as number[] };
      let lines = 0;
      for (let round = 0; round < QUESTIONS; round++) {
        const start = performance.now();
        lines = set.traces({ address }, { limit: 0 }).traces.reduce((n, t) => n + set.traceLines(t.id).length, 0);
        asked.push(performance.now() - start);
      }
      for (let round = 0; round < ROUNDS; round++) {
        searched.ours.push((await timed(() => set.lines(address, { exact: true, limit: 1_000_000 }))).ms);
        searched.rg.push((await run('rg', ['-F', address, log], join(folder, 'found'))).ms);
      }
      await set.close();

      const opened: number[] = [];
      for (let round = 0; round < ROUNDS; round++) {
        const { ms, value } = await timed(() => Promise.resolve(store.open('answers')));
        opened.push(ms);
        await value?.close();
      }
      const live = store.open('answers', { append: true });
      if (live === undefined) throw new Error('the set was not there');
      live.append(); // the state of open processes is made once
      const fd = openSync(log, 'a');
      for (let done = 0; done < rest.length; ) done += writeSync(fd, rest, done);
      closeSync(fd);
      const appended = await timed(() => Promise.resolve(live.append()));
      if (appended.value.bytes !== rest.length)
        throw new Error(`${appended.value.bytes} of ${rest.length} were appended`);
      await live.close();

      const times = (n: number): string => `${n.toFixed(2)}x`;
      const own = median(took.ours);
      const rate = `${(BYTES / 1e6 / (own / 1000)).toFixed(0)} MB/s`;
      const p95 = [...asked].sort((a, b) => a - b)[Math.floor(QUESTIONS * 0.95)] ?? Number.NaN;
      const pflogsumm = median(took.pflogsumm);
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
          beside: `${seconds(median(took.scan))} byte scan`,
          ratio: times(own / median(took.scan)),
          aim: '2.2x',
        },
        {
          what: `${lines} lines of ${traces} traces of one address, p95`,
          ours: `${p95.toFixed(1)} ms`,
          beside: '',
          ratio: '',
          aim: '50 ms',
        },
        {
          what: 'free text over the raw log',
          ours: seconds(median(searched.ours)),
          beside: `${seconds(median(searched.rg))} rg -F`,
          ratio: times(median(searched.ours) / median(searched.rg)),
          aim: '3x',
        },
        ...(['gz', 'zst'] as const).map((kind) => ({
          what: `ingest of .${kind}`,
          ours: seconds(median(packed[kind])),
          beside: `${seconds(own)} plain file`,
          ratio: times(median(packed[kind]) / own),
          aim: '1.5x',
        })),
        { what: 'peak memory of ingest', ours: `${median(took.peak)} MB`, beside: '', ratio: '', aim: '450 MB' },
        { what: 'reopen', ours: seconds(median(opened)), beside: '', ratio: '', aim: '500 ms' },
        { what: 'append 1 MB', ours: seconds(appended.ms), beside: '', ratio: '', aim: '20 ms' },
      ];
      return rows;
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};
