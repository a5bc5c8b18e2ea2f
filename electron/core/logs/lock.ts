import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { startOf, thisProcess } from '../changes/owner.ts';
import { busySet } from './failures.ts';

interface Owner {
  host: string;
  pid: number;
  started: string;
}

/** Sets that this process writes: the file alone cannot tell one writer of a process from another. */
const mine = new Set<string>();

/**
 * Takes the right to write a set until the returned function is called: the page, the terminal and cron jobs share one
 * folder. Readers need none, since a set is replaced as a whole. A lock whose process is gone is taken over.
 * Throws UNSAFE while another writer lives.
 */
export function lockSet(dir: string, name: string): () => void {
  const folder = join(dir, '.locks');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, `${name}.lock`);
  if (mine.has(file)) throw busySet(name, process.pid);
  // Linked into place with its content: nobody ever sees a lock without a name in it.
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, JSON.stringify(thisProcess()), { mode: 0o600 });
  for (let tries = 0; ; tries++) {
    try {
      linkSync(draft, file);
      rmSync(draft, { force: true });
      break;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      const owner = ownerOf(file);
      if (tries >= 5 || (owner !== null && isAlive(owner))) {
        rmSync(draft, { force: true });
        throw busySet(name, owner?.pid ?? 0);
      }
      rmSync(file, { force: true });
    }
  }
  mine.add(file);
  return () => {
    if (!mine.delete(file)) return;
    rmSync(file, { force: true });
  };
}

/** null: the lock is gone, or its maker died before it wrote its name. */
function ownerOf(file: string): Owner | null {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Owner;
  } catch {
    return null;
  }
}

function isAlive({ host, pid, started }: Owner): boolean {
  // A folder shared between computers: there is nobody to ask, and two writers would spoil the set.
  if (host !== hostname()) return true;
  if (pid === process.pid) return false; // of an earlier process with our number: we hold it in `mine`
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  return started === '' || startOf(pid) === started;
}
