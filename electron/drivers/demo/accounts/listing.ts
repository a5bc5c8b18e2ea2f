/** The demo's entries as the lists show them. Pure. */
import type { Account, AccountAbilities } from '#shared/model/account.ts';
import type { Alias } from '#shared/model/alias.ts';
import type { MailDomain } from '#shared/model/domain.ts';
import { checkAddress } from '#shared/model/mail-address.ts';
import type { DirectoryListing } from '../../accounts.ts';
import type { Value } from './entries.ts';
import { HOST_ADDRESSES } from './seed.ts';

const PLACE = 'memory';
const DAY_MS = 86_400_000;

const nameIn = (key: string): string => key.slice(key.indexOf(':') + 1);
export const domainOf = (address: string): string => address.slice(address.lastIndexOf('@') + 1);

export function listingOf(entries: ReadonlyMap<string, Value>, now: number): DirectoryListing {
  const accounts = accountsOf(entries, now);
  const server = entries.get('server:');
  const outgoing = server?.kind === 'server' ? server.server.outgoing : null;
  const aliases = aliasesOf(entries);
  return {
    accounts,
    aliases,
    domains: domainsOf(entries, accounts, aliases),
    outgoing: { addresses: HOST_ADDRESSES.map((each) => ({ ...each })), default: outgoing },
    domainAbilities: { add: true, alias: true, outgoing: true, outgoingDefault: true, why: [] },
    abilities: abilitiesOf(server?.kind === 'server' && server.server.expiryJob),
    notes: [],
  };
}

function abilitiesOf(expiryJob: boolean): AccountAbilities {
  return {
    backend: 'passwd-file',
    place: PLACE,
    add: true,
    password: true,
    quota: true,
    name: true,
    expires: true,
    block: true,
    blockSending: true,
    blockReceiving: true,
    delete: true,
    rename: true,
    lastLogin: true,
    expiry: { by: expiryJob ? 'job' : 'marked', able: true, why: null },
    why: [],
  };
}

function accountsOf(entries: ReadonlyMap<string, Value>, now: number): Account[] {
  const today = new Date(now).toISOString().slice(0, 10);
  const hour = Math.floor(now / 3_600_000) * 3_600_000;
  return [...entries].flatMap(([key, value]): Account[] => {
    if (value.kind !== 'account') return [];
    const { account } = value;
    const address = nameIn(key);
    const { blocks, quota, used, expires } = account;
    return [
      {
        address,
        login: address,
        domain: domainOf(address),
        name: account.name,
        backend: 'passwd-file',
        quota,
        used,
        messages: account.messages,
        share: quota === null ? null : used / quota,
        lastLogin: account.idle === null ? null : new Date(hour - account.idle * DAY_MS).toISOString(),
        blocks: { ...blocks },
        blocked: blocks.login || blocks.sending || blocks.receiving,
        expires,
        expired: expires !== null && expires < today,
        home: null,
      },
    ];
  });
}

function aliasesOf(entries: ReadonlyMap<string, Value>): Alias[] {
  return [...entries].flatMap(([key, value]): Alias[] => {
    if (value.kind !== 'alias') return [];
    const name = nameIn(key);
    const { targets, enabled } = value.alias;
    const outside = targets.filter((target) => checkAddress(target).ok && !entries.has(`domain:${domainOf(target)}`));
    const kind = name.startsWith('@')
      ? 'catch-all'
      : outside.length === 0
        ? 'local'
        : outside.length === targets.length
          ? 'external'
          : 'mixed';
    const problem = enabled ? problemOf(name, entries) : null;
    return [
      { name, domain: domainOf(name), targets: [...targets], enabled, kind, problem, source: PLACE, editable: true },
    ];
  });
}

/** What an address leads to: an alias' targets, its own account, a catch-all; null: nothing here. */
export function next(address: string, entries: ReadonlyMap<string, Value>): { by: string; to: string[] } | null {
  const alias = entries.get(`alias:${address}`);
  if (alias?.kind === 'alias' && alias.alias.enabled) return { by: 'alias', to: alias.alias.targets };
  if (entries.has(`account:${address}`)) return null;
  const all = entries.get(`alias:@${domainOf(address)}`);
  return all?.kind === 'alias' && all.alias.enabled ? { by: 'catch-all', to: all.alias.targets } : null;
}

function problemOf(name: string, entries: ReadonlyMap<string, Value>): Alias['problem'] {
  const seen = new Set<string>();
  const start = entries.get(`alias:${name}`);
  const queue = start?.kind === 'alias' ? start.alias.targets.filter((target) => target !== name) : [];
  let dead = false;
  for (let at = queue.shift(); at !== undefined && seen.size < 1000; at = queue.shift()) {
    if (at === name) return 'loop';
    if (seen.has(at)) continue;
    seen.add(at);
    const on = next(at, entries);
    if (on !== null) queue.push(...on.to.filter((target) => target !== at));
    else if (entries.has(`domain:${domainOf(at)}`) && !entries.has(`account:${at}`)) dead = true;
  }
  return dead ? 'dead-end' : null;
}

function domainsOf(
  entries: ReadonlyMap<string, Value>,
  accounts: readonly Account[],
  aliases: readonly Alias[],
): MailDomain[] {
  const found = new Map<string, MailDomain>();
  for (const [key, value] of entries) {
    if (value.kind !== 'domain') continue;
    const domain = nameIn(key);
    const { aliasOf, outgoing } = value.domain;
    const counts = { accounts: 0, blocked: 0, aliases: 0, localAliases: 0, used: null };
    found.set(domain, { domain, active: true, ...counts, dkim: [], aliasOf, outgoing, source: PLACE, editable: true });
  }
  for (const account of accounts) {
    const domain = found.get(account.domain);
    if (!domain) continue;
    domain.accounts += 1;
    if (account.blocked) domain.blocked += 1;
    domain.used = (domain.used ?? 0) + (account.used ?? 0);
  }
  for (const alias of aliases) {
    const domain = found.get(alias.domain);
    if (!domain) continue;
    domain.aliases += 1;
    if (alias.kind === 'local') domain.localAliases += 1;
  }
  return [...found.values()].sort((a, b) => (a.domain < b.domain ? -1 : 1));
}
