import { Plural, Trans } from '@lingui/react/macro';
import {
  IconArrowBackUp,
  IconMailForward,
  IconPlayerPause,
  IconPlayerPlay,
  IconRepeat,
  IconTrash,
  IconArrowBounce,
} from '@tabler/icons-react';
import { assertNever } from '#shared/model/assert-never.ts';
import type { ChangeKind } from '#shared/model/change.ts';

/** The confirm button: the verb and the count again. */
export function Confirm(props: { kind: ChangeKind; count: number }) {
  const { kind, count } = props;
  switch (kind) {
    case 'queue.hold':
      return <Plural value={count} one="Hold # message" other="Hold # messages" />;
    case 'queue.release':
      return <Plural value={count} one="Release # message" other="Release # messages" />;
    case 'queue.requeue':
      return <Plural value={count} one="Requeue # message" other="Requeue # messages" />;
    case 'queue.flush':
      return <Plural value={count} one="Try # message now" other="Try # messages now" />;
    case 'queue.bounce':
      return <Plural value={count} one="Bounce # message" other="Bounce # messages" />;
    case 'queue.delete':
      return <Plural value={count} one="Delete # message" other="Delete # messages" />;
    case 'queue.restore':
      return <Plural value={count} one="Put # message back" other="Put # messages back" />;
    default:
      return assertNever(kind, 'kind of change');
  }
}

/** What the dialog says while the server is read for the plan. */
export function Planning(props: { kind: ChangeKind | 'undo' }) {
  switch (props.kind) {
    case 'queue.hold':
      return <Trans>Hold messages</Trans>;
    case 'queue.release':
      return <Trans>Release messages</Trans>;
    case 'queue.requeue':
      return <Trans>Requeue messages</Trans>;
    case 'queue.flush':
      return <Trans>Try messages now</Trans>;
    case 'queue.bounce':
      return <Trans>Bounce messages</Trans>;
    case 'queue.delete':
      return <Trans>Delete messages</Trans>;
    case 'queue.restore':
    case 'undo':
      return <Trans>Undo a change</Trans>;
    default:
      return assertNever(props.kind, 'kind of change');
  }
}

export function KindIcon(props: { kind: ChangeKind | 'undo'; size?: number }) {
  const size = props.size ?? 16;
  switch (props.kind) {
    case 'queue.hold':
      return <IconPlayerPause size={size} />;
    case 'queue.release':
      return <IconPlayerPlay size={size} />;
    case 'queue.requeue':
      return <IconRepeat size={size} />;
    case 'queue.flush':
      return <IconMailForward size={size} />;
    case 'queue.bounce':
      return <IconArrowBounce size={size} />;
    case 'queue.delete':
      return <IconTrash size={size} color="var(--pd-bad)" />;
    case 'queue.restore':
    case 'undo':
      return <IconArrowBackUp size={size} />;
    default:
      return assertNever(props.kind, 'kind of change');
  }
}

/** Destructive kinds get the danger button. */
export function isDanger(kind: ChangeKind): boolean {
  return kind === 'queue.delete' || kind === 'queue.bounce';
}
