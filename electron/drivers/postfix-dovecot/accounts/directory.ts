/** What a snapshot says: accounts, aliases and domains as the lists show them. Pure. */
import type { Account, AccountAbilities } from '#shared/model/account.ts';
import type { Alias, AliasKind } from '#shared/model/alias.ts';
import type { DomainAbilities, MailDomain, Outgoing } from '#shared/model/domain.ts';
import { checkAddress } from '#shared/model/mail-address.ts';
import type { Text } from '#shared/model/text.ts';
import { parseMapSource, splitTargets } from '../maps/map-source.ts';
import type { Row } from '../sql/client.ts';
import { abilitiesOf, domainAbilitiesOf } from './abilities.ts';
import { aliasDomains, leadsDomain } from './alias-domains.ts';
import { dkimDomains } from './dkim.ts';
import { EXPIRES_FIELD, NAME_COLUMN } from './fields.ts';
import { utf8 } from './frames.ts';
import { dayToDate, systemUsers } from './system-users.ts';
import { listOf } from './include-lists.ts';
import type { SqlTable, Store } from './layout.ts';
import { lastDayOf, untilColumn } from './until.ts';
import { outgoingFor, outgoingOf, outgoingState } from './outgoing.ts';
import { extraField, isLocked, parsePasswdFile, quotaOfRule } from './passwd-file.ts';
import { type Snapshot, type TableRows, tableId } from './snapshot.ts';

export interface Directory {
  accounts: Account[];
  aliases: Alias[];
  domains: MailDomain[];
  abilities: AccountAbilities | null;
  outgoing: Outgoing;
  domainAbilities: DomainAbilities;
  /** What is not shown, and why. */
  notes: Text[];
}

/** @param today ISO date, to tell what has expired */
export function directoryOf(snapshot: Snapshot, today: string): Directory {
  const accounts = listAccounts(snapshot, today);
  const domains = listDomains(snapshot);
  const known = new Set(domains.keys());
  const aliases = listAliases(snapshot, accounts, known);
  countDomains(domains, accounts, aliases);
  noteDkim(domains, snapshot.dkim);
  return {
    accounts,
    aliases,
    domains: [...domains.values()].sort((a, b) => (a.domain < b.domain ? -1 : 1)),
    abilities: abilitiesOf(snapshot),
    outgoing: outgoingFor(snapshot),
    domainAbilities: domainAbilitiesOf(snapshot),
    notes: snapshot.layout.why,
  };
}

interface Denied {
  users: Set<string>;
  domains: Set<string>;
  senders: Set<string>;
  recipients: Set<string>;
}

/** Keys whose answer refuses, of an access(5) map. */
function refused(content: string | undefined): Set<string> {
  const entries = parseMapSource(content ?? '', 'map').filter((entry) => !entry.disabled);
  return new Set(entries.filter((entry) => /^(reject|defer|discard|[45]\d\d)\b/i.test(entry.value)).map((e) => e.key));
}

function deniedOf({ layout, files }: Snapshot): Denied {
  const keys = (path: string | null): Set<string> =>
    new Set(path === null ? [] : parseMapSource(files.get(path) ?? '', 'list').map((entry) => entry.key));
  return {
    users: keys(layout.deny.users),
    domains: keys(layout.deny.domains),
    senders: refused(files.get(layout.senderAccess?.spec ?? '')),
    recipients: refused(files.get(layout.recipientAccess?.spec ?? '')),
  };
}

type Found = Pick<Account, 'address' | 'login' | 'name' | 'backend' | 'quota' | 'expires' | 'home'> & {
  locked: boolean;
  /** Neither login nor mail: a row that is switched off. */
  inactive: boolean;
};

