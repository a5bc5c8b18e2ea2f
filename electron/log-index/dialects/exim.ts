/**
 * Exim 4: main log, reject log. Ids are 16 characters up to 4.96, 23 from 4.97. Longer than usual: a dialect is one file,
 * and a good part of it are the samples that it is tested by.
 */
import { isoAt, NO_TIME, NO_ZONE, readTail, tail } from '../scan/clock.ts';
import { ACTION, CLOCK, ENGINE, KIND, NO_SCORE, STATUS } from '../scan/records.ts';
import { bytes, type Literal } from '../scan/machine.ts';
import type { Scan } from '../scan/scan.ts';
import type { Dialect } from './dialect.ts';
import { saysGreylisted } from './keys.ts';

const HOST = bytes(' H=');
const USER = bytes(' A=');
const SIZE = bytes(' S=');
const MESSAGE_ID = bytes(' id=');
const PARENT = bytes(' R=');
const TLS = bytes(' X=TLS');
const PROTOCOL_LOCAL = bytes(' P=local');
const TRANSPORT = bytes(' T=');
const CONFIRM = bytes(' C="');
const COLON = bytes(': ');
const QUEUED_AS = bytes('queued as ');
const COMPLETED = bytes('Completed');
const FROZEN = [bytes('Frozen'), bytes('frozen by '), bytes('Message is frozen')];
const UNFROZEN = [bytes('Unfrozen'), bytes('unfrozen by ')];
const REJECTED = bytes(' rejected ');
const TEMPORARILY = bytes(' temporarily rejected ');
const AUTH_FAILED = bytes(' authenticator failed for ');
const SET_ID = bytes('(set_id=');
const FROM = bytes(' F=<');
const RCPT = bytes('RCPT <');
const SMTP = bytes('SMTP ');
const NO_MAIL = bytes('no MAIL in SMTP connection from ');
const FROM_HOST = bytes(' from ');
const CLOSE_COLON = bytes(']: ');
const CLOSE_OPEN = bytes(') [');
const CLOSED_BY_DROP = bytes(' closed by DROP');
const NO_NAME = bytes('no host name found for IP address ');
const NO_ADDRESS = bytes('no IP address found for host ');
const DURING = bytes('(during SMTP connection from ');
/** sa-exim: `SA: Action: flagged as Spam but accepted: score=8.2 required=5.0 (..). From <a> (host=h [ip]) for b`. */
const SA_ACTION = bytes('SA: Action: ');
const SA_SCORE = bytes('score=');
const SA_HOST = bytes(' (host=');
const SA_FLAGGED = bytes('flagged');
const SA_TOSSED = bytes('silently tossed');
const SA_REJECTED = bytes('rejected');
/** What else ends a session at the door. */
const TROUBLE = [
  bytes(' sender verify fail'),
  bytes(' dropped'),
  bytes(' closed by DROP'),
  bytes('SMTP protocol error'),
  bytes('SMTP protocol synchronization error'),
  NO_MAIL,
];

function alnum(c: number): boolean {
  return (c >= 48 && c <= 57) || (c >= 65 && c <= 90) || (c >= 97 && c <= 122);
}

/** End of a message id at `at`, else -1. */
export function eximId(s: Scan, at: number): number {
  const b = s.buf;
  if (b[at + 6] !== 45) return -1;
  const old = b[at + 13] === 45;
  const end = old ? at + 16 : at + 23;
  if ((!old && b[at + 18] !== 45) || end > s.end || (end < s.end && b[end] !== 32)) return -1;
  for (let i = at; i < end; i++) if (i !== at + 6 && i !== at + (old ? 13 : 18) && !alnum(b[i])) return -1;
  return end;
}

/** The words that only Exim's own log begins with; used for lines that name no program. */
export function looksLikeExim(s: Scan, at: number): boolean {
  const i = afterPid(s, at);
  return (
    eximId(s, i) > 0 ||
    s.is(i, HOST.subarray(1)) ||
    s.is(i, SMTP) ||
    s.is(i, NO_MAIL) ||
    s.is(i, NO_NAME) ||
    s.is(i, NO_ADDRESS) ||
    s.search(AUTH_FAILED, i) > 0
  );
}

