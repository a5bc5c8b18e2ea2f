/** Writes of one account, whichever way it is kept. Pure. */
import { formatEntry, parseMapSource, splitTargets } from '../maps/map-source.ts';
import type { Row, RowWrite } from '../sql/client.ts';
import { fillTemplate } from './config.ts';
import { EXPIRES_FIELD, LOCKED_FIELD, NAME_COLUMN } from './fields.ts';
import { type AccountEntry, type AccountIndex, type AliasTable, aliasTables } from './entries.ts';
import { bytesOf, utf8 } from './frames.ts';
import type { SqlTable } from './layout.ts';
import {
  editPasswdLine,
  extraField,
  formatPasswdEntry,
  isLocked,
  lockPassword,
  ruleWithQuota,
  unlockPassword,
  withExtra,
} from './passwd-file.ts';
import { type Column, type Snapshot, tableId } from './snapshot.ts';
import { untilColumn, untilValue } from './until.ts';
import type { SystemUser } from './system-users.ts';
import { addEdit, type SystemState, type Writes } from './writes.ts';

export interface NewEntry {
  address: string;
  /** UTF-8 bytes held as latin1. */
  name: string | null;
  hash: string;
  quota: number | null;
  expires: string | null;
}

export interface EntryChange {
  hash?: string;
  name?: string;
  quota?: number | null;
  expires?: string | null;
  locked?: boolean;
  /** Locked because its last day is over; a date that is not takes such a lock away. passwd-file only. */
  overdue?: boolean;
  /** The row's own switch, off: neither login nor mail. SQL only. */
  inactive?: boolean;
}

const partsOf = (address: string): { local: string; domain: string } => ({
  local: address.slice(0, address.lastIndexOf('@')),
  domain: address.slice(address.lastIndexOf('@') + 1),
});

const DAY = 86_400_000;
/** shadow(5) names the first day that is over. */
const shadowDay = (date: string | null): number | null =>
  date === null ? null : Date.parse(`${date}T00:00:00Z`) / DAY + 1;

export function addAccount(writes: Writes, index: AccountIndex, account: NewEntry): void {
  const { snapshot } = index;
  const store = snapshot.layout.accounts;
  const { local, domain } = partsOf(account.address);
  switch (store?.kind) {
    case 'passwd-file': {
      const quota: [string, string][] =
        account.quota === null ? [] : [['userdb_quota_rule', ruleWithQuota(null, account.quota)]];
      const expires: [string, string][] = account.expires === null ? [] : [[EXPIRES_FIELD, account.expires]];
      const user = store.keyed === 'local' ? local : account.address;
      const after = formatPasswdEntry({
        user,
        password: account.hash,
        uid: index.uid,
        gid: index.gid,
        gecos: account.name ?? '',
        home: fillTemplate(index.homeTemplate, account.address),
        shell: '',
        extra: [...quota, ...expires],
      });
      addEdit(writes, { path: store.path, format: 'passwd', map: null }, { key: user, before: null, after });
      const map = snapshot.layout.mailboxes;
      if (map) {
        const line = formatEntry(account.address, fillTemplate(index.mailboxTemplate, account.address), 'map');
        const before = index.mailboxes.get(account.address)?.raw ?? null;
        addEdit(
          writes,
          { path: map.spec, format: 'map', map: map.type },
          { key: account.address, before, after: line },
        );
      }
      return;
    }
    case 'sql': {
      const { accounts } = store;
      const columns = columnsOf(snapshot, accounts);
      const after: Row = { [accounts.key]: account.address, [accounts.password]: account.hash };
      if (accounts.quota !== null) after[accounts.quota] = String(account.quota ?? 0);
      if (accounts.active !== null) after[accounts.active.column] = accounts.active.on;
      const until = untilColumn(snapshot);
      if (until !== null) after[until.until.column] = untilValue(until, account.expires);
      if (accounts.home !== null) after[accounts.home.column] = fillTemplate(index.homeTemplate, account.address);
      const more = { local_part: local, domain, [NAME_COLUMN]: account.name === null ? '' : utf8(account.name) };
      for (const [name, value] of Object.entries(more)) if (has(columns, name) && !(name in after)) after[name] = value;
      writes.rows.push(row(accounts, columns, account.address, null, after));
      if (index.selfAliases) writes.rows.push(aliasRow(index.selfAliases, account.address, [account.address]));
      return;
    }
    case 'system':
      writes.system.push({
        user: local,
        before: null,
        after: {
          uid: -1,
          gid: -1,
          gecos: account.name ?? '',
          home: `/home/${local}`,
          shell: '/usr/sbin/nologin',
          hash: account.hash.replace(/^\{[^}]*\}/, ''),
          expiresDay: shadowDay(account.expires),
        },
      });
      return;
    case undefined:
      return;
  }
}

