/** qmail and vpopmail: qmail-send, qmail-smtpd's envelope log, rblsmtpd, vchkpw. Lines usually come through multilog. */
import { ACTION, ENGINE, KIND, NO_SCORE, STATUS } from '../scan/records.ts';
import { bytes, type Literal } from '../scan/machine.ts';
import type { Scan } from '../scan/scan.ts';
import type { Dialect } from './dialect.ts';

const NEW = bytes('new msg ');
const INFO = bytes('info msg ');
const START = bytes('starting delivery ');
const DONE = bytes('delivery ');
const BOUNCE = bytes('bounce msg ');
const END = bytes('end msg ');
const FROM = bytes(' from <');
const BYTES = bytes(': bytes ');
const QP = bytes(' qp ');
const QP_TAG = bytes('qp_');
const TO_LOCAL = bytes(' to local ');
const TO_REMOTE = bytes(' to remote ');
const MSG = bytes('msg ');
const SUCCESS = bytes(': success: ');
const DEFERRAL = bytes(': deferral: ');
const FAILURE = bytes(': failure: ');
const ENVELOPE = bytes('qlogenvelope: result=rejected');
const RECEIVED = bytes('qlogreceived: result=rejected');
const RBL = bytes('rblsmtpd: ');
const HELO = bytes(' helo=');
const MAIL_FROM = bytes(' mailfrom=');
const RCPT_TO = bytes(' rcptto=');
const REMOTE_IP = bytes(' remoteip=');
const CODE = bytes(' code=');
const REASON = bytes(' reason=');
const PID = bytes(' pid ');
const BLOCKED = bytes(' blocked ');
const BAD_RBL = bytes('421 badiprbl: ip ');
const SMTPD = bytes('qmail-smtpd: ');
const QUEUE_REJECT = bytes(' reason=queuereject');
const SIMSCAN = bytes('simscan:[');
/** simscan's states, and what they mean for the message. */
const STATES: [Literal, number][] = [
  [bytes('CLEAN'), ACTION['no action']],
  [bytes('RELAYCLIENT'), ACTION['no action']],
  [bytes('SPAM PASSTHRU'), ACTION.spam],
  [bytes('PASSTHRU'), ACTION.spam],
  [bytes('SPAM DROPPED'), ACTION.discard],
  [bytes('VIRUS DROPPED'), ACTION.discard],
  [bytes('SPAM REJECT'), ACTION.reject],
  [bytes('VIRUS'), ACTION.reject],
  [bytes('ATTACH'), ACTION.reject],
  [bytes('REGEX'), ACTION.reject],
];

function value(s: Scan, key: Literal): [number, number] {
  const i = s.search(key, s.at);
  return i < 0 ? [0, 0] : [i + key.length, s.to(32, i + key.length)];
}

/** The status code in `(#4.4.1)` or in a reply with `_` for spaces. */
function dsnIn(s: Scan, from: number): number {
  for (let i = from; i + 4 < s.end; i++) {
    const before = s.buf[i - 1];
    if (s.buf[i + 1] === 46 && (before === 35 || before === 95)) {
      const dsn = s.dsn(i);
      if (dsn !== 0) return dsn;
    }
  }
  return 0;
}

/**
 * `simscan:[pid]:CLEAN (-1.00/5.00/8.00):0.14s:subject:ip:from:to to`: simscan writes no colon of its own in the
 * subject, so the client is what lies between it and the sender. What it refuses is a refusal; the rest is a verdict.
 */
function simscan(s: Scan): boolean {
  s.pid = s.int(s.at + SIMSCAN.length);
  const state = s.to(93, s.at) + 2;
  const known = STATES.find(([word]) => s.is(state, word));
  if (known === undefined) return false;
  const seconds = s.to(58, state);
  const subject = s.to(58, seconds + 1) + 1;
  const ipFrom = s.to(58, subject) + 1;
  let toFrom = s.end;
  while (toFrom > ipFrom && s.buf[toFrom - 1] !== 58) toFrom--;
  let from = toFrom - 1;
  while (from > ipFrom && s.buf[from - 1] !== 58) from--;
  if (ipFrom >= s.end || from <= ipFrom) return false;
  const paren = s.to(40, state);
  const action = known[1];
  if (action === ACTION.reject) {
    s.emit(KIND.refused);
    s.num(554);
    s.num(0);
    s.num(0);
    s.str(ipFrom, from - 1);
    s.str(from, toFrom - 1);
    s.str(toFrom, s.to(32, toFrom));
    s.num(0);
    s.num(s.reason(state, paren < seconds ? paren : seconds));
    s.num(0);
    s.num(2);
    return true;
  }
  s.emit(KIND.scanned);
  s.num(ENGINE.simscan);
  s.num(action);
  s.num(paren < seconds ? Math.round(s.decimal(paren + 1, 100)) : NO_SCORE);
  s.str(ipFrom, from - 1);
  s.str(from, toFrom - 1);
  return true;
}

