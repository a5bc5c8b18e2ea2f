import { Trans, useLingui } from '@lingui/react/macro';
import { IconEyeOff, IconPaperclip } from '@tabler/icons-react';
import { useState } from 'react';
import type { MailContent } from '#shared/model/mailbox.ts';
import { useFormat } from '../../i18n/use-format.ts';
import { visibleLine } from '../../ui/visible.ts';
import { type BodyPart, InertBody } from './inert-body.tsx';
import css from './mail.module.css';
import type { RawSource } from './read-source.ts';

/** Headers shown before "all": those a person reads first. */
const FIRST = new Set([
  'from',
  'to',
  'cc',
  'reply-to',
  'date',
  'message-id',
  'list-unsubscribe',
  'content-type',
  'x-mailer',
]);

/** Headers, body and attachments of a message, inert: all of it was written by a stranger. */
export function MailParts({ mail, raw }: { mail: MailContent; raw: RawSource }) {
  const format = useFormat();
  return (
    <>
      <Headers headers={mail.headers} />
      <Body mail={mail} raw={raw} />
      {mail.attachments.length > 0 && (
        <ul className={css.attachments}>
          {mail.attachments.map((part, at) => (
            <li key={at}>
              <IconPaperclip size={13} aria-hidden="true" />
              <span className="pd-clip" data-tip="">
                {part.filename === null ? <Trans>without a name</Trans> : visibleLine(part.filename)}
              </span>
              <span className="pd-3 pd-num">{format.size(part.size)}</span>
              <span className="pd-3 pd-clip" data-tip="">
                {visibleLine(part.mimeType)}
              </span>
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

function Headers({ headers }: Pick<MailContent, 'headers'>) {
  const [all, setAll] = useState(false);
  const shown = all ? headers : headers.filter((header) => FIRST.has(header.name.toLowerCase()));
  return (
    <section className={css.part}>
      <h3>
        <Trans>Headers</Trans>
        {headers.length > shown.length || all ? (
          <button type="button" className="pd-link" aria-expanded={all} onClick={() => setAll(!all)}>
            {all ? <Trans>Fewer</Trans> : <Trans>All {headers.length}</Trans>}
          </button>
        ) : null}
      </h3>
      <ul className={css.headers}>
        {shown.map((header, at) => (
          <li key={at} className={all ? undefined : 'pd-clip'} data-tip="">
            <span className="pd-3">{visibleLine(header.name)}:</span> {visibleLine(header.value)}
          </li>
        ))}
      </ul>
    </section>
  );
}

function Body({ mail, raw }: { mail: MailContent; raw: RawSource }) {
  const { t } = useLingui();
  const format = useFormat();
  const [chosen, setChosen] = useState<BodyPart>(mail.text !== null || mail.html === null ? 'text' : 'html');
  const parts: { id: BodyPart; label: string; there: boolean }[] = [
    {
      id: 'text',
      label: mail.text === null && mail.html !== null ? t`text of html` : 'text/plain',
      there: mail.text !== null || mail.html !== null,
    },
    { id: 'html', label: 'html', there: mail.html !== null },
    { id: 'raw', label: t`Raw`, there: true },
  ];
  return (
    <section className={css.part}>
      <h3>
        <Trans>Body</Trans>
        <span className={css.partTabs}>
          {parts
            .filter((part) => part.there)
            .map((part) => (
              <button key={part.id} type="button" aria-pressed={part.id === chosen} onClick={() => setChosen(part.id)}>
                {part.label}
              </button>
            ))}
        </span>
      </h3>
      <div className={css.body}>
        <p className={css.inert}>
          <IconEyeOff size={13} aria-hidden="true" />
          {chosen === 'html' ? (
            <Trans>Inert: the source of the html, nothing in it is run or loaded</Trans>
          ) : (
            <Trans>Inert: no images, links or scripts load</Trans>
          )}
        </p>
        <InertBody mail={mail} part={chosen} raw={raw} />
      </div>
      {mail.truncated && (
        <p className={css.cut}>
          <Trans>
            The first {format.size(mail.readBytes)} of {format.size(mail.rawSize)} were read; body and attachments may
            be cut. Save as .eml for all of it.
          </Trans>
        </p>
      )}
    </section>
  );
}
