import { useLingui } from '@lingui/react/macro';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import type { ReactNode, Ref } from 'react';
import type { LogField, LogSource } from '#shared/model/log.ts';
import { useApi } from '../../api/console.tsx';
import { useFormat } from '../../i18n/use-format.ts';
import { type Offer, SearchBar, type SearchBarHandle } from '../../ui/search/search-bar.tsx';
import { type SearchBarState, useSearchBar } from '../../ui/search/use-search-bar.ts';
import { visibleLine } from '../../ui/visible.ts';
import {
  KIND_WORDS,
  LOG_KEYS,
  type LogKey,
  parseLogQuery,
  STATUS_WORDS,
  TLS_WORDS,
  writeLogTerm,
} from './log-query.ts';
import { useProblemWord } from './trace-words.tsx';

/** How long typing rests before it is searched for: a free text is looked for in every line. */
const REST_MS = 250;
const NOWHERE: LogSource = { from: 'set', name: '-' };

/** The log's search: offers keys, then the values that the log itself holds, the most frequent first. */
export function LogSearch(props: {
  /** Where offered values come from; null: only keys and fixed words are offered. */
  source: LogSource | null;
  query: string;
  onQuery: (query: string) => void;
  count: ReactNode;
  onLeave: () => void;
  label?: string;
  placeholder?: string;
  ref?: Ref<SearchBarHandle>;
}) {
  const { t } = useLingui();
  const problem = useProblemWord();
  const bar = useSearchBar(props.query, props.onQuery, REST_MS);
  const offers = useOffers(props.source, bar);
  return (
    <SearchBar
      ref={props.ref ?? null}
      bar={bar}
      offers={offers}
      label={props.label ?? t`Search the log`}
      placeholder={props.placeholder ?? t`Search: words, or from: to: domain: ip: status: reason: since:`}
      read={(text) =>
        parseLogQuery(text, 0).terms.map((term) => ({
          raw: term.raw,
          keyed: term.key !== null,
          problem: term.problem === null ? null : problem(term.problem),
          unfinished: term.problem === 'no-value',
        }))
      }
      count={props.count}
      onLeave={props.onLeave}
    />
  );
}

/** Keys whose values the index can list. */
const LISTED: Partial<Record<LogKey, LogField>> = {
  from: 'from',
  to: 'to',
  address: 'address',
  domain: 'domain',
  ip: 'ip',
  login: 'login',
  relay: 'relay',
  reason: 'reason',
  host: 'host',
};
const WORDS: Partial<Record<LogKey, readonly string[]>> = {
  status: STATUS_WORDS,
  kind: KIND_WORDS,
  tls: TLS_WORDS,
  since: ['10m', '1h', '2h', '6h', '1d', '7d'],
  until: ['10m', '1h', '2h', '6h', '1d'],
  larger: ['100k', '1M', '5M', '20M'],
  smaller: ['1k', '10k', '100k'],
  score: ['>5', '>15', '<0'],
};

/** What could be typed next. */
function useOffers(source: LogSource | null, { chips, draft, open }: SearchBarState): Offer[] {
  const { t } = useLingui();
  const api = useApi();
  const format = useFormat();
  const colon = draft.indexOf(':');
  const word = draft.slice(0, Math.max(0, colon)).toLowerCase();
  const key = LOG_KEYS.find((each) => each === word);
  const value = draft.slice(colon + 1).replaceAll('"', '');
  const field = key === undefined ? undefined : LISTED[key];
  const { data: values } = useQuery(
    api.query.logs.values.queryOptions({
      input: { source: source ?? NOWHERE, field: field ?? 'from', prefix: value, limit: 8 },
      enabled: open && field !== undefined && source !== null,
      staleTime: 60_000,
      retry: false,
      placeholderData: keepPreviousData,
    }),
  );
  const hints: Record<LogKey, string> = {
    from: t`envelope sender, <> for notifications`,
    to: t`recipient, also before aliases`,
    address: t`sender, recipient or login`,
    domain: t`of sender or recipient`,
    ip: t`client address or a block: 203.0.113.0/24`,
    login: t`SASL login that handed it in`,
    id: t`queue ID`,
    msgid: t`Message-ID`,
    relay: t`part of the next host's name`,
    status: t`sent, deferred, bounced, rejected…`,
    reason: t`words of the other side`,
    since: t`2h before the end, 14:05, 2026-11-22`,
    until: t`2h before the end, 14:05, 2026-11-22`,
    part: t`part of an address`,
    kind: t`message, reject, login, other`,
    host: t`server that wrote the lines`,
    tls: t`yes, no or a version`,
    larger: t`than 100k, 2.5M, 1G`,
    smaller: t`than 100k, 2.5M, 1G`,
    score: t`spam score: >5, <0`,
  };
  if (!open) return [];
  if (key === undefined) {
    if (colon >= 0 || (draft === '' && chips.length > 0)) return [];
    const start = draft.toLowerCase();
    return LOG_KEYS.filter((each) => each.startsWith(start))
      .slice(0, 14)
      .map((each) => ({ text: `${each}:`, open: true, label: `${each}:`, hint: hints[each] }));
  }
  const words = WORDS[key];
  if (words !== undefined) {
    const start = value.toLowerCase();
    return words
      .filter((each) => each.toLowerCase().startsWith(start) && each !== value)
      .map((each) => ({ text: writeLogTerm(key, each), open: false, label: each, hint: '' }));
  }
  if (field === undefined) return [];
  return (values ?? [])
    .filter((each) => each.value !== '' || key === 'from')
    .map((each) => ({
      text: writeLogTerm(key, each.value),
      open: false,
      label: visibleLine(each.value === '' ? '<>' : each.value),
      hint: format.count(each.count),
    }));
}
