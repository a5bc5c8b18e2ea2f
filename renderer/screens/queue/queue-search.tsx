import { Trans, useLingui } from '@lingui/react/macro';
import { useQuery } from '@tanstack/react-query';
import type { Ref } from 'react';
import type { QueueGroupBy } from '#shared/model/queue.ts';
import { useApi } from '../../api/console.tsx';
import { useFormat } from '../../i18n/use-format.ts';
import { type Offer, SearchBar, type SearchBarHandle } from '../../ui/search/search-bar.tsx';
import { writeTerm } from '../../ui/search/terms.ts';
import { type SearchBarState, useSearchBar } from '../../ui/search/use-search-bar.ts';
import { visibleLine } from '../../ui/visible.ts';
import { parseQuery, QUERY_KEYS, type QueryKey, STATUS_WORDS } from '../../ui/search/queue-query.ts';
import { useProblemWords } from './queue-words.tsx';

/** The queue's search: offers keys, then queues, and the senders, recipient domains and logins with most mail. */
export function QueueSearch(props: {
  serverId: string;
  query: string;
  onQuery: (query: string) => void;
  matched: number | null;
  total: number | null;
  /** The listing is under way, or was cut short: there are more than these. */
  partial: boolean;
  onLeave: () => void;
  ref?: Ref<SearchBarHandle>;
}) {
  const { t } = useLingui();
  const format = useFormat();
  const problem = useProblemWords();
  const bar = useSearchBar(props.query, props.onQuery, 0);
  const offers = useOffers(props.serverId, bar);
  return (
    <SearchBar
      ref={props.ref ?? null}
      bar={bar}
      offers={offers}
      label={t`Search the queue`}
      placeholder={t`Search: words, or sender: to: status: reason: older: larger:`}
      read={(text) =>
        parseQuery(text).terms.map((term) => ({
          raw: term.raw,
          keyed: term.key !== null,
          problem: term.problem === null ? null : problem(term.problem),
          unfinished: term.problem === 'no-value',
        }))
      }
      count={
        props.total === null ? null : props.query === '' ? (
          props.partial ? (
            <Trans>{format.count(props.total)} read</Trans>
          ) : (
            <Trans>{format.count(props.total)} in the queue</Trans>
          )
        ) : (
          <Trans>
            {format.count(props.matched ?? 0)} of {format.count(props.total)}
          </Trans>
        )
      }
      onLeave={props.onLeave}
    />
  );
}

const SUMMARY: Partial<Record<QueryKey, QueueGroupBy>> = { sender: 'sender', to: 'recipient-domain', login: 'login' };
const TIMES = ['10m', '1h', '2h', '6h', '1d', '3d'];
const SIZES = ['100k', '1M', '5M', '20M'];

/** What could be typed next. */
function useOffers(serverId: string, { chips, draft, open }: SearchBarState): Offer[] {
  const { t } = useLingui();
  const api = useApi();
  const format = useFormat();
  const colon = draft.indexOf(':');
  const word = draft.slice(0, colon).toLowerCase();
  const key = QUERY_KEYS.find((each) => each === word);
  const by = key === undefined ? undefined : SUMMARY[key];
  const { data: groups } = useQuery(
    api.query.queue.summary.queryOptions({
      input: { serverId, by: by ?? 'sender', filter: {}, maxAge: 0 },
      enabled: open && by !== undefined,
      staleTime: 15_000,
      retry: false,
    }),
  );
  const hints: Record<QueryKey, string> = {
    sender: t`address, @domain, local@, <> for bounces`,
    to: t`recipient: address, @domain, part of it`,
    status: t`active, deferred, held, incoming, corrupt`,
    reason: t`words of the remote side`,
    login: t`SASL login that handed it in`,
    older: t`waits longer than 30s, 5m, 2h, 3d`,
    newer: t`waits less than 30s, 5m, 2h, 3d`,
    larger: t`than 100k, 2.5M, 1G`,
    smaller: t`than 100k, 2.5M, 1G`,
  };
  if (!open) return [];
  if (key === undefined) {
    if (colon >= 0 || (draft === '' && chips.length > 0)) return [];
    const typed = draft.toLowerCase();
    return QUERY_KEYS.filter((each) => each.startsWith(typed)).map((each) => ({
      text: `${each}:`,
      open: true,
      label: `${each}:`,
      hint: hints[each],
    }));
  }
  const value = draft
    .slice(colon + 1)
    .replaceAll('"', '')
    .toLowerCase();
  const plain = (values: readonly string[]): Offer[] =>
    values
      .filter((each) => each.startsWith(value) && each !== value)
      .map((each) => ({ text: `${key}:${each}`, open: false, label: each, hint: '' }));
  if (key === 'status') return plain(STATUS_WORDS);
  if (key === 'older' || key === 'newer') return plain(TIMES);
  if (key === 'larger' || key === 'smaller') return plain(SIZES);
  if (by === undefined) return [];
  return (groups ?? [])
    .filter((group) => group.key !== '' && group.key.toLowerCase().includes(value.replace(/^@/, '')))
    .slice(0, 8)
    .map((group) => {
      const name = by === 'recipient-domain' ? `@${group.key}` : group.key;
      // A sender's own star, or an address without a domain, must not be taken for a pattern or a fragment.
      const literal = by === 'sender' && (/[*=]/.test(name) || !/.@./.test(name)) && name !== '<>';
      return {
        text: writeTerm(key, literal ? `=${name}` : name),
        open: false,
        label: visibleLine(name),
        hint: format.count(group.count),
      };
    });
}
