import type { Store } from './store.ts';

/** Key and JSON value of every setting that was saved. */
export function readSettings(db: Store): Record<string, unknown> {
  const rows = db.prepare<[], { key: string; value: string }>('SELECT key, value FROM settings').all();
  return Object.fromEntries(rows.map(({ key, value }) => [key, JSON.parse(value) as unknown]));
}

export function writeSettings(db: Store, values: Record<string, unknown>): void {
  const put = db.prepare(
    'INSERT INTO settings (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value',
  );
  db.transaction(() => {
    for (const [key, value] of Object.entries(values)) if (value !== undefined) put.run(key, JSON.stringify(value));
  }).immediate();
}
