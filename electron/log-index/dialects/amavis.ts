/** amavisd-new 2.x: content filter behind or in front of the queue. */
import { LIMITS } from '../limits.ts';
import { ACTION, KIND, NO_SCORE } from '../scan/records.ts';
import { bytes } from '../scan/machine.ts';
import type { Scan } from '../scan/scan.ts';
import type { Dialect } from './dialect.ts';
import { angleEnd } from './keys.ts';

const PASSED = bytes('Passed ');
const BLOCKED = bytes('Blocked ');
const QUEUE_ID = bytes('Queue-ID: ');
const QUEUED_AS = bytes('queued_as: ');
const QUEUED = bytes('queued as ');
const MESSAGE_ID = bytes('Message-ID: <');
const HITS = bytes('Hits: ');
const SIZE = bytes('size: ');
const ARROW = bytes(' -> ');
const INFECTED = bytes('INFECTED');
const DISCARDED = bytes('Discarded');
const FWD = bytes('FWD ');
/** amavis makes one copy for each set of recipients with equal settings: few, and a record has room for these. */
const COPIES = 64;

function verdict(s: Scan, at: number, idFrom: number, idTo: number, blocked: boolean): void {
  const brace = s.to(123, at);
  let action: number = ACTION.pass;
  if (blocked) {
    const infected = s.search(INFECTED, at) >= 0;
    const discarded = s.search(DISCARDED, brace) >= 0;
    action = discarded ? ACTION.discard : infected ? ACTION.virus : ACTION.reject;
  }
  const arrow = s.search(ARROW, brace);
  let ipFrom = 0;
  let ipTo = 0;
  let from = 0;
  let fromTo = 0;
  if (arrow > 0) {
    // "..., [ip]:port [ip] <from> -> <to>,<to>, quarantine: .., Queue-ID: .., "
    const bracket = s.to(91, brace);
    if (bracket < arrow) {
      ipFrom = bracket + 1;
      ipTo = s.to(93, ipFrom);
    }
    fromTo = arrow - 1;
    from = fromTo;
    while (from > brace && s.buf[from - 1] !== 60) from--;
  }
  let q = 0;
  let queued = 0;
  let mid = 0;
  let midTo = 0;
  let score = NO_SCORE;
  let copies = 0;
  let size = 0;
  let i = arrow > 0 ? arrow : brace;
  const listFrom = arrow > 0 ? arrow + 4 : 0;
  while (i < s.end) {
    i = s.skip(s.to(44, i) + 1);
    const c = s.buf[i];
    if (c === 81 && s.is(i, QUEUE_ID)) q = s.id(i + 10, s.to(44, i));
    else if (c === 113 && s.is(i, QUEUED_AS)) {
      copies = firstOf(s, i + 11);
      queued = s.id(i + 11, copies);
    } else if (c === 77 && s.is(i, MESSAGE_ID)) {
      mid = i + 13;
      midTo = angleEnd(s, mid);
      i = midTo;
    } else if (c === 72 && s.is(i, HITS)) {
      // "Hits: -": nobody asked SpamAssassin
      if (s.buf[i + 6] !== 45 || s.buf[i + 7] !== 44) score = Math.round(s.decimal(i + 6, 100));
    } else if (c === 115 && s.is(i, SIZE)) size = s.int(i + 6);
  }
  s.emit(KIND.amavis);
  s.str(idFrom, idTo);
  if (q !== 0 || queued !== 0) {
    // the queue id's own lines say who and what
    s.tok(q);
    s.tok(queued);
    for (let k = 0; k < 3; k++) s.num(0);
    s.num(action);
    s.num(score);
    s.num(0);
    s.num(0);
    copiesOf(s, copies);
    return;
  }
  s.tok(q);
  s.tok(queued);
  s.str(ipFrom, ipTo);
  s.str(from, fromTo);
  s.str(mid, midTo);
  s.num(action);
  s.num(score);
  s.num(size);
  const count = s.n;
  s.num(0);
  let n = 0;
  let k = listFrom;
  while (listFrom > 0 && k < s.end && s.buf[k] === 60 && n < LIMITS.listedRecipients) {
    const stop = angleEnd(s, k + 1);
    s.str(k + 1, stop);
    n++;
    k = stop + 1;
    if (s.buf[k] === 44) k++;
  }
  s.rec[count] = n;
  s.num(0);
}

