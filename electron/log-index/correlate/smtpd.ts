/**
 * smtpd and postscreen sessions: who connected, what was accepted, what was refused. Longer than usual: both kinds of
 * session and the policy lines between them hand traces to each other, and apart they would only export that state.
 * Also compiled: see `compiled/compile.ts`.
 */
import { addRow } from '../index/table.ts';
import { FLAG, NODE, PROCESS, ROLE, SESSION_FLAG } from '../index/tables.ts';
import { LIMITS } from '../limits.ts';
import { ACTION, STATUS } from '../scan/records.ts';
import { remember } from './greylist.ts';
import { refuse } from './refuse.ts';
import { refusedByScan } from './scans.ts';
import type { Correlation } from './state.ts';

type Rec = Uint32Array;

/** The session node of an smtpd process, made on the spot when its beginning was not in the log. */
function sessionOf(c: Correlation, process: number): number {
  const p = c.processes;
  let session = p.session[process];
  if (session === 0) {
    session = c.session(NODE.session, 0, 0);
    c.t.sessions.flags[c.t.nodes.row[session]] |= SESSION_FLAG.early;
    p.session[process] = session;
    p.current[process] = 0;
    p.next[process] = 0;
  }
  return session;
}

/** A line of the session: of its current transaction, else of the session. */
export function smtpdLine(c: Correlation, r: Rec, i: number): void {
  const process = c.process(PROCESS.smtpd);
  const session = sessionOf(c, process);
  const row = c.t.nodes.row[session];
  c.t.sessions.clientName[row] ||= r[i];
  c.t.sessions.clientIp[row] ||= r[i + 1];
  c.put(c.processes.current[process] || session);
}

export function connect(c: Correlation, r: Rec, i: number): void {
  const name = r[i];
  const ip = r[i + 1];
  const p = c.processes;
  const process = c.process(PROCESS.smtpd);
  const s = c.t.sessions;
  const nodes = c.t.nodes;
  let session = p.session[process];
  // "warning: hostname x does not resolve to address y" comes just before the connect it is about
  const early =
    session !== 0 &&
    (s.flags[nodes.row[session]] & SESSION_FLAG.early) !== 0 &&
    s.first[nodes.row[session]] === 0 &&
    nodes.t1[session] + 5 >= c.now;
  if (!early) session = c.session(NODE.session, 0, 0);
  const row = nodes.row[session];
  s.clientIp[row] = ip;
  s.clientName[row] = name;
  s.flags[row] &= ~SESSION_FLAG.early;
  p.session[process] = session;
  p.current[process] = 0;
  p.next[process] = 0;
  c.put(session);
  s.earlier[row] = c.addresses.client(ip);
  c.addresses.setClient(ip, session);
  if (c.waitingPolicy.size > 0) {
    const policy = c.waitingPolicy.get(ip);
    if (policy !== 0) {
      c.waitingPolicy.delete(ip);
      if (nodes.t1[policy] + 2 >= c.now) c.waiting.set(session, policy);
    }
  }
  if (r[i + 2] === 1) {
    // postscreen does not guard the submission ports
    s.flags[row] |= SESSION_FLAG.linked;
    return;
  }
  // the doorman let this client in a moment ago; of several connections the first one passed is the first to be served
  let depth = 0;
  let passed = 0;
  for (let n = c.addresses.screen(ip); n !== 0 && depth < 16; n = s.earlier[nodes.row[n]], depth++) {
    const flags = s.flags[nodes.row[n]];
    if (nodes.t1[n] + LIMITS.handover < c.now) break;
    if (nodes.host[n] !== c.host || (flags & (SESSION_FLAG.passed | SESSION_FLAG.taken)) !== SESSION_FLAG.passed)
      continue;
    if (passed === 0 || nodes.last[n] < nodes.last[passed]) passed = n;
  }
  if (passed !== 0) {
    s.flags[nodes.row[passed]] |= SESSION_FLAG.taken;
    s.flags[row] |= SESSION_FLAG.linked;
    c.join(session, passed);
  }
}

export function disconnect(c: Correlation, r: Rec, i: number): void {
  const process = c.process(PROCESS.smtpd);
  const p = c.processes;
  const session = sessionOf(c, process);
  const s = c.t.sessions;
  const row = c.t.nodes.row[session];
  c.put(p.current[process] || session);
  s.clientIp[row] ||= r[i];
  s.flags[row] |= SESSION_FLAG.ended;
  if ((s.flags[row] & SESSION_FLAG.early) === 0) s.ended[row] = c.now;
  const waiting = c.waiting.get(session);
  if (waiting !== 0) {
    c.waiting.delete(session);
    c.join(session, waiting);
  }
  p.before[process] = p.current[process] || session;
  p.session[process] = 0;
  p.current[process] = 0;
  p.next[process] = 0;
}

