/** Server profiles and what the last test of each found. Secrets are never here: see core/secrets. */
export const servers = `
  CREATE TABLE servers (
    id       TEXT PRIMARY KEY,
    name     TEXT NOT NULL UNIQUE COLLATE NOCASE,
    profile  TEXT NOT NULL,
    added_at TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE probes (
    server_id TEXT PRIMARY KEY REFERENCES servers (id) ON DELETE CASCADE,
    at        TEXT NOT NULL,
    probe     TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
`;