/** `+pid` puts `[123]` in front of the message. */
function afterPid(s: Scan, at: number): number {
  if (s.buf[at] !== 91) return at;
  s.pid = s.int(at + 1);
  return s.skip(s.to(93, at) + 1);
}

const host = { nameFrom: 0, nameTo: 0, heloFrom: 0, heloTo: 0, ipFrom: 0, ipTo: 0 };

/** `H=name (helo) [ip]:port` behind `at`. */
function readHost(s: Scan, at: number): boolean {
  const h = s.is(at, HOST.subarray(1)) ? at - 1 : s.search(HOST, at);
  if (h < 0) {
    host.nameFrom = host.nameTo = host.heloFrom = host.heloTo = host.ipFrom = host.ipTo = 0;
    return false;
  }
  return readPeer(s, h + 3);
}

/** `name (helo) [ip]` at `at`. The name and HELO may be missing, and HELO may be an address in brackets. */
function readPeer(s: Scan, at: number): boolean {
  host.nameFrom = host.nameTo = host.heloFrom = host.heloTo = host.ipFrom = host.ipTo = 0;
  let open = s.to(91, at);
  const paren = s.to(40, at);
  if (paren < open) {
    const close = s.search(CLOSE_OPEN, paren);
    if (close > 0) open = close + 2;
    host.heloFrom = paren + 1;
    host.heloTo = close > 0 ? close : Math.min(open, s.to(41, paren));
  }
  if (open >= s.end) return false;
  host.ipFrom = open + 1;
  host.ipTo = s.to(93, open);
  const nameTo = Math.min(open, paren);
  if (nameTo > at) {
    host.nameFrom = at;
    host.nameTo = s.buf[nameTo - 1] === 32 ? nameTo - 1 : nameTo;
  }
  return true;
}

function value(s: Scan, key: Literal, at: number): [number, number] {
  const i = s.search(key, at);
  return i < 0 ? [0, 0] : [i + key.length, s.to(32, i + key.length)];
}

function arrival(s: Scan, idFrom: number, idTo: number, at: number): void {
  const fromTo = s.to(32, at);
  const empty = s.buf[at] === 60; // <> is the null sender
  readHost(s, fromTo);
  let [userFrom, userTo] = value(s, USER, fromTo);
  if (userFrom > 0) {
    const colon = s.to(58, userFrom);
    userFrom = colon < userTo ? colon + 1 : userTo;
    userTo = Math.max(userFrom, userTo);
  }
  const [midFrom, midTo] = value(s, MESSAGE_ID, fromTo);
  const [sizeFrom] = value(s, SIZE, fromTo);
  const [parentFrom, parentTo] = value(s, PARENT, fromTo);
  s.emit(KIND.arrived);
  s.str(idFrom, idTo);
  s.str(empty ? 0 : at, empty ? 0 : fromTo);
  s.str(host.nameFrom, host.nameTo);
  s.str(host.ipFrom, host.ipTo);
  s.str(userFrom, userTo);
  s.num(sizeFrom > 0 ? s.int(sizeFrom) : 0);
  s.str(midFrom, midTo);
  s.str(parentFrom, parentTo);
  s.num(s.search(TLS, fromTo) > 0 ? 6 : 0);
  s.num(s.search(PROTOCOL_LOCAL, fromTo) > 0 ? 1 : 0);
  s.num(0);
}

