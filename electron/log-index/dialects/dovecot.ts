/**
 * Dovecot 2.2 to 2.4: logins, sessions, authentication, LMTP and LDA delivery, Sieve. Longer than usual: a dialect is one
 * file, and a good part of it are the samples that it is tested by.
 */
import { ACTION, KIND, PROTOCOL } from '../scan/records.ts';
import { bytes } from '../scan/machine.ts';
import type { Scan } from '../scan/scan.ts';
import type { Dialect } from './dialect.ts';
import { Choice } from './keys.ts';
import { otherLogin } from './logins.ts';

const LOGIN_PROCESS = bytes('-login');
const LOGIN = bytes('Login: ');
const AUTH_FAILED = bytes('(auth failed');
const USER = bytes('user=<');
const RIP = bytes('rip=');
const SESSION = bytes('session=<');
const TLS = bytes('TLS');
const SECURED = bytes('secured');
const LMTP = bytes('lmtp(');
const LDA = bytes('lda(');
const CONNECT = bytes('Connect from');
const DISCONNECT = bytes('Disconnect from');
const DISCONNECTED = bytes('Disconnected');
/** Other ways in which 2.2 to 2.4 say that a mailbox session is over. */
const LOGGED_OUT = bytes('Logged out');
const CLOSED = bytes('Connection closed');
const RESET = bytes('Connection reset');
const SHUTTING_DOWN = bytes('Server shutting down');
const MSGID = bytes('msgid=');
const AUTH = bytes('auth');
const LEVELS = new Choice().or('Info: ', 0).or('Error: ', 0).or('Warning: ', 0).or('Fatal: ', 0).or('Panic: ', 0);
const UNKNOWN_USER = bytes('unknown user');
const MISMATCH = bytes('assword mismatch');
const FAILED = bytes('failed');
const DISABLED = bytes('disabled');
const INVALID = bytes('invalid credentials');
const PAM = bytes('pam_unix(');
const RUSER = bytes(' ruser=');
const RHOST = bytes(' rhost=');
const OWN_NAME = bytes('dovecot: ');
const FAILED_PAM = bytes('authentication failure');
const COLON_SPACE = bytes(': ');
const SPACE = bytes(' ');
const CLOSE_COLON = bytes('): ');

/** The name of a mailbox or an address follows the words. */
const NAMED = 256;
/** What delivery did, by words that no other outcome has. */
const OUTCOMES = new Choice()
  .or('saved mail to ', ACTION.saved)
  .or('stored mail into mailbox ', ACTION.stored | NAMED)
  .or('forwarded to <', ACTION.forwarded | NAMED)
  .or('discard', ACTION.discard)
  .or('save failed to ', ACTION.failed)
  .or('failed to store into mailbox ', ACTION.failed | NAMED)
  .or('sent vacation response to <', ACTION.vacation | NAMED)
  .or('sent reject', ACTION.reject)
  .or('ejected message', ACTION.reject)
  .or('ejecting', ACTION.reject);
const NOT_A_DISCARD = new Choice().or('discarded duplicate vacation', 0).or('discarding vacation', 0);

function protocolOf(s: Scan, from: number): number {
  switch (s.buf[from]) {
    case 105:
      return PROTOCOL.imap;
    case 112:
      return PROTOCOL.pop3;
    case 109:
      return PROTOCOL.managesieve;
    case 115:
      return s.buf[from + 1] === 117 ? PROTOCOL.submission : PROTOCOL.smtp;
    case 108:
      return PROTOCOL.lmtp;
    case 100:
      return PROTOCOL.doveadm;
    default:
      return PROTOCOL.other;
  }
}

function skipLevel(s: Scan, from: number): number {
  const level = LEVELS.at(s, from);
  return level < 0 ? from : from + LEVELS.word(level).length;
}

