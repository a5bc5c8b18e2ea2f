/**
 * The life of a queue id: cleanup, queue manager, delivery agents, notifications. Also compiled: see
 * `compiled/compile.ts`.
 */
import { FLAG, NODE, PROCESS, RECIPIENT_FLAG, ROLE, SESSION_FLAG } from '../index/tables.ts';
import { ACTION, STATUS } from '../scan/records.ts';
import { remember, returned } from './greylist.ts';
import { refuse } from './refuse.ts';
import type { Correlation } from './state.ts';

type Rec = Uint32Array;

/** Lines of this process that came before it named the queue id belong to that queue id. */
function claim(c: Correlation, node: number): void {
  const process = c.knownProcess(PROCESS.client);
  if (process === 0) return;
  const p = c.processes;
  const pending = p.next[process];
  if (pending === 0) return;
  p.next[process] = 0;
  if (c.t.nodes.t1[pending] + 900 >= c.now) c.join(node, pending);
}

export function queueLine(c: Correlation, r: Rec, i: number): void {
  const node = c.queue(r[i], 0, 0);
  c.put(node);
  claim(c, node);
}

export function clientLine(c: Correlation): void {
  const process = c.process(PROCESS.client);
  const p = c.processes;
  if (p.next[process] === 0) p.next[process] = c.node(NODE.pending, 0);
  c.put(p.next[process]);
}

export function messageId(c: Correlation, r: Rec, i: number): void {
  const node = c.queue(r[i], 2, r[i + 1]);
  const m = c.t.messages;
  const row = c.t.nodes.row[node];
  c.put(node);
  m.flags[row] |= FLAG.born;
  if (r[i + 1] !== 0 && m.messageId[row] === 0) {
    m.messageId[row] = r[i + 1];
    m.sameId[row] = c.byMessageId[r[i + 1]];
    c.byMessageId[r[i + 1]] = node;
  }
}

export function pickup(c: Correlation, r: Rec, i: number): void {
  const node = c.queue(r[i], 1, 0);
  const m = c.t.messages;
  const row = c.t.nodes.row[node];
  c.put(node);
  m.flags[row] |= FLAG.born | FLAG.client | FLAG.pickup;
  m.from[row] ||= r[i + 1];
  c.aside.pickedUp(node);
}

export function active(c: Correlation, r: Rec, i: number): void {
  const node = c.queue(r[i], 0, 0);
  const m = c.t.messages;
  const row = c.t.nodes.row[node];
  c.put(node);
  if ((m.flags[row] & FLAG.active) === 0) {
    m.flags[row] |= FLAG.active;
    m.from[row] = r[i + 1];
    m.size[row] = r[i + 2];
    // a delivery that reached the log first did not know the sender yet
    const rc = c.t.recipients;
    for (let k = m.recipient[row]; k !== 0; k = rc.next[k]) returned(c, node, rc.originalTo[k] || rc.to[k]);
  }
}

export function removed(c: Correlation, r: Rec, i: number): void {
  const node = c.queue(r[i], 0, 0);
  c.put(node);
  c.close(node);
}

export function expired(c: Correlation, r: Rec, i: number): void {
  const node = c.queue(r[i], 0, 0);
  const m = c.t.messages;
  const rc = c.t.recipients;
  const row = c.t.nodes.row[node];
  c.put(node);
  m.flags[row] |= FLAG.expired;
  m.from[row] ||= r[i + 1];
  for (let k = m.recipient[row]; k !== 0; k = rc.next[k]) {
    if (rc.status[k] === STATUS.deferred) {
      rc.status[k] = STATUS.expired;
      rc.time[k] = c.now;
    }
  }
}

export function held(c: Correlation, r: Rec, i: number): void {
  const node = c.queue(r[i], 0, 0);
  const m = c.t.messages;
  const row = c.t.nodes.row[node];
  c.put(node);
  if (r[i + 1] === 1) m.flags[row] |= FLAG.held;
  else m.flags[row] &= ~FLAG.held;
}

