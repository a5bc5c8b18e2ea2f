import { Button, TextInput } from '@mantine/core';
import { Plural, Trans, useLingui } from '@lingui/react/macro';
import { IconArrowLeft, IconChevronLeft, IconChevronRight, IconSearch } from '@tabler/icons-react';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { failureOf } from '#shared/model/failure-of.ts';
import type { MailItem } from '#shared/model/mailbox.ts';
import { useApi } from '../../api/console.tsx';
import { FailureNotice } from '../../app/way-out.tsx';
import { useFormat } from '../../i18n/use-format.ts';
import { Spinner } from '../../ui/parts.tsx';
import { visibleLine } from '../../ui/visible.ts';
import css from './mail.module.css';
import { paneCss } from './pane.tsx';
import { useLooked } from './use-looked.ts';
import { useMailKeys } from './use-mail-keys.ts';

/** Messages asked for at a time: a few screenfuls. */
const WINDOW = 50;
/** A search is asked once typing rests. */
const REST_MS = 300;

export interface ListState {
  text: string;
  offset: number;
  /** Message that was open: it has the focus when one comes back. */
  uid: number | null;
}

/** Messages of a folder, newest first, a window at a time. */
export function MailList(props: {
  serverId: string;
  address: string;
  folder: string;
  state: ListState;
  onState: (state: ListState) => void;
  onOpen: (uid: number) => void;
  onBack: () => void;
}) {
  const { serverId, address, folder, state, onState } = props;
  const { t } = useLingui();
  const api = useApi();
  const format = useFormat();
  const [typed, setTyped] = useState(state.text);
  useEffect(() => {
    if (typed === state.text) return;
    const timer = setTimeout(() => onState({ text: typed, offset: 0, uid: null }), REST_MS);
    return () => clearTimeout(timer);
  }, [typed, state.text, onState]);
  const query = useQuery(
    api.query.mailboxes.messages.queryOptions({
      input: { serverId, address, folder, text: state.text, offset: state.offset, count: WINDOW },
      retry: false,
      staleTime: 30_000,
      placeholderData: keepPreviousData,
    }),
  );
  const page = query.data;
  useLooked(page === undefined ? undefined : folder);
  const first = state.offset + 1;
  const last = state.offset + (page?.items.length ?? 0);
  const box = useRef<HTMLDivElement>(null);
  useMailKeys(box, props.onBack);
  return (
    <div ref={box} className={css.mail}>
      <div className={css.bar}>
        <button type="button" className="pd-link" onClick={props.onBack}>
          <IconArrowLeft size={13} aria-hidden="true" /> <Trans>Folders</Trans>
        </button>
        <h3 className="pd-clip" data-tip="">
          {visibleLine(folder)}
        </h3>
        {page !== undefined && (
          <span className="pd-3 pd-num" role="status">
            {state.text === '' ? (
              <Plural value={page.total} one="# message" other="# messages" />
            ) : (
              <Trans>
                {format.count(page.matching)} of {format.count(page.total)}
              </Trans>
            )}
          </span>
        )}
      </div>
      <TextInput
        aria-label={t`Search the folder`}
        placeholder={t`Subject, sender or recipient`}
        leftSection={<IconSearch size={13} />}
        value={typed}
        spellCheck={false}
        onChange={(event) => setTyped(event.currentTarget.value)}
      />
      {query.error !== null && (
        <FailureNotice
          title={<Trans>The folder could not be read</Trans>}
          serverId={serverId}
          failure={failureOf(query.error)}
          onRetry={() => void query.refetch()}
        />
      )}
      {page === undefined && query.error === null && (
        <p className={paneCss.plain} role="status">
          <Spinner /> <Trans>Reading the folder</Trans>
        </p>
      )}
      {page !== undefined && query.error === null && (
        <>
          <Rows items={page.items} focus={state.uid} onOpen={props.onOpen} dim={query.isPlaceholderData} />
          {page.items.length === 0 && (
            <p className="pd-2">
              {state.text === '' ? <Trans>No messages in this folder.</Trans> : <Trans>No message matches.</Trans>}
            </p>
          )}
          {page.matching > WINDOW && (
            <div className={css.turn}>
              <Button
                leftSection={<IconChevronLeft size={14} />}
                disabled={state.offset === 0}
                onClick={() => onState({ ...state, offset: Math.max(0, state.offset - WINDOW), uid: null })}
              >
                <Trans>Newer</Trans>
              </Button>
              <span className="pd-2 pd-num">
                {format.count(first)}–{format.count(last)}
              </span>
              <Button
                rightSection={<IconChevronRight size={14} />}
                disabled={last >= page.matching}
                onClick={() => onState({ ...state, offset: state.offset + WINDOW, uid: null })}
              >
                <Trans>Older</Trans>
              </Button>
            </div>
          )}
        </>
      )}
    </div>
  );
}

function Rows(props: {
  items: readonly MailItem[];
  focus: number | null;
  dim: boolean;
  onOpen: (uid: number) => void;
}) {
  const { t } = useLingui();
  const format = useFormat();
  const list = useRef<HTMLUListElement>(null);
  const { focus } = props;
  useEffect(() => {
    if (focus !== null) list.current?.querySelector<HTMLElement>(`[data-uid="${focus}"]`)?.focus();
  }, [focus]);
  return (
    <ul ref={list} className={css.list} aria-label={t`Messages`} data-dim={props.dim || undefined}>
      {props.items.map((item) => {
        const unread = !item.flags.includes('\\Seen');
        return (
          <li key={item.uid}>
            <button type="button" data-uid={item.uid} onClick={() => props.onOpen(item.uid)}>
              <span className={css.from} data-unread={unread || undefined}>
                {unread && <span className={css.dot} role="img" aria-label={t`unread`} />}
                <span className="pd-clip">{item.from === '' ? <Trans>no sender</Trans> : visibleLine(item.from)}</span>
              </span>
              <span className="pd-3 pd-num">{format.stamp(item.received)}</span>
              <span className={`${css.subject} pd-clip`}>
                {item.subject === '' ? <Trans>(no subject)</Trans> : visibleLine(item.subject)}
              </span>
              <span className="pd-3 pd-num">{format.size(item.size)}</span>
            </button>
          </li>
        );
      })}
    </ul>
  );
}