function delivery(s: Scan, idFrom: number, idTo: number, at: number, status: number): void {
  let toTo = s.to(32, at);
  if (s.buf[toTo - 1] === 58) toTo--;
  let originalFrom = 0;
  let originalTo = 0;
  let i = s.skip(toTo);
  if (s.buf[i] === 60) {
    originalFrom = i + 1;
    originalTo = s.to(62, i);
    i = originalTo + 1;
  }
  const hasHost = readHost(s, i);
  const [transportFrom, transportTo] = value(s, TRANSPORT, i);
  let textFrom = 0;
  let textTo = s.end;
  if (status === STATUS.sent) {
    const c = s.search(CONFIRM, i);
    if (c > 0) {
      textFrom = c + 4;
      textTo = s.buf[s.end - 1] === 34 ? s.end - 1 : s.end;
    }
  } else {
    const colon = s.search(COLON, Math.max(toTo - 1, host.ipTo > 0 ? host.ipTo : 0));
    textFrom = colon > 0 ? colon + 2 : 0;
  }
  let dsn = 0;
  for (let k = textFrom; textFrom > 0 && k < textTo - 4 && dsn === 0; k++) if (s.buf[k + 1] === 46) dsn = s.dsn(k);
  const q = textFrom > 0 && status === STATUS.sent ? s.search(QUEUED_AS, textFrom) : -1;
  s.emit(KIND.delivery);
  s.str(idFrom, idTo);
  s.str(at, toTo);
  s.str(originalFrom, originalTo);
  if (hasHost) s.str(host.nameFrom > 0 ? host.nameFrom : host.ipFrom - 1, host.ipTo + 1);
  else s.str(transportFrom, transportTo);
  s.num(dsn);
  s.num(status);
  for (let k = 0; k < 5; k++) s.num(0);
  s.num(status === STATUS.sent || textFrom === 0 ? 0 : s.reason(textFrom, textTo));
  s.num(0);
  s.num(q > 0 ? s.hashed(q + 10, Math.min(textTo, s.to(32, q + 10))) : 0);
  s.num(0);
  s.num(0);
}

/** `H=.. F=<from> rejected RCPT <to>: reason`, with or without an id in front. */
function refusal(s: Scan, idFrom: number, idTo: number, at: number): boolean {
  const final = s.search(REJECTED, at);
  if (final < 0 || !readHost(s, at)) return false;
  const temporary = s.search(TEMPORARILY, at) >= 0;
  const f = s.search(FROM, at);
  const fromFrom = f > 0 ? f + 4 : 0;
  const fromTo = f > 0 ? s.to(62, f) : 0;
  const r = s.search(RCPT, final);
  const toFrom = r > 0 ? r + 6 : 0;
  const toTo = r > 0 ? s.to(62, r) : 0;
  const colon = s.search(COLON, r > 0 ? toTo : final);
  const reasonFrom = colon > 0 ? colon + 2 : final + 1;
  const grey = temporary && saysGreylisted(s, reasonFrom, s.end);
  s.emit(idTo > idFrom ? KIND.judged : KIND.refused);
  if (idTo > idFrom) {
    s.str(idFrom, idTo);
    s.num(ACTION.reject);
    s.num(0);
  } else {
    s.num(temporary ? 451 : 550);
    s.num(0);
  }
  s.str(host.nameFrom, host.nameTo);
  s.str(host.ipFrom, host.ipTo);
  s.str(fromFrom, fromTo);
  s.str(toFrom, toTo);
  if (idTo <= idFrom) s.str(host.heloFrom, host.heloTo);
  s.num(s.reason(reasonFrom, s.end));
  s.num(grey ? 1 : 0);
  if (idTo <= idFrom) s.num(0);
  return true;
}

/**
 * Errors and drops without `rejected`: `SMTP call from name [ip] dropped: ..`, `H=.. [ip] sender verify fail ..`,
 * `SMTP protocol error in "AUTH .." H=(x) [ip] ..`: what the client typed comes first, so the last H= is Exim's.
 */
