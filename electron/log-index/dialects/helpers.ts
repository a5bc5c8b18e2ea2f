/** Milters and helpers that write one short line each: OpenDKIM, OpenDMARC, postgrey, fail2ban, spamd, ClamAV. */
import { ACTION, ENGINE, KIND, NO_SCORE } from '../scan/records.ts';
import { bytes } from '../scan/machine.ts';
import type { Scan } from '../scan/scan.ts';
import type { Dialect } from './dialect.ts';

export function parseMilter(s: Scan): void {
  const idTo = s.queueId(s.at);
  let from = s.at;
  let to = idTo;
  if (idTo < 0) {
    // "Message from <..> infected", "BA0D5145580 something" (opendmarc writes both forms)
    to = s.to(32, s.at);
    if (!s.isQueueId(s.at, to)) return;
    from = s.at;
  }
  s.emit(KIND.queueLine);
  s.str(from, to);
}

export const milters: Dialect = {
  name: 'milters',
  compiled: true,
  programs: [
    'opendkim',
    'opendmarc',
    'milter-greylist',
    'dkimpy-milter',
    'spamass-milter',
    'policyd-spf',
    'opendmarc-ng',
    'arc-milter',
    'dk-milter',
    'dkim-filter',
  ],
  parse: parseMilter,
  samples: [
    {
      line: 'Nov  2 00:00:01 mx1 opendkim[1565]: 4F505145581: out0.example.org [192.0.2.7] not internal',
      kind: 'queueLine',
      fields: { queueId: '4F505145581' },
    },
    {
      line: 'Nov  2 00:00:01 mx1 opendmarc[1574]: 4F505145581: example.org pass',
      kind: 'queueLine',
      fields: { queueId: '4F505145581' },
    },
  ],
};

const MESSAGE = bytes('Message ');
const CLEAN = bytes('Clean message ');
const INFECTED = bytes(' infected by ');

/**
 * clamav-milter with `LogInfected Full` or `LogClean Full`; `Basic` names no queue id, and the refusal that Postfix
 * logs then says the rest.
 */
export const clamavMilter: Dialect = {
  name: 'clamav-milter',
  programs: ['clamav-milter'],
  parse(s) {
    const clean = s.is(s.at, CLEAN);
    if (!clean && !s.is(s.at, MESSAGE)) return;
    const from = s.at + (clean ? CLEAN.length : MESSAGE.length);
    const to = s.to(32, from);
    if (!s.isQueueId(from, to)) return;
    s.emit(KIND.verdict);
    s.str(from, to);
    s.num(ENGINE.clamav);
    s.num(clean ? ACTION['no action'] : s.search(INFECTED, to) > 0 ? ACTION.virus : 0);
    s.num(NO_SCORE);
    s.num(0);
  },
  samples: [
    {
      line: "Nov  2 00:00:01 mx1 clamav-milter[99]: Message 4F505145581 from <a@example.com> to <b@example.net> with subject 'x' message-id '<m@example.com>' date 'Mon, 2 Nov 2026 00:00:00 +0100' infected by Win.Test.EICAR_HDB-1",
      kind: 'verdict',
      fields: { queueId: '4F505145581', engine: 6, action: 'virus', score: NO_SCORE },
    },
    {
      line: "Nov  2 00:00:01 mx1 clamav-milter[99]: Clean message 4F505145581 from <a@example.com> to <b@example.net> with subject 'x' message-id '<m@example.com>' date 'Mon, 2 Nov 2026 00:00:00 +0100'",
      kind: 'verdict',
      fields: { queueId: '4F505145581', engine: 6, action: 'no action', score: NO_SCORE },
    },
  ],
};

const ACTION_IS = bytes('action=');
const GREY = bytes('greylist');
const CLIENT = bytes('client_address=');
const SENDER = bytes('sender=');
const RECIPIENT = bytes('recipient=');

export function parsePostgrey(s: Scan): void {
  const at = s.search(ACTION_IS, s.at);
  if (at < 0) return;
  const grey = s.is(at + 7, GREY);
  let ip = 0;
  let from = 0;
  let to = 0;
  let i = at;
  while (i < s.end) {
    i = s.skip(s.to(44, i) + 1);
    const c = s.buf[i];
    if (c === 99 && s.is(i, CLIENT)) {
      let stop = s.to(44, i);
      const slash = s.to(47, i);
      if (slash < stop) stop = slash;
      ip = s.id(i + 15, stop);
    } else if (c === 115 && s.is(i, SENDER)) from = s.id(i + 7, s.to(44, i));
    else if (c === 114 && s.is(i, RECIPIENT)) to = s.id(i + 10, s.to(44, i));
  }
  s.emit(KIND.greylist);
  s.num(grey ? ACTION.greylist : ACTION.pass);
  s.tok(ip);
  s.tok(from);
  s.tok(to);
}

