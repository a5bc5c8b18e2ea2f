import { Trans, useLingui } from '@lingui/react/macro';
import { IconArrowLeft, IconDownload } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useRef } from 'react';
import { failureOf } from '#shared/model/failure-of.ts';
import { useApi } from '../../api/console.tsx';
import type { Client } from '../../api/wire.ts';
import { MailParts } from '../../app/mail/mail-parts.tsx';
import { type RawSource, readSource } from '../../app/mail/read-source.ts';
import { FailureNotice } from '../../app/way-out.tsx';
import { useFormat } from '../../i18n/use-format.ts';
import { IconButton, Spinner } from '../../ui/parts.tsx';
import { saveFile } from '../../ui/save-file.ts';
import { visibleLine } from '../../ui/visible.ts';
import css from './mail.module.css';
import { paneCss } from './pane.tsx';
import { useLooked } from './use-looked.ts';
import { useMailKeys } from './use-mail-keys.ts';

interface Where {
  serverId: string;
  address: string;
  folder: string;
  uid: number;
}

/** One message of a user, inert. It is not marked as read. */
export function MailMessage(props: Where & { onBack: () => void }) {
  const { serverId, address, folder, uid } = props;
  const { t } = useLingui();
  const api = useApi();
  const format = useFormat();
  const where = { serverId, address, folder, uid };
  const query = useQuery(api.query.mailboxes.message.queryOptions({ input: where, retry: false, staleTime: 60_000 }));
  const opened = query.data;
  useLooked(opened);
  const raw = sourceOf(api.client, where);
  const save = async () => {
    const { parts } = await raw.read(Number.POSITIVE_INFINITY);
    saveFile(new Blob(parts, { type: 'message/rfc822' }), `${uid}.eml`);
  };
  const box = useRef<HTMLDivElement>(null);
  useMailKeys(box, props.onBack);
  return (
    <div ref={box} className={css.mail}>
      <div className={css.bar}>
        {/* oxlint-disable-next-line jsx-a11y/no-autofocus -- the row that had the focus is gone */}
        <button type="button" className="pd-link" autoFocus onClick={props.onBack}>
          <IconArrowLeft size={13} aria-hidden="true" />{' '}
          <span className="pd-clip">
            <Trans>Back to {visibleLine(folder)}</Trans>
          </span>
        </button>
        <span className={css.grow} />
        {opened !== undefined && <span className="pd-3 pd-num">{format.size(opened.item.size)}</span>}
        <IconButton label={t`Save as .eml`} onClick={() => void save()}>
          <IconDownload size={15} />
        </IconButton>
      </div>
      {query.error !== null && (
        <FailureNotice
          title={<Trans>The message could not be read</Trans>}
          serverId={serverId}
          failure={failureOf(query.error)}
          onRetry={() => void query.refetch()}
        />
      )}
      {opened === undefined && query.error === null && (
        <p className={paneCss.plain} role="status">
          <Spinner /> <Trans>Reading the message</Trans>
        </p>
      )}
      {opened !== undefined && (
        <>
          <h3 className={css.title}>
            {opened.mail.subject === null || opened.mail.subject === '' ? (
              <Trans>(no subject)</Trans>
            ) : (
              visibleLine(opened.mail.subject)
            )}
          </h3>
          <p className="pd-3 pd-num">
            <Trans>Taken by the server {format.stamp(opened.item.received)}</Trans>
          </p>
          <MailParts mail={opened.mail} raw={raw} />
        </>
      )}
    </div>
  );
}

function sourceOf(client: Client, where: Where): RawSource {
  return {
    key: [where.serverId, where.address, where.folder, String(where.uid)],
    read: async (limit, signal) => {
      const stream = await client.mailboxes.source(where, signal === undefined ? {} : { signal });
      return readSource(client, stream, limit);
    },
  };
}
