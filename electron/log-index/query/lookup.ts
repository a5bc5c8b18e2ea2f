/**
 * Where strings occur, so that a question about an address reads a few hundred rows and not every column: for each
 * string the nodes that name it, and for each kind of field the short list of strings it has.
 *
 * It only proposes. A trace it names is then tested against the tables themselves (holds.ts), so what it holds too much
 * of costs time, never truth. It is made from the tables in one pass, beside the index and not while it is built.
 */
import type { LogSet } from '../index/log-set.ts';
import { NODE } from '../index/tables.ts';
import { LIMITS } from '../limits.ts';
import { type IpList, IpListMaker } from './ip.ts';
import { loadLookup, saveLookup } from './lookup-file.ts';
import { type LookupParts, type Postings, PostingTable } from './postings.ts';
import { type WordList, WordListMaker } from './words.ts';

const ROLE = { address: 1, relay: 2, reason: 4, ip: 8 } as const;

export class Lookup implements LookupParts {
  readonly postings: Postings;
  readonly addresses: WordList;
  readonly capitals: WordList;
  readonly relays: WordList;
  readonly reasons: WordList;
  readonly ips: IpList;
  /** Strings of the traces that changed since it was made: the lists may lack them. */
  readonly recent = {
    addresses: new Set<number>(),
    relays: new Set<number>(),
    reasons: new Set<number>(),
    ips: new Set<number>(),
  };
  /** Nodes of traces that changed since it was made: the postings may lack them. */
  readonly changed = new Set<number>();

  constructor(parts: LookupParts) {
    this.postings = parts.postings;
    this.addresses = parts.addresses;
    this.capitals = parts.capitals;
    this.relays = parts.relays;
    this.reasons = parts.reasons;
    this.ips = parts.ips;
  }

  /** How many nodes `nodesOf` would give for these strings. */
  countOf(ids: readonly number[]): number {
    let n = this.changed.size;
    if (ids.length > MANY) this.postings.expectMany?.();
    for (const id of ids) n += this.postings.count(id);
    return n;
  }

  /** Nodes whose traces may name one of these strings: all that do are among them. */
  *nodesOf(ids: readonly number[]): Generator<number> {
    for (const id of ids) yield* this.postings.of(id);
    yield* this.changed;
  }

  /** These traces have changed or are new. */
  change(set: LogSet, roots: Iterable<number>): void {
    const { recent } = this;
    const fields = fieldsOf(set);
    const add = (id: number, role: number): void => {
      if (id === 0) return;
      if (role === ROLE.address) recent.addresses.add(id);
      else if (role === ROLE.relay) recent.relays.add(id);
      else if (role === ROLE.reason) recent.reasons.add(id);
      else if (role === ROLE.ip) recent.ips.add(id);
    };
    const { nodes, messages: m, recipients: r } = set.t;
    for (const root of roots) {
      for (const node of set.members(root)) {
        this.changed.add(node);
        const row = nodes.row[node];
        const message = nodes.kind[node] === NODE.queue || nodes.kind[node] === NODE.proxy;
        for (const { table, rows, role, columns } of fields) {
          if (table === 'recipients') {
            if (!message) continue;
            for (let k = m.recipient[row]; k !== 0; k = r.next[k]) for (const c of columns) add(c[k], role);
          } else if (row < rows && set.t[table].node[row] === node) for (const c of columns) add(c[row], role);
        }
      }
    }
  }
}

/** Strings of which each is looked up on disk; more take longer than reading all postings. */
const MANY = 64;

interface Known {
  lookup: Lookup | null;
  /** Roots that changed and are not yet in it. */
  touched: Set<number>;
  /** The set is no longer as it was opened: what is on disk is not about it. */
  grown: boolean;
}
const known = new WeakMap<LogSet, Known>();

function of(set: LogSet): Known {
  let mine = known.get(set);
  if (mine === undefined) {
    mine = { lookup: null, touched: new Set(), grown: false };
    known.set(set, mine);
  }
  return mine;
}

/** The set's lookup: the one on disk, or made now and kept there. */
export function lookupOf(set: LogSet): Lookup {
  const mine = of(set);
  const { touched } = mine;
  if (mine.lookup !== null && mine.lookup.changed.size + touched.size > LIMITS.lookupChanges) {
    mine.lookup.postings.close?.();
    mine.lookup = null;
  }
  if (mine.lookup === null) {
    mine.lookup = mine.grown ? new Lookup(makeLookup(set)) : storedLookup(set);
    touched.clear();
  }
  if (touched.size > 0) mine.lookup.change(set, touched);
  touched.clear();
  return mine.lookup;
}

