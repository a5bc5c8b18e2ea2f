/** Postfix cleanup(8), qmgr(8), pickup(8), bounce(8), postsuper(1): the life of a queue id. */
import { ACTION, KIND } from '../scan/records.ts';
import { bytes } from '../scan/machine.ts';
import type { Scan } from '../scan/scan.ts';
import type { Dialect } from './dialect.ts';
import { angleEnd, Choice, envelope, peer, readEnvelope, readPeer, saysGreylisted } from './keys.ts';

const MESSAGE_ID = bytes('message-id=');
const FROM = bytes('from=<');
const FROM_BARE = bytes('from=');
const SIZE = bytes(', size=');
const NRCPT = bytes(', nrcpt=');
const REMOVED = bytes('removed');
const EXPIRED = bytes('status=expired');
const FORCED = bytes('status=force-expired');
const NOTIFICATION = bytes('notification: ');
const DELAY = bytes('delay');
const ON_HOLD = bytes('placed on hold');
const RELEASED = bytes('released from hold');
const SPACE_FROM = bytes(' from ');
const PLAIN_FROM = bytes(' from=<');
const FROM_LOCAL = bytes(' from local');
const ENVELOPE = bytes('; from=<');
const WARNING = bytes('warning: ');

const VERDICTS = new Choice()
  .or('milter-reject: ', ACTION.reject)
  .or('milter-discard: ', ACTION.discard)
  .or('milter-hold: ', ACTION.hold)
  .or('reject: ', ACTION.reject)
  .or('discard: ', ACTION.discard)
  .or('hold: ', ACTION.hold)
  .or('warning: ', ACTION.warn)
  .or('redirect: ', ACTION.redirect)
  .or('filter: ', ACTION.filter);

function queueLine(s: Scan, idTo: number): void {
  s.emit(KIND.queueLine);
  s.str(s.at, idTo);
}

/**
 * milter-reject: END-OF-MESSAGE from name[ip]: 5.7.1 text; from=<..> to=<..> proto=.. helo=<..>
 * reject: header Subject: x from name[ip]; from=<..> to=<..> proto=.. helo=<..>: 5.7.1 text
 */
function judged(s: Scan, idTo: number, action: number, at: number): void {
  const semi = s.search(ENVELOPE, at);
  let from = s.search(SPACE_FROM, at);
  if (semi > 0) {
    // A header may itself hold " from ": the client is the last one before the envelope.
    for (let k = from; k >= 0 && k < semi; k = s.search(SPACE_FROM, k + 1)) from = k;
  }
  let name = 0;
  let ip = 0;
  let i = at;
  if (from > 0 && s.is(from, FROM_LOCAL)) i = from + FROM_LOCAL.length;
  else if (from > 0 && readPeer(s, from + 6)) {
    name = s.id(peer.nameFrom, peer.nameTo);
    ip = s.id(peer.ipFrom, peer.ipTo);
    i = peer.next;
  }
  readEnvelope(s, i);
  let reasonFrom = s.skip(s.buf[i] === 58 ? i + 1 : i);
  let reasonTo = envelope.at;
  if (reasonTo <= reasonFrom + 1 && envelope.heloTo > 0) {
    // header checks put the text behind the envelope
    reasonFrom = s.skip(envelope.heloTo + 2);
    reasonTo = s.end;
  }
  const code = s.buf[reasonFrom + 3] === 32 ? s.int(reasonFrom) : 0;
  const dsn = s.dsn(code > 0 ? reasonFrom + 4 : reasonFrom);
  const grey = action === ACTION.reject && dsn >>> 20 === 4 && saysGreylisted(s, reasonFrom, reasonTo);
  s.emit(KIND.judged);
  s.str(s.at, idTo);
  s.num(action);
  s.num(dsn);
  s.tok(name);
  s.tok(ip);
  s.str(envelope.fromFrom, envelope.fromTo);
  s.str(envelope.toFrom, envelope.toTo);
  s.num(s.reason(reasonFrom, reasonTo));
  s.num(grey ? 1 : 0);
}

