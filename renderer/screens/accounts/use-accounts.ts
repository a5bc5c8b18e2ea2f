import { useMemo } from 'react';
import type { Account, AccountFilter, AccountSort } from '#shared/model/account.ts';
import type { Alias } from '#shared/model/alias.ts';
import { useApi } from '../../api/console.tsx';
import { type FetchRows, PagedRows } from '../../ui/grid/paged-rows.ts';
import { useWindow } from './use-directory.ts';

/** The console keeps the last reading: windows of it cost nothing, however old it is. F5 and jobs read anew. */
export const KEPT = 86_400;

export interface AccountView {
  serverId: string;
  filter: AccountFilter;
  sort: AccountSort;
}
export type AccountSource = PagedRows<AccountView, Account, null>;

export function useAccounts(view: AccountView, version: number): AccountSource {
  const api = useApi();
  const source = useMemo<AccountSource>(() => {
    const counted = new Map<string, Pick<Account, 'used' | 'messages' | 'share'>>();
    const fetch: FetchRows<AccountView, Account, null> = async ({ serverId, filter, sort }, offset, count, signal) => {
      const input = { serverId, filter, sort, usage: false, maxAge: KEPT, offset, count };
      const found = await api.client.accounts.list(input, { signal });
      // After a change names come first: what was counted a moment ago stands until it is counted again.
      const rows = found.accounts.map((row) => {
        if (row.used === null) return { ...row, ...counted.get(row.address) };
        counted.set(row.address, { used: row.used, messages: row.messages, share: row.share });
        return row;
      });
      return { rows, count: found.matching, head: null };
    };
    return new PagedRows(fetch, (view) => view.serverId);
  }, [api]);
  return useWindow(source, view, version);
}

export interface AliasView {
  serverId: string;
  filter: { text?: string; domain?: string; problems?: boolean; enabled?: boolean; kind?: Alias['kind'] };
}
export type AliasSource = PagedRows<AliasView, Alias, number>;

export function useAliases(view: AliasView, version: number): AliasSource {
  const api = useApi();
  const source = useMemo<AliasSource>(
    () =>
      new PagedRows(
        async ({ serverId, filter }, offset, count, signal) => {
          const found = await api.client.aliases.list({ serverId, filter, maxAge: KEPT, offset, count }, { signal });
          // The head: aliases there are at all.
          return { rows: found.aliases, count: found.matching, head: found.total };
        },
        (view) => view.serverId,
      ),
    [api],
  );
  return useWindow(source, view, version);
}
