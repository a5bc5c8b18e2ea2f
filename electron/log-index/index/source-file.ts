/**
 * Where the file of a source is now. Logs are rotated and rewritten behind an index's back: what lies at the old path
 * may be another log, whose lines must not be shown as those of a trace.
 */
import { createHash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readdirSync, readSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Source } from './log-set.ts';

/** Bytes at the beginning of a log that tell it from others: they hold the time and words of its first lines. */
export const HEAD_BYTES = 1024;

/** A file is known again by the hash of its first bytes, whatever it is called. */
export function hashOf(head: Buffer): string {
  return createHash('sha256').update(head).digest('hex').slice(0, 16);
}

/** Hash of the first `bytes` bytes of an open file. */
export function headHash(fd: number, bytes: number): string {
  const buf = Buffer.alloc(bytes);
  return hashOf(buf.subarray(0, readSync(fd, buf, 0, bytes, 0)));
}

/** The descriptor of the file at `path` when it still is what was indexed, else undefined. */
function openSame(path: string, source: Source): number | undefined {
  let fd: number | undefined;
  try {
    fd = openSync(path, 'r');
    if (fstatSync(fd).isFile() && headHash(fd, source.headBytes) === source.head) return fd;
  } catch {
    // gone, or not ours to read
  }
  if (fd !== undefined) closeSync(fd);
  return undefined;
}

/**
 * Opens the file that was indexed: at its path, or beside it where rotation put it (`mail.log` is `mail.log.1` now; it
 * keeps its inode). Undefined when neither is there.
 */
export function openSource(source: Source): { fd: number; path: string } | undefined {
  const here = openSame(source.path, source);
  if (here !== undefined) return { fd: here, path: source.path };
  const dir = dirname(source.path);
  const name = basename(source.path);
  let names: string[];
  try {
    names = readdirSync(dir);
  } catch {
    return undefined;
  }
  for (const other of names) {
    if (other === name || !other.startsWith(name)) continue;
    const path = join(dir, other);
    try {
      if (statSync(path).ino !== source.inode) continue;
    } catch {
      continue; // rotated away this very moment
    }
    const fd = openSame(path, source);
    if (fd !== undefined) return { fd, path };
  }
  return undefined;
}