function cleanup(s: Scan, idTo: number): void {
  const at = idTo + 2;
  if (s.is(at, MESSAGE_ID)) {
    let from = at + 11;
    let to = s.end;
    if (s.buf[from] === 60) from++;
    if (to > from && s.buf[to - 1] === 62) to--;
    s.emit(KIND.messageId);
    s.str(s.at, idTo);
    s.str(from, to);
    return;
  }
  const verdict = VERDICTS.at(s, at);
  if (verdict >= 0) {
    judged(s, idTo, VERDICTS.number(verdict), at + VERDICTS.word(verdict).length);
    return;
  }
  queueLine(s, idTo);
}

function qmgr(s: Scan, idTo: number): void {
  const at = idTo + 2;
  if (s.buf[at] === 114 && s.is(at, REMOVED)) {
    s.emit(KIND.removed);
    s.str(s.at, idTo);
    return;
  }
  if (s.is(at, FROM_BARE)) {
    const angle = s.is(at, FROM);
    const from = angle ? at + 6 : at + 5;
    const to = angle ? angleEnd(s, from) : s.to(44, from);
    const size = s.search(SIZE, to);
    if (size >= 0) {
      const nrcpt = s.search(NRCPT, size + 7);
      s.emit(KIND.active);
      s.str(s.at, idTo);
      s.str(from, to);
      s.num(s.int(size + 7));
      s.num(nrcpt > 0 ? s.int(nrcpt + 8) : 0);
      return;
    }
    if (s.search(EXPIRED, to) > 0 || s.search(FORCED, to) > 0) {
      s.emit(KIND.expired);
      s.str(s.at, idTo);
      s.str(from, to);
      return;
    }
  }
  queueLine(s, idTo);
}

export function parseQueue(s: Scan): void {
  const idTo = s.queueId(s.at);
  if (idTo < 0) {
    // "warning: QUEUEID: sender_canonical_maps map lookup problem for .."
    const named = s.is(s.at, WARNING) ? s.queueId(s.at + WARNING.length) : -1;
    if (named > 0) {
      s.emit(KIND.queueLine);
      s.str(s.at + WARNING.length, named);
    }
    return;
  }
  const at = idTo + 2;
  const c = s.buf[at];
  // The verbs of these daemons do not overlap, so what the line says decides, not who says it.
  if (c === 109 && (s.is(at, MESSAGE_ID) || s.buf[at + 6] === 45)) return cleanup(s, idTo);
  if (c === 102) return qmgr(s, idTo);
  if (c === 114 && s.is(at, REMOVED)) return qmgr(s, idTo);
  if (c === 117) {
    // uid=0 from=<root>
    const from = s.search(PLAIN_FROM, at);
    s.emit(KIND.pickup);
    s.str(s.at, idTo);
    s.str(from > 0 ? from + 7 : 0, from > 0 ? angleEnd(s, from + 7) : 0);
    return;
  }
  const note = s.buf[at] === 115 || s.buf[at] === 112 ? s.search(NOTIFICATION, at) : -1;
  if (note > 0) {
    // sender non-delivery notification: CHILD
    const delay = s.search(DELAY, at);
    s.emit(KIND.notification);
    s.str(s.at, idTo);
    s.str(note + 14, s.end);
    s.num(delay > 0 && delay < note ? 1 : 0);
    return;
  }
  if (s.is(at, ON_HOLD) || s.is(at, RELEASED)) {
    const on = s.is(at, ON_HOLD);
    s.emit(KIND.held);
    s.str(s.at, idTo);
    s.num(on ? 1 : 0);
    return;
  }
  cleanup(s, idTo);
}

