/** Readings of accounts, aliases and domains: one a server is kept, so that a grid's windows cost nothing. */
import type { AccountVerbs, DirectoryListing } from '#drivers/accounts.ts';
import type { ServerSession } from '#drivers/driver.ts';
import type { Account, AccountFilter, AccountSort } from '#shared/model/account.ts';
import type { Alias, AliasFilter } from '#shared/model/alias.ts';
import { Failure } from '#shared/model/failure.ts';
import { text } from '#shared/model/text.ts';
import type { Sessions } from '../servers/sessions.ts';

export interface Reading {
  listing: DirectoryListing;
  at: number;
  usage: boolean;
}

export function accountVerbs(session: ServerSession): AccountVerbs {
  if (session.accounts) return session.accounts;
  throw new Failure(
    'UNSUPPORTED',
    text(/*i18n*/ { id: 'accounts.none-here', message: 'This server has no accounts that the console can look after' }),
  );
}

export class Listings {
  readonly #sessions: Sessions;
  readonly #kept = new Map<string, Reading>();
  readonly #underWay = new Map<string, Promise<Reading>>();

  constructor(sessions: Sessions) {
    this.#sessions = sessions;
  }

  /** @param maxAge seconds; a reading with usage also serves who did not ask for it */
  async read(serverId: string, options: { usage: boolean; maxAge: number }, signal: AbortSignal): Promise<Reading> {
    const kept = this.#kept.get(serverId);
    const fresh = kept && Date.now() - kept.at <= options.maxAge * 1000 && (kept.usage || !options.usage);
    if (fresh) return kept;
    const key = `${serverId} ${options.usage}`;
    const joined = options.maxAge > 0 ? this.#underWay.get(key) : undefined;
    if (joined) return joined;
    const reading = this.#readNow(serverId, options.usage, signal);
    this.#underWay.set(key, reading);
    try {
      return await reading;
    } finally {
      if (this.#underWay.get(key) === reading) this.#underWay.delete(key);
    }
  }

  /** After a change: the next window reads anew. */
  forget(serverId: string): void {
    this.#kept.delete(serverId);
  }

  async #readNow(serverId: string, usage: boolean, signal: AbortSignal): Promise<Reading> {
    const verbs = accountVerbs(await this.#sessions.sessionFor(serverId, signal));
    const listing = await verbs.list({ usage, signal });
    const reading = { listing, at: Date.now(), usage };
    this.#kept.set(serverId, reading);
    return reading;
  }
}

/** Views of one reading that are kept: a page asks for windows of one, and for a count of each of its chips. */
const VIEWS_KEPT = 12;
const views = new WeakMap<DirectoryListing, Map<string, readonly Account[]>>();

/**
 * The accounts that a filter leaves, in an order. Kept with the reading: sorting 50,000 addresses takes a tenth of a
 * second, and scrolling asks for a window at a time.
 */
export function viewOf(listing: DirectoryListing, filter: AccountFilter, sort: AccountSort): readonly Account[] {
  const known = views.get(listing) ?? new Map<string, readonly Account[]>();
  views.set(listing, known);
  const now = Date.now();
  // only this filter goes by the clock, in days
  const clock = filter.unusedDays === undefined ? 0 : Math.floor(now / 60_000);
  const key = JSON.stringify([filter, sort, clock]);
  const kept = known.get(key);
  if (kept) return kept;
  const found = sortAccounts(
    listing.accounts.filter((account) => matches(account, filter, now)),
    sort,
  );
  known.set(key, found);
  const [oldest] = known.keys();
  if (known.size > VIEWS_KEPT && oldest !== undefined) known.delete(oldest);
  return found;
}

/** 90 %: where hosting panels begin to warn. */
const NEAR = 0.9;

export function matches(account: Account, filter: AccountFilter, now: number): boolean {
  const { domain, text: fragment, blocked, overQuota, nearQuota, expired, unusedDays } = filter;
  if (domain !== undefined && account.domain !== domain.toLowerCase()) return false;
  if (fragment !== undefined && fragment !== '') {
    const needle = fragment.toLowerCase();
    if (!account.address.includes(needle) && !(account.name ?? '').toLowerCase().includes(needle)) return false;
  }
  if (blocked !== undefined && account.blocked !== blocked) return false;
  if (overQuota === true && !(account.share !== null && account.share >= 1)) return false;
  if (nearQuota === true && !(account.share !== null && account.share >= NEAR)) return false;
  if (expired !== undefined && account.expired !== expired) return false;
  if (unusedDays !== undefined) {
    return account.lastLogin !== null && Date.parse(account.lastLogin) < now - unusedDays * 86_400_000;
  }
  return true;
}

/** Unknown values go last, whichever way it is sorted. */
export function sortAccounts(accounts: readonly Account[], { field, descending }: AccountSort): Account[] {
  const sign = descending ? -1 : 1;
  return [...accounts].sort((a, b) => {
    const [x, y] = [a[field], b[field]];
    if (x === y) return a.address < b.address ? -1 : 1;
    if (x === null) return 1;
    if (y === null) return -1;
    return x < y ? -sign : sign;
  });
}

export function aliasMatches(alias: Alias, filter: AliasFilter): boolean {
  const { domain, text: fragment, kind, problems, enabled } = filter;
  if (domain !== undefined && alias.domain !== domain.toLowerCase()) return false;
  if (kind !== undefined && alias.kind !== kind) return false;
  if (problems === true && alias.problem === null) return false;
  if (enabled !== undefined && alias.enabled !== enabled) return false;
  if (fragment === undefined || fragment === '') return true;
  const needle = fragment.toLowerCase();
  return alias.name.includes(needle) || alias.targets.some((target) => target.toLowerCase().includes(needle));
}
