import type { History } from './history.ts';
import type { Journal } from './journal.ts';
import type { Safe } from './safe/safe.ts';

/** Drops safe copies whose time is over, and writes that down: their changes can no longer be undone. */
export async function dropExpired(journal: Journal, history: History, safe: Safe, now = Date.now()): Promise<void> {
  for (const { change, safe: stored, dropped } of history.records().values()) {
    if (stored === null || dropped || Date.parse(stored.keptUntil) > now) continue;
    // An undo that runs now reads the file.
    if (change.status === 'running') continue;
    const there = await safe.drop(stored.file);
    const { file, sha256 } = stored;
    // Whichever of two processes is first writes it.
    journal.append(
      'copies-dropped',
      change.id,
      { why: there ? 'expired' : 'missing', file, sha256 },
      () => !history.record(change.id).dropped,
    );
  }
}
