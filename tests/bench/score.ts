/**
 * Compares what the index says with the truth of the generator: every line's trace, every recipient's last word.
 * Lines with a queue id must be in exactly the trace the truth names; other lines may be in another trace of the same
 * client's session. For a log cut at its end, what is said must be right and what is missing must be said.
 */
import { readFileSync } from 'node:fs';
import type { OpenSet } from '#log-index/index.ts';
import type { Trace } from '#shared/model/trace.ts';

interface TruthRecipient {
  to: string;
  orig_to: string | null;
  final: string | null;
  dsn: string | null;
  attempts: number;
}
interface Truth {
  id: number;
  kind: string;
  host: string;
  start: number;
  qids: { qid: string }[];
  message_id: string | null;
  client_ip: string | null;
  sasl_user: string | null;
  from: string;
  to: string;
  size: number;
  rcpts: TruthRecipient[];
  parent?: number;
  children?: number[];
  prior?: number;
  truncated?: boolean;
  code: number;
  ok: boolean;
  user: string;
  end: number;
  arrivals_stop?: number;
}

export interface ScoreRow {
  name: string;
  good: number;
  total: number;
}

export interface Score {
  rows: ScoreRow[];
  misses: string[];
  perfect: boolean;
}

const QUEUE_ID =
  /^(?:\w{3} [ \d]\d [\d:]{8}|\S+) \S+ (?:postfix\/\S+?|opendkim|opendmarc)\[\d+\]: ([0-9A-F]{6,}|[0-9B-DF-HJ-NP-TV-Zb-df-hj-np-tv-z]{12,})(?::| )/;

