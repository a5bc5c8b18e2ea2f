/** Postfix smtpd(8): sessions, accepted messages, rejects, authentication, before-queue filters. */
import { ACTION, KIND, TLS } from '../scan/records.ts';
import { bytes } from '../scan/machine.ts';
import type { Scan } from '../scan/scan.ts';
import type { Dialect } from './dialect.ts';
import { Choice, envelope, peer, readEnvelope, readPeer, saysGreylisted } from './keys.ts';

const CONNECT = bytes('connect from ');
const DISCONNECT = bytes('disconnect from ');
const WARNING = bytes('warning: ');
const NOQUEUE = bytes('NOQUEUE: ');
const CLIENT = bytes('client=');
const SASL = bytes(': SASL ');
const AUTH_FAILED = bytes(' authentication failed');
const USERNAME = bytes('sasl_username=');
const ORIG_ID = bytes('orig_queue_id=');
const ORIG_CLIENT = bytes('orig_client=');
const TLS_FROM = bytes(' TLS connection established from ');
const PROXY = bytes('proxy-');
const QUEUED_AS = bytes('queued as ');
const SCAN_ID = bytes('id=');
const FROM = bytes(' from ');
const REPEATED = bytes('message repeated ');
const OPEN = bytes(': [ ');
const NOT_RESOLVED = bytes(' does not resolve to address ');
const COLON_SPACE = bytes(': ');
const TLS_V = bytes('TLSv1');
const SSL3 = bytes('SSLv3');

/** Actions of smtpd(8) that stop or change a message at the door, by their first letters. */
const ACTIONS_AT_DOOR = new Choice()
  .or('reject: ', ACTION.reject)
  .or('reject_warning: ', ACTION.warn)
  .or('warn: ', ACTION.warn)
  .or('warning: ', ACTION.warn)
  .or('hold: ', ACTION.hold)
  .or('discard: ', ACTION.discard)
  .or('redirect: ', ACTION.redirect)
  .or('filter: ', ACTION.filter)
  .or('milter-reject: ', ACTION.reject)
  .or('milter-discard: ', ACTION.discard)
  .or('milter-hold: ', ACTION.hold);

/** Numbers TLS versions by the digit after `TLSv1`. */
export function tlsVersion(s: Scan, from: number): number {
  const at = s.search(TLS_V, from);
  if (at < 0) return s.search(SSL3, from) >= 0 ? 1 : TLS.other;
  if (s.buf[at + 5] !== 46) return 2;
  return 2 + Math.min(3, s.buf[at + 6] - 48);
}

function accepted(s: Scan, idTo: number, at: number): void {
  const ok = readPeer(s, at);
  const name = ok ? s.id(peer.nameFrom, peer.nameTo) : 0;
  const ip = ok ? s.id(peer.ipFrom, peer.ipTo) : 0;
  let login = 0;
  let origId = 0;
  let origName = 0;
  let origIp = 0;
  let i = ok ? peer.next : at;
  while (i < s.end) {
    if (s.buf[i] === 44) i++;
    i = s.skip(i);
    if (i >= s.end) break;
    const stop = s.to(44, i);
    if (s.is(i, USERNAME)) login = s.id(i + 14, stop);
    else if (s.is(i, ORIG_ID)) origId = s.id(i + 14, stop);
    else if (s.is(i, ORIG_CLIENT) && readPeer(s, i + 12)) {
      origName = s.id(peer.nameFrom, peer.nameTo);
      origIp = s.id(peer.ipFrom, peer.ipTo);
    }
    i = stop;
  }
  if (idTo < 0) {
    s.emit(KIND.proxied);
    s.tok(name);
    s.tok(ip);
    s.tok(login);
  } else {
    s.emit(KIND.accepted);
    s.str(s.at, idTo);
    s.tok(name);
    s.tok(ip);
    s.tok(login);
    s.tok(origId);
    s.tok(origName);
    s.tok(origIp);
  }
  s.num(s.submission ? 1 : 0);
}

