import { Plural, Trans } from '@lingui/react/macro';
import {
  IconArrowBackUp,
  IconArrowBounce,
  IconMailForward,
  IconPencil,
  IconPlayerPause,
  IconPlayerPlay,
  IconPlus,
  IconRepeat,
  IconTrash,
} from '@tabler/icons-react';
import type { ReactNode } from 'react';
import type { ChangeKind, Plan } from '#shared/model/change.ts';
import { useSay } from '../../i18n/words.ts';

/** Kinds whose verb has a word and an icon of its own here. Any other kind is drawn by its plan's title. */
const LOOKS: Partial<
  Record<ChangeKind, { icon: typeof IconPlus; planning: ReactNode; confirm: (count: number) => ReactNode }>
> = {
  'queue.hold': {
    icon: IconPlayerPause,
    planning: <Trans>Hold messages</Trans>,
    confirm: (count) => <Plural value={count} one="Hold # message" other="Hold # messages" />,
  },
  'queue.release': {
    icon: IconPlayerPlay,
    planning: <Trans>Release messages</Trans>,
    confirm: (count) => <Plural value={count} one="Release # message" other="Release # messages" />,
  },
  'queue.requeue': {
    icon: IconRepeat,
    planning: <Trans>Requeue messages</Trans>,
    confirm: (count) => <Plural value={count} one="Requeue # message" other="Requeue # messages" />,
  },
  'queue.flush': {
    icon: IconMailForward,
    planning: <Trans>Try messages now</Trans>,
    confirm: (count) => <Plural value={count} one="Try # message now" other="Try # messages now" />,
  },
  'queue.bounce': {
    icon: IconArrowBounce,
    planning: <Trans>Bounce messages</Trans>,
    confirm: (count) => <Plural value={count} one="Bounce # message" other="Bounce # messages" />,
  },
  'queue.delete': {
    icon: IconTrash,
    planning: <Trans>Delete messages</Trans>,
    confirm: (count) => <Plural value={count} one="Delete # message" other="Delete # messages" />,
  },
  'queue.restore': {
    icon: IconArrowBackUp,
    planning: <Trans>Undo a change</Trans>,
    confirm: (count) => <Plural value={count} one="Put # message back" other="Put # messages back" />,
  },
};

/** The confirm button: the verb and the count again. */
export function Confirm(props: { plan: Plan }) {
  const say = useSay();
  const { plan } = props;
  return LOOKS[plan.request.kind]?.confirm(plan.targets) ?? say(plan.title);
}

/** What the dialog says while the server is read for the plan. */
export function Planning(props: { kind: ChangeKind | 'undo' }) {
  if (props.kind === 'undo') return <Trans>Undo a change</Trans>;
  return LOOKS[props.kind]?.planning ?? <Trans>Work out a change</Trans>;
}

export function KindIcon(props: { kind: ChangeKind | 'undo' }) {
  const { kind } = props;
  if (kind === 'undo' || kind.endsWith('.undo')) return <IconArrowBackUp size={16} />;
  const Icon =
    LOOKS[kind]?.icon ?? (kind.endsWith('.delete') ? IconTrash : kind.endsWith('.add') ? IconPlus : IconPencil);
  return isDanger(kind) ? <Icon size={16} color="var(--pd-bad)" /> : <Icon size={16} />;
}

/** Destructive kinds get the danger button. */
export function isDanger(kind: ChangeKind): boolean {
  return kind === 'queue.bounce' || kind.endsWith('.delete');
}
