import { Trans, useLingui } from '@lingui/react/macro';
import { IconAlertTriangle, IconClock, IconDownload, IconInbox, IconPlayerPause, IconSend } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { assertNever } from '#shared/model/assert-never.ts';
import type { QueueGroupBy, QueueName } from '#shared/model/queue.ts';
import { Badge, type Tone } from '../../ui/parts.tsx';
import type { TermProblem } from '../../ui/search/queue-query.ts';

const LOOKS: Record<QueueName, { tone: Tone; icon: ReactNode }> = {
  active: { tone: 'run', icon: <IconSend size={13} /> },
  deferred: { tone: 'warn', icon: <IconClock size={13} /> },
  hold: { tone: 'held', icon: <IconPlayerPause size={13} /> },
  incoming: { tone: 'mute', icon: <IconInbox size={13} /> },
  maildrop: { tone: 'mute', icon: <IconDownload size={13} /> },
  corrupt: { tone: 'bad', icon: <IconAlertTriangle size={13} /> },
};

/** The queue a message is in, as icon and word. */
export function QueueBadge(props: { queue: QueueName; bare?: boolean }) {
  const { tone, icon } = LOOKS[props.queue];
  return (
    <Badge tone={tone} icon={icon} bare={props.bare === true}>
      <QueueWord queue={props.queue} />
    </Badge>
  );
}

function QueueWord(props: { queue: QueueName }) {
  switch (props.queue) {
    case 'active':
      return <Trans>Active</Trans>;
    case 'deferred':
      return <Trans>Deferred</Trans>;
    case 'hold':
      return <Trans>Held</Trans>;
    case 'incoming':
      return <Trans>Incoming</Trans>;
    case 'maildrop':
      return <Trans>Maildrop</Trans>;
    case 'corrupt':
      return <Trans>Corrupt</Trans>;
    default:
      return assertNever(props.queue, 'queue');
  }
}

export function useGroupWords(): (by: QueueGroupBy | 'none') => string {
  const { t } = useLingui();
  return (by) => {
    switch (by) {
      case 'none':
        return t({ message: 'None', context: 'grouping' });
      case 'reason':
        return t`Reason`;
      case 'sender':
        return t`Sender`;
      case 'sender-domain':
        return t`Sender domain`;
      case 'recipient-domain':
        return t`Recipient domain`;
      case 'age':
        return t`Age`;
      case 'login':
        return t`Login`;
      case 'queue':
        return t({ message: 'Queue', context: 'grouping' });
      default:
        return assertNever(by, 'grouping');
    }
  };
}

/** What is wrong with a term of the search. */
export function useProblemWords(): (problem: TermProblem) => string {
  const { t } = useLingui();
  return (problem) => {
    switch (problem) {
      case 'unknown-status':
        return t`Not a queue: active, deferred, held, incoming, corrupt or maildrop`;
      case 'not-a-duration':
        return t`Not a time: 30s, 5m, 2h, 3d or 1w`;
      case 'not-a-size':
        return t`Not a size: 500, 100k, 2.5M or 1G`;
      case 'no-value':
        return t`Nothing after the colon`;
      case 'twice':
        return t`Given twice; the first one counts`;
      case 'too-long':
        return t`Longer than 512 characters`;
      case 'too-many':
        return t`More than 50 terms that leave out; this one does not count`;
      default:
        return assertNever(problem, 'problem of a term');
    }
  };
}
