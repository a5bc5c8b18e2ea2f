import { useLingui as useCatalogue } from '@lingui/react';
import { Trans, useLingui } from '@lingui/react/macro';
import {
  IconArrowForwardUp,
  IconBan,
  IconBell,
  IconCheck,
  IconClock,
  IconDots,
  IconFileText,
  IconFilter,
  IconHourglassHigh,
  IconInbox,
  IconKey,
  IconKeyOff,
  IconLock,
  IconMailbox,
  IconPlayerPause,
  IconPlug,
  IconShield,
  IconShieldCheck,
  IconTrash,
} from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { assertNever } from '#shared/model/assert-never.ts';
import type { TraceEvent } from '#shared/model/log.ts';
import type { RecipientStatus, Trace } from '#shared/model/trace.ts';
import { say } from '../../i18n/words.ts';
import { Badge, type Tone } from '../../ui/parts.tsx';
import type { LogTermProblem } from './log-query.ts';
import type { Step } from './story-steps.ts';

/** How a row looks: the status of its worst recipient, or what kind of session it was. */
export type Outcome = RecipientStatus | 'incomplete' | 'waiting' | 'login-ok' | 'login-failed' | 'other';

const WORST: readonly RecipientStatus[] = [
  'bounced',
  'expired',
  'rejected',
  'deferred',
  'held',
  'greylisted',
  'discarded',
  'sent',
];

const LOOKS: Record<Outcome, { tone: Tone; icon: ReactNode; quiet?: boolean }> = {
  sent: { tone: 'ok', icon: <IconCheck size={13} />, quiet: true },
  deferred: { tone: 'warn', icon: <IconClock size={13} /> },
  bounced: { tone: 'bad', icon: <Bounce /> },
  expired: { tone: 'bad', icon: <IconHourglassHigh size={13} /> },
  rejected: { tone: 'mute', icon: <IconBan size={13} />, quiet: true },
  greylisted: { tone: 'mute', icon: <IconClock size={13} />, quiet: true },
  discarded: { tone: 'held', icon: <IconShield size={13} /> },
  held: { tone: 'held', icon: <IconPlayerPause size={13} /> },
  incomplete: { tone: 'mute', icon: <IconDots size={13} />, quiet: true },
  waiting: { tone: 'run', icon: <IconInbox size={13} /> },
  'login-ok': { tone: 'ok', icon: <IconKey size={13} />, quiet: true },
  'login-failed': { tone: 'bad', icon: <IconKeyOff size={13} /> },
  other: { tone: 'mute', icon: <IconDots size={13} />, quiet: true },
};

/** A mail that comes back: an arrow that turns at a wall. */
function Bounce() {
  return (
    <svg
      width="13"
      height="13"
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      strokeWidth="2"
      aria-hidden="true"
    >
      <path d="M4 6l7 7 M4 11V6h5 M11 13l8-8 M12 14v6" strokeLinecap="round" strokeLinejoin="round" />
    </svg>
  );
}

export function outcomeOf(trace: Trace): Outcome {
  if (trace.kind === 'reject') return trace.by === 'greylist' ? 'greylisted' : 'rejected';
  if (trace.kind === 'login') return trace.ok ? 'login-ok' : 'login-failed';
  if (trace.kind !== 'message') return 'other';
  const statuses = new Set(trace.recipients.map((recipient) => recipient.status));
  const worst = WORST.find((status) => statuses.has(status));
  return worst ?? (trace.complete ? 'waiting' : 'incomplete');
}

export function OutcomeBadge(props: { outcome: Outcome; bare?: boolean; count?: string }) {
  const { tone, icon, quiet } = LOOKS[props.outcome];
  const bare = props.bare === true;
  return (
    <Badge tone={tone} icon={icon} bare={bare} quiet={bare && quiet === true}>
      {props.count !== undefined && `${props.count} `}
      <OutcomeWord outcome={props.outcome} lower={props.count !== undefined} />
    </Badge>
  );
}

