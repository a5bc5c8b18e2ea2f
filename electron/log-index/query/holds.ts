/** Whether one trace meets a question: the same criteria as scan-tables.ts, over the rows of that trace alone. */
import type { LogSet } from '../index/log-set.ts';
import { FLAG, NODE } from '../index/tables.ts';
import { NO_SCORE, STATUSES, TLS_VERSIONS } from '../scan/records.ts';
import { type Criteria, inTime, kindOf } from './criteria.ts';
import { goesOn } from './reasons.ts';

/** Whether the trace of `root` meets all criteria. Each may be met by another of its nodes. */
export function holds(set: LogSet, c: Criteria, root: number): boolean {
  const { nodes } = set.few;
  if (c.within !== undefined && c.within[root] !== 1) return false;
  const head = nodes.head[root];
  if (c.kind !== undefined && kindOf(nodes.kind[head]) !== c.kind) return false;
  if (c.host >= 0 && nodes.host[head] !== c.host) return false;
  const timed = c.since !== undefined || c.until !== undefined;
  if (timed && !inTime(set.few, head, c.since ?? 0, c.until ?? Number.POSITIVE_INFINITY)) return false;
  for (const test of testsOf(set, c)) {
    let met = false;
    let node = root;
    do {
      met = test(nodes.kind[node], nodes.row[node]);
      node = nodes.ring[node];
    } while (!met && node !== root);
    if (!met) return false;
  }
  return true;
}

/** Whether a node of this kind and row meets one criterion. */
type Test = (kind: number, row: number) => boolean;

const made = new WeakMap<Criteria, Test[]>();

function testsOf(set: LogSet, c: Criteria): Test[] {
  let tests = made.get(c);
  if (tests === undefined) {
    tests = makeTests(set, c);
    made.set(c, tests);
  }
  return tests;
}

const isMessage = (kind: number): boolean => kind === NODE.queue || kind === NODE.proxy;

function makeTests(set: LogSet, c: Criteria): Test[] {
  const { nodes, messages: m, recipients: r, rejects: x, logins: l, sessions: s } = set.few;
  const tests: Test[] = [];
  const ofMessage = (test: (row: number) => boolean): void => {
    tests.push((kind, row) => isMessage(kind) && test(row));
  };
  if (c.recipient) tests.push(recipientTest(set, c));
  if (c.nullSender) ofMessage((i) => m.from[i] === 0 && (m.flags[i] & (FLAG.active | FLAG.judged)) !== 0);
  const { from, queueId, messageId, ip, login } = c;
  if (from !== undefined)
    tests.push((kind, i) => (isMessage(kind) ? from.test(m.from[i]) : kind === NODE.reject && from.test(x.from[i])));
  if (queueId !== undefined) ofMessage((i) => queueId.test(m.queueId[i]));
  if (messageId !== undefined) ofMessage((i) => messageId.test(m.messageId[i]));
  const { minSize, maxSize, minScore, maxScore, tls } = c;
  if (minSize !== undefined || maxSize !== undefined)
    ofMessage((i) => m.size[i] > 0 && m.size[i] >= (minSize ?? 0) && m.size[i] <= (maxSize ?? Infinity));
  if (minScore !== undefined || maxScore !== undefined)
    ofMessage(
      (i) =>
        m.engine[i] !== 0 &&
        m.score[i] !== NO_SCORE &&
        m.score[i] >= (minScore ?? -Infinity) * 100 &&
        m.score[i] <= (maxScore ?? Infinity) * 100,
    );
  if (tls !== undefined) {
    const version = typeof tls === 'string' ? TLS_VERSIONS.indexOf(tls as (typeof TLS_VERSIONS)[number]) : -1;
    ofMessage((i) => {
      const session = m.session[i];
      const used = session !== 0 && nodes.kind[session] === NODE.session ? s.detail[nodes.row[session]] : 0;
      if (session === 0 || (m.flags[i] & FLAG.continued) !== 0) return false;
      return version >= 0 ? used === version : (used !== 0) === tls;
    });
  }
  for (const either of [c.address, c.domain, c.part]) {
    if (either === undefined) continue;
    const { test } = either;
    tests.push((kind, i) => {
      if (kind === NODE.reject) return test(x.from[i]) || test(x.to[i]);
      if (kind === NODE.login) return test(l.user[i]);
      if (!isMessage(kind)) return false;
      if (test(m.from[i]) || test(m.login[i])) return true;
      for (let k = m.recipient[i]; k !== 0; k = r.next[k]) if (test(r.to[k]) || test(r.originalTo[k])) return true;
      return false;
    });
  }
  if (ip !== undefined)
    tests.push((kind, i) => {
      if (isMessage(kind)) return ip.test(m.clientIp[i]);
      if (kind === NODE.reject) return ip.test(x.clientIp[i]);
      if (kind === NODE.login) return ip.test(l.clientIp[i]);
      return isSession(kind) && ip.test(s.clientIp[i]);
    });
  if (login !== undefined)
    tests.push((kind, i) => (isMessage(kind) ? login.test(m.login[i]) : kind === NODE.login && login.test(l.user[i])));
  return tests;
}

/** Kinds whose row is one of `sessions`. */
function isSession(kind: number): boolean {
  switch (kind) {
    case NODE.session:
    case NODE.screen:
    case NODE.scan:
    case NODE.delivery:
    case NODE.ban:
      return true;
    default:
      return false;
  }
}

function recipientTest(set: LogSet, c: Criteria): Test {
  const { messages: m, recipients: r, rejects: x } = set.few;
  const { to, relay, reason } = c;
  const status = c.status === undefined ? -1 : STATUSES.indexOf(c.status);
  return (kind, row) => {
    if (kind === NODE.reject) {
      if (relay !== undefined || (to !== undefined && !to.test(x.to[row]))) return false;
      if (c.status !== undefined && c.status !== ((x.flags[row] & 2) !== 0 ? 'greylisted' : 'rejected')) return false;
      return reason === undefined || reason.test(x.reason[row]);
    }
    if (!isMessage(kind)) return false;
    const held = c.status === 'held' && (m.flags[row] & FLAG.held) !== 0 && (m.flags[row] & FLAG.closed) === 0;
    for (let k = m.recipient[row]; k !== 0; k = r.next[k]) {
      if (to !== undefined && !to.test(r.to[k]) && !to.test(r.originalTo[k])) continue;
      if (status >= 0 && r.status[k] !== status && !held) continue;
      if (relay !== undefined && !relay.test(r.relay[k])) continue;
      if (reason !== undefined && !reason.test(r.reason[k])) continue;
      // handed to a filter: its own delivery is not the recipient's story, unless nothing else is asked
      if (status >= 0 && goesOn(set.few, k, row)) continue;
      return true;
    }
    return false;
  };
}