/** Syslog counted equal lines, and may say so when the session is over. */
export function repeated(c: Correlation, r: Rec, i: number): void {
  const process = c.process(PROCESS.smtpd);
  const p = c.processes;
  const s = c.t.sessions;
  const nodes = c.t.nodes;
  const open = p.session[process];
  if (open !== 0 && s.clientIp[nodes.row[open]] === r[i]) c.put(p.current[process] || open);
  else if (p.before[process] !== 0 && nodes.t1[p.before[process]] + LIMITS.handover >= c.now) c.put(p.before[process]);
  else c.put(p.current[process] || sessionOf(c, process));
}

export function tls(c: Correlation, r: Rec, i: number): void {
  const process = c.process(PROCESS.smtpd);
  const session = sessionOf(c, process);
  c.t.sessions.detail[c.t.nodes.row[session]] = r[i];
  c.put(c.processes.current[process] || session);
}

/** The next transaction of the session of this process, with the lines that were waiting for it. */
function begin(c: Correlation, process: number, node: number): number {
  const p = c.processes;
  const session = sessionOf(c, process);
  if (p.next[process] !== 0) {
    c.join(node, p.next[process]);
    p.next[process] = 0;
  }
  if (c.waiting.size > 0) {
    const waiting = c.waiting.get(session);
    if (waiting !== 0) {
      c.waiting.delete(session);
      c.join(node, waiting);
    }
  }
  p.current[process] = node;
  c.enter(session, node);
  return session;
}

export function accepted(c: Correlation, r: Rec, i: number): void {
  const m = c.t.messages;
  const node = c.queue(r[i], 1, 0);
  const row = c.t.nodes.row[node];
  const process = c.process(PROCESS.smtpd);
  const session = begin(c, process, node);
  m.flags[row] |= FLAG.born | FLAG.client | (r[i + 7] === 1 ? FLAG.submission : 0);
  m.clientName[row] = r[i + 1];
  m.clientIp[row] = r[i + 2];
  m.login[row] = r[i + 3];
  m.session[row] = session;
  c.put(node);
  // a filter in between: the client it names is the one that matters
  if (r[i + 6] !== 0) {
    m.clientName[row] = r[i + 5];
    m.clientIp[row] = r[i + 6];
  }
  if (r[i + 4] !== 0) {
    const before = c.ref[r[i + 4]];
    if (before !== 0 && c.t.nodes.kind[before] === NODE.queue && before !== node) c.relate(before, node, ROLE.filter);
  }
}

export function proxied(c: Correlation, r: Rec, i: number): void {
  const m = c.t.messages;
  const node = c.message(NODE.proxy, 0);
  const row = c.t.nodes.row[node];
  m.session[row] = begin(c, c.process(PROCESS.smtpd), node);
  m.clientName[row] = r[i];
  m.clientIp[row] = r[i + 1];
  m.login[row] = r[i + 2];
  m.flags[row] |= FLAG.born | FLAG.client | (r[i + 3] === 1 ? FLAG.submission : 0);
  c.put(node);
}

export function proxyEnd(c: Correlation, r: Rec, i: number): void {
  const process = c.process(PROCESS.smtpd);
  const session = sessionOf(c, process);
  const node = c.processes.current[process];
  const nodes = c.t.nodes;
  if (node === 0 || nodes.kind[node] !== NODE.proxy) {
    c.put(node || session);
    if (node === 0 && r[i] !== 0) {
      // the beginning is not in the log: the lines still belong to the message behind the filter
      const queue = c.queue(r[i], 0, 0);
      c.join(queue, session);
    }
    return;
  }
  const m = c.t.messages;
  const row = nodes.row[node];
  c.put(node);
  m.from[row] = r[i + 4];
  if (r[i] !== 0) {
    c.link(node, r[i], ROLE.filter);
    c.close(node);
    return;
  }
  m.flags[row] |= FLAG.judged;
  c.close(node);
  refusedByScan(c, r, i, node);
}

