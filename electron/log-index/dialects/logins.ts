/** Logins of other mailbox servers and webmail: Courier, Cyrus, UW IMAP, Roundcube, SOGo. */
import { KIND, PROTOCOL } from '../scan/records.ts';
import { bytes } from '../scan/machine.ts';
import type { Scan } from '../scan/scan.ts';
import type { Dialect } from './dialect.ts';
import { Choice } from './keys.ts';

const BADLOGIN = bytes('badlogin: ');
const SASL = bytes('SASL(');
const COURIER = bytes('LOGIN');
const COURIER_FAILED = bytes('LOGIN FAILED, ');
const COURIER_OK = bytes('LOGIN, ');
const USER = bytes('user=');
const IP = bytes('ip=[');
const MAPPED = bytes('::ffff:');
const UW = new Choice()
  .or('Login failed user=', 0)
  .or('Login excessive login failures user=', 0)
  .or('Login disabled user=', 0)
  .or('Failed uwmaster override of user=', 0);
const UW_HOST = bytes(' host=');
const ROUNDCUBE = new Choice().or('Login failed for ', 0).or('FAILED login for ', 0).or('Failed login for ', 0);
/** What Roundcube says behind the address. */
const ROUNDCUBE_ENDS = new Choice()
  .or('. AUTHENTICATE', 0)
  .or(' in session ', 0)
  .or('. LOGIN', 0)
  .or('(', 0)
  .or('. Could', 0);
const FROM = bytes(' from ');
const AGAINST = bytes(' against ');
const SOGO = bytes("Login from '");
const FOR_USER = bytes(' for user ');
const NOT_WORKED = bytes(' might not have worked');

function login(s: Scan, how: number, ok: number, user: number, userTo: number, ip: number, ipTo: number): boolean {
  s.emit(KIND.login);
  s.num(how);
  s.num(ok);
  s.str(user, userTo);
  s.str(ip, ipTo);
  s.num(0);
  s.num(0);
  return true;
}

/** Cyrus: `badlogin: name [ip] PLAIN user SASL(-13): ..`, or with the library's words in brackets instead of the user. */
function badlogin(s: Scan): boolean {
  const open = s.to(91, s.at);
  const close = s.to(93, open);
  if (close >= s.end) return false;
  const user = s.skip(s.to(32, s.skip(close + 1)));
  const named = s.buf[user] !== 91 && !s.is(user, SASL) && s.search(SASL, user) > 0;
  return login(s, PROTOCOL.other, 0, named ? user : 0, named ? s.to(32, user) : 0, open + 1, close);
}

/** Courier: `LOGIN FAILED, user=u, ip=[::ffff:ip]`. */
function courier(s: Scan): boolean {
  const ok = s.is(s.at, COURIER_OK);
  if (!ok && !s.is(s.at, COURIER_FAILED)) return false;
  const at = s.search(IP, s.at);
  if (at < 0) return false;
  const user = s.search(USER, s.at);
  const named = user > 0 && user < at;
  const from = at + IP.length + (s.is(at + IP.length, MAPPED) ? MAPPED.length : 0);
  const name = named ? user + USER.length : 0;
  return login(s, PROTOCOL.other, ok ? 1 : 0, name, named ? s.to(44, user) : 0, from, s.to(93, from));
}

/** UW IMAP: `Login failed user=u auth=u host=name [ip]`. */
function uwImap(s: Scan): boolean {
  const word = UW.at(s, s.at);
  if (word < 0) return false;
  const host = s.search(UW_HOST, s.at);
  const open = host > 0 ? s.to(91, host) : s.end;
  if (open >= s.end) return false;
  const user = s.at + UW.word(word).length;
  return login(s, PROTOCOL.other, 0, user, s.to(32, user), open + 1, s.to(93, open));
}

/** Roundcube: `Login failed for u from ip. AUTHENTICATE ..`: the user is the client's own word, the last address counts. */
function roundcube(s: Scan): boolean {
  let user = -1;
  for (let k = 0; k < ROUNDCUBE.size; k++) {
    const at = s.search(ROUNDCUBE.word(k), s.at);
    if (at >= 0) user = at + ROUNDCUBE.word(k).length;
  }
  if (user < 0) return false;
  let end = s.end;
  for (let k = 0; k < ROUNDCUBE_ENDS.size; k++) {
    const at = s.search(ROUNDCUBE_ENDS.word(k), user);
    if (at > 0 && at < end) end = at;
  }
  let from = -1;
  for (let k = s.search(FROM, user); k >= 0 && k < end; k = s.search(FROM, k + 1)) from = k;
  if (from < 0) return false;
  const against = s.search(AGAINST, user);
  const ip = from + FROM.length;
  let stop = Math.min(end, s.to(32, ip));
  if (s.buf[stop - 1] === 46) stop--;
  return login(s, PROTOCOL.webmail, 0, user, against > 0 && against < from ? against : from, ip, stop);
}

