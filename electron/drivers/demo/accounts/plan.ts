/** What a request does to the demo's entries. Pure; throws what is wrong with it. Long: one case a kind of request. */
import { createHash } from 'node:crypto';
import type { AccountTarget } from '#shared/model/account.ts';
import { assertNever } from '#shared/model/assert-never.ts';
import { Failure } from '#shared/model/failure.ts';
import {
  type Checked,
  checkAccountName,
  checkAddress,
  checkAliasName,
  checkDate,
  checkDisplayName,
  checkDomain,
} from '#shared/model/mail-address.ts';
import { NO_SIEVE } from '#shared/model/sieve.ts';
import { type Text, text } from '#shared/model/text.ts';
import { NO_FILTER } from '#shared/model/user-filter.ts';
import type { DirectoryRequest } from '../../accounts.ts';
import { type DemoAccount, type Edit, same, type Value } from './entries.ts';
import { domainOf } from './listing.ts';
import { HOST_ADDRESSES } from './seed.ts';

type Entries = ReadonlyMap<string, Value>;

/** Stands for the password set by one change: a fresh one differs from all before. */
const secretOf = (stamp: string, address: string): string =>
  createHash('sha256').update(`${stamp}\0${address}`).digest('hex').slice(0, 16);

/** @param stamp names the change; the same request plans to the same edits but for it */
export function editsOf(request: DirectoryRequest, entries: Entries, stamp: string): Edit[] {
  const draft = new Map<string, Value | null>();
  const now = (key: string): Value | null => (draft.has(key) ? (draft.get(key) ?? null) : (entries.get(key) ?? null));
  const put = (key: string, value: Value | null): unknown => draft.set(key, value);
  const accountAt = (address: string): DemoAccount => {
    const value = now(`account:${address}`);
    if (value?.kind === 'account') return value.account;
    throw new Failure(
      'NOT_FOUND',
      text(/*i18n*/ { id: 'accounts.no-such', message: 'There is no account {address}' }, { address }),
    );
  };
  const alter = (address: string, change: Partial<DemoAccount>): unknown =>
    put(`account:${address}`, { kind: 'account', account: { ...accountAt(address), ...change } });
  const free = (address: string): void => {
    if (!now(`account:${address}`)) return;
    refuse({ id: 'accounts.exists', message: 'This account exists already, or stands twice in the list' });
  };

  switch (request.kind) {
    case 'accounts.add':
      for (const asked of request.accounts) {
        const address = value(checkAccountName(asked.address));
        free(address);
        ownDomain(domainOf(address), entries);
        const account: DemoAccount = {
          name: asked.name === null ? null : value(checkDisplayName(asked.name)),
          quota: asked.quota,
          used: 0,
          messages: 0,
          idle: null,
          blocks: { login: false, sending: false, receiving: false },
          expires: asked.expires === null ? null : value(checkDate(asked.expires)),
          secret: secretOf(stamp, address),
          mail: address,
        };
        put(`account:${address}`, { kind: 'account', account });
      }
      break;
    case 'accounts.edit':
      for (const address of addressesOf(request.target, entries)) {
        alter(address, {
          ...(request.name === undefined
            ? {}
            : { name: request.name === null || request.name === '' ? null : value(checkDisplayName(request.name)) }),
          ...(request.quota === undefined ? {} : { quota: request.quota }),
          ...(request.expires === undefined
            ? {}
            : { expires: request.expires === null ? null : value(checkDate(request.expires)) }),
          ...(request.secretId === undefined ? {} : { secret: secretOf(stamp, address) }),
        });
      }
      break;
    case 'accounts.block':
      for (const address of addressesOf(request.target, entries)) {
        const { sending, receiving } = request;
        const { blocks } = accountAt(address);
        alter(address, {
          blocks: { login: true, sending: sending || blocks.sending, receiving: receiving || blocks.receiving },
        });
      }
      break;
    case 'accounts.unblock':
      for (const address of addressesOf(request.target, entries)) {
        alter(address, { blocks: { login: false, sending: false, receiving: false } });
      }
      break;
    case 'accounts.delete':
      for (const address of addressesOf(request.target, entries)) {
        put(`account:${address}`, null);
        if (now(`rules:${address}`)) put(`rules:${address}`, null);
        if (now(`filter:${address}`)) put(`filter:${address}`, null);
      }
      break;
    case 'accounts.rename': {
      const from = request.address.trim().toLowerCase();
      const to = value(checkAccountName(request.to));
      const account = accountAt(from);
      free(to);
      ownDomain(domainOf(to), entries);
      put(`account:${from}`, null);
      put(`account:${to}`, { kind: 'account', account });
      const rules = now(`rules:${from}`);
      if (rules) {
        put(`rules:${from}`, null);
        put(`rules:${to}`, rules);
      }
      const filter = now(`filter:${from}`);
      if (filter) {
        put(`filter:${from}`, null);
        put(`filter:${to}`, filter);
      }
      if (request.alias) put(`alias:${from}`, { kind: 'alias', alias: { targets: [to], enabled: true } });
      break;
    }
    case 'accounts.sieve': {
      const address = request.address.trim().toLowerCase();
      accountAt(address);
      const { settings: rules } = request;
      const none = JSON.stringify(rules) === JSON.stringify(NO_SIEVE);
      put(`rules:${address}`, none ? null : { kind: 'rules', rules });
      break;
    }
    case 'accounts.filter': {
      const address = request.address.trim().toLowerCase();
      accountAt(address);
      const none = JSON.stringify(request.settings) === JSON.stringify(NO_FILTER);
      put(`filter:${address}`, none ? null : { kind: 'filter', filter: request.settings });
      break;
    }
    case 'accounts.expiry':
      put('server:', serverWith(entries, { expiryJob: request.on }));
      break;
    case 'aliases.add':
      for (const asked of request.aliases) {
        const name = value(checkAliasName(asked.name));
        if (now(`alias:${name}`)) {
          refuse({ id: 'aliases.exists', message: 'This alias exists already, or stands twice in the list' });
        }
        ownDomain(domainOf(name), entries);
        put(`alias:${name}`, { kind: 'alias', alias: { targets: targetsOf(asked.targets), enabled: true } });
      }
      break;
    case 'aliases.edit': {
      const { enabled } = aliasAt(request.alias.name, entries);
      const targets = targetsOf(request.alias.targets);
      put(`alias:${request.alias.name}`, { kind: 'alias', alias: { targets, enabled } });
      break;
    }
    case 'aliases.enable':
      for (const name of request.names) {
        const { targets } = aliasAt(name, entries);
        put(`alias:${name}`, { kind: 'alias', alias: { targets, enabled: request.enabled } });
      }
      break;
    case 'aliases.delete':
      for (const name of request.names) {
        aliasAt(name, entries);
        put(`alias:${name}`, null);
      }
      break;
    case 'domains.add':
    case 'domains.alias': {
      const domain = value(checkDomain(request.domain));
      if (now(`domain:${domain}`)) {
        refuse({ id: 'domains.exists', message: 'The server takes mail for this domain already' });
      }
      const aliasOf = request.kind === 'domains.alias' ? ownDomain(value(checkDomain(request.to)), entries) : null;
      put(`domain:${domain}`, { kind: 'domain', domain: { aliasOf, outgoing: null } });
      break;
    }
    case 'domains.delete': {
      const domain = request.domain.trim().toLowerCase();
      anyDomain(domain, entries);
      for (const key of entries.keys()) {
        if (key === `domain:${domain}` || (!key.startsWith('domain:') && key.endsWith(`@${domain}`))) put(key, null);
      }
      break;
    }
    case 'domains.outgoing': {
      const { domain, ip } = request;
      if (ip !== null && !HOST_ADDRESSES.some((each) => each.ip === ip)) {
        throw new Failure(
          'BAD_INPUT',
          text(/*i18n*/ { id: 'demo.no-address', message: 'The demo server does not have the address {ip}' }, { ip }),
        );
      }
      if (domain === null) put('server:', serverWith(entries, { outgoing: ip }));
      else put(`domain:${domain}`, { kind: 'domain', domain: { ...anyDomain(domain, entries), outgoing: ip } });
      break;
    }
    default:
      assertNever(request, 'request');
  }
  return [...draft]
    .map(([key, after]): Edit => ({ key, before: entries.get(key) ?? null, after }))
    .filter(({ before, after }) => !same(before, after));
}

