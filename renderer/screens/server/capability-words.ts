import { useLingui } from '@lingui/react/macro';
import { assertNever } from '#shared/model/assert-never.ts';
import type { CapabilityId } from '#shared/model/server.ts';

export function useCapabilityWords(): (id: CapabilityId) => string {
  const { t } = useLingui();
  return (id) => {
    switch (id) {
      case 'queue.list':
        return t`List the queue`;
      case 'queue.show':
        return t`Open a message`;
      case 'queue.logins':
        return t`Tell which login sent a message`;
      case 'queue.hold':
        return t`Hold messages`;
      case 'queue.release':
        return t`Release held messages`;
      case 'queue.requeue':
        return t`Requeue messages`;
      case 'queue.flush':
        return t`Try messages now`;
      case 'queue.bounce':
        return t`Bounce messages to their sender`;
      case 'queue.delete':
        return t`Delete messages`;
      case 'queue.copies':
        return t`Copy messages into the safe before a delete`;
      case 'queue.restore':
        return t`Put deleted messages back`;
      case 'logs.read':
        return t`Read the mail log`;
      case 'accounts.read':
        return t`Look at accounts, aliases and domains`;
      case 'accounts.mail':
        return t`Look into mailboxes`;
      case 'accounts.change':
        return t`Change accounts, aliases and domains`;
      default:
        return assertNever(id, 'capability');
    }
  };
}