/** imap-login: Login: user=<u>, method=PLAIN, rip=.., lip=.., mpid=.., TLS, session=<sid> */
function login(s: Scan, at: number, protocol: number): void {
  const ok = s.buf[at] === 76 && s.is(at, LOGIN);
  let user = 0;
  let ip = 0;
  let session = 0;
  let secured = 0;
  const failed = ok ? false : s.search(AUTH_FAILED, at) >= 0;
  const userAt = s.search(USER, at);
  const ripAt = s.search(RIP, userAt > 0 ? userAt : at);
  let i = ripAt > 0 ? ripAt : at;
  if (userAt > 0) user = s.id(userAt + 6, s.to(62, userAt + 6));
  if (ripAt > 0) {
    const stop = s.to(44, ripAt + 4);
    ip = s.id(ripAt + 4, stop);
    i = stop;
    while (i < s.end) {
      i = s.skip(i + 1);
      const c = s.buf[i];
      if (c === 84 && s.is(i, TLS)) secured = 1;
      else if (c === 115 && session === 0 && s.is(i, SESSION)) session = s.id(i + 9, s.to(62, i + 9));
      else if (c === 115 && s.is(i, SECURED)) secured = 2;
      i = s.to(44, i);
    }
  }
  if (!ok && !failed && ip === 0) return;
  if (!ok && !failed && session > 0 && user === 0) {
    // somebody who never tried: a plain line of a session that has no login
    s.emit(KIND.sessionLine);
    s.tok(session);
    s.num(0);
    s.tok(ip);
    s.num(1);
    s.num(protocol);
    return;
  }
  if (!ok && !failed) {
    s.emit(KIND.sessionLine);
    s.tok(session);
    s.tok(user);
    s.tok(ip);
    s.num(1);
    s.num(protocol);
    return;
  }
  s.emit(KIND.login);
  s.num(protocol);
  s.num(ok ? 1 : 0);
  s.tok(user);
  s.tok(ip);
  s.tok(session);
  s.num(secured);
}

/** Delivery: `at` is after `lmtp(user)<pid><session>: `, or after `lmtp(pid, user): session: ` of 2.2. */
function deliver(s: Scan, at: number, userFrom: number, userTo: number, sidFrom: number, sidTo: number): void {
  const mid = s.search(MSGID, at);
  let midFrom = 0;
  let midTo = 0;
  let i = at;
  if (mid >= 0) {
    const from = s.buf[mid + 6] === 60 ? mid + 7 : mid + 6;
    const colon = s.search(COLON_SPACE, from);
    const stop = colon < 0 ? s.end : colon;
    midFrom = from;
    midTo = s.buf[stop - 1] === 62 ? stop - 1 : stop;
    i = stop;
  }
  let action: number = ACTION.none;
  let target = 0;
  // most lines say it in the first word: ": stored mail into mailbox 'INBOX'"
  const plain = i + 2;
  const direct = OUTCOMES.at(s, plain);
  for (let k = direct < 0 ? 0 : direct; k < OUTCOMES.size; k++) {
    const word = OUTCOMES.word(k);
    const what = OUTCOMES.number(k) & ~NAMED;
    const found = k === direct ? plain : s.search(word, i);
    if (found < 0) continue;
    if (what === ACTION.discard && NOT_A_DISCARD.after(s, i) >= 0) continue;
    action = what;
    if (OUTCOMES.number(k) >= NAMED) {
      let from = found + word.length;
      let stop = s.end;
      if (s.buf[from] === 39) {
        from++;
        stop = s.to(39, from);
      } else if (s.buf[from - 1] === 60) stop = s.to(62, from);
      target = s.id(from, stop);
    }
    break;
  }
  let base = sidFrom;
  while (base < sidTo && s.buf[base] !== 58) base++;
  s.emit(KIND.lmtp);
  s.hash(userFrom, userTo);
  s.str(sidFrom, base);
  s.hash(midFrom, midTo);
  s.num(action);
  s.tok(target);
}

/** lmtp(123): Connect from .. | lmtp(user)<123><sid>: .. | lmtp(123, user): sid: .. (2.2) */
function lmtp(s: Scan, from: number): void {
  const open = s.to(40, from);
  const close = s.to(41, open);
  if (close >= s.end) return;
  const comma = s.to(44, open);
  if (comma < close) {
    s.pid = s.int(open + 1);
    const colon = s.search(COLON_SPACE, close);
    if (colon < 0) return;
    const next = s.search(COLON_SPACE, colon + 2);
    const hasSid = next > 0 && s.search(SPACE, colon + 2) > next;
    deliver(s, hasSid ? next + 2 : colon + 2, s.skip(comma + 1), close, hasSid ? colon + 2 : 0, hasSid ? next : 0);
    return;
  }
  if (s.buf[close + 1] === 60) {
    const pidTo = s.to(62, close + 2);
    s.pid = s.int(close + 2);
    const sidTo = s.buf[pidTo + 1] === 60 ? s.to(62, pidTo + 2) : pidTo;
    deliver(s, s.skip(Math.min(s.end, sidTo + 2)), open + 1, close, pidTo + 2, sidTo);
    return;
  }
  if (s.buf[open + 1] >= 48 && s.buf[open + 1] <= 57 && s.buf[close + 1] === 58) {
    s.pid = s.int(open + 1);
    const at = skipLevel(s, s.skip(close + 2));
    if (s.is(at, CONNECT)) s.emit(KIND.lmtpOpen);
    else if (s.is(at, DISCONNECT)) s.emit(KIND.lmtpClose);
    return;
  }
  const at = s.skip(close + 2);
  deliver(s, at, open + 1, close, 0, 0);
}

