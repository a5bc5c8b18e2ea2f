/** Domains whose every address is the same name at another domain: `@old @new` of virtual(5), or PostfixAdmin's table. Pure. */
import { parseMapSource, splitTargets } from '../maps/map-source.ts';
import type { TableRef } from './config.ts';
import { utf8 } from './frames.ts';
import type { SqlTable } from './layout.ts';
import { type Snapshot, type TableRows, tableId } from './snapshot.ts';

export interface AliasDomain {
  domain: string;
  target: string;
}

/** `@old @new`: virtual(5) keeps the local part. */
export const leadsDomain = (key: string, targets: readonly string[]): boolean =>
  key.startsWith('@') && targets.length === 1 && (targets[0]?.startsWith('@') ?? false);

const known = new WeakMap<Snapshot, Map<string, AliasDomain>>();

/** Those that count now, by domain. */
export function aliasDomains(snapshot: Snapshot): ReadonlyMap<string, AliasDomain> {
  const found = known.get(snapshot) ?? readAliasDomains(snapshot);
  known.set(snapshot, found);
  return found;
}

function readAliasDomains(snapshot: Snapshot): Map<string, AliasDomain> {
  const found = new Map<string, AliasDomain>();
  for (const store of snapshot.layout.aliases) {
    if (store.kind !== 'file') continue;
    for (const { key, value, disabled } of parseMapSource(snapshot.files.get(store.ref.spec) ?? '', 'map')) {
      const targets = splitTargets(utf8(value), 'map');
      if (disabled || !leadsDomain(key, targets) || found.has(key.slice(1))) continue;
      found.set(key.slice(1), { domain: key.slice(1), target: (targets[0] ?? '').slice(1).toLowerCase() });
    }
  }
  const table = aliasDomainRows(snapshot);
  for (const row of table?.read.rows ?? []) {
    const domain = (row[table?.table.key ?? ''] ?? '').toLowerCase();
    const target = (row[table?.table.value ?? ''] ?? '').toLowerCase();
    if (domain !== '' && target !== '' && !found.has(domain)) found.set(domain, { domain, target });
  }
  return found;
}

/** The table of alias domains and its rows; null: no query reads one, or it has other columns. */
export function aliasDomainRows({ layout, tables }: Snapshot): { table: SqlTable; read: TableRows } | null {
  const table = layout.aliasDomains;
  const read = table && tables.get(tableId(table.place, table.table));
  if (!table || !read) return null;
  const names = new Set(read.columns.map((column) => column.name));
  return names.has(table.key) && names.has(table.value ?? '') ? { table, read } : null;
}

/** Where a new alias domain is written; null: nowhere. Its name needs a place among the domains, too. */
export function aliasDomainPlace(
  snapshot: Snapshot,
): { kind: 'sql'; table: SqlTable; read: TableRows } | { kind: 'file'; ref: TableRef } | null {
  const { layout } = snapshot;
  const rows = aliasDomainRows(snapshot);
  if (rows && layout.domains.some((store) => store.kind === 'sql')) return { kind: 'sql', ...rows };
  const file = layout.aliases.find((store) => store.kind === 'file');
  const domains = layout.domains.some((store) => store.kind === 'file');
  return file?.kind === 'file' && domains ? { kind: 'file', ref: file.ref } : null;
}
