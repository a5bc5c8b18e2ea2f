/**
 * A set on disk: `manifest.json`, `tables-N.bin`, `lines.bin`, `frames.bin`.
 *
 * The manifest is the only truth: it names the tables file and how much of the growing files counts. It is replaced by
 * rename after everything it names is on disk, so a crash leaves the set as it was at the last snapshot, and whatever
 * was appended behind is cut off and read again from the logs.
 */
import {
  closeSync,
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
} from 'node:fs';
import { join } from 'node:path';
import { Dictionary } from '../scan/dictionary.ts';
import { LineFile, type Chunk } from './lines.ts';
import { LogSet, type SetInfo } from './log-set.ts';
import type { Column } from './table.ts';
import { createTables, type Tables } from './tables.ts';

/** Raised whenever the layout or the meaning of a column changes: an older set is built again. */
export const FORMAT = 2;

interface Manifest {
  format: number;
  info: SetInfo;
  generation: number;
  lineWords: number;
  frameBytes: number;
  lines: number;
  chunks: Chunk[];
  seed: number;
  columns: { table: string; name: string; rows: number; bytes: number }[];
}

const TABLES = ['nodes', 'messages', 'recipients', 'rejects', 'logins', 'sessions'] as const;

export const paths = {
  manifest: (dir: string): string => join(dir, 'manifest.json'),
  lines: (dir: string): string => join(dir, 'lines.bin'),
  frames: (dir: string): string => join(dir, 'frames.bin'),
};

/** Writes a snapshot of the set. */
export function save(dir: string, set: LogSet): void {
  const before = readManifest(dir);
  const generation = (before?.generation ?? 0) + 1;
  const file = `tables-${generation}.bin`;
  const fd = openSync(join(dir, file), 'w');
  const columns: Manifest['columns'] = [];
  const put = (table: string, name: string, rows: number, column: Column): void => {
    const bytes = Buffer.from(column.buffer, column.byteOffset, column.byteLength);
    let done = 0;
    while (done < bytes.length) done += writeSync(fd, bytes, done, Math.min(bytes.length - done, 1 << 30));
    const pad = (8 - (bytes.length & 7)) & 7;
    if (pad > 0) writeSync(fd, Buffer.alloc(pad));
    columns.push({ table, name, rows, bytes: column.byteLength });
  };
  for (const table of TABLES) {
    const t = set.t[table];
    for (const name of t.names) {
      const column = (t as unknown as Record<string, Column>)[name];
      put(table, name, t.n, column.subarray(0, t.n) as Column);
    }
  }
  const words = set.dict.snapshot();
  put('dictionary', 'meta', words.meta.length, words.meta);
  put('dictionary', 'heap', words.heap.length, words.heap);
  put('hosts', 'hosts', set.hosts.length, set.hosts);
  fsyncSync(fd);
  closeSync(fd);
  const manifest: Manifest = {
    format: FORMAT,
    info: set.info,
    generation,
    lineWords: set.lines.usedWords,
    frameBytes: sizeOf(paths.frames(dir)),
    lines: set.lines.count,
    chunks: set.lines.chunks,
    seed: words.seed,
    columns,
  };
  const temporary = `${paths.manifest(dir)}.new`;
  writeFileSync(temporary, JSON.stringify(manifest), { flush: true });
  renameSync(temporary, paths.manifest(dir));
  for (const name of readdirSync(dir)) if (/^tables-\d+\.bin$/.test(name) && name !== file) rmSync(join(dir, name));
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

/** Opens a set as its last snapshot left it. Undefined when there is none that can be used. */
export function load(dir: string, writable: boolean): LogSet | undefined {
  const manifest = readManifest(dir);
  if (manifest === undefined) return undefined;
  const t = createTables() as Tables;
  const special: Record<string, Column> = {};
  const fd = openSync(join(dir, `tables-${manifest.generation}.bin`), 'r');
  let at = 0;
  try {
    for (const { table, name, rows, bytes } of manifest.columns) {
      const type = table === 'dictionary' || table === 'hosts' ? Int32Array : columnType(t, table, name);
      const column = new type(bytes / type.BYTES_PER_ELEMENT);
      const buffer = Buffer.from(column.buffer, 0, bytes);
      let done = 0;
      while (done < bytes) {
        const n = readSync(fd, buffer, done, Math.min(bytes - done, 1 << 30), at + done);
        if (n === 0) return undefined;
        done += n;
      }
      at += bytes + ((8 - (bytes & 7)) & 7);
      if (type === Int32Array && (table === 'dictionary' || table === 'hosts')) special[name] = column;
      else {
        const target = t[table as (typeof TABLES)[number]] as unknown as Record<string, unknown>;
        target[name] = column;
        target.n = rows;
        target.capacity = rows;
      }
    }
  } finally {
    closeSync(fd);
  }
  const dict = Dictionary.restore(
    { meta: special.meta as Int32Array, heap: special.heap as Int32Array, seed: manifest.seed },
    writable ? 65536 : 64,
    writable ? 4 << 20 : 4096,
  );
  const hosts = new Int32Array(new SharedArrayBuffer(special.hosts.byteLength));
  hosts.set(special.hosts as Int32Array);
  const lines = new LineFile(paths.lines(dir), writable);
  if (writable) lines.truncate(manifest.lineWords);
  lines.chunks.push(...manifest.chunks);
  lines.count = manifest.lines;
  return new LogSet(manifest.info, t, dict, hosts, lines, dir, writable);
}

function columnType(t: Tables, table: string, name: string): Uint32ArrayConstructor {
  const column = (t[table as (typeof TABLES)[number]] as unknown as Record<string, Column>)[name];
  if (column === undefined) throw new Error(`unknown column ${table}.${name}`);
  return column.constructor as Uint32ArrayConstructor;
}

/** Bytes of a file; 0 when it is not there. */
export function sizeOf(path: string): number {
  try {
    return statSync(path).size;
  } catch {
    return 0;
  }
}
