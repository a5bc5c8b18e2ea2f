import type { AccountFilter, AccountTarget } from '#shared/model/account.ts';

/** Which rows are ticked: named ones, or every match of the search except some. */
export interface Picks {
  all: boolean;
  /** Ticked ones; with `all`, the excepted ones. */
  names: ReadonlySet<string>;
}

export const NONE: Picks = { all: false, names: new Set() };
export const ALL: Picks = { all: true, names: new Set() };

export const isPicked = ({ all, names }: Picks, name: string): boolean => names.has(name) !== all;

export function setPicks(picks: Picks, names: readonly string[], on: boolean): Picks {
  const next = new Set(picks.names);
  for (const name of names) {
    if (on === picks.all) next.delete(name);
    else next.add(name);
  }
  return { all: picks.all, names: next };
}

export const togglePick = (picks: Picks, name: string): Picks => setPicks(picks, [name], !isPicked(picks, name));

export const countPicks = ({ all, names }: Picks, matching: number): number =>
  all ? Math.max(0, matching - names.size) : names.size;

export function shareOf(picks: Picks, matching: number): 'none' | 'some' | 'all' {
  const count = countPicks(picks, matching);
  return count === 0 ? 'none' : count >= matching ? 'all' : 'some';
}

/**
 * The ticked accounts as a change names them, where that needs no list: every account of the server, or of a domain.
 * null: the matches must be asked for first.
 */
export function wholeTarget(picks: Picks, filter: AccountFilter): AccountTarget | null {
  if (!picks.all) return { by: 'addresses', addresses: [...picks.names] };
  if (picks.names.size > 0) return null;
  const asked = Object.entries(filter).filter(([, value]) => value !== undefined);
  if (asked.length === 0) return { by: 'all' };
  return asked.length === 1 && filter.domain !== undefined ? { by: 'domain', domain: filter.domain } : null;
}
