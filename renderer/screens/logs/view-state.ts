import { useNavigate } from '@tanstack/react-router';
import { useCallback } from 'react';
import { type LiveState, type LogSet, type LogSource, TraceSort } from '#shared/model/log.ts';
import type { ServerProfile } from '#shared/model/server.ts';

export const LOG_VIEWS = ['messages', 'report', 'lines', 'live', 'files'] as const;
export type LogView = (typeof LOG_VIEWS)[number];

/** What of the view stands in the address, so that going back and reloading keep it. */
export interface LogState {
  /** Name of the set; null: none chosen yet. */
  set: string | null;
  /** Id of the server whose mirrored log is on view; it goes before `set`. */
  server: string | null;
  /** In Live, id of the server that the open story is of. */
  of: string | null;
  view: LogView;
  q: string;
  sort: TraceSort;
  /** The trace that is open. */
  trace: string | null;
}

export const NEWEST_FIRST: TraceSort = { by: 'start', descending: true };

function word(value: unknown): string | null {
  // A name or a search of digits alone comes back from the address as a number.
  return typeof value === 'string' || typeof value === 'number' ? String(value) : null;
}

export function readLogState(search: Record<string, unknown>): LogState {
  const by = TraceSort.shape.by.safeParse(search['sort']).data;
  return {
    set: word(search['set']),
    server: word(search['server']),
    of: word(search['of']),
    view: LOG_VIEWS.find((each) => each === search['view']) ?? 'messages',
    q: word(search['q']) ?? '',
    sort: by === undefined ? NEWEST_FIRST : { by, descending: search['desc'] === true },
    trace: word(search['trace']),
  };
}

export function writeLogState(state: LogState): Record<string, unknown> {
  return {
    ...(state.set === null ? {} : { set: state.set }),
    ...(state.server === null ? {} : { server: state.server }),
    ...(state.of === null ? {} : { of: state.of }),
    ...(state.view === 'messages' ? {} : { view: state.view }),
    ...(state.q === '' ? {} : { q: state.q }),
    ...(state.sort.by === 'start' && state.sort.descending ? {} : { sort: state.sort.by, desc: state.sort.descending }),
    ...(state.trace === null ? {} : { trace: state.trace }),
  };
}

export function useSetLogState(): (change: Partial<LogState>) => void {
  const navigate = useNavigate();
  return useCallback(
    (change) => {
      const options = {
        to: '/logs',
        // Another tab is a place to come back to; a narrower search is not.
        replace: change.view === undefined,
        search: (before: Record<string, unknown>) => writeLogState({ ...readLogState(before), ...change }),
      };
      void navigate(options as unknown as Parameters<typeof navigate>[0]);
    },
    [navigate],
  );
}

/** A log that questions are asked of. */
export interface OpenLog {
  source: LogSource;
  /** The set's or the server's. */
  name: string;
  /** Times of its first and last line. */
  first: string | null;
  last: string | null;
}

export function logOfSet(set: LogSet): OpenLog {
  return { source: { from: 'set', name: set.name }, name: set.name, first: set.first, last: set.last };
}

export function logOfServer(server: ServerProfile, state: LiveState): OpenLog {
  return { source: { from: 'server', serverId: server.id }, name: server.name, first: state.first, last: state.last };
}

/** Names a log in the address. */
export function placeOf(source: LogSource): Pick<LogState, 'set' | 'server'> {
  return source.from === 'set' ? { set: source.name, server: null } : { set: null, server: source.serverId };
}
