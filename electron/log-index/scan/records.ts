/**
 * What a line says, as a few 32-bit words: the only thing that passes from the workers to the correlator.
 *
 * word 0: kind (8 bits) | clock (2) | milliseconds (10) | words in all (12)
 * word 1: offset of the line in its chunk
 * word 2: time in seconds, meaning given by the clock bits
 * word 3: host number (10 bits) | process id (22)
 * then one word per field; a list is its length followed by its members.
 */

/** How word 2 is to be read. */
export const CLOCK = {
  /** Seconds since 1 January of an unnamed leap year, local time (RFC 3164). */
  wall: 0,
  /** Unix seconds. */
  unix: 1,
  /** No time in the line: it happened when the line before it did. */
  none: 2,
  /** Local time with its year but without a zone, as seconds since 1970 (Exim, fail2ban, rspamd's own log). */
  local: 3,
} as const;

export const HEADER_WORDS = 4;

/** s: string number · n: number · h: hash of a string · dsn: packed a.b.c · list: strings · status, action: see below */
type FieldType = 's' | 'n' | 'h' | 'dsn' | 'list' | 'status' | 'action';

const KINDS = {
  /** Nothing known: stays a plain line of whatever its process is doing. */
  plain: {},
  /** A line about a queue id that changes nothing. */
  queueLine: { queueId: 's' },
  /** A line of a delivery agent before it names the queue id it works on. */
  clientLine: {},
  /** A line of an smtpd session that changes nothing. */
  smtpdLine: { clientName: 's', clientIp: 's' },
  connect: { clientName: 's', clientIp: 's', service: 'n' },
  disconnect: { clientIp: 's' },
  /** "message repeated N times: [ .. ]": syslog may say so after the session has ended. */
  repeated: { clientIp: 's', times: 'n' },
  tls: { version: 'n' },
  /** smtpd gave a queue id. `service`: 1 = submission ports. */
  accepted: {
    queueId: 's',
    clientName: 's',
    clientIp: 's',
    login: 's',
    origQueueId: 's',
    origName: 's',
    origIp: 's',
    service: 'n',
  },
  /** smtpd hands the session to a before-queue filter: no queue id of its own. */
  proxied: { clientName: 's', clientIp: 's', login: 's', service: 'n' },
  proxyEnd: { queuedAs: 's', code: 'n', dsn: 'dsn', scanId: 's', from: 's', to: 's', reason: 's' },
  reject: {
    queueId: 's',
    action: 'action',
    code: 'n',
    dsn: 'dsn',
    clientName: 's',
    clientIp: 's',
    from: 's',
    to: 's',
    helo: 's',
    reason: 's',
    greylisted: 'n',
  },
  authFailed: { clientName: 's', clientIp: 's', user: 's' },
  /** A refusal that belongs to no session the log shows (Exim, qmail). */
  refused: {
    code: 'n',
    dsn: 'dsn',
    clientName: 's',
    clientIp: 's',
    from: 's',
    to: 's',
    helo: 's',
    reason: 's',
    greylisted: 'n',
    /** 2: a scanner's refusal. 1: what smtpd says of the scanner's refusal just before. */
    scanned: 'n',
  },
  /** Everything about an arrival in one line (Exim's `<=`, qmail's `info msg`). `qp`: process that queued it. */
  arrived: {
    queueId: 's',
    from: 's',
    clientName: 's',
    clientIp: 's',
    login: 's',
    size: 'n',
    messageId: 's',
    parent: 's',
    tls: 'n',
    local: 'n',
    qp: 'n',
  },
  /** qmail gave a queue id. */
  born: { queueId: 's' },
  /** qmail's numbered deliveries. */
  tryStart: { number: 'n', queueId: 's', to: 's', remote: 'n' },
  tryEnd: { number: 'n', status: 'status', dsn: 'dsn', reason: 's', qp: 'n' },
  bounced: { queueId: 's', qp: 'n' },
  messageId: { queueId: 's', messageId: 's' },
  /** cleanup or a milter decided about a whole message. */
  judged: {
    queueId: 's',
    action: 'action',
    dsn: 'dsn',
    clientName: 's',
    clientIp: 's',
    from: 's',
    to: 's',
    reason: 's',
    greylisted: 'n',
  },
  pickup: { queueId: 's', from: 's' },
  active: { queueId: 's', from: 's', size: 'n', recipients: 'n' },
  removed: { queueId: 's' },
  expired: { queueId: 's', from: 's' },
  held: { queueId: 's', on: 'n' },
  /** Times in milliseconds: in all, before the queue manager, in it, connecting, sending. */
  delivery: {
    queueId: 's',
    to: 's',
    originalTo: 's',
    relay: 's',
    dsn: 'dsn',
    status: 'status',
    delay: 'n',
    before: 'n',
    queued: 'n',
    connect: 'n',
    transfer: 'n',
    reason: 's',
    queuedAs: 's',
    hop: 'h',
    child: 's',
    session: 's',
  },
  /** bounce made a notification. `delay`: 1 = still trying. */
  notification: { queueId: 's', child: 's', delay: 'n' },
  screenOpen: { clientIp: 's', port: 'n' },
  screenPass: { clientIp: 's', port: 'n' },
  screenLine: { clientIp: 's', port: 'n', what: 'n' },
  screenReject: { clientIp: 's', port: 'n', code: 'n', dsn: 'dsn', from: 's', to: 's', helo: 's', reason: 's' },
  screenEnd: { clientIp: 's', port: 'n' },
  /** A DNS list named an address. */
  listed: { clientIp: 's', list: 's' },
  /** `score` in hundredths. */
  rspamd: {
    queueId: 's',
    messageId: 's',
    clientIp: 's',
    login: 's',
    from: 's',
    action: 'action',
    score: 'n',
    size: 'n',
    to: 'list',
  },
  amavis: {
    scanId: 's',
    queueId: 's',
    queuedAs: 's',
    clientIp: 's',
    from: 's',
    messageId: 's',
    action: 'action',
    score: 'n',
    size: 'n',
    to: 'list',
    /** Further ids of `queued_as: A/B`: one for each copy that differs. */
    more: 'list',
  },
  amavisLine: { scanId: 's', queueId: 's', queuedAs: 's' },
  spamd: { messageId: 's', action: 'action', score: 'n', size: 'n' },
  greylist: { action: 'action', clientIp: 's', from: 's', to: 's' },
  /** `protocol`: see PROTOCOLS. */
  login: { protocol: 'n', ok: 'n', user: 's', clientIp: 's', session: 's', secured: 'n' },
  sessionLine: { session: 's', user: 's', clientIp: 's', end: 'n', protocol: 'n' },
  lmtpOpen: {},
  /** User and Message-ID as hashes: they only confirm what the session id says. */
  lmtp: { user: 'h', session: 's', messageId: 'h', action: 'action', target: 's' },
  lmtpClose: {},
  ban: { clientIp: 's', jail: 's', on: 'n' },
  update: { ok: 'n' },
  /** An operation on an account. `by`: see ACCOUNT_BY; `what`: the words of the program up to the account. */
  account: { by: 'n', what: 's' },
  /** What a scanner said of a queue id. `score` in hundredths, or NO_SCORE. */
  verdict: { queueId: 's', engine: 'n', action: 'action', score: 'n', clientIp: 's' },
  /** The same of a message that has no queue id yet: its sender and client are all there is. */
  scanned: { engine: 'n', action: 'action', score: 'n', clientIp: 's', from: 's' },
} satisfies Record<string, Record<string, FieldType>>;