/** rblsmtpd: `ip pid 1: 451 text`, and in old ones `list blocked ip name -`. */
function rblsmtpd(s: Scan, at: number): boolean {
  const pid = s.search(PID, at);
  const blocked = pid < 0 ? s.search(BLOCKED, at) : -1;
  const colon = pid > 0 ? s.to(58, pid) : s.end;
  if (blocked < 0 && colon >= s.end) return false;
  const text = s.skip(colon + 1);
  s.emit(KIND.refused);
  s.num(pid > 0 ? s.int(text) : 451);
  s.num(0);
  s.num(0);
  if (pid > 0) s.str(at, pid);
  else s.str(blocked + BLOCKED.length, s.to(32, blocked + BLOCKED.length));
  for (let i = 0; i < 3; i++) s.num(0);
  s.num(pid > 0 ? s.reason(text, s.end) : s.reason(at, blocked + BLOCKED.length - 1));
  s.num(0);
  s.num(0);
  return true;
}

/** splogger puts its own time in front of what it passes to syslog: `1157520813.485077 new msg 1`. */
function skipStamp(s: Scan): void {
  let i = s.at;
  while (i < s.end && ((s.buf[i] >= 48 && s.buf[i] <= 57) || s.buf[i] === 46)) i++;
  if (i - s.at >= 17 && s.buf[s.at + 10] === 46 && s.buf[i] === 32) s.at = i + 1;
}

/** Reads a line without a program's name; false when it is none of ours. */
export function readQmail(s: Scan): boolean {
  const { at } = s;
  const c = s.buf[at];
  if (c === 110 && s.is(at, NEW)) {
    s.emit(KIND.born);
    s.str(at + NEW.length, s.end);
    return true;
  }
  if (c === 105 && s.is(at, INFO)) {
    const colon = s.search(BYTES, at);
    const from = s.search(FROM, at);
    const qp = s.search(QP, from > 0 ? from : at);
    if (colon < 0) return false;
    s.emit(KIND.arrived);
    s.str(at + INFO.length, colon);
    s.str(from > 0 ? from + 7 : 0, from > 0 ? s.to(62, from + 7) : 0);
    for (let i = 0; i < 3; i++) s.num(0);
    s.num(s.int(colon + BYTES.length));
    for (let i = 0; i < 4; i++) s.num(0);
    s.num(qp > 0 ? s.int(qp + 4) : 0);
    return true;
  }
  if (c === 115 && s.is(at, START)) {
    const msg = s.search(MSG, at);
    const local = s.search(TO_LOCAL, at);
    const remote = s.search(TO_REMOTE, at);
    if (msg < 0 || (local < 0 && remote < 0)) return false;
    const to = local > 0 ? local + TO_LOCAL.length : remote + TO_REMOTE.length;
    s.emit(KIND.tryStart);
    s.num(s.int(at + START.length));
    s.str(msg + 4, s.to(32, msg + 4));
    s.str(to, s.end);
    s.num(remote > 0 ? 1 : 0);
    return true;
  }
  if (c === 100 && s.is(at, DONE)) {
    const good = s.search(SUCCESS, at);
    const later = good < 0 ? s.search(DEFERRAL, at) : -1;
    const bad = good < 0 && later < 0 ? s.search(FAILURE, at) : -1;
    if (good < 0 && later < 0 && bad < 0) return false;
    const text = good > 0 ? good + SUCCESS.length : later > 0 ? later + DEFERRAL.length : bad + FAILURE.length;
    const qp = good > 0 ? s.search(QP_TAG, text) : -1;
    s.emit(KIND.tryEnd);
    s.num(s.int(at + DONE.length));
    s.num(good > 0 ? STATUS.sent : later > 0 ? STATUS.deferred : STATUS.bounced);
    s.num(dsnIn(s, text));
    s.num(good > 0 ? 0 : s.reason(text, s.end));
    s.num(qp > 0 ? s.int(qp + 3) : 0);
    return true;
  }
  if (c === 98 && s.is(at, BOUNCE)) {
    const qp = s.search(QP, at);
    s.emit(KIND.bounced);
    s.str(at + BOUNCE.length, s.to(32, at + BOUNCE.length));
    s.num(qp > 0 ? s.int(qp + 4) : 0);
    return true;
  }
  if (c === 101 && s.is(at, END)) {
    s.emit(KIND.removed);
    s.str(at + END.length, s.end);
    return true;
  }
  if (c === 113 && (s.is(at, ENVELOPE) || s.is(at, RECEIVED))) {
    const [codeFrom] = value(s, CODE);
    const [heloFrom, heloTo] = value(s, HELO);
    const [fromFrom, fromTo] = value(s, MAIL_FROM);
    const [toFrom, toTo] = value(s, RCPT_TO);
    const [ipFrom, ipTo] = value(s, REMOTE_IP);
    const [reasonFrom] = value(s, REASON);
    s.emit(KIND.refused);
    s.num(codeFrom > 0 ? s.int(codeFrom) : 0);
    s.num(0);
    s.num(0);
    s.str(ipFrom, ipTo);
    s.str(fromFrom, fromTo);
    s.str(toFrom, toTo);
    s.str(heloFrom, heloTo);
    s.num(reasonFrom > 0 && heloFrom > 0 ? s.reason(reasonFrom, heloFrom - HELO.length) : 0);
    s.num(0);
    s.num(s.search(QUEUE_REJECT, at) > 0 ? 1 : 0);
    return true;
  }
  if (c === 114 && s.is(at, RBL)) return rblsmtpd(s, at + RBL.length);
  if (c === 115 && s.is(at, SIMSCAN)) return simscan(s);
  const said = c === 113 && s.is(at, SMTPD) ? at + SMTPD.length : at;
  if (s.buf[said] === 52 && s.is(said, BAD_RBL)) {
    s.emit(KIND.refused);
    s.num(421);
    s.num(0);
    s.num(0);
    s.str(said + BAD_RBL.length, s.to(32, said + BAD_RBL.length));
    for (let i = 0; i < 3; i++) s.num(0);
    s.num(s.reason(said, s.end));
    s.num(0);
    s.num(0);
    return true;
  }
  return false;
}

