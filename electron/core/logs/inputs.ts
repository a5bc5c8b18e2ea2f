import { opendir, open, readdir, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, dirname, join, sep } from 'node:path';
import { Readable } from 'node:stream';
import { constants, createGunzip } from 'node:zlib';
import type { PathOffer, ZoneFound } from '#shared/model/log.ts';
import { LOOKED_AT_FILES, LOOKED_THROUGH_NAMES, ZONE_HEAD_BYTES } from './limits.ts';

/** Files and folders that a typed path could become. What cannot be read offers nothing: typing goes on. */
export async function pathOffers(typed: string, limit: number): Promise<PathOffer[]> {
  const plain = typed === '~' || typed.startsWith(`~${sep}`) ? join(homedir(), typed.slice(1)) : typed;
  if (!plain.startsWith(sep) && !/^[A-Za-z]:[\\/]/.test(plain)) return [];
  const ended = plain.endsWith(sep) || plain.endsWith('/');
  const folder = ended ? plain : dirname(plain);
  const start = ended ? '' : basename(plain).toLowerCase();
  const found: PathOffer[] = [];
  try {
    let seen = 0;
    for await (const entry of await opendir(folder)) {
      if ((seen += 1) > LOOKED_THROUGH_NAMES) break;
      const name = entry.name.toLowerCase();
      if (!name.startsWith(start) || (start === '' && name.startsWith('.'))) continue;
      const path = join(folder, entry.name);
      const isFolder = entry.isSymbolicLink() ? await leadsToFolder(path) : entry.isDirectory();
      if (isFolder || entry.isFile() || entry.isSymbolicLink()) found.push({ path, folder: isFolder });
    }
  } catch {
    return [];
  }
  const order = (a: PathOffer, b: PathOffer) =>
    Number(b.folder) - Number(a.folder) || a.path.localeCompare(b.path, 'en', { numeric: true });
  return found.sort(order).slice(0, limit);
}

async function leadsToFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    return false;
  }
}

/** Looks at the beginnings of a few of the files: one line without a zone is enough to ask. */
export async function zoneOf(paths: readonly string[]): Promise<ZoneFound> {
  let named = false;
  for (const path of await someFiles(paths)) {
    for (const line of (await headOf(path)).split('\n')) {
      const kind = zoneOfLine(line);
      if (kind === 'none') return { zone: 'none', sample: line.slice(0, 300) };
      named ||= kind === 'named';
    }
  }
  return { zone: named ? 'named' : 'unknown', sample: null };
}

async function someFiles(paths: readonly string[]): Promise<string[]> {
  const files: string[] = [];
  for (const path of paths) {
    if (files.length >= LOOKED_AT_FILES) break;
    try {
      if (!(await stat(path)).isDirectory()) files.push(path);
      else {
        const entries = await readdir(path, { withFileTypes: true });
        files.push(...entries.filter((entry) => entry.isFile()).map((entry) => join(path, entry.name)));
      }
    } catch {
      // `index` says what cannot be read.
    }
  }
  return files.slice(0, LOOKED_AT_FILES);
}

/** Whole lines alone: a time that is cut off before its zone must not be taken for one without. */
async function headOf(path: string): Promise<string> {
  try {
    const file = await open(path, 'r');
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(ZONE_HEAD_BYTES), 0, ZONE_HEAD_BYTES, 0);
      const head = buffer.subarray(0, bytesRead);
      const packed = head[0] === 0x1f && head[1] === 0x8b;
      const plain = packed ? await unpackedHead(head) : head;
      const whole = packed || bytesRead === ZONE_HEAD_BYTES ? plain.lastIndexOf(10) + 1 : plain.length;
      return plain.subarray(0, whole).toString('latin1');
    } finally {
      await file.close();
    }
  } catch {
    return '';
  }
}

/** The head of a packed file ends in the middle: what is whole is enough. A bomb gets no further than a few pieces. */
async function unpackedHead(head: Buffer): Promise<Buffer> {
  const parts: Buffer[] = [];
  let size = 0;
  try {
    const pieces = Readable.from([head]).pipe(createGunzip({ finishFlush: constants.Z_SYNC_FLUSH }));
    for await (const piece of pieces as AsyncIterable<Buffer>) {
      parts.push(piece);
      size += piece.length;
      if (size >= ZONE_HEAD_BYTES) break;
    }
  } catch {
    // What came before it broke counts.
  }
  return Buffer.concat(parts);
}

/** Traditional syslog and the logs of Exim and qmail's own clocks name no zone; RFC 3339, TAI64N and JSON do. */
export function zoneOfLine(line: string): 'named' | 'none' | null {
  const text = line.replace(/^<\d{1,3}>(?:1 )?/, '');
  if (/^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})? ?(?:Z|[+-]\d\d:?\d\d)/.test(text)) return 'named';
  if (/^@[0-9a-f]{24}/.test(text) || text.startsWith('{"')) return 'named';
  if (/^[A-Z][a-z]{2} [ \d]\d(?: \d{4})? \d\d:\d\d:\d\d/.test(text)) return 'none';
  if (/^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d/.test(text)) return 'none';
  return null;
}
