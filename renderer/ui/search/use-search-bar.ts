import { useEffect, useRef, useState } from 'react';
import { joinTerms, splitTerms } from './terms.ts';

/** What a search bar holds: terms that are done, and what is being typed. */
export interface SearchBarState {
  chips: readonly string[];
  draft: string;
  /** The field has the keyboard: offers may show. */
  open: boolean;
  setOpen: (open: boolean) => void;
  /** What is typed; it joins the search when typing rests. */
  type: (draft: string) => void;
  /** Takes terms into the search at once. */
  commit: (text: string) => void;
  drop: (index: number) => void;
  /** Takes the last term back into the field. */
  takeBack: () => void;
  clearDraft: () => void;
}

/**
 * The state of a search bar. It is held outside the bar, so that its screen can offer words for what is typed.
 *
 * @param rest Milliseconds that typing rests before it is searched for; 0: at every key.
 */
export function useSearchBar(query: string, onQuery: (query: string) => void, rest: number): SearchBarState {
  const [chips, setChips] = useState<readonly string[]>(() => splitTerms(query));
  const [draft, setDraft] = useState('');
  const [open, setOpen] = useState(false);
  const sent = useRef(query);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);

  // The search can change from elsewhere: a saved address, Esc, a plot that was clicked, a button that drops a term.
  useEffect(() => {
    if (query === sent.current) return;
    clearTimeout(timer.current);
    sent.current = query;
    setChips(splitTerms(query));
    setDraft('');
  }, [query]);
  useEffect(() => () => clearTimeout(timer.current), []);

  const tell = (next: readonly string[], typed: string, wait: number) => {
    clearTimeout(timer.current);
    const send = () => {
      sent.current = joinTerms([...next, ...splitTerms(typed)]);
      onQuery(sent.current);
    };
    if (wait === 0) send();
    else timer.current = setTimeout(send, wait);
  };
  return {
    chips,
    draft,
    open,
    setOpen,
    type: (text) => {
      setDraft(text);
      tell(chips, text, rest);
    },
    commit: (text) => {
      const next = [...chips, ...splitTerms(text)];
      setChips(next);
      setDraft('');
      tell(next, '', 0);
    },
    drop: (index) => {
      const next = chips.filter((_, at) => at !== index);
      setChips(next);
      tell(next, draft, 0);
    },
    takeBack: () => {
      const last = chips.at(-1) ?? '';
      const next = chips.slice(0, -1);
      setChips(next);
      setDraft(last);
      tell(next, last, rest);
    },
    clearDraft: () => {
      setDraft('');
      tell(chips, '', 0);
    },
  };
}