export type KindName = keyof typeof KINDS;
export const KIND_NAMES = Object.keys(KINDS) as KindName[];
/** Number of each kind, as word 0 carries it. */
export const KIND = Object.fromEntries(KIND_NAMES.map((name, i) => [name, i])) as Record<KindName, number>;
export const FIELDS: Record<KindName, Record<string, FieldType>> = KINDS;

/** The last word on a recipient, as in the trace JSON. The order is the number stored. */
export const STATUSES = [
  null,
  'sent',
  'deferred',
  'bounced',
  'expired',
  'rejected',
  'greylisted',
  'discarded',
  'held',
] as const;
export type Status = Exclude<(typeof STATUSES)[number], null>;
export const STATUS = {
  none: 0,
  sent: 1,
  deferred: 2,
  bounced: 3,
  expired: 4,
  rejected: 5,
  greylisted: 6,
  discarded: 7,
  held: 8,
} as const;

/** What a filter or scanner decided. The order is the number stored. */
export const ACTIONS = [
  null,
  'no action',
  'greylist',
  'add header',
  'rewrite subject',
  'soft reject',
  'reject',
  'discard',
  'pass',
  'spam',
  'virus',
  'hold',
  'warn',
  'redirect',
  'filter',
  'saved',
  'stored',
  'forwarded',
  'failed',
  'vacation',
  'quarantine',
] as const;
export type Action = Exclude<(typeof ACTIONS)[number], null>;
export const ACTION = Object.fromEntries(ACTIONS.map((name, i) => [name ?? 'none', i])) as Record<
  Action | 'none',
  number
>;

/** Who gave a verdict. The order is the number stored. */
export const ENGINES = [null, 'rspamd', 'amavis', 'spamd', 'other', 'spamassassin', 'clamav', 'simscan'] as const;
export const ENGINE = Object.fromEntries(ENGINES.map((name, i) => [name ?? 'none', i])) as Record<
  Exclude<(typeof ENGINES)[number], null> | 'none',
  number
>;

/** Who logged an operation on an account. The order is the number stored. */
export const ACCOUNT_PROGRAMS = ['dovecot', 'system', 'sudo', 'sasl'] as const;
export const ACCOUNT_BY = { dovecot: 0, system: 1, sudo: 2, sasl: 3 } as const;

/** The scanner gave no score. */
export const NO_SCORE = -0x80000000;

export const PROTOCOLS = [
  'smtp',
  'imap',
  'pop3',
  'managesieve',
  'submission',
  'lmtp',
  'webmail',
  'doveadm',
  'other',
] as const;

/** Number of each protocol, as records carry it. */
export const PROTOCOL = Object.fromEntries(PROTOCOLS.map((name, i) => [name, i])) as Record<
  (typeof PROTOCOLS)[number],
  number
>;

export const TLS_VERSIONS = [null, 'SSLv3', 'TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3', 'TLS'] as const;
/** Places in TLS_VERSIONS. */
export const TLS = { ssl3: 1, tls1: 2, other: TLS_VERSIONS.length - 1 } as const;

/** What a client did before it spoke SMTP; the number is stored with its session. */
export const SCREEN_EVENTS = [
  null,
  'dnsbl',
  'pregreet',
  'hangup',
  'bare-newline',
  'command-pipelining',
  'non-smtp-command',
  'command-limit',
  'allowlisted',
  'denylisted',
  'other',
] as const;

/** '5.7.1' from its packed form; null for 0. */
export function dsnText(packed: number): string | null {
  return packed === 0 ? null : `${packed >>> 20}.${(packed >>> 10) & 1023}.${packed & 1023}`;
}

/** Numbers may be negative (a spam score): words are unsigned, so read them back with this. */
export function signed(word: number): number {
  return word | 0;
}
