import type { OpenSet } from '#log-index/index.ts';
import { median, timed } from '../report.ts';
import { p95, run } from './tools.ts';

const MESSAGES = 250;
const ADDRESSES = 40;
const OTHERS = 200;
/** Asked before anything is measured: a console has been in use for a while. */
const BEFORE = 10;

/** Addresses with about as many messages as asked for, none of them asked about yet. */
function busyAddresses(set: OpenSet): string[] {
  const near = set
    .values('to', '', Number.MAX_SAFE_INTEGER)
    .map(({ value, count }) => ({ value, off: Math.abs(Math.log(count / MESSAGES)) }))
    .sort((a, b) => a.off - b.off);
  return near.slice(0, BEFORE + ADDRESSES).map(({ value }) => value);
}

/** Lines of all traces about one address: what a person reads after asking. */
function linesOf(set: OpenSet, address: string): { traces: number; lines: number } {
  const { traces } = set.traces({ address }, { limit: 0 });
  return { traces: traces.length, lines: traces.reduce((n, { id }) => n + set.traceLines(id).length, 0) };
}

export interface Asked {
  /** p95 of all lines of all traces of an address, each asked once; and of the traces alone by other fields. */
  lines: number;
  traces: { by: string; ms: number }[];
  /** Means over the addresses. */
  meanTraces: number;
  meanLines: number;
  /** Median of the two passes that find less with other means. */
  rg: number;
}

/** Asks about many addresses, ids and clients of an indexed log; `log` is the same as a file. */
export async function ask(set: OpenSet, log: string): Promise<Asked> {
  const busy = busyAddresses(set);
  for (const address of busy.slice(0, BEFORE)) linesOf(set, address);
  const addresses = busy.slice(BEFORE);
  const took: number[] = [];
  let traces = 0;
  let lines = 0;
  for (const address of addresses) {
    const { ms, value } = await timed(() => Promise.resolve(linesOf(set, address)));
    took.push(ms);
    traces += value.traces;
    lines += value.lines;
  }
  const all = set.find({ kind: 'message' });
  const step = Math.max(1, Math.floor(all.length / OTHERS));
  const sample = set.show(all.filter((_, i) => i % step === 0));
  const by: Record<string, (() => unknown)[]> = { 'queue id': [], 'message-id': [], IP: [], recipient: [], login: [] };
  for (const trace of sample) {
    if (trace.kind !== 'message') continue;
    const { queueIds, messageId, clientIp, login, recipients } = trace;
    if (queueIds[0] !== undefined) by['queue id']!.push(() => set.traces({ queueId: queueIds[0]!.id }));
    if (messageId !== null) by['message-id']!.push(() => set.traces({ messageId }));
    if (clientIp !== null) by.IP!.push(() => set.traces({ ip: clientIp }, { limit: 50 }));
    if (recipients[0] !== undefined) by.recipient!.push(() => set.traces({ to: recipients[0]!.to }, { limit: 50 }));
    if (login !== null) by.login!.push(() => set.traces({ login }, { limit: 50 }));
  }
  const others: Asked['traces'] = [];
  for (const [name, questions] of Object.entries(by)) {
    const each: number[] = [];
    for (const question of questions) each.push((await timed(() => Promise.resolve(question()))).ms);
    others.push({ by: name, ms: p95(each) });
  }
  const rg: number[] = [];
  for (const address of addresses.slice(0, 5)) rg.push(await twoPasses(log, address));
  return {
    lines: p95(took),
    traces: others,
    meanTraces: Math.round(traces / addresses.length),
    meanLines: Math.round(lines / addresses.length),
    rg: median(rg),
  };
}

/** As it is done by hand: lines with the address, the queue ids in them, all lines with one of those. */
async function twoPasses(log: string, address: string): Promise<number> {
  const first = await run('rg', ['-F', '--no-line-number', address, log], 'text');
  const ids = new Set(Array.from(first.said.matchAll(/: ([0-9A-F]{6,}|[0-9B-Zb-z]{12,}): /g), (match) => match[1]));
  const second = await run('rg', ['-F', '--no-line-number', '-f', '-', log], 'text', [...ids].join('\n'));
  return first.ms + second.ms;
}
