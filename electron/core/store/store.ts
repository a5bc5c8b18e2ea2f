import { chmodSync, closeSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { Failure } from '#shared/model/failure.ts';
import { text } from '#shared/model/text.ts';
import { MIGRATIONS } from './migrations/index.ts';

export type Store = Database.Database;

/** How long one process waits for the other to finish writing. Writes take milliseconds; a stopped laptop, longer. */
const BUSY_MS = 10_000;

/** Makes the data folder, readable by its owner alone: it holds journals and copies of other people's mail. */
export function makePrivateDir(dir: string): void {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  // mkdir leaves an existing folder's mode as it is, and the umask can only take away.
  chmodSync(dir, 0o700);
}

/**
 * Opens the console's database in `dataDir`, or makes it. Two processes (the desktop app and a terminal) may have it
 * open at once: WAL lets them read while one writes.
 */
export function openStore(dataDir: string): Store {
  makePrivateDir(dataDir);
  const file = join(dataDir, 'postdeck.sqlite');
  // SQLite gives its -wal and -shm files the mode of the main file, so the main file is made first, and private.
  closeSync(openSync(file, 'a', 0o600));
  chmodSync(file, 0o600);
  const db = new Database(file, { timeout: BUSY_MS });
  db.pragma('journal_mode = WAL');
  // FULL: the journal's `started` must be on the disk before the first command runs, also if the power fails then.
  db.pragma('synchronous = FULL');
  db.pragma('foreign_keys = ON');
  db.pragma('trusted_schema = OFF');
  migrate(db);
  return db;
}

function migrate(db: Store): void {
  const version = (): number => Number(db.pragma('user_version', { simple: true }));
  if (version() === MIGRATIONS.length) return;
  db.transaction(() => {
    const from = version(); // again, under the lock: the other process may have been first
    if (from > MIGRATIONS.length) {
      throw new Failure(
        'UNSAFE',
        text(
          /*i18n*/ {
            id: 'store.newer',
            message: 'The data folder was written by a newer version ({found}, this one knows {known})',
          },
          { found: from, known: MIGRATIONS.length },
        ),
        {
          hint: text(/*i18n*/ { id: 'store.newer.hint', message: 'Use that version, or another data folder' }),
        },
      );
    }
    for (const { sql } of MIGRATIONS.slice(from)) db.exec(sql);
    db.pragma(`user_version = ${MIGRATIONS.length}`);
  }).immediate();
}
