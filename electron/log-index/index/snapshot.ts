/**
 * A set on disk: `manifest.json`, `tables-N.bin`, `strings-N.bin`, `lines.bin`, `frames.bin`.
 *
 * The manifest is the only truth: it names the files of tables and strings and how much of the growing files counts. It is replaced by
 * rename after everything it names is on disk, so a crash leaves the set as it was at the last snapshot, and whatever
 * was appended behind is cut off and read again from the logs.
 */
import {
  closeSync,
  existsSync,
  fstatSync,
  fsync,
  fsyncSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
  writev,
} from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { LIMITS } from '../limits.ts';
import { Dictionary, type StringTable } from '../scan/dictionary.ts';
import { BlockCache } from './blocks.ts';
import { LineFile, type Chunk } from './lines.ts';
import { LogSet, type SetInfo } from './log-set.ts';
import { type Part, StoredStrings } from './stored-strings.ts';
import { type StoredTable, storedTable } from './stored-table.ts';
import type { Column, ColumnType, Table } from './table.ts';
import { createTables, type Tables } from './tables.ts';

/** Raised whenever the layout or the meaning of a column changes: an older set is built again. */
export const FORMAT = 4;

interface Manifest {
  format: number;
  info: SetInfo;
  generation: number;
  lineWords: number;
  frameBytes: number;
  lines: number;
  chunks: Chunk[];
  seed: number;
  /** What is in the file of tables, and in that of strings, one behind the other. */
  tables: Place[];
  strings: Place[];
}

interface Place {
  table: string;
  name: string;
  rows: number;
  bytes: number;
}

/** Of tables: 16 MB. */
const BLOCKS = 4096;

const TABLES = ['nodes', 'messages', 'recipients', 'rejects', 'logins', 'sessions'] as const;

export const paths = {
  manifest: (dir: string): string => join(dir, 'manifest.json'),
  tables: (dir: string, generation: number): string => join(dir, `tables-${generation}.bin`),
  strings: (dir: string, generation: number): string => join(dir, `strings-${generation}.bin`),
  lines: (dir: string): string => join(dir, 'lines.bin'),
  frames: (dir: string): string => join(dir, 'frames.bin'),
};

