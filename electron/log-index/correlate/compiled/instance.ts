/**
 * The compiled correlator: the tables and all that usual lines touch lie in its memory, where this side sees them as
 * typed arrays. So whatever it leaves to JavaScript works on the same rows.
 */
import { engine } from '../../compiled/web-assembly.ts';
import type { Room } from '../../index/room.ts';
import type { Column, ColumnType } from '../../index/table.ts';
import { Correlator, END, FOREVER } from '../correlator.ts';
import type { IntMap } from '../int-map.ts';
import { handleRare } from '../other-servers.ts';
import { refusedByScan, scanWithoutMessage } from '../scans.ts';
import type { Correlation } from '../state.ts';

interface Exports {
  memory: { buffer: SharedArrayBuffer };
  alloc: (bytes: number) => number;
  stateAt: () => number;
  tableAt: (number: number) => number;
  strings: (ref: number, byMessageId: number, addresses: number) => void;
  run: (
    rec: number,
    block: number,
    lineBase: number,
    at: number,
    i: number,
    total: number,
    until: number,
    seconds: number,
  ) => number;
  at: () => number;
  number: () => number;
  seconds: () => number;
}

/** A table, the program's words about it, and the capacity that both sides know. */
interface Shared {
  table: { n: number; capacity: number; ready: number; names: readonly string[] };
  columns: Record<string, Column>;
  words: Int32Array;
  known: number;
}

/** Rows, capacity and rows that are ready of a table, in front of its columns. */
const TABLE_HEAD = 3;
const STATE_WORDS = 64;

/** Its memory has no room for what the lines need: more of them than any log of its size was expected to have. */
export class CorrelatorFull extends Error {}

export class Compiled {
  private readonly wasm: Exports;
  /** Arrays for a `Correlation` that this program is to serve. */
  readonly room: Room;
  private c: Correlation | undefined;
  private script: Correlator | undefined;
  private readonly state: Int32Array;
  private tables: Shared[] = [];
  private maps: IntMap[] = [];
  /** All of its memory, and every buffer that has been its memory: growth makes a longer one on the same bytes. */
  private all: Uint32Array;
  private readonly buffers = new WeakSet<ArrayBufferLike>();
  private ref: Uint32Array | undefined;
  private spare: Uint32Array;
  at = 0;
  i = 0;
  seconds = 0;

  constructor(program: object) {
    this.wasm = new engine.Instance(program, { world: this.world() }).exports as Exports;
    const { wasm } = this;
    const make = <T extends ColumnType>(type: T, length: number): InstanceType<T> => {
      const at = this.orFull(() => wasm.alloc(length * type.BYTES_PER_ELEMENT));
      const { buffer } = wasm.memory;
      this.buffers.add(buffer);
      return new type(buffer as unknown as ArrayBuffer, at, length) as InstanceType<T>;
    };
    this.room = { make, words: (length) => make(Uint32Array, length) };
    this.state = new Int32Array(wasm.memory.buffer, wasm.stateAt(), STATE_WORDS);
    this.all = new Uint32Array(wasm.memory.buffer);
    this.spare = this.room.words(0);
  }

  /** Works for this correlation from now on, whose arrays are in `room`. */
  serve(c: Correlation): void {
    this.c = c;
    this.script = new Correlator(c, FOREVER);
    const { t } = c;
    const tables = [t.nodes, t.messages, t.recipients, t.rejects, t.logins, t.sessions, c.processes];
    this.tables = tables.map((table, i) => ({
      table,
      columns: table as unknown as Record<string, Column>,
      words: new Int32Array(this.wasm.memory.buffer, this.wasm.tableAt(i), TABLE_HEAD + table.names.length),
      known: 0,
    }));
    this.maps = [
      c.smtpd,
      c.client,
      c.lmtp,
      c.waiting,
      c.waitingPolicy,
      c.waitingListed,
      c.greylisted,
      c.greylistedBefore,
    ];
  }

  /** As `Correlator.run`. Records that are not in `room` are copied there. */
  run(rec: Uint32Array, total: number, until: number, seconds: number): void {
    const { c, script, wasm } = this;
    if (c === undefined || script === undefined) throw new Error('no correlation to work for');
    this.seconds = seconds;
    if (c.latest < END && seconds < END) {
      const records = this.inRoom(rec);
      this.tell(c);
      const all = this.orFull(() =>
        wasm.run(
          records.byteOffset,
          c.lines.byteOffset,
          c.lineBase,
          this.at,
          this.i,
          total,
          until > END ? END : until,
          seconds,
        ),
      );
      this.at = wasm.at();
      this.i = wasm.number();
      this.seconds = wasm.seconds();
      this.heed(c);
      if (all !== 0) return;
    }
    script.at = this.at;
    script.i = this.i;
    script.run(rec, total, until, this.seconds);
    this.at = script.at;
    this.i = script.i;
    this.seconds = script.seconds;
  }

  /** The program ends itself in one case only: no memory is left. */
  private orFull<T>(act: () => T): T {
    try {
      return act();
    } catch (error) {
      if (error instanceof engine.RuntimeError) throw new CorrelatorFull('the compiled correlator is full');
      throw error;
    }
  }

  private inRoom(rec: Uint32Array): Uint32Array {
    if (this.buffers.has(rec.buffer)) return rec;
    if (this.spare.length < rec.length) this.spare = this.room.words(rec.length * 2);
    this.spare.set(rec);
    return this.spare;
  }

