/** Exim and qmail: arrivals in one line, numbered deliveries, refusals without a session. */
import { FLAG, NODE, ROLE } from '../index/tables.ts';
import { addRow } from '../index/table.ts';
import { ACTION, KIND, signed, STATUS } from '../scan/records.ts';
import { remember } from './greylist.ts';
import type { Correlation } from './state.ts';

type Rec = Uint32Array;

/** Handles a record of a kind that Postfix and Dovecot do not have. */
export function handleRare(c: Correlation, kind: number, r: Rec, i: number): void {
  switch (kind) {
    case KIND.refused:
      return refused(c, r, i);
    case KIND.arrived:
      return arrived(c, r, i);
    case KIND.born:
      return born(c, r, i);
    case KIND.tryStart:
      return tryStart(c, r, i);
    case KIND.tryEnd:
      return tryEnd(c, r, i);
    case KIND.bounced:
      return bounced(c, r, i);
    case KIND.scanned:
      return scanned(c, r, i);
    default: // nothing is known of the line
  }
}

/** Seconds between a child's arrival and the line that names its process. */
const NEAR = 60;

/** Seconds between a scanner's word and the line that says what became of the message. */
const SCANNED = 5;

function refused(c: Correlation, r: Rec, i: number): void {
  const x = c.t.rejects;
  const { nodes } = c.t;
  if (r[i + 9] === 2) c.aside.scanned.delete(c.pid); // the same scan may have passed the message for another reason first
  if (r[i + 9] === 1) {
    const scan = c.addresses.suspect(r[i + 3]);
    const same = scan !== 0 && nodes.kind[scan] === NODE.reject && nodes.t1[scan] + SCANNED >= c.now;
    if (same && x.from[nodes.row[scan]] === r[i + 4] && x.to[nodes.row[scan]] === r[i + 5]) {
      c.put(scan);
      x.helo[nodes.row[scan]] ||= r[i + 6];
      return;
    }
  }
  const row = addRow(x);
  const node = c.node(NODE.reject, row);
  x.node[row] = node;
  x.action[row] = ACTION.reject;
  x.code[row] = r[i];
  x.dsn[row] = r[i + 1];
  x.clientName[row] = r[i + 2];
  x.clientIp[row] = r[i + 3];
  x.from[row] = r[i + 4];
  x.to[row] = r[i + 5];
  x.helo[row] = r[i + 6];
  x.reason[row] = r[i + 7];
  x.flags[row] = r[i + 8] !== 0 ? 2 : 0;
  c.put(node);
  c.addresses.setSuspect(r[i + 3], node);
  if (r[i + 8] !== 0) remember(c, r[i + 4], r[i + 5], node);
}

function born(c: Correlation, r: Rec, i: number): void {
  const node = c.queue(r[i], 1, 0);
  c.t.messages.flags[c.t.nodes.row[node]] |= FLAG.born | FLAG.client;
  c.put(node);
}

function arrived(c: Correlation, r: Rec, i: number): void {
  const m = c.t.messages;
  const qp = r[i + 10];
  // qmail has said "new msg" before; Exim's arrival is the birth itself
  const node = c.queue(r[i], qp !== 0 ? 0 : 1, 0);
  const row = c.t.nodes.row[node];
  c.put(node);
  m.flags[row] |= FLAG.born | FLAG.client | FLAG.active;
  m.from[row] = r[i + 1];
  m.clientName[row] = r[i + 2];
  m.clientIp[row] = r[i + 3];
  m.login[row] = r[i + 4];
  m.size[row] = r[i + 5];
  if (r[i + 9] === 1) m.flags[row] |= FLAG.pickup;
  if (qp !== 0 && c.aside.scanned.size > 0) adoptVerdict(c, node);
  const messageId = r[i + 6];
  if (messageId !== 0) {
    m.messageId[row] = messageId;
    m.sameId[row] = c.byMessageId[messageId];
    c.byMessageId[messageId] = node;
  }
  if (r[i + 7] !== 0) {
    const parent = c.ref[r[i + 7]];
    if (parent !== 0 && parent !== node && c.t.nodes.kind[parent] === NODE.queue)
      c.relate(parent, node, ROLE.notification);
  }
  if (qp !== 0) {
    const waiting = c.aside.awaitedProcess.get(qp);
    if (waiting !== undefined && waiting.time + NEAR >= c.now && waiting.node !== node) {
      c.aside.awaitedProcess.delete(qp);
      c.relate(waiting.node, node, waiting.role);
    } else c.aside.byProcess.set(qp, { node, time: c.now });
  }
}

/** A scanner said something about a message that is about to be queued. */
function scanned(c: Correlation, r: Rec, i: number): void {
  const node = c.session(NODE.scan, r[i + 3], 0);
  c.put(node);
  if (c.aside.scanned.size > 1000) c.aside.scanned.clear(); // scans of mail that never came
  c.aside.scanned.set(c.pid, {
    node,
    time: c.now,
    engine: r[i],
    action: r[i + 1],
    score: signed(r[i + 2]),
    clientIp: r[i + 3],
    from: r[i + 4],
  });
}

/** The verdict of this message: the oldest one that waits for mail of its sender. */
function adoptVerdict(c: Correlation, node: number): void {
  const m = c.t.messages;
  const row = c.t.nodes.row[node];
  for (const [pid, scan] of c.aside.scanned) {
    if (scan.time + 3600 < c.now) c.aside.scanned.delete(pid);
    if (scan.from !== m.from[row] || scan.time + SCANNED < c.now || c.t.nodes.host[scan.node] !== c.host) continue;
    c.aside.scanned.delete(pid);
    c.join(node, scan.node);
    m.engine[row] = scan.engine;
    m.action[row] = scan.action;
    m.score[row] = scan.score;
    m.clientIp[row] ||= scan.clientIp;
    return;
  }
}

/** `parent` made a message through the queueing process `qp`, which is in the log already or soon. */
function madeBy(c: Correlation, parent: number, qp: number, role: number): void {
  const child = c.aside.byProcess.get(qp);
  if (child !== undefined && child.time + NEAR >= c.now && child.node !== parent) {
    c.aside.byProcess.delete(qp);
    c.relate(parent, child.node, role);
  } else c.aside.awaitedProcess.set(qp, { node: parent, time: c.now, role });
}

function tryStart(c: Correlation, r: Rec, i: number): void {
  const node = c.queue(r[i + 1], 0, 0);
  c.put(node);
  const recipient = c.recipient(node, r[i + 2], 0);
  if (c.t.recipients.attempts[recipient] < 65535) c.t.recipients.attempts[recipient]++;
  c.aside.tries.set(`${c.host},${r[i]}`, { node, recipient });
}

function tryEnd(c: Correlation, r: Rec, i: number): void {
  const key = `${c.host},${r[i]}`;
  const current = c.aside.tries.get(key);
  if (current === undefined) return; // its start is not in the log: nobody can say whose it is
  c.aside.tries.delete(key);
  c.put(current.node);
  const rc = c.t.recipients;
  const k = current.recipient;
  rc.status[k] = r[i + 1];
  rc.dsn[k] = r[i + 2];
  rc.reason[k] = r[i + 3];
  rc.time[k] = c.now;
  rc.line[k] = c.line + 1;
  if (r[i + 1] === STATUS.sent && r[i + 4] !== 0) madeBy(c, current.node, r[i + 4], ROLE.forward);
}

function bounced(c: Correlation, r: Rec, i: number): void {
  const node = c.queue(r[i], 0, 0);
  c.put(node);
  if (r[i + 1] !== 0) madeBy(c, node, r[i + 1], ROLE.notification);
}