function refuse(problem: { id: string; message: string }): never {
  throw new Failure('BAD_INPUT', text(problem));
}

function value<T>(checked: Checked<T>): T {
  if (checked.ok) return checked.value;
  throw new Failure('BAD_INPUT', checked.problem);
}

const unknown = (domain: string): Failure =>
  new Failure(
    'BAD_INPUT',
    text(/*i18n*/ { id: 'accounts.domain-unknown', message: 'The server does not take mail for {domain}' }, { domain }),
  );

function anyDomain(domain: string, entries: Entries): Extract<Value, { kind: 'domain' }>['domain'] {
  const found = entries.get(`domain:${domain}`);
  if (found?.kind === 'domain') return found.domain;
  throw unknown(domain);
}

/** A domain with accounts of its own. */
function ownDomain(domain: string, entries: Entries): string {
  if (anyDomain(domain, entries).aliasOf !== null) throw unknown(domain);
  return domain;
}

function aliasAt(name: string, entries: Entries): Extract<Value, { kind: 'alias' }>['alias'] {
  const found = entries.get(`alias:${name}`);
  if (found?.kind === 'alias') return found.alias;
  throw new Failure(
    'NOT_FOUND',
    text(
      /*i18n*/ { id: 'aliases.not-found', message: 'There is no alias {alias} in a table this console can write' },
      { alias: name },
    ),
  );
}

const targetsOf = (targets: readonly string[]): string[] => [
  ...new Set(targets.map((each) => value(checkAddress(each)))),
];

function serverWith(entries: Entries, change: Partial<Extract<Value, { kind: 'server' }>['server']>): Value {
  const server = entries.get('server:');
  const before = server?.kind === 'server' ? server.server : { outgoing: null, expiryJob: false };
  return { kind: 'server', server: { ...before, ...change } };
}

function addressesOf(target: AccountTarget, entries: Entries): string[] {
  if (target.by === 'addresses') return [...new Set(target.addresses.map((address) => address.trim().toLowerCase()))];
  const all = [...entries.keys()]
    .filter((key) => key.startsWith('account:'))
    .map((key) => key.slice('account:'.length));
  const found = target.by === 'all' ? all : all.filter((address) => domainOf(address) === target.domain.toLowerCase());
  if (found.length > 0) return found;
  const why: Text = text(/*i18n*/ { id: 'accounts.none', message: 'No account matches' });
  throw new Failure('NOT_FOUND', why);
}
