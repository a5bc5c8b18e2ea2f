import type { SavedSearch } from '#shared/model/settings.ts';

/** The list with one search more, or one changed where it stood. Names are unique. */
export function withSearch(all: readonly SavedSearch[], search: SavedSearch, instead?: string): SavedSearch[] {
  const at = all.findIndex((each) => each.name === (instead ?? search.name));
  const next = at < 0 ? [...all, search] : all.with(at, search);
  return next.filter((each, index) => each.name !== search.name || index === next.indexOf(search));
}
