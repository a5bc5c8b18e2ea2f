/**
 * Random questions to the index, each answered three ways, one of them by reading everything. Longer than usual: the
 * brute-force answers stand beside the questions they judge.
 */
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { BlockList, isIP } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { LogSet } from '#log-index/index/log-set.ts';
import { append } from '#log-index/index/append.ts';
import { load } from '#log-index/index/snapshot.ts';
import { StoredStrings } from '#log-index/index/stored-strings.ts';
import { usedColumns } from '#log-index/index/table.ts';
import { FLAG, NODE } from '#log-index/index/tables.ts';
import { criteriaOf, type TraceQuery } from '#log-index/query/criteria.ts';
import { holds } from '#log-index/query/holds.ts';
import { heads } from '#log-index/query/list.ts';
import { closeLookup, lookupOf, tracesChanged } from '#log-index/query/lookup.ts';
import { materialize } from '#log-index/query/materialize.ts';
import { order, type Sort } from '#log-index/query/order.ts';
import { select } from '#log-index/query/query.ts';
import { report, REPORTS } from '#log-index/query/report.ts';
import { scan } from '#log-index/query/scan-tables.ts';
import { STATUSES, TLS_VERSIONS } from '#log-index/scan/records.ts';
import { LogStore } from '#log-index/store.ts';
import { generate } from '../bench/genlog/generate.ts';
import { Random } from '../bench/genlog/random.ts';
import { Room } from './helpers.ts';

type Columns = Record<string, Record<number, number>>;

/** What a trace says, in words: read off the tables without any of the tables that questions use. */
interface Facts {
  root: number;
  kind: string;
  host: string;
  times: [number, number][];
  from: string[];
  nullSender: boolean;
  /** The senders, recipients and logins that `address`, `domain` and `part` look at. */
  either: string[];
  ips: string[];
  logins: string[];
  queueIds: string[];
  messageIds: string[];
  sizes: number[];
  scores: number[];
  tls: string[];
  recipients: { to: string[]; statuses: string[]; relay: string | null; reason: string }[];
}

function factsOf(set: LogSet): Facts[] {
  const { nodes, messages: m, recipients: r, rejects: x, logins: l, sessions: s } = set.t;
  const text = (id: number): string => set.strings.text(id);
  const byRoot = new Map<number, Facts>();
  for (let node = 1; node < nodes.n; node++) {
    const root = set.root(node);
    const head = nodes.head[root] ?? 0;
    const headKind = nodes.kind[head] ?? 0;
    let f = byRoot.get(root);
    if (f === undefined) {
      const kind =
        headKind === NODE.queue || headKind === NODE.proxy
          ? 'message'
          : headKind === NODE.reject
            ? 'reject'
            : headKind === NODE.login
              ? 'login'
              : 'other';
      const nothing = { from: [], either: [], ips: [], logins: [], queueIds: [], messageIds: [], sizes: [] };
      const host = text(set.hosts[nodes.host[head] ?? 0] ?? 0);
      f = { root, kind, host, ...nothing, times: [], nullSender: false, scores: [], tls: [], recipients: [] };
      byRoot.set(root, f);
    }
    f.times.push([nodes.t0[node] ?? 0, nodes.t1[node] ?? 0]);
    const row = nodes.row[node] ?? 0;
    switch (nodes.kind[node] ?? 0) {
      case NODE.queue:
      case NODE.proxy: {
        const flags = m.flags[row] ?? 0;
        const from = text(m.from[row] ?? 0);
        f.from.push(from);
        if (from === '' && (flags & (FLAG.active | FLAG.judged)) !== 0) f.nullSender = true;
        f.either.push(from, text(m.login[row] ?? 0));
        f.logins.push(text(m.login[row] ?? 0));
        f.ips.push(text(m.clientIp[row] ?? 0));
        f.queueIds.push(text(m.queueId[row] ?? 0));
        f.messageIds.push(text(m.messageId[row] ?? 0));
        f.sizes.push(m.size[row] ?? 0);
        if (m.engine[row] !== 0) f.scores.push((m.score[row] ?? 0) / 100);
        const session = m.session[row] ?? 0;
        if (session !== 0 && (flags & FLAG.continued) === 0) {
          const detail = nodes.kind[session] === NODE.session ? (s.detail[nodes.row[session] ?? 0] ?? 0) : 0;
          f.tls.push(TLS_VERSIONS[detail] ?? 'none');
        }
        break;
      }
      case NODE.reject:
        f.from.push(text(x.from[row] ?? 0));
        f.either.push(text(x.from[row] ?? 0), text(x.to[row] ?? 0));
        f.ips.push(text(x.clientIp[row] ?? 0));
        f.recipients.push({
          to: [text(x.to[row] ?? 0)],
          statuses: [((x.flags[row] ?? 0) & 2) !== 0 ? 'greylisted' : 'rejected'],
          relay: null,
          reason: text(x.reason[row] ?? 0),
        });
        break;
      case NODE.login:
        f.either.push(text(l.user[row] ?? 0));
        f.logins.push(text(l.user[row] ?? 0));
        f.ips.push(text(l.clientIp[row] ?? 0));
        break;
      case NODE.session:
      case NODE.screen:
      case NODE.scan:
      case NODE.delivery:
      case NODE.ban:
        f.ips.push(text(s.clientIp[row] ?? 0));
    }
  }
  for (let k = 1; k < r.n; k++) {
    const row = r.message[k] ?? 0;
    const f = byRoot.get(set.root(m.node[row] ?? 0));
    if (f === undefined) throw new Error('a recipient of no trace');
    const to = [text(r.to[k] ?? 0), text(r.originalTo[k] ?? 0)];
    f.either.push(...to);
    const statuses: string[] = [];
    const handedOver = ((r.flags[k] ?? 0) & 1) !== 0 && ((m.flags[row] ?? 0) & FLAG.continues) !== 0;
    if (!handedOver) {
      statuses.push(STATUSES[r.status[k] ?? 0] ?? '');
      if (((m.flags[row] ?? 0) & FLAG.held) !== 0 && ((m.flags[row] ?? 0) & FLAG.closed) === 0) statuses.push('held');
    }
    f.recipients.push({ to, statuses, relay: text(r.relay[k] ?? 0), reason: text(r.reason[k] ?? 0) });
  }
  return [...byRoot.values()].sort((a, b) => a.root - b.root);
}

