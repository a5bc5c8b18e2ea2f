/** Tables of a set that is only read: a column is read when it is first used, and most questions use few. */
import type { Column, ColumnType, Table } from './table.ts';

/** Reads a column of `rows` rows from disk. */
export type ReadColumn = (name: string) => Column;

class StoredTable {
  readonly n: number;
  readonly capacity: number;
  readonly names: readonly string[];
  readonly read: ReadColumn;
  /** By the place of their names; undefined until used. */
  readonly columns: (Column | undefined)[];

  constructor(names: readonly string[], rows: number, read: ReadColumn) {
    this.n = rows;
    this.capacity = rows;
    this.names = names;
    this.read = read;
    this.columns = names.map(() => undefined);
  }
}

/** One class for each kind of table, so that a column is found as quickly as in a table that is in memory. */
const classes = new Map<string, typeof StoredTable>();

function classOf(names: readonly string[]): typeof StoredTable {
  const key = names.join();
  let known = classes.get(key);
  if (known === undefined) {
    known = class extends StoredTable {};
    for (const [i, name] of names.entries()) {
      Object.defineProperty(known.prototype, name, {
        get(this: StoredTable) {
          return (this.columns[i] ??= this.read(name));
        },
      });
    }
    classes.set(key, known);
  }
  return known;
}

/** A table of `rows` rows whose columns `read` gives. */
export function storedTable<S extends Record<string, ColumnType>>(spec: S, rows: number, read: ReadColumn): Table<S> {
  const names = Object.keys(spec);
  return new (classOf(names))(names, rows, read) as unknown as Table<S>;
}
