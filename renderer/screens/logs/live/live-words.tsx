import { Plural, Trans, useLingui } from '@lingui/react/macro';
import {
  IconAlertCircle,
  IconAlertTriangle,
  IconBan,
  IconCheck,
  IconClock,
  IconPlayerPause,
  IconPlugConnected,
  IconPlugConnectedX,
  IconRefresh,
  IconX,
} from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { assertNever } from '#shared/model/assert-never.ts';
import type { LiveState } from '#shared/model/log.ts';
import type { ServerStatus } from '#shared/model/server.ts';
import { useFormat, useNow } from '../../../i18n/use-format.ts';
import { useSay } from '../../../i18n/words.ts';
import type { Tone } from '../../../ui/parts.tsx';
import { visibleLine } from '../../../ui/visible.ts';
import type { Concern } from './line-look.ts';
import type { Followed, Phase } from './live-log.ts';
import css from './live.module.css';
import type { Family, Mark } from './ring.ts';

export const CONCERN_ICON: Record<Concern, ReactNode> = {
  delivered: <IconCheck size={13} />,
  deferred: <IconClock size={13} />,
  bounced: <IconX size={13} />,
  refused: <IconBan size={13} />,
  held: <IconPlayerPause size={13} />,
  warning: <IconAlertTriangle size={13} />,
  failed: <IconAlertCircle size={13} />,
};

export function useFamilyWord(): (family: Family) => string {
  const { t } = useLingui();
  return (family) => {
    switch (family) {
      case 'postfix':
        return t`Postfix`;
      case 'dovecot':
        return t`Dovecot`;
      case 'filter':
        return t`Filters`;
      case 'other':
        return t`Other`;
      default:
        return assertNever(family, 'family');
    }
  };
}

/** The shape that stands for the state of a followed log. */
export function markOf(followed: Followed, phase: Phase): ServerStatus['state'] {
  if (followed.failure !== null) return 'offline';
  if (phase === 'idle') return 'not-contacted';
  switch (followed.state?.state) {
    case 'live':
      return 'connected';
    case 'retrying':
    case 'failed':
      return 'offline';
    case 'starting':
    case 'catching-up':
      return 'connecting';
    case 'off':
    case undefined:
      return 'not-contacted';
    default:
      return assertNever(followed.state?.state as never, 'live state');
  }
}

/** How a followed log stands, in a few words. */
export function StateWord(props: { followed: Followed; phase: Phase }) {
  const { failure, state } = props.followed;
  const format = useFormat();
  const now = useNow();
  if (failure !== null) return <Trans>not followed</Trans>;
  if (props.phase === 'idle') return <Trans>not followed yet</Trans>;
  if (state === null) return <Trans>connecting</Trans>;
  switch (state.state) {
    case 'off':
    case 'starting':
      return <Trans>connecting</Trans>;
    case 'catching-up':
      return state.behind === null || state.behind === 0 ? (
        <Trans>catching up, {format.size(state.bytes)} here</Trans>
      ) : (
        <Trans>catching up, {format.size(state.behind)} to go</Trans>
      );
    case 'live':
      return state.last === null ? (
        <Trans>live</Trans>
      ) : (
        <Trans>live, last line {format.age(Math.max(0, (now - Date.parse(state.last)) / 1000))} old</Trans>
      );
    case 'retrying':
      return <Trans>connection lost</Trans>;
    case 'failed':
      return <Trans>not followed</Trans>;
    default:
      return assertNever(state.state, 'live state');
  }
}

/** Why no lines come, and when it is tried again. */
export function useLostWords(): (state: LiveState) => ReactNode {
  const format = useFormat();
  const say = useSay();
  const now = useNow();
  return (state) => {
    const left = state.retryAt === null ? null : Math.max(0, Math.ceil((Date.parse(state.retryAt) - now) / 1000));
    return (
      <>
        {state.failure !== null && `${say(state.failure.message)}. `}
        {left !== null && left > 0 ? (
          <Trans>Tried again in {format.age(left)}; then what was missed is fetched.</Trans>
        ) : (
          <Trans>Tried again now; then what was missed is fetched.</Trans>
        )}
      </>
    );
  };
}

/** A row that is not of the log: what happened between the lines above and below it. */
export function MarkRowText(props: { mark: Mark; server: string | null }) {
  const { mark } = props;
  const say = useSay();
  const name = props.server === null ? '' : `${visibleLine(props.server)}: `;
  const told = (tone: Tone | 'quiet', icon: ReactNode, words: ReactNode) => (
    <span className={css.mark} data-tone={tone}>
      {icon}
      <span className="pd-clip" data-tip="">
        {name}
        {words}
      </span>
    </span>
  );
  switch (mark.what) {
    case 'cut':
      return told(
        'bad',
        <IconPlugConnectedX size={13} aria-hidden="true" />,
        <>
          <Trans>connection lost; what is written meanwhile is fetched when it is back</Trans>
          {mark.why !== null && ` (${say(mark.why)})`}
        </>,
      );
    case 'back':
      return told(
        'quiet',
        <IconPlugConnected size={13} aria-hidden="true" />,
        <Trans>connected again; the lines that were missed stand below</Trans>,
      );
    case 'gap':
      return told('warn', <IconAlertTriangle size={13} aria-hidden="true" />, say(mark.why));
    case 'rotated':
      return told('quiet', <IconRefresh size={13} aria-hidden="true" />, <Trans>the log was rotated here</Trans>);
    case 'skipped':
      return told(
        'warn',
        <IconAlertTriangle size={13} aria-hidden="true" />,
        <Plural
          value={mark.lines}
          one="# line is left out here: too many came at once. It is in the index; search it under Messages or Lines."
          other="# lines are left out here: too many came at once. They are in the index; search them under Messages or Lines."
        />,
      );
    default:
      return assertNever(mark, 'mark');
  }
}