const has = (columns: readonly Column[], name: string): boolean => columns.some((column) => column.name === name);
const columnsOf = (snapshot: Snapshot, table: SqlTable): Column[] =>
  snapshot.tables.get(tableId(table.place, table.table))?.columns ?? [];

/** A write of one row; times of adding and changing are kept where the schema has them. */
export function row(
  table: SqlTable,
  columns: readonly Column[],
  key: string,
  before: Row | null,
  after: Row | null,
): RowWrite {
  return {
    place: table.place,
    conf: table.conf,
    table: table.table,
    key: { column: table.key, value: key },
    before,
    after,
    stamps: {
      onAdd: ['created', 'modified'].filter((name) => has(columns, name)),
      onChange: ['modified'].filter((name) => has(columns, name)),
    },
  };
}

export function aliasRow(aliases: AliasTable, name: string, targets: readonly string[]): RowWrite {
  const { table, columns } = aliases;
  const after: Row = { [table.key]: name, [table.value ?? '']: targets.join(',') };
  if (table.active) after[table.active.column] = table.active.on;
  if (has(columns, 'domain')) after.domain = partsOf(name).domain;
  return row(table, columns, name, null, after);
}

/** Only the columns that differ. */
function changed(before: Row, after: Row): { before: Row; after: Row } | null {
  const names = Object.keys(after).filter((name) => after[name] !== before[name]);
  if (names.length === 0) return null;
  const pick = (source: Row): Row => Object.fromEntries(names.map((name) => [name, source[name] ?? null]));
  return { before: pick(before), after: pick(after) };
}

/** The other word of a switch, in the spelling of the one that means on. */
export const offOf = (on: string): string =>
  ({ '1': '0', y: 'n', Y: 'N', yes: 'no', true: 'false', t: 'f' })[on] ?? '0';

const relock = (password: string, change: EntryChange): string => {
  const next = change.hash === undefined ? password : isLocked(password) ? lockPassword(change.hash) : change.hash;
  return change.locked === undefined ? next : change.locked ? lockPassword(next) : unlockPassword(next);
};

export function editAccount(writes: Writes, index: AccountIndex, account: AccountEntry, change: EntryChange): void {
  const { snapshot } = index;
  const store = snapshot.layout.accounts;
  if (account.kind === 'passwd-file' && store?.kind === 'passwd-file') {
    let extra = account.entry.extra;
    if (change.quota !== undefined) {
      const rule = extraField(account.entry, 'userdb_quota_rule');
      extra = withExtra(extra, 'userdb_quota_rule', ruleWithQuota(rule, change.quota));
    }
    if (change.expires !== undefined) extra = withExtra(extra, EXPIRES_FIELD, change.expires);
    const byJob = extraField(account.entry, LOCKED_FIELD) !== null;
    const frees = byJob && change.overdue === false && change.locked === undefined;
    if (change.overdue === true) extra = withExtra(extra, LOCKED_FIELD, 'expired');
    // whoever blocks or unblocks by hand has the last word
    else if (byJob && (frees || change.locked !== undefined)) extra = withExtra(extra, LOCKED_FIELD, null);
    const locked = change.overdue === true ? { locked: true } : frees ? { locked: false } : {};
    const after = editPasswdLine(account.raw, {
      password: relock(account.entry.password, { ...change, ...locked }),
      ...(change.name === undefined ? {} : { gecos: change.name }),
      ...(extra === account.entry.extra ? {} : { extra }),
    });
    const key = account.entry.user;
    addEdit(writes, { path: store.path, format: 'passwd', map: null }, { key, before: account.raw, after });
  } else if (account.kind === 'sql' && store?.kind === 'sql') {
    const { accounts } = store;
    const after: Row = { [accounts.password]: relock(account.row[accounts.password] ?? '', change) };
    if (change.quota !== undefined && accounts.quota !== null) after[accounts.quota] = String(change.quota ?? 0);
    const until = change.expires === undefined ? null : untilColumn(snapshot);
    if (until !== null) after[until.until.column] = untilValue(until, change.expires ?? null);
    if (change.name !== undefined) after[NAME_COLUMN] = utf8(change.name);
    // an account switched off in the table is switched on again with its login
    if (change.locked === false && accounts.active) after[accounts.active.column] = accounts.active.on;
    if (change.inactive && accounts.active) after[accounts.active.column] = offOf(accounts.active.on);
    const diff = changed(account.row, after);
    if (diff)
      writes.rows.push(
        row(accounts, columnsOf(snapshot, accounts), account.row[accounts.key] ?? '', diff.before, diff.after),
      );
  } else if (account.kind === 'system') {
    const before = systemState(account.user);
    const hash = relock(before.hash, {
      ...change,
      ...(change.hash === undefined ? {} : { hash: change.hash.replace(/^\{[^}]*\}/, '') }),
    });
    const after: SystemState = {
      ...before,
      hash,
      gecos: change.name === undefined ? before.gecos : [change.name, ...before.gecos.split(',').slice(1)].join(','),
      expiresDay: change.expires === undefined ? before.expiresDay : shadowDay(change.expires),
    };
    if (JSON.stringify(before) !== JSON.stringify(after))
      writes.system.push({ user: account.user.name, before, after });
  }
}

