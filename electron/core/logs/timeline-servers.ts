/** Events of Exim and qmail, whose lines have words of their own. */
import { type Text, text } from '#shared/model/text.ts';
import type { RecipientStatus } from '#shared/model/trace.ts';
import { byPattern, type Found, QUOTED } from './event-rule.ts';

const short = (words: string | undefined): string => (words ?? '').slice(0, QUOTED);

const arrived = (from: string, size: number): Found => ({
  stage: 'accepted',
  what: text(
    /*i18n*/ { id: 'event.arrived', message: 'Accepted from {from}, {size, number} bytes' },
    { from: from === '' ? '<>' : from, size },
  ),
});

const tried = (to: string | null, outcome: RecipientStatus, what: Text): Found => ({
  stage: 'attempt',
  to,
  outcome,
  what,
});

const taken = (to: string, relay: string, reply: string): Found =>
  tried(
    to,
    'sent',
    text(/*i18n*/ { id: 'event.sent', message: '{relay} took it for {to}: {reply}' }, { to, relay, reply }),
  );

const later = (to: string, reply: string): Found =>
  tried(
    to,
    'deferred',
    text(/*i18n*/ { id: 'event.later', message: 'Not delivered to {to} yet: {reply}' }, { to, reply }),
  );

const failed = (to: string, reply: string): Found =>
  tried(to, 'bounced', text(/*i18n*/ { id: 'event.failed', message: 'Given up for {to}: {reply}' }, { to, reply }));

const refused = (at: string, words: string, to: string | null): Found => ({
  stage: 'refused',
  to,
  outcome: /greylist/i.test(words) ? 'greylisted' : 'rejected',
  what: text(/*i18n*/ { id: 'event.rejected', message: 'Refused at {at}: {words}' }, { at, words }),
});

const underscores = (words: string | undefined): string => short(words).replaceAll('_', ' ').trim();

/** The transport or host of an Exim delivery. */
const relayOf = (rest: string): string => / H=(\S+)/.exec(rest)?.[1] ?? / T=(\S+)/.exec(rest)?.[1] ?? 'Exim';

export const eximRule = byPattern([
  [/^<= (\S+)(.*)$/, (m) => arrived((m[1] ?? '').replace(/^<>$/, ''), Number(/ S=(\d+)/.exec(m[2] ?? '')?.[1] ?? 0))],
  [
    /^(?:=>|->|>>|\*>) ([^\s:]+)(.*)$/,
    (m) => taken(m[1] ?? '', relayOf(m[2] ?? ''), short(/ C="(.*)"/.exec(m[2] ?? '')?.[1] ?? 'OK')),
  ],
  [/^== (\S+)(?: .*?defer \([^)]*\))?:? ?(.*)$/, (m) => later(m[1] ?? '', short(m[2]))],
  [/^\*\* ([^\s:]+)(?::| .*?: )(.*)$/, (m) => failed(m[1] ?? '', short(m[2]?.trim()))],
  [
    /^Completed\s*$/,
    () => ({
      stage: 'done',
      what: text(/*i18n*/ { id: 'event.removed', message: 'Finished; removed from the queue' }),
    }),
  ],
  [
    /^(?:Frozen|frozen by|Message is frozen)/,
    () => ({
      stage: 'queue',
      outcome: 'held',
      what: text(/*i18n*/ { id: 'event.frozen', message: 'Frozen in the queue' }),
    }),
  ],
  [
    /^(?:Unfrozen|unfrozen by)/,
    () => ({ stage: 'queue', what: text(/*i18n*/ { id: 'event.thawed', message: 'No longer frozen' }) }),
  ],
  [
    /^(?:.*? )?(?:temporarily )?rejected (?:(MAIL|RCPT|EHLO|HELO|VRFY|AUTH|DATA|connection|after DATA)\b)(?: <([^>]*)>)?:? ?(.*)$/,
    (m) => refused(m[1] ?? '', short(m[3]), m[2] ?? null),
  ],
]);

export const qmailRule = byPattern([
  [
    /^new msg (\d+)/,
    (m) => ({
      stage: 'queue',
      what: text(/*i18n*/ { id: 'event.qmail.new', message: 'In the queue as {queueId}' }, { queueId: m[1] ?? '' }),
    }),
  ],
  [/^info msg \d+: bytes (\d+) from <([^>]*)>/, (m) => arrived(m[2] ?? '', Number(m[1]))],
  [
    /^starting delivery (\d+): msg \d+ to (?:local|remote) (\S+)/,
    (m) => ({
      stage: 'attempt',
      to: m[2] ?? '',
      what: text(
        /*i18n*/ { id: 'event.qmail.start', message: 'Delivery {number} begins: to {to}' },
        { number: m[1] ?? '', to: m[2] ?? '' },
      ),
    }),
  ],
  [
    /^delivery (\d+): success: (.*)$/,
    (m) =>
      tried(
        null,
        'sent',
        text(
          /*i18n*/ { id: 'event.qmail.sent', message: 'Delivery {number} is done: {reply}' },
          { number: m[1] ?? '', reply: underscores(m[2]) },
        ),
      ),
  ],
  [
    /^delivery (\d+): deferral: (.*)$/,
    (m) =>
      tried(
        null,
        'deferred',
        text(
          /*i18n*/ { id: 'event.qmail.deferred', message: 'Delivery {number} is put off: {reply}' },
          { number: m[1] ?? '', reply: underscores(m[2]) },
        ),
      ),
  ],
  [
    /^delivery (\d+): failure: (.*)$/,
    (m) =>
      tried(
        null,
        'bounced',
        text(
          /*i18n*/ { id: 'event.qmail.failed', message: 'Delivery {number} has failed: {reply}' },
          { number: m[1] ?? '', reply: underscores(m[2]) },
        ),
      ),
  ],
  [
    /^bounce msg (\d+)/,
    () => ({
      stage: 'notification',
      what: text(/*i18n*/ { id: 'event.qmail.bounce', message: 'The sender is told that it failed' }),
    }),
  ],
  [
    /^end msg \d+/,
    () => ({
      stage: 'done',
      what: text(/*i18n*/ { id: 'event.removed', message: 'Finished; removed from the queue' }),
    }),
  ],
  [
    /^qlog(envelope|received): result=rejected code=(\d+) reason=(\S*) detail=(\S*).*? rcptto=(\S*)/,
    (m) => refused(m[1] === 'envelope' ? 'RCPT' : 'DATA', `${m[2]} ${m[3]} ${underscores(m[4])}`.trim(), m[5] || null),
  ],
  [/^rblsmtpd: (\S+) pid \d+: (.*)$/, (m) => refused('CONNECT', short(m[2]), null)],
]);