export function reject(c: Correlation, r: Rec, i: number): void {
  const queueId = r[i];
  const action = r[i + 1];
  const process = c.process(PROCESS.smtpd);
  if (queueId !== 0) {
    // one recipient of a message that others accepted
    const node = c.queue(queueId, 0, 0);
    c.put(node);
    c.processes.current[process] = node;
    const status = statusOf(action, r[i + 10]);
    if (status !== 0 && r[i + 7] !== 0) refuse(c, node, r[i + 7], status, r[i + 3], r[i + 9]);
    return;
  }
  if (action === ACTION.warn || action === ACTION.redirect || action === ACTION.filter || action === ACTION.hold) {
    // not a refusal: it belongs to the message that is about to get its queue id
    waitFor(c, process);
    return;
  }
  const x = c.t.rejects;
  const row = addRow(x);
  const node = c.node(NODE.reject, row);
  x.node[row] = node;
  x.action[row] = action;
  x.code[row] = r[i + 2];
  x.dsn[row] = r[i + 3];
  x.clientName[row] = r[i + 4];
  x.clientIp[row] = r[i + 5];
  x.from[row] = r[i + 6];
  x.to[row] = r[i + 7];
  x.helo[row] = r[i + 8];
  x.reason[row] = r[i + 9];
  x.flags[row] = r[i + 10] !== 0 ? 2 : 0;
  x.session[row] = begin(c, process, node);
  c.put(node);
  c.addresses.setSuspect(r[i + 5], node);
  if (r[i + 10] !== 0) remember(c, r[i + 6], r[i + 7], node);
}

function statusOf(action: number, greylisted: number): number {
  if (action === ACTION.reject) return greylisted !== 0 ? STATUS.greylisted : STATUS.rejected;
  if (action === ACTION.discard) return STATUS.discarded;
  if (action === ACTION.hold) return STATUS.held;
  return STATUS.none;
}

/** The line at hand goes to the next transaction of the process. */
function waitFor(c: Correlation, process: number): void {
  const p = c.processes;
  sessionOf(c, process);
  if (p.next[process] === 0) p.next[process] = c.node(NODE.pending, 0);
  c.put(p.next[process]);
}

export function authFailed(c: Correlation, r: Rec, i: number): void {
  const process = c.process(PROCESS.smtpd);
  const session = sessionOf(c, process);
  const l = c.t.logins;
  const nodes = c.t.nodes;
  const current = c.processes.current[process];
  if (current !== 0 && nodes.kind[current] === NODE.login && l.user[nodes.row[current]] === r[i + 2]) {
    c.put(current);
    return;
  }
  const row = addRow(l);
  const node = c.node(NODE.login, row);
  l.node[row] = node;
  l.clientIp[row] = r[i + 1];
  l.user[row] = r[i + 2];
  l.flags[row] = 3;
  l.secured[row] = c.t.sessions.detail[nodes.row[session]] !== 0 ? 1 : 0;
  begin(c, process, node);
  c.put(node);
  c.addresses.setSuspect(r[i + 1], node);
}

/** postgrey decides about a recipient just before smtpd logs it; syslog may turn the two around. */
export function greylist(c: Correlation, r: Rec, i: number): void {
  const ip = r[i + 1];
  const s = c.t.sessions;
  const nodes = c.t.nodes;
  let session = 0;
  let depth = 0;
  for (let n = ip !== 0 ? c.addresses.client(ip) : 0; n !== 0 && depth < 8; n = s.earlier[nodes.row[n]], depth++) {
    if (nodes.t1[n] + 60 < c.now) break;
    if (session === 0 && nodes.host[n] === c.host && (s.flags[nodes.row[n]] & SESSION_FLAG.ended) === 0) session = n;
    const current = s.current[nodes.row[n]];
    if (r[i] !== ACTION.greylist || current === 0 || nodes.kind[current] !== NODE.reject || nodes.host[n] !== c.host)
      continue;
    const x = c.t.rejects;
    const row = nodes.row[current];
    if (x.to[row] === r[i + 3] && x.from[row] === r[i + 2] && nodes.t1[current] + 2 >= c.now) {
      c.put(current);
      return;
    }
  }
  if (session === 0) {
    if (ip === 0) return;
    const early = c.node(NODE.pending, 0);
    c.put(early);
    if (c.waitingPolicy.size > 1000) c.waitingPolicy.clear();
    c.waitingPolicy.set(ip, early);
    return;
  }
  // which process serves the session is known to the process only: leave the line with the session's next transaction
  const waiting = c.waiting.get(session) || c.node(NODE.pending, 0);
  c.put(waiting);
  c.waiting.set(session, waiting);
}

