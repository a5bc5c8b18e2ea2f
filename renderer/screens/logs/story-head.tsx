import { Plural, Trans, useLingui } from '@lingui/react/macro';
import { useState } from 'react';
import type { MessageTrace, RecipientStatus, Trace } from '#shared/model/trace.ts';
import { useFormat } from '../../i18n/use-format.ts';
import { visible, visibleLine } from '../../ui/visible.ts';
import { writeLogTerm } from './log-query.ts';
import css from './story.module.css';
import { fromOf, OutcomeBadge, outcomeOf, StatusWord, toOf, useSentence } from './trace-words.tsx';

/** The sentence, counts by status, and the facts one asks for first. */
export function StoryHead(props: { trace: Trace; onOpen: (id: string) => void; onQuery: (query: string) => void }) {
  const { trace } = props;
  const { t } = useLingui();
  const sentence = useSentence();
  return (
    <header className={css.head}>
      <h2>{sentence(trace)}</h2>
      {trace.kind === 'message' ? (
        <MessageFacts trace={trace} onQuery={props.onQuery} />
      ) : (
        <div className={css.facts}>
          <OutcomeBadge outcome={outcomeOf(trace)} />
          <span className="pd-clip" data-tip="">
            {visibleLine(fromOf(trace).text)}
          </span>
          {toOf(trace).text !== '' && (
            <span className="pd-2 pd-clip" data-tip="">
              {visibleLine(toOf(trace).text)}
            </span>
          )}
          {trace.clientIp !== null && (
            <button
              type="button"
              className="pd-link pd-mono"
              aria-label={t`Everything of ${trace.clientIp}`}
              onClick={() => props.onQuery(writeLogTerm('ip', trace.clientIp ?? ''))}
            >
              {visibleLine(trace.clientIp)}
            </button>
          )}
        </div>
      )}
      {trace.kind === 'message' && <Related trace={trace} onOpen={props.onOpen} />}
    </header>
  );
}

const ORDER: readonly RecipientStatus[] = [
  'deferred',
  'bounced',
  'expired',
  'rejected',
  'held',
  'greylisted',
  'discarded',
  'sent',
];

function MessageFacts(props: { trace: MessageTrace; onQuery: (query: string) => void }) {
  const { trace } = props;
  const { t } = useLingui();
  const format = useFormat();
  const [open, setOpen] = useState(false);
  const counts = ORDER.flatMap((status) => {
    const count = trace.recipients.filter((recipient) => recipient.status === status).length;
    return count === 0 ? [] : [{ status, count }];
  });
  const ids = trace.queueIds.map(({ id }) => id);
  const [first] = trace.recipients;
  const from = trace.from === null ? t`unknown sender` : trace.from || '<>';
  const to = first === undefined ? t`unknown recipient` : (first.originalTo ?? first.to);
  return (
    <>
      <div className={css.facts}>
        {counts.map(({ status, count }) => (
          <OutcomeBadge key={status} outcome={status} count={format.count(count)} />
        ))}
        {counts.length === 0 && <OutcomeBadge outcome={outcomeOf(trace)} />}
        <span className="pd-clip" data-tip="">
          <Trans>
            {visibleLine(from)} to {visibleLine(to)}
          </Trans>
        </span>
        {trace.recipients.length > 1 && (
          <button type="button" className="pd-link" aria-expanded={open} onClick={() => setOpen(!open)}>
            <Plural value={trace.recipients.length} one="# recipient" other="All # recipients" />
          </button>
        )}
        <span className="pd-mono pd-clip" data-tip="">
          {visibleLine(ids.join(', '))}
        </span>
        {trace.size !== null && <span className="pd-num">{format.size(trace.size)}</span>}
        {trace.verdict !== null && (
          <span className="pd-clip" data-tip="">
            {visibleLine(trace.verdict.engine)}{' '}
            {trace.verdict.score === null ? visibleLine(trace.verdict.action ?? '') : trace.verdict.score.toFixed(1)}
          </span>
        )}
        {!trace.complete && (
          <span className={css.cut}>
            <Trans>A part of it is not in this log</Trans>
          </span>
        )}
      </div>
      {open && (
        <ul className={css.recipients} tabIndex={0} aria-label={t`Recipients`}>
          {trace.recipients.map((recipient) => (
            <li key={`${recipient.to} ${recipient.originalTo ?? ''}`}>
              <span className="pd-clip" data-tip="">
                {visibleLine(recipient.to)}
                {recipient.originalTo !== null && recipient.originalTo !== recipient.to && (
                  <span className="pd-3"> {visibleLine(recipient.originalTo)}</span>
                )}
              </span>
              {recipient.status === null ? (
                <span className="pd-2">
                  <StatusWord status={null} />
                </span>
              ) : (
                <OutcomeBadge outcome={recipient.status} bare />
              )}
              <span className="pd-mono pd-2">{recipient.dsn ?? ''}</span>
              <span className="pd-2 pd-clip" data-tip="">
                {visible(recipient.reply ?? '')}
              </span>
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

/** Other stories that belong to this one. */
function Related(props: { trace: MessageTrace; onOpen: (id: string) => void }) {
  const { trace } = props;
  const links = [
    ...(trace.parent === null ? [] : [{ id: trace.parent, word: <Trans>The mail it was made for</Trans> }]),
    ...trace.children.map((id, at) => ({ id, word: <Trans>Made for it {at + 1}</Trans> })),
    ...trace.prior.map((id, at) => ({ id, word: <Trans>Greylisted before {at + 1}</Trans> })),
  ];
  if (links.length === 0) return null;
  return (
    <div className={css.related}>
      {links.slice(0, 20).map((link) => (
        <button key={link.id} type="button" className="pd-link" onClick={() => props.onOpen(link.id)}>
          {link.word}
        </button>
      ))}
    </div>
  );
}