/** `at` is after the queue id or NOQUEUE: `reject: RCPT from name[ip]: 550 5.1.1 <to>: text; from=<..> ...`. */
function door(s: Scan, idFrom: number, idTo: number, at: number): void {
  const k = ACTIONS_AT_DOOR.at(s, at);
  const from = k < 0 ? -1 : s.search(FROM, at + ACTIONS_AT_DOOR.word(k).length);
  if (from >= 0 && readPeer(s, from + 6)) {
    const name = s.id(peer.nameFrom, peer.nameTo);
    const ip = s.id(peer.ipFrom, peer.ipTo);
    let i = peer.next;
    if (s.buf[i] === 58) i++;
    i = s.skip(i);
    const code = s.int(i);
    if (code > 0) i = s.skip(i + 3);
    const dsn = s.dsn(i);
    if (dsn > 0) i = s.skip(s.to(32, i));
    readEnvelope(s, i);
    const grey = code >= 400 && code < 500 && saysGreylisted(s, i, envelope.at);
    s.emit(KIND.reject);
    s.str(idFrom, idTo);
    s.num(ACTIONS_AT_DOOR.number(k));
    s.num(code);
    s.num(dsn);
    s.tok(name);
    s.tok(ip);
    s.str(envelope.fromFrom, envelope.fromTo);
    s.str(envelope.toFrom, envelope.toTo);
    s.str(envelope.heloFrom, envelope.heloTo);
    s.num(s.reason(i, envelope.at));
    s.num(grey ? 1 : 0);
    return;
  }
  if (idTo > idFrom) {
    s.emit(KIND.queueLine);
    s.str(idFrom, idTo);
  }
}

function proxyEnd(s: Scan): void {
  // proxy-accept: END-OF-MESSAGE: 250 2.0.0 ... queued as Q; from=<..>   proxy-reject: END-OF-MESSAGE: 554 5.7.0 ...
  let i = s.to(58, s.at + PROXY.length) + 1;
  i = s.skip(s.to(58, i) + 1);
  const code = s.int(i);
  const dsn = s.dsn(s.skip(i + 3));
  readEnvelope(s, i);
  const stop = envelope.at;
  const q = s.search(QUEUED_AS, i);
  let queuedFrom = 0;
  let queuedTo = 0;
  if (q > 0 && q < stop) {
    queuedFrom = q + 10;
    queuedTo = queuedFrom;
    while (queuedTo < stop && s.buf[queuedTo] > 47 && s.buf[queuedTo] !== 59) queuedTo++;
  }
  const idAt = s.search(SCAN_ID, i);
  s.emit(KIND.proxyEnd);
  s.str(queuedFrom, queuedTo);
  s.num(code);
  s.num(dsn);
  s.str(idAt > 0 && idAt < stop ? idAt + 3 : 0, idAt > 0 && idAt < stop ? Math.min(stop, s.to(32, idAt + 3)) : 0);
  s.str(envelope.fromFrom, envelope.fromTo);
  s.str(envelope.toFrom, envelope.toTo);
  // an accepting reply names the next queue id, which is stored already
  s.num(queuedTo > queuedFrom ? 0 : s.reason(i, stop));
}

function warning(s: Scan): void {
  const sasl = s.search(SASL, s.at + 9);
  if (sasl > 0 && s.search(AUTH_FAILED, sasl + 7) > 0 && readPeer(s, s.at + 9)) {
    const name = s.id(peer.nameFrom, peer.nameTo);
    const ip = s.id(peer.ipFrom, peer.ipTo);
    const user = s.search(USERNAME, sasl);
    s.emit(KIND.authFailed);
    s.tok(name);
    s.tok(ip);
    s.str(user > 0 ? user + 14 : 0, user > 0 ? Math.min(s.to(44, user), s.end) : 0);
  }
}

function read(s: Scan): void {
  const c = s.buf[s.at];
  if (c === 99 && s.is(s.at, CONNECT)) {
    if (!readPeer(s, s.at + 13)) return;
    s.emit(KIND.connect);
    s.str(peer.nameFrom, peer.nameTo);
    s.str(peer.ipFrom, peer.ipTo);
    s.num(s.submission ? 1 : 0);
    return;
  }
  if (c === 100 && s.is(s.at, DISCONNECT)) {
    const named = readPeer(s, s.at + DISCONNECT.length);
    s.emit(KIND.disconnect);
    s.str(named ? peer.ipFrom : 0, named ? peer.ipTo : 0);
    return;
  }
  const idTo = s.queueId(s.at);
  if (idTo > 0) {
    const at = idTo + 2;
    if (s.is(at, CLIENT)) accepted(s, idTo, at + 7);
    else door(s, s.at, idTo, at);
    return;
  }
  if (c === 78 && s.is(s.at, NOQUEUE)) {
    if (s.is(s.at + 9, CLIENT)) accepted(s, -1, s.at + 16);
    else door(s, 0, 0, s.at + 9);
    return;
  }
  if (c === 119 && s.is(s.at, WARNING)) {
    warning(s);
    return;
  }
  if (c === 112 && s.is(s.at, PROXY)) {
    proxyEnd(s);
    return;
  }
  if (c === 109 && s.is(s.at, REPEATED)) {
    const open = s.search(OPEN, s.at);
    if (open < 0 || !readPeer(s, open + 4)) return;
    s.emit(KIND.repeated);
    s.str(peer.ipFrom, peer.ipTo);
    s.num(s.int(s.at + REPEATED.length));
    return;
  }
  if (c === 65 || c === 84 || c === 85 || c === 86) {
    const tls = s.search(TLS_FROM, s.at);
    if (tls > 0 && tls < s.at + 12) {
      const v = tlsVersion(s, s.to(93, tls));
      s.emit(KIND.tls);
      s.num(v);
    }
  }
}