function listAccounts(snapshot: Snapshot, today: string): Account[] {
  const denied = deniedOf(snapshot);
  const all = listDomains(snapshot).values();
  const off = new Set([...all].filter((entry) => !entry.active).map((entry) => entry.domain));
  return foundAccounts(snapshot).map((found): Account => {
    const { locked, inactive, ...account } = found;
    const domain = account.address.slice(account.address.lastIndexOf('@') + 1);
    const usage = snapshot.usage.get(account.login);
    const used = usage?.used ?? null;
    const quota = account.quota ?? usage?.limit ?? null;
    const login = locked || inactive || denied.users.has(account.login) || denied.domains.has(domain);
    const blocks = {
      login,
      sending: denied.senders.has(account.address) || denied.senders.has(domain),
      receiving: inactive || denied.recipients.has(account.address) || denied.recipients.has(domain) || off.has(domain),
    };
    return {
      ...account,
      domain,
      quota,
      used,
      messages: usage?.messages ?? null,
      share: used === null || quota === null ? null : used / quota,
      lastLogin: snapshot.lastLogins.get(account.login) ?? null,
      blocks,
      blocked: login || blocks.sending || blocks.receiving,
      expired: account.expires !== null && account.expires < today,
    };
  });
}

function foundAccounts(snapshot: Snapshot): Found[] {
  const { layout, files, tables } = snapshot;
  switch (layout.accounts?.kind) {
    case 'passwd-file': {
      const seen = new Set<string>();
      return parsePasswdFile(files.get(layout.accounts.path) ?? '').flatMap(({ entry }): Found[] => {
        const login = entry?.user.toLowerCase() ?? '';
        if (!entry || seen.has(login)) return [];
        seen.add(login);
        return [
          {
            address: login.includes('@') ? login : `${login}@${layout.ownDomain}`,
            login,
            name: entry.gecos === '' ? null : utf8(entry.gecos),
            backend: 'passwd-file',
            quota: quotaOfRule(extraField(entry, 'userdb_quota_rule')),
            expires: extraField(entry, EXPIRES_FIELD),
            home: entry.home === '' ? null : entry.home,
            locked: isLocked(entry.password),
            inactive: false,
          },
        ];
      });
    }
    case 'sql': {
      const { accounts } = layout.accounts;
      const table = tables.get(tableId(accounts.place, accounts.table));
      const until = untilColumn(snapshot);
      return (table?.rows ?? []).map((row): Found => {
        const login = (row[accounts.key] ?? '').toLowerCase();
        const quota = accounts.quota === null ? 0 : Number(row[accounts.quota] ?? 0);
        return {
          address: login.includes('@') ? login : `${login}@${layout.ownDomain}`,
          login,
          name: row[NAME_COLUMN] || null,
          backend: 'sql',
          quota: quota > 0 ? quota : null,
          expires: until === null ? null : lastDayOf(until, row[until.until.column] ?? null),
          home: accounts.home === null ? null : `${accounts.home.prefix}${row[accounts.home.column] ?? ''}`,
          locked: isLocked(row[accounts.password] ?? ''),
          inactive: accounts.active !== null && !isOn(row[accounts.active.column] ?? '', accounts.active.on),
        };
      });
    }
    case 'system':
      return systemAccounts(snapshot);
    case undefined:
      return [];
  }
}

/** '1', 'y', 'true', 't' and 'yes' stand for the same switch, as databases print it. */
export const isOn = (value: string, on: string): boolean =>
  value.toLowerCase() === on.toLowerCase() || (/^(1|t|true|y|yes)$/i.test(value) && /^(1|t|true|y|yes)$/i.test(on));

function systemAccounts(snapshot: Snapshot): Found[] {
  return systemUsers(snapshot).map((user) => ({
    address: `${user.name}@${snapshot.layout.ownDomain}`.toLowerCase(),
    login: user.name,
    name: utf8(user.gecos).split(',')[0] || null,
    backend: 'system' as const,
    quota: null,
    // shadow(5) counts the first day that is over; the list shows the last good one
    expires: user.expiresDay === null ? null : dayToDate(user.expiresDay - 1),
    home: user.home,
    locked: user.hash.startsWith('!') || user.hash === '*' || user.hash === '',
    inactive: false,
  }));
}