function storedLookup(set: LogSet): Lookup {
  const stored = loadLookup(set);
  if (stored !== undefined) return new Lookup(stored);
  const made = makeLookup(set);
  saveLookup(set, made);
  return new Lookup(made);
}

/** The set is closed. */
export function closeLookup(set: LogSet): void {
  known.get(set)?.lookup?.postings.close?.();
  known.delete(set);
}

/** These traces changed: what was made before does not know it. */
export function tracesChanged(set: LogSet, roots: readonly number[]): void {
  const mine = of(set);
  if (roots.length > 0) mine.grown = true;
  if (mine.lookup !== null) for (const root of roots) mine.touched.add(root);
}

interface Field {
  table: 'messages' | 'recipients' | 'rejects' | 'logins' | 'sessions';
  rows: number;
  role: number;
  columns: Uint32Array[];
  /** Whether its strings lead to their nodes; relays and reasons are too few for that to help. */
  posted: boolean;
}

function fieldsOf(set: LogSet): Field[] {
  const { messages: m, recipients: r, rejects: x, logins: l, sessions: s } = set.t;
  const field = (table: Field['table'], role: number, columns: Uint32Array[], posted = true): Field => ({
    table,
    rows: set.t[table].n,
    role,
    columns,
    posted,
  });
  return [
    field('messages', 0, [m.queueId, m.messageId]),
    field('messages', ROLE.address, [m.from, m.login]),
    field('messages', ROLE.ip, [m.clientIp]),
    field('recipients', ROLE.address, [r.to, r.originalTo]),
    field('recipients', ROLE.relay, [r.relay], false),
    field('recipients', ROLE.reason, [r.reason], false),
    field('rejects', ROLE.address, [x.from, x.to]),
    field('rejects', ROLE.ip, [x.clientIp]),
    field('rejects', ROLE.reason, [x.reason], false),
    field('logins', ROLE.address, [l.user]),
    field('logins', ROLE.ip, [l.clientIp]),
    field('sessions', ROLE.ip, [s.clientIp]),
  ];
}

/** One pass over the tables to count, one to fill, one over the strings. */
function makeLookup(set: LogSet): LookupParts & { postings: PostingTable } {
  const size = set.strings.size;
  const start = new Uint32Array(size + 1);
  const roles = new Uint8Array(size);
  const fields = fieldsOf(set);
  for (const { columns, rows, role, posted } of fields) {
    for (const column of columns) {
      for (let i = 1; i < rows; i++) {
        const id = column[i];
        if (posted) start[id]++;
        if (role !== 0) roles[id] |= role;
      }
    }
  }
  start[0] = 0; // 0 is no string
  let total = 0;
  for (let id = 0; id <= size; id++) {
    const n = start[id];
    start[id] = total;
    total += n;
  }
  // filled from each begin; afterwards start[id] is the end of id, which is the begin of id + 1
  const nodes = new Uint32Array(total);
  const { node: nodeOfMessage } = set.t.messages;
  const { message } = set.t.recipients;
  for (const { table, columns, rows, posted } of fields) {
    if (!posted) continue;
    const nodeOf = table === 'recipients' ? message : set.t[table].node;
    for (const column of columns) {
      for (let i = 1; i < rows; i++) {
        const id = column[i];
        if (id === 0) continue;
        nodes[start[id]++] = table === 'recipients' ? nodeOfMessage[nodeOf[i]] : nodeOf[i];
      }
    }
  }
  start.copyWithin(1, 0, size);
  start[0] = 0;
  const lists = [new WordListMaker(), new WordListMaker(), new WordListMaker()];
  const capitals = new WordListMaker();
  const ips = new IpListMaker();
  set.strings.each((id, bytes, at, length) => {
    const role = roles[id];
    if (role === 0) return;
    if ((role & ROLE.ip) !== 0) ips.add(id, bytes, at, length);
    for (let k = 0; k < 3; k++) if ((role & (1 << k)) !== 0) lists[k].add(id, bytes, at, length);
    if ((role & ROLE.address) !== 0 && hasCapitals(bytes, at, length)) {
      const folded = Buffer.from(set.strings.text(id).toLowerCase());
      capitals.add(id, folded, 0, folded.length);
    }
  });
  const [addresses, relays, reasons] = lists.map((maker) => maker.list());
  return {
    postings: new PostingTable(start, nodes),
    addresses,
    capitals: capitals.list(),
    relays,
    reasons,
    ips: ips.list(),
  };
}

/** An address with capitals: what an exact lookup in small letters misses. */
function hasCapitals(bytes: Uint8Array, at: number, length: number): boolean {
  let upper = false;
  let sign = false;
  for (let i = at, e = at + length; i < e; i++) {
    const c = bytes[i];
    if (c === 64) sign = true;
    else if (c >= 65 && c <= 90) upper = true;
  }
  return upper && sign;
}