export const postgrey: Dialect = {
  name: 'postgrey',
  compiled: true,
  programs: ['postgrey', 'sqlgrey', 'gld'],
  parse: parsePostgrey,
  samples: [
    {
      line: 'Nov  2 00:00:01 mx1 postgrey[1580]: action=greylist, reason=new, client_name=a.example, client_address=192.0.2.9/32, sender=s@a.example, recipient=u@example.net',
      kind: 'greylist',
      fields: { action: 'greylist', clientIp: '192.0.2.9', from: 's@a.example', to: 'u@example.net' },
    },
  ],
};

const BAN = bytes('] Ban ');
const UNBAN = bytes('] Unban ');
const RESTORE = bytes('] Restore Ban ');

export const fail2ban: Dialect = {
  name: 'fail2ban',
  programs: ['fail2ban.actions', 'fail2ban', 'fail2ban-server', 'fail2ban.filter'],
  parse(s) {
    let at = s.search(BAN, s.at);
    let skip = 6;
    let on = 1;
    if (at < 0) {
      at = s.search(RESTORE, s.at);
      skip = 14;
    }
    if (at < 0) {
      at = s.search(UNBAN, s.at);
      skip = 8;
      on = 0;
    }
    if (at < 0) return;
    let open = at;
    while (open > s.at && s.buf[open] !== 91) open--;
    s.emit(KIND.ban);
    s.str(at + skip, s.to(32, at + skip));
    s.str(open + 1, at);
    s.num(on);
  },
  samples: [
    {
      line: 'Nov  2 00:00:01 mx1 fail2ban.actions[99]: NOTICE [postfix-sasl] Ban 192.0.2.4',
      kind: 'ban',
      fields: { clientIp: '192.0.2.4', jail: 'postfix-sasl', on: 1 },
    },
    {
      line: '2026-11-22 14:16:24,123 fail2ban.actions [4711]: NOTICE  [sshd] Unban 203.0.113.9',
      kind: 'ban',
      fields: { clientIp: '203.0.113.9', jail: 'sshd' },
    },
  ],
};

const RESULT = bytes('spamd: result: ');
const MID = bytes('mid=<');
const SIZE = bytes('size=');

export function parseSpamd(s: Scan): void {
  if (!s.is(s.at, RESULT)) return;
  // spamd: result: Y 9 - TESTS scantime=0.7,size=123,...,mid=<..>,bayes=..
  const spam = s.buf[s.at + RESULT.length] === 89;
  const mid = s.search(MID, s.at);
  const size = s.search(SIZE, s.at);
  s.emit(KIND.spamd);
  s.str(mid > 0 ? mid + 5 : 0, mid > 0 ? s.to(62, mid) : 0);
  s.num(spam ? ACTION.spam : ACTION['no action']);
  s.num(s.decimal(s.at + RESULT.length + 2, 100));
  s.num(size > 0 ? s.int(size + 5) : 0);
}

export const spamd: Dialect = {
  name: 'spamd',
  compiled: true,
  programs: ['spamd'],
  parse: parseSpamd,
  samples: [
    {
      line: 'Nov  2 00:00:01 mx1 spamd[99]: spamd: result: Y 9 - BAYES_99,URIBL_BLACK scantime=0.7,size=5120,user=nobody,uid=119,required_score=5.0,rhost=localhost,raddr=127.0.0.1,rport=4711,mid=<c19@example.com>,bayes=0.99,autolearn=no',
      kind: 'spamd',
      fields: { messageId: 'c19@example.com', action: 'spam', score: 900, size: 5120 },
    },
  ],
};

const UPDATED = bytes('updated (version: ');
const UP_TO_DATE = bytes('up-to-date');

/** freshclam(1): the scanner's signatures. */
export const freshclam: Dialect = {
  name: 'freshclam',
  programs: ['freshclam'],
  parse(s) {
    const good = s.search(UPDATED, s.at) >= 0;
    if (!good && s.search(UP_TO_DATE, s.at) < 0 && s.buf[s.at] !== 69 && s.buf[s.at] !== 87) return;
    s.emit(KIND.update);
    s.num(good || s.search(UP_TO_DATE, s.at) >= 0 ? 1 : 0);
  },
  samples: [
    {
      line: 'Nov  2 00:00:01 mx1 freshclam[99]: daily.cld database is up-to-date (version: 27012, sigs: 2064444, f-level: 90, builder: raynman)',
      kind: 'update',
      fields: { ok: 1 },
    },
  ],
};
