import { Menu } from '@mantine/core';
import { Trans, useLingui } from '@lingui/react/macro';
import { IconDots, IconEdit, IconSearch, IconTrash } from '@tabler/icons-react';
import { useQueries, useQuery } from '@tanstack/react-query';
import { useSearch } from '@tanstack/react-router';
import { useEffect } from 'react';
import type { SavedSearch } from '#shared/model/settings.ts';
import { useApi, useWireState } from '../../api/console.tsx';
import { useFormat } from '../../i18n/use-format.ts';
import { parseQuery } from '../../ui/search/queue-query.ts';
import { visibleLine } from '../../ui/visible.ts';
import { useDialogs } from '../dialogs.tsx';
import css from '../frame.module.css';
import { useCurrentScreen, useCurrentServerId, useGo } from '../go.ts';
import { useSavedSearches } from './use-saved-searches.ts';

/** Saved searches, under servers and log files, with how many messages of the current server match. */
export function RailSearches() {
  const go = useGo();
  const screen = useCurrentScreen();
  const current = useCurrentServerId();
  // A search of digits alone comes back from the address as a number.
  const { q }: { q?: string | number } = useSearch({ strict: false });
  const { all } = useSavedSearches();
  const format = useFormat();
  const counts = useCounts(current, all);
  if (all.length === 0 || current === undefined) return null;
  return (
    <div className={css.railGroup}>
      <div className={css.railHead}>
        <span>
          <Trans>Saved searches</Trans>
        </span>
      </div>
      <ul>
        {all.map((search, at) => {
          const chosen = screen === 'queue' && q !== undefined && String(q) === search.query;
          const count = counts[at];
          return (
            <li key={search.name} className={css.server} data-current={chosen}>
              <button
                type="button"
                className={css.serverLink}
                aria-current={chosen ? 'true' : undefined}
                onClick={() => go.queue(current, { q: search.query })}
              >
                <IconSearch size={13} aria-hidden="true" className={css.railIcon} />
                <span className={`${css.serverName} pd-clip`} data-tip={visibleLine(search.query)}>
                  {visibleLine(search.name)}
                </span>
                <span className={css.serverCount}>{count === undefined ? '' : format.count(count)}</span>
              </button>
              <SearchMenu search={search} />
            </li>
          );
        })}
      </ul>
    </div>
  );
}

/**
 * Matches in the last reading of a server's queue, in the order of the searches; undefined: not known. Searches for
 * logins are not counted: each count would ask the server for them.
 */
function useCounts(serverId: string | undefined, searches: readonly SavedSearch[]): readonly (number | undefined)[] {
  const api = useApi();
  const wire = useWireState();
  const ready = wire === 'open' && serverId !== undefined;
  // Counted again when there is another reading: the queue screen puts each into the cache.
  const { data: reading } = useQuery(
    api.query.queue.reading.queryOptions({ input: { serverId: serverId ?? '' }, enabled: ready, retry: false }),
  );
  const read = reading === undefined || reading.endedAt === null ? null : reading.generation;
  useEffect(() => {
    if (read !== null) void api.cache.invalidateQueries({ queryKey: ['saved-search', serverId] });
  }, [api, serverId, read]);
  return useQueries({
    queries: searches.map(({ query }) => {
      const { filter } = parseQuery(query);
      const asksLogins = [filter, ...(filter.without ?? [])].some((fields) => fields.login !== undefined);
      return {
        queryKey: ['saved-search', serverId, query],
        queryFn: async () => (await api.client.queue.window({ serverId: serverId ?? '', filter, count: 1 })).matched,
        enabled: ready && read !== null && !asksLogins,
        retry: false,
      };
    }),
  }).map(({ data }) => data);
}

function SearchMenu(props: { search: SavedSearch }) {
  const { name, query } = props.search;
  const { t } = useLingui();
  const dialogs = useDialogs();
  const { remove } = useSavedSearches();
  return (
    <Menu position="bottom-end" width={200}>
      <Menu.Target>
        <button type="button" className={`pd-icon-button ${css.serverMore}`} aria-label={t`Actions for ${name}`}>
          <IconDots size={14} />
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item
          leftSection={<IconEdit size={14} />}
          onClick={() => dialogs.open({ kind: 'save-search', query, rename: name })}
        >
          <Trans>Rename…</Trans>
        </Menu.Item>
        <Menu.Item leftSection={<IconTrash size={14} />} color="var(--pd-bad)" onClick={() => remove(name)}>
          <Trans>Remove</Trans>
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
