/** Tables of typed-array columns: no objects per row, growth by doubling, bytes as they go to disk. */
import { HEAP, type Room } from './room.ts';

export type ColumnType =
  | Uint8ArrayConstructor
  | Uint16ArrayConstructor
  | Uint32ArrayConstructor
  | Int32ArrayConstructor
  | Float32ArrayConstructor;
export type Column = Uint8Array | Uint16Array | Uint32Array | Int32Array | Float32Array;

interface Common {
  /** Rows in use. Row 0 exists and is empty: 0 in a reference means none. */
  n: number;
  capacity: number;
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
  const table: Record<string, unknown> = { n: 1, capacity, names: Object.keys(spec), room };
  for (const [name, type] of Object.entries(spec)) table[name] = room.make(type, capacity);
  return table as unknown as Table<S>;
}

/**
 * The number of a new row. Tables differ in shape, so this is slow code wherever it is called for several: the
 * correlator's busiest places take `n++` themselves while there is room.
 */
export function addRow(table: Common): number {
  if (table.n >= table.capacity) growTable(table, table.capacity * 2);
  return table.n++;
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
