import { chmodSync, closeSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { Failure } from '#shared/model/failure.ts';
import { isDiskFull } from '#shared/model/failure-of.ts';
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

/** How often a store that was opened on a full disk looks whether there is room again. */
const ROOM_MS = 15_000;

/**
 * Opens the console's database in `dataDir`, or makes it. Two processes (the desktop app and a terminal) may have it
 * open at once: WAL lets them read while one writes. On a full disk it opens all the same: what is kept can be read.
 *
 * @param roomMs How often to look for room again after that, in milliseconds.
 */
export function openStore(dataDir: string, roomMs = ROOM_MS): Store {
  makePrivateDir(dataDir);
  const file = join(dataDir, 'postdeck.sqlite');
  // SQLite gives its -wal and -shm files the mode of the main file, so the main file is made first, and private.
  closeSync(openSync(file, 'a', 0o600));
  chmodSync(file, 0o600);
  const db = connect(file, roomMs);
  // FULL: the journal's `started` must be on the disk before the first command runs, also if the power fails then.
  db.pragma('synchronous = FULL');
  db.pragma('foreign_keys = ON');
  db.pragma('trusted_schema = OFF');
  migrate(db);
  return db;
}

/**
 * A connection that has read the write-ahead log. The log's index is a file shared with other processes, and a full disk
 * has no room for it: then this process keeps the index in its own memory, alone with the database, until there is room
 * again. (Who comes while another process has the database open finds the file there.)
 */
function connect(file: string, roomMs: number): Store {
  const db = new Database(file, { timeout: BUSY_MS });
  try {
    readLog(db);
    return db;
  } catch (error) {
    db.close();
    if (!isDiskFull(error)) throw error;
  }
  const alone = new Database(file, { timeout: BUSY_MS });
  alone.pragma('locking_mode = EXCLUSIVE');
  readLog(alone);
  const timer = setInterval(() => {
    if (!alone.open || share(alone)) clearInterval(timer);
  }, roomMs);
  timer.unref();
  return alone;
}

function readLog(db: Store): void {
  db.pragma('journal_mode = WAL');
  // In a database that has been in this mode before, only a reading opens the log.
  db.pragma('schema_version');
}

/** Lets other processes in again. false: there is still no room for what they share. */
function share(db: Store): boolean {
  try {
    // The index in memory can be given up only by leaving the mode.
    db.pragma('journal_mode = DELETE');
    db.pragma('locking_mode = NORMAL');
    readLog(db);
    return true;
  } catch {
    db.pragma('locking_mode = EXCLUSIVE');
    return false;
  }
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
