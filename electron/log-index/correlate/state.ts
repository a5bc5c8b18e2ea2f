/**
 * The correlator's memory: which node each queue id, session, process and address means right now, and the few verbs
 * that every handler uses. One line is handled at a time, in order, so nothing here is shared or locked. Longer than
 * usual: it is the one list of what the correlator remembers. Also compiled: see `compiled/compile.ts`.
 */
import type { Room } from '../index/room.ts';
import { addRow, AHEAD, touch } from '../index/table.ts';
import { FLAG, NODE, PROCESS, type Processes, ROLE, SESSION_FLAG, type Tables } from '../index/tables.ts';
import { LIMITS } from '../limits.ts';
import type { Block } from '../scan/machine.ts';
import { Addresses } from './addresses.ts';
import type { Aside } from './aside.ts';
import { IntMap } from './int-map.ts';

/** Which nodes matter most when two traces become one: its head says what the trace is. */
const RANK: Block = new Uint8Array(16);
RANK[NODE.queue] = 9;
RANK[NODE.proxy] = 9;
RANK[NODE.reject] = 8;
RANK[NODE.login] = 7;
RANK[NODE.account] = 6;
RANK[NODE.ban] = 5;
RANK[NODE.update] = 5;
RANK[NODE.scan] = 3;
RANK[NODE.delivery] = 3;
RANK[NODE.session] = 2;
RANK[NODE.screen] = 2;
RANK[NODE.pending] = 1;

/** Recipients of one message that are looked through one by one; of more there is an index. */
const MANY = 48;

export class Correlation {
  readonly t: Tables;
  /** What is kept in lists and maps of JavaScript. */
  readonly aside: Aside;
  private readonly room: Room;
  /** Per string: the node it names (queue id, session id, scan id). */
  ref: Uint32Array;
  /** Per string: the newest message with this Message-ID. */
  byMessageId: Uint32Array;
  /** Strings whose memory is at hand: see `addRow`. */
  private ready = 0;
  readonly addresses: Addresses;
  readonly processes: Processes;
  /** By kind: rows by host and pid. Containers on one host may even share a pid at the same moment. */
  readonly smtpd: IntMap;
  readonly client: IntMap;
  readonly lmtp: IntMap;
  /** Policy lines that wait for the next transaction of a session. */
  readonly waiting: IntMap;
  /** Policy decisions, and answers of DNS lists, about an address that has not connected yet. */
  readonly waitingPolicy: IntMap;
  readonly waitingListed: IntMap;
  /** Greylisted attempts by sender and recipient. */
  readonly greylisted: IntMap;
  /** The attempt before an attempt, for the same sender and recipient. */
  readonly greylistedBefore: IntMap;
  /** Time and place of the line at hand. */
  now = 0;
  ms = 0;
  host = 0;
  pid = 0;
  line = 0;
  /** Lines of the chunk at hand, three words each: offset, node, previous line of the node plus one. */
  lines: Uint32Array = new Uint32Array(0);
  lineBase = 0;
  /** Recipients delivered to other hosts are looked up there when the set has several hosts. */
  manyHosts = false;
  oneHost = 0;
  /** First and last time seen. */
  first = 0;
  latest = 0;

  /** `strings`: numbers of the dictionary to have room for; memory is taken as they come. */
  constructor(tables: Tables, processes: Processes, aside: Aside, room: Room, strings: number) {
    this.t = tables;
    this.processes = processes;
    this.aside = aside;
    this.room = room;
    this.ref = room.words(strings);
    this.byMessageId = room.words(strings);
    this.addresses = new Addresses(room, strings);
    this.smtpd = new IntMap(room, 2048);
    this.client = new IntMap(room, 2048);
    this.lmtp = new IntMap(room, 2048);
    this.waiting = new IntMap(room, 1024);
    this.waitingPolicy = new IntMap(room, 1024);
    this.waitingListed = new IntMap(room, 1024);
    this.greylisted = new IntMap(room, 1024);
    this.greylistedBefore = new IntMap(room, 1024);
  }

