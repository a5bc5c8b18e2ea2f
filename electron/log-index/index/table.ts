/** Tables of typed-array columns: no objects per row, growth by doubling, bytes as they go to disk. */
import { type Column, type ColumnType, HEAP, type Room } from './room.ts';

export type { Column, ColumnType };

interface Common {
  /** Rows in use. Row 0 exists and is empty: 0 in a reference means none. */
  n: number;
  capacity: number;
  /** Rows whose memory is at hand: see `addRow`. */
  ready: number;
  names: readonly string[];
  /** Where its columns are. */
  room: Room;
}
export type Table<S extends Record<string, ColumnType>> = Common & { [K in keyof S]: InstanceType<S[K]> };

/** A table with room for `capacity` rows; memory is taken by the system as rows are used. */
export function createTable<S extends Record<string, ColumnType>>(
  spec: S,
  capacity = 1024,
  room: Room = HEAP,
): Table<S> {
  const table: Record<string, unknown> = { n: 1, capacity, ready: 0, names: Object.keys(spec), room };
  for (const [name, type] of Object.entries(spec)) table[name] = room.make(type, capacity);
  return table as unknown as Table<S>;
}

/** Bytes that the system gives at once. */
const PAGE = 4096;
/** Rows made ready at once. */
export const AHEAD = 8192;

/**
 * The number of a new row. Tables differ in shape, so this is slow code wherever it is called for several: the
 * correlator's busiest places take `n++` themselves while rows are ready.
 *
 * Memory that nobody has used is written before anything is read of it: a page that is read first is one page of zeros
 * for the whole system, and the write that follows has to interrupt every processor to replace it.
 */
export function addRow(table: Common): number {
  if (table.n >= table.ready) prepare(table);
  return table.n++;
}

function prepare(table: Common): void {
  if (table.n >= table.capacity) growTable(table, table.capacity * 2);
  table.ready = Math.min(table.capacity, table.n + AHEAD);
  const columns = table as unknown as Record<string, Column>;
  for (const name of table.names) touch(columns[name], table.n, table.ready);
}

/** Writes zeros to every page of `[from, to)`, whose elements nobody has used. */
export function touch(column: Column, from: number, to: number): void {
  const step = PAGE / column.BYTES_PER_ELEMENT;
  for (let i = from; i < to; i += step) column[i] = 0;
  if (to > from) column[to - 1] = 0;
}

/** Gives every column room for `capacity` rows. */
export function growTable(table: Common, capacity: number): void {
  const columns = table as unknown as Record<string, Column>;
  for (const name of table.names) {
    const old = columns[name];
    const type = old.constructor as Uint32ArrayConstructor;
    const grown = table.room.make(type, capacity);
    grown.set((old as Uint32Array).subarray(0, table.n));
    columns[name] = grown;
  }
  table.capacity = capacity;
}

/** The used part of every column, in the order of `names`. */
export function usedColumns(table: Common): Column[] {
  const columns = table as unknown as Record<string, Column>;
  return table.names.map((name) => columns[name].subarray(0, table.n));
}
