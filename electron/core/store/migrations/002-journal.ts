/**
 * The journal: append-only, each entry chained to the one before by its hash. The triggers stop a slip of the
 * console's own hand; a hand with the file open can drop them, and then the chain and the head note tell.
 *
 * `journal_lists` keeps long lists (the targets of a change) out of the entries that must be hashed one after the
 * other; an entry names its lists by SHA-256, so they are part of the chain.
 *
 * `change_owners` is not part of the record: it says which process is running a change now.
 */
export const journal = `
  CREATE TABLE journal (
    seq       INTEGER PRIMARY KEY,
    at        TEXT NOT NULL,
    type      TEXT NOT NULL,
    change_id TEXT NOT NULL,
    body      TEXT NOT NULL,
    prev_hash TEXT NOT NULL,
    hash      TEXT NOT NULL
  ) STRICT;
  CREATE INDEX journal_by_change ON journal (change_id, seq);

  CREATE TABLE journal_lists (
    sha256 TEXT PRIMARY KEY,
    packed BLOB NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TRIGGER journal_no_update BEFORE UPDATE ON journal
    BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
  CREATE TRIGGER journal_no_delete BEFORE DELETE ON journal
    BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
  CREATE TRIGGER journal_lists_no_update BEFORE UPDATE ON journal_lists
    BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
  CREATE TRIGGER journal_lists_no_delete BEFORE DELETE ON journal_lists
    BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;

  CREATE TABLE change_owners (
    change_id TEXT PRIMARY KEY,
    host      TEXT NOT NULL,
    pid       INTEGER NOT NULL,
    started   TEXT NOT NULL,
    beat      INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
`;
