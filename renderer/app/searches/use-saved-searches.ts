import { useMemo } from 'react';
import type { SavedSearch } from '#shared/model/settings.ts';
import { useSettings } from '../../api/console.tsx';
import { useSaveSettings } from '../settings/use-save-settings.ts';
import { withSearch } from './with-search.ts';

export interface SavedSearches {
  all: readonly SavedSearch[];
  /** The saved search that asks for this; undefined: none does. */
  of: (query: string) => SavedSearch | undefined;
  /** Keeps a search under a name; the one of that name before makes way. `instead`: the name it had so far. */
  keep: (search: SavedSearch, instead?: string) => Promise<unknown>;
  remove: (name: string) => void;
  error: unknown;
}

/** Searches of the queue that were given a name. They follow the person, not the server. */
export function useSavedSearches(): SavedSearches {
  const { savedSearches: all } = useSettings();
  const { mutate, mutateAsync, error } = useSaveSettings();
  return useMemo(
    () => ({
      all,
      of: (query) => all.find((search) => search.query === query.trim()),
      keep: (search, instead) => mutateAsync({ savedSearches: withSearch(all, search, instead) }),
      remove: (name) => mutate({ savedSearches: all.filter((search) => search.name !== name) }),
      error,
    }),
    [all, mutate, mutateAsync, error],
  );
}
