/** Postfix postscreen(8), dnsblog(8), tlsproxy(8): the doorman in front of smtpd. */
import { KIND } from '../scan/records.ts';
import { bytes } from '../scan/machine.ts';
import type { Scan } from '../scan/scan.ts';
import type { Dialect } from './dialect.ts';
import { Choice, envelope, peer, readEnvelope, readPeer } from './keys.ts';

const CONNECT = bytes('CONNECT from ');
const PASS = bytes('PASS ');
const DISCONNECT = bytes('DISCONNECT ');
const REJECT = bytes('NOQUEUE: reject: ');
const FROM = bytes(' from ');
const FOR = bytes(' for ');
const ADDR = bytes('addr ');
const LISTED_BY = bytes(' listed by domain ');

const EVENT = new Choice()
  .or('DNSBL ', 1)
  .or('PREGREET ', 2)
  .or('HANGUP ', 3)
  .or('BARE NEWLINE ', 4)
  .or('COMMAND PIPELINING ', 5)
  .or('NON-SMTP COMMAND ', 6)
  .or('COMMAND COUNT LIMIT ', 7)
  .or('COMMAND TIME LIMIT ', 7)
  .or('COMMAND LENGTH LIMIT ', 7)
  .or('ALLOWLIST VETO ', 10)
  .or('WHITELIST VETO ', 10)
  .or('ALLOWLISTED ', 8)
  .or('WHITELISTED ', 8)
  .or('DENYLISTED ', 9)
  .or('BLACKLISTED ', 9);

function withPeer(s: Scan, kind: number, from: number): boolean {
  if (!readPeer(s, from)) return false;
  s.emit(kind);
  s.str(peer.ipFrom, peer.ipTo);
  s.num(peer.port);
  return true;
}

function reject(s: Scan): void {
  const from = s.search(FROM, s.at + REJECT.length);
  if (from < 0 || !readPeer(s, from + 6)) return;
  const ip = s.id(peer.ipFrom, peer.ipTo);
  const port = peer.port;
  let i = s.skip(s.buf[peer.next] === 58 ? peer.next + 1 : peer.next);
  const code = s.int(i);
  if (code > 0) i = s.skip(i + 3);
  const dsn = s.dsn(i);
  if (dsn > 0) i = s.skip(s.to(32, i));
  readEnvelope(s, i);
  s.emit(KIND.screenReject);
  s.tok(ip);
  s.num(port);
  s.num(code);
  s.num(dsn);
  s.str(envelope.fromFrom, envelope.fromTo);
  s.str(envelope.toFrom, envelope.toTo);
  s.str(envelope.heloFrom, envelope.heloTo);
  s.num(s.reason(i, envelope.at));
}

export function parsePostscreen(s: Scan): void {
  const c = s.buf[s.at];
  if (c === 67 && s.is(s.at, CONNECT)) {
    // tlsproxy writes the same words about the same client and port: then it is one more line of the session
    withPeer(s, KIND.screenOpen, s.at + 13);
    return;
  }
  if (c === 80 && s.is(s.at, PASS)) {
    withPeer(s, KIND.screenPass, s.at + 5);
    return;
  }
  if (c === 68 && s.is(s.at, DISCONNECT)) {
    withPeer(s, KIND.screenEnd, s.at + 11);
    return;
  }
  if (c === 78 && s.is(s.at, REJECT)) {
    reject(s);
    return;
  }
  if (c === 97 && s.is(s.at, ADDR)) {
    const by = s.search(LISTED_BY, s.at + 5);
    if (by < 0) return;
    s.emit(KIND.listed);
    s.str(s.at + 5, by);
    s.str(by + LISTED_BY.length, s.to(32, by + LISTED_BY.length));
    return;
  }
  const k = EVENT.at(s, s.at);
  if (k < 0) return;
  const from = s.search(FROM, s.at);
  const other = from >= 0 ? from + 6 : Math.max(s.search(FOR, s.at) + 5, s.at + EVENT.word(k).length);
  if (withPeer(s, KIND.screenLine, other)) s.num(EVENT.number(k));
}

export const postfixPostscreen: Dialect = {
  name: 'postfix-postscreen',
  compiled: true,
  postfix: true,
  programs: ['postscreen', 'dnsblog', 'tlsproxy'],
  parse: parsePostscreen,
  samples: [
    {
      line: 'Nov  2 00:00:00 mx1 postfix/postscreen[1546]: CONNECT from [192.0.2.54]:9650 to [192.0.2.25]:25',
      kind: 'screenOpen',
      fields: { clientIp: '192.0.2.54', port: 9650 },
    },
    {
      line: 'Nov  2 00:00:00 mx1 postfix/postscreen[1546]: PASS NEW [2001:db8::4]:9650',
      kind: 'screenPass',
      fields: { clientIp: '2001:db8::4', port: 9650 },
    },
    {
      line: 'Nov  2 00:00:00 mx1 postfix/postscreen[1546]: PREGREET 24 after 0.68 from [192.0.2.54]:46441: EHLO rile\\r\\n',
      kind: 'screenLine',
      fields: { clientIp: '192.0.2.54', port: 46441, what: 2 },
    },
    {
      line: 'Nov  2 00:00:00 mx1 postfix/postscreen[1546]: DNSBL rank 4 for [192.0.2.54]:46441',
      kind: 'screenLine',
      fields: { clientIp: '192.0.2.54', port: 46441, what: 1 },
    },
    {
      line: 'Nov  2 00:00:00 mx1 postfix/postscreen[1546]: NOQUEUE: reject: RCPT from [192.0.2.54]:46441: 550 5.7.1 Service unavailable; client [192.0.2.54] blocked using zen.example.org; from=<a@example.com>, to=<b@example.net>, proto=ESMTP, helo=<x.example>',
      kind: 'screenReject',
      fields: {
        clientIp: '192.0.2.54',
        port: 46441,
        code: 550,
        dsn: '5.7.1',
        from: 'a@example.com',
        to: 'b@example.net',
        helo: 'x.example',
        reason: 'Service unavailable; client [] blocked using zen.example.org',
      },
    },
    {
      line: 'Nov  2 00:00:00 mx1 postfix/postscreen[1546]: DISCONNECT [192.0.2.54]:46441',
      kind: 'screenEnd',
      fields: { clientIp: '192.0.2.54', port: 46441 },
    },
    {
      line: 'Nov  2 00:00:00 mx1 postfix/dnsblog[99]: addr 192.0.2.54 listed by domain zen.example.org as 127.0.0.4',
      kind: 'listed',
      fields: { clientIp: '192.0.2.54', list: 'zen.example.org' },
    },
  ],
};
