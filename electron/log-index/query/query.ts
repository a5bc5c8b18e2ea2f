/** Questions: which traces match, as marks over the nodes; every criterion is one pass over typed columns. */
import type { LogSet } from '../index/log-set.ts';
import { FLAG, NODE } from '../index/tables.ts';
import { STATUSES, TLS_VERSIONS, type Status } from '../scan/records.ts';
import { matchAddress, matchDomain, matchIp, matchPart, type Match } from './strings.ts';

export interface TraceQuery {
  /** Envelope sender, recipient (also the one before aliases), either of both, as whole addresses; case is ignored. */
  from?: string;
  to?: string;
  address?: string;
  /** Domain of either; subdomains are other domains. */
  domain?: string;
  /** A part of either address. */
  part?: string;
  /** Client address: IPv4, IPv6, or CIDR. */
  ip?: string;
  /** SASL login, or user of a login trace. */
  login?: string;
  queueId?: string;
  messageId?: string;
  /** A part of the relay's name or address. */
  relay?: string;
  status?: Status;
  /** A part of the reason, as reports group it. */
  reason?: string;
  minScore?: number;
  maxScore?: number;
  /** Bytes. */
  minSize?: number;
  maxSize?: number;
  /** True: with TLS, false: without, or a version like 'TLSv1.2'. */
  tls?: boolean | string;
  host?: string;
  kind?: 'message' | 'reject' | 'login' | 'other';
  /** Unix seconds: traces with a line in [since, until]. */
  since?: number;
  until?: number;
  /** Only these traces (roots marked 1), e.g. from a free text search. */
  within?: Uint8Array;
}

export interface Sort {
  by: 'start' | 'size' | 'score' | 'from' | 'delay' | 'attempts';
  descending: boolean;
}

class Marks {
  readonly level: Uint8Array;
  private readonly set: LogSet;
  depth = 0;

  constructor(set: LogSet) {
    this.set = set;
    this.level = new Uint8Array(set.t.nodes.n);
  }

  /** Begins the next criterion: only traces that met all before can meet it. */
  next(): void {
    this.depth++;
  }

  hit(node: number): void {
    const root = this.set.root(node);
    if (this.level[root] === this.depth - 1) this.level[root] = this.depth;
  }
}

/** Roots of the traces that match, oldest first. */
export function select(set: LogSet, q: TraceQuery): number[] {
  const marks = new Marks(set);
  if (q.within !== undefined) {
    marks.next();
    for (let i = 1; i < q.within.length; i++) if (q.within[i] === 1) marks.level[i] = 1;
  }
  recipientPass(set, q, marks);
  messagePass(set, q, marks);
  if (q.address !== undefined) eitherPass(set, marks, matchAddress(set, q.address));
  if (q.domain !== undefined) eitherPass(set, marks, matchDomain(set, q.domain));
  if (q.part !== undefined) eitherPass(set, marks, matchPart(set, q.part));
  if (q.ip !== undefined) ipPass(set, marks, matchIp(set, q.ip));
  if (q.login !== undefined) loginPass(set, marks, matchAddress(set, q.login));
  const { nodes } = set.t;
  const host = q.host === undefined ? -1 : hostNumber(set, q.host);
  const out: number[] = [];
  const timed = q.since !== undefined || q.until !== undefined;
  for (let i = 1; i < nodes.n; i++) {
    if (nodes.up[i] !== i || marks.level[i] !== marks.depth) continue;
    const head = nodes.head[i];
    if (q.kind !== undefined && kindOf(nodes.kind[head]) !== q.kind) continue;
    if (host >= 0 && nodes.host[head] !== host) continue;
    if (timed && !inTime(set, head, q.since ?? 0, q.until ?? Number.POSITIVE_INFINITY)) continue;
    out.push(i);
  }
  return out;
}