function trouble(s: Scan, idFrom: number, idTo: number, at: number): boolean {
  if (!TROUBLE.some((word) => s.search(word, at) >= 0)) return false;
  let h = s.is(at, HOST.subarray(1)) ? at + 2 : -1;
  for (let k = s.search(HOST, at); k >= 0; k = s.search(HOST, k + 1)) h = k + 3;
  const from = s.search(FROM_HOST, at);
  if (!(h > 0 && readPeer(s, h)) && !(from > 0 && readPeer(s, from + FROM_HOST.length))) return false;
  s.emit(idTo > idFrom ? KIND.judged : KIND.refused);
  if (idTo > idFrom) {
    s.str(idFrom, idTo);
    s.num(ACTION.reject);
    s.num(0);
    s.str(host.nameFrom, host.nameTo);
  } else for (let k = 0; k < 3; k++) s.num(0);
  s.str(host.ipFrom, host.ipTo);
  for (let k = idTo > idFrom ? 1 : 0; k < 3; k++) s.num(0);
  s.num(s.reason(at, s.end));
  s.num(0);
  if (idTo <= idFrom) s.num(0);
  return true;
}

/** `no host name found for IP address ..` and the like: a client was there, and nothing else is known of it. */
function visitor(s: Scan, at: number): boolean {
  let from = 0;
  let to = 0;
  if (s.is(at, NO_NAME)) {
    from = at + NO_NAME.length;
    to = s.to(32, from);
  } else if (s.is(at, NO_ADDRESS)) {
    const during = s.search(DURING, at);
    const open = during > 0 ? s.to(91, during) : s.end;
    if (open >= s.end) return false;
    from = open + 1;
    to = s.to(93, from);
  } else return false;
  s.emit(KIND.sessionLine);
  s.num(0);
  s.num(0);
  s.str(from, to);
  s.num(0);
  s.num(0);
  return true;
}

/** What SpamAssassin said through sa-exim. */
function spamVerdict(s: Scan, idFrom: number, idTo: number, at: number): void {
  const what = at + SA_ACTION.length;
  const score = s.search(SA_SCORE, what);
  const from = s.search(SA_HOST, what);
  const known = from > 0 && readPeer(s, from + SA_HOST.length);
  s.emit(KIND.verdict);
  s.str(idFrom, idTo);
  s.num(ENGINE.spamassassin);
  const refused = s.search(SA_REJECTED, what); // "permanently rejected", "temporarily rejected"
  s.num(
    s.is(what, SA_TOSSED)
      ? ACTION.discard
      : refused > 0 && refused < what + 16
        ? ACTION.reject
        : s.is(what, SA_FLAGGED)
          ? ACTION.spam
          : ACTION['no action'],
  );
  s.num(score > 0 ? Math.round(s.decimal(score + SA_SCORE.length, 100)) : NO_SCORE);
  s.str(known ? host.ipFrom : 0, known ? host.ipTo : 0);
}

/** In syslog Exim repeats its own time in front of the message unless `syslog_timestamp` is off. */
function ownTime(s: Scan): void {
  const at = s.at;
  const time = s.end - at > 20 && s.buf[at + 4] === 45 && s.buf[at + 10] === 32 ? isoAt(s.buf, at) : NO_TIME;
  if (time === NO_TIME) return;
  readTail(s, at + 19);
  let next = s.skip(tail.next);
  let offset = tail.offset;
  if (offset === NO_ZONE && (s.buf[next] === 43 || s.buf[next] === 45)) {
    const { ms } = tail;
    readTail(s, next); // log_timezone: "2026-11-22 14:16:56 +0100 1xV8.."
    if (tail.offset !== NO_ZONE) {
      offset = tail.offset;
      next = s.skip(tail.next);
      tail.ms = ms;
    }
  }
  s.at = next;
  if (s.clock !== CLOCK.none) return; // the time of the log server orders its log
  s.ms = tail.ms;
  s.time = offset === NO_ZONE ? time : time - offset;
  s.clock = offset === NO_ZONE ? CLOCK.local : CLOCK.unix;
}