// ------------------------------------------------------------------------------------------------ postscreen

function screenOf(c: Correlation, ip: number, port: number): number {
  return c.findScreen(ip, port, 600) || openScreen(c, ip, port);
}

function openScreen(c: Correlation, ip: number, port: number): number {
  const node = c.session(NODE.screen, ip, 0);
  const s = c.t.sessions;
  const row = c.t.nodes.row[node];
  s.port[row] = port;
  s.earlier[row] = c.addresses.screen(ip);
  c.addresses.setScreen(ip, node);
  const waiting = c.waitingListed.get(ip);
  if (waiting !== 0) {
    c.waitingListed.delete(ip);
    if (c.t.nodes.t1[waiting] + 2 >= c.now) c.join(node, waiting);
  }
  return node;
}

export function screenOpen(c: Correlation, r: Rec, i: number): void {
  const known = c.findScreen(r[i], r[i + 1], LIMITS.handover);
  c.put(known !== 0 ? known : openScreen(c, r[i], r[i + 1]));
}

export function screenPass(c: Correlation, r: Rec, i: number): void {
  const node = screenOf(c, r[i], r[i + 1]);
  const s = c.t.sessions;
  const nodes = c.t.nodes;
  const row = nodes.row[node];
  c.put(node);
  s.flags[row] |= SESSION_FLAG.passed | SESSION_FLAG.ended;
  // smtpd was faster at the log than postscreen
  const client = c.addresses.client(r[i]);
  if (client !== 0 && nodes.host[client] === c.host && nodes.t0[client] + 2 >= c.now) {
    const at = nodes.row[client];
    if ((s.flags[at] & SESSION_FLAG.linked) === 0 && nodes.t0[client] + 1 >= nodes.t1[node]) {
      s.flags[row] |= SESSION_FLAG.taken;
      s.flags[at] |= SESSION_FLAG.linked;
      c.join(client, node);
    }
  }
}

export function screenLine(c: Correlation, r: Rec, i: number): void {
  const node = screenOf(c, r[i], r[i + 1]);
  const row = c.t.nodes.row[node];
  c.t.sessions.detail[row] = r[i + 2];
  c.put(c.t.sessions.current[row] || node);
}

export function screenEnd(c: Correlation, r: Rec, i: number): void {
  const node = screenOf(c, r[i], r[i + 1]);
  const row = c.t.nodes.row[node];
  c.t.sessions.flags[row] |= SESSION_FLAG.ended;
  c.put(c.t.sessions.current[row] || node);
}

export function screenReject(c: Correlation, r: Rec, i: number): void {
  const session = screenOf(c, r[i], r[i + 1]);
  const x = c.t.rejects;
  const row = addRow(x);
  const node = c.node(NODE.reject, row);
  x.node[row] = node;
  x.session[row] = session;
  x.action[row] = ACTION.reject;
  x.clientIp[row] = r[i];
  x.code[row] = r[i + 2];
  x.dsn[row] = r[i + 3];
  x.from[row] = r[i + 4];
  x.to[row] = r[i + 5];
  x.helo[row] = r[i + 6];
  x.reason[row] = r[i + 7];
  x.flags[row] = 1;
  c.enter(session, node);
  c.put(node);
  c.addresses.setSuspect(r[i], node);
}

export function listed(c: Correlation, r: Rec, i: number): void {
  const screen = c.findScreen(r[i], 0, LIMITS.handover);
  if (screen !== 0) {
    c.put(c.t.sessions.current[c.t.nodes.row[screen]] || screen);
    return;
  }
  const client = c.addresses.client(r[i]);
  if (client !== 0 && c.t.nodes.t1[client] + LIMITS.handover >= c.now) {
    c.put(client);
    return;
  }
  // the answer of the list may reach the log before the CONNECT that asked
  const waiting = c.node(NODE.pending, 0);
  c.put(waiting);
  if (c.waitingListed.size > 1000) c.waitingListed.clear();
  c.waitingListed.set(r[i], waiting);
}

export function ban(c: Correlation, r: Rec, i: number): void {
  const suspect = c.addresses.suspect(r[i]);
  const nodes = c.t.nodes;
  if (suspect !== 0 && nodes.t1[suspect] + 900 >= c.now && r[i + 2] === 1) {
    c.put(suspect);
    return;
  }
  const node = c.session(NODE.ban, r[i], r[i + 1]);
  c.t.sessions.detail[nodes.row[node]] = r[i + 2];
  c.put(node);
}
