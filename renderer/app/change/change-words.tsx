import { Plural, Trans } from '@lingui/react/macro';
import {
  IconArrowBackUp,
  IconArrowBounce,
  IconLock,
  IconLockOpen,
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
  'accounts.add': {
    icon: IconPlus,
    planning: <Trans>Add accounts</Trans>,
    confirm: (count) => <Plural value={count} one="Add # account" other="Add # accounts" />,
  },
  'accounts.edit': {
    icon: IconPencil,
    planning: <Trans>Edit accounts</Trans>,
    confirm: (count) => <Plural value={count} one="Edit # account" other="Edit # accounts" />,
  },
  'accounts.block': {
    icon: IconLock,
    planning: <Trans>Block accounts</Trans>,
    confirm: (count) => <Plural value={count} one="Block # account" other="Block # accounts" />,
  },
  'accounts.unblock': {
    icon: IconLockOpen,
    planning: <Trans>Unblock accounts</Trans>,
    confirm: (count) => <Plural value={count} one="Unblock # account" other="Unblock # accounts" />,
  },
  'accounts.delete': {
    icon: IconTrash,
    planning: <Trans>Delete accounts</Trans>,
    confirm: (count) => <Plural value={count} one="Delete # account" other="Delete # accounts" />,
  },
  'accounts.rename': {
    icon: IconPencil,
    planning: <Trans>Rename an account</Trans>,
    confirm: (count) => <Plural value={count} one="Rename # account" other="Rename # accounts" />,
  },
  'accounts.sieve': {
    icon: IconPencil,
    planning: <Trans>Set mail rules</Trans>,
    confirm: (count) => <Plural value={count} one="Set rules of # account" other="Set rules of # accounts" />,
  },
  'accounts.filter': {
    icon: IconPencil,
    planning: <Trans>Set filter settings</Trans>,
    confirm: (count) => <Plural value={count} one="Set them for # account" other="Set them for # accounts" />,
  },
  'accounts.undo': {
    icon: IconArrowBackUp,
    planning: <Trans>Undo a change</Trans>,
    confirm: (count) => <Plural value={count} one="Put # entry back" other="Put # entries back" />,
  },
  'aliases.add': {
    icon: IconPlus,
    planning: <Trans>Add aliases</Trans>,
    confirm: (count) => <Plural value={count} one="Add # alias" other="Add # aliases" />,
  },
  'aliases.edit': {
    icon: IconPencil,
    planning: <Trans>Edit an alias</Trans>,
    confirm: (count) => <Plural value={count} one="Edit # alias" other="Edit # aliases" />,
  },
  'aliases.enable': {
    icon: IconPencil,
    planning: <Trans>Switch aliases</Trans>,
    confirm: (count) => <Plural value={count} one="Switch # alias" other="Switch # aliases" />,
  },
  'aliases.delete': {
    icon: IconTrash,
    planning: <Trans>Delete aliases</Trans>,
    confirm: (count) => <Plural value={count} one="Delete # alias" other="Delete # aliases" />,
  },
  'domains.add': {
    icon: IconPlus,
    planning: <Trans>Add a domain</Trans>,
    confirm: () => <Trans>Add the domain</Trans>,
  },
  'domains.delete': {
    icon: IconTrash,
    planning: <Trans>Delete a domain</Trans>,
    confirm: (count) => (
      <Plural
        value={count - 1}
        _0="Delete the domain"
        one="Delete the domain and # account"
        other="Delete the domain and # accounts"
      />
    ),
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
