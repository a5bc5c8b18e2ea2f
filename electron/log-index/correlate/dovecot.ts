/**
 * Dovecot: logins and their sessions, deliveries and what Sieve did with them. Also compiled: see
 * `compiled/compile.ts`.
 */
import { addRow } from '../index/table.ts';
import { NODE, PROCESS, SESSION_FLAG } from '../index/tables.ts';
import { ACTION, STATUS } from '../scan/records.ts';
import { linked, sameMail } from './queue.ts';
import type { Correlation } from './state.ts';

type Rec = Uint32Array;

function loginOf(c: Correlation, session: number): number {
  const node = session !== 0 ? c.ref[session] : 0;
  return node !== 0 && c.t.nodes.kind[node] === NODE.login && c.t.nodes.host[node] === c.host ? node : 0;
}

function newLogin(c: Correlation, session: number, user: number, ip: number, protocol: number): number {
  const l = c.t.logins;
  const row = addRow(l);
  const node = c.node(NODE.login, row);
  l.node[row] = node;
  l.user[row] = user;
  l.clientIp[row] = ip;
  l.protocol[row] = protocol;
  l.session[row] = session;
  if (session !== 0) c.ref[session] = node;
  return node;
}

export function login(c: Correlation, r: Rec, i: number): void {
  const protocol = r[i];
  const ok = r[i + 1];
  const user = r[i + 2];
  const ip = r[i + 3];
  const session = r[i + 4];
  const secured = r[i + 5];
  const l = c.t.logins;
  const node = loginOf(c, session) || newLogin(c, session, user, ip, protocol);
  const row = c.t.nodes.row[node];
  c.put(node);
  if (protocol !== 8) l.protocol[row] = protocol; // auth only knows that it was asked
  l.ok[row] = ok;
  l.user[row] ||= user;
  l.clientIp[row] ||= ip;
  l.secured[row] ||= secured;
  l.flags[row] |= ok === 1 ? 1 : 3;
  if (ok === 0 && ip !== 0) c.addresses.setSuspect(ip, node);
}

export function sessionLine(c: Correlation, r: Rec, i: number): void {
  const session = r[i];
  let node = loginOf(c, session);
  if (node === 0) {
    if (r[i + 1] === 0) {
      // a client that never logged in
      c.put(c.session(NODE.session, r[i + 2], 0));
      return;
    }
    node = newLogin(c, session, r[i + 1], r[i + 2], r[i + 4]);
    c.t.logins.ok[c.t.nodes.row[node]] = 1;
  }
  c.put(node);
  if (r[i + 3] === 1) c.t.logins.flags[c.t.nodes.row[node]] |= 2;
}

export function lmtpOpen(c: Correlation): void {
  const process = c.process(PROCESS.lmtp);
  const p = c.processes;
  const before = p.session[process];
  const s = c.t.sessions;
  if (
    before !== 0 &&
    (s.flags[c.t.nodes.row[before]] & SESSION_FLAG.early) !== 0 &&
    c.t.nodes.t1[before] + 2 >= c.now
  ) {
    // syslog was slower with the Connect than with what followed it
    const row = c.t.nodes.row[before];
    s.flags[row] &= ~SESSION_FLAG.early;
    if (s.clientName[row] === 0) s.flags[row] |= SESSION_FLAG.reversed;
    c.put(before);
    return;
  }
  if (before !== 0 && (c.t.sessions.flags[c.t.nodes.row[before]] & SESSION_FLAG.ended) === 0) settleOld(c, before);
  p.doubt[process] = 0;
  p.previous[process] = before;
  // its Disconnect may still be on its way
  p.before[process] = before !== 0 && (s.flags[c.t.nodes.row[before]] & SESSION_FLAG.ended) === 0 ? before : 0;
  p.session[process] = c.session(NODE.delivery, 0, 0);
  c.put(p.session[process]);
}

function settleOld(c: Correlation, node: number): void {
  if (node !== 0 && (c.t.sessions.flags[c.t.nodes.row[node]] & SESSION_FLAG.linked) === 0) c.aside.lone(node);
}