  /** What the program asks of `Aside`, and leaves to JavaScript. Hashes are unsigned here. */
  private world(): object {
    const mine = (): Correlation => this.c as Correlation;
    /** The program has told how things stand; afterwards they may stand otherwise. */
    const work = (what: (c: Correlation, rec: Uint32Array) => void): void => {
      const c = mine();
      this.heed(c);
      what(c, this.memory());
      this.tell(c);
    };
    return {
      seconds: (clock: number, time: number, last: number) => mine().aside.seconds(clock, time >>> 0, last),
      hashOf: (id: number) => mine().aside.hashOf(id),
      expect: (queueId: number, parent: number, role: number, now: number) =>
        mine().aside.expect(queueId, parent, role, now),
      expectedBy: (queueId: number, now: number) => mine().aside.expectedBy(queueId, now),
      expectedAs: () => mine().aside.expectedAs(),
      recipientOf: (row: number, to: number, originalTo: number) => {
        const c = mine();
        this.heed(c);
        return c.aside.recipientOf(c.t, row, to, originalTo);
      },
      addRecipient: (row: number, to: number, originalTo: number, recipient: number) =>
        mine().aside.addRecipient(row, to, originalTo, recipient),
      forgetRecipients: (row: number) => mine().aside.forgetRecipients(row),
      pickedUp: (node: number) => mine().aside.pickedUp(node),
      lone: (session: number) => mine().aside.lone(session),
      hop: (recipient: number) => mine().aside.hop(recipient),
      failed: (node: number, to: number, now: number) => mine().aside.failed(node, to, now),
      discard: (session: number, user: number) => mine().aside.discard(session, user >>> 0),
      discarded: (session: number, to: number, originalTo: number) =>
        mine().aside.discarded(session, to, originalTo) ? 1 : 0,
      redirect: (node: number, messageId: number, target: number, now: number) =>
        mine().aside.redirect(node, messageId >>> 0, target, now),
      list: (node: number, to: number) => mine().aside.list(node, to),
      nextListed: (node: number) => mine().aside.nextListed(node),
      rare: (kind: number, fields: number) => work((c, rec) => handleRare(c, kind, rec, fields)),
      scanWithoutMessage: (fields: number, node: number) => work((c, rec) => scanWithoutMessage(c, rec, fields, node)),
      refusedByScan: (fields: number, node: number) => work((c, rec) => refusedByScan(c, rec, fields, node)),
    };
  }

  private memory(): Uint32Array {
    const { buffer } = this.wasm.memory;
    if (this.all.buffer !== buffer) this.all = new Uint32Array(buffer);
    return this.all;
  }

  /** The program goes on; the order is that of `heed` in `shared.as`. */
  private tell(c: Correlation): void {
    const { state } = this;
    state[2] = c.host;
    state[5] = c.oneHost;
    state[6] = c.manyHosts ? 1 : 0;
    state[7] = c.first;
    state[8] = c.latest;
    state[9] = c.addresses.nodes.byteOffset;
    state[11] = c.addresses.used;
    let at = 12;
    for (const map of this.maps) {
      state[at] = map.pairs.byteOffset;
      state[at + 1] = map.mask;
      state[at + 2] = map.size;
      at += 3;
    }
    for (const shared of this.tables) {
      const { table, columns, words } = shared;
      words[0] = table.n;
      words[2] = table.ready;
      if (table.capacity === shared.known) continue;
      shared.known = table.capacity;
      words[1] = table.capacity;
      for (const [i, name] of table.names.entries()) words[TABLE_HEAD + i] = columns[name].byteOffset;
    }
    if (this.ref !== c.ref) {
      this.ref = c.ref;
      this.wasm.strings(c.ref.byteOffset, c.byMessageId.byteOffset, c.addresses.rows.byteOffset);
    }
  }

  /** The program has stopped; the order is that of `tell` in `shared.as`. */
  private heed(c: Correlation): void {
    const { state } = this;
    const { buffer } = this.wasm.memory;
    c.now = state[0];
    c.ms = state[1];
    c.host = state[2];
    c.pid = state[3];
    c.line = state[4];
    c.oneHost = state[5];
    c.manyHosts = state[6] !== 0;
    c.first = state[7];
    c.latest = state[8];
    const { addresses } = c;
    if (addresses.nodes.byteOffset !== state[9]) addresses.nodes = new Uint32Array(buffer, state[9], state[10]);
    addresses.used = state[11];
    let at = 12;
    for (const map of this.maps) {
      if (map.pairs.byteOffset !== state[at]) map.pairs = new Uint32Array(buffer, state[at], (state[at + 1] + 1) * 2);
      map.mask = state[at + 1];
      map.size = state[at + 2];
      at += 3;
    }
    for (const shared of this.tables) {
      const { table, columns, words } = shared;
      table.n = words[0];
      table.ready = words[2];
      if (words[1] === shared.known) continue;
      shared.known = words[1];
      table.capacity = words[1];
      for (const [i, name] of table.names.entries()) {
        const type = columns[name].constructor as ColumnType;
        columns[name] = new type(buffer as unknown as ArrayBuffer, words[TABLE_HEAD + i], table.capacity);
      }
    }
  }
}