function OutcomeWord(props: { outcome: Outcome; lower: boolean }) {
  const word = useOutcomeWord()(props.outcome);
  return props.lower ? word.toLocaleLowerCase() : word;
}

export function useOutcomeWord(): (outcome: Outcome) => string {
  const { t } = useLingui();
  return (outcome) => {
    switch (outcome) {
      case 'sent':
        return t`Delivered`;
      case 'deferred':
        return t`Deferred`;
      case 'bounced':
        return t`Bounced`;
      case 'expired':
        return t`Expired`;
      case 'rejected':
        return t`Rejected`;
      case 'greylisted':
        return t`Greylisted`;
      case 'discarded':
        return t`Discarded`;
      case 'held':
        return t`Held`;
      case 'incomplete':
        return t`Incomplete`;
      case 'waiting':
        return t`Not tried yet`;
      case 'login-ok':
        return t`Logged in`;
      case 'login-failed':
        return t`Login failed`;
      case 'other':
        return t`Other`;
      default:
        return assertNever(outcome, 'outcome');
    }
  };
}

/** Who it is from: the sender; who logged in; else the client's address. */
export function fromOf(trace: Trace): { text: string; faint: boolean } {
  if (trace.kind === 'message') {
    return trace.from === null
      ? { text: trace.clientIp ?? '', faint: true }
      : { text: trace.from || '<>', faint: false };
  }
  if (trace.kind === 'login' && trace.user !== null) return { text: trace.user, faint: false };
  return { text: trace.clientIp ?? trace.host ?? '', faint: true };
}

export function toOf(trace: Trace): { text: string; more: number } {
  if (trace.kind === 'message') {
    const [first, ...rest] = trace.recipients;
    return { text: first?.originalTo ?? first?.to ?? '', more: rest.length };
  }
  if (trace.kind === 'reject') return { text: trace.to ?? trace.reason ?? trace.by, more: 0 };
  if (trace.kind === 'login') return { text: trace.protocol, more: 0 };
  return { text: trace.reason ?? trace.by, more: 0 };
}

/** One plain sentence about a trace. */
export function useSentence(): (trace: Trace) => string {
  const { i18n } = useCatalogue();
  const { t } = useLingui();
  return (trace) => {
    switch (trace.kind) {
      case 'message':
      case 'reject':
        return say(i18n, trace.explanation);
      case 'login': {
        const user = trace.user ?? t`Somebody`;
        const ip = trace.clientIp ?? t`an address that is not in the log`;
        return trace.ok
          ? t`${user} logged in over ${trace.protocol} from ${ip}.`
          : t`A login of ${user} over ${trace.protocol} from ${ip} failed.`;
      }
      case 'probe':
        return t`A client connected and left without handing in mail.`;
      case 'session':
        return t`A session that handed in no mail of its own.`;
      case 'ban':
        return t`An address was banned after too many failures.`;
      case 'update':
        return t`A scanner updated its signatures.`;
      case 'account':
        return t`Something was done to an account.`;
      case 'delivery':
        return t`A delivery whose beginning is not in this log.`;
      case 'scan':
        return t`A content check whose message is not in this log.`;
      default:
        return assertNever(trace, 'trace');
    }
  };
}

