/** rspamd's task log: one long line per message, with queue id, verdict and recipients. */
import { LIMITS } from '../limits.ts';
import { ACTION, KIND } from '../scan/records.ts';
import { bytes, type Literal } from '../scan/machine.ts';
import type { Scan } from '../scan/scan.ts';
import type { Dialect } from './dialect.ts';
import { Choice } from './keys.ts';

const ID = bytes('id: <');
const QUEUE_ID = bytes('queue-id: <');
const QID = bytes('qid: <');
const IP = bytes('ip: ');
const USER = bytes('user: ');
const FROM = bytes('from: <');
const VERDICT = bytes('(default: ');
const LEN = bytes('], len: ');
const LEN_REST = bytes(', len: ');
const RCPTS = bytes(', rcpts: <');
const WRITE_LOG = bytes('rspamd_task_write_log');
const UNDEF = bytes('undef');

const ACTION_NAMES = new Choice()
  .or('no action', ACTION['no action'])
  .or('greylist', ACTION.greylist)
  .or('add header', ACTION['add header'])
  .or('rewrite subject', ACTION['rewrite subject'])
  .or('soft reject', ACTION['soft reject'])
  .or('reject', ACTION.reject)
  .or('quarantine', ACTION.quarantine)
  .or('discard', ACTION.discard);

function task(s: Scan, at: number): void {
  const idAt = s.search(ID, at);
  if (idAt < 0) return;
  let i = s.to(62, idAt + 5);
  const midFrom = s.is(idAt + 5, UNDEF) ? i : idAt + 5;
  const midTo = i;
  let qFrom = 0;
  let qTo = 0;
  let ipFrom = 0;
  let ipTo = 0;
  let userFrom = 0;
  let userTo = 0;
  let from = 0;
  let fromTo = 0;
  while (i < s.end) {
    // ">, key: " up to the verdict
    i = s.to(44, i);
    i = s.skip(i + 1);
    const c = s.buf[i];
    if (c === 113 && s.is(i, QID)) {
      qFrom = i + 6;
      qTo = s.to(62, qFrom);
      i = qTo;
    } else if (c === 105 && s.is(i, IP)) {
      ipFrom = i + 4;
      ipTo = s.to(44, ipFrom);
      i = ipTo;
    } else if (c === 117 && s.is(i, USER)) {
      userFrom = i + 6;
      userTo = s.to(44, userFrom);
      i = userTo;
    } else if (c === 102 && s.is(i, FROM)) {
      from = i + 7;
      fromTo = s.to(62, from);
      i = fromTo;
    } else if (c === 40) break;
    else if (i >= s.end) return;
  }
  // (default: F (no action): [-2.04/15.00] [SYMBOLS...]), len: 9456   or   (no action): [1.5/15.0] [..], len: 1
  let a = i;
  if (s.is(a, VERDICT)) a = s.to(40, a + 1);
  a++;
  const known = ACTION_NAMES.at(s, a);
  const action = known < 0 ? ACTION.none : ACTION_NAMES.number(known);
  const scoreAt = s.to(91, a);
  const score = scoreAt < s.end ? s.decimal(scoreAt + 1, 100) : 0;
  if (
    qTo > qFrom &&
    (action === ACTION['no action'] || action === ACTION['add header'] || action === ACTION['rewrite subject'])
  ) {
    // accepted: the queue id's own lines say the rest, and this line is the longest of all
    s.emit(KIND.rspamd);
    s.str(qFrom, s.is(qFrom, UNDEF) ? qFrom : qTo);
    for (let k = 0; k < 4; k++) s.num(0);
    s.num(action);
    s.num(Math.round(score));
    s.num(0);
    s.num(0);
    return;
  }
  const rcpts = s.search(RCPTS, s.end - 64 > scoreAt ? tailStart(s, scoreAt) : scoreAt);
  const len = backSearch(s, LEN, rcpts > 0 ? rcpts : s.end, scoreAt);
  s.emit(KIND.rspamd);
  s.str(qFrom, s.is(qFrom, UNDEF) ? qFrom : qTo);
  s.str(midFrom, midTo);
  s.str(ipFrom, s.is(ipFrom, UNDEF) ? ipFrom : ipTo);
  s.str(userFrom, userTo);
  s.str(from, fromTo);
  s.num(action);
  s.num(Math.round(score));
  s.num(len > 0 ? s.int(len + 8) : 0);
  const count = s.n;
  s.num(0);
  if (rcpts > 0) {
    let k = rcpts + 10;
    const stop = s.to(62, k);
    let n = 0;
    while (k < stop && n < LIMITS.listedRecipients) {
      const comma = Math.min(stop, s.to(44, k));
      s.str(k, comma);
      n++;
      k = comma + 1;
    }
    s.rec[count] = n;
  }
}

