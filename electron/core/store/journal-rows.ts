import type { Store } from './store.ts';

export interface JournalRow {
  seq: number;
  at: string;
  type: string;
  change_id: string;
  body: string;
  prev_hash: string;
  hash: string;
}

/** Which process runs a change now. */
export interface OwnerRow {
  change_id: string;
  host: string;
  pid: number;
  /** Start of the process as the system tells it; empty where it does not. */
  started: string;
  /** Epoch milliseconds of its last sign of life. */
  beat: number;
}

const COLUMNS = 'seq, at, type, change_id, body, prev_hash, hash';

/** Runs `work` with the write lock held from the start, so that nobody writes between its reading and its writing. */
export function exclusively<T>(db: Store, work: () => T): T {
  return db.transaction(work).immediate();
}

/** Runs `work` without waiting for the disk: it survives the death of this process, not of the power. */
export function lightly<T>(db: Store, work: () => T): T {
  db.pragma('synchronous = NORMAL');
  try {
    return work();
  } finally {
    db.pragma('synchronous = FULL');
  }
}

export function lastRow(db: Store): JournalRow | null {
  return db.prepare<[], JournalRow>(`SELECT ${COLUMNS} FROM journal ORDER BY seq DESC LIMIT 1`).get() ?? null;
}

export function rowAt(db: Store, seq: number): JournalRow | null {
  return db.prepare<[number], JournalRow>(`SELECT ${COLUMNS} FROM journal WHERE seq = ?`).get(seq) ?? null;
}

/** Up to `count` rows after `seq`, in order. */
export function rowsAfter(db: Store, seq: number, count: number): JournalRow[] {
  return db
    .prepare<[number, number], JournalRow>(`SELECT ${COLUMNS} FROM journal WHERE seq > ? ORDER BY seq LIMIT ?`)
    .all(seq, count);
}

export function rowsOf(db: Store, changeId: string): JournalRow[] {
  return db
    .prepare<[string], JournalRow>(`SELECT ${COLUMNS} FROM journal WHERE change_id = ? ORDER BY seq`)
    .all(changeId);
}

export function insertRow(db: Store, row: JournalRow): void {
  db.prepare(
    'INSERT INTO journal (seq, at, type, change_id, body, prev_hash, hash) VALUES (@seq, @at, @type, @change_id, @body, @prev_hash, @hash)',
  ).run(row);
}

/** The same list stored twice is one row: it is named by what is in it. */
export function putList(db: Store, sha256: string, packed: Buffer): void {
  db.prepare('INSERT INTO journal_lists (sha256, packed) VALUES (?, ?) ON CONFLICT DO NOTHING').run(sha256, packed);
}

export function getList(db: Store, sha256: string): Buffer | null {
  const row = db.prepare<[string], { packed: Buffer }>('SELECT packed FROM journal_lists WHERE sha256 = ?').get(sha256);
  return row?.packed ?? null;
}

const GUARDS = ['journal_no_update', 'journal_no_delete', 'journal_lists_no_update', 'journal_lists_no_delete'];

/** The triggers that keep the journal append-only and are not there. */
export function missingGuards(db: Store): string[] {
  const there = db.prepare<[], { name: string }>("SELECT name FROM sqlite_schema WHERE type = 'trigger'").all();
  const names = new Set(there.map(({ name }) => name));
  return GUARDS.filter((name) => !names.has(name));
}

export function putOwner(db: Store, owner: OwnerRow): void {
  db.prepare(
    'INSERT OR REPLACE INTO change_owners (change_id, host, pid, started, beat) VALUES (@change_id, @host, @pid, @started, @beat)',
  ).run(owner);
}

export function beatOwner(db: Store, changeId: string, beat: number): void {
  db.prepare('UPDATE change_owners SET beat = ? WHERE change_id = ?').run(beat, changeId);
}

export function dropOwner(db: Store, changeId: string): void {
  db.prepare('DELETE FROM change_owners WHERE change_id = ?').run(changeId);
}

export function ownerOf(db: Store, changeId: string): OwnerRow | null {
  return (
    db
      .prepare<[string], OwnerRow>('SELECT change_id, host, pid, started, beat FROM change_owners WHERE change_id = ?')
      .get(changeId) ?? null
  );
}
