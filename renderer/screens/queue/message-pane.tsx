import { Plural, Trans, useLingui } from '@lingui/react/macro';
import { IconDownload, IconX } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { failureOf } from '#shared/model/failure-of.ts';
import type { QueueMessageDetail } from '#shared/model/queue.ts';
import { useApi } from '../../api/console.tsx';
import { MailParts } from '../../app/mail/mail-parts.tsx';
import { PANE } from '../../app/panes.ts';
import { FailureNotice } from '../../app/way-out.tsx';
import { useFormat, useNow } from '../../i18n/use-format.ts';
import { Fact, Facts, IconButton, Spinner } from '../../ui/parts.tsx';
import side from '../../ui/side-pane.module.css';
import { visible, visibleLine } from '../../ui/visible.ts';
import css from './message.module.css';
import { QueueBadge } from './queue-words.tsx';
import { saveSource, sourceOf } from './save-source.ts';

/** One message, opened: envelope, headers, body as inert text, attachments. All of it was written by a stranger. */
export function MessagePane(props: { serverId: string; queueId: string; onClose: () => void }) {
  const { serverId, queueId } = props;
  const { t } = useLingui();
  const api = useApi();
  // Moving through rows with the pane open must not fetch every message that is passed.
  const settled = useSettled(queueId);
  const query = useQuery(
    api.query.queue.show.queryOptions({
      input: { serverId, queueId },
      enabled: settled,
      retry: false,
      staleTime: 60_000,
    }),
  );
  const detail = query.data;
  return (
    <aside className={side.pane} aria-label={t`Message ${queueId}`} {...PANE}>
      <header className={side.head}>
        <div className={side.title}>
          <h2>
            {detail === undefined ? (
              queueId
            ) : detail.subject === null || detail.subject === '' ? (
              <Trans>(no subject)</Trans>
            ) : (
              visibleLine(detail.subject)
            )}
          </h2>
          <IconButton label={t`Save as .eml`} keys="E" onClick={() => void saveSource(api.client, serverId, queueId)}>
            <IconDownload size={15} />
          </IconButton>
          <IconButton label={t`Close the message`} keys="Esc" onClick={props.onClose}>
            <IconX size={15} />
          </IconButton>
        </div>
        {detail !== undefined && <SubHead detail={detail} />}
      </header>
      {query.error !== null && (
        <FailureNotice
          title={<Trans>The message could not be read</Trans>}
          serverId={serverId}
          failure={failureOf(query.error)}
          onRetry={() => void query.refetch()}
        />
      )}
      {detail === undefined && query.error === null && (
        <p className={css.wait} role="status">
          <Spinner />
          <Trans>Reading the message</Trans>
        </p>
      )}
      {detail !== undefined && <Detail serverId={serverId} detail={detail} />}
    </aside>
  );
}

function useSettled(name: string): boolean {
  const [settled, setSettled] = useState(false);
  useEffect(() => {
    setSettled(false);
    const timer = setTimeout(() => setSettled(name !== ''), 120);
    return () => clearTimeout(timer);
  }, [name]);
  return settled;
}

function SubHead(props: { detail: QueueMessageDetail }) {
  const { message } = props.detail;
  const format = useFormat();
  return (
    <div className={side.sub}>
      <QueueBadge queue={message.queue} />
      <span className="pd-2">{format.size(message.size)}</span>
      {message.forcedExpire && (
        <span className="pd-2">
          <Trans>bounces at the next attempt</Trans>
        </span>
      )}
      <span className={`${css.id} pd-mono pd-3`}>{message.id}</span>
    </div>
  );
}

function Detail(props: { serverId: string; detail: QueueMessageDetail }) {
  const { detail } = props;
  const api = useApi();
  return (
    <div className={side.scroll} tabIndex={0}>
      <Envelope detail={detail} />
      <MailParts mail={detail} raw={sourceOf(api.client, props.serverId, detail.message.id)} />
    </div>
  );
}

const SHOWN = 5;

function Envelope(props: { detail: QueueMessageDetail }) {
  const { message, envelope } = props.detail;
  const format = useFormat();
  const now = useNow(60);
  const [all, setAll] = useState(false);
  const people = all ? message.recipients : message.recipients.slice(0, SHOWN);
  const rest = message.recipients.length - people.length;
  const reason = message.recipients.find((recipient) => recipient.reason !== null)?.reason ?? null;
  const client = [envelope.clientName, envelope.clientAddress === null ? null : `[${envelope.clientAddress}]`];
  const from = client.filter((part) => part !== null).join(' ');
  const login = envelope.login ?? message.login;
  return (
    <section className={side.part}>
      <h3>
        <Trans>Envelope</Trans>
      </h3>
      <Facts>
        <Fact label={<Trans>From</Trans>}>
          {message.sender === '' ? <Trans>{'<>'}, the null sender of bounces</Trans> : visibleLine(message.sender)}
        </Fact>
        <Fact label={<Trans>To</Trans>}>
          {people.map((recipient) => {
            const original = envelope.originalRecipients[recipient.address];
            return (
              <span key={recipient.address} className={people.length > 1 ? css.line : undefined}>
                {visibleLine(recipient.address)}
                {original !== undefined && (
                  <span className="pd-3">
                    {' '}
                    <Trans>(sent to {visibleLine(original)})</Trans>
                  </span>
                )}
              </span>
            );
          })}
          {rest > 0 ? (
            <button type="button" className="pd-link" onClick={() => setAll(true)}>
              <Plural value={rest} one="# more" other="# more" />
            </button>
          ) : (
            <span className="pd-3">
              {' '}
              (<Plural value={message.recipients.length} one="# recipient" other="# recipients" />)
            </span>
          )}
        </Fact>
        <Fact label={<Trans>Received from</Trans>}>
          {from === '' ? <Trans>this server itself</Trans> : <span className="pd-mono">{visibleLine(from)}</span>}
          {login !== null && (
            <>
              {' '}
              <Trans>
                as {visibleLine(login)} <span className="pd-3">(SASL)</span>
              </Trans>
            </>
          )}
        </Fact>
        {envelope.helo !== null && (
          <Fact label="HELO" mono>
            {visibleLine(envelope.helo)}
          </Fact>
        )}
        <Fact label={<Trans>Arrived</Trans>}>
          <span className="pd-num">{format.stamp(message.arrivalTime)}</span>{' '}
          <span className="pd-3">({format.age((now - Date.parse(message.arrivalTime)) / 1000)})</span>
        </Fact>
        {reason !== null && (
          <Fact label={<Trans>Last reply</Trans>} mono>
            {visible(reason)}
          </Fact>
        )}
      </Facts>
    </section>
  );
}