/**
 * Where the symbols end: the search for the recipients starts there. Symbols are most of the line and hold anything,
 * but recipients follow the last "]), len:".
 */
function tailStart(s: Scan, from: number): number {
  const at = backSearch(s, LEN, s.end, from);
  return at > 0 ? at : from;
}

function backSearch(s: Scan, word: Literal, to: number, from: number): number {
  const b = s.buf;
  // ends of lines are short: "], len" or "]), len" stands behind the symbols; match on its last bytes
  for (let i = to - word.length; i >= from; i--) {
    if (b[i] !== 93) continue;
    if (s.is(i, word)) return i;
    if (b[i + 1] === 41 && s.is(i + 2, LEN_REST)) return i + 1;
  }
  return -1;
}

export function parseRspamd(s: Scan): void {
  // <tag>; task; rspamd_task_write_log: ..  |  (normal) <tag>; task; ..
  const semi = s.to(59, s.at);
  for (let i = semi; i < semi + 16; i++) {
    if (s.buf[i] === 114 && s.is(i, WRITE_LOG)) return task(s, i);
  }
  const q = s.search(QUEUE_ID, semi);
  if (q > 0) {
    const stop = s.to(62, q + 11);
    if (s.isQueueId(q + 11, stop)) {
      s.emit(KIND.queueLine);
      s.str(q + 11, stop);
    }
  }
}

export const rspamd: Dialect = {
  name: 'rspamd',
  compiled: true,
  programs: ['rspamd'],
  parse: parseRspamd,
  samples: [
    {
      line: 'Nov  2 00:00:01 mx1 rspamd[1594]: <89143f>; task; rspamd_message_parse: loaded message; id: <c19@example.com>; queue-id: <BA0D5145580>; size: 9456; checksum: <7676fe64>',
      kind: 'queueLine',
      fields: { queueId: 'BA0D5145580' },
    },
    {
      line: 'Nov  2 00:00:01 mx1 rspamd[1594]: <89143f>; task; rspamd_task_write_log: id: <c19@example.com>, qid: <BA0D5145580>, ip: 192.0.2.9, from: <v@example.com>, (default: F (no action): [-2.04/15.00] [MIME_GOOD(-0.10){multipart/alternative;text/plain;},ASN(0.00){asn:24940, ipnet:198.51.0.0/16, country:DE;}]), len: 9456, time: 281.877ms, dns req: 13, digest: <7676fe>, rcpts: <a@example.net,b@example.net>, mime_rcpts: <a@example.net>',
      kind: 'rspamd',
      fields: {
        queueId: 'BA0D5145580',
        action: 'no action',
        score: -204,
      },
    },
    {
      line: 'Nov  2 00:00:01 mx1 rspamd[1594]: <89143f>; task; rspamd_task_write_log: id: <c19@example.com>, qid: <BA0D5145580>, ip: 192.0.2.9, from: <v@example.com>, (default: T (reject): [24.04/15.00] [MIME_GOOD(-0.10){multipart/alternative;text/plain;},ASN(0.00){asn:24940, ipnet:198.51.0.0/16, country:DE;}]), len: 9456, time: 281.877ms, dns req: 13, digest: <7676fe>, rcpts: <a@example.net,b@example.net>, mime_rcpts: <a@example.net>',
      kind: 'rspamd',
      fields: {
        queueId: 'BA0D5145580',
        messageId: 'c19@example.com',
        clientIp: '192.0.2.9',
        from: 'v@example.com',
        action: 'reject',
        score: 2404,
        size: 9456,
        to: ['a@example.net', 'b@example.net'],
      },
    },
    {
      line: '2026-02-01 10:00:02.200 #1001(normal) <d4e5f6>; rspamd_task_write_log: id: <m2@test.example>, qid: <Q002>, ip: 10.0.0.2, (reject): [18.5/15.0] [BAYES_SPAM(5.0),GTUBE(3.5)], len: 2345, time: 15.30ms',
      kind: 'rspamd',
      fields: {
        queueId: 'Q002',
        messageId: 'm2@test.example',
        clientIp: '10.0.0.2',
        action: 'reject',
        score: 1850,
        size: 2345,
      },
    },
  ],
};