export const qmail: Dialect = {
  name: 'qmail',
  programs: ['qmail', 'qmail-send', 'qmail-smtpd', 'rblsmtpd', 'tcpserver'],
  parse(s) {
    skipStamp(s);
    if (!readQmail(s)) rblsmtpd(s, s.at); // its own program
  },
  samples: [
    {
      line: '@400000006b02f8b714c6a82c simscan:[25134]:CLEAN (-1.00/5.00/8.00):0.1437s:forward z kopia:192.0.2.77:ktos@client.example.org:jan@firma.example',
      kind: 'scanned',
      fields: {
        engine: 7,
        action: 'no action',
        score: -100,
        clientIp: '192.0.2.77',
        from: 'ktos@client.example.org',
      },
    },
    {
      line: '@400000006b02f8b439aa6da4 simscan:[24988]:VIRUS:0.0981s:Eicar-Test-Signature.UNOFFICIAL:192.0.2.77:ktos@client.example.org:jan@firma.example',
      kind: 'refused',
      fields: {
        code: 554,
        clientIp: '192.0.2.77',
        from: 'ktos@client.example.org',
        to: 'jan@firma.example',
        reason: 'VIRUS',
        scanned: 2,
      },
    },
    {
      line: 'Sep  6 07:33:33 mx1 qmail: 1157520813.485077 rblsmtpd: 198.51.100.77 pid 19597 sbl.example.org: 451 http://dnsbl.example.org/',
      kind: 'refused',
      fields: { code: 451, clientIp: '198.51.100.77', reason: '451 http://dnsbl.example.org/' },
    },
    {
      line: 'Jun 30 15:13:33 mx1 rblsmtpd: dnsbl.example.org blocked 192.0.2.47 host.example.net -',
      kind: 'refused',
      fields: { code: 451, clientIp: '192.0.2.47', reason: 'dnsbl.example.org blocked' },
    },
    {
      line: 'Sep  6 07:18:29 mx1 qmail: 1157519909.633171 qmail-smtpd: 421 badiprbl: ip 198.51.100.54 rbl: example.com',
      kind: 'refused',
      fields: { code: 421, clientIp: '198.51.100.54', reason: '421 badiprbl: ip 198.51.100.54 rbl: example.com' },
    },
    { line: '@400000006b02f8b5161d106c new msg 2548582', kind: 'born', fields: { queueId: '2548582' } },
    {
      line: '@400000006b02f8b5161da8c4 info msg 2548582: bytes 1189 from <ktos@client.example.org> qp 25057 uid 889',
      kind: 'arrived',
      fields: { queueId: '2548582', from: 'ktos@client.example.org', size: 1189, qp: 25057 },
    },
    {
      line: '@400000006b02f8b5161e73e4 starting delivery 19: msg 2548582 to local firma.example-ewa@firma.example',
      kind: 'tryStart',
      fields: { number: 19, queueId: '2548582', to: 'firma.example-ewa@firma.example' },
    },
    {
      line: "@400000006b02f8b52ae11aac delivery 23: deferral: Sorry,_I_wasn't_able_to_establish_an_SMTP_connection._(#4.4.1)/",
      kind: 'tryEnd',
      fields: {
        number: 23,
        status: 'deferred',
        dsn: '4.4.1',
        reason: "Sorry,_I_wasn't_able_to_establish_an_SMTP_connection._(#4.4.1)/",
      },
    },
    {
      line: '@400000006b02f8b703c64154 delivery 24: success: did_0+1+0/qp_25126/',
      kind: 'tryEnd',
      fields: { number: 24, status: 'sent', qp: 25126 },
    },
    {
      line: '@400000006b02f8b52a1d1ae4 bounce msg 2548897 qp 25093',
      kind: 'bounced',
      fields: { queueId: '2548897', qp: 25093 },
    },
    { line: '@400000006b02f8b5174121f4 end msg 2548582', kind: 'removed', fields: { queueId: '2548582' } },
    {
      line: '@400000006b02f8b504e7841c qlogenvelope: result=rejected code=553 reason=qregexbmf detail=zly@client.example.org helo=client.example.org mailfrom=zly@client.example.org rcptto=jan@firma.example relay=no rcpthosts=yes size= authuser= remoteip=192.0.2.77 remoteport=51307 remotehost= qp= pid=24997',
      kind: 'refused',
      fields: {
        code: 553,
        clientIp: '192.0.2.77',
        from: 'zly@client.example.org',
        to: 'jan@firma.example',
        helo: 'client.example.org',
        reason: 'qregexbmf detail=zly@client.example.org',
      },
    },
    {
      line: '@400000006b02f8b504e7841c rblsmtpd: 192.0.2.66 pid 11628: 451 http://dnsbl.example.org/query?ip=192.0.2.66',
      kind: 'refused',
      fields: { code: 451, clientIp: '192.0.2.66', reason: '451 http://dnsbl.example.org/query?ip=192.0.2.66' },
    },
  ],
};