/** Writes a snapshot of the set. */
export function save(dir: string, set: LogSet): void {
  const { files, publish } = begin(dir, set);
  for (const { file, parts } of files) {
    const fd = openSync(file, parts === undefined ? 'r+' : 'w');
    try {
      for (const part of parts ?? [])
        for (let done = 0; done < part.length; )
          done += writeSync(fd, part, done, Math.min(part.length - done, 1 << 30));
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
  }
  publish();
}

/** Does so while this thread goes on; the set must not change meanwhile. */
export async function saveAside(dir: string, set: LogSet): Promise<void> {
  const { files, publish } = begin(dir, set);
  await Promise.all(files.map(({ file, parts }) => written(file, parts)));
  publish();
}

/** Buffers that are given to the system at once: IOV_MAX is 1024 where it is least. */
const MOST_PARTS = 1000;
const write = promisify(writev);
const sync = promisify(fsync);

/** Sees to it that a file, of these parts or as it is, is on the disk. The first of them are on their way at once. */
async function written(file: string, parts: readonly Buffer[] | undefined): Promise<void> {
  const fd = openSync(file, parts === undefined ? 'r+' : 'w');
  try {
    for (let left = parts ?? []; left.length > 0; ) {
      const { bytesWritten } = await write(fd, left.slice(0, MOST_PARTS));
      left = behind(left, bytesWritten);
    }
    await sync(fd);
  } finally {
    closeSync(fd);
  }
}

/** What is left of some buffers when their first `bytes` bytes are written. */
function behind(parts: readonly Buffer[], bytes: number): Buffer[] {
  let done = bytes;
  let i = 0;
  while (i < parts.length && done >= parts[i].length) done -= parts[i++].length;
  return done === 0 ? parts.slice(i) : [parts[i].subarray(done), ...parts.slice(i + 1)];
}

interface Snapshot {
  /** Files, and what goes into them; those without parts have grown with the set. */
  files: { file: string; parts?: Buffer[] }[];
  /** Makes them the set's, once they are on the disk. */
  publish: () => void;
}

/** New files for the tables and the strings, which can be written side by side. */
function begin(dir: string, set: LogSet): Snapshot {
  const generation = (readManifest(dir)?.generation ?? 0) + 1;
  const tables = new FileOfColumns();
  for (const table of TABLES) {
    const t = set.t[table];
    for (const name of t.names) {
      const column = (t as unknown as Record<string, Column>)[name];
      tables.put(table, name, t.n, column.subarray(0, t.n));
    }
  }
  const words = set.dict.snapshot();
  const strings = new FileOfColumns();
  strings.put('dictionary', 'meta', words.meta.length, words.meta);
  strings.put('dictionary', 'heap', words.heap.length, words.heap);
  strings.put('dictionary', 'slots', words.slots.length, words.slots);
  strings.put('hosts', 'hosts', set.hosts.length, set.hosts);
  const manifest: Manifest = {
    format: FORMAT,
    info: set.info,
    generation,
    lineWords: set.lines.usedWords,
    frameBytes: sizeOf(paths.frames(dir)),
    lines: set.lines.count,
    chunks: set.lines.chunks,
    seed: words.seed,
    tables: tables.places,
    strings: strings.places,
  };
  const grown = [paths.lines(dir), paths.frames(dir)].filter((file) => existsSync(file));
  return {
    files: [
      { file: paths.tables(dir, generation), parts: tables.parts },
      { file: paths.strings(dir, generation), parts: strings.parts },
      ...grown.map((file) => ({ file })),
    ],
    publish() {
      const temporary = `${paths.manifest(dir)}.new`;
      writeFileSync(temporary, JSON.stringify(manifest), { flush: true });
      renameSync(temporary, paths.manifest(dir));
      for (const name of readdirSync(dir)) {
        const found = /^(?:tables|strings)-(\d+)\.bin$/.exec(name);
        if (found !== null && Number(found[1]) !== generation) rmSync(join(dir, name));
      }
    },
  };
}

class FileOfColumns {
  readonly parts: Buffer[] = [];
  readonly places: Place[] = [];

  put(table: string, name: string, rows: number, column: Column): void {
    const bytes = Buffer.from(column.buffer, column.byteOffset, column.byteLength);
    if (bytes.length > 0) this.parts.push(bytes);
    const pad = (8 - (bytes.length & 7)) & 7;
    if (pad > 0) this.parts.push(Buffer.alloc(pad));
    this.places.push({ table, name, rows, bytes: column.byteLength });
  }
}

/** The manifest, or undefined when there is none, it is broken, or of another format. */
export function readManifest(dir: string): Manifest | undefined {
  try {
    const manifest = JSON.parse(readFileSync(paths.manifest(dir), 'utf8')) as Manifest;
    return manifest.format === FORMAT ? manifest : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Opens a set as its last snapshot left it. Undefined when there is none that can be used. One that is only read takes
 * its columns and strings from disk as they are asked for, and keeps up to `inMemory` bytes of tables between questions.
 */
export function load(dir: string, writable: boolean, inMemory: number = LIMITS.tablesInMemory): LogSet | undefined {
  const manifest = readManifest(dir);
  if (manifest === undefined) return undefined;
  const { generation, lineWords, frameBytes } = manifest;
  const fd = openSync(paths.tables(dir, generation), 'r');
  const stringsFd = openSync(paths.strings(dir, generation), 'r');
  const close = (): void => {
    closeSync(fd);
    closeSync(stringsFd);
  };
  let stays = false;
  try {
    const parts = partsOf(manifest.tables);
    const words = partsOf(manifest.strings);
    if (fstatSync(fd).size < parts.end || fstatSync(stringsFd).size < words.end) return undefined;
    if (sizeOf(paths.lines(dir)) < lineWords * 4 || sizeOf(paths.frames(dir)) < frameBytes) return undefined;
    const column = (table: string, name: string): Int32Array => {
      const part = words.of(table, name);
      return readWords(stringsFd, Int32Array, part.at, part.bytes);
    };
    const tables = tablesOf(fd, parts, writable, inMemory);
    let strings: StringTable;
    if (writable) {
      const from = { meta: column('dictionary', 'meta'), heap: column('dictionary', 'heap'), seed: manifest.seed };
      strings = Dictionary.restore(from, 65536, 4 << 20);
    } else {
      const part = (name: string): Part => {
        const { at, bytes } = words.of('dictionary', name);
        return { at, words: bytes / 4 };
      };
      const where = { meta: part('meta'), heap: part('heap'), slots: part('slots') };
      strings = new StoredStrings(stringsFd, where, manifest.seed);
    }
    const stored = column('hosts', 'hosts');
    const hosts = new Int32Array(new SharedArrayBuffer(stored.byteLength));
    hosts.set(stored);
    const lines = new LineFile(paths.lines(dir), writable);
    if (writable) lines.truncate(manifest.lineWords);
    lines.chunks.push(...manifest.chunks);
    lines.count = manifest.lines;
    const set = new LogSet(manifest.info, tables.t, strings, hosts, lines, dir, writable);
    set.few = tables.few;
    set.trim = () => {
      if (tables.bytes() > inMemory) tables.forget();
    };
    stays = !writable;
    if (stays) set.onClose = close;
    return set;
  } finally {
    if (!stays) close();
  }
}

interface Parts {
  of: (table: string, name: string) => { at: number; rows: number; bytes: number };
  /** Bytes in all. */
  end: number;
}

function partsOf(places: readonly Place[]): Parts {
  const parts = new Map<string, { at: number; rows: number; bytes: number }>();
  let end = 0;
  for (const { table, name, rows, bytes } of places) {
    parts.set(`${table}.${name}`, { at: end, rows, bytes });
    end += bytes + (-bytes & 7);
  }
  return {
    end,
    of(table, name) {
      const part = parts.get(`${table}.${name}`);
      if (part === undefined) throw new Error(`unknown column ${table}.${name}`);
      return part;
    },
  };
}

interface SetTables {
  t: Tables;
  few: Tables;
  /** Bytes in memory of tables that can be read again, and what forgets them. */
  bytes: () => number;
  forget: () => void;
}

/** The tables: read now when they are to grow, else as they are used. */
function tablesOf(fd: number, parts: Parts, writable: boolean, inMemory: number): SetTables {
  const t = createTables() as unknown as Record<string, Table<Record<string, ColumnType>>>;
  const few: typeof t = {};
  const stored: StoredTable<Record<string, ColumnType>>[] = [];
  const cache = new BlockCache(writable ? 1 : BLOCKS);
  for (const table of TABLES) {
    const { names } = t[table];
    const { rows } = parts.of(table, names[0]);
    const types = Object.fromEntries(names.map((name) => [name, t[table][name].constructor as ColumnType]));
    const read = (name: string): Column => {
      const { at, bytes } = parts.of(table, name);
      return readWords(fd, types[name] as Uint32ArrayConstructor, at, bytes);
    };
    if (writable) {
      for (const name of names) (t[table] as Record<string, unknown>)[name] = read(name);
      t[table].n = rows;
      t[table].capacity = rows;
    } else {
      const placeOf = (name: string): number => parts.of(table, name).at;
      const small = parts.end <= inMemory;
      const one = storedTable(types, rows, { fd, cache, placeOf, read, small });
      t[table] = one.whole;
      few[table] = one.few;
      stored.push(one);
    }
  }
  return {
    t: t as unknown as Tables,
    few: (writable ? t : few) as unknown as Tables,
    bytes: () => stored.reduce((sum, table) => sum + table.bytes(), 0),
    forget: () => stored.forEach((table) => table.forget()),
  };
}

function readWords<T extends Int32Array | Uint32Array>(
  fd: number,
  type: { new (length: number): T; readonly BYTES_PER_ELEMENT: number },
  at: number,
  bytes: number,
): T {
  const column = new type(bytes / type.BYTES_PER_ELEMENT);
  const buffer = Buffer.from(column.buffer, 0, bytes);
  for (let done = 0; done < bytes; ) {
    const n = readSync(fd, buffer, done, Math.min(bytes - done, 1 << 30), at + done);
    if (n === 0) throw new Error('the tables are shorter than the manifest says');
    done += n;
  }
  return column;
}

/** Bytes of a file; 0 when it is not there. */
export function sizeOf(path: string): number {
  try {
    return statSync(path).size;
  } catch {
    return 0;
  }
}
