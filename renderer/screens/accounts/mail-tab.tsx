import { Trans } from '@lingui/react/macro';
import { useState } from 'react';
import type { Mailbox } from '#shared/model/mailbox.ts';
import { FoldersTab } from './account-lists.tsx';
import { MailList, type ListState } from './mail-list.tsx';
import { MailMessage } from './mail-message.tsx';
import { MailWay } from './mail-way.tsx';
import { paneCss } from './pane.tsx';

type Place = { at: 'folders' } | { at: 'list'; folder: string; list: ListState } | ListPlace;
interface ListPlace {
  at: 'message';
  folder: string;
  list: ListState;
  uid: number;
}

const FIRST: ListState = { text: '', offset: 0, uid: null };

/** Folders with their sizes; a folder opens to its messages, a message to its text. Nothing is altered by looking. */
export function MailTab(props: { serverId: string; mailbox: Mailbox }) {
  const { serverId, mailbox } = props;
  const [place, setPlace] = useState<Place>({ at: 'folders' });
  const where = { serverId, address: mailbox.account.address };
  switch (place.at) {
    case 'folders':
      return (
        <>
          <FoldersTab
            folders={mailbox.folders}
            onOpen={mailbox.readable ? (folder) => setPlace({ at: 'list', folder, list: FIRST }) : null}
          />
          {mailbox.readable && mailbox.folders.length > 0 && (
            <div className={paneCss.plain}>
              <p className="pd-3">
                <Trans>
                  A folder opens to its messages. Looking marks nothing as read; the journal says who looked.
                </Trans>
              </p>
            </div>
          )}
          {mailbox.readable && <MailWay {...where} />}
        </>
      );
    case 'list':
      return (
        <MailList
          {...where}
          folder={place.folder}
          state={place.list}
          onState={(list) => setPlace({ ...place, list })}
          onOpen={(uid) => setPlace({ at: 'message', folder: place.folder, list: { ...place.list, uid }, uid })}
          onBack={() => setPlace({ at: 'folders' })}
        />
      );
    case 'message':
      return (
        <MailMessage
          {...where}
          folder={place.folder}
          uid={place.uid}
          onBack={() => setPlace({ at: 'list', folder: place.folder, list: place.list })}
        />
      );
  }
}
