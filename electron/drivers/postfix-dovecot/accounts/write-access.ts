/** Entries of access(5) maps and deny files that block an account's sending, receiving or login. Pure. */
import { formatEntry, parseMapSource } from '../maps/map-source.ts';
import type { TableRef } from './config.ts';
import type { AccountEntry } from './entries.ts';
import type { Snapshot } from './snapshot.ts';
import { addEdit, type Writes } from './writes.ts';

type Found = Map<string, { raw: string; value: string }>;
const parsed = new WeakMap<Snapshot, Map<string, Found>>();

function entriesOf(snapshot: Snapshot, path: string, format: 'map' | 'list'): Found {
  const known = parsed.get(snapshot) ?? new Map<string, Found>();
  parsed.set(snapshot, known);
  let found = known.get(path);
  if (!found) {
    found = new Map();
    for (const entry of parseMapSource(snapshot.files.get(path) ?? '', format)) {
      if (!entry.disabled && !found.has(entry.key)) found.set(entry.key, entry);
    }
    known.set(path, found);
  }
  return found;
}

/** An answer that refuses, of access(5). */
const REFUSES = /^(reject|defer|discard|[45]\d\d)\b/i;

/**
 * @param options.on true adds refusals for what is asked, false takes out those that are there
 */
export function accessEdits(
  writes: Writes,
  snapshot: Snapshot,
  account: AccountEntry,
  options: { on: boolean; sending: boolean; receiving: boolean },
): void {
  const { layout } = snapshot;
  const edit = (ref: TableRef): void => {
    const current = entriesOf(snapshot, ref.spec, 'map').get(account.address);
    const file = { path: ref.spec, format: 'map' as const, map: ref.type };
    if (options.on) {
      if (current && REFUSES.test(current.value)) return;
      const after = formatEntry(account.address, 'REJECT', 'map');
      addEdit(writes, file, { key: account.address, before: current?.raw ?? null, after });
    } else if (current && REFUSES.test(current.value)) {
      addEdit(writes, file, { key: account.address, before: current.raw, after: null });
    }
  };
  if (options.sending && layout.senderAccess) edit(layout.senderAccess);
  if (options.receiving && layout.recipientAccess) edit(layout.recipientAccess);
  if (!options.on && layout.deny.users !== null) {
    const path = layout.deny.users;
    const denied = entriesOf(snapshot, path, 'list').get(account.login);
    if (denied)
      addEdit(writes, { path, format: 'list', map: null }, { key: account.login, before: denied.raw, after: null });
  }
}

/** Entries of access maps and the deny file move along with an address: a blocked account stays blocked under another. */
export function moveAccess(writes: Writes, snapshot: Snapshot, account: AccountEntry, to: string): void {
  const { layout } = snapshot;
  for (const ref of [layout.senderAccess, layout.recipientAccess]) {
    if (!ref) continue;
    const file = { path: ref.spec, format: 'map' as const, map: ref.type };
    const current = entriesOf(snapshot, ref.spec, 'map').get(account.address);
    const there = entriesOf(snapshot, ref.spec, 'map').get(to);
    if (!current) continue;
    addEdit(writes, file, { key: account.address, before: current.raw, after: null });
    const after = formatEntry(to, current.value, 'map');
    addEdit(writes, file, { key: to, before: there?.raw ?? null, after });
  }
  const path = layout.deny.users;
  const denied = path === null ? undefined : entriesOf(snapshot, path, 'list').get(account.login.toLowerCase());
  if (path === null || !denied) return;
  const login = account.login.includes('@') ? to : to.slice(0, to.lastIndexOf('@'));
  const file = { path, format: 'list' as const, map: null };
  const known = entriesOf(snapshot, path, 'list').get(login);
  addEdit(writes, file, { key: account.login.toLowerCase(), before: denied.raw, after: null });
  if (!known) addEdit(writes, file, { key: login, before: null, after: formatEntry(login, '', 'list') });
}