/** Case of letters counts for nothing in an address; in a login without '@' only that of the question. */
function sameAddress(stored: string, wanted: string): boolean {
  if (stored === '') return false;
  if (stored === wanted || stored === wanted.toLowerCase()) return true;
  return stored.includes('@') && stored.toLowerCase() === wanted.toLowerCase();
}

function meets(f: Facts, q: TraceQuery): boolean {
  const has = (stored: string, part: string): boolean => stored.toLowerCase().includes(part.toLowerCase());
  if (q.kind !== undefined && f.kind !== q.kind) return false;
  if (q.host !== undefined && f.host !== q.host) return false;
  if (!f.times.some(([a, b]) => a <= (q.until ?? Infinity) && b >= (q.since ?? 0))) return false;
  if (q.from === '' && !f.nullSender) return false;
  if (q.from !== undefined && q.from !== '' && !f.from.some((one) => sameAddress(one, q.from ?? ''))) return false;
  if (q.address !== undefined && !f.either.some((one) => sameAddress(one, q.address ?? ''))) return false;
  if (q.domain !== undefined && !f.either.some((one) => one.toLowerCase().endsWith(`@${q.domain}`.toLowerCase())))
    return false;
  if (q.part !== undefined && !f.either.some((one) => has(one, q.part ?? ''))) return false;
  if (q.login !== undefined && !f.logins.some((one) => sameAddress(one, q.login ?? ''))) return false;
  if (q.ip !== undefined) {
    const [net, bits] = q.ip.split('/');
    const list = new BlockList();
    const family = isIP(net ?? '') === 6 ? 'ipv6' : 'ipv4';
    list.addSubnet(net ?? '', Number(bits ?? (family === 'ipv6' ? 128 : 32)), family);
    if (!f.ips.some((ip) => isIP(ip) !== 0 && list.check(ip, isIP(ip) === 6 ? 'ipv6' : 'ipv4'))) return false;
  }
  if (q.queueId !== undefined && !f.queueIds.includes(q.queueId)) return false;
  if (q.messageId !== undefined && !f.messageIds.includes(q.messageId)) return false;
  if (q.minSize !== undefined && !f.sizes.some((n) => n > 0 && n >= (q.minSize ?? 0))) return false;
  if (q.minScore !== undefined && !f.scores.some((n) => n >= (q.minScore ?? 0))) return false;
  if (q.tls !== undefined) {
    const fits = (one: string): boolean => (typeof q.tls === 'string' ? one === q.tls : (one !== 'none') === q.tls);
    if (!f.tls.some(fits)) return false;
  }
  if (q.to === undefined && q.status === undefined && q.relay === undefined && q.reason === undefined) return true;
  return f.recipients.some((one) => {
    if (q.to !== undefined && !one.to.some((to) => sameAddress(to, q.to ?? ''))) return false;
    if (q.status !== undefined && !one.statuses.includes(q.status)) return false;
    if (q.relay !== undefined && (one.relay === null || !has(one.relay, q.relay))) return false;
    return q.reason === undefined || has(one.reason, q.reason);
  });
}

