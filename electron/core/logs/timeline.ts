/**
 * Raw lines of one trace to the events of its timeline. The index has decided which lines belong together; here each
 * line only says what it says. A line that no rule knows is an event of stage `other` with its own words. Longer than
 * usual: it is one list of rules, in the order in which they are tried.
 */
import type { TraceEvent, TraceStage } from '#shared/model/log.ts';
import { type Text, text } from '#shared/model/text.ts';
import type { RecipientStatus, TraceLine } from '#shared/model/trace.ts';
import { type Found, QUOTED, type Rule } from './event-rule.ts';
import { TOLD_CHARS } from './limits.ts';
import { filterRule } from './timeline-filters.ts';
import { eximRule, qmailRule } from './timeline-servers.ts';

const field = (body: string, name: string): string | null =>
  new RegExp(`(?:^|[ ,(\\t])${name}=<?([^>,\\s]*)>?`).exec(body)?.[1] ?? null;

/** What happened, line by line, in the order of the log. */
export function eventsOf(lines: readonly TraceLine[]): TraceEvent[] {
  return lines.map((line, place) => {
    const { host, program, body } = split(line.text.slice(0, TOLD_CHARS), line.program);
    const id = QUEUE_ID.exec(body);
    const queueId = id?.[1] ?? id?.[2] ?? null;
    const said = id === null ? body : body.slice(id[0].length);
    const found = firstOf(said, program ?? '');
    const { stage, what, to = null, outcome = null, delays = null } = found;
    return { stage, time: line.time, host, program, what, queueId, to, outcome, delays, line: place };
  });
}

/** Postfix's short and long ids with their colon, Exim's old and new ones with a space. */
const QUEUE_ID =
  /^(?:([0-9A-F]{5,15}|[0-9B-DF-HJ-NP-TV-Zb-df-hj-np-tv-z]{10,20}): |([0-9A-Za-z]{6}-(?:[0-9A-Za-z]{6}-[0-9A-Za-z]{2}|[0-9A-Za-z]{9,11}-[0-9A-Za-z]{4}))(?= ) )/;

/** Exim's own time, which it repeats inside syslog, and the pid of `log_selector = +pid`. */
const EXIM_TIME = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)?(?: [+-]\d{4})? (?:\[\d+\] )?/;

/** multilog's time, and splogger's. */
const QMAIL_TIME = /^(?:@4[0-9a-f]{23,24}|\d{10}\.\d{6}) /;

/** Host, program and text of a line, whichever of the forms it has. */
function split(raw: string, program: string | null): { host: string | null; program: string | null; body: string } {
  if (QMAIL_TIME.test(raw)) return { host: null, program, body: raw.replace(QMAIL_TIME, '') };
  const own = raw.replace(EXIM_TIME, '');
  if (own !== raw && (QUEUE_ID.test(own) || /^\S*H=|^(?:SMTP|no) /.test(own)))
    return { host: null, program: program ?? 'exim', body: own };
  const head = /^(?:\w{3} [ \d]\d [\d:]{8}(?:\.\d+)?|\d{4}-\d\d-\d\d[T ]\S+) (\S+) (\S+?)(?:\[\d+\])?: (.*)$/s.exec(
    raw,
  );
  if (head === null) return { host: null, program, body: raw };
  const body = (head[3] ?? '').replace(EXIM_TIME, '').replace(QMAIL_TIME, '');
  return { host: head[1] ?? null, program: program ?? head[2] ?? null, body };
}

function firstOf(body: string, program: string): Found {
  for (const rule of RULES) {
    const found = rule(body, program);
    if (found !== null) return found;
  }
  return {
    stage: 'other',
    what: text(/*i18n*/ { id: 'event.other', message: '{words}' }, { words: body.slice(0, QUOTED) }),
  };
}

const STATUS: Readonly<Record<string, RecipientStatus>> = {
  sent: 'sent',
  deferred: 'deferred',
  bounced: 'bounced',
  expired: 'expired',
  undeliverable: 'bounced',
};

