/** One plain sentence or two about a message: what happened, why, what to do. Codes stay in their place. */
import { text, type Text } from '#shared/model/text.ts';
import type { MessageTrace, TraceRecipient } from '#shared/model/trace.ts';
import { adviceOf, type Cause, causeOf, join, saidOf, whyOf } from './causes.ts';

/** What the tables know beside the trace. */
export interface Known {
  /** A notification went to the sender. */
  told: boolean;
  /** When the next attempt is due by the server's defaults, as the log writes times; null when that is not known. */
  next: string | null;
}

/** Names that people know big providers by; their mail servers have others. */
const PROVIDERS: readonly (readonly [RegExp, string])[] = [
  [/^(?:alt\d\.)?gmail-smtp-in\.l\.google\.com$/i, 'Gmail'],
  [/\.google(?:mail)?\.com$/i, 'Google'],
  [/\.olc\.protection\.outlook\.com$/i, 'Outlook.com'],
  [/\.protection\.outlook\.com$/i, 'Microsoft 365'],
  [/\.yahoodns\.net$/i, 'Yahoo'],
  [/\.mail\.icloud\.com$/i, 'iCloud'],
];

function named(host: string): string {
  const provider = PROVIDERS.find(([pattern]) => pattern.test(host))?.[1];
  return provider === undefined ? host : `${provider} (${host})`;
}

