/** Levels of each server's queue, one row a complete reading; `at` is in epoch milliseconds. */
export const levels = `
  CREATE TABLE queue_levels (
    server_id TEXT NOT NULL,
    at        INTEGER NOT NULL,
    active    INTEGER NOT NULL,
    deferred  INTEGER NOT NULL,
    hold      INTEGER NOT NULL,
    incoming  INTEGER NOT NULL,
    PRIMARY KEY (server_id, at)
  ) STRICT, WITHOUT ROWID;
`;
