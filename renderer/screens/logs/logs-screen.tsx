import { Trans } from '@lingui/react/macro';
import { useSearch } from '@tanstack/react-router';
import { type ReactNode, useCallback, useEffect, useState } from 'react';
import { lastSet, rememberSet } from '../../app/last-set.ts';
import { useLate } from '../../app/unreachable.tsx';
import { Notice, Spinner } from '../../ui/parts.tsx';
import { DropAnywhere } from './drop-anywhere.tsx';
import { LiveView } from './live/live-view.tsx';
import { LogFailure } from './log-states.tsx';
import { LogsView } from './logs-view.tsx';
import { OpenLogs } from './open-logs.tsx';
import type { Chosen } from './send-files.ts';
import { ServerLog } from './server-log.tsx';
import { useIndexJobs, useLogSets } from './use-sets.ts';
import { type LogView, logOfSet, readLogState, useSetLogState } from './view-state.ts';

/**
 * Logs: the set or the server that the address names, else the set looked at last; without any, the way to open some.
 * Live needs neither: it has servers of its own.
 */
export default function LogsScreen() {
  const search: Record<string, unknown> = useSearch({ strict: false });
  const state = readLogState(search);
  const set = useSetLogState();
  const late = useLate();
  const { sets, error, again } = useLogSets();
  useIndexJobs();
  const [dropped, setDropped] = useState<readonly Chosen[]>([]);
  const taken = useCallback(() => setDropped([]), []);
  const own = state.view !== 'files' && state.view !== 'live' && state.server === null;
  const chosen =
    sets === undefined ? undefined : state.set === null ? lastSet(sets) : sets.find((each) => each.name === state.set);

  // The address names what is on view, so that the rail, the status bar and going back know it too.
  const unnamed = own && state.set === null ? chosen?.name : undefined;
  useEffect(() => {
    if (unnamed !== undefined) set({ set: unnamed });
  }, [unnamed, set]);
  useEffect(() => {
    if (chosen !== undefined && own) rememberSet(chosen.name);
  }, [chosen, own]);

  // What is open belongs to one log, and may not be in another.
  const setView = (view: LogView) => set({ view, trace: null, of: null });
  const view = (): ReactNode => {
    if (state.view === 'live') {
      // From Live alone, without a log open, the way leads to the log of what is followed.
      const onward = (view: LogView, followed: string | null) =>
        set({ view, trace: null, of: null, ...(state.set === null && followed !== null ? { server: followed } : {}) });
      return <LiveView state={state} onView={onward} />;
    }
    if (state.view !== 'files' && state.server !== null) {
      return <ServerLog key={state.server} serverId={state.server} state={state} onView={setView} />;
    }
    if (error !== null && sets === undefined) {
      return <LogFailure title={<Trans>The log sets could not be read</Trans>} error={error} onRetry={again} />;
    }
    if (sets === undefined)
      return late ? <Notice icon={<Spinner />} title={<Trans>Looking for log sets</Trans>} /> : null;
    if (state.view === 'files' || chosen === undefined) {
      return (
        <OpenLogs
          sets={sets}
          onOpen={(name) => set({ set: name, server: null, view: 'messages', q: '', trace: null, of: null })}
          onServer={(server, view) => set({ server, set: null, view, q: '', trace: null, of: null })}
          view={state.view}
          onView={setView}
          dropped={dropped}
          onTaken={taken}
        />
      );
    }
    // A set is another screen: nothing of the last one's rows may stay. Built again, it is another set too.
    return (
      <LogsView
        key={`${chosen.name} ${chosen.created ?? ''}`}
        log={logOfSet(chosen)}
        state={{ ...state, set: chosen.name }}
      />
    );
  };
  return (
    <DropAnywhere
      onFiles={(files) => {
        setDropped(files);
        setView('files');
      }}
    >
      {view()}
    </DropAnywhere>
  );
}