function rowsOf(snapshot: Snapshot, table: SqlTable): TableRows | undefined {
  return snapshot.tables.get(tableId(table.place, table.table));
}

export function rowActive(table: SqlTable, row: Row): boolean {
  return table.active === null || isOn(row[table.active.column] ?? '', table.active.on);
}

const describe = (store: Store): string => {
  switch (store.kind) {
    case 'file':
    case 'other':
      return `${store.ref.type}:${store.ref.spec}`;
    case 'sql':
      return `${store.table.place.database}.${store.table.table}`;
    case 'words':
      return 'main.cf';
  }
};

function listDomains(snapshot: Snapshot): Map<string, MailDomain> {
  const found = new Map<string, MailDomain>();
  const leads = aliasDomains(snapshot);
  const state = outgoingState(snapshot);
  const add = (domain: string, active: boolean, source: string, editable: boolean): void => {
    const name = domain.toLowerCase();
    if (!/^[a-z0-9.-]+$/.test(name) || !name.includes('.') || found.has(name)) return;
    found.set(name, {
      domain: name,
      active,
      accounts: 0,
      blocked: 0,
      aliases: 0,
      localAliases: 0,
      used: null,
      dkim: [],
      aliasOf: leads.get(name)?.target ?? null,
      outgoing: outgoingOf(state, name),
      source,
      editable,
    });
  };
  for (const store of snapshot.layout.domains) {
    const source = describe(store);
    if (store.kind === 'words') for (const word of store.words) add(word, true, source, false);
    if (store.kind === 'file') {
      for (const entry of parseMapSource(snapshot.files.get(store.ref.spec) ?? '', 'map')) {
        add(entry.key, !entry.disabled, source, true);
      }
    }
    if (store.kind === 'sql') {
      for (const row of rowsOf(snapshot, store.table)?.rows ?? []) {
        add(row[store.table.key] ?? '', rowActive(store.table, row), source, true);
      }
    }
  }
  if (snapshot.layout.accounts?.kind === 'system') add(snapshot.layout.ownDomain, true, 'mydestination', false);
  return found;
}

interface RawAlias {
  name: string;
  targets: string[];
  enabled: boolean;
  source: string;
  editable: boolean;
}

function rawAliases(snapshot: Snapshot, accounts: ReadonlySet<string>): RawAlias[] {
  const found: RawAlias[] = [];
  const fromFile = (path: string, type: string, format: 'map' | 'aliases'): void => {
    for (const entry of parseMapSource(snapshot.files.get(path) ?? '', format)) {
      const targets = splitTargets(utf8(entry.value), format);
      if (leadsDomain(entry.key, targets)) continue;
      const list = format === 'aliases' ? listOf(snapshot, targets) : null;
      found.push({
        name: utf8(entry.key),
        targets: list?.members ?? targets,
        enabled: !entry.disabled,
        source: list === null ? `${type}:${path}` : `:include:${list.path}`,
        editable: true,
      });
    }
  };
  for (const store of snapshot.layout.aliases) {
    if (store.kind === 'file') fromFile(store.ref.spec, store.ref.type, 'map');
    if (store.kind === 'sql' && store.table.value !== null) {
      for (const row of rowsOf(snapshot, store.table)?.rows ?? []) {
        const name = (row[store.table.key] ?? '').toLowerCase();
        const targets = splitTargets(row[store.table.value] ?? '', 'map');
        // PostfixAdmin has one row a mailbox that leads to itself: that is the mailbox, not an alias
        if (accounts.has(name) && targets.length === 1 && targets[0]?.toLowerCase() === name) continue;
        const enabled = rowActive(store.table, row);
        found.push({ name, targets, enabled, source: describe(store), editable: !accounts.has(name) });
      }
    }
  }
  for (const ref of snapshot.layout.localAliases) fromFile(ref.spec, ref.type, 'aliases');
  return found;
}