/** auth-worker(1): conn ..: sql(user,ip,<sid>): Password mismatch | auth: passwd-file(user,ip): unknown user */
function auth(s: Scan, at: number): void {
  const bad =
    s.search(UNKNOWN_USER, at) >= 0 ||
    s.search(MISMATCH, at) >= 0 ||
    s.search(FAILED, at) >= 0 ||
    s.search(DISABLED, at) >= 0 ||
    s.search(INVALID, at) >= 0;
  if (!bad) return;
  if (s.buf[at + AUTH.length] === 40 && authOf24(s, at + AUTH.length)) return;
  // the last "(a,b): " is the lookup; before it come the worker's own details
  let close = -1;
  let open = -1;
  for (let i = at, paren = -1, comma = -1; i < s.end; i++) {
    const c = s.buf[i];
    if (c === 40) paren = i;
    else if (c === 44) comma = i;
    else if (c === 41 && comma > paren && paren >= 0 && s.is(i, CLOSE_COLON)) {
      close = i;
      open = paren;
    }
  }
  if (close < 0) return;
  let session = 0;
  let ipTo = close;
  if (s.buf[close - 1] === 62) {
    let k = close - 1;
    while (k > open && s.buf[k] !== 60) k--;
    session = s.id(k + 1, close - 1);
    ipTo = k - 1;
  }
  if (s.buf[ipTo - 1] === 44) ipTo--; // "(user,ip,)": no session
  let ipFrom = ipTo;
  while (ipFrom > open + 1 && s.buf[ipFrom - 1] !== 44) ipFrom--;
  if (ipFrom <= open + 1) return;
  const c = s.buf[ipFrom];
  if (!((c >= 48 && c <= 57) || (c >= 97 && c <= 102) || c === 58)) return;
  s.emit(KIND.login);
  s.num(PROTOCOL.other);
  s.num(0);
  s.str(open + 1, ipFrom - 1);
  s.str(ipFrom, ipTo);
  s.tok(session);
  s.num(0);
}

/** Dovecot 2.4: auth(user,ip,sasl:login)<sid>: sql: Password mismatch; false when it is not of this form */
function authOf24(s: Scan, open: number): boolean {
  const close = s.to(41, open);
  const comma = s.to(44, open);
  if (comma >= close || close >= s.end) return false;
  const ipTo = Math.min(close, s.to(44, comma + 1));
  if (ipTo === comma + 1) return false;
  const hasSession = s.buf[close + 1] === 60;
  s.emit(KIND.login);
  s.num(PROTOCOL.other);
  s.num(0);
  s.str(open + 1, comma);
  s.str(comma + 1, ipTo);
  s.str(hasSession ? close + 2 : 0, hasSession ? s.to(62, close + 2) : 0);
  s.num(0);
  return true;
}

/** pam_unix(dovecot:auth): authentication failure; logname= uid=0 euid=0 tty=dovecot ruser=u rhost=ip  user=u */
function pam(s: Scan): void {
  if (s.search(FAILED_PAM, s.at) < 0) return;
  const user = s.search(RUSER, s.at);
  if (user < 0) return;
  // the name is the client's own: the address is behind the last rhost=
  let host = -1;
  for (let k = s.search(RHOST, user); k >= 0; k = s.search(RHOST, k + 1)) host = k;
  if (host < 0) return;
  s.emit(KIND.login);
  s.num(PROTOCOL.other);
  s.num(0);
  s.str(user + RUSER.length, host);
  s.str(host + RHOST.length, s.to(32, host + RHOST.length));
  s.num(0);
  s.num(0);
}

function isEnd(s: Scan, at: number): boolean {
  return (
    s.is(at, DISCONNECTED) || s.is(at, LOGGED_OUT) || s.is(at, CLOSED) || s.is(at, RESET) || s.is(at, SHUTTING_DOWN)
  );
}

/** imap(user)<pid><sid>: Disconnected: Logged out in=.. out=.. */
function session(s: Scan, open: number): void {
  const close = s.to(41, open);
  if (close >= s.end) return;
  if (s.buf[close + 1] === 60) {
    const pidTo = s.to(62, close + 2);
    if (s.buf[pidTo + 1] !== 60) return;
    const sidTo = s.to(62, pidTo + 2);
    if (sidTo >= s.end) return;
    s.emit(KIND.sessionLine);
    s.str(pidTo + 2, sidTo);
    s.str(open + 1, close);
    s.num(0);
    const words = s.skip(sidTo + 2);
    s.num(isEnd(s, words) ? 1 : 0);
    s.num(protocolOf(s, s.at));
  }
}

