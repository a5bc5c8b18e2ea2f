/** Postfix delivery agents: smtp(8), lmtp(8), local(8), virtual(8), pipe(8), error(8), discard(8). */
import { KIND, STATUS } from '../scan/records.ts';
import { bytes } from '../scan/machine.ts';
import type { Scan } from '../scan/scan.ts';
import type { Dialect } from './dialect.ts';
import { angleEnd } from './keys.ts';

const TO = bytes('to=');
const ORIG_TO = bytes('orig_to=');
const RELAY = bytes('relay=');
const DELAY = bytes('delay=');
const DELAYS = bytes('delays=');
const DSN = bytes('dsn=');
const STATUS_IS = bytes('status=');
const QUEUED_AS = bytes('queued as ');
const FORWARDED_AS = bytes('(forwarded as ');
const SAVED = bytes(' Saved');
const DISCARDED = bytes('iscard');
const LOOPBACK4 = bytes('127.');
const LOOPBACK6 = bytes('::1]');

/** `status=` words of Postfix (smtp(8), verify(8)) by first letter and length. */
function statusOf(s: Scan, from: number, to: number): number {
  switch (s.buf[from]) {
    case 115:
      return STATUS.sent;
    case 98:
      return STATUS.bounced;
    case 100:
      return to - from === 8 ? STATUS.deferred : STATUS.sent; // deferred | deliverable
    case 117:
      return STATUS.bounced; // undeliverable
    case 101:
      return STATUS.expired;
    case 83:
      return STATUS.deferred; // SOFTBOUNCE
    default:
      return STATUS.none;
  }
}

/** A relay on this machine: the next queue id is ours too, so it is worth storing. */
function isLocal(s: Scan, from: number, to: number): boolean {
  let open = from;
  while (open < to && s.buf[open] !== 91) open++;
  if (open >= to) return true; // none, local, virtual, a pipe's name
  return s.is(open + 1, LOOPBACK4) || s.is(open + 1, LOOPBACK6) || s.buf[open + 1] > 57; // [private/dovecot-lmtp]
}

function delivery(s: Scan, idTo: number, at: number): void {
  const b = s.buf;
  const angle = b[at + 3] === 60;
  const toFrom = angle ? at + 4 : at + 3;
  const toTo = angle ? angleEnd(s, toFrom) : s.to(44, toFrom);
  const to = s.id(toFrom, toTo);
  let original = 0;
  let relayFrom = 0;
  let relayTo = 0;
  let delay = 0;
  let d0 = 0;
  let d1 = 0;
  let d2 = 0;
  let d3 = 0;
  let dsn = 0;
  let status = 0;
  let text = s.end;
  let i = toTo + 1;
  while (i < s.end) {
    while (i < s.end && (b[i] === 44 || b[i] === 32)) i++;
    const c = b[i];
    if (c === 115 && s.is(i, STATUS_IS)) {
      const stop = s.to(32, i + 7);
      status = statusOf(s, i + 7, stop);
      text = Math.min(s.end, stop + 1);
      break;
    }
    if (c === 111 && s.is(i, ORIG_TO)) {
      const a = b[i + 8] === 60;
      const from = a ? i + 9 : i + 8;
      const stop = a ? angleEnd(s, from) : s.to(44, from);
      original = s.id(from, stop);
      i = stop + 1;
      continue;
    }
    s.after = i;
    if (c === 100) {
      if (b[i + 5] === 61 && s.is(i, DELAY)) delay = s.decimal(i + 6, 1000);
      else if (b[i + 1] === 115 && s.is(i, DSN)) dsn = s.dsn(i + 4);
      else if (s.is(i, DELAYS)) {
        d0 = s.decimal(i + 7, 1000);
        d1 = s.decimal(s.to(47, s.after) + 1, 1000);
        d2 = s.decimal(s.to(47, s.after) + 1, 1000);
        d3 = s.decimal(s.to(47, s.after) + 1, 1000);
      }
    }
    const stop = s.to(44, s.after);
    if (c === 114 && s.is(i, RELAY)) {
      relayFrom = i + 6;
      relayTo = stop;
    }
    i = stop;
  }
  const local = isLocal(s, relayFrom, relayTo);
  let reason = 0;
  let queuedAs = 0;
  let hop = 0;
  let child = 0;
  let session = 0;
  if (status === STATUS.sent) {
    let e = s.end;
    if (b[e - 1] === 41) e--;
    let k = e;
    while (k > text && b[k - 1] !== 32) k--;
    if (k - 10 >= text && s.is(k - 10, QUEUED_AS)) {
      if (local) queuedAs = s.id(k, e);
      else hop = s.hashed(k, e);
    } else if (b[text + 1] === 102 && s.is(text, FORWARDED_AS)) child = s.id(k, e);
    else if (e - k === 5 && s.is(k - 1, SAVED)) {
      // 250 2.0.0 <user> SESSION[:N] Saved
      let f = k - 1;
      while (f > text && b[f - 1] !== 32) f--;
      let g = f;
      while (g < k - 1 && b[g] !== 58) g++;
      session = s.id(f, g);
    } else if (local && relayFrom > 0) {
      const discarded = s.search(DISCARDED, text);
      if (discarded > 0) status = STATUS.discarded;
    }
  } else {
    let from = text;
    let stop = s.end;
    if (b[from] === 40) {
      from++;
      if (b[stop - 1] === 41) stop--;
    }
    reason = s.reason(from, stop);
  }
  s.emit(KIND.delivery);
  s.str(s.at, idTo);
  s.tok(to);
  s.tok(original);
  s.str(relayFrom, relayTo);
  s.num(dsn);
  s.num(status);
  s.num(delay);
  s.num(d0);
  s.num(d1);
  s.num(d2);
  s.num(d3);
  s.num(reason);
  s.tok(queuedAs);
  s.num(hop);
  s.tok(child);
  s.tok(session);
}