export const postfixQueue: Dialect = {
  name: 'postfix-queue',
  compiled: true,
  postfix: true,
  programs: ['cleanup', 'qmgr', 'oqmgr', 'nqmgr', 'pickup', 'bounce', 'postsuper', 'trivial-rewrite', 'showq', 'flush'],
  parse: parseQueue,
  samples: [
    {
      line: 'Nov  2 00:00:00 mx1 postfix/cleanup[1652]: BA0D5145580: message-id=<c19fb4b5@example.com>',
      kind: 'messageId',
      fields: { queueId: 'BA0D5145580', messageId: 'c19fb4b5@example.com' },
    },
    {
      line: 'Nov  2 00:00:00 mx1 postfix/cleanup[1652]: BA0D5145580: message-id=<>',
      kind: 'messageId',
      fields: { queueId: 'BA0D5145580' },
    },
    {
      line: 'Nov  2 00:00:00 mx1 postfix/cleanup[1652]: BA0D5145580: milter-reject: END-OF-MESSAGE from a.example[192.0.2.1]: 5.7.1 Spam message rejected; from=<x@a.example> to=<y@example.net> proto=ESMTP helo=<a.example>',
      kind: 'judged',
      fields: {
        queueId: 'BA0D5145580',
        action: 'reject',
        dsn: '5.7.1',
        clientName: 'a.example',
        clientIp: '192.0.2.1',
        from: 'x@a.example',
        to: 'y@example.net',
        reason: '5.7.1 Spam message rejected',
      },
    },
    {
      line: 'Nov  2 00:00:00 mx1 postfix/cleanup[1652]: 3mPVKl0Mhjz7sXv: reject: header Subject: win from home from a.example[192.0.2.1]; from=<x@a.example> to=<y@example.net> proto=ESMTP helo=<a.example>: 5.7.1 not here',
      kind: 'judged',
      fields: {
        queueId: '3mPVKl0Mhjz7sXv',
        action: 'reject',
        dsn: '5.7.1',
        clientName: 'a.example',
        clientIp: '192.0.2.1',
        from: 'x@a.example',
        to: 'y@example.net',
        reason: '5.7.1 not here',
      },
    },
    {
      line: 'Nov  2 00:00:01 mx1 postfix/qmgr[1544]: BA0D5145580: from=<vera@example.com>, size=9456, nrcpt=1 (queue active)',
      kind: 'active',
      fields: { queueId: 'BA0D5145580', from: 'vera@example.com', size: 9456, recipients: 1 },
    },
    {
      line: 'Sep 25 12:07:56 rory postfix/qmgr[1626]: ED373F8043E: from=rory@rory.localdomain, size=270, nrcpt=1 (queue active)',
      kind: 'active',
      fields: { queueId: 'ED373F8043E', from: 'rory@rory.localdomain', size: 270, recipients: 1 },
    },
    {
      line: 'Nov  2 00:00:01 mx1 postfix/qmgr[1544]: BA0D5145580: removed',
      kind: 'removed',
      fields: { queueId: 'BA0D5145580' },
    },
    {
      line: 'Nov  2 00:00:01 mx1 postfix/qmgr[1544]: BA0D5145580: from=<a@example.com>, status=expired, returned to sender',
      kind: 'expired',
      fields: { queueId: 'BA0D5145580', from: 'a@example.com' },
    },
    {
      line: 'Nov  2 00:00:01 mx1 postfix/pickup[1544]: BA0D5145580: uid=0 from=<root>',
      kind: 'pickup',
      fields: { queueId: 'BA0D5145580', from: 'root' },
    },
    {
      line: 'Nov  2 00:00:01 mx1 postfix/bounce[1544]: BA0D5145580: sender non-delivery notification: 1B0D5145581',
      kind: 'notification',
      fields: { queueId: 'BA0D5145580', child: '1B0D5145581' },
    },
    {
      line: 'Nov  2 00:00:01 mx1 postfix/bounce[1544]: BA0D5145580: sender delay notification: 1B0D5145581',
      kind: 'notification',
      fields: { queueId: 'BA0D5145580', child: '1B0D5145581', delay: 1 },
    },
    {
      line: 'Nov  6 01:01:03 mailq2 postfix/postsuper[1936]: 3nsRhm5bH5z306M: placed on hold',
      kind: 'held',
      fields: { queueId: '3nsRhm5bH5z306M', on: 1 },
    },
  ],
};