export function systemState(user: {
  uid: number;
  gid: number;
  gecos: string;
  home: string;
  shell: string;
  hash: string;
  expiresDay: number | null;
}): SystemState {
  const { uid, gid, gecos, home, shell, hash, expiresDay } = user;
  return { uid, gid, gecos, home, shell, hash, expiresDay };
}

export function dropAccount(writes: Writes, index: AccountIndex, account: AccountEntry): void {
  const { snapshot } = index;
  const store = snapshot.layout.accounts;
  if (account.kind === 'passwd-file' && store?.kind === 'passwd-file') {
    const file = { path: store.path, format: 'passwd' as const, map: null };
    addEdit(writes, file, { key: account.entry.user, before: account.raw, after: null });
    const mailbox = index.mailboxes.get(account.address);
    const map = snapshot.layout.mailboxes;
    if (map && mailbox) {
      addEdit(
        writes,
        { path: map.spec, format: 'map', map: map.type },
        { key: account.address, before: mailbox.raw, after: null },
      );
    }
  } else if (account.kind === 'sql' && store?.kind === 'sql') {
    const { accounts } = store;
    writes.rows.push(row(accounts, columnsOf(snapshot, accounts), account.row[accounts.key] ?? '', account.row, null));
    const own = index.selfAliases?.byName.get(account.address);
    if (own && index.selfAliases) {
      const { table, columns } = index.selfAliases;
      writes.rows.push(row(table, columns, own[table.key] ?? '', own, null));
    }
  } else if (account.kind === 'system') {
    writes.system.push({ user: account.user.name, before: systemState(account.user), after: null });
  }
}

/** Gives the account another address; `move`: and a home of that name. Answers the new home, null when it keeps its own. */
export function renameAccount(
  writes: Writes,
  index: AccountIndex,
  account: AccountEntry,
  to: string,
  move: boolean,
): string | null {
  const { snapshot } = index;
  const store = snapshot.layout.accounts;
  const { local, domain } = partsOf(to);
  const rebase = (path: string): string => fillTemplate(templateFor(path, account.address), to);
  if (account.kind === 'passwd-file' && store?.kind === 'passwd-file') {
    const home = move ? rebase(account.entry.home) : account.entry.home;
    const user = store.keyed === 'local' ? local : to;
    const file = { path: store.path, format: 'passwd' as const, map: null };
    addEdit(writes, file, { key: account.entry.user, before: account.raw, after: null });
    addEdit(writes, file, { key: user, before: null, after: editPasswdLine(account.raw, { user, home }) });
    const mailbox = index.mailboxes.get(account.address);
    const map = snapshot.layout.mailboxes;
    if (map && mailbox) {
      const target = { path: map.spec, format: 'map' as const, map: map.type };
      addEdit(writes, target, { key: account.address, before: mailbox.raw, after: null });
      addEdit(writes, target, { key: to, before: null, after: formatEntry(to, rebase(mailbox.value), 'map') });
    }
    return home === account.entry.home ? null : home.replace(/\/+$/, '');
  }
  if (account.kind !== 'sql' || store?.kind !== 'sql') return null;
  const { accounts } = store;
  const columns = columnsOf(snapshot, accounts);
  const after: Row = { [accounts.key]: to };
  if (has(columns, 'local_part')) after.local_part = local;
  if (has(columns, 'domain')) after.domain = domain;
  let home: string | null = null;
  if (move && accounts.home) {
    after[accounts.home.column] = rebase(account.row[accounts.home.column] ?? '');
    home = `${accounts.home.prefix}${after[accounts.home.column] ?? ''}`.replace(/\/+$/, '');
  }
  const diff = changed(account.row, after);
  if (diff) writes.rows.push(row(accounts, columns, account.row[accounts.key] ?? '', diff.before, diff.after));
  const own = index.selfAliases?.byName.get(account.address);
  if (own && index.selfAliases) {
    const { table } = index.selfAliases;
    const value = table.value ?? '';
    const targets = splitTargets(own[value] ?? '', 'map').map((target) =>
      target.toLowerCase() === account.address ? to : target,
    );
    const next: Row = { [table.key]: to, [value]: targets.join(',') };
    if (has(index.selfAliases.columns, 'domain')) next.domain = domain;
    const moved = changed(own, next);
    if (moved) writes.rows.push(row(table, index.selfAliases.columns, own[table.key] ?? '', moved.before, moved.after));
  }
  return home;
}

