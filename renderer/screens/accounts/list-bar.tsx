import { Trans, useLingui } from '@lingui/react/macro';
import { IconSearch, IconX } from '@tabler/icons-react';
import { type Ref, useEffect, useImperativeHandle, useRef, useState } from 'react';
import { useFormat } from '../../i18n/use-format.ts';
import { Key } from '../../ui/parts.tsx';
import bar from '../../ui/search/search-bar.module.css';
import { parseQuery, writeQuery } from './account-query.ts';
import css from './accounts.module.css';

export interface SearchHandle {
  focus(): void;
}

/** The search over a list: a fragment, and `domain:` as a chip of its own. */
export function ListSearch(props: {
  label: string;
  /** Stands in the empty bar; absent: how accounts and aliases are searched. */
  placeholder?: string;
  q: string;
  onQuery: (q: string) => void;
  matching: number | null;
  total: number | null;
  onLeave: () => void;
  ref?: Ref<SearchHandle>;
}) {
  const { q, onQuery, matching, total } = props;
  const { t } = useLingui();
  const format = useFormat();
  const input = useRef<HTMLInputElement>(null);
  const query = parseQuery(q);
  const [text, setText] = useState(query.text);
  // What was typed here is searched for a moment later; what comes from elsewhere is shown.
  const sent = useRef(query.text);
  useEffect(() => {
    if (query.text !== sent.current) {
      sent.current = query.text;
      setText(query.text);
    }
  }, [query.text]);
  useEffect(() => {
    const typed = parseQuery(text);
    // A domain becomes a chip once a blank ends it.
    const ended = typed.domain !== null && /\s$/.test(text);
    if (typed.domain !== null && !ended) return;
    const next = writeQuery({ domain: typed.domain ?? query.domain, text: typed.text });
    if (next === q) return;
    const timer = setTimeout(() => {
      sent.current = typed.text;
      if (ended) setText(typed.text);
      onQuery(next);
    }, 120);
    return () => clearTimeout(timer);
    // Only typing starts a search.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [text]);
  useImperativeHandle(props.ref, () => ({ focus: () => input.current?.select() }));

  const apply = () => {
    const typed = parseQuery(text);
    sent.current = typed.text;
    setText(typed.text);
    onQuery(writeQuery({ domain: typed.domain ?? query.domain, text: typed.text }));
  };
  return (
    <div className={bar.bar} role="search">
      <IconSearch size={15} className={bar.lens} aria-hidden="true" />
      {query.domain !== null && (
        <span className={bar.chip}>
          <span className={`${bar.chipText} pd-mono pd-clip`}>
            <span className={bar.key}>domain:</span>
            {query.domain}
          </span>
          <button
            type="button"
            aria-label={t`Drop domain:${query.domain}`}
            onClick={() => {
              onQuery(writeQuery({ domain: null, text: query.text }));
              input.current?.focus();
            }}
          >
            <IconX size={12} />
          </button>
        </span>
      )}
      <input
        ref={input}
        className={`${bar.input} ${css.input}`}
        aria-label={props.label}
        placeholder={
          query.domain === null ? (props.placeholder ?? t`Part of a name or address, domain:example.org`) : ''
        }
        value={text}
        spellCheck={false}
        autoComplete="off"
        onChange={(event) => setText(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === 'Enter' || event.key === 'ArrowDown') {
            event.preventDefault();
            apply();
            props.onLeave();
          } else if (event.key === 'Escape') {
            event.stopPropagation();
            if (text !== '') {
              setText('');
              sent.current = '';
              onQuery(writeQuery({ domain: query.domain, text: '' }));
            } else props.onLeave();
          } else if (event.key === 'Backspace' && text === '' && query.domain !== null) {
            onQuery('');
          }
        }}
      />
      {matching !== null && total !== null && (
        <span className={`${bar.count} pd-num`} role="status">
          {matching === total ? (
            format.count(total)
          ) : (
            <Trans>
              {format.count(matching)} of {format.count(total)}
            </Trans>
          )}
        </span>
      )}
      <Key always muted>
        /
      </Key>
    </div>
  );
}