export function judged(c: Correlation, r: Rec, i: number): void {
  const node = c.queue(r[i], 0, 0);
  const m = c.t.messages;
  const rc = c.t.recipients;
  const row = c.t.nodes.row[node];
  const action = r[i + 1];
  c.put(node);
  m.clientIp[row] ||= r[i + 4];
  m.clientName[row] ||= r[i + 3];
  m.from[row] ||= r[i + 5];
  if (action === ACTION.hold) {
    m.flags[row] |= FLAG.held;
    return;
  }
  if (action !== ACTION.reject && action !== ACTION.discard) return;
  m.flags[row] |= FLAG.judged;
  const grey =
    action === ACTION.reject && (r[i + 8] !== 0 || (m.engine[row] === 1 && m.action[row] === ACTION.greylist));
  const status = action === ACTION.discard ? STATUS.discarded : grey ? STATUS.greylisted : STATUS.rejected;
  refuse(c, node, r[i + 6], status, r[i + 2], r[i + 7]);
  for (let to = c.aside.nextListed(node); to !== 0; to = c.aside.nextListed(node))
    refuse(c, node, to, status, r[i + 2], r[i + 7]);
  if (status === STATUS.greylisted) {
    for (let k = m.recipient[row]; k !== 0; k = rc.next[k]) remember(c, m.from[row], rc.to[k], node);
  }
  if (status === STATUS.rejected) c.addresses.setSuspect(m.clientIp[row], node);
  returned(c, node, r[i + 6]);
  c.close(node);
}

export function delivery(c: Correlation, r: Rec, i: number): void {
  const nodes = c.t.nodes;
  const m = c.t.messages;
  const rc = c.t.recipients;
  const node = c.queue(r[i], 0, 0);
  const row = nodes.row[node];
  c.put(node);
  claim(c, node);
  const to = r[i + 1];
  const originalTo = r[i + 2];
  const k = c.recipient(node, to, originalTo);
  let status = r[i + 5];
  if (rc.attempts[k] < 65535) rc.attempts[k]++;
  rc.relay[k] = r[i + 3];
  rc.dsn[k] = r[i + 4];
  rc.line[k] = c.line + 1;
  rc.time[k] = c.now;
  rc.delay[k] = r[i + 6];
  rc.before[k] = r[i + 7];
  rc.queued[k] = r[i + 8];
  rc.connect[k] = r[i + 9];
  rc.transfer[k] = r[i + 10];
  rc.reason[k] = r[i + 11];
  rc.hop[k] = r[i + 13];
  if (r[i + 13] !== 0 && c.manyHosts) c.aside.hop(k);
  const queuedAs = r[i + 12];
  const session = r[i + 15];
  if (queuedAs !== 0) {
    c.link(node, queuedAs, ROLE.filter);
    rc.flags[k] |= RECIPIENT_FLAG.handedOver;
  } else if (r[i + 14] !== 0) c.link(node, r[i + 14], ROLE.forward);
  else if (session !== 0) {
    const other = c.ref[session];
    if (other !== 0 && nodes.kind[other] === NODE.delivery && sameMail(c, node, other)) {
      c.join(node, other);
      linked(c, other);
    } else c.ref[session] = node;
    if (c.aside.discarded(session, to, originalTo)) status = STATUS.discarded;
  } else if (status !== STATUS.sent && r[i + 13] === 0) c.aside.failed(node, to, c.now);
  rc.status[k] = status;
  if (m.prior[row] === 0 && c.greylisted.size > 0) returned(c, node, originalTo !== 0 ? originalTo : to);
}

/** A message and a delivery session do not name different Message-IDs. */
export function sameMail(c: Correlation, message: number, session: number): boolean {
  const a = c.t.messages.messageId[c.t.nodes.row[message]];
  const b = c.t.sessions.messageId[c.t.nodes.row[session]];
  return a === 0 || b === 0 || c.aside.hashOf(a) === b;
}

/** A delivery session has found its message. */
export function linked(c: Correlation, node: number): void {
  c.t.sessions.flags[c.t.nodes.row[node]] |= SESSION_FLAG.linked;
}

export function notification(c: Correlation, r: Rec, i: number): void {
  const node = c.queue(r[i], 0, 0);
  c.put(node);
  if (r[i + 1] !== 0) c.link(node, r[i + 1], r[i + 2] === 1 ? ROLE.delay : ROLE.notification);
}
