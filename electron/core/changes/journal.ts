import { createHash, randomUUID } from 'node:crypto';
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { deflateSync, inflateSync } from 'node:zlib';
import { Failure } from '#shared/model/failure.ts';
import type { JournalCheck, JournalEntry } from '#shared/model/change.ts';
import { type Text, text } from '#shared/model/text.ts';
import {
  exclusively,
  getList,
  insertRow,
  type JournalRow,
  lastRow,
  lightly,
  missingGuards,
  putList,
  rowAt,
  rowsAfter,
  rowsOf,
} from '../store/journal-rows.ts';
import type { Store } from '../store/store.ts';
import { canonicalJson } from './canonical.ts';
import type { Bodies, Entry, EntryType, ListRef, Lists } from './record.ts';

const PAGE = 500;
/** Before the first entry. */
const NOTHING = '0'.repeat(64);

interface Head {
  seq: number;
  hash: string;
}

type Problem = { at: number | null; problem: Text };

/**
 * The record of all changes, append-only. Each entry carries the hash of the one before, so that altering, removing
 * or reordering any of them breaks the chain; the newest hash is also noted in a file of its own, so that cutting
 * entries off the end is seen as well. Both lie on this computer: who can write both can forge both, which is why
 * `head` is told to be noted elsewhere.
 */
export class Journal {
  readonly #db: Store;
  readonly #headFile: string;

  constructor(db: Store, dataDir: string) {
    this.#db = db;
    this.#headFile = join(dataDir, 'journal.head');
  }