export function parseDovecot(s: Scan): void {
  if (s.buf[s.at] === 100 && s.is(s.at, OWN_NAME)) s.at += OWN_NAME.length; // 1.x named itself twice
  const at = s.at;
  // first word: letters and '-' up to '(' or ':'
  let i = at;
  while (i < s.end && i < at + 32 && s.buf[i] !== 58 && s.buf[i] !== 40) i++;
  if (i >= s.end) return;
  if (s.buf[i] === 40) {
    if (s.is(at, LMTP) || s.is(at, LDA)) return lmtp(s, at);
    if (s.is(at, AUTH)) return auth(s, at);
    if (s.is(at, PAM)) return pam(s);
    return session(s, i);
  }
  if (s.is(i - 6, LOGIN_PROCESS)) return login(s, skipLevel(s, s.skip(i + 1)), protocolOf(s, at));
  if (s.is(at, AUTH)) return auth(s, at);
  if (otherLogin(s)) return; // Cyrus and others have programs of the same names
  const from = skipLevel(s, at); // an auth process by its own name: "auth: Info: ldap(..): invalid credentials"
  if (from > at) auth(s, from);
}

export const dovecot: Dialect = {
  name: 'dovecot',
  compiled: true,
  programs: [
    'dovecot',
    'dovecot-auth',
    'imap-login',
    'pop3-login',
    'managesieve-login',
    'submission-login',
    'lmtp',
    'imap',
    'pop3',
    'auth',
    'auth-worker',
    'lda',
  ],
  parse: parseDovecot,
  samples: [
    {
      line: '@400000004c91b044077a9e94 dovecot-auth: pam_unix(dovecot:auth): authentication failure; logname= uid=0 euid=0 tty=dovecot ruser=rhost=192.0.2.4 rhost=192.0.2.10',
      kind: 'login',
      fields: { protocol: 8, user: 'rhost=192.0.2.4', clientIp: '192.0.2.10' },
    },
    {
      line: 'Jul 02 13:49:32 mx1 dovecot[442]: dovecot: auth(default): pam(anna@example.net,192.0.2.206): pam_authenticate() failed: User not known to the underlying authentication module: 2 Time(s)',
      kind: 'login',
      fields: { protocol: 8, user: 'anna@example.net', clientIp: '192.0.2.206' },
    },
    {
      line: 'Mar 23 06:10:52 auth: Info: ldap(dog,192.0.2.121,): invalid credentials',
      kind: 'login',
      fields: { protocol: 8, user: 'dog', clientIp: '192.0.2.121' },
    },
    {
      line: 'Aug 30 00:10:57 auth(info@example.com,192.0.2.110,sasl:login)<CvN+E95Uf4e7eEnj>: Info: sql: Password mismatch (given password: x)',
      kind: 'login',
      fields: { protocol: 8, user: 'info@example.com', clientIp: '192.0.2.110', session: 'CvN+E95Uf4e7eEnj' },
    },
    {
      line: 'Feb 20 17:23:32 mx1 cyrus/pop3[18635]: badlogin: host.example.net [198.51.100.23] plaintext admin SASL(-13): authentication failure: checkpass failed',
      kind: 'login',
      fields: { protocol: 8, user: 'admin', clientIp: '198.51.100.23' },
    },
    {
      line: 'Nov  2 00:00:00 mx1 dovecot: imap-login: Login: user=<marek@example.net>, method=PLAIN, rip=192.0.2.1, lip=192.0.2.25, mpid=1633, TLS, session=<bVo2Dkc533PbbZ9+>',
      kind: 'login',
      fields: {
        protocol: 1,
        ok: 1,
        user: 'marek@example.net',
        clientIp: '192.0.2.1',
        session: 'bVo2Dkc533PbbZ9+',
        secured: 1,
      },
    },
    {
      line: 'Nov  2 00:00:00 mx1 dovecot: pop3-login: Disconnected: Connection closed (auth failed, 2 attempts in 4 secs): user=<info>, method=PLAIN, rip=192.0.2.13, lip=192.0.2.25, TLS, session=<bVo2Dkc533PbbZ9+>',
      kind: 'login',
      fields: { protocol: 2, user: 'info', clientIp: '192.0.2.13', session: 'bVo2Dkc533PbbZ9+', secured: 1 },
    },
    {
      line: 'Jun 12 19:07:29 hostname dovecot[241]: imap-login: Login aborted: Connection closed (auth failed, 3 attempts in 16 secs) (auth_failed): user=<test>, method=PLAIN, rip=192.0.2.241, lip=203.0.113.104, TLS, session=<9ZHq02g3J8S60fan>',
      kind: 'login',
      fields: { protocol: 1, user: 'test', clientIp: '192.0.2.241', session: '9ZHq02g3J8S60fan', secured: 1 },
    },
    {
      line: 'Nov  2 00:00:00 mx1 dovecot: auth-worker(51122): conn unix:auth-worker (pid=1552,uid=110): auth-worker<8>: sql(anna,192.0.2.4,<QWaQ+2mA4n8+>): unknown user',
      kind: 'login',
      fields: { protocol: 8, user: 'anna', clientIp: '192.0.2.4', session: 'QWaQ+2mA4n8+' },
    },
    {
      line: 'Nov  2 00:00:00 mx1 dovecot: imap(anna@example.net)<1633><bVo2Dkc533PbbZ9+>: Disconnected: Logged out in=100 out=900 deleted=0',
      kind: 'sessionLine',
      fields: { session: 'bVo2Dkc533PbbZ9+', user: 'anna@example.net', end: 1, protocol: 1 },
    },
    {
      line: 'Nov  2 00:00:00 mx1 dovecot: imap(anna@example.net)<1633><bVo2Dkc533PbbZ9+>: Connection closed (IDLE running for 0.001 + waiting input for 1200 secs, 2 B in + 10 B out, state=wait-input) in=100 out=900',
      kind: 'sessionLine',
      fields: { session: 'bVo2Dkc533PbbZ9+', user: 'anna@example.net', end: 1, protocol: 1 },
    },
    {
      line: 'Nov  2 00:00:00 mx1 dovecot: imap(anna@example.net)<1633><bVo2Dkc533PbbZ9+>: copy from INBOX: box=Archive, uid=7',
      kind: 'sessionLine',
      fields: { session: 'bVo2Dkc533PbbZ9+', user: 'anna@example.net', protocol: 1 },
    },
    { line: 'Nov  2 00:00:01 mx1 dovecot: lmtp(1692): Connect from local', kind: 'lmtpOpen' },
    { line: '2026-11-02 10:00:01 mx1 dovecot: lmtp(13): Connect from local', kind: 'lmtpOpen' },
    { line: '\0\0\0Nov  2 00:00:01 mx1 dovecot: lmtp(13): Connect from local', kind: 'lmtpOpen' },
    {
      line: 'Nov  2 00:00:01 mx1 dovecot: lmtp(1692): Disconnect from local: Logged out (state=READY)',
      kind: 'lmtpClose',
    },
    {
      line: 'Nov  2 00:00:01 mx1 dovecot: lmtp(anna@example.net)<1692><6ZmUBPN+nBg0J4ElVaTdPc:2>: msgid=<c19@example.com>: saved mail to INBOX',
      kind: 'lmtp',
      fields: {
        user: 'anna@example.net',
        session: '6ZmUBPN+nBg0J4ElVaTdPc',
        messageId: 'c19@example.com',
        action: 'saved',
      },
    },
    {
      line: "Nov  2 00:00:01 mx1 dovecot: lmtp(anna@example.net)<1692><6ZmUBPN>: sieve: msgid=<c19@example.com>: fileinto action: stored mail into mailbox 'Invoices'",
      kind: 'lmtp',
      fields: {
        user: 'anna@example.net',
        session: '6ZmUBPN',
        messageId: 'c19@example.com',
        action: 'stored',
        target: 'Invoices',
      },
    },
    {
      line: 'Nov  2 00:00:01 mx1 dovecot: lmtp(anna@example.net)<1692><6ZmUBPN>: sieve: msgid=<c19@example.com>: redirect action: forwarded to <ext@example.org>',
      kind: 'lmtp',
      fields: {
        user: 'anna@example.net',
        session: '6ZmUBPN',
        messageId: 'c19@example.com',
        action: 'forwarded',
        target: 'ext@example.org',
      },
    },
    {
      line: 'Jan  5 10:00:00 mx1 dovecot: lmtp(30571, anna@example.net): 4qWZHj+0D1NrdwAAfTOTVg: sieve: msgid=<c19@example.com>: marked message to be discarded if not explicitly delivered (discard action)',
      kind: 'lmtp',
      fields: {
        user: 'anna@example.net',
        session: '4qWZHj+0D1NrdwAAfTOTVg',
        messageId: 'c19@example.com',
        action: 'discard',
      },
    },
  ],
};