/** A question made of what some trace holds, sometimes of what none does. */
function randomQuery(random: Random, all: Facts[]): TraceQuery {
  const pick = <T>(list: readonly T[]): T | undefined => list[Math.floor(random.next() * list.length)];
  const said = (list: readonly string[]): string => pick(list.filter((one) => one !== '')) ?? 'nobody@nowhere.example';
  const some = pick(all.filter((f) => f.either.some((one) => one !== ''))) ?? all[0];
  if (some === undefined) throw new Error('nothing was indexed');
  const other = pick(all) ?? some;
  const recipient = pick(some.recipients);
  const cased = (one: string): string => (random.next() < 0.3 ? one.toUpperCase() : one);
  const address = cased(said(some.either));
  const parts: [number, () => TraceQuery][] = [
    [0.2, () => ({ address })],
    [0.15, () => ({ from: random.next() < 0.2 ? '' : cased(said(some.from)) })],
    [0.2, () => ({ to: cased(said(recipient?.to ?? [])) })],
    [0.15, () => ({ domain: address.slice(address.lastIndexOf('@') + 1) })],
    [0.1, () => ({ part: address.slice(2, 4 + Math.floor(random.next() * 5)) || 'a' })],
    [0.1, () => ({ login: said(some.logins) })],
    [0.1, () => ({ queueId: said(some.queueIds) })],
    [0.1, () => ({ messageId: said(some.messageIds) })],
    [0.15, () => ({ relay: (recipient?.relay ?? '').slice(0, 6) || 'mx' })],
    [0.15, () => ({ reason: (recipient?.reason ?? '').slice(3, 12) || 'rate' })],
    [0.2, () => ({ status: pick(STATUSES.filter((one) => one !== null)) })],
    [0.1, () => ({ kind: pick(['message', 'reject', 'login', 'other'] as const) })],
    [0.1, () => ({ host: other.host || 'mx9' })],
    [0.1, () => ({ minSize: pick(some.sizes) ?? 5000 })],
    [0.1, () => ({ minScore: Math.floor(random.next() * 12) })],
    [0.1, () => ({ tls: pick([true, false, 'TLSv1.3', 'TLSv1.2']) })],
    [0.15, () => ({ since: other.times[0]?.[0] ?? 0, until: (other.times[0]?.[1] ?? 0) + 3600 })],
    [
      0.2,
      () => {
        const ip = pick([...some.ips, ...other.ips].filter((one) => isIP(one) !== 0)) ?? '192.0.2.1';
        if (random.next() < 0.5) return { ip };
        const bits = isIP(ip) === 6 ? 16 + Math.floor(random.next() * 112) : 4 + Math.floor(random.next() * 28);
        return { ip: `${ip}/${bits}` };
      },
    ],
  ];
  let q: TraceQuery = {};
  for (const [share, make] of parts) if (random.next() < share) q = { ...q, ...make() };
  return q;
}

/** Asks many questions and compares each answer with what every single trace says. */
function interrogate(set: LogSet, seed: number, questions: number): { asked: number; answered: number } {
  const all = factsOf(set);
  const random = new Random(seed);
  let answered = 0;
  for (let i = 0; i < questions; i++) {
    const q = randomQuery(random, all);
    const expected = all.filter((f) => meets(f, q)).map((f) => f.root);
    const criteria = criteriaOf(set, lookupOf(set), q);
    const where = JSON.stringify({ seed, i, q });
    expect([...select(set, q)], where).toEqual(expected);
    // both ways of finding out, whichever the question would have gone
    expect([...scan(set, criteria)], `scan ${where}`).toEqual(expected);
    const one = all.filter((f) => holds(set, criteria, f.root)).map((f) => f.root);
    expect(one, `one by one ${where}`).toEqual(expected);
    if (expected.length > 0) answered++;
  }
  return { asked: questions, answered };
}

const READ_AS = { zone: 'Europe/Berlin', year: 2026 };

