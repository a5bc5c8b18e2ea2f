import type { QueueLevel } from '#shared/model/queue.ts';
import type { Store } from './store.ts';

/** The longest span that is ever asked for (30 days), and so the longest that is kept. */
const KEEP_MS = 720 * 3_600_000;

/** Keeps one sample of a queue's levels, and drops those past KEEP_MS. */
export function addLevel(db: Store, serverId: string, level: QueueLevel): void {
  const at = Date.parse(level.at);
  db.transaction(() => {
    db.prepare(
      'INSERT OR REPLACE INTO queue_levels (server_id, at, active, deferred, hold, incoming) VALUES (?, ?, ?, ?, ?, ?)',
    ).run(serverId, at, level.active, level.deferred, level.hold, level.incoming);
    db.prepare('DELETE FROM queue_levels WHERE server_id = ? AND at < ?').run(serverId, at - KEEP_MS);
  }).immediate();
}

/** Samples since `since` (epoch milliseconds), oldest first. */
export function levelsSince(db: Store, serverId: string, since: number): QueueLevel[] {
  return db
    .prepare<[string, number], Omit<QueueLevel, 'at'> & { at: number }>(
      'SELECT at, active, deferred, hold, incoming FROM queue_levels WHERE server_id = ? AND at >= ? ORDER BY at',
    )
    .all(serverId, since)
    .map((row) => ({ ...row, at: new Date(row.at).toISOString() }));
}
