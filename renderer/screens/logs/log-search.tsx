import { useLingui } from '@lingui/react/macro';
import { IconSearch, IconX } from '@tabler/icons-react';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { type KeyboardEvent, type ReactNode, type Ref, useEffect, useImperativeHandle, useRef, useState } from 'react';
import type { LogField } from '#shared/model/log.ts';
import { useApi } from '../../api/console.tsx';
import { useFormat } from '../../i18n/use-format.ts';
import { Key } from '../../ui/parts.tsx';
import { visibleLine } from '../../ui/visible.ts';
import { joinTerms, splitTerms } from '../queue/query.ts';
import css from '../queue/search-bar.module.css';
import {
  KIND_WORDS,
  LOG_KEYS,
  type LogKey,
  type LogTerm,
  parseLogQuery,
  STATUS_WORDS,
  TLS_WORDS,
  writeLogTerm,
} from './log-query.ts';
import { useProblemWord } from './trace-words.tsx';
import { sourceOf } from './view-state.ts';

export interface LogSearchHandle {
  focus(): void;
}

interface Offer {
  /** What it writes into the bar. */
  text: string;
  /** Typing goes on after it: a key without its value. */
  open: boolean;
  label: string;
  hint: string;
}

/** How long typing rests before it is searched for: a free text is looked for in every line. */
const REST_MS = 250;

/**
 * Terms are chips; what is typed joins the search when typing rests and becomes a chip with a blank or Enter. Offers
 * keys, then the values that the log itself holds, the most frequent first.
 */