/** Title of a step of the story. */
export function useStepTitle(): (step: Step) => string {
  const { t } = useLingui();
  // Each text stands in the hook's own function: the catalogue's macro does not follow `t` into another.
  const tried = (outcome: TraceEvent['outcome'], attempt: number) => {
    switch (outcome) {
      case 'sent':
        return attempt === 1 ? t`Delivered` : t`Try ${attempt}: delivered`;
      case 'deferred':
      case 'greylisted':
        return t`Try ${attempt}: retry later`;
      case 'bounced':
      case 'rejected':
        return t`Try ${attempt}: bounced`;
      case 'expired':
        return t`Expired`;
      case 'held':
      case 'discarded':
      case null:
        return t`Try ${attempt}`;
      default:
        return assertNever(outcome, 'outcome');
    }
  };
  return ({ event, attempt }) => {
    switch (event.stage) {
      case 'connect':
        if (event.what.id === 'event.disconnect') return t`Disconnected`;
        return event.program?.includes('postscreen') === true ? t`Connection screened` : t`Connected`;
      case 'tls':
        return t`Encryption agreed`;
      case 'login':
        return t`Login`;
      case 'policy':
        return event.outcome === 'held' ? t`Put on hold` : t`Policy checked`;
      case 'refused':
        return event.outcome === 'greylisted' ? t`Asked to come back` : t`Refused`;
      case 'accepted':
        return event.program?.endsWith('cleanup') === true ? t`Written to the queue` : t`Accepted`;
      case 'filter':
        return t`Content checked`;
      case 'queue':
        return event.outcome === 'expired' ? t`Expired` : t`Queue active`;
      case 'attempt':
        return tried(event.outcome, attempt ?? 1);
      case 'mailbox':
        return t`At the mailbox`;
      case 'notification':
        return t`Sender notified`;
      case 'done':
        return t`Finished`;
      case 'other':
        return t`Also logged`;
      default:
        return assertNever(event.stage, 'stage');
    }
  };
}

const STEP_ICONS: Record<TraceEvent['stage'], ReactNode> = {
  connect: <IconPlug size={13} />,
  tls: <IconLock size={13} />,
  login: <IconKey size={13} />,
  policy: <IconShield size={13} />,
  refused: <IconBan size={13} />,
  accepted: <IconArrowForwardUp size={13} />,
  filter: <IconShieldCheck size={13} />,
  queue: <IconInbox size={13} />,
  attempt: <IconArrowForwardUp size={13} />,
  mailbox: <IconMailbox size={13} />,
  notification: <IconBell size={13} />,
  done: <IconCheck size={13} />,
  other: <IconDots size={13} />,
};

export function stepLook(event: TraceEvent): { tone: Tone | null; icon: ReactNode } {
  if (event.outcome !== null) return { tone: LOOKS[event.outcome].tone, icon: LOOKS[event.outcome].icon };
  if (event.stage === 'accepted' && event.program?.endsWith('cleanup') === true) {
    return { tone: null, icon: <IconFileText size={13} /> };
  }
  if (event.stage === 'mailbox' && event.what.id.startsWith('event.sieve.')) {
    const icon = event.what.id === 'event.sieve.discarded' ? <IconTrash size={13} /> : <IconFilter size={13} />;
    return { tone: null, icon };
  }
  return { tone: null, icon: STEP_ICONS[event.stage] };
}

export function useProblemWord(): (problem: LogTermProblem) => string {
  const { t } = useLingui();
  return (problem) => {
    switch (problem) {
      case 'unknown-status':
        return t`Not a status: sent, deferred, bounced, expired, rejected, greylisted, discarded or held`;
      case 'unknown-kind':
        return t`Not a kind: message, reject, login or other`;
      case 'not-a-time':
        return t`Not a time: 2h, 14:05, 2026-11-22 or 2026-11-22T14:05`;
      case 'not-a-size':
        return t`Not a size: 500, 100k, 2.5M or 1G`;
      case 'not-a-number':
        return t`Not a number: 5, >5 or <0.5`;
      case 'no-value':
        return t`A value is missing`;
      case 'twice':
        return t`Said twice; the first counts`;
      case 'too-long':
        return t`Too long`;
      default:
        return assertNever(problem, 'problem');
    }
  };
}

/** Status alone, in running text. */
export function StatusWord(props: { status: RecipientStatus | null }) {
  const word = useOutcomeWord();
  return props.status === null ? <Trans>Not tried yet</Trans> : word(props.status);
}