function listAliases(snapshot: Snapshot, list: readonly Account[], domains: ReadonlySet<string>): Alias[] {
  const accounts = new Set(list.map((account) => account.address));
  const raw = rawAliases(snapshot, accounts);
  const leads = aliasDomains(snapshot);
  const own = new Set([...domains, ...snapshot.layout.localDomains]);
  const byName = new Map(raw.filter((alias) => alias.enabled).map((alias) => [alias.name, alias]));
  // what mail reaches that is no alias: system users and aliases(5) defaults are asked from the server by the route view
  const local = (address: string): boolean => own.has(address.slice(address.lastIndexOf('@') + 1));
  return raw.map((alias): Alias => {
    const addresses = alias.targets.map((target) => target.toLowerCase());
    const program = addresses.some((target) => /^["|/:]/.test(target));
    const outside = addresses.filter((target) => checkAddress(target).ok && !local(target)).length;
    const kind: AliasKind = alias.name.startsWith('@')
      ? 'catch-all'
      : program
        ? 'program'
        : outside === 0
          ? 'local'
          : outside === addresses.length
            ? 'external'
            : 'mixed';
    return {
      name: alias.name,
      domain: alias.name.includes('@') ? alias.name.slice(alias.name.lastIndexOf('@') + 1) : snapshot.layout.ownDomain,
      targets: alias.targets,
      enabled: alias.enabled,
      kind,
      problem: problemOf(alias, byName, accounts, domains, leads),
      source: alias.source,
      editable: alias.editable,
    };
  });
}

/** Follows an alias through the others. A target that is the alias itself is how a copy is kept, and is no loop. */
function problemOf(
  alias: RawAlias,
  byName: ReadonlyMap<string, RawAlias>,
  accounts: ReadonlySet<string>,
  domains: ReadonlySet<string>,
  leads: ReadonlyMap<string, { target: string }>,
): Alias['problem'] {
  const seen = new Set<string>();
  const queue = alias.targets.map((target) => target.toLowerCase()).filter((target) => target !== alias.name);
  let dead = false;
  while (queue.length > 0 && seen.size < 1000) {
    const at = queue.shift() ?? '';
    if (at === alias.name) return 'loop';
    if (seen.has(at)) continue;
    seen.add(at);
    const domain = at.slice(at.lastIndexOf('@') + 1);
    const next = byName.get(at) ?? (accounts.has(at) ? undefined : byName.get(`@${domain}`));
    const sameName = next || accounts.has(at) ? undefined : leads.get(domain);
    if (next) queue.push(...next.targets.map((target) => target.toLowerCase()).filter((target) => target !== at));
    else if (sameName !== undefined) queue.push(`${at.slice(0, at.lastIndexOf('@'))}@${sameName.target}`);
    else if (at.includes('@') && domains.has(at.slice(at.lastIndexOf('@') + 1)) && !accounts.has(at)) dead = true;
  }
  return dead ? 'dead-end' : null;
}

function countDomains(domains: Map<string, MailDomain>, accounts: readonly Account[], aliases: readonly Alias[]): void {
  for (const account of accounts) {
    const domain = domains.get(account.domain);
    if (!domain) continue;
    domain.accounts++;
    if (account.blocked) domain.blocked++;
    if (account.used !== null) domain.used = (domain.used ?? 0) + account.used;
  }
  for (const alias of aliases) {
    const domain = domains.get(alias.domain);
    if (!domain) continue;
    domain.aliases++;
    if (alias.kind === 'local') domain.localAliases++;
  }
}

function noteDkim(domains: ReadonlyMap<string, MailDomain>, lines: readonly string[]): void {
  for (const { domain, path } of lines.flatMap(dkimDomains)) {
    const found = domains.get(domain);
    if (found && !found.dkim.includes(path)) found.dkim.push(path);
  }
}
