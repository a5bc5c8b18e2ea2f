import { Plural, Trans } from '@lingui/react/macro';
import { IconInfoCircle } from '@tabler/icons-react';
import { type ReactNode, useState } from 'react';
import type { Text } from '#shared/model/text.ts';
import { PANE } from '../../app/panes.ts';
import { StaleBanner } from '../../app/stale-banner.tsx';
import { FailureNotice } from '../../app/way-out.tsx';
import { useFormat, useNow } from '../../i18n/use-format.ts';
import { useSay } from '../../i18n/words.ts';
import { Spinner } from '../../ui/parts.tsx';
import frame from '../../ui/screen.module.css';
import css from './accounts.module.css';
import type { Directory } from './use-directory.ts';
import type { ViewProps } from './view-props.ts';

/** How old what is on screen is, or that it is being read. */
export function Age(props: { directory: Directory }) {
  const { reading, busy } = props.directory;
  const format = useFormat();
  const now = useNow();
  if (busy) {
    return (
      <span className={css.age} role="status">
        <Spinner />
        {reading === null || reading.usage ? <Trans>Reading</Trans> : <Trans>Reading used space</Trans>}
      </span>
    );
  }
  if (reading === null) return null;
  const age = format.age(Math.max(0, (now - Date.parse(reading.readAt)) / 1000));
  return (
    <span className={css.age}>
      <Trans>Read {age} ago</Trans>
    </span>
  );
}

/** Why some things are not offered here. Folded: it is the same every day. */
export function Notes(props: { notes: readonly Text[] }) {
  const { notes } = props;
  const say = useSay();
  const [open, setOpen] = useState(false);
  if (notes.length === 0) return null;
  return (
    <div className={css.notes}>
      <IconInfoCircle size={13} aria-hidden="true" />
      {open ? (
        <ul>
          {notes.map((note) => (
            <li key={`${note.id}${JSON.stringify(note.values)}`}>{say(note)}</li>
          ))}
        </ul>
      ) : (
        <span className="pd-clip" data-tip="">
          {notes.length === 1 && notes[0] !== undefined ? (
            say(notes[0])
          ) : (
            <Plural
              value={notes.length}
              one="# thing is not possible here"
              other="# things to know about this server"
            />
          )}
        </span>
      )}
      {(notes.length > 1 || open) && (
        <button type="button" className="pd-link" aria-expanded={open} onClick={() => setOpen(!open)}>
          {open ? <Trans>Fold</Trans> : <Trans>Show them</Trans>}
        </button>
      )}
    </div>
  );
}

/** Rows that are old, and why. */
export function Stale(props: { view: ViewProps }) {
  const { serverId, name, directory } = props.view;
  const { failure, reading } = directory;
  if (failure === null || reading === null) return null;
  return (
    <StaleBanner
      serverId={serverId}
      name={name}
      title={<Trans>The accounts on {name} could not be read.</Trans>}
      readAt={reading.readAt}
      failure={failure}
      onRetry={directory.read}
    />
  );
}

/** The bar every list has at its top. */
export function TopBar(props: { view: ViewProps; children: ReactNode }) {
  return (
    <div className={frame.top} {...PANE}>
      {props.view.start}
      {props.children}
      {props.view.more}
    </div>
  );
}

/** A failed first reading, in the place of rows. */
export function ReadingFailed(props: { view: ViewProps }) {
  const { view } = props;
  const { failure } = view.directory;
  return failure === null ? null : (
    <FailureNotice
      title={<Trans>The accounts on {view.name} could not be read</Trans>}
      serverId={view.serverId}
      failure={failure}
      onRetry={view.directory.read}
    />
  );
}