export function parseSmtpd(s: Scan): void {
  read(s);
  if (!s.emitted) {
    const address = s.search(NOT_RESOLVED, s.at);
    if (address > 0) {
      // it comes before the connect that it is about
      const from = address + NOT_RESOLVED.length;
      const end = s.search(COLON_SPACE, from);
      s.emit(KIND.smtpdLine);
      s.num(0);
      s.str(from, end > 0 ? end : s.end);
      return;
    }
    // "lost connection after RCPT from name[ip]" and the like: the client, for a session whose beginning is missing
    const from = s.search(FROM, s.at);
    const named = from > 0 && readPeer(s, from + 6);
    s.emit(KIND.smtpdLine);
    s.str(named ? peer.nameFrom : 0, named ? peer.nameTo : 0);
    s.str(named ? peer.ipFrom : 0, named ? peer.ipTo : 0);
  }
}

export const postfixSmtpd: Dialect = {
  name: 'postfix-smtpd',
  compiled: true,
  postfix: true,
  programs: ['smtpd'],
  parse: parseSmtpd,
  samples: [
    {
      line: 'Jul 12 07:47:48 mx1 postfix/smtpd[8738]: NOQUEUE: reject: VRFY from unknown[2001:db8::4]: 550 5.1.1 <nobody@example.com>: Recipient address rejected: User unknown in local recipient table; to=<nobody@example.com> proto=SMTP helo=<me>',
      kind: 'reject',
      fields: {
        action: 'reject',
        code: 550,
        dsn: '5.1.1',
        clientName: 'unknown',
        clientIp: '2001:db8::4',
        to: 'nobody@example.com',
        helo: 'me',
        reason: '<>: Recipient address rejected: User unknown in local recipient table',
      },
    },
    {
      line: 'Aug 14 10:00:01 mx1 postfix/smtpd[1234]: warning: hostname bad.example.com does not resolve to address 2001:db8::44: Name or service not known',
      kind: 'smtpdLine',
      fields: { clientIp: '2001:db8::44' },
    },
    {
      line: 'Nov  2 00:00:01 mx1 postfix/smtpd[1668]: lost connection after RSET from out0.example.org[192.0.2.7]',
      kind: 'smtpdLine',
      fields: { clientName: 'out0.example.org', clientIp: '192.0.2.7' },
    },
    {
      line: 'Nov  2 00:00:00 mx1 postfix/smtpd[1644]: message repeated 3 times: [ warning: unknown[192.0.2.9]: SASL LOGIN authentication failed: UGFzc3dvcmQ6]',
      kind: 'repeated',
      fields: { clientIp: '192.0.2.9', times: 3 },
    },
    {
      line: 'Nov  2 00:00:00 mx1 postfix/smtpd[1644]: connect from smtp0.example.net[192.0.2.94]',
      kind: 'connect',
      fields: { clientName: 'smtp0.example.net', clientIp: '192.0.2.94' },
    },
    {
      line: 'Nov  2 00:00:01 mx1 postfix/smtpd[1644]: disconnect from smtp0.example.net[192.0.2.94] ehlo=1 mail=1 rcpt=1 data=1 quit=1 commands=5',
      kind: 'disconnect',
      fields: { clientIp: '192.0.2.94' },
    },
    {
      line: 'Nov  2 00:00:01 mx1 postfix/smtpd[1668]: Anonymous TLS connection established from out0.example.org[2001:db8::25]: TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits) key-exchange X25519 server-signature RSA-PSS (2048 bits) server-digest SHA256',
      kind: 'tls',
      fields: { version: 5 },
    },
    {
      line: 'Nov  2 00:00:02 mx1 postfix/smtpd[1644]: B9C25145580: client=localhost[127.0.0.1], orig_queue_id=4F505145581, orig_client=out0.example.org[192.0.2.7]',
      kind: 'accepted',
      fields: {
        queueId: 'B9C25145580',
        clientName: 'localhost',
        clientIp: '127.0.0.1',
        origQueueId: '4F505145581',
        origName: 'out0.example.org',
        origIp: '192.0.2.7',
      },
    },
    {
      line: 'Nov 28 22:50:29 smtp postfix/submission/smtpd[70013]: 3p7RMT0zrYz20p: client=unknown[192.168.0.100], sasl_method=DIGEST-MD5, sasl_username=user@example.com',
      kind: 'accepted',
      fields: {
        queueId: '3p7RMT0zrYz20p',
        clientName: 'unknown',
        clientIp: '192.168.0.100',
        login: 'user@example.com',
        service: 1,
      },
    },
    {
      line: 'Nov  2 00:00:02 mx1 postfix/smtpd[1644]: NOQUEUE: client=out0.example.org[192.0.2.7]',
      kind: 'proxied',
      fields: { clientName: 'out0.example.org', clientIp: '192.0.2.7' },
    },
    {
      line: 'Nov  2 00:00:02 mx1 postfix/smtpd[1644]: proxy-accept: END-OF-MESSAGE: 250 2.0.0 from MTA(smtp:[127.0.0.1]:10013): 250 2.0.0 Ok: queued as DF66E940333; from=<a@example.com> to=<b@example.net> proto=ESMTP helo=<[127.0.0.1]>',
      kind: 'proxyEnd',
      fields: {
        queuedAs: 'DF66E940333',
        code: 250,
        dsn: '2.0.0',
        from: 'a@example.com',
        to: 'b@example.net',
      },
    },
    {
      line: 'Nov  2 00:00:02 mx1 postfix/smtpd[1644]: proxy-reject: END-OF-MESSAGE: 554 5.7.0 Reject, id=01710-01 - spam; from=<a@example.com> to=<b@example.net> proto=ESMTP helo=<x>',
      kind: 'proxyEnd',
      fields: {
        code: 554,
        dsn: '5.7.0',
        scanId: '01710-01',
        from: 'a@example.com',
        to: 'b@example.net',
        reason: '554 5.7.0 Reject, id=01710-01 - spam',
      },
    },
    {
      line: 'Jul 12 07:47:48 saturn postfix/smtpd[8738]: NOQUEUE: reject: RCPT from host.example.com[192.0.2.4]: 554 5.7.1 <smtp@example.com>: Relay access denied; from=<john@example.com> to=<smtp@example.org> proto=SMTP helo=<198.51.100.17>',
      kind: 'reject',
      fields: {
        action: 'reject',
        code: 554,
        dsn: '5.7.1',
        clientName: 'host.example.com',
        clientIp: '192.0.2.4',
        from: 'john@example.com',
        to: 'smtp@example.org',
        helo: '198.51.100.17',
        reason: '<>: Relay access denied',
      },
    },
    {
      line: 'Nov  2 00:00:03 mx1 postfix/smtpd[99]: NOQUEUE: reject: RCPT from a.example[192.0.2.9]: 450 4.2.0 <u@example.net>: Recipient address rejected: Greylisted, see http://postgrey.example/help/example.net.html; from=<s@a.example> to=<u@example.net> proto=ESMTP helo=<a.example>',
      kind: 'reject',
      fields: {
        action: 'reject',
        code: 450,
        dsn: '4.2.0',
        clientName: 'a.example',
        clientIp: '192.0.2.9',
        from: 's@a.example',
        to: 'u@example.net',
        helo: 'a.example',
        reason: '<>: Recipient address rejected: Greylisted, see http://postgrey.example/help/example.net.html',
        greylisted: 1,
      },
    },
    {
      line: 'Nov  2 00:00:03 mx1 postfix/smtps/smtpd[99]: warning: unknown[192.0.2.9]: SASL LOGIN authentication failed: UGFzc3dvcmQ6, sasl_username=info@example.net',
      kind: 'authFailed',
      fields: { clientName: 'unknown', clientIp: '192.0.2.9', user: 'info@example.net' },
    },
  ],
};
