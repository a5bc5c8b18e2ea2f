import { useLingui as useCatalogue } from '@lingui/react';
import { Trans } from '@lingui/react/macro';
import {
  IconAlertCircle,
  IconArrowDown,
  IconBan,
  IconCheck,
  IconCircleMinus,
  IconClockX,
  IconLock,
} from '@tabler/icons-react';
import type { ReactNode } from 'react';
import type { Account } from '#shared/model/account.ts';
import { GhostValue } from '../../ui/grid/list-parts.tsx';
import { Badge, type Tone } from '../../ui/parts.tsx';
import { type AccountState, stateOf } from './account-form.ts';
import css from './accounts.module.css';
import { binarySize } from './sizes.ts';

const LOOKS: Record<AccountState, { tone: Tone; icon: ReactNode; word: ReactNode; quiet?: boolean }> = {
  active: { tone: 'ok', icon: <IconCheck size={14} />, word: <Trans context="account">Active</Trans>, quiet: true },
  full: { tone: 'bad', icon: <IconAlertCircle size={14} />, word: <Trans>Mailbox full</Trans> },
  expired: { tone: 'bad', icon: <IconClockX size={14} />, word: <Trans>Expired</Trans> },
  'no-login': { tone: 'held', icon: <IconLock size={14} />, word: <Trans>No login</Trans> },
  'receive-only': { tone: 'warn', icon: <IconArrowDown size={14} />, word: <Trans>Receive only</Trans> },
  off: { tone: 'mute', icon: <IconCircleMinus size={14} />, word: <Trans>Blocked</Trans>, quiet: true },
  partly: { tone: 'held', icon: <IconBan size={14} />, word: <Trans>Partly blocked</Trans> },
};

/** State: icon and word. */
export function StateBadge(props: { account: Account; bare?: boolean }) {
  const look = LOOKS[stateOf(props.account)];
  return (
    <Badge tone={look.tone} icon={look.icon} bare={props.bare === true} quiet={look.quiet === true}>
      {look.word}
    </Badge>
  );
}

/** Used of quota as a bar, with its number beside it. */
export function UsageBar(props: { account: Account; reading: boolean }) {
  const { account } = props;
  const { share } = account;
  if (share === null) {
    if (props.reading && account.used === null) return <GhostValue />;
    return (
      <span className="pd-3">{account.used !== null && account.quota === null ? <Trans>no limit</Trans> : '–'}</span>
    );
  }
  return (
    <span className={css.usage} data-tone={toneOf(share)}>
      <span className={css.bar} aria-hidden="true">
        <span style={{ width: `${Math.min(100, share * 100)}%` }} />
      </span>
      <span className="pd-num">{Math.round(share * 100)}%</span>
    </span>
  );
}

export function toneOf(share: number): 'bad' | 'warn' | undefined {
  return share >= 1 ? 'bad' : share >= 0.9 ? 'warn' : undefined;
}

/** Sizes of mailboxes in the page's language. */
export function useBinarySize(): (bytes: number) => string {
  const { i18n } = useCatalogue();
  return (bytes) => binarySize(bytes, i18n.locale);
}