  /** Makes room for strings with numbers below `strings`. */
  fit(strings: number): void {
    const before = this.ref.length;
    if (strings > before) {
      const n = Math.max(strings, before * 2);
      this.ref = this.grown(this.ref, n);
      this.byMessageId = this.grown(this.byMessageId, n);
      this.addresses.rows = this.grown(this.addresses.rows, n);
    }
    if (strings <= this.ready) return;
    const ready = Math.min(this.ref.length, strings + AHEAD);
    touch(this.ref, this.ready, ready);
    touch(this.byMessageId, this.ready, ready);
    touch(this.addresses.rows, this.ready, ready);
    this.ready = ready;
  }

  private grown(words: Uint32Array, n: number): Uint32Array {
    const grown = this.room.words(n);
    grown.set(words);
    return grown;
  }

  /** A new node of its own trace. */
  node(kind: number, row: number): number {
    const nodes = this.t.nodes;
    const n = nodes.n < nodes.ready ? nodes.n++ : addRow(nodes);
    nodes.kind[n] = kind;
    nodes.host[n] = this.host;
    nodes.up[n] = n;
    nodes.ring[n] = n;
    nodes.head[n] = n;
    nodes.t0[n] = this.now;
    nodes.ms0[n] = this.ms;
    nodes.t1[n] = this.now;
    nodes.row[n] = row;
    return n;
  }

  /** Notes that the log speaks of several hosts. */
  sawHost(host: number): void {
    if (host === 0) return;
    if (this.oneHost === 0) this.oneHost = host;
    else if (this.oneHost !== host) this.manyHosts = true;
  }

  /** The line at hand belongs to `node`. */
  put(node: number): void {
    const nodes = this.t.nodes;
    const i = (this.line - this.lineBase) * 3;
    this.lines[i + 1] = node;
    this.lines[i + 2] = nodes.last[node];
    nodes.last[node] = this.line + 1;
    if (this.now > nodes.t1[node]) nodes.t1[node] = this.now;
    else if (this.now < nodes.t0[node] || (this.now === nodes.t0[node] && this.ms < nodes.ms0[node])) {
      nodes.t0[node] = this.now;
      nodes.ms0[node] = this.ms;
    }
  }

  /** Line `line` was put to `from` as its last one, and is `to`'s; false when it cannot be moved any more. */
  move(line: number, from: number, to: number): boolean {
    const nodes = this.t.nodes;
    // only the chunk at hand can still be written
    if (line < this.lineBase || line >= this.line || nodes.last[from] !== line + 1 || nodes.last[to] > line)
      return false;
    const i = (line - this.lineBase) * 3;
    nodes.last[from] = this.lines[i + 2];
    this.lines[i + 1] = to;
    this.lines[i + 2] = nodes.last[to];
    nodes.last[to] = line + 1;
    return true;
  }

  /** The line at hand says that it was written before `node` began: syslog was late with it. */
  isBefore(node: number): boolean {
    const nodes = this.t.nodes;
    return this.now < nodes.t0[node] || (this.now === nodes.t0[node] && this.ms < nodes.ms0[node]);
  }

  root(node: number): number {
    const up = this.t.nodes.up;
    let r = node;
    while (up[r] !== r) {
      up[r] = up[up[r]];
      r = up[r];
    }
    return r;
  }

  /** `b`'s trace becomes part of `a`'s. The head stays `a`'s unless `b`'s says more. */
  join(a: number, b: number): void {
    const nodes = this.t.nodes;
    const ra = this.root(a);
    const rb = this.root(b);
    if (ra === rb) return;
    const ha = nodes.head[ra];
    const hb = nodes.head[rb];
    const head = RANK[nodes.kind[hb]] > RANK[nodes.kind[ha]] ? hb : ha;
    // circular lists merge by exchanging two successors
    const next = nodes.ring[ra];
    nodes.ring[ra] = nodes.ring[rb];
    nodes.ring[rb] = next;
    const root = ra < rb ? ra : rb;
    nodes.up[ra] = root;
    nodes.up[rb] = root;
    nodes.head[root] = head;
  }