export const exim: Dialect = {
  name: 'exim',
  programs: ['exim', 'exim4', 'sendmail.exim'],
  parse(s) {
    ownTime(s);
    const start = afterPid(s, s.at);
    const b = s.buf;
    const idTo = eximId(s, start);
    if (idTo < 0) {
      const auth = s.search(AUTH_FAILED, start);
      if (auth < 0 && (refusal(s, 0, 0, start) || trouble(s, 0, 0, start) || visitor(s, start))) return;
      if (auth > 0) {
        // "for name ([helo]) [ip]: 535": the address is the last one
        const close = s.search(CLOSE_COLON, auth);
        let open = close > 0 ? close : s.to(91, auth);
        while (open > auth && s.buf[open] !== 91) open--;
        const user = s.search(SET_ID, auth);
        s.emit(KIND.login);
        s.num(0);
        s.num(0);
        s.str(user > 0 ? user + 8 : 0, user > 0 ? s.to(41, user) : 0);
        s.str(open + 1, s.to(93, open));
        s.num(0);
        s.num(0);
      }
      return;
    }
    const at = idTo + 1;
    const a = b[at];
    const c = b[at + 1];
    if (b[at + 2] === 32) {
      if (a === 60 && c === 61) return arrival(s, start, idTo, at + 3); // <=
      if ((a === 61 || a === 45 || a === 62 || a === 42) && c === 62)
        return delivery(s, start, idTo, at + 3, STATUS.sent); // => -> >> *>
      if (a === 42 && c === 42) return delivery(s, start, idTo, at + 3, STATUS.bounced);
      if (a === 61 && c === 61) return delivery(s, start, idTo, at + 3, STATUS.deferred);
    }
    if (a === 67 && s.is(at, COMPLETED)) {
      s.emit(KIND.removed);
      s.str(start, idTo);
      return;
    }
    const frozen = FROZEN.some((w) => s.is(at, w));
    if (frozen || UNFROZEN.some((w) => s.is(at, w))) {
      s.emit(KIND.held);
      s.str(start, idTo);
      s.num(frozen ? 1 : 0);
      return;
    }
    if (refusal(s, start, idTo, at)) return;
    if (s.is(at, SA_ACTION)) return spamVerdict(s, start, idTo, at);
    if (s.search(CLOSED_BY_DROP, at) >= 0 && trouble(s, start, idTo, at)) return;
    s.emit(KIND.queueLine);
    s.str(start, idTo);
  },
  samples: [
    {
      line: 'Nov 22 14:16:57 mx1 exim[812]: 2026-11-22 14:16:57.104 [812] 1xV8NF-00087H-16 Completed',
      kind: 'removed',
      fields: { queueId: '1xV8NF-00087H-16' },
    },
    {
      line: 'mail.example.com exim[3751842]: 2021-07-17 23:20:49 plain_server authenticator failed for ([192.0.2.17]) [192.0.2.27]: 535 Incorrect authentication data',
      kind: 'login',
      fields: { clientIp: '192.0.2.27' },
    },
    {
      line: '2017-11-28 14:14:32 SMTP protocol error in "aUtH lOgIn" H=(test) [192.0.2.8]" H=([127.0.0.1]) [192.0.2.6] AUTH command used when not advertised',
      kind: 'refused',
      fields: {
        clientIp: '192.0.2.6',
        reason: 'SMTP protocol error in "aUtH lOgIn" H=(test) []" H=([]) [] AUTH command used when not advertised',
      },
    },
    {
      line: '2016-03-21 04:07:49 [25874] 1ahr79-0006jK-G9 SMTP connection from (client.example.org) [192.0.2.204]:44884 I=[192.0.2.1]:25 closed by DROP in ACL',
      kind: 'judged',
      fields: {
        queueId: '1ahr79-0006jK-G9',
        action: 'reject',
        clientIp: '192.0.2.204',
        reason: 'SMTP connection from (client.example.org) []:44884 I=[]:25 closed by DROP in ACL',
      },
    },
    {
      line: '2017-12-03 08:51:35 no IP address found for host test.example.com (during SMTP connection from [192.0.2.9])',
      kind: 'sessionLine',
      fields: { clientIp: '192.0.2.9' },
    },
    {
      line: '2013-12-29 15:34:12 1VxHRO-000NiI-Ly SA: Action: silently tossed message: score=31.0 required=5.0 trigger=30.0 (scanned in 6/6 secs | Message-Id: x@example.com). From <a@example.com> (host=mx.example.com [192.0.2.72]) for b@example.net',
      kind: 'verdict',
      fields: { queueId: '1VxHRO-000NiI-Ly', engine: 5, action: 'discard', score: 3100, clientIp: '192.0.2.72' },
    },
    {
      line: '2026-11-22 14:16:56 1xV8NE-00085z-2q <= anna@firma.example H=client.example.org (helo.example) [192.0.2.77] P=esmtpsa X=TLS1.3:TLS_AES_256_GCM_SHA384:256 A=plain_server:anna@firma.example S=323 id=x@client.example.org',
      kind: 'arrived',
      fields: {
        queueId: '1xV8NE-00085z-2q',
        from: 'anna@firma.example',
        clientName: 'client.example.org',
        clientIp: '192.0.2.77',
        login: 'anna@firma.example',
        size: 323,
        messageId: 'x@client.example.org',
        tls: 6,
      },
    },
    {
      line: '2026-11-22 14:16:57 1xV8NF-00087H-16 <= <> R=1xV8NF-00086B-0T U=Debian-exim P=local S=1961',
      kind: 'arrived',
      fields: { queueId: '1xV8NF-00087H-16', size: 1961, parent: '1xV8NF-00086B-0T', local: 1 },
    },
    {
      line: '2026-11-22 14:16:57 1xV8NF-000862-02 => jan <biuro@firma.example> R=local_user T=maildir_home',
      kind: 'delivery',
      fields: {
        queueId: '1xV8NF-000862-02',
        to: 'jan',
        originalTo: 'biuro@firma.example',
        relay: 'maildir_home',
        status: 'sent',
      },
    },
    {
      line: '2026-11-22 14:16:57 1xV8NF-00086B-0T ** nouser@good.example R=dnslookup T=remote_smtp H=mx.good.example [192.0.2.10]: SMTP error from remote mail server after RCPT TO:<nouser@good.example>: 550 5.1.1 <nouser@good.example>: Recipient address rejected: User unknown',
      kind: 'delivery',
      fields: {
        queueId: '1xV8NF-00086B-0T',
        to: 'nouser@good.example',
        relay: 'mx.good.example [192.0.2.10]',
        dsn: '5.1.1',
        status: 'bounced',
        reason:
          'SMTP error from remote mail server after RCPT TO:<>: 550 5.1.1 <>: Recipient address rejected: User unknown',
      },
    },
    {
      line: '2026-11-22 14:16:57 1xV8NF-00087E-15 == kto@refused.example R=dnslookup T=remote_smtp defer (111): Connection refused',
      kind: 'delivery',
      fields: {
        queueId: '1xV8NF-00087E-15',
        to: 'kto@refused.example',
        relay: 'remote_smtp',
        status: 'deferred',
        reason: 'Connection refused',
      },
    },
    {
      line: '2026-11-22 14:16:57 1xV8NF-00087H-16 Completed',
      kind: 'removed',
      fields: { queueId: '1xV8NF-00087H-16' },
    },
    {
      line: '2026-11-22 14:16:57 1xV8NF-00087a-1T Frozen (delivery error message)',
      kind: 'held',
      fields: { queueId: '1xV8NF-00087a-1T', on: 1 },
    },
    {
      line: '2026-11-22 14:20:01 H=(client.example.org) [192.0.2.66] F=<ktos@client.example.org> rejected RCPT <jan@firma.example>: 192.0.2.66 is listed',
      kind: 'refused',
      fields: {
        code: 550,
        clientIp: '192.0.2.66',
        from: 'ktos@client.example.org',
        to: 'jan@firma.example',
        helo: 'client.example.org',
        reason: '192.0.2.66 is listed',
      },
    },
    {
      line: '2026-11-22 14:20:01 plain_server authenticator failed for (x) [192.0.2.66]: 535 Incorrect authentication data (set_id=anna)',
      kind: 'login',
      fields: { user: 'anna', clientIp: '192.0.2.66' },
    },
  ],
};