export function LogSearch(props: {
  set: string;
  query: string;
  onQuery: (query: string) => void;
  count: ReactNode;
  onLeave: () => void;
  ref?: Ref<LogSearchHandle>;
}) {
  const { query, onQuery } = props;
  const { t } = useLingui();
  const problem = useProblemWord();
  const input = useRef<HTMLInputElement>(null);
  const [chips, setChips] = useState<readonly string[]>(() => splitTerms(query));
  const [draft, setDraft] = useState('');
  const [open, setOpen] = useState(false);
  const [at, setAt] = useState(-1);
  const sent = useRef(query);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);

  // The search can change from elsewhere: a saved address, Esc, a plot that was clicked.
  useEffect(() => {
    if (query === sent.current) return;
    clearTimeout(timer.current);
    sent.current = query;
    setChips(splitTerms(query));
    setDraft('');
  }, [query]);
  useEffect(() => () => clearTimeout(timer.current), []);

  const tell = (next: readonly string[], rest: string, wait = 0) => {
    clearTimeout(timer.current);
    const send = () => {
      sent.current = joinTerms([...next, ...splitTerms(rest)]);
      onQuery(sent.current);
    };
    if (wait === 0) send();
    else timer.current = setTimeout(send, wait);
  };
  useImperativeHandle(props.ref, () => ({
    focus: () => {
      input.current?.focus();
      input.current?.select();
    },
  }));

  const offers = useOffers(props.set, draft, open, chips.length === 0);
  const commit = (text: string) => {
    const next = [...chips, ...splitTerms(text)];
    setChips(next);
    setDraft('');
    setAt(-1);
    tell(next, '');
  };
  const choose = (offer: Offer) => {
    if (offer.open) {
      setDraft(offer.text);
      setAt(-1);
      input.current?.focus();
    } else {
      commit(offer.text);
    }
  };
  const drop = (index: number) => {
    const next = chips.filter((_, i) => i !== index);
    setChips(next);
    tell(next, draft);
    input.current?.focus();
  };

  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>) => {
    const inQuotes = (draft.split('"').length - 1) % 2 === 1;
    const offer = offers[at];
    if (event.key === 'Enter' && !event.ctrlKey) {
      event.preventDefault();
      if (offer !== undefined) choose(offer);
      else if (draft.trim() === '') props.onLeave();
      else commit(draft);
    } else if (event.key === 'Tab' && !event.shiftKey && offer !== undefined) {
      event.preventDefault();
      choose(offer);
    } else if (event.key === ' ' && !inQuotes && draft.trim() !== '' && draft.includes(':')) {
      event.preventDefault();
      commit(draft);
    } else if (event.key === 'Backspace' && draft === '' && chips.length > 0) {
      event.preventDefault();
      const last = chips.at(-1) ?? '';
      setChips(chips.slice(0, -1));
      setDraft(last);
      tell(chips.slice(0, -1), last, REST_MS);
    } else if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      if (offers.length === 0) props.onLeave();
      else if (event.key === 'ArrowDown') setAt(at + 1 >= offers.length ? -1 : at + 1);
      else setAt(at < 0 ? offers.length - 1 : at - 1);
    } else if (event.key === 'Escape') {
      event.preventDefault();
      event.stopPropagation();
      if (draft !== '') {
        setDraft('');
        tell(chips, '');
      } else {
        props.onLeave();
      }
    }
  };

  const terms = parseLogQuery(joinTerms(chips), 0).terms;
  const typed = parseLogQuery(draft, 0).terms.find((term) => term.problem !== null && term.problem !== 'no-value');
  const listOpen = open && offers.length > 0;
  return (
    <div className={css.bar} data-open={listOpen}>
      <IconSearch size={14} className={css.lens} aria-hidden="true" />
      <div className={css.terms}>
        {terms.map((term, index) => (
          <Chip
            key={`${index}${term.raw}`}
            term={term}
            why={term.problem === null ? '' : problem(term.problem)}
            onDrop={() => drop(index)}
          />
        ))}
        <input
          ref={input}
          className={`${css.input} pd-mono`}
          value={draft}
          role="combobox"
          aria-label={t`Search the log`}
          aria-expanded={listOpen}
          aria-controls="log-offers"
          aria-activedescendant={listOpen && at >= 0 ? `log-offer-${at}` : undefined}
          aria-autocomplete="list"
          aria-invalid={typed !== undefined}
          autoComplete="off"
          spellCheck={false}
          placeholder={chips.length === 0 ? t`Search: words, or from: to: domain: ip: status: reason: since:` : ''}
          onChange={(event) => {
            setDraft(event.currentTarget.value);
            setAt(-1);
            setOpen(true);
            tell(chips, event.currentTarget.value, REST_MS);
          }}
          onFocus={() => setOpen(true)}
          onBlur={() => {
            setOpen(false);
            if (draft.trim() !== '') commit(draft);
          }}
          onKeyDown={onKeyDown}
        />
      </div>
      {typed?.problem !== undefined && typed.problem !== null && (
        <span className={css.problem}>{problem(typed.problem)}</span>
      )}
      <span className={`${css.count} pd-num`} role="status">
        {props.count}
      </span>
      <Key always muted>
        /
      </Key>
      {listOpen && (
        <div className={css.offers} id="log-offers" role="listbox" aria-label={t`Search terms`}>
          {offers.map((offer, index) => (
            <div
              key={offer.text}
              id={`log-offer-${index}`}
              role="option"
              aria-selected={index === at}
              className={css.offer}
              onPointerDown={(event) => event.preventDefault()}
              onClick={() => choose(offer)}
            >
              <span className="pd-mono pd-clip">{offer.label}</span>
              <span className="pd-3">{offer.hint}</span>
            </div>
          ))}
        </div>
      )}
    </div>
  );
}

function Chip(props: { term: LogTerm; why: string; onDrop: () => void }) {
  const { term } = props;
  const { t } = useLingui();
  const colon = term.key === null ? -1 : term.raw.indexOf(':');
  return (
    <span className={css.chip} data-problem={term.problem !== null} data-tip={props.why}>
      <span className={`${css.chipText} pd-mono pd-clip`} data-tip={props.why}>
        {colon >= 0 && <span className={css.key}>{term.raw.slice(0, colon + 1)}</span>}
        {visibleLine(term.raw.slice(colon + 1))}
      </span>
      <button type="button" aria-label={t`Drop ${term.raw}`} onClick={props.onDrop}>
        <IconX size={11} />
      </button>
    </span>
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
function useOffers(set: string, draft: string, open: boolean, empty: boolean): Offer[] {
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
      input: { source: sourceOf(set), field: field ?? 'from', prefix: value, limit: 8 },
      enabled: open && field !== undefined,
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
    if (colon >= 0 || (draft === '' && !empty)) return [];
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