  /** Rows of `processes` of a kind, by host and pid. */
  processesOf(kind: number): IntMap {
    return kind === PROCESS.smtpd ? this.smtpd : kind === PROCESS.client ? this.client : this.lmtp;
  }

  /** The process of the line at hand, as a row of `processes`. */
  process(kind: number): number {
    const rows = this.processesOf(kind);
    const key = ((this.host << 22) | this.pid) >>> 0 || 0xffffffff;
    let row = rows.get(key);
    const p = this.processes;
    if (row === 0) {
      row = addRow(p);
      rows.set(key, row);
      p.kind[row] = kind;
    }
    p.time[row] = this.now;
    return row;
  }

  /** A process that was open when the set was closed. */
  resumeProcess(key: number, kind: number, session: number, current: number, next: number, before: number): void {
    const p = this.processes;
    const row = addRow(p);
    this.processesOf(kind).set(key, row);
    p.kind[row] = kind;
    p.session[row] = session;
    p.current[row] = current;
    p.next[row] = next;
    p.before[row] = before;
    p.time[row] = this.latest;
  }

  /** The process of the line at hand if it is of this kind, else 0. */
  knownProcess(kind: number): number {
    return this.processesOf(kind).get(((this.host << 22) | this.pid) >>> 0 || 0xffffffff);
  }

  /** A new session node. */
  session(kind: number, ip: number, name: number): number {
    const s = this.t.sessions;
    const row = s.n < s.ready ? s.n++ : addRow(s);
    const node = this.node(kind, row);
    s.node[row] = node;
    s.clientIp[row] = ip;
    s.clientName[row] = name;
    return node;
  }

  /** `node` is the next transaction of a session: the first one takes the session's own lines. */
  enter(session: number, node: number): void {
    const s = this.t.sessions;
    const row = this.t.nodes.row[session];
    s.current[row] = node;
    if (s.first[row] === 0) {
      s.first[row] = node;
      this.join(node, session);
    }
  }

  /** A new message row with its node. */
  message(kind: number, queueId: number): number {
    const m = this.t.messages;
    const row = m.n < m.ready ? m.n++ : addRow(m);
    const node = this.node(kind, row);
    m.node[row] = node;
    m.queueId[row] = queueId;
    return node;
  }

  /**
   * The node that a queue id means now. Ids are reused: a line that begins a life of the id starts a new node when
   * the one before has ended or has begun already; any other line does so when the end is longer ago than syslog
   * ever delays. `birth`: 0 none, 1 smtpd or pickup, 2 cleanup's Message-ID (`messageId` then says which).
   */
  queue(queueId: number, birth: number, messageId: number): number {
    const m = this.t.messages;
    const nodes = this.t.nodes;
    let node = this.ref[queueId];
    if (node !== 0 && nodes.kind[node] !== NODE.queue) node = 0;
    const newest = node;
    while (node !== 0 && nodes.host[node] !== this.host) node = m.earlier[nodes.row[node]];
    if (node !== 0) {
      const row = nodes.row[node];
      const flags = m.flags[row];
      if ((flags & FLAG.closed) !== 0) {
        // smtpd's or pickup's own line may come last of a message that lived for a moment
        if (birth === 1 && (flags & FLAG.client) === 0 && m.parent[row] === 0 && this.now <= m.closed[row] + 1)
          return node;
        if (this.now <= m.closed[row] + LIMITS.lateLine && birth !== 1 && !(birth === 2 && m.messageId[row] !== 0))
          return node;
        if (birth === 0 && this.now <= m.closed[row] + LIMITS.lateLine) return node;
      } else if (birth === 1) {
        if ((flags & FLAG.client) === 0) return node;
      } else if (birth === 2) {
        if ((flags & FLAG.born) === 0 || m.messageId[row] === 0 || m.messageId[row] === messageId) return node;
      } else return node;
    }
    const fresh = this.message(NODE.queue, queueId);
    const row = nodes.row[fresh];
    m.earlier[row] = newest;
    this.ref[queueId] = fresh;
    const parent = this.aside.expectedBy(queueId, this.now);
    if (parent !== 0) this.relate(parent, fresh, this.aside.expectedAs());
    return fresh;
  }

