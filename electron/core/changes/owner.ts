import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { beatOwner, dropOwner, type OwnerRow, ownerOf, putOwner } from '../store/journal-rows.ts';
import type { Store } from '../store/store.ts';

const BEAT_MS = 2_000;
/** A process that gave no sign of life for this long, and cannot be asked about, is taken for dead. */
const SILENT_MS = 60_000;

/**
 * When the process started, by a clock that no two processes of one pid share: boot id and start tick on Linux.
 * Empty elsewhere, where the sign of life has to do, and for a process that has ended and was not yet waited for: in a
 * container whose first process waits for nobody, such a one stays for ever.
 */
export function startOf(pid: number): string {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // Fields 3 and 22, counted after the name, which may hold spaces and parentheses (proc(5)).
    const [state = '', ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return /[ZX]/i.test(state) ? '' : `${boot}/${fields[18] ?? ''}`;
  } catch {
    return '';
  }
}

export function thisProcess(): { host: string; pid: number; started: string } {
  return { host: hostname(), pid: process.pid, started: startOf(process.pid) };
}

/** Marks a change as run by this process until the returned function is called. */
export function own(db: Store, changeId: string): () => void {
  putOwner(db, { change_id: changeId, ...thisProcess(), beat: Date.now() });
  const timer = setInterval(() => {
    try {
      beatOwner(db, changeId, Date.now());
    } catch {
      // The database was busy past its timeout: the next beat tells again, long before SILENT_MS.
    }
  }, BEAT_MS);
  timer.unref();
  return () => {
    clearInterval(timer);
    dropOwner(db, changeId);
  };
}

/** True while the process that runs the change lives. */
export function isOwned(db: Store, changeId: string, now = Date.now()): boolean {
  const owner = ownerOf(db, changeId);
  return owner !== null && isAlive(owner, now);
}

function isAlive({ host, pid, started, beat }: OwnerRow, now: number): boolean {
  const heard = now - beat < SILENT_MS;
  // A data folder shared between computers: there is nobody to ask.
  if (host !== hostname()) return heard;
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it lives, under another user.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  return started === '' ? heard : startOf(pid) === started;
}
