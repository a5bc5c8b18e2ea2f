import { useLocation, useNavigate, useParams, useRouter, useSearch } from '@tanstack/react-router';
import { useMemo } from 'react';
import { useServers } from '../api/console.tsx';
import { placeOn } from './place-on.ts';

const LAST = 'postdeck.server';

/** Where one can go. Paths are those of screens.ts. */
export interface Go {
  screen: (path: string, serverId?: string) => void;
  queue: (serverId: string, search?: Record<string, unknown>) => void;
  server: (serverId: string) => void;
  /** Another server on the tab that is open. */
  here: (serverId: string) => void;
  /** The accounts of a server, or its aliases, domains or an import; `open`: what the drawer shows. */
  accounts: (serverId: string, search?: { view?: string; open?: string }) => void;
  /** Log sets; with a search, the traces of one that match. */
  logs: (search?: { set?: string; server?: string; q?: string; view?: string }) => void;
  journal: (changeId?: string) => void;
  start: () => void;
}

export function useGo(): Go {
  const navigate = useNavigate();
  const router = useRouter();
  return useMemo(() => {
    const to = (path: string, search: Record<string, unknown> = {}) => {
      void navigate({ to: path, search } as unknown as Parameters<typeof navigate>[0]);
    };
    return {
      screen: (path, serverId) => to(serverId === undefined ? path : path.replace('$serverId', serverId)),
      queue: (serverId, search) => to(`/queue/${serverId}`, search),
      server: (serverId) => to(`/server/${serverId}`),
      here: (serverId) => {
        const { pathname, search } = router.state.location;
        to(...placeOn(serverId, pathname, search));
      },
      accounts: (serverId, search) => to(`/accounts/${serverId}`, search),
      logs: (search) => to('/logs', search),
      journal: (changeId) => to('/journal', changeId === undefined ? {} : { change: changeId }),
      start: () => to('/'),
    };
  }, [navigate, router]);
}

/** The server the page is about: that of the address, else the last one looked at, else the first. */
export function useCurrentServerId(): string | undefined {
  const params: { serverId?: string } = useParams({ strict: false });
  const servers = useServers();
  if (params.serverId !== undefined) {
    sessionStorage.setItem(LAST, params.serverId);
    return params.serverId;
  }
  const last = sessionStorage.getItem(LAST);
  return servers?.find((server) => server.id === last)?.id ?? servers?.[0]?.id;
}

/** The server that the view itself is about: a log of files is about none, and so is the journal of all servers. */
export function useServerOnView(): string | undefined {
  const screen = useCurrentScreen();
  const current = useCurrentServerId();
  const { server }: { server?: string } = useSearch({ strict: false });
  return screen === 'logs' || screen === 'journal' ? server : current;
}

/** First part of the path: the id of the screen on view. */
export function useCurrentScreen(): string {
  return useLocation().pathname.split('/')[1] ?? '';
}
