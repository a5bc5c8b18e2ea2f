import { Trans } from '@lingui/react/macro';
import type { MailFolder, MailSession } from '#shared/model/mailbox.ts';
import { useFormat } from '../../i18n/use-format.ts';
import { visibleLine } from '../../ui/visible.ts';
import { useBinarySize } from './account-words.tsx';
import { paneCss as css } from './pane.tsx';

/** @param onOpen null: messages cannot be looked at here */
export function FoldersTab(props: { folders: readonly MailFolder[]; onOpen: ((folder: string) => void) | null }) {
  const { onOpen } = props;
  const format = useFormat();
  const size = useBinarySize();
  if (props.folders.length === 0) {
    return (
      <div className={css.plain}>
        <p>
          <Trans>The mailbox has no folders yet: nobody has logged in and no mail has come.</Trans>
        </p>
      </div>
    );
  }
  return (
    <div className={css.plain}>
      <table className={css.table}>
        <thead>
          <tr>
            <th>
              <Trans>Folder</Trans>
            </th>
            <th className={css.right}>
              <Trans>Messages</Trans>
            </th>
            <th className={css.right}>
              <Trans>Unread</Trans>
            </th>
            <th className={css.right}>
              <Trans>Size</Trans>
            </th>
          </tr>
        </thead>
        <tbody>
          {props.folders.map((folder) => (
            <tr key={folder.name}>
              <td className="pd-clip" data-tip="">
                {onOpen === null ? (
                  visibleLine(folder.name)
                ) : (
                  <button type="button" className="pd-link" onClick={() => onOpen(folder.name)}>
                    {visibleLine(folder.name)}
                  </button>
                )}
              </td>
              <td className={`${css.right} pd-num`}>{format.count(folder.messages)}</td>
              <td className={`${css.right} pd-num pd-2`}>{format.count(folder.unseen)}</td>
              <td className={`${css.right} pd-num pd-2`}>{folder.size === null ? '–' : size(folder.size)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

export function SessionsTab(props: { sessions: readonly MailSession[] }) {
  const format = useFormat();
  if (props.sessions.length === 0) {
    return (
      <div className={css.plain}>
        <p>
          <Trans>Nobody is logged in to this mailbox now.</Trans>
        </p>
      </div>
    );
  }
  return (
    <div className={css.plain}>
      <table className={css.table}>
        <thead>
          <tr>
            <th>
              <Trans>From</Trans>
            </th>
            <th>
              <Trans>Service</Trans>
            </th>
            <th className={css.right}>
              <Trans>Connections</Trans>
            </th>
          </tr>
        </thead>
        <tbody>
          {props.sessions.map((session, at) => (
            <tr key={at}>
              <td className="pd-clip pd-mono" data-tip="">
                {visibleLine(session.ips.join(', '))}
              </td>
              <td className="pd-clip">{visibleLine(session.service)}</td>
              <td className={`${css.right} pd-num`}>{format.count(session.connections)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
