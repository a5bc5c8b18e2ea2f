import { Trans } from '@lingui/react/macro';
import { useSearch } from '@tanstack/react-router';
import { useEffect } from 'react';
import { useLate } from '../../app/unreachable.tsx';
import { Notice, Spinner } from '../../ui/parts.tsx';
import { LogFailure } from './log-states.tsx';
import { LogsView } from './logs-view.tsx';
import { OpenLogs } from './open-logs.tsx';
import { lastSet, rememberSet, useIndexJobs, useLogSets } from './use-sets.ts';
import { readLogState, useSetLogState } from './view-state.ts';

/** Logs: the set that the address names, else the last one looked at; without any, the way to open some. */
export default function LogsScreen() {
  const search: Record<string, unknown> = useSearch({ strict: false });
  const state = readLogState(search);
  const set = useSetLogState();
  const late = useLate();
  const { sets, error, again } = useLogSets();
  useIndexJobs();
  const chosen =
    sets === undefined ? undefined : state.set === null ? lastSet(sets) : sets.find((each) => each.name === state.set);

  // The address names what is on view, so that the rail, the status bar and going back know it too.
  const unnamed = state.set === null && state.view !== 'files' ? chosen?.name : undefined;
  useEffect(() => {
    if (unnamed !== undefined) set({ set: unnamed });
  }, [unnamed, set]);
  useEffect(() => {
    if (chosen !== undefined && state.view !== 'files') rememberSet(chosen.name);
  }, [chosen, state.view]);

  if (error !== null && sets === undefined) {
    return <LogFailure title={<Trans>The log sets could not be read</Trans>} error={error} onRetry={again} />;
  }
  if (sets === undefined)
    return late ? <Notice icon={<Spinner />} title={<Trans>Looking for log sets</Trans>} /> : null;
  if (state.view === 'files' || chosen === undefined) {
    return <OpenLogs sets={sets} onOpen={(name) => set({ set: name, view: 'messages', q: '', trace: null })} />;
  }
  // A set is another screen: nothing of the last one's rows may stay. Built again, it is another set too.
  return (
    <LogsView key={`${chosen.name} ${chosen.created ?? ''}`} set={chosen} state={{ ...state, set: chosen.name }} />
  );
}