/** SOGo: `Login from 'ip, proxy' for user 'u' might not have worked`. */
function sogo(s: Scan): boolean {
  const at = s.search(SOGO, s.at);
  const user = at >= 0 ? s.search(FOR_USER, at) : -1;
  if (user < 0 || s.search(NOT_WORKED, user) < 0) return false;
  const ip = at + SOGO.length;
  const name = user + FOR_USER.length + 1;
  return login(s, PROTOCOL.webmail, 0, name, s.to(39, name), ip, Math.min(s.to(39, ip), s.to(44, ip)));
}

/** Reads a login of a program that shares its name with others; false when it is none. */
export function otherLogin(s: Scan): boolean {
  const c = s.buf[s.at];
  if (c === 98) return s.is(s.at, BADLOGIN) && badlogin(s);
  if (c === 76) return s.is(s.at, COURIER) ? courier(s) : uwImap(s);
  return c === 70 && uwImap(s);
}

export const mailboxLogins: Dialect = {
  name: 'mailbox-logins',
  programs: [
    'imapd',
    'imaps',
    'imapd-ssl',
    'pop3s',
    'pop3d',
    'pop3d-ssl',
    'ipop3d',
    'courierpop3login',
    'courierimaplogin',
    'sieve',
    'timsieved',
  ],
  parse: (s) => void otherLogin(s),
  samples: [
    {
      line: 'Feb 20 17:23:32 mx1 cyrus/imaps[18635]: badlogin: host.example.net [198.51.100.23] plaintext admin SASL(-13): authentication failure: checkpass failed',
      kind: 'login',
      fields: { protocol: 8, user: 'admin', clientIp: '198.51.100.23' },
    },
    {
      line: 'Jul 18 17:21:58 mx1 cyrus/timsieved[12305]: badlogin: example.com[192.0.2.4] PLAIN authentication failure',
      kind: 'login',
      fields: { protocol: 8, clientIp: '192.0.2.4' },
    },
    {
      line: 'Apr 23 21:59:01 mx1 imapd: LOGIN FAILED, user=sales@example.com, ip=[::ffff:192.0.2.4]',
      kind: 'login',
      fields: { protocol: 8, user: 'sales@example.com', clientIp: '192.0.2.4' },
    },
    {
      line: 'Jul 3 20:56:53 mx1 imapd[666]: Login failed user=lizdy auth=lizdy host=h.example.net [192.0.2.112]',
      kind: 'login',
      fields: { protocol: 8, user: 'lizdy', clientIp: '192.0.2.112' },
    },
  ],
};

export const webmail: Dialect = {
  name: 'webmail',
  programs: ['roundcube', 'roundcubemail', 'sogod'],
  parse: (s) => void (roundcube(s) || sogo(s)),
  samples: [
    {
      line: 'Jul 11 03:06:37 mx1 roundcube: IMAP Error: Login failed for admin from 127.0.0.1 from 192.0.2.4. AUTHENTICATE PLAIN: A0002 NO Login failed. in /usr/share/roundcube/x.php on line 205',
      kind: 'login',
      fields: { protocol: 6, user: 'admin from 127.0.0.1', clientIp: '192.0.2.4' },
    },
    {
      line: '[10-May-2015 13:02:52 -0400]: <4z506z6r> Failed login for admin@example.com from 192.0.2.4 in session 4z506z6rvddstv6k7jz08hxo27 (error: 0)',
      kind: 'login',
      fields: { protocol: 6, user: 'admin@example.com', clientIp: '192.0.2.4' },
    },
    {
      line: "Mar 24 19:29:32 sogod [1526]: SOGoRootPage Login from '192.0.2.16, 10.0.0.1' for user 'admin' might not have worked - password policy: 65535  grace: -1  expire: -1  bound: 0",
      kind: 'login',
      fields: { protocol: 6, user: 'admin', clientIp: '192.0.2.16' },
    },
  ],
};
