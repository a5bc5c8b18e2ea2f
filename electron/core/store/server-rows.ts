import { Probe, ServerProfile } from '#shared/model/server.ts';
import type { Store } from './store.ts';

interface Row {
  id: string;
  profile: string;
  added_at: string;
}

const COLUMNS = 'SELECT id, profile, added_at FROM servers';

/** All profiles, by name. */
export function listProfiles(db: Store): ServerProfile[] {
  return db.prepare<[], Row>(`${COLUMNS} ORDER BY name COLLATE NOCASE`).all().map(toProfile);
}

/** By id, or by name as a person types it. */
export function findProfile(db: Store, idOrName: string): ServerProfile | null {
  const row =
    db.prepare<[string], Row>(`${COLUMNS} WHERE id = ?`).get(idOrName) ??
    db.prepare<[string], Row>(`${COLUMNS} WHERE name = ? COLLATE NOCASE`).get(idOrName);
  return row ? toProfile(row) : null;
}

/** Adds or replaces. false: the name belongs to another server. */
export function saveProfile(db: Store, { id, addedAt, ...profile }: ServerProfile): boolean {
  return db
    .transaction(() => {
      const owner = findProfile(db, profile.name);
      if (owner !== null && owner.id !== id) return false;
      db.prepare(
        `INSERT INTO servers (id, name, profile, added_at) VALUES (?, ?, ?, ?)
         ON CONFLICT (id) DO UPDATE SET name = excluded.name, profile = excluded.profile`,
      ).run(id, profile.name, JSON.stringify(profile), addedAt);
      return true;
    })
    .immediate();
}

/** Removes the profile and its last probe. */
export function deleteProfile(db: Store, id: string): boolean {
  return db.prepare('DELETE FROM servers WHERE id = ?').run(id).changes > 0;
}

/** The last probe; null: never probed, or kept by a version that told other things. */
export function readProbe(db: Store, serverId: string): Probe | null {
  const row = db.prepare<[string], { probe: string }>('SELECT probe FROM probes WHERE server_id = ?').get(serverId);
  return row === undefined ? null : (Probe.safeParse(JSON.parse(row.probe)).data ?? null);
}

export function saveProbe(db: Store, probe: Probe): void {
  db.prepare(
    `INSERT INTO probes (server_id, at, probe) VALUES (?, ?, ?)
     ON CONFLICT (server_id) DO UPDATE SET at = excluded.at, probe = excluded.probe`,
  ).run(probe.serverId, probe.at, JSON.stringify(probe));
}

function toProfile({ id, profile, added_at }: Row): ServerProfile {
  return ServerProfile.parse({ ...(JSON.parse(profile) as object), id, addedAt: added_at });
}
