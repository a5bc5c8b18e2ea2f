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
  /** The root of every hit is asked for. */
  private readonly up: Uint32Array;
  depth = 0;

  constructor(set: LogSet) {
    this.level = new Uint8Array(set.t.nodes.n);
    this.up = set.t.nodes.up;
  }

  /** Begins the next criterion: only traces that met all before can meet it. */
  next(): void {
    this.depth++;
  }

  hit(node: number): void {
    const { up } = this;
    let root = node;
    while (up[root] !== root) root = up[root];
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
  const { n: count, up, head: heads, kind: kinds, host: hosts } = columnsOf(set.t.nodes, 'up', 'head', 'kind', 'host');
  const { level, depth } = marks;
  const out = new Uint32Array(count);
  let n = 0;
  const timed = q.since !== undefined || q.until !== undefined;
  for (let i = 1; i < count; i++) {
    if (up[i] !== i || level[i] !== depth) continue;
    const head = heads[i];
    if (q.kind !== undefined && kindOf(kinds[head]) !== q.kind) continue;
    if (q.host >= 0 && hosts[head] !== q.host) continue;
    if (timed && !inTime(set.t, head, q.since ?? 0, q.until ?? Number.POSITIVE_INFINITY)) continue;
    out[n++] = i;
  }
  return out.slice(0, n);
}

/** What a recipient must be, all at once: `to anna` and `status deferred` mean that anna's mail is deferred. */
function recipientPass(set: LogSet, q: Criteria, marks: Marks): void {
  if (!q.recipient) return;
  marks.next();
  const r = columnsOf(
    set.t.recipients,
    'message',
    ...(q.to === undefined ? [] : (['to', 'originalTo'] as const)),
    ...(q.status === undefined ? [] : (['status', 'flags'] as const)),
    ...(q.relay === undefined ? [] : (['relay'] as const)),
    ...(q.reason === undefined ? [] : (['reason'] as const)),
  );
  const m = columnsOf(set.t.messages, 'flags', 'node');
  const x = columnsOf(set.t.rejects, 'to', 'flags', 'reason', 'node');
  const columns = { recipients: r, messages: m };
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
    if (status >= 0 && goesOn(columns, i, r.message[i])) continue;
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
  // each criterion reads the columns it needs, and reads them once
  const m = set.t.messages;
  const { rejects: x } = set.t;
  const each = (test: (row: number) => boolean): void => {
    marks.next();
    const { n, node } = m;
    for (let i = 1; i < n; i++) if (test(i)) marks.hit(node[i]);
  };
  if (q.nullSender) {
    const { from, flags } = m;
    each((i) => from[i] === 0 && (flags[i] & (FLAG.active | FLAG.judged)) !== 0);
  }
  if (q.from !== undefined) {
    const from = q.from.test;
    const { from: senders } = m;
    each((i) => from(senders[i]));
    const { node } = x;
    pass(marks, from, x.n, [x.from], (i) => node[i]);
  }
  if (q.queueId !== undefined) {
    const id = q.queueId.test;
    const { queueId } = m;
    each((i) => id(queueId[i]));
  }
  if (q.messageId !== undefined) {
    const id = q.messageId.test;
    const { messageId } = m;
    each((i) => id(messageId[i]));
  }
  const { minSize, maxSize, minScore, maxScore } = q;
  if (minSize !== undefined || maxSize !== undefined) {
    const { size } = m;
    each((i) => size[i] > 0 && size[i] >= (minSize ?? 0) && size[i] <= (maxSize ?? Infinity));
  }
  if (minScore !== undefined || maxScore !== undefined) {
    const { engine, score } = m;
    each(
      (i) =>
        engine[i] !== 0 &&
        score[i] !== NO_SCORE &&
        score[i] >= (minScore ?? -Infinity) * 100 &&
        score[i] <= (maxScore ?? Infinity) * 100,
    );
  }
  if (q.tls !== undefined) {
    const version = typeof q.tls === 'string' ? TLS_VERSIONS.indexOf(q.tls as (typeof TLS_VERSIONS)[number]) : -1;
    const { kind, row } = set.t.nodes;
    const { detail } = set.t.sessions;
    const { session: sessions, flags } = m;
    each((i) => {
      const session = sessions[i];
      const used = session !== 0 && kind[session] === NODE.session ? detail[row[session]] : 0;
      if (session === 0 || (flags[i] & FLAG.continued) !== 0) return false;
      return version >= 0 ? used === version : (used !== 0) === q.tls;
    });
  }
}

/** Marks the traces whose rows have a matching string in one of these columns. */
function pass(
  marks: Marks,
  match: Match,
  rows: number,
  columns: readonly Uint32Array[],
  node: (row: number) => number,
) {
  for (const column of columns) for (let i = 1; i < rows; i++) if (match(column[i])) marks.hit(node(i));
}

function eitherPass(set: LogSet, marks: Marks, match: Match): void {
  const { messages: m, recipients: r, rejects: x, logins: l } = set.t;
  marks.next();
  const [ofMessage, message, ofReject, ofLogin] = [m.node, r.message, x.node, l.node];
  pass(marks, match, m.n, [m.from, m.login], (i) => ofMessage[i]);
  pass(marks, match, r.n, [r.to, r.originalTo], (i) => ofMessage[message[i]]);
  pass(marks, match, x.n, [x.from, x.to], (i) => ofReject[i]);
  pass(marks, match, l.n, [l.user], (i) => ofLogin[i]);
}

function ipPass(set: LogSet, marks: Marks, match: Match): void {
  marks.next();
  for (const table of [set.t.messages, set.t.rejects, set.t.logins, set.t.sessions]) {
    const { node } = table;
    pass(marks, match, table.n, [table.clientIp], (i) => node[i]);
  }
}

function loginPass(set: LogSet, marks: Marks, match: Match): void {
  const { messages: m, logins: l } = set.t;
  marks.next();
  const [ofMessage, ofLogin] = [m.node, l.node];
  pass(marks, match, m.n, [m.login], (i) => ofMessage[i]);
  pass(marks, match, l.n, [l.user], (i) => ofLogin[i]);
}

/** Columns of a table and its rows: of a table on disk, asking for a column at each row costs more than the row. */
function columnsOf<T extends { n: number }, K extends keyof T>(table: T, ...names: K[]): Pick<T, K | 'n'> {
  return Object.fromEntries([...names, 'n' as const].map((name) => [name, table[name]])) as Pick<T, K | 'n'>;
}
