import { assertNever } from '#shared/model/assert-never.ts';
import { HostKeyDialog } from './access/host-key-dialog.tsx';
import { RemoveServerDialog } from './access/remove-server-dialog.tsx';
import { SecretDialog } from './access/secret-dialog.tsx';
import { ServerDialog } from './access/server-dialog.tsx';
import { SudoersDialog } from './access/sudoers-dialog.tsx';
import { VaultDialog } from './access/vault-dialog.tsx';
import { ChangeDialog } from './change/change-dialog.tsx';
import { type Dialog, useDialogs } from './dialogs.tsx';
import { KeysSheet } from './keys-sheet.tsx';
import { SaveSearchDialog } from './searches/save-search-dialog.tsx';
import { SettingsDialog } from './settings/settings-dialog.tsx';

/** Draws the stack of dialogs, the last on top. */
export function DialogHost() {
  const { stack, close } = useDialogs();
  return stack.map((dialog, at) => <One key={`${at}-${dialog.kind}`} dialog={dialog} onClose={close} />);
}

function One(props: { dialog: Dialog; onClose: () => void }) {
  const { dialog, onClose } = props;
  switch (dialog.kind) {
    case 'change':
      return <ChangeDialog ask={{ request: dialog.request }} onApplied={dialog.applied} onClose={onClose} />;
    case 'undo':
      return <ChangeDialog ask={{ undo: dialog.changeId }} onClose={onClose} />;
    case 'server':
      return <ServerDialog edit={dialog.edit} prefill={dialog.prefill} onClose={onClose} />;
    case 'remove-server':
      return <RemoveServerDialog server={dialog.server} onClose={onClose} />;
    case 'host-key':
      return <HostKeyDialog {...dialog} onClose={onClose} />;
    case 'secret':
      return <SecretDialog {...dialog} onClose={onClose} />;
    case 'vault':
      return <VaultDialog retry={dialog.retry} onClose={onClose} />;
    case 'sudoers':
      return <SudoersDialog serverId={dialog.serverId} onClose={onClose} />;
    case 'save-search':
      return <SaveSearchDialog query={dialog.query} rename={dialog.rename} onClose={onClose} />;
    case 'settings':
      return <SettingsDialog onClose={onClose} />;
    case 'keys':
      return <KeysSheet onClose={onClose} />;
    default:
      return assertNever(dialog, 'dialog');
  }
}