function hostNumber(set: LogSet, name: string): number {
  const id = set.dict.find(name);
  for (let i = 1; i < set.hosts.length && set.hosts[i] !== 0; i++) if (set.hosts[i] === id) return i;
  return 0xffff;
}

function kindOf(kind: number): TraceQuery['kind'] {
  if (kind === NODE.queue || kind === NODE.proxy) return 'message';
  if (kind === NODE.reject) return 'reject';
  return kind === NODE.login ? 'login' : 'other';
}

function inTime(set: LogSet, head: number, since: number, until: number): boolean {
  const { t0, t1, ring } = set.t.nodes;
  if (t0[head] <= until && t1[head] >= since) return true;
  for (let n = ring[head]; n !== head; n = ring[n]) if (t0[n] <= until && t1[n] >= since) return true;
  return false;
}

/** What a recipient must be, all at once: `to anna` and `status deferred` mean that anna's mail is deferred. */
function recipientPass(set: LogSet, q: TraceQuery, marks: Marks): void {
  if (q.to === undefined && q.status === undefined && q.relay === undefined && q.reason === undefined) return;
  marks.next();
  const { recipients: r, messages: m, rejects: x } = set.t;
  const to = q.to === undefined ? null : matchAddress(set, q.to);
  const relay = q.relay === undefined ? null : matchPart(set, q.relay);
  const reason = q.reason === undefined ? null : matchPart(set, q.reason);
  const status = q.status === undefined ? -1 : STATUSES.indexOf(q.status);
  const held = q.status === 'held';
  for (let i = 1; i < r.n; i++) {
    if (to !== null && !to(r.to[i]) && !to(r.originalTo[i])) continue;
    if (status >= 0 && r.status[i] !== status) {
      const flags = m.flags[r.message[i]];
      if (!held || (flags & FLAG.held) === 0 || (flags & FLAG.closed) !== 0) continue;
    }
    if (relay !== null && !relay(r.relay[i])) continue;
    if (reason !== null && !reason(r.reason[i])) continue;
    // handed to a filter: its own delivery is not the recipient's story, unless nothing else is asked
    if ((r.flags[i] & 1) !== 0 && status >= 0) continue;
    marks.hit(m.node[r.message[i]]);
  }
  if (relay !== null) return;
  for (let i = 1; i < x.n; i++) {
    if (to !== null && !to(x.to[i])) continue;
    if (q.status !== undefined && q.status !== ((x.flags[i] & 2) !== 0 ? 'greylisted' : 'rejected')) continue;
    if (reason !== null && !reason(x.reason[i])) continue;
    marks.hit(x.node[i]);
  }
}

function messagePass(set: LogSet, q: TraceQuery, marks: Marks): void {
  const { messages: m, rejects: x, sessions: s, nodes } = set.t;
  const each = (test: (row: number) => boolean): void => {
    marks.next();
    for (let i = 1; i < m.n; i++) if (test(i)) marks.hit(m.node[i]);
  };
  if (q.from !== undefined) {
    if (q.from === '' || q.from === '<>')
      each((i) => m.from[i] === 0 && (m.flags[i] & (FLAG.active | FLAG.judged)) !== 0);
    else {
      const from = matchAddress(set, q.from);
      each((i) => from(m.from[i]));
      for (let i = 1; i < x.n; i++) if (from(x.from[i])) marks.hit(x.node[i]);
    }
  }
  if (q.queueId !== undefined) {
    const id = set.dict.find(q.queueId);
    each((i) => id !== 0 && m.queueId[i] === id);
  }
  if (q.messageId !== undefined) {
    const id = set.dict.find(q.messageId.replace(/^<|>$/g, ''));
    each((i) => id !== 0 && m.messageId[i] === id);
  }
  const { minSize, maxSize, minScore, maxScore } = q;
  if (minSize !== undefined || maxSize !== undefined)
    each((i) => m.size[i] > 0 && m.size[i] >= (minSize ?? 0) && m.size[i] <= (maxSize ?? Infinity));
  if (minScore !== undefined || maxScore !== undefined)
    each(
      (i) =>
        m.engine[i] !== 0 && m.score[i] >= (minScore ?? -Infinity) * 100 && m.score[i] <= (maxScore ?? Infinity) * 100,
    );
  if (q.tls !== undefined) {
    const version = typeof q.tls === 'string' ? TLS_VERSIONS.indexOf(q.tls as (typeof TLS_VERSIONS)[number]) : -1;
    each((i) => {
      const session = m.session[i];
      const used = session !== 0 && nodes.kind[session] === NODE.session ? s.detail[nodes.row[session]] : 0;
      if (session === 0 || (m.flags[i] & FLAG.continued) !== 0) return false;
      return version >= 0 ? used === version : (used !== 0) === q.tls;
    });
  }
}

