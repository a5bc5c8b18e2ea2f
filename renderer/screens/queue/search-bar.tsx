import { Trans, useLingui } from '@lingui/react/macro';
import { IconSearch, IconX } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { type KeyboardEvent, type Ref, useEffect, useImperativeHandle, useRef, useState } from 'react';
import type { QueueGroupBy } from '#shared/model/queue.ts';
import { useApi } from '../../api/console.tsx';
import { useFormat } from '../../i18n/use-format.ts';
import { Key } from '../../ui/parts.tsx';
import { visibleLine } from '../../ui/visible.ts';
import {
  joinTerms,
  parseQuery,
  QUERY_KEYS,
  type QueryKey,
  STATUS_WORDS,
  splitTerms,
  type Term,
  writeTerm,
} from './query.ts';
import { useProblemWords } from './queue-words.tsx';
import css from './search-bar.module.css';

export interface SearchBarHandle {
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

/**
 * Terms are chips; what is typed joins the search while it is typed and becomes a chip with a blank or Enter.
 * Offers keys, then values: queues, and the senders, recipient domains and logins with most mail.
 */
export function SearchBar(props: {
  serverId: string;
  query: string;
  onQuery: (query: string) => void;
  matched: number | null;
  total: number | null;
  onLeave: () => void;
  ref?: Ref<SearchBarHandle>;
}) {
  const { query, onQuery } = props;
  const { t } = useLingui();
  const format = useFormat();
  const problem = useProblemWords();
  const input = useRef<HTMLInputElement>(null);
  const [chips, setChips] = useState<readonly string[]>(() => splitTerms(query));
  const [draft, setDraft] = useState('');
  const [open, setOpen] = useState(false);
  const [at, setAt] = useState(-1);
  const sent = useRef(query);

  // The search can change from elsewhere: a saved address, Esc, a button that drops a term.
  useEffect(() => {
    if (query === sent.current) return;
    sent.current = query;
    setChips(splitTerms(query));
    setDraft('');
  }, [query]);

  const tell = (next: readonly string[], rest: string) => {
    sent.current = joinTerms([...next, ...splitTerms(rest)]);
    onQuery(sent.current);
  };
  useImperativeHandle(props.ref, () => ({
    focus: () => {
      input.current?.focus();
      input.current?.select();
    },
  }));

  const offers = useOffers(props.serverId, draft, open, chips.length === 0);
  const commit = (text: string) => {
    const terms = splitTerms(text);
    const next = [...chips, ...terms];
    setChips(next);
    setDraft('');
    setAt(-1);
    tell(next, '');
  };
  const choose = (offer: Offer) => {
    if (offer.open) {
      setDraft(offer.text);
      setAt(-1);
      tell(chips, offer.text);
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
    const quoted = (draft.split('"').length - 1) % 2 === 1;
    const offer = offers[at];
    if (event.key === 'Enter' && !event.ctrlKey) {
      event.preventDefault();
      if (offer !== undefined) choose(offer);
      else if (draft.trim() === '') props.onLeave();
      else commit(draft);
    } else if (event.key === 'Tab' && !event.shiftKey && offer !== undefined) {
      event.preventDefault();
      choose(offer);
    } else if (event.key === ' ' && !quoted && draft.trim() !== '' && draft.includes(':')) {
      event.preventDefault();
      commit(draft);
    } else if (event.key === 'Backspace' && draft === '' && chips.length > 0) {
      event.preventDefault();
      const last = chips.at(-1) ?? '';
      const next = chips.slice(0, -1);
      setChips(next);
      setDraft(last);
      tell(next, last);
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

  const terms = parseQuery(joinTerms(chips)).terms;
  const typed = parseQuery(draft).terms.find((term) => term.problem !== null && term.problem !== 'no-value');
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
          aria-label={t`Search the queue`}
          aria-expanded={listOpen}
          aria-controls="queue-offers"
          aria-activedescendant={listOpen && at >= 0 ? `queue-offer-${at}` : undefined}
          aria-autocomplete="list"
          aria-invalid={typed !== undefined}
          autoComplete="off"
          spellCheck={false}
          placeholder={chips.length === 0 ? t`Search: words, or sender: to: status: reason: older: larger:` : ''}
          onChange={(event) => {
            setDraft(event.currentTarget.value);
            setAt(-1);
            setOpen(true);
            tell(chips, event.currentTarget.value);
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
      {props.total !== null && (
        <span className={`${css.count} pd-num`} role="status">
          {query === '' ? (
            <Trans>{format.count(props.total)} in the queue</Trans>
          ) : (
            <Trans>
              {format.count(props.matched ?? 0)} of {format.count(props.total)}
            </Trans>
          )}
        </span>
      )}
      <Key always muted>
        /
      </Key>
      {listOpen && (
        <div className={css.offers} id="queue-offers" role="listbox" aria-label={t`Search terms`}>
          {offers.map((offer, index) => (
            <div
              key={offer.text}
              id={`queue-offer-${index}`}
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

function Chip(props: { term: Term; why: string; onDrop: () => void }) {
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

const SUMMARY: Partial<Record<QueryKey, QueueGroupBy>> = { sender: 'sender', to: 'recipient-domain', login: 'login' };
const TIMES = ['10m', '1h', '2h', '6h', '1d', '3d'];
const SIZES = ['100k', '1M', '5M', '20M'];

/** What could be typed next. */
function useOffers(serverId: string, draft: string, open: boolean, empty: boolean): Offer[] {
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
    if (colon >= 0 || (draft === '' && !empty)) return [];
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
