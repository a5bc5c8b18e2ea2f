import { useNavigate } from '@tanstack/react-router';
import { useCallback } from 'react';
import { type AccountSort, AccountSortField } from '#shared/model/account.ts';

export const VIEWS = ['accounts', 'aliases', 'domains', 'import'] as const;
export type ViewName = (typeof VIEWS)[number];

/** Which accounts are listed, as the chips over the grid say it. */
export const SHOWS = ['all', 'near', 'over', 'blocked', 'expired', 'unused'] as const;
export type Show = (typeof SHOWS)[number];

/** What of the view stands in the address, so that going back and reloading keep it. */
export interface ViewState {
  view: ViewName;
  q: string;
  show: Show;
  sort: AccountSort;
  /** The account, alias or domain in the drawer. */
  open: string | null;
}

const DEFAULT_SORT: AccountSort = { field: 'address', descending: false };

const oneOf = <T extends string>(all: readonly T[], value: unknown, otherwise: T): T =>
  all.find((each) => each === value) ?? otherwise;
// A search of digits alone comes back from the address as a number.
const word = (value: unknown): string => (typeof value === 'string' || typeof value === 'number' ? String(value) : '');

export function readViewState(search: Record<string, unknown>): ViewState {
  const field = AccountSortField.safeParse(search['sort']).data;
  const open = word(search['open']);
  return {
    view: oneOf(VIEWS, search['view'], 'accounts'),
    q: word(search['q']),
    show: oneOf(SHOWS, search['show'], 'all'),
    sort: field === undefined ? DEFAULT_SORT : { field, descending: search['desc'] === true },
    open: open === '' ? null : open,
  };
}

/** Only what differs from a fresh view is written into the address. */
export function writeViewState(state: ViewState): Record<string, unknown> {
  const { view, q, show, sort, open } = state;
  return {
    ...(view === 'accounts' ? {} : { view }),
    ...(q === '' ? {} : { q }),
    ...(show === 'all' ? {} : { show }),
    ...(sort.field === 'address' && !sort.descending ? {} : { sort: sort.field, desc: sort.descending }),
    ...(open === null ? {} : { open }),
  };
}

export function useSetViewState(serverId: string): (change: Partial<ViewState>) => void {
  const navigate = useNavigate();
  return useCallback(
    (change) => {
      const options = {
        to: `/accounts/${serverId}`,
        replace: true,
        search: (before: Record<string, unknown>) => writeViewState({ ...readViewState(before), ...change }),
      };
      void navigate(options as unknown as Parameters<typeof navigate>[0]);
    },
    [navigate, serverId],
  );
}