function eitherPass(set: LogSet, marks: Marks, match: Match): void {
  const { messages: m, recipients: r, rejects: x, logins: l } = set.t;
  marks.next();
  for (let i = 1; i < m.n; i++) if (match(m.from[i]) || match(m.login[i])) marks.hit(m.node[i]);
  for (let i = 1; i < r.n; i++) if (match(r.to[i]) || match(r.originalTo[i])) marks.hit(m.node[r.message[i]]);
  for (let i = 1; i < x.n; i++) if (match(x.from[i]) || match(x.to[i])) marks.hit(x.node[i]);
  for (let i = 1; i < l.n; i++) if (match(l.user[i])) marks.hit(l.node[i]);
}

function ipPass(set: LogSet, marks: Marks, match: Match): void {
  const { messages: m, rejects: x, logins: l, sessions: s } = set.t;
  marks.next();
  for (let i = 1; i < m.n; i++) if (match(m.clientIp[i])) marks.hit(m.node[i]);
  for (let i = 1; i < x.n; i++) if (match(x.clientIp[i])) marks.hit(x.node[i]);
  for (let i = 1; i < l.n; i++) if (match(l.clientIp[i])) marks.hit(l.node[i]);
  for (let i = 1; i < s.n; i++) if (match(s.clientIp[i])) marks.hit(s.node[i]);
}

function loginPass(set: LogSet, marks: Marks, match: Match): void {
  const { messages: m, logins: l } = set.t;
  marks.next();
  for (let i = 1; i < m.n; i++) if (match(m.login[i])) marks.hit(m.node[i]);
  for (let i = 1; i < l.n; i++) if (match(l.user[i])) marks.hit(l.node[i]);
}

/** Orders roots; `select` gives them by their first line already. */
export function order(set: LogSet, roots: number[], sort: Sort): number[] {
  const { nodes, messages: m, recipients: r } = set.t;
  if (sort.by === 'start') {
    const sorted = roots.slice().sort((a, b) => nodes.t0[nodes.head[a]] - nodes.t0[nodes.head[b]] || a - b);
    return sort.descending ? sorted.reverse() : sorted;
  }
  const keyed = roots.map((root) => {
    const head = nodes.head[root];
    const message = nodes.kind[head] === NODE.queue || nodes.kind[head] === NODE.proxy ? nodes.row[head] : 0;
    let key: number | string = 0;
    if (message !== 0) {
      if (sort.by === 'size') key = m.size[message];
      else if (sort.by === 'score') key = m.score[message];
      else if (sort.by === 'from') key = set.dict.text(m.from[message]).toLowerCase();
      else
        for (let k = m.recipient[message]; k !== 0; k = r.next[k])
          key = Math.max(key as number, sort.by === 'delay' ? r.delay[k] : r.attempts[k]);
    } else if (sort.by === 'from') key = '';
    return { root, key };
  });
  const sign = sort.descending ? -1 : 1;
  keyed.sort((a, b) => (a.key < b.key ? -sign : a.key > b.key ? sign : a.root - b.root));
  return keyed.map((k) => k.root);
}
