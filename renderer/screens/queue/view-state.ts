import { useNavigate } from '@tanstack/react-router';
import { useCallback } from 'react';
import { QueueGroupBy, QueueSortField } from '#shared/model/queue.ts';
import type { QueueSort } from '#shared/model/queue.ts';

/** What of the view stands in the address, so that going back and reloading keep it. */
export interface ViewState {
  q: string;
  by: QueueGroupBy | null;
  sort: QueueSort;
  /** The message that is open in the side pane. */
  m: string | null;
}

const DEFAULT_SORT: QueueSort = { field: 'arrivalTime', descending: false };

export function readViewState(search: Record<string, unknown>): ViewState {
  const by = search['by'] === 'none' ? null : (QueueGroupBy.safeParse(search['by']).data ?? 'reason');
  const field = QueueSortField.safeParse(search['sort']).data;
  return {
    // A search of digits alone comes back from the address as a number.
    q: typeof search['q'] === 'string' || typeof search['q'] === 'number' ? String(search['q']) : '',
    by,
    sort: field === undefined ? DEFAULT_SORT : { field, descending: search['desc'] === true },
    m: typeof search['m'] === 'string' || typeof search['m'] === 'number' ? String(search['m']) : null,
  };
}

export function useSetViewState(serverId: string): (change: Partial<ViewState>) => void {
  const navigate = useNavigate();
  return useCallback(
    (change) => {
      const options = {
        to: `/queue/${serverId}`,
        replace: true,
        search: (before: Record<string, unknown>) => {
          const next = { ...readViewState(before), ...change };
          return {
            ...(next.q === '' ? {} : { q: next.q }),
            ...(next.by === 'reason' ? {} : { by: next.by ?? 'none' }),
            ...(next.sort.field === 'arrivalTime' && !next.sort.descending
              ? {}
              : { sort: next.sort.field, desc: next.sort.descending }),
            ...(next.m === null ? {} : { m: next.m }),
          };
        },
      };
      void navigate(options as unknown as Parameters<typeof navigate>[0]);
    },
    [navigate, serverId],
  );
}