/** The ids behind the first one of `queued_as: A/B`, as a list. */
function copiesOf(s: Scan, from: number): void {
  const count = s.n;
  s.num(0);
  let n = 0;
  let i = from;
  while (i > 0 && i < s.end && s.buf[i] === 47 && n < COPIES) {
    const stop = firstOf(s, i + 1);
    if (s.isQueueId(i + 1, stop)) {
      s.str(i + 1, stop);
      n++;
    }
    i = stop;
  }
  s.rec[count] = n;
}

/** `queued_as: A/B` lists one id for each copy that differs: where the one at `from` ends. */
function firstOf(s: Scan, from: number): number {
  let i = from;
  while (i < s.end && s.buf[i] !== 44 && s.buf[i] !== 47) i++;
  return i;
}

export function parseAmavis(s: Scan): void {
  if (s.buf[s.at] !== 40) return;
  const close = s.to(41, s.at);
  if (close - s.at > 40 || close >= s.end) return;
  const at = s.skip(close + 1);
  if (s.is(at, PASSED)) return verdict(s, at, s.at + 1, close, false);
  if (s.is(at, BLOCKED)) return verdict(s, at, s.at + 1, close, true);
  let queuedFrom = 0;
  let queuedTo = 0;
  if (s.search(FWD, at) >= 0) {
    const q = s.search(QUEUED, at);
    if (q > 0) {
      queuedFrom = q + 10;
      queuedTo = s.to(32, queuedFrom);
    }
  }
  s.emit(KIND.amavisLine);
  s.str(s.at + 1, close);
  s.num(0);
  s.str(queuedFrom, queuedTo);
}

export const amavis: Dialect = {
  name: 'amavis',
  compiled: true,
  programs: ['amavis', 'amavisd'],
  parse: parseAmavis,
  samples: [
    {
      line: 'Nov  2 00:00:02 mx1 amavis[1710]: (01710-03) Passed CLEAN {RelayedInbound}, [192.0.2.254]:8445 [192.0.2.254] <c@example.com> -> <g@example.net>,<h@example.net>, Queue-ID: 4F505145581, Message-ID: <m@example.com>, mail_id: x, Hits: -, size: 11969, queued_as: B9C25145580/B9C25145581/B9C25145582, 1268 ms',
      kind: 'amavis',
      fields: {
        scanId: '01710-03',
        queueId: '4F505145581',
        queuedAs: 'B9C25145580',
        action: 'pass',
        score: NO_SCORE,
        more: ['B9C25145581', 'B9C25145582'],
      },
    },
    {
      line: 'Nov  2 00:00:02 mx1 amavis[1710]: (01710-01) bCR3OPubmexc FWD from <c@example.com> -> <g@example.net>, BODY=7BIT 250 2.0.0 from MTA(smtp:[127.0.0.1]:10025): 250 2.0.0 Ok: queued as B9C25145580',
      kind: 'amavisLine',
      fields: { scanId: '01710-01', queuedAs: 'B9C25145580' },
    },
    {
      line: 'Nov  2 00:00:02 mx1 amavis[1710]: (01710-01) Passed CLEAN {RelayedInbound}, [192.0.2.254]:8445 [192.0.2.254] <c@example.com> -> <g@example.net>,<h@example.net>, Queue-ID: 4F505145581, Message-ID: <CAsv2@mail.example.com>, mail_id: bCR3OPubmexc, Hits: -1.575, size: 11969, queued_as: B9C25145580, 1268 ms',
      kind: 'amavis',
      fields: {
        scanId: '01710-01',
        queueId: '4F505145581',
        queuedAs: 'B9C25145580',
        action: 'pass',
        score: -157,
      },
    },
    {
      line: 'Nov  2 00:00:02 mx1 amavis[1710]: (01710-02) Blocked INFECTED (Win.Test.EICAR_HDB-1) {DiscardedInbound,Quarantined}, [192.0.2.254]:8445 [192.0.2.254] <c@example.com> -> <g@example.net>, quarantine: virus-x.gz, Message-ID: <m@example.com>, mail_id: x, Hits: 12.5, size: 1, 9 ms',
      kind: 'amavis',
      fields: {
        scanId: '01710-02',
        clientIp: '192.0.2.254',
        from: 'c@example.com',
        messageId: 'm@example.com',
        action: 'discard',
        score: 1250,
        size: 1,
        to: ['g@example.net'],
      },
    },
  ],
};