const LOGIN_SUCCESS = bytes('login success ');
const PASSWORD_FAIL = bytes('password fail ');
const NOT_FOUND = bytes('vpopmail user not found ');
const ACCESS_DENIED = bytes(' access denied ');
const PASS = bytes("(pass: '");
const PASS_END = bytes("') ");
const POP3 = bytes('-pop3');
const IMAP = bytes('-imap');

/** vpopmail's vchkpw: logins of every service. The clear password of `--enable-logging=v|p` is skipped unread. */
export const vpopmail: Dialect = {
  name: 'vpopmail',
  programs: ['vpopmail'],
  parse(s) {
    let ok = 0;
    let i = s.search(LOGIN_SUCCESS, s.at);
    if (i > 0) {
      ok = 1;
      i += LOGIN_SUCCESS.length;
    } else {
      for (const word of [PASSWORD_FAIL, NOT_FOUND, ACCESS_DENIED]) {
        const at = s.search(word, s.at);
        if (at > 0) {
          i = at + word.length;
          break;
        }
      }
    }
    if (i < 0) return;
    if (s.is(i, PASS)) {
      const end = s.search(PASS_END, i + PASS.length);
      if (end < 0) return;
      i = end + PASS_END.length;
    }
    // user@domain:ip, the address last
    let colon = s.end;
    while (colon > i && s.buf[colon - 1] !== 58) colon--;
    const pop = s.search(POP3, s.at) > 0;
    const imap = s.search(IMAP, s.at) > 0;
    s.emit(KIND.login);
    s.num(pop ? 2 : imap ? 1 : 0);
    s.num(ok);
    s.str(i, colon - 1);
    s.str(colon, s.end);
    s.num(0);
    s.num(0);
  },
  samples: [
    {
      line: "Nov 22 14:10:12 vm vpopmail[20706]: vchkpw-pop3: password fail (pass: 'zle') jan@firma.example:192.0.2.7",
      kind: 'login',
      fields: { protocol: 2, user: 'jan@firma.example', clientIp: '192.0.2.7' },
    },
    {
      line: 'Nov 22 14:10:12 vm vpopmail[20706]: vchkpw-smtp: (PLAIN) login success jan@firma.example:192.0.2.7',
      kind: 'login',
      fields: { ok: 1, user: 'jan@firma.example', clientIp: '192.0.2.7' },
    },
  ],
};
