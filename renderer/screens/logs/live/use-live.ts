import { useEffect, useMemo, useSyncExternalStore } from 'react';
import type { ServerProfile } from '#shared/model/server.ts';
import { type ConsoleApi, useApi, useServers } from '../../../api/console.tsx';
import { useCurrentServerId } from '../../../app/go.ts';
import { LiveLog } from './live-log.ts';

const LOGS = new WeakMap<ConsoleApi, LiveLog>();
const CHOSEN = 'postdeck.logs.live';

function liveLogOf(api: ConsoleApi): LiveLog {
  let log = LOGS.get(api);
  if (log === undefined) {
    log = new LiveLog(api.wire);
    LOGS.set(api, log);
  }
  return log;
}

/** The live log; renders again when it changes. It is read for as long as the caller is mounted. */
export function useLiveLog(): LiveLog {
  const api = useApi();
  const log = liveLogOf(api);
  useSyncExternalStore(log.subscribe, log.version);
  useEffect(() => log.look(), [log]);
  return log;
}

/**
 * Servers chosen to be followed: those of this window, else the one looked at last. Undefined until they are known.
 *
 * @param wanted The server whose log was asked for: it is among them.
 */
export function useChosenServers(
  log: LiveLog,
  wanted: string | null,
): {
  servers: readonly ServerProfile[] | undefined;
  chosen: readonly ServerProfile[];
  choose: (ids: readonly string[]) => void;
} {
  const all = useServers();
  // A demo server writes no log.
  const servers = useMemo(() => all?.filter((server) => !server.demo), [all]);
  const current = useCurrentServerId();
  const followed = log.followed.map(({ id }) => id).join(' ');
  const chosen = useMemo(() => {
    const ids = followed.split(' ');
    return (servers ?? []).filter((server) => ids.includes(server.id));
  }, [servers, followed]);
  useEffect(() => {
    if (servers === undefined || servers.length === 0) return;
    const kept = (sessionStorage.getItem(CHOSEN) ?? '').split(' ').filter((id) => servers.some((one) => one.id === id));
    const ids = log.followed.map(({ id }) => id).filter((id) => servers.some((one) => one.id === id));
    if (wanted !== null && !ids.includes(wanted) && servers.some(({ id }) => id === wanted)) {
      log.choose(log.phase === 'idle' ? [wanted] : [...ids, wanted]);
      return;
    }
    if (ids.length > 0 && ids.length === log.followed.length) return;
    const first = servers.find((server) => server.id === current) ?? servers[0];
    log.choose(ids.length > 0 ? ids : kept.length > 0 ? kept : first === undefined ? [] : [first.id]);
  }, [servers, log, current, wanted]);
  return {
    servers,
    chosen,
    choose: (ids) => {
      sessionStorage.setItem(CHOSEN, ids.join(' '));
      log.choose(ids);
    },
  };
}