  /** `parent` named `queueId` as its next queue id, notification or forward. */
  link(parent: number, queueId: number, role: number): void {
    const nodes = this.t.nodes;
    let node = this.ref[queueId];
    if (node !== 0 && nodes.kind[node] !== NODE.queue) node = 0;
    while (node !== 0 && nodes.host[node] !== this.host) node = this.t.messages.earlier[nodes.row[node]];
    const since = role === ROLE.filter ? nodes.t0[parent] - LIMITS.lateLine : this.now - LIMITS.handover;
    if (node !== 0 && node !== parent && nodes.t0[node] >= since) this.relate(parent, node, role);
    else this.aside.expect(queueId, parent, role, this.now);
  }

  relate(parent: number, node: number, role: number): void {
    const m = this.t.messages;
    const nodes = this.t.nodes;
    const row = nodes.row[node];
    const parentRow = nodes.row[parent];
    if (role === ROLE.filter) {
      if ((m.flags[row] & FLAG.continued) !== 0 && this.root(parent) === this.root(node)) return;
      m.flags[parentRow] |= FLAG.continues;
      m.flags[row] |= FLAG.continued;
      this.join(parent, node);
      return;
    }
    if (m.parent[row] !== 0) return;
    m.parent[row] = parent;
    m.flags[row] |= FLAG.born | (role === ROLE.forward ? FLAG.forward : FLAG.notification);
    if (role === ROLE.delay) m.flags[parentRow] |= FLAG.delayed;
    m.sibling[row] = m.child[parentRow];
    m.child[parentRow] = node;
  }

  /** The row of a message's recipient, new when it is not there yet. */
  recipient(node: number, to: number, originalTo: number): number {
    const m = this.t.messages;
    const r = this.t.recipients;
    const row = this.t.nodes.row[node];
    // Newest first would be wrong for order; lists are short, and long ones (mailing lists) go through the index.
    const n = m.recipients[row];
    if (n < MANY) {
      for (let i = m.recipient[row]; i !== 0; i = r.next[i])
        if (r.to[i] === to && r.originalTo[i] === originalTo) return i;
    } else {
      const known = this.aside.recipientOf(this.t, row, to, originalTo);
      if (known !== 0) return known;
    }
    const i = r.n < r.ready ? r.n++ : addRow(r);
    r.message[i] = row;
    r.to[i] = to;
    r.originalTo[i] = originalTo;
    if (m.recipient[row] === 0) m.recipient[row] = i;
    else r.next[m.lastRecipient[row]] = i;
    m.lastRecipient[row] = i;
    m.recipients[row] = n + 1;
    if (n >= MANY) this.aside.addRecipient(row, to, originalTo, i);
    return i;
  }

  close(node: number): void {
    const m = this.t.messages;
    const row = this.t.nodes.row[node];
    m.flags[row] |= FLAG.closed;
    m.closed[row] = this.now;
    if (m.recipients[row] > MANY) this.aside.forgetRecipients(row);
  }

  /** The newest open session of a kind for an address and port (0: any) that is not older than `seconds`. */
  findScreen(ip: number, port: number, seconds: number): number {
    const s = this.t.sessions;
    const nodes = this.t.nodes;
    let depth = 0;
    for (let n = this.addresses.screen(ip); n !== 0 && depth < 16; n = s.earlier[nodes.row[n]], depth++) {
      const row = nodes.row[n];
      if (nodes.t1[n] + seconds < this.now) return 0;
      if (nodes.host[n] !== this.host || (port !== 0 && s.port[row] !== port)) continue;
      if ((s.flags[row] & SESSION_FLAG.ended) === 0) return n;
    }
    return 0;
  }
}
