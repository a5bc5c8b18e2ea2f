/** From what a person dropped to the files that are logs: folders opened, archives listed, the rest left alone. */
import { closeSync, openSync, readdirSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Trouble } from './unpack.ts';

export type Packing = 'plain' | 'gz' | 'zst' | 'xz' | 'bz2' | 'zip' | 'tar';

export interface Found {
  path: string;
  name: string;
  packing: Packing;
  size: number;
  mtimeMs: number;
  inode: number;
  /** What was wrong with it before it was read: the archive it comes from ends in it. */
  trouble?: Trouble;
}

/** How a file is packed, by its first bytes; tar by its magic at 257. */
export function packingOf(head: Uint8Array): Packing {
  const is = (at: number, ...bytes: number[]): boolean => bytes.every((b, i) => head[at + i] === b);
  if (is(0, 0x1f, 0x8b)) return 'gz';
  if (is(0, 0x28, 0xb5, 0x2f, 0xfd)) return 'zst';
  if (is(0, 0xfd, 0x37, 0x7a, 0x58, 0x5a)) return 'xz';
  if (is(0, 0x42, 0x5a, 0x68)) return 'bz2';
  if (is(0, 0x50, 0x4b, 3, 4)) return 'zip';
  if (is(257, 0x75, 0x73, 0x74, 0x61, 0x72)) return 'tar';
  return 'plain';
}

/** Packings that nothing here opens, by their first bytes: read as lines they would be noise. */
const FOREIGN: readonly (readonly [string, readonly number[]])[] = [
  ['lz4', [0x04, 0x22, 0x4d, 0x18]],
  ['compress', [0x1f, 0x9d]],
  ['lzop', [0x89, 0x4c, 0x5a, 0x4f]],
  ['lzip', [0x4c, 0x5a, 0x49, 0x50, 0x01]],
  ['lzma', [0x5d, 0x00, 0x00, 0x80, 0x00]],
  ['7z', [0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c]],
  ['rar', [0x52, 0x61, 0x72, 0x21, 0x1a, 0x07]],
  ['SQLite', [...Buffer.from('SQLite format 3')]],
  ['journald binary', [...Buffer.from('LPKSHHRH')]],
];

/** Name of a packing that cannot be opened; undefined for everything else. */
function foreign(head: Uint8Array): string | undefined {
  return FOREIGN.find(([, magic]) => magic.every((byte, i) => head[i] === byte))?.[0];
}

/** The first `length` bytes of a file. */
export function headOf(path: string, length: number): Buffer {
  const fd = openSync(path, 'r');
  try {
    const buf = Buffer.alloc(length);
    return buf.subarray(0, readSync(fd, buf, 0, length, 0));
  } finally {
    closeSync(fd);
  }
}

/** Files under `paths`, folders opened to any depth, sorted by path; unreadable ones are named in `refused`. */
export function expand(paths: string[], refused: { path: string; why: string }[]): Found[] {
  const found: Found[] = [];
  const seen = new Set<string>();
  const visit = (path: string, depth: number): void => {
    try {
      const stat = statSync(path);
      if (stat.isDirectory()) {
        if (depth > 16) return;
        for (const name of readdirSync(path).sort()) if (!name.startsWith('.')) visit(join(path, name), depth + 1);
        return;
      }
      if (!stat.isFile()) return;
      const key = `${stat.dev}:${stat.ino}`;
      if (seen.has(key)) return; // a link, or the same file given twice
      seen.add(key);
      if (stat.size === 0) return;
      const head = headOf(path, 512);
      const kind = foreign(head);
      if (kind !== undefined) {
        const way = kind === 'journald binary' ? 'export it with journalctl -o export' : 'unpack it first';
        refused.push({ path, why: `${kind} files are not read here; ${way}` });
        return;
      }
      found.push({
        path,
        name: path,
        packing: packingOf(head),
        size: stat.size,
        mtimeMs: stat.mtimeMs,
        inode: stat.ino,
      });
    } catch (error) {
      refused.push({ path, why: error instanceof Error ? error.message : String(error) });
    }
  };
  for (const path of paths) visit(path, 0);
  return found;
}