  /**
   * Appends one entry; it is on the disk when this returns (but for a bare command that ran). Throws JOURNAL_BROKEN when the end of the chain does not
   * hold: nothing may be built on it.
   *
   * @param only Asked under the write lock: false appends nothing (another process was first).
   */
  append<T extends EntryType>(type: T, changeId: string, body: Bodies[T], only: () => boolean = () => true): boolean {
    // A command that ran is written at once but not waited for on the disk: a power cut may lose the last of them, and
    // the change is then read from the server in any case. What the next step relies on (copies, lists) is waited for.
    const light = type === 'step' && !('safe' in body || 'lists' in body);
    const append = (): boolean => {
      if (!only()) return false;
      const last = lastRow(this.#db);
      this.#checkEnd(last);
      const row = {
        seq: (last?.seq ?? 0) + 1,
        at: new Date().toISOString(),
        type,
        change_id: changeId,
        body: canonicalJson(body),
      };
      const prev = last?.hash ?? NOTHING;
      insertRow(this.#db, { ...row, prev_hash: prev, hash: hashOf({ ...row, prev_hash: prev }) });
      return true;
    };
    if (light) return lightly(this.#db, () => exclusively(this.#db, append));
    const done = exclusively(this.#db, append);
    if (done) this.#noteHead();
    return done;
  }

  /** Keeps a list and tells its name for an entry. */
  keep(items: readonly unknown[]): ListRef {
    const json = Buffer.from(canonicalJson(items));
    const sha256 = createHash('sha256').update(json).digest('hex');
    // The quickest level: a change of thousands waits for this, and it saves nine tenths already.
    putList(this.#db, sha256, deflateSync(json, { level: 1 }));
    return { count: items.length, sha256 };
  }

  /** The items of a list. Throws JOURNAL_BROKEN when it is missing or not what its name says. */
  items(ref: ListRef): unknown[] {
    const json = this.#unpack(ref.sha256);
    if (json === null)
      throw broken(text(/*i18n*/ { id: 'journal.list', message: 'A list of targets is missing or altered' }));
    return JSON.parse(json.toString('utf8')) as unknown[];
  }

  entriesOf(changeId: string): JournalEntry[] {
    return rowsOf(this.#db, changeId).map((row) => {
      const { title } = parseBody(row) as { title?: Text };
      return {
        seq: row.seq,
        at: row.at,
        type: row.type as EntryType,
        changeId: row.change_id,
        title: title ?? null,
        prevHash: row.prev_hash,
        hash: row.hash,
      };
    });
  }

  /** Entries after `seq`, in order. */
  *after(seq: number): Generator<Entry, void, void> {
    let from = seq;
    for (;;) {
      const rows = rowsAfter(this.#db, from, PAGE);
      for (const row of rows) {
        yield { seq: row.seq, at: row.at, type: row.type, changeId: row.change_id, body: parseBody(row) } as Entry;
      }
      const last = rows.at(-1);
      if (last === undefined) return;
      from = last.seq;
    }
  }

  /** Checks every link, every list, the guards and the head note. */
  verify(): JournalCheck {
    let entries = 0;
    let found: Problem | null = null;
    let prev = NOTHING;
    let from = 0;
    for (let rows = rowsAfter(this.#db, 0, PAGE); rows.length > 0; rows = rowsAfter(this.#db, from, PAGE)) {
      for (const row of rows) {
        entries += 1;
        found ??= this.#checkLink(row, entries, prev);
        prev = row.hash;
        from = row.seq;
      }
    }
    found ??= this.#checkNote(lastRow(this.#db));
    const missing = missingGuards(this.#db);
    if (missing.length > 0) {
      found ??= {
        at: null,
        problem: text(
          /*i18n*/ { id: 'journal.guards', message: 'The guards against altering the journal were removed: {names}' },
          { names: missing.join(', ') },
        ),
      };
    }
    return {
      ok: found === null,
      entries,
      checkedAt: new Date().toISOString(),
      brokenAt: found?.at ?? null,
      problem: found?.problem ?? null,
      head: entries === 0 ? null : prev,
    };
  }

  #checkLink(row: JournalRow, place: number, prev: string): Problem | null {
    const at = row.seq;
    if (row.seq !== place) {
      return {
        at: place,
        problem: text(/*i18n*/ { id: 'journal.missing', message: 'Entry {seq} is missing' }, { seq: place }),
      };
    }
    if (row.prev_hash !== prev) {
      return {
        at,
        problem: text(
          /*i18n*/ { id: 'journal.unlinked', message: 'Entry {seq} does not follow the one before it' },
          { seq: at },
        ),
      };
    }
    if (hashOf(row) !== row.hash) {
      return { at, problem: text(/*i18n*/ { id: 'journal.altered', message: 'Entry {seq} was altered' }, { seq: at }) };
    }
    const { lists = {} } = parseBody(row) as { lists?: Lists };
    for (const ref of Object.values(lists)) {
      if (this.#unpack(ref.sha256) !== null) continue;
      return {
        at,
        problem: text(
          /*i18n*/ { id: 'journal.list-altered', message: 'A list of targets of entry {seq} is missing or altered' },
          { seq: at },
        ),
      };
    }
    return null;
  }

  /** The note may be behind the journal (a crash between the two), never ahead of it or beside it. */
  #checkNote(last: JournalRow | null): Problem | null {
    const note = this.#readHead();
    if (last === null && note === 'absent') return null;
    if (note === 'absent' || note === 'unreadable') {
      return {
        at: null,
        problem: text(
          /*i18n*/ {
            id: 'journal.no-note',
            message:
              'The note of the newest entry (journal.head) is missing or unreadable, so entries may have been cut off the end',
          },
        ),
      };
    }
    const noted = rowAt(this.#db, note.seq);
    if (noted?.hash === note.hash) return null;
    return {
      at: noted === null ? (last?.seq ?? 0) + 1 : note.seq,
      problem: text(
        /*i18n*/ {
          id: 'journal.cut-off',
          message: 'Entries up to {seq} were written; the journal now ends at {last} or says something else there',
        },
        { seq: note.seq, last: last?.seq ?? 0 },
      ),
    };
  }

  #checkEnd(last: JournalRow | null): void {
    const problem =
      last !== null && hashOf(last) !== last.hash
        ? text(/*i18n*/ { id: 'journal.altered', message: 'Entry {seq} was altered' }, { seq: last.seq })
        : this.#checkNote(last)?.problem;
    if (problem !== undefined) throw broken(problem);
  }

  #unpack(sha256: string): Buffer | null {
    const packed = getList(this.#db, sha256);
    if (packed === null) return null;
    try {
      const json = inflateSync(packed);
      return createHash('sha256').update(json).digest('hex') === sha256 ? json : null;
    } catch {
      return null;
    }
  }

  /** Under the write lock: two processes must not note an older head over a newer one. */
  #noteHead(): void {
    exclusively(this.#db, () => {
      const last = lastRow(this.#db);
      if (last === null) return;
      const part = `${this.#headFile}.${randomUUID()}`;
      const file = openSync(part, 'wx', 0o600);
      try {
        writeSync(file, `${JSON.stringify({ seq: last.seq, hash: last.hash })}\n`);
        fsyncSync(file);
      } finally {
        closeSync(file);
      }
      renameSync(part, this.#headFile);
    });
  }

  #readHead(): Head | 'absent' | 'unreadable' {
    try {
      const { seq, hash } = JSON.parse(readFileSync(this.#headFile, 'utf8')) as Partial<Head>;
      return typeof seq === 'number' && typeof hash === 'string' ? { seq, hash } : 'unreadable';
    } catch (error) {
      return (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'absent' : 'unreadable';
    }
  }
}

/** Over the stored text of the body itself, so that no byte of it can change unseen. Keys in canonical order. */
function hashOf(row: Omit<JournalRow, 'hash'>): string {
  const { at, body, change_id: changeId, prev_hash: prevHash, seq, type } = row;
  const s = JSON.stringify;
  const json = `{"at":${s(at)},"body":${body},"changeId":${s(changeId)},"prevHash":${s(prevHash)},"seq":${seq},"type":${s(type)}}`;
  return createHash('sha256').update(json).digest('hex');
}

function parseBody(row: JournalRow): object {
  try {
    return JSON.parse(row.body) as object;
  } catch {
    throw broken(text(/*i18n*/ { id: 'journal.altered', message: 'Entry {seq} was altered' }, { seq: row.seq }));
  }
}

function broken(problem: Text): Failure {
  return new Failure('JOURNAL_BROKEN', problem, {
    hint: text(
      /*i18n*/ {
        id: 'journal.broken.hint',
        message:
          'Check the journal (postdeck changes verify); keep this data folder as it is and go on with another one',
      },
    ),
  });
}
