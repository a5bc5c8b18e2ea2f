import { useLocation, useNavigate, useParams } from '@tanstack/react-router';
import { useMemo } from 'react';
import { useServers } from '../api/console.tsx';

const LAST = 'postdeck.server';

/** Where one can go. Paths are those of screens.ts. */
export interface Go {
  screen: (path: string, serverId?: string) => void;
  queue: (serverId: string, search?: Record<string, unknown>) => void;
  server: (serverId: string) => void;
  /** Log sets; with a search, the traces of one that match. */
  logs: (search?: { set?: string; q?: string; view?: string }) => void;
  journal: (changeId?: string) => void;
  start: () => void;
}

export function useGo(): Go {
  const navigate = useNavigate();
  return useMemo(() => {
    const to = (path: string, search: Record<string, unknown> = {}) => {
      void navigate({ to: path, search } as unknown as Parameters<typeof navigate>[0]);
    };
    return {
      screen: (path, serverId) => to(serverId === undefined ? path : path.replace('$serverId', serverId)),
      queue: (serverId, search) => to(`/queue/${serverId}`, search),
      server: (serverId) => to(`/server/${serverId}`),
      logs: (search) => to('/logs', search),
      journal: (changeId) => to('/journal', changeId === undefined ? {} : { change: changeId }),
      start: () => to('/'),
    };
  }, [navigate]);
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

/** First part of the path: the id of the screen on view. */
export function useCurrentScreen(): string {
  return useLocation().pathname.split('/')[1] ?? '';
}
