import { Trans } from '@lingui/react/macro';
import { useQuery } from '@tanstack/react-query';
import { Fragment, type ReactNode } from 'react';
import type { MailContent } from '#shared/model/mailbox.ts';
import { visible } from '../../ui/visible.ts';
import { FailureText } from '../way-out.tsx';
import { textOfHtml } from './html-text.ts';
import css from './mail.module.css';
import type { RawSource } from './read-source.ts';

export type BodyPart = 'text' | 'html' | 'raw';

/** Bytes of the raw source that are shown; more makes the page slow and is for an editor. */
const RAW_SHOWN = 262_144;

/** A body as text only: nothing in it is a link, an image or markup of this page. */
export function InertBody(props: { mail: MailContent; part: BodyPart; raw: RawSource }) {
  const { mail, part } = props;
  if (part === 'raw') return <Raw raw={props.raw} />;
  if (part === 'html') return <pre className={`${css.text} pd-mono`}>{visible(mail.html ?? '')}</pre>;
  const text = mail.text ?? (mail.html === null ? null : textOfHtml(mail.html));
  if (text === null || text.trim() === '') {
    return (
      <p className={`${css.text} pd-3`}>
        <Trans>No text in it.</Trans>
      </p>
    );
  }
  return <div className={css.text}>{withLinks(visible(text.trim()))}</div>;
}

function Raw({ raw }: { raw: RawSource }) {
  const { data, error } = useQuery({
    queryKey: ['raw', ...raw.key],
    queryFn: async ({ signal }) => {
      const { parts, cut } = await raw.read(RAW_SHOWN, signal);
      const bytes = await new Blob(parts).arrayBuffer();
      // Raw mail is bytes; as Latin-1 every byte is shown as one character and none is lost.
      return { text: new TextDecoder('latin1').decode(bytes.slice(0, RAW_SHOWN)).replaceAll('\r\n', '\n'), cut };
    },
    staleTime: 60_000,
    retry: false,
  });
  if (error !== null) return <FailureText error={error} />;
  if (data === undefined) return null;
  return (
    <>
      <pre className={`${css.text} pd-mono`}>{visible(data.text)}</pre>
      {data.cut && (
        <p className={`${css.text} pd-3`}>
          <Trans>Cut here: the rest is in the .eml file.</Trans>
        </p>
      )}
    </>
  );
}

/** Addresses of the web are marked, so that they can be read, and are not links. */
function withLinks(text: string): ReactNode {
  return text.split(/(https?:\/\/[^\s<>"']+)/g).map((part, at) =>
    at % 2 === 1 ? (
      <span key={at} className={css.link}>
        {part}
      </span>
    ) : (
      <Fragment key={at}>{part}</Fragment>
    ),
  );
}
