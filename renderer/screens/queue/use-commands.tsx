import { useLingui } from '@lingui/react/macro';
import {
  IconArrowBounce,
  IconDownload,
  IconHash,
  IconMailForward,
  IconPin,
  IconPlayerPause,
  IconPlayerPlay,
  IconRefresh,
  IconRepeat,
  IconRoute,
  IconStack2,
  IconTrash,
} from '@tabler/icons-react';
import type { QueueGroupBy } from '#shared/model/queue.ts';
import { type Command, useCommands } from '../../app/commands.ts';
import type { ExportKind } from './export-menu.tsx';
import { useGroupWords } from './queue-words.tsx';
import type { ActionStates, QueueAction } from './use-actions.ts';
import type { ReadingState } from './use-reading.ts';

const GROUPINGS = ['reason', 'sender', 'recipient-domain', 'age', 'sender-domain', 'login', 'queue', 'none'] as const;
const GROUP_KEYS: Partial<Record<(typeof GROUPINGS)[number], string>> = {
  reason: 'G R',
  sender: 'G S',
  'recipient-domain': 'G D',
  age: 'G A',
  none: 'G N',
};

/** What the palette offers while the queue is on view. Actions mean the ticked messages, else the one in focus. */
export function useQueueCommands(queue: {
  act: (action: QueueAction) => void;
  /** Old rows are on view: nothing can be changed. */
  off: boolean;
  states: ActionStates;
  by: QueueGroupBy | null;
  setGroup: (by: QueueGroupBy | null) => void;
  reading: ReadingState;
  save: () => void;
  trace: () => void;
  saveSearch: () => void;
  hand: (kind: ExportKind) => void;
}): void {
  const { t } = useLingui();
  const words = useGroupWords();
  const { states } = queue;
  const offline = t`Changes are off until the server answers.`;
  const change = (action: QueueAction, label: string, icon: Command['icon'], keys?: string): Command => ({
    id: `queue-${action}`,
    label,
    icon,
    off: queue.off ? offline : states[action].off,
    ...(keys === undefined ? {} : { keys }),
    run: () => queue.act(action),
  });
  useCommands({
    group: t`This queue`,
    commands: [
      change('hold', t`Hold…`, <IconPlayerPause size={16} />, 'H'),
      change('release', t`Release…`, <IconPlayerPlay size={16} />, 'U'),
      change('requeue', t`Requeue…`, <IconRepeat size={16} />, 'R'),
      change('delete', t`Delete…`, <IconTrash size={16} />, 'Del'),
      change('flush', t`Try now…`, <IconMailForward size={16} />),
      change('bounce', t`Bounce to the sender…`, <IconArrowBounce size={16} />),
      { id: 'queue-read', label: t`Read again`, keys: 'F5', icon: <IconRefresh size={16} />, run: queue.reading.read },
      {
        id: 'queue-live',
        label: queue.reading.live ? t`Pause the live reading` : t`Go on reading live`,
        icon: queue.reading.live ? <IconPlayerPause size={16} /> : <IconPlayerPlay size={16} />,
        run: () => queue.reading.setLive(!queue.reading.live),
      },
      { id: 'queue-save', label: t`Save this search…`, icon: <IconPin size={16} />, run: queue.saveSearch },
      ...GROUPINGS.filter((by) => by !== (queue.by ?? 'none')).map((by) => {
        const keys = GROUP_KEYS[by];
        return {
          id: `queue-by-${by}`,
          label: by === 'none' ? t`Do not group` : t`Group by: ${words(by)}`,
          icon: <IconStack2 size={16} />,
          ...(keys === undefined ? {} : { keys }),
          run: () => queue.setGroup(by === 'none' ? null : by),
        };
      }),
      {
        id: 'queue-csv',
        label: t`Save the list as CSV`,
        icon: <IconDownload size={16} />,
        run: () => queue.hand('csv'),
      },
      {
        id: 'queue-json',
        label: t`Save the list as JSON`,
        icon: <IconDownload size={16} />,
        run: () => queue.hand('json'),
      },
      {
        id: 'queue-ids',
        label: t`Copy the queue IDs`,
        icon: <IconHash size={16} />,
        run: () => queue.hand('ids'),
      },
      {
        id: 'queue-eml',
        label: t`Save the message as .eml`,
        keys: 'E',
        icon: <IconDownload size={16} />,
        run: queue.save,
      },
      {
        id: 'queue-trace',
        label: t`Look for the message in the log files`,
        keys: 'T',
        icon: <IconRoute size={16} />,
        run: queue.trace,
      },
    ],
  });
}
