import { useLingui } from '@lingui/react/macro';
import { IconSearch, IconX } from '@tabler/icons-react';
import { type KeyboardEvent, type ReactNode, type Ref, useId, useImperativeHandle, useRef, useState } from 'react';
import { Key } from '../parts.tsx';
import { visibleLine } from '../visible.ts';
import css from './search-bar.module.css';
import { inQuotes, joinTerms } from './terms.ts';
import type { SearchBarState } from './use-search-bar.ts';

export interface SearchBarHandle {
  focus(): void;
}

/** What could be typed next. */
export interface Offer {
  /** What it writes into the bar. */
  text: string;
  /** Typing goes on after it: a key without its value. */
  open: boolean;
  label: string;
  hint: string;
}

/** A term as its screen reads it. */
export interface BarTerm {
  raw: string;
  /** It has a key that the screen knows. */
  keyed: boolean;
  /** What is wrong with it, in words; null: nothing. */
  problem: string | null;
  /** Only its value is missing: no reason to complain while it is typed. */
  unfinished: boolean;
}

/**
 * A search bar: terms are chips, what is typed joins the search and becomes a chip with a blank or Enter. The screen
 * says what terms mean and what could come next.
 */
export function SearchBar(props: {
  bar: SearchBarState;
  label: string;
  placeholder: string;
  read: (text: string) => readonly BarTerm[];
  offers: readonly Offer[];
  /** Stands at the end: how much matches. */
  count: ReactNode;
  /** The keyboard goes on to what was found. */
  onLeave: () => void;
  ref?: Ref<SearchBarHandle>;
}) {
  const { bar, offers } = props;
  const { t } = useLingui();
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  const [at, setAt] = useState(-1);
  useImperativeHandle(props.ref, () => ({
    focus: () => {
      input.current?.focus();
      input.current?.select();
    },
  }));

  const type = (text: string) => {
    setAt(-1);
    bar.type(text);
  };
  const commit = (text: string) => {
    setAt(-1);
    bar.commit(text);
  };
  const choose = (offer: Offer) => {
    if (!offer.open) return commit(offer.text);
    type(offer.text);
    input.current?.focus();
  };
  const offer = offers[at];
  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>) => {
    const { draft } = bar;
    if (event.key === 'Enter' && !event.ctrlKey) {
      event.preventDefault();
      if (offer !== undefined) choose(offer);
      else if (draft.trim() === '') props.onLeave();
      else commit(draft);
    } else if (event.key === 'Tab' && !event.shiftKey && offer !== undefined) {
      event.preventDefault();
      choose(offer);
    } else if (event.key === ' ' && !inQuotes(draft) && draft.trim() !== '' && draft.includes(':')) {
      event.preventDefault();
      commit(draft);
    } else if (event.key === 'Backspace' && draft === '' && bar.chips.length > 0) {
      event.preventDefault();
      bar.takeBack();
    } else if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      if (offers.length === 0) props.onLeave();
      else if (event.key === 'ArrowDown') setAt(at + 1 >= offers.length ? -1 : at + 1);
      else setAt(at < 0 ? offers.length - 1 : at - 1);
    } else if (event.key === 'Escape') {
      event.preventDefault();
      event.stopPropagation();
      if (draft === '') props.onLeave();
      else bar.clearDraft();
    }
  };

  const wrong = props.read(bar.draft).find((term) => term.problem !== null && !term.unfinished);
  const listOpen = bar.open && offers.length > 0;
  return (
    <div className={css.bar} data-open={listOpen}>
      <IconSearch size={14} className={css.lens} aria-hidden="true" />
      <div className={css.terms}>
        {props.read(joinTerms(bar.chips)).map((term, index) => (
          <Chip
            key={`${index}${term.raw}`}
            term={term}
            onDrop={() => {
              bar.drop(index);
              input.current?.focus();
            }}
          />
        ))}
        <input
          ref={input}
          className={`${css.input} pd-mono`}
          value={bar.draft}
          role="combobox"
          aria-label={props.label}
          aria-expanded={listOpen}
          aria-controls={`${id}-offers`}
          aria-activedescendant={listOpen && at >= 0 ? `${id}-offer-${at}` : undefined}
          aria-autocomplete="list"
          aria-invalid={wrong !== undefined}
          autoComplete="off"
          spellCheck={false}
          placeholder={bar.chips.length === 0 ? props.placeholder : ''}
          onChange={(event) => {
            bar.setOpen(true);
            type(event.currentTarget.value);
          }}
          onFocus={() => bar.setOpen(true)}
          onBlur={() => {
            bar.setOpen(false);
            if (bar.draft.trim() !== '') commit(bar.draft);
          }}
          onKeyDown={onKeyDown}
        />
      </div>
      {wrong !== undefined && <span className={css.problem}>{wrong.problem}</span>}
      {props.count !== null && (
        <span className={`${css.count} pd-num`} role="status">
          {props.count}
        </span>
      )}
      <Key always muted>
        /
      </Key>
      {listOpen && (
        <div className={css.offers} id={`${id}-offers`} role="listbox" aria-label={t`Search terms`}>
          {offers.map((each, index) => (
            <div
              key={each.text}
              id={`${id}-offer-${index}`}
              role="option"
              aria-selected={index === at}
              className={css.offer}
              onPointerDown={(event) => event.preventDefault()}
              onClick={() => choose(each)}
            >
              <span className="pd-mono pd-clip">{each.label}</span>
              <span className="pd-3">{each.hint}</span>
            </div>
          ))}
        </div>
      )}
    </div>
  );
}

function Chip(props: { term: BarTerm; onDrop: () => void }) {
  const { raw, keyed, problem } = props.term;
  const { t } = useLingui();
  const colon = keyed ? raw.indexOf(':') : -1;
  return (
    <span className={css.chip} data-problem={problem !== null} data-tip={problem ?? ''}>
      <span className={`${css.chipText} pd-mono pd-clip`} data-tip={problem ?? ''}>
        {colon >= 0 && <span className={css.key}>{raw.slice(0, colon + 1)}</span>}
        {visibleLine(raw.slice(colon + 1))}
      </span>
      <button type="button" aria-label={t`Drop ${raw}`} onClick={props.onDrop}>
        <IconX size={11} />
      </button>
    </span>
  );
}