function templateFor(path: string, address: string): string {
  const { local, domain } = partsOf(address);
  return path
    .split('/')
    .map((part) => (part === address ? '%u' : part === domain ? '%d' : part === local ? '%n' : part))
    .join('/');
}

/** Aliases that lead to the old address lead to the new one; `alias`: and the old address becomes such an alias. */
export function retarget(writes: Writes, snapshot: Snapshot, from: string, to: string, alias: boolean): void {
  let left = alias;
  const swap = (targets: readonly string[]): string[] =>
    targets.map((target) => (target.toLowerCase() === from ? to : target));
  for (const store of snapshot.layout.aliases) {
    if (store.kind !== 'file') continue;
    const file = { path: store.ref.spec, format: 'map' as const, map: store.ref.type };
    for (const entry of parseMapSource(snapshot.files.get(store.ref.spec) ?? '', 'map')) {
      const targets = splitTargets(utf8(entry.value), 'map');
      if (entry.disabled || !targets.some((target) => target.toLowerCase() === from)) continue;
      addEdit(writes, file, {
        key: entry.key,
        before: entry.raw,
        after: formatEntry(entry.key, bytesOf(swap(targets).join(', ')), 'map'),
      });
    }
    if (left) addEdit(writes, file, { key: from, before: null, after: formatEntry(from, to, 'map') });
    left = false;
  }
  for (const aliases of aliasTables(snapshot)) {
    const value = aliases.table.value ?? '';
    for (const [name, current] of aliases.byName) {
      const targets = splitTargets(current[value] ?? '', 'map');
      if (name === from || !targets.some((target) => target.toLowerCase() === from)) continue;
      const diff = changed(current, { [value]: swap(targets).join(',') });
      if (diff)
        writes.rows.push(
          row(aliases.table, aliases.columns, current[aliases.table.key] ?? '', diff.before, diff.after),
        );
    }
    if (left) writes.rows.push(aliasRow(aliases, from, [to]));
    left = false;
  }
}

/** Another login for a system user, the home along with it where it is the user's own. */
export function renameSystemUser(writes: Writes, user: SystemUser, to: string, move: boolean): void {
  const before = systemState(user);
  const home = move ? before.home.replace(/[^/]*\/?$/, to) : before.home;
  writes.system.push({ user: user.name, to, before, after: { ...before, home } });
}

/** As retarget, in the alias file, where a name stands for a user of the system. */
export function retargetLocal(writes: Writes, snapshot: Snapshot, from: string, to: string, alias: boolean): void {
  const { localAliases, localDomains } = snapshot.layout;
  const own = new Set([from, ...localDomains.map((domain) => `${from}@${domain}`)]);
  const swap = (target: string): string => {
    const name = target.replace(/^\\/, '').toLowerCase();
    if (!own.has(name)) return target;
    return `${target.startsWith('\\') ? '\\' : ''}${to}${name.slice(from.length)}`;
  };
  for (const [i, ref] of localAliases.entries()) {
    const file = { path: ref.spec, format: 'aliases' as const, map: ref.type };
    const entries = parseMapSource(snapshot.files.get(ref.spec) ?? '', 'aliases').filter((entry) => !entry.disabled);
    for (const { key, raw, value } of entries) {
      const targets = splitTargets(utf8(value), 'aliases');
      if (targets.every((target) => swap(target) === target)) continue;
      const after = formatEntry(key, bytesOf(targets.map(swap).join(', ')), 'aliases');
      addEdit(writes, file, { key, before: raw, after });
    }
    if (alias && i === 0 && !entries.some(({ key }) => key === from)) {
      addEdit(writes, file, { key: from, before: null, after: formatEntry(from, to, 'aliases') });
    }
  }
}
