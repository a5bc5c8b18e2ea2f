import { createTanstackQueryUtils } from '@orpc/tanstack-query';
import { QueryClient, QueryClientProvider, useQuery } from '@tanstack/react-query';
import { createContext, type ReactNode, useContext, useEffect, useSyncExternalStore } from 'react';
import { failureOf } from '#shared/model/failure-of.ts';
import type { Job } from '#shared/model/job.ts';
import type { ServerProfile, ServerStatus } from '#shared/model/server.ts';
import type { AppInfo } from '#shared/contract/app.ts';
import { DEFAULT_SETTINGS, type Settings } from '#shared/model/settings.ts';
import { follow, type Live } from './live.ts';
import type { Client, Wire, WireState } from './wire.ts';

/** Everything screens reach the console by. */
export interface ConsoleApi {
  wire: Wire;
  client: Client;
  /** TanStack Query options of every method. */
  query: ReturnType<typeof createTanstackQueryUtils<Client>>;
  cache: QueryClient;
  statuses: Live<ReadonlyMap<string, ServerStatus>>;
  jobs: Live<ReadonlyMap<string, Job>>;
}

export function createApi(wire: Wire): ConsoleApi {
  const cache = new QueryClient({
    defaultOptions: {
      queries: {
        // The console is on this computer: a failed call is told, and asked again only where that can help.
        retry: (count, error) => count < 2 && failureOf(error).code === 'CONNECTION_LOST',
        retryDelay: 500,
        networkMode: 'always',
        refetchOnWindowFocus: false,
        staleTime: 5_000,
      },
      mutations: { networkMode: 'always' },
    },
  });
  // Whatever failed or went stale while the link was down is asked again when it is back.
  let before = wire.state();
  wire.subscribe(() => {
    if (wire.state() === 'open' && before !== 'open') void cache.invalidateQueries();
    before = wire.state();
  });
  return {
    wire,
    client: wire.client,
    query: createTanstackQueryUtils(wire.client),
    cache,
    statuses: follow(
      wire,
      (signal) => wire.client.servers.watch(undefined, { signal }),
      new Map<string, ServerStatus>(),
      (map, events) => merge(map, events, (status) => status.serverId),
    ),
    jobs: follow(
      wire,
      (signal) => wire.client.jobs.watch(undefined, { signal }),
      new Map<string, Job>(),
      (map, events) => merge(map, events, (job) => job.id),
    ),
  };
}

function merge<T>(map: ReadonlyMap<string, T>, items: readonly T[], key: (item: T) => string): Map<string, T> {
  const next = new Map(map);
  for (const item of items) next.set(key(item), item);
  return next;
}

const Context = createContext<ConsoleApi | null>(null);

export function ConsoleProvider(props: { api: ConsoleApi; children: ReactNode }) {
  return (
    <QueryClientProvider client={props.api.cache}>
      <Context.Provider value={props.api}>{props.children}</Context.Provider>
    </QueryClientProvider>
  );
}

export function useApi(): ConsoleApi {
  const api = useContext(Context);
  if (api === null) throw new Error('useApi outside ConsoleProvider');
  return api;
}

export function useWireState(): WireState {
  const { wire } = useApi();
  return useSyncExternalStore(
    (listener) => wire.subscribe(listener),
    () => wire.state(),
  );
}

export function useLive<T>(live: Live<T>): T {
  return useSyncExternalStore(live.subscribe, live.get);
}

/** Saved servers; undefined until they are known. */
export function useServers(): readonly ServerProfile[] | undefined {
  const api = useApi();
  const wire = useWireState();
  const { data } = useQuery(api.query.servers.list.queryOptions({ enabled: wire === 'open' }));
  const statuses = useLive(api.statuses);
  // A server added by another door shows up in the stream of states first.
  const unknown = data !== undefined && [...statuses.keys()].some((id) => !data.some((server) => server.id === id));
  useEffect(() => {
    if (unknown) void api.cache.invalidateQueries({ queryKey: api.query.servers.list.key() });
  }, [unknown, api]);
  return data;
}

export function useServer(serverId: string | undefined): ServerProfile | undefined {
  return useServers()?.find((server) => server.id === serverId);
}

export function useStatus(serverId: string | undefined): ServerStatus | undefined {
  const statuses = useLive(useApi().statuses);
  return serverId === undefined ? undefined : statuses.get(serverId);
}

export function useSettings(): Settings {
  const api = useApi();
  const wire = useWireState();
  const { data } = useQuery(api.query.app.settings.queryOptions({ enabled: wire === 'open', staleTime: 60_000 }));
  return data ?? DEFAULT_SETTINGS;
}

export function useAppInfo(): AppInfo | undefined {
  const api = useApi();
  const wire = useWireState();
  return useQuery(api.query.app.info.queryOptions({ enabled: wire === 'open', staleTime: 60_000 })).data;
}