export function lmtp(c: Correlation, r: Rec, i: number): void {
  const user = r[i]; // a hash, as the Message-ID
  const session = r[i + 1];
  const messageId = r[i + 2];
  const action = r[i + 3];
  const target = r[i + 4];
  const process = c.process(PROCESS.lmtp);
  const p = c.processes;
  const s = c.t.sessions;
  const nodes = c.t.nodes;
  let node = c.pid !== 0 ? p.session[process] : 0;
  const late = node !== 0 && c.isBefore(node) ? p.previous[process] : 0;
  const lateName = late === 0 ? 0 : s.clientName[nodes.row[late]];
  if (late !== 0 && nodes.t1[late] + 2 >= c.now && (lateName === 0 || lateName === session)) {
    // where the log has fractions of a second they tell that it is of the session before
    node = late;
  } else if (node !== 0) {
    // One connection may carry several messages: each is a node of its own.
    const row = nodes.row[node];
    const renamed = session !== 0 && s.clientName[row] !== 0 && s.clientName[row] !== session;
    const same = messageId !== 0 && s.messageId[row] === messageId;
    const differs = messageId !== 0 && s.messageId[row] !== 0 && !same;
    const other = differs || (renamed && !same);
    // After its Disconnect only a line that syslog delayed can still belong to this connection.
    const over = (s.flags[row] & SESSION_FLAG.ended) !== 0 && nodes.t1[node] + 2 < c.now;
    if (other || over) {
      settleOld(c, node);
      node = 0;
    }
  }
  const known = session !== 0 ? c.ref[session] : 0;
  if (node === 0) {
    node = c.session(NODE.delivery, 0, 0);
    s.flags[nodes.row[node]] |= SESSION_FLAG.early;
    if (c.pid !== 0) p.session[process] = node;
    else c.aside.lone(node); // dovecot-lda: one line, no process to follow
  }
  const row = nodes.row[node];
  c.put(node);
  s.messageId[row] ||= messageId;
  s.user[row] ||= user;
  if (session !== 0) {
    s.clientName[row] = session;
    if (known !== 0 && nodes.kind[known] === NODE.queue && sameMail(c, known, node)) {
      c.join(known, node);
      linked(c, node);
    }
    c.ref[session] = node;
  }
  if (action === ACTION.discard) {
    c.aside.discard(session, user);
    if (known !== 0 && nodes.kind[known] === NODE.queue) discardLate(c, known, user);
  } else if (action === ACTION.forwarded) c.aside.redirect(node, messageId, target, c.now);
}

/** Postfix logged the delivery before Dovecot logged the discard. */
function discardLate(c: Correlation, node: number, user: number): void {
  const rc = c.t.recipients;
  for (let k = c.t.messages.recipient[c.t.nodes.row[node]]; k !== 0; k = rc.next[k]) {
    if (
      (c.aside.hashOf(rc.to[k]) === user || c.aside.hashOf(rc.originalTo[k]) === user) &&
      rc.status[k] === STATUS.sent
    )
      rc.status[k] = STATUS.discarded;
  }
}

export function lmtpClose(c: Correlation): void {
  const process = c.process(PROCESS.lmtp);
  const p = c.processes;
  const s = c.t.sessions;
  const nodes = c.t.nodes;
  let node = p.session[process];
  const before = p.before[process];
  const near = before !== 0 && nodes.t1[before] + 2 >= c.now;
  const flags = node === 0 ? 0 : s.flags[nodes.row[node]];
  const doubt = p.doubt[process];
  p.doubt[process] = 0;
  p.before[process] = 0;
  if (near && doubt !== 0 && (flags & SESSION_FLAG.ended) !== 0) {
    // two sessions, two Disconnects: the first one was the first session's
    if (c.move(doubt - 1, node, before)) {
      s.flags[nodes.row[before]] |= SESSION_FLAG.ended;
      c.put(node);
      return;
    }
  }
  if (near && node !== 0 && (flags & SESSION_FLAG.ended) === 0) {
    // nothing delivered yet, or, where the log has fractions of a second, it had not even begun
    if (s.clientName[nodes.row[node]] === 0 || c.isBefore(node)) {
      c.put(before);
      s.flags[nodes.row[before]] |= SESSION_FLAG.ended;
      return;
    }
    p.before[process] = before;
    p.doubt[process] = c.line + 1;
  }
  if ((flags & SESSION_FLAG.reversed) !== 0) {
    // this is its Disconnect, so the one before its Connect was not
    s.flags[nodes.row[node]] &= ~SESSION_FLAG.reversed;
  } else if (node === 0 || (flags & SESSION_FLAG.ended) !== 0) {
    node = c.session(NODE.delivery, 0, 0);
    s.flags[nodes.row[node]] |= SESSION_FLAG.early;
  }
  c.put(node);
  settleOld(c, node);
  s.flags[nodes.row[node]] |= SESSION_FLAG.ended;
  p.session[process] = node;
}
