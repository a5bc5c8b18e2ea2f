/** Questions that match much: which traces, as marks over the nodes. */
import type { LogSet } from '../index/log-set.ts';
import { FLAG, NODE } from '../index/tables.ts';
import { NO_SCORE, STATUSES, TLS_VERSIONS } from '../scan/records.ts';
import { type Criteria, inTime, kindOf } from './criteria.ts';
import { goesOn } from './reasons.ts';
import type { Strings } from './strings.ts';

type Match = Strings['test'];

class Marks {
  readonly level: Uint8Array;
  private readonly set: LogSet;
  depth = 0;

  constructor(set: LogSet) {
    this.set = set;
    this.level = new Uint8Array(set.t.nodes.n);
    void set.t.nodes.up; // the root of every hit is asked for
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

/** Roots of the traces that match, oldest first: every criterion is one pass over typed columns. */
export function scan(set: LogSet, q: Criteria): Uint32Array {
  const marks = new Marks(set);
  if (q.within !== undefined) {
    marks.next();
    for (let i = 1; i < q.within.length; i++) if (q.within[i] === 1) marks.level[i] = 1;
  }
  recipientPass(set, q, marks);
  messagePass(set, q, marks);
  for (const either of [q.address, q.domain, q.part]) if (either !== undefined) eitherPass(set, marks, either.test);
  if (q.ip !== undefined) ipPass(set, marks, q.ip.test);
  if (q.login !== undefined) loginPass(set, marks, q.login.test);
  const { nodes } = set.t;
  const out = new Uint32Array(nodes.n);
  let n = 0;
  const timed = q.since !== undefined || q.until !== undefined;
  for (let i = 1; i < nodes.n; i++) {
    if (nodes.up[i] !== i || marks.level[i] !== marks.depth) continue;
    const head = nodes.head[i];
    if (q.kind !== undefined && kindOf(nodes.kind[head]) !== q.kind) continue;
    if (q.host >= 0 && nodes.host[head] !== q.host) continue;
    if (timed && !inTime(set.t, head, q.since ?? 0, q.until ?? Number.POSITIVE_INFINITY)) continue;
    out[n++] = i;
  }
  return out.slice(0, n);
}

/** What a recipient must be, all at once: `to anna` and `status deferred` mean that anna's mail is deferred. */
function recipientPass(set: LogSet, q: Criteria, marks: Marks): void {
  if (!q.recipient) return;
  marks.next();
  const { recipients: r, messages: m, rejects: x } = set.t;
  const to = q.to?.test;
  const relay = q.relay?.test;
  const reason = q.reason?.test;
  const status = q.status === undefined ? -1 : STATUSES.indexOf(q.status);
  const held = q.status === 'held';
  for (let i = 1; i < r.n; i++) {
    if (to !== undefined && !to(r.to[i]) && !to(r.originalTo[i])) continue;
    if (status >= 0 && r.status[i] !== status) {
      const flags = m.flags[r.message[i]];
      if (!held || (flags & FLAG.held) === 0 || (flags & FLAG.closed) !== 0) continue;
    }
    if (relay !== undefined && !relay(r.relay[i])) continue;
    if (reason !== undefined && !reason(r.reason[i])) continue;
    // handed to a filter: its own delivery is not the recipient's story, unless nothing else is asked
    if (status >= 0 && goesOn(set.t, i, r.message[i])) continue;
    marks.hit(m.node[r.message[i]]);
  }
  if (relay !== undefined) return;
  for (let i = 1; i < x.n; i++) {
    if (to !== undefined && !to(x.to[i])) continue;
    if (q.status !== undefined && q.status !== ((x.flags[i] & 2) !== 0 ? 'greylisted' : 'rejected')) continue;
    if (reason !== undefined && !reason(x.reason[i])) continue;
    marks.hit(x.node[i]);
  }
}

function messagePass(set: LogSet, q: Criteria, marks: Marks): void {
  const { messages: m, rejects: x, sessions: s, nodes } = set.t;
  const each = (test: (row: number) => boolean): void => {
    marks.next();
    for (let i = 1; i < m.n; i++) if (test(i)) marks.hit(m.node[i]);
  };
  if (q.nullSender) each((i) => m.from[i] === 0 && (m.flags[i] & (FLAG.active | FLAG.judged)) !== 0);
  if (q.from !== undefined) {
    const from = q.from.test;
    each((i) => from(m.from[i]));
    for (let i = 1; i < x.n; i++) if (from(x.from[i])) marks.hit(x.node[i]);
  }
  if (q.queueId !== undefined) {
    const id = q.queueId.test;
    each((i) => id(m.queueId[i]));
  }
  if (q.messageId !== undefined) {
    const id = q.messageId.test;
    each((i) => id(m.messageId[i]));
  }
  const { minSize, maxSize, minScore, maxScore } = q;
  if (minSize !== undefined || maxSize !== undefined)
    each((i) => m.size[i] > 0 && m.size[i] >= (minSize ?? 0) && m.size[i] <= (maxSize ?? Infinity));
  if (minScore !== undefined || maxScore !== undefined)
    each(
      (i) =>
        m.engine[i] !== 0 &&
        m.score[i] !== NO_SCORE &&
        m.score[i] >= (minScore ?? -Infinity) * 100 &&
        m.score[i] <= (maxScore ?? Infinity) * 100,
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
