/**
 * Tables of a set that is only read. They can be had in two ways: `whole`, whose columns are read when they are first
 * used, for questions that look at every row; and `few`, for those that look at some rows, which reads blocks. Most of a
 * large set is then never in memory.
 */
import type { BlockCache } from './blocks.ts';
import type { Column, ColumnType, Table } from './table.ts';

/** Where the columns of a table are. */
export interface TableFile {
  fd: number;
  cache: BlockCache;
  /** The first byte of a column, a multiple of its elements' size. */
  placeOf: (name: string) => number;
  /** A column from its first row to its last. */
  read: (name: string) => Column;
  /** Whether columns of which much is asked may stay in memory. */
  small: boolean;
}

type Types = Readonly<Record<string, ColumnType>>;

class Whole {
  readonly n: number;
  readonly capacity: number;
  readonly names: readonly string[];
  /** By the place of their names; undefined until used. */
  readonly columns: (Column | undefined)[];
  readonly file: TableFile;

  constructor(types: Types, rows: number, file: TableFile) {
    this.n = rows;
    this.capacity = rows;
    this.names = Object.keys(types);
    this.columns = this.names.map(() => undefined);
    this.file = file;
  }
}

class Few {
  readonly n: number;
  readonly capacity: number;
  readonly names: readonly string[];
  readonly whole: Whole;
  readonly columns: Column[];

  constructor(types: Types, whole: Whole) {
    this.n = whole.n;
    this.capacity = whole.n;
    this.names = whole.names;
    this.whole = whole;
    this.columns = this.names.map((name, i) => byBlocks(types[name], whole, i));
  }
}

/** After so many reads of a column's rows, one in this many, having all of it is quicker. */
const SHARE = 512;

/** A column that answers `[row]` and nothing else. */
function byBlocks(type: ColumnType, whole: Whole, i: number): Column {
  const { file, n } = whole;
  const name = whole.names[i];
  const bytes = type.BYTES_PER_ELEMENT;
  const at = file.placeOf(name);
  const signed = type === (Int32Array as ColumnType);
  let reads = file.small ? n / SHARE : Number.POSITIVE_INFINITY;
  const element = (key: string | symbol): number | undefined => {
    const row = Number(key);
    if (!(row >= 0 && row < n)) return undefined;
    if (--reads < 0) whole.columns[i] ??= file.read(name);
    const value = file.cache.element(file.fd, at / bytes + row, bytes);
    return signed ? value | 0 : value;
  };
  return new Proxy(new type(0), { get: (_, key) => element(key) });
}

interface Classes {
  whole: typeof Whole;
  few: typeof Few;
}

/** Two classes for each kind of table, so that a column is found as quickly as in a table that is in memory. */
const known = new Map<string, Classes>();

function classesOf(types: Types): Classes {
  const names = Object.keys(types);
  const key = names.join();
  let classes = known.get(key);
  if (classes === undefined) {
    classes = { whole: class extends Whole {}, few: class extends Few {} };
    for (const [i, name] of names.entries()) {
      Object.defineProperty(classes.whole.prototype, name, {
        get(this: Whole) {
          return (this.columns[i] ??= this.file.read(name));
        },
      });
      Object.defineProperty(classes.few.prototype, name, {
        get(this: Few) {
          return this.whole.columns[i] ?? this.columns[i];
        },
      });
    }
    known.set(key, classes);
  }
  return classes;
}

export interface StoredTable<S extends Record<string, ColumnType>> {
  whole: Table<S>;
  /** Its columns can be read by row and not otherwise. */
  few: Table<S>;
  /** Bytes of the columns that are in memory. */
  bytes: () => number;
  /** Forgets them: they are read again when they are used. */
  forget: () => void;
}

/** A table of `rows` rows that stays in its file. */
export function storedTable<S extends Record<string, ColumnType>>(
  types: S,
  rows: number,
  file: TableFile,
): StoredTable<S> {
  const classes = classesOf(types);
  const whole = new classes.whole(types, rows, file);
  const few = new classes.few(types, whole);
  return {
    whole: whole as unknown as Table<S>,
    few: few as unknown as Table<S>,
    bytes: () => whole.columns.reduce((sum, column) => sum + (column?.byteLength ?? 0), 0),
    forget: () => void whole.columns.fill(undefined),
  };
}
