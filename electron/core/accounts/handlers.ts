import type { RowProblem } from '#shared/contract/accounts.ts';
import { Failure } from '#shared/model/failure.ts';
import type { ServerProfile } from '#shared/model/server.ts';
import { text } from '#shared/model/text.ts';
import type { Edge } from '../door/edge.ts';
import type { Sessions } from '../servers/sessions.ts';
import { checkAccounts, checkAliases, exportCsv, readCsv } from './csv.ts';
import { accountVerbs, aliasMatches, type Listings, viewOf } from './listings.ts';
import type { Passwords } from './passwords.ts';

export interface AccountServices {
  sessions: Sessions;
  listings: Listings;
  passwords: Passwords;
  /** Throws NOT_FOUND. */
  profile: (server: string) => ServerProfile;
}

/** Problems of an import that are told one by one; the rest is a number. */
const PROBLEMS_TOLD = 1000;
const never = (): AbortSignal => new AbortController().signal;
const window = <T>(list: readonly T[], offset: number, count: number): T[] =>
  count === 0 ? list.slice(offset) : list.slice(offset, offset + count);

export function accountHandlers(os: Edge, services: AccountServices) {
  const { sessions, listings, passwords, profile } = services;
  return {
    list: os.accounts.list.handler(async ({ input, signal = never() }) => {
      const { usage, maxAge, filter, sort, offset, count } = input;
      const { listing, at } = await listings.read(profile(input.serverId).id, { usage, maxAge }, signal);
      if (filter.unusedDays !== undefined && listing.abilities?.lastLogin !== true) throw noLastLogins();
      const found = viewOf(listing, filter, sort);
      return {
        readAt: new Date(at).toISOString(),
        total: listing.accounts.length,
        blocked: listing.accounts.filter((account) => account.blocked).length,
        matching: found.length,
        accounts: window(found, offset, count),
        abilities: listing.abilities,
        notes: listing.notes,
      };
    }),
    show: os.accounts.show.handler(async ({ input, signal = never() }) => {
      const session = await sessions.sessionFor(profile(input.serverId).id, signal);
      return accountVerbs(session).mailbox(input.address, signal);
    }),
    prepare: os.accounts.prepare.handler(({ input }) => passwords.prepare(input.entries)),
    generated: os.accounts.generated.handler(({ input }) => passwords.tellGenerated(input.secretId)),
    checkImport: os.accounts.checkImport.handler(async ({ input, signal = never() }) => {
      const table = readCsv(input.csv);
      const { listing } = await listings.read(profile(input.serverId).id, { usage: false, maxAge: 0 }, signal);
      const rows = table.rows.length;
      const none = { accounts: [], aliases: [], secretId: null, generated: 0 };
      const told = ({ problems }: { problems: RowProblem[] }) => ({
        header: table.header,
        rows,
        problems: problems.slice(0, PROBLEMS_TOLD),
        problemsTotal: problems.length,
      });
      if (input.what === 'aliases') {
        const checked = checkAliases(table, input.columns, listing);
        return { ...none, ...told(checked), aliases: checked.rows };
      }
      const checked = checkAccounts(table, input.columns, listing, input.generate);
      const accounts = checked.rows.map(({ address, name, quota, expires }) => ({ address, name, quota, expires }));
      const sound = checked.problems.length === 0 && rows > 0;
      const prepared = sound ? passwords.prepare(checked.rows) : { secretId: null, generated: 0 };
      return { ...none, ...told(checked), accounts, ...prepared };
    }),
    export: os.accounts.export.handler(async ({ input, signal = never() }) => {
      const usage = input.what !== 'aliases';
      const { listing } = await listings.read(profile(input.serverId).id, { usage, maxAge: 0 }, signal);
      return exportCsv(listing, input.what);
    }),
  };
}

const noLastLogins = (): Failure =>
  new Failure(
    'UNSUPPORTED',
    text(/*i18n*/ { id: 'accounts.no-last-logins', message: 'This server keeps no times of last logins' }),
    {
      hint: text(
        /*i18n*/ {
          id: 'accounts.no-last-logins.hint',
          message: 'Dovecot’s last_login plugin with a file: dictionary keeps them',
        },
      ),
    },
  );

export function aliasHandlers(os: Edge, { sessions, listings, profile }: AccountServices) {
  return {
    list: os.aliases.list.handler(async ({ input, signal = never() }) => {
      const { maxAge, filter, offset, count } = input;
      const { listing, at } = await listings.read(profile(input.serverId).id, { usage: false, maxAge }, signal);
      const found = listing.aliases.filter((alias) => aliasMatches(alias, filter));
      const readAt = new Date(at).toISOString();
      return { readAt, total: listing.aliases.length, matching: found.length, aliases: window(found, offset, count) };
    }),
    route: os.aliases.route.handler(async ({ input, signal = never() }) => {
      const session = await sessions.sessionFor(profile(input.serverId).id, signal);
      return accountVerbs(session).route(input.address, signal, input.from);
    }),
  };
}

export function domainHandlers(os: Edge, { sessions, listings, profile }: AccountServices) {
  return {
    list: os.domains.list.handler(async ({ input, signal = never() }) => {
      const options = { usage: true, maxAge: input.maxAge };
      const { listing, at } = await listings.read(profile(input.serverId).id, options, signal);
      const { domains, domainAbilities: abilities } = listing;
      const names = await accountVerbs(await sessions.sessionFor(profile(input.serverId).id, signal)).addressNames(
        listing.outgoing.addresses.map(({ ip }) => ip),
        signal,
      );
      const addresses = listing.outgoing.addresses.map((address) => ({
        ...address,
        name: names.get(address.ip) ?? null,
      }));
      return { readAt: new Date(at).toISOString(), domains, outgoing: { ...listing.outgoing, addresses }, abilities };
    }),
  };
}