export function parseDelivery(s: Scan): void {
  const idTo = s.queueId(s.at);
  if (idTo < 0) {
    s.emit(KIND.clientLine);
    return;
  }
  const at = idTo + 2;
  if (s.is(at, TO)) return delivery(s, idTo, at);
  s.emit(KIND.queueLine);
  s.str(s.at, idTo);
}

export const postfixDelivery: Dialect = {
  name: 'postfix-delivery',
  compiled: true,
  postfix: true,
  programs: ['smtp', 'lmtp', 'local', 'virtual', 'pipe', 'error', 'retry', 'discard', 'relay', 'spawn'],
  parse: parseDelivery,
  samples: [
    {
      line: 'Jul  5 06:52:11 prd postfix/smtp[22030]: 3mPVKl0Mhjz7sXv: to=<susan@example.org>, relay=mx.example.org[192.0.2.21]:25, conn_use=2, delay=1.2, delays=0.76/0.01/0.09/0.34, dsn=2.0.0, status=sent (250 2.0.0 t5UI2nBt018923 Message accepted for delivery)',
      kind: 'delivery',
      fields: {
        queueId: '3mPVKl0Mhjz7sXv',
        to: 'susan@example.org',
        relay: 'mx.example.org[192.0.2.21]:25',
        dsn: '2.0.0',
        status: 'sent',
        delay: 1200,
        before: 760,
        queued: 10,
        connect: 90,
        transfer: 340,
      },
    },
    {
      line: 'Nov  2 00:00:02 mx1 postfix/smtp[1704]: 4F505145581: to=<info@example.net>, orig_to=<root>, relay=127.0.0.1[127.0.0.1]:10024, delay=1.3, delays=0.1/0/0/1.2, dsn=2.0.0, status=sent (250 2.0.0 from MTA(smtp:[127.0.0.1]:10025): 250 2.0.0 Ok: queued as B9C25145580)',
      kind: 'delivery',
      fields: {
        queueId: '4F505145581',
        to: 'info@example.net',
        originalTo: 'root',
        relay: '127.0.0.1[127.0.0.1]:10024',
        dsn: '2.0.0',
        status: 'sent',
        delay: 1300,
        before: 100,
        transfer: 1200,
        queuedAs: 'B9C25145580',
      },
    },
    {
      line: 'Nov  2 00:00:01 mx1 postfix/lmtp[1683]: BA0D5145580: to=<pierre@example.net>, relay=mx1.example.net[private/dovecot-lmtp], delay=0.6, delays=0.51/0.02/0.01/0.06, dsn=2.0.0, status=sent (250 2.0.0 <pierre@example.net> 6ZmUBPN+nBg0J4ElVaTdPc:2 Saved)',
      kind: 'delivery',
      fields: {
        queueId: 'BA0D5145580',
        to: 'pierre@example.net',
        relay: 'mx1.example.net[private/dovecot-lmtp]',
        dsn: '2.0.0',
        status: 'sent',
        delay: 600,
        before: 510,
        queued: 20,
        connect: 10,
        transfer: 60,
        session: '6ZmUBPN+nBg0J4ElVaTdPc',
      },
    },
    {
      line: 'Nov  2 00:00:01 mx1 postfix/smtp[1683]: BA0D5145580: to=<u@example.org>, relay=mx1.example.org[192.0.2.5]:25, delay=2, delays=0/0/1/1, dsn=4.2.0, status=deferred (host mx1.example.org[192.0.2.5] said: 450 4.2.0 <u@example.org>: Recipient address rejected: Greylisted (in reply to RCPT TO command))',
      kind: 'delivery',
      fields: {
        queueId: 'BA0D5145580',
        to: 'u@example.org',
        relay: 'mx1.example.org[192.0.2.5]:25',
        dsn: '4.2.0',
        status: 'deferred',
        delay: 2000,
        connect: 1000,
        transfer: 1000,
        reason: 'host mx1.example.org[] said: 450 4.2.0 <>: Recipient address rejected: Greylisted',
      },
    },
    {
      line: 'Nov  2 00:00:01 mx1 postfix/local[1683]: BA0D5145580: to=<root@mx1.example.net>, orig_to=<root>, relay=local, delay=0.01, delays=0/0/0/0.01, dsn=2.0.0, status=sent (forwarded as 1A0D5145581)',
      kind: 'delivery',
      fields: {
        queueId: 'BA0D5145580',
        to: 'root@mx1.example.net',
        originalTo: 'root',
        relay: 'local',
        dsn: '2.0.0',
        status: 'sent',
        delay: 10,
        transfer: 10,
        child: '1A0D5145581',
      },
    },
    {
      line: 'Nov  2 00:00:01 mx1 postfix/smtp[1683]: connect to mx.example.org[192.0.2.4]:25: Connection timed out',
      kind: 'clientLine',
    },
  ],
};