/** Scores one indexed log. `cut`: the truth knows more than the log; then only what is complete must agree. */
export function score(
  set: OpenSet,
  logPath: string,
  truthPath: string,
  linesPath: string,
  cut = false,
  show = 3,
): Score {
  const truth = new Map<number, Truth>();
  let cutAt = Number.POSITIVE_INFINITY;
  for (const line of readFileSync(truthPath, 'utf8').split('\n')) {
    if (line === '') continue;
    const o = JSON.parse(line) as Truth;
    if (o.kind !== 'summary') truth.set(o.id, o);
    else if (cut) cutAt = o.arrivals_stop ?? cutAt;
  }
  const raw = readFileSync(linesPath);
  const want = new Uint32Array(raw.buffer, raw.byteOffset, raw.byteLength / 4);
  const got = [...set.attribution(logPath)].map((id) => (id === null ? 0 : Number(id)));
  const misses: string[] = [];
  const said = new Map<string, number>();
  const miss = (what: string, text: () => string): void => {
    const n = said.get(what) ?? 0;
    said.set(what, n + 1);
    if (n < show) misses.push(`${what}: ${text()}`);
  };
  if (got.length !== want.length)
    return { rows: [{ name: 'lines', good: got.length, total: want.length }], misses, perfect: false };

  const withId = new Uint8Array(want.length);
  const votes = new Map<number, Map<number, number>>();
  const other = new Map<number, Map<number, number>>();
  const text = readFileSync(logPath, 'utf8').split('\n');
  want.forEach((t, i) => {
    if (QUEUE_ID.test(text[i] ?? '')) withId[i] = 1;
    if (t === 0) return;
    const box = withId[i] === 1 ? votes : other;
    const mine = box.get(t) ?? new Map<number, number>();
    mine.set(got[i] ?? 0, (mine.get(got[i] ?? 0) ?? 0) + 1);
    box.set(t, mine);
  });
  const pair = new Map<number, number>();
  const back = new Map<number, number[]>();
  for (const t of truth.keys()) {
    const box = votes.get(t) ?? other.get(t);
    if (box === undefined) continue;
    const best = [...box].reduce((a, b) => (b[1] > a[1] ? b : a))[0];
    pair.set(t, best);
    back.set(best, [...(back.get(best) ?? []), t]);
  }
  const sameSession = (t: number, p: number): boolean => {
    const a = truth.get(t);
    return (back.get(p) ?? []).some((u) => {
      const b = truth.get(u);
      if (a === undefined || b === undefined) return false;
      return (
        (a.client_ip !== null && a.client_ip === b.client_ip) ||
        u === a.parent ||
        a.children?.includes(u) === true ||
        b.children?.includes(t) === true ||
        u === a.prior
      );
    });
  };
  const rows: ScoreRow[] = [];
  const row = (name: string): { yes: (good: boolean, what: () => string) => void } => {
    const r = { name, good: 0, total: 0 };
    rows.push(r);
    return {
      yes(good, what) {
        r.total++;
        if (good) r.good++;
        else miss(name, what);
      },
    };
  };

  const product = new Map<number, Trace>(set.traces({}, { limit: 0 }).traces.map((p) => [Number(p.id), p]));
  const exact = row('lines with a queue id in the right trace');
  const near = row('other lines in the right trace or session');
  want.forEach((t, i) => {
    if (t === 0) return;
    const g = got[i] ?? 0;
    // what a delivery agent was about to do when the log ended is known to nobody
    const unfinished = cut && withId[i] === 0 && product.get(g)?.kind === 'session';
    const right = g !== 0 && (unfinished || g === pair.get(t) || (withId[i] === 0 && sameSession(t, g)));
    (withId[i] === 1 ? exact : near).yes(
      right,
      () => `line ${i + 1}: truth ${t}, got ${g}, the rest of it ${pair.get(t)}: ${(text[i] ?? '').slice(0, 120)}`,
    );
  });

  const messages = [...truth.values()].filter(
    (o) =>
      !['reject', 'probe', 'login'].includes(o.kind) && (!cut || product.get(pair.get(o.id) ?? 0)?.kind === 'message'),
  );
  const isMessage = (t: number): boolean => !['reject', 'probe', 'login'].includes(truth.get(t)?.kind ?? '');
  const own = row('messages that are one trace of their own');
  const fields = row('messages: id, sender, client, login, size, host, start, queue ids');
  const links = row('messages: links');
  const recipients = row('recipients: found, status, dsn, attempts');
  const complete = row('messages: said to be complete or not');
  for (const o of messages) {
    const found = product.get(pair.get(o.id) ?? 0);
    const p = found?.kind === 'message' ? found : undefined;
    own.yes(p !== undefined && (back.get(Number(p.id)) ?? []).filter(isMessage).length === 1, () => `truth ${o.id}`);
    if (p === undefined) continue;
    const truncated = o.truncated === true || o.end >= cutAt;
    complete.yes(
      p.complete === !truncated,
      () => `truth ${o.id} truncated ${truncated}, trace ${p.id} complete ${p.complete}`,
    );
    if (cut && !p.complete) {
      // a part of the truth: nothing that is said may be wrong
      const known = (o.rcpts ?? []).map((x) => x.to.toLowerCase());
      const wrong = p.recipients.find(
        (x) => x.originalTo === null && !known.includes(x.to.toLowerCase()) && !o.rcpts.some((y) => y.orig_to === x.to),
      );
      recipients.yes(wrong === undefined, () => `truth ${o.id}: invented recipient ${wrong?.to}`);
      continue;
    }
    const ids = new Set(o.qids.map((q) => q.qid));
    const wrong = [
      p.messageId === (o.message_id || null) ? '' : 'messageId',
      p.from === o.from ? '' : 'from',
      p.clientIp === o.client_ip ? '' : 'clientIp',
      p.login === o.sasl_user ? '' : 'login',
      p.size === o.size ? '' : 'size',
      p.host === o.host ? '' : 'host',
      Math.abs(Date.parse(p.start) / 1000 - o.start) <= 1.5 ? '' : 'start',
      p.queueIds.length === ids.size && p.queueIds.every((q) => ids.has(q.id)) ? '' : 'queueIds',
    ].filter((x) => x !== '');
    fields.yes(wrong.length === 0, () => `truth ${o.id}, trace ${p.id}: ${wrong.join(', ')}`);
    const kids = (o.children ?? []).filter((c) => pair.has(c)).map((c) => String(pair.get(c)));
    const parent = o.parent === undefined || !pair.has(o.parent) || p.parent === String(pair.get(o.parent));
    const prior = o.prior === undefined || !pair.has(o.prior) || p.prior.includes(String(pair.get(o.prior)));
    links.yes(
      kids.every((k) => p.children.includes(k)) && parent && prior,
      () =>
        `truth ${o.id}, trace ${p.id}: parent ${p.parent}, children ${p.children.join()}, prior ${p.prior.join()}; truth parent ${pair.get(o.parent ?? 0)}, children ${kids.join()}, prior ${pair.get(o.prior ?? 0)}`,
    );
    for (const x of o.rcpts) {
      const y = p.recipients.find(
        (c) =>
          c.to.toLowerCase() === x.to.toLowerCase() &&
          (c.originalTo ?? '').toLowerCase() === (x.orig_to ?? '').toLowerCase(),
      );
      recipients.yes(
        y !== undefined && y.status === x.final && y.dsn === x.dsn && y.attempts === x.attempts,
        () =>
          `truth ${o.id}, trace ${p.id} ${x.to}: ${y === undefined ? 'missing' : `${y.status} ${y.dsn} ${y.attempts}`}, truth ${x.final} ${x.dsn} ${x.attempts}`,
      );
    }
  }
  const rejects = row('rejects');
  const logins = row('logins');
  for (const o of truth.values()) {
    if (cut && !pair.has(o.id)) continue;
    const p = product.get(pair.get(o.id) ?? 0);
    if (cut && p?.kind !== o.kind) continue; // its deciding line is not in the log
    if (o.kind === 'reject')
      rejects.yes(
        p?.kind === 'reject' && p.clientIp === o.client_ip && p.code === o.code && p.to === o.to,
        () => `truth ${o.id}: ${JSON.stringify(p)?.slice(0, 160)}`,
      );
    if (o.kind === 'login' && !cut)
      logins.yes(
        p?.kind === 'login' && p.ok === o.ok && p.clientIp === o.client_ip && p.user === o.user,
        () => `truth ${o.id}: ${JSON.stringify(p)?.slice(0, 160)}`,
      );
  }
  return { rows, misses, perfect: rows.every((r) => r.good === r.total) };
}