/** Lines that the generator does not write: capitals, letters beyond ASCII, IPv6, a login without a domain. */
const ODD = `Nov  2 00:00:01 mx1 postfix/smtpd[90001]: AAAA000001: client=six.example[2001:db8:0:1::7], sasl_method=PLAIN, sasl_username=Anna
Nov  2 00:00:01 mx1 postfix/cleanup[90002]: AAAA000001: message-id=<Odd.One@Example.ORG>
Nov  2 00:00:01 mx1 postfix/qmgr[90003]: AAAA000001: from=<Anna.Maria@Example.ORG>, size=999, nrcpt=2 (queue active)
Nov  2 00:00:02 mx1 postfix/smtp[90004]: AAAA000001: to=<ÖRJAN@Norrköping.example>, relay=MX.Example.NET[2001:DB8::25]:25, delay=1, delays=0/0/0/1, dsn=4.7.1, status=deferred (host MX.Example.NET[2001:DB8::25] said: 450 4.7.1 Rate Limit)
Nov  2 00:00:02 mx1 postfix/smtp[90004]: AAAA000001: to=<far@example.net>, relay=far.example.net[127.178.166.249]:25, delay=1, delays=0/0/0/1, dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as 2rclQr5yn)
Nov  2 00:00:02 mx1 postfix/smtp[90004]: AAAA000001: to=<anna.maria@example.org>, relay=mx.example.net[198.51.100.9]:25, delay=1, delays=0/0/0/1, dsn=2.0.0, status=sent (250 ok)
`;

describe('an answer from the lookup tables', () => {
  it('is what reading every trace gives, before and after the set was closed', async () => {
    using room = new Room();
    const [log, truth, lines] = [join(room.dir, 'a.log'), join(room.dir, 'a.jsonl'), join(room.dir, 'a.u32')];
    generate({ seed: 31, bytes: 1_500_000, reuse: 0.05, hosts: ['mx1', 'mx2'] }, log, truth, lines);
    writeFileSync(log, ODD + readFileSync(log, 'utf8'));
    const store = new LogStore(join(room.dir, 'sets'), undefined, 1);
    const { set } = await store.index('a', [log], READ_AS);
    const first = interrogate(set, 1, 150);
    expect(first.answered).toBeGreaterThan(first.asked / 10);
    const q = { address: 'anna.maria@EXAMPLE.org' };
    expect([...select(set, q)]).toHaveLength(1);
    closeLookup(set);
    set.close();
    // the second opening reads what the first one kept
    for (const seed of [2, 3]) {
      // the last as a set that is too large for memory
      const again = seed === 3 ? load(join(room.dir, 'sets', 'a'), false, 0) : store.open('a');
      if (again === undefined) throw new Error('the set was not there');
      expect(again.strings).toBeInstanceOf(StoredStrings);
      interrogate(again, seed, 60);
      expect([...select(again, q)]).toHaveLength(1);
      closeLookup(again);
      again.close();
    }
  });

  it('knows what was appended since the tables were made', async () => {
    using room = new Room();
    const [log, truth, lines] = [join(room.dir, 'a.log'), join(room.dir, 'a.jsonl'), join(room.dir, 'a.u32')];
    generate({ seed: 32, bytes: 600_000, reuse: 0.05 }, log, truth, lines);
    const all = readFileSync(log);
    const cut = (share: number): number => all.lastIndexOf(10, Math.floor(all.length * share)) + 1;
    writeFileSync(log, all.subarray(0, cut(0.5)));
    const store = new LogStore(join(room.dir, 'sets'), undefined, 1);
    (await store.index('a', [log], READ_AS)).set.close();
    const set = store.open('a', true);
    if (set === undefined) throw new Error('the set was not there');
    interrogate(set, 4, 20);
    const lookup = lookupOf(set);
    const grow = (bytes: Buffer | string): void => {
      appendFileSync(log, bytes);
      tracesChanged(set, append(set).touched);
    };
    for (const [from, to] of [
      [0.5, 0.6],
      [0.6, 0.61],
      [0.61, 1],
    ] as const) {
      grow(all.subarray(cut(from), cut(to)));
      interrogate(set, Math.round(to * 100), 40);
    }
    grow(ODD);
    interrogate(set, 5, 40);
    expect([...select(set, { address: 'ANNA.maria@example.org' })]).toHaveLength(1);
    expect(lookupOf(set)).toBe(lookup); // it was the old one that answered
    closeLookup(set);
    set.close();
  });
});

