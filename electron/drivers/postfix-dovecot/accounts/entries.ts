/** Accounts as they stand in their file or table, to be edited. */
import { parseMapSource } from '../maps/map-source.ts';
import type { Row } from '../sql/client.ts';
import { mostCommon, templateOf } from './config.ts';
import { systemUsers, type SystemUser } from './system-users.ts';
import type { SqlTable } from './layout.ts';
import { parsePasswdFile, type PasswdEntry } from './passwd-file.ts';
import { type Column, type Snapshot, tableId } from './snapshot.ts';

export type AccountEntry = {
  address: string;
  login: string;
  domain: string;
  home: string | null;
} & (
  | { kind: 'passwd-file'; raw: string; entry: PasswdEntry }
  | { kind: 'sql'; row: Row }
  | { kind: 'system'; user: SystemUser }
);

export interface AliasTable {
  table: SqlTable;
  columns: Column[];
  byName: Map<string, Row>;
}

export interface AccountIndex {
  snapshot: Snapshot;
  all: AccountEntry[];
  byAddress: Map<string, AccountEntry>;
  /** virtual_mailbox_maps, when it is a file: raw lines by address. */
  mailboxes: Map<string, { raw: string; value: string }>;
  /** Where homes and mailbox paths of new accounts go, as most existing ones read. */
  homeTemplate: string;
  mailboxTemplate: string;
  uid: string;
  gid: string;
  /** The SQL table of aliases whose rows lead from a mailbox to itself; null: none does. */
  selfAliases: AliasTable | null;
}

const indexes = new WeakMap<Snapshot, AccountIndex>();

/** Built once a snapshot: a plan for ten thousand accounts asks often. */
export function accountIndex(snapshot: Snapshot): AccountIndex {
  const known = indexes.get(snapshot);
  if (known) return known;
  const all = listEntries(snapshot);
  const { layout, files } = snapshot;
  const mailboxes = new Map<string, { raw: string; value: string }>();
  if (layout.mailboxes) {
    for (const { key, raw, value, disabled } of parseMapSource(files.get(layout.mailboxes.spec) ?? '', 'map')) {
      if (!disabled && !mailboxes.has(key)) mailboxes.set(key, { raw, value });
    }
  }
  const passwd = all.flatMap((account) => (account.kind === 'passwd-file' ? [account.entry] : []));
  const index: AccountIndex = {
    snapshot,
    all,
    byAddress: new Map(all.map((account) => [account.address, account])),
    mailboxes,
    homeTemplate: homeTemplate(snapshot, all),
    mailboxTemplate: mostCommon([...mailboxes].map(([key, { value }]) => templateOf(value, key))) ?? '%d/%n/',
    uid: mostCommon(passwd.map((entry) => entry.uid)) ?? '',
    gid: mostCommon(passwd.map((entry) => entry.gid)) ?? '',
    selfAliases: selfAliases(snapshot, all),
  };
  indexes.set(snapshot, index);
  return index;
}

/** As most homes read; templates that name nobody (a shared home) are no model for a new account. */
function homeTemplate(snapshot: Snapshot, all: readonly AccountEntry[]): string {
  const own = all.flatMap((account) => {
    const path =
      account.kind === 'sql'
        ? sqlHome(snapshot, account.row)
        : account.kind === 'passwd-file'
          ? account.entry.home
          : '';
    return path === '' ? [] : [templateOf(path, account.address)];
  });
  const common = mostCommon(own.filter((template) => /%[un]/.test(template)));
  if (common !== null) return common;
  if (snapshot.layout.accounts?.kind === 'sql') return '%d/%n/';
  // an empty home means that Dovecot's mail_home decides
  return snapshot.layout.mailHome === '' ? '/var/vmail/%d/%n' : '';
}

function sqlHome(snapshot: Snapshot, row: Row): string {
  const store = snapshot.layout.accounts;
  return store?.kind === 'sql' && store.accounts.home ? (row[store.accounts.home.column] ?? '') : '';
}

function listEntries(snapshot: Snapshot): AccountEntry[] {
  const { layout, files, tables } = snapshot;
  const store = layout.accounts;
  const named = (login: string): { address: string; login: string; domain: string } => {
    const address = (login.includes('@') ? login : `${login}@${layout.ownDomain}`).toLowerCase();
    return { address, login, domain: address.slice(address.lastIndexOf('@') + 1) };
  };
  if (store?.kind === 'passwd-file') {
    const seen = new Set<string>();
    return parsePasswdFile(files.get(store.path) ?? '').flatMap(({ raw, entry }): AccountEntry[] => {
      const login = entry?.user.toLowerCase() ?? '';
      if (!entry || seen.has(login)) return [];
      seen.add(login);
      return [{ ...named(login), home: entry.home || null, kind: 'passwd-file', raw, entry }];
    });
  }
  if (store?.kind === 'sql') {
    const rows = tables.get(tableId(store.accounts.place, store.accounts.table))?.rows ?? [];
    return rows.map((row): AccountEntry => {
      const home =
        store.accounts.home === null ? null : `${store.accounts.home.prefix}${row[store.accounts.home.column] ?? ''}`;
      return { ...named((row[store.accounts.key] ?? '').toLowerCase()), home, kind: 'sql', row };
    });
  }
  if (store?.kind === 'system') {
    return systemUsers(snapshot).map(
      (user): AccountEntry => ({ ...named(user.name), home: user.home, kind: 'system', user }),
    );
  }
  return [];
}

/** Every SQL table of aliases, indexed. */
export function aliasTables(snapshot: Snapshot): AliasTable[] {
  return snapshot.layout.aliases.flatMap((store) => {
    if (store.kind !== 'sql' || store.table.value === null) return [];
    const read = snapshot.tables.get(tableId(store.table.place, store.table.table));
    if (!read) return [];
    const byName = new Map(read.rows.map((row) => [(row[store.table.key] ?? '').toLowerCase(), row]));
    return [{ table: store.table, columns: read.columns, byName }];
  });
}

/** PostfixAdmin keeps an alias row a mailbox; a schema of one's own may not. What the rows do, new ones do too. */
function selfAliases(snapshot: Snapshot, accounts: readonly AccountEntry[]): AliasTable | null {
  if (snapshot.layout.accounts?.kind !== 'sql') return null;
  for (const aliases of aliasTables(snapshot)) {
    const known = accounts.filter((account) => aliases.byName.has(account.address)).length;
    const postfixAdmin =
      aliases.columns.some((c) => c.name === 'domain') && aliases.columns.some((c) => c.name === 'goto');
    if (accounts.length === 0 ? postfixAdmin : known * 2 >= accounts.length) return aliases;
  }
  return null;
}