/** The other server: the relay's name, or the one that the reply names, or the recipient's domain. */
function otherHost({ relay, reply, to }: TraceRecipient): string {
  const told =
    /^(?:delivery temporarily suspended: )?(?:connect to|host|lost connection with|conversation with) ([^\s[]+)\[/.exec(
      reply ?? '',
    )?.[1] ?? /^(?:Connected to )?(\d+\.\d+\.\d+\.\d+) (?:does not|failed|but|accepted)/.exec(reply ?? '')?.[1];
  const name = (relay ?? '').replace(/[ *]*(?:\[.*)?$/, '');
  const own = name === '' || name === 'none' || !name.includes('.') ? undefined : name;
  return named(own ?? told ?? to.slice(to.lastIndexOf('@') + 1));
}

/** Delivered on this server: a mailbox, a pipe, or a socket of its own. */
function isLocal({ relay, reply }: TraceRecipient): boolean {
  // qmail names no relay: the words of qmail-remote tell
  if (relay === null) return !/ accepted message|Remote host said/.test(reply ?? '');
  if (relay === 'none') return false;
  const name = relay.replace(/[ *]*\[.*$/, '');
  return /\[(?:private|public|\/)/.test(relay) || !/[.:]/.test(name) || /^(?:127\.|::1|localhost)/.test(name);
}

type How = 'said' | 'unreached' | 'here' | 'untried';

/** Who or what stood in the way: the other server's word, the way to it, or something on this one. */
function howOf(one: TraceRecipient, cause: Cause): How {
  const reply = one.reply ?? '';
  if (/^delivery temporarily suspended|retry time not reached/i.test(reply)) return 'untried';
  if (
    / said: |error from remote mail server|does not like|but sender was rejected|^\d+\.\d+\.\d+\.\d+ failed/.test(reply)
  )
    return 'said';
  if (/^(?:timeout|refused|lost|network|dns)$/.test(cause)) return 'unreached';
  return 'here';
}

/** Statuses from the worst: a message is told by its worst recipient. */
const RANK = ['bounced', 'expired', 'rejected', 'deferred', 'held', 'greylisted', 'discarded', null, 'sent'];

function worst(recipients: readonly TraceRecipient[]): TraceRecipient | undefined {
  let found: TraceRecipient | undefined;
  for (const one of recipients)
    if (found === undefined || RANK.indexOf(one.status) < RANK.indexOf(found.status)) found = one;
  return found;
}

export function explainMessage(trace: Omit<MessageTrace, 'explanation'>, known: Known): Text {
  const all = trace.recipients;
  const one = worst(all);
  if (one === undefined || one.status === null) return undelivered(trace, one);
  const alike = all.filter((r) => r.status === one.status).length;
  const sent = all.filter((r) => r.status === 'sent').length;
  const said = saidOf(one.reply);
  const cause = causeOf(one.dsn, said);
  const host = otherHost(one);
  const why = whyOf(one.dsn ?? '', cause, said);
  const who =
    all.length === 1
      ? addressOf(one)
      : alike === 1
        ? text(
            /*i18n*/ { id: 'trace.who.one', message: '{to}, one of {total} recipients' },
            { to: addressOf(one), total: all.length },
          )
        : alike === all.length
          ? text(/*i18n*/ { id: 'trace.who.all', message: 'all {total} recipients' }, { total: all.length })
          : text(
              /*i18n*/ { id: 'trace.who.some', message: '{count} of {total} recipients' },
              { count: alike, total: all.length },
            );
  const others =
    sent === 0 || one.status === 'sent'
      ? ''
      : text(
          /*i18n*/ {
            id: 'trace.others',
            message: '{sent, plural, one {# other recipient has it.} other {# other recipients have it.}}',
          },
          { sent },
        );
  const values = { who, host, why, attempts: one.attempts };
  const how = howOf(one, cause);
  const advice = adviceOf(cause, host, how === 'here');
  switch (one.status) {
    case 'sent':
      return delivered(trace, one);
    case 'deferred':
      return join(deferred(how, values), others, ...after(trace, known, advice));
    case 'bounced':
      return join(bounced(how, values), others, told(trace, known), advice);
    case 'expired':
      return join(
        text(
          /*i18n*/ {
            id: 'trace.expired',
            message:
              'Given up for {who} after {attempts, plural, =0 {too long a time} one {# attempt} other {# attempts}} ({why}).',
          },
          values,
        ),
        told(trace, known),
        others,
        advice,
      );
    case 'rejected':
      return join(
        text(/*i18n*/ { id: 'trace.rejected', message: 'Refused for {who} before it was accepted ({why}).' }, values),
        others,
        text(/*i18n*/ { id: 'trace.rejected.next', message: 'The sending server must tell its user.' }),
        cause === 'content' || trace.verdict !== null ? allowIt() : '',
      );
    case 'greylisted':
      return text(
        /*i18n*/ {
          id: 'trace.greylisted',
          message:
            'Asked to come back later for {who} ({why}). A proper mail server returns by itself; nothing needs to be done.',
        },
        values,
      );
    case 'discarded':
      return discarded(trace, one, who, others);
    case 'held':
      return join(
        said === ''
          ? text(/*i18n*/ { id: 'trace.held', message: 'On hold in the queue for {who}.' }, values)
          : text(/*i18n*/ { id: 'trace.held.why', message: 'On hold in the queue for {who} ({why}).' }, values),
        text(/*i18n*/ { id: 'trace.held.next', message: 'Release it to have it delivered, or delete it.' }),
        others,
      );
  }
}

/** The address as people know it: local names that aliases and transports make mean little. */
function addressOf({ to, originalTo }: TraceRecipient): string {
  return to.includes('@') ? to : (originalTo ?? to);
}

function undelivered(trace: Omit<MessageTrace, 'explanation'>, one: TraceRecipient | undefined): Text {
  if (trace.complete)
    return text(
      /*i18n*/ {
        id: 'trace.removed',
        message: 'It left the queue and no delivery was logged: somebody may have deleted it there.',
      },
    );
  if (one !== undefined)
    return text(
      /*i18n*/ { id: 'trace.waiting', message: 'Accepted for {to}; no delivery has been tried in this log.' },
      { to: addressOf(one) },
    );
  return text(
    /*i18n*/ { id: 'trace.cut', message: 'The log holds only a part of this message: its deliveries are not in it.' },
  );
}

/** What comes after a delay. A message whose queue id is gone is not tried again. */
function after(trace: Omit<MessageTrace, 'explanation'>, known: Known, advice: Text | ''): (Text | '')[] {
  if (!trace.complete) return [again(known), advice];
  return [
    text(
      /*i18n*/ { id: 'trace.gone', message: 'It has left the queue since: somebody deleted it there or gave it up.' },
    ),
  ];
}

function again({ next }: Known): Text {
  if (next !== null)
    return text(
      /*i18n*/ {
        id: 'trace.again.at',
        message: 'The server tries again by itself, with the default backoff of Postfix at about {next}.',
      },
      { next },
    );
  return text(/*i18n*/ { id: 'trace.again', message: 'The server tries again by itself.' });
}

function told(trace: Omit<MessageTrace, 'explanation'>, known: Known): Text {
  if (known.told) return text(/*i18n*/ { id: 'trace.told', message: 'The sender was told.' });
  if (trace.from === '')
    return text(/*i18n*/ { id: 'trace.told.nobody', message: 'Nobody was told: it has no sender to go back to.' });
  return text(/*i18n*/ { id: 'trace.told.unknown', message: 'This log shows no notice to the sender.' });
}

function allowIt(): Text {
  return text(/*i18n*/ { id: 'trace.do.allow', message: 'If it was wanted, allow its sender in the filter.' });
}

interface Values {
  who: string | Text;
  host: string;
  why: string | Text;
  attempts: number;
}

function deferred(how: How, values: Values): Text {
  const all = { ...values };
  switch (how) {
    case 'said':
      return text(
        /*i18n*/ {
          id: 'trace.deferred',
          message:
            '{host} asked to retry later ({why}); {attempts, plural, one {# attempt} other {# attempts}} so far for {who}.',
        },
        all,
      );
    case 'unreached':
      return text(
        /*i18n*/ {
          id: 'trace.deferred.unreached',
          message:
            '{host} could not be reached ({why}); {attempts, plural, one {# attempt} other {# attempts}} so far for {who}.',
        },
        all,
      );
    case 'untried':
      return text(
        /*i18n*/ {
          id: 'trace.deferred.untried',
          message:
            'Waiting for {host}: deliveries there failed a short while ago; no new attempt yet for {who} ({why}).',
        },
        all,
      );
    case 'here':
      return text(
        /*i18n*/ {
          id: 'trace.deferred.here',
          message:
            'Not delivered yet ({why}); {attempts, plural, one {# attempt} other {# attempts}} so far for {who}.',
        },
        all,
      );
  }
}

function bounced(how: How, values: Values): Text {
  const all = { ...values };
  if (how === 'said')
    return text(/*i18n*/ { id: 'trace.bounced', message: '{host} refused it for good for {who} ({why}).' }, all);
  return text(/*i18n*/ { id: 'trace.bounced.here', message: 'It could not be delivered to {who} ({why}).' }, all);
}

function delivered(trace: Omit<MessageTrace, 'explanation'>, one: TraceRecipient): Text {
  const { recipients, verdict } = trace;
  const marked =
    verdict !== null && /^(?:add header|rewrite subject|spam)$/.test(verdict.action ?? '')
      ? text(
          /*i18n*/ {
            id: 'trace.marked',
            message: '{engine} marked it as spam{score, select, none {} other { (score {score})}}.',
          },
          { engine: verdict.engine, score: verdict.score === null ? 'none' : String(verdict.score) },
        )
      : '';
  const returned =
    trace.prior.length === 0
      ? ''
      : text(/*i18n*/ { id: 'trace.returned', message: 'It came back after it had been asked to (greylisting).' });
  if (recipients.length > 1)
    return join(
      text(
        /*i18n*/ {
          id: 'trace.sent.all',
          message: 'Delivered to {total, plural, one {# recipient} other {all # recipients}}.',
        },
        { total: recipients.length },
      ),
      marked,
      returned,
    );
  return join(handed(one), marked, returned);
}

function handed(one: TraceRecipient): Text {
  const to = addressOf(one);
  const attempts = Math.max(1, one.attempts);
  const reply = one.reply ?? '';
  const forwarded = /^forwarded as (\S+)/.exec(reply)?.[1];
  if (forwarded !== undefined)
    return text(
      /*i18n*/ { id: 'trace.sent.forwarded', message: 'Forwarded for {to} under the queue id {id}.' },
      { to, id: forwarded },
    );
  if (isLocal(one))
    return text(
      /*i18n*/ {
        id: 'trace.sent.here',
        message: 'Delivered to {to} on this server{attempts, plural, =1 {} other { after # attempts}}.',
      },
      { to, attempts },
    );
  const host = otherHost(one);
  const found = /queued as (\w[\w.-]*)|\bid=([\w-]+)/i.exec(reply);
  const id = found?.[1] ?? found?.[2];
  if (id !== undefined)
    return text(
      /*i18n*/ {
        id: 'trace.sent.as',
        message: 'Delivered to {to}: {host} took it as {id}{attempts, plural, =1 {} other { after # attempts}}.',
      },
      { to, host, id, attempts },
    );
  return text(
    /*i18n*/ {
      id: 'trace.sent',
      message: 'Delivered to {to}: {host} took it{attempts, plural, =1 {} other { after # attempts}}.',
    },
    { to, host, attempts },
  );
}

function discarded(
  trace: Omit<MessageTrace, 'explanation'>,
  one: TraceRecipient,
  who: string | Text,
  others: Text | '',
): Text {
  const kind = /discarded, id=\S+ - (\w[\w -]*)/.exec(one.reply ?? '')?.[1];
  if (kind !== undefined || trace.verdict?.action === 'discard' || trace.verdict?.action === 'virus')
    return join(
      text(
        /*i18n*/ {
          id: 'trace.discarded.filter',
          message: '{engine} threw it away for {who} ({kind}). Nobody was told; it may be in quarantine.',
        },
        { engine: trace.verdict?.engine ?? 'amavis', who, kind: kind ?? trace.verdict?.action ?? 'discard' },
      ),
      others,
      /infected|virus/i.test(kind ?? '') || trace.verdict?.action === 'virus' ? '' : allowIt(),
    );
  if (isLocal(one) && one.relay !== null)
    return join(
      text(
        /*i18n*/ {
          id: 'trace.discarded.sieve',
          message: 'A Sieve rule threw it away for {who}. Nobody was told; change the rule if it was wanted.',
        },
        { who },
      ),
      others,
    );
  return join(
    text(
      /*i18n*/ {
        id: 'trace.discarded',
        message: 'Accepted and then thrown away for {who} ({why}): a rule of this server said so. Nobody was told.',
      },
      { who, why: whyOf(one.dsn ?? '', 'other', saidOf(one.reply)) },
    ),
    others,
  );
}