describe('a set that is only read', () => {
  it('has the strings and columns of the one that was indexed, and all reports', async () => {
    using room = new Room();
    const [log, truth, lines] = [join(room.dir, 'a.log'), join(room.dir, 'a.jsonl'), join(room.dir, 'a.u32')];
    generate({ seed: 34, bytes: 400_000 }, log, truth, lines);
    writeFileSync(log, ODD + readFileSync(log, 'utf8'));
    const store = new LogStore(join(room.dir, 'sets'), undefined, 1);
    const { set } = await store.index('a', [log], READ_AS);
    const read = store.open('a');
    if (read === undefined) throw new Error('the set was not there');
    // a row at a time, by blocks, before any column was used as a whole
    for (const name of ['nodes', 'messages', 'recipients', 'rejects', 'logins', 'sessions'] as const) {
      const [was, is] = [set.t[name], read.few[name]] as unknown as [Columns, Columns];
      for (const column of set.t[name].names) {
        const rows = Array.from({ length: set.t[name].n }, (_, i) => i);
        expect(rows.map((i) => is[column]?.[i])).toEqual(rows.map((i) => was[column]?.[i]));
        expect(is[column]?.[set.t[name].n]).toBe(undefined);
      }
    }
    for (const name of ['nodes', 'messages', 'recipients', 'rejects', 'logins', 'sessions'] as const) {
      const [was, is] = [set.t[name], read.t[name]];
      expect(is.n).toBe(was.n);
      expect(usedColumns(is).map((column) => [...column])).toEqual(usedColumns(was).map((column) => [...column]));
    }
    const texts = (of: LogSet): string[] =>
      Array.from({ length: set.strings.size + 2 }, (_, id) => of.strings.text(id));
    const all = texts(set);
    expect(texts(read)).toEqual(all);
    for (const text of [...all, 'no such string', 'ÖRJAN', 'x'.repeat(3000)])
      expect(read.strings.find(text), text).toBe(set.strings.find(text));
    const visited = (of: LogSet): string[] => {
      const out: string[] = [];
      of.strings.each((id, bytes, at, length) =>
        out.push(`${id} ${Buffer.from(bytes.subarray(at, at + length)).toString()}`),
      );
      return out;
    };
    expect(visited(read)).toEqual(visited(set));
    read.strings.expectMany();
    expect(texts(read)).toEqual(all);
    // as many deliveries as the traces show, those to relays that look like filters included
    const shown: Record<string, number> = {};
    for (const head of heads(set)) {
      const trace = materialize(set, head, false);
      if (trace.kind === 'message')
        for (const { status } of trace.recipients) shown[status ?? ''] = (shown[status ?? ''] ?? 0) + 1;
    }
    const totals = Object.fromEntries(report(set, 'summary').rows) as Record<string, number>;
    expect(totals.delivered).toBe(shown.sent);
    expect(totals.bounced).toBe(shown.bounced);
    for (const by of REPORTS)
      if (by !== 'problem' && by !== 'deferral') expect(report(read, by), by).toEqual(report(set, by));
    expect(() => append(read)).toThrow(RangeError);
    read.close();
    set.close();
  });
});

describe('an order of traces', () => {
  it('is that of their keys, equal ones by number', async () => {
    using room = new Room();
    const [log, truth, lines] = [join(room.dir, 'a.log'), join(room.dir, 'a.jsonl'), join(room.dir, 'a.u32')];
    generate({ seed: 33, bytes: 500_000 }, log, truth, lines);
    const store = new LogStore(join(room.dir, 'sets'), undefined, 1);
    const { set } = await store.index('a', [log], READ_AS);
    const { nodes, messages: m, recipients: r } = set.t;
    const key = (root: number, by: Sort['by']): number | string => {
      const head = nodes.head[root] ?? 0;
      if (by === 'start') return nodes.t0[head] ?? 0;
      const row = nodes.kind[head] === NODE.queue || nodes.kind[head] === NODE.proxy ? (nodes.row[head] ?? 0) : 0;
      if (by === 'from') return row === 0 ? '' : set.strings.text(m.from[row] ?? 0).toLowerCase();
      if (row === 0) return 0;
      if (by === 'size' || by === 'score') return m[by][row] ?? 0;
      let most = 0;
      for (let k = m.recipient[row] ?? 0; k !== 0; k = r.next[k] ?? 0) most = Math.max(most, r[by][k] ?? 0);
      return most;
    };
    const roots = select(set, {});
    expect(roots.length).toBeGreaterThan(200);
    for (const by of ['start', 'size', 'score', 'from', 'delay', 'attempts'] as const) {
      for (const descending of [false, true]) {
        const compare = (a: number, b: number): number => {
          const [x, y] = [key(a, by), key(b, by)];
          return x < y ? -1 : x > y ? 1 : 0;
        };
        const sorted = [...roots].sort(
          (a, b) => (descending && by !== 'start' ? -compare(a, b) : compare(a, b)) || a - b,
        );
        if (descending && by === 'start') sorted.reverse();
        expect([...order(set, roots, { by, descending })], `${by} ${descending}`).toEqual(sorted);
      }
    }
    closeLookup(set);
    set.close();
  });
});
