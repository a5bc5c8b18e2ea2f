import { Plural, Trans } from '@lingui/react/macro';
import { IconAlertTriangle, IconArrowBackUp, IconBan, IconCheck, IconPlugX, IconX } from '@tabler/icons-react';
import { assertNever } from '#shared/model/assert-never.ts';
import type { Change, ChangeStatus, JournalEntry } from '#shared/model/change.ts';
import { Badge, Spinner } from '../../ui/parts.tsx';

/** Status of a change, icon and word; in lists what went well is grey. */
export function StatusBadge(props: { status: ChangeStatus; bare?: boolean }) {
  const bare = props.bare === true;
  const size = 13;
  switch (props.status) {
    case 'running':
      return (
        <Badge tone="run" icon={<Spinner />} bare={bare}>
          <Trans>Running</Trans>
        </Badge>
      );
    case 'done':
      return (
        <Badge tone="ok" icon={<IconCheck size={size} />} bare={bare} quiet={bare}>
          <Trans>Done</Trans>
        </Badge>
      );
    case 'partial':
      return (
        <Badge tone="warn" icon={<IconAlertTriangle size={size} />} bare={bare}>
          <Trans>Partly done</Trans>
        </Badge>
      );
    case 'failed':
      return (
        <Badge tone="bad" icon={<IconX size={size} />} bare={bare}>
          <Trans>Failed</Trans>
        </Badge>
      );
    case 'cancelled':
      return (
        <Badge tone="mute" icon={<IconBan size={size} />} bare={bare} quiet={bare}>
          <Trans>Cancelled</Trans>
        </Badge>
      );
    case 'interrupted':
      return (
        <Badge tone="bad" icon={<IconPlugX size={size} />} bare={bare}>
          <Trans>Interrupted</Trans>
        </Badge>
      );
    case 'undone':
      return (
        <Badge tone="mute" icon={<IconArrowBackUp size={size} />} bare={bare} quiet={bare}>
          <Trans>Undone</Trans>
        </Badge>
      );
    default:
      return assertNever(props.status, 'status of a change');
  }
}

/** Where an undo stands, when it is not offered. */
export function NoUndo(props: { change: Change }) {
  const { change } = props;
  if (change.status === 'undone' || change.undoneBy !== null) return <Trans>Undone</Trans>;
  if (change.status === 'running') return <Trans>Running</Trans>;
  if (change.applied === 0 && change.status !== 'interrupted') return <Trans>Nothing changed</Trans>;
  if (change.undo === 'none') return <Trans>Not undoable</Trans>;
  return <Trans>No longer undoable</Trans>;
}

/** What became of the targets, in a line. */
export function Outcome(props: { change: Change }) {
  const { change } = props;
  return (
    <>
      <Plural value={change.applied} one="# done" other="# done" />
      {change.skippedTotal > 0 && (
        <>
          , <Plural value={change.skippedTotal} one="# left alone" other="# left alone" />
        </>
      )}
      {change.failedTotal > 0 && (
        <>
          , <Plural value={change.failedTotal} one="# failed" other="# failed" />
        </>
      )}
    </>
  );
}

/** What a link of the chain tells of its change. */
export function EntryWord(props: { type: JournalEntry['type'] }) {
  switch (props.type) {
    case 'started':
      return <Trans>started</Trans>;
    case 'step':
      return <Trans>a step</Trans>;
    case 'finished':
      return <Trans>finished</Trans>;
    case 'interrupted':
      return <Trans>found cut off</Trans>;
    case 'reconciled':
      return <Trans>read back</Trans>;
    case 'undone':
      return <Trans>undone</Trans>;
    case 'looked':
      return <Trans>looked at</Trans>;
    case 'copies-dropped':
      return <Trans>safe copies dropped</Trans>;
    default:
      return assertNever(props.type, 'entry of the journal');
  }
}