const attempt: Rule = (body) => {
  const match = /^to=<([^>]*)>.*?relay=([^,]*),.*? status=([a-z-]+) \((.*)\)\s*$/s.exec(body);
  if (match === null) return null;
  const [, to = '', relay = '', status = '', reply = ''] = match;
  const parts = /delays=([\d.]+)\/([\d.]+)\/([\d.]+)\/([\d.]+)/.exec(body)?.slice(1).map(Number);
  const [before, queue, connect, transfer] = parts ?? [];
  const delays =
    before === undefined || queue === undefined || connect === undefined || transfer === undefined
      ? null
      : { before, queue, connect, transfer };
  const outcome = STATUS[status] ?? (status.startsWith('force-expired') ? 'expired' : null);
  const values = {
    to,
    relay: relay.replace(/\[.*$/, '') || relay,
    dsn: field(body, 'dsn') ?? '',
    reply: reply.slice(0, QUOTED),
  };
  const told = (what: Text): Found => ({ stage: 'attempt', what, to, outcome, delays });
  if (outcome === 'sent') {
    return told(text(/*i18n*/ { id: 'event.sent', message: '{relay} took it for {to}: {reply}' }, values));
  }
  if (outcome === 'deferred') {
    return told(text(/*i18n*/ { id: 'event.deferred', message: 'Not delivered to {to} yet ({dsn}): {reply}' }, values));
  }
  if (outcome === null) {
    const found = { ...values, status };
    return told(text(/*i18n*/ { id: 'event.attempt', message: 'Delivery to {to}: {status}, {reply}' }, found));
  }
  return told(text(/*i18n*/ { id: 'event.bounced', message: 'Given up for {to} ({dsn}): {reply}' }, values));
};

const reject: Rule = (body) => {
  const match =
    /^(?:NOQUEUE: )?(milter-)?(reject|discard|hold|warn|filter|redirect|proxy-reject|END-OF-MESSAGE)[^:]*: ([A-Z-]+) from ([^;]*?): (.*?);/.exec(
      body,
    ) ??
    /^(?:NOQUEUE: )?()(reject|discard|hold|proxy-reject)[^:]*: ([A-Z-]+)(?: from ([^;]*?))?: (.*?)(?:;|$)/.exec(body);
  if (match === null) return null;
  const [, , verb = '', at = '', , words = ''] = match;
  const values = { at, words: words.slice(0, QUOTED) };
  const to = field(body, 'to');
  if (verb === 'hold') {
    return {
      stage: 'policy',
      outcome: 'held',
      to,
      what: text(/*i18n*/ { id: 'event.hold', message: 'Put on hold at {at}: {words}' }, values),
    };
  }
  if (verb === 'discard') {
    return {
      stage: 'policy',
      outcome: 'discarded',
      to,
      what: text(/*i18n*/ { id: 'event.discard', message: 'Accepted to be thrown away at {at}: {words}' }, values),
    };
  }
  if (verb === 'warn' || verb === 'filter' || verb === 'redirect') {
    return {
      stage: 'policy',
      to,
      what: text(/*i18n*/ { id: 'event.policy', message: 'Policy at {at}: {words}' }, values),
    };
  }
  const grey = /greylist|try again later/i.test(words) || /action=greylist/.test(body);
  return {
    stage: 'refused',
    outcome: grey ? 'greylisted' : 'rejected',
    to,
    what: text(/*i18n*/ { id: 'event.rejected', message: 'Refused at {at}: {words}' }, values),
  };
};

const plainRules: readonly [RegExp, TraceStage, (match: RegExpExecArray) => Text][] = [
  [
    /^connect from (\S+?)\[([^\]]+)\]/,
    'connect',
    (m) =>
      text(
        /*i18n*/ { id: 'event.connect', message: '{name} connected from {ip}' },
        { name: m[1] ?? '', ip: m[2] ?? '' },
      ),
  ],
  [
    /^CONNECT from \[([^\]]+)\]/,
    'connect',
    (m) => text(/*i18n*/ { id: 'event.screen.connect', message: '{ip} connected to the screen' }, { ip: m[1] ?? '' }),
  ],
  [
    /^PASS (NEW|OLD) \[([^\]]+)\]/,
    'connect',
    (m) => text(/*i18n*/ { id: 'event.screen.pass', message: '{ip} passed the screen' }, { ip: m[2] ?? '' }),
  ],
  [
    /^(PREGREET|HANGUP|DNSBL|BARE NEWLINE|NON-SMTP COMMAND|COMMAND [A-Z ]+|BLACKLISTED|DENYLISTED)\b(.*)/,
    'refused',
    (m) =>
      text(
        /*i18n*/ { id: 'event.screen.fail', message: 'Failed the screen: {test}{rest}' },
        { test: m[1] ?? '', rest: (m[2] ?? '').slice(0, QUOTED) },
      ),
  ],
  [
    /^disconnect from (\S+?)\[([^\]]+)\](.*)/,
    'connect',
    (m) =>
      text(
        /*i18n*/ { id: 'event.disconnect', message: '{ip} disconnected;{counts}' },
        { ip: m[2] ?? '', counts: m[3] ?? '' },
      ),
  ],
  [
    /^(?:Anonymous|Trusted|Untrusted|Verified) TLS connection (established|reused) (from|to) .*?: (\S+) with cipher (\S+)/,
    'tls',
    (m) =>
      text(
        /*i18n*/ { id: 'event.tls', message: 'TLS: {version}, {cipher}' },
        { version: m[3] ?? '', cipher: m[4] ?? '' },
      ),
  ],
  [
    /^(?:NOQUEUE: )?client=(\S+?)\[([^\]]+)\].*sasl_username=([^,\s]+)/,
    'accepted',
    (m) =>
      text(
        /*i18n*/ { id: 'event.client.login', message: 'Accepted from {ip}, logged in as {login}' },
        { ip: m[2] ?? '', login: m[3] ?? '' },
      ),
  ],
  [
    /^(?:NOQUEUE: )?client=(\S+?)\[([^\]]+)\]/,
    'accepted',
    (m) =>
      text(
        /*i18n*/ { id: 'event.client', message: 'Accepted from {name} ({ip})' },
        { name: m[1] ?? '', ip: m[2] ?? '' },
      ),
  ],
  [
    /^uid=(\d+) from=<([^>]*)>/,
    'accepted',
    (m) =>
      text(
        /*i18n*/ { id: 'event.pickup', message: 'Submitted on the server itself by user number {uid}, from {from}' },
        { uid: m[1] ?? '', from: m[2] ?? '' },
      ),
  ],
  [
    /^(?:resent-)?message-id=<?([^>]*)>?/,
    'accepted',
    (m) => text(/*i18n*/ { id: 'event.message-id', message: 'Message-ID {id}' }, { id: m[1] ?? '' }),
  ],
  [
    /^from=<([^>]*)>, size=(\d+), nrcpt=(\d+)/,
    'queue',
    (m) =>
      text(
        /*i18n*/ {
          id: 'event.active',
          message:
            'In the queue: from {from}, {size, number} bytes, {count, plural, one {# recipient} other {# recipients}}',
        },
        { from: m[1] === '' ? '<>' : (m[1] ?? ''), size: Number(m[2]), count: Number(m[3]) },
      ),
  ],
  [
    /^from=<([^>]*)>, status=(expired|force-expired)/,
    'queue',
    () => text(/*i18n*/ { id: 'event.expired', message: 'Its time in the queue is over; returned to the sender' }),
  ],
  [/^removed\s*$/, 'done', () => text(/*i18n*/ { id: 'event.removed', message: 'Finished; removed from the queue' })],
  [
    /^sender non-delivery notification: (\S+)/,
    'notification',
    (m) =>
      text(
        /*i18n*/ { id: 'event.dsn.failed', message: 'The sender is told that it failed ({queueId})' },
        { queueId: m[1] ?? '' },
      ),
  ],
  [
    /^sender delay notification: (\S+)/,
    'notification',
    (m) =>
      text(
        /*i18n*/ { id: 'event.dsn.delayed', message: 'The sender is told of the delay ({queueId})' },
        { queueId: m[1] ?? '' },
      ),
  ],
  [
    /^sender delivery status notification: (\S+)/,
    'notification',
    (m) =>
      text(
        /*i18n*/ { id: 'event.dsn.sent', message: 'The sender is told how delivery went ({queueId})' },
        { queueId: m[1] ?? '' },
      ),
  ],
  [
    /sieve: .*stored mail into mailbox '([^']*)'/,
    'mailbox',
    (m) =>
      text(/*i18n*/ { id: 'event.sieve.stored', message: 'A Sieve rule filed it in {folder}' }, { folder: m[1] ?? '' }),
  ],
  [
    /sieve: .*(?:forwarded|redirected) to <?([^>\s]+)>?/,
    'mailbox',
    (m) =>
      text(/*i18n*/ { id: 'event.sieve.redirected', message: 'A Sieve rule sent it on to {to}' }, { to: m[1] ?? '' }),
  ],
  [
    /sieve: .*(?:discarded|marked message to be discarded)/,
    'mailbox',
    () => text(/*i18n*/ { id: 'event.sieve.discarded', message: 'A Sieve rule threw it away' }),
  ],
  [
    /^(?:lmtp|lda)\(.*saved mail to (.+)$/,
    'mailbox',
    (m) => text(/*i18n*/ { id: 'event.saved', message: 'Filed in {folder}' }, { folder: m[1] ?? '' }),
  ],
  [
    /saved mail to (.+)$/,
    'mailbox',
    (m) => text(/*i18n*/ { id: 'event.saved', message: 'Filed in {folder}' }, { folder: m[1] ?? '' }),
  ],
  [
    /(?:imap|pop3|submission|managesieve)-login: Login: user=<([^>]*)>/,
    'login',
    (m) => text(/*i18n*/ { id: 'event.login', message: '{user} logged in' }, { user: m[1] ?? '' }),
  ],
  [
    /^(?:SASL \S+ authentication failed|warning: .*SASL (\S+) authentication failed)/,
    'login',
    () => text(/*i18n*/ { id: 'event.login.failed', message: 'Login failed' }),
  ],
  [
    /auth failed|authentication failed|Password mismatch|unknown user/i,
    'login',
    () => text(/*i18n*/ { id: 'event.login.failed', message: 'Login failed' }),
  ],
  [
    /^action=greylist/,
    'policy',
    () => text(/*i18n*/ { id: 'event.greylist', message: 'Greylisting: asked to come back later' }),
  ],
  [
    /^action=(\w+)/,
    'policy',
    (m) => text(/*i18n*/ { id: 'event.policy.action', message: 'Policy service: {action}' }, { action: m[1] ?? '' }),
  ],
  [
    /^proxy-accept: \S+ (.*?); from=/,
    'accepted',
    (m) =>
      text(
        /*i18n*/ { id: 'event.proxy', message: 'The content filter answered: {words}' },
        { words: (m[1] ?? '').slice(0, QUOTED) },
      ),
  ],
  [
    /^lmtp\([^)]*\)(?:<[^>]*>)*: (?:Connect|Disconnect) from (\S+)/,
    'mailbox',
    (m) => text(/*i18n*/ { id: 'event.lmtp', message: 'Delivery session with {from}' }, { from: m[1] ?? '' }),
  ],
  [
    /^DISCONNECT \[([^\]]+)\]/,
    'connect',
    (m) => text(/*i18n*/ { id: 'event.screen.end', message: '{ip} left the screen' }, { ip: m[1] ?? '' }),
  ],
  [
    /^(?:lost connection|timeout|too many errors|improper command pipelining) after (\S+)/,
    'connect',
    (m) =>
      text(/*i18n*/ { id: 'event.lost', message: 'The session broke off after {command}' }, { command: m[1] ?? '' }),
  ],
  [
    /^connect to (\S+?)\[[^\]]*\]\S*: (.*)$/,
    'attempt',
    (m) =>
      text(
        /*i18n*/ { id: 'event.no-connection', message: 'No connection to {relay}: {words}' },
        { relay: m[1] ?? '', words: (m[2] ?? '').slice(0, QUOTED) },
      ),
  ],
  [
    /^host (\S+?)\[[^\]]*\] (?:said|refused to talk to me): (.*)$/,
    'attempt',
    (m) =>
      text(
        /*i18n*/ { id: 'event.host-said', message: '{relay} said: {words}' },
        { relay: m[1] ?? '', words: (m[2] ?? '').slice(0, QUOTED) },
      ),
  ],
  [
    /^(?:imap|pop3|managesieve|submission)\([^)]*\)(?:<[^>]*>)*: (?:Disconnected: )?Logged out/,
    'login',
    () => text(/*i18n*/ { id: 'event.logout', message: 'Logged out' }),
  ],
  [
    /^vchkpw-\S+ .*login success ([^:\s]+)/,
    'login',
    (m) => text(/*i18n*/ { id: 'event.login', message: '{user} logged in' }, { user: m[1] ?? '' }),
  ],
  [
    /^vchkpw-\S+: .*(?:password fail|user not found|access denied)/,
    'login',
    () => text(/*i18n*/ { id: 'event.login.failed', message: 'Login failed' }),
  ],
  [
    /save failed to (\S+): (.*)$/,
    'mailbox',
    (m) =>
      text(
        /*i18n*/ { id: 'event.save-failed', message: 'Could not be filed in {folder}: {words}' },
        { folder: m[1] ?? '', words: (m[2] ?? '').slice(0, QUOTED) },
      ),
  ],
];

const plain: Rule = (body) => {
  for (const [pattern, stage, what] of plainRules) {
    const match = pattern.exec(body);
    if (match !== null) return { stage, what: what(match) };
  }
  return null;
};

const exim: Rule = (body, program) => (/exim/.test(program) ? eximRule(body, program) : null);

const RULES: readonly Rule[] = [attempt, exim, reject, filterRule, plain, qmailRule];
