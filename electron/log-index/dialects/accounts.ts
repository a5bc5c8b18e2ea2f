/**
 * Operations on accounts: shadow's tools, PAM, Cyrus SASL, and what sudo(8) lets people run on mail accounts. What
 * follows the account in a command may be its password and is not read.
 */
import { ACCOUNT_BY, KIND } from '../scan/records.ts';
import { bytes } from '../scan/machine.ts';
import type { Scan } from '../scan/scan.ts';
import type { Dialect } from './dialect.ts';

const NEW_USER = bytes('new user: name=');
const DELETE_USER = bytes("delete user '");
const QUOTED_USER = bytes(" user '");
const CHANGED = bytes('password changed for ');
const SETPASS = bytes('setpass ');
const COMMAND = bytes('COMMAND=');
const DOVEADM = bytes('doveadm ');
const USER_OPTION = bytes(' -u ');
const PASSWORD_OPTION = bytes(' -p ');
/** vpopmail's tools: the account is the first word that is no option. */
const VPOPMAIL = [
  'vadduser ',
  'vdeluser ',
  'vmoduser ',
  'vpasswd ',
  'vsetuserquota ',
  'vadddomain ',
  'vdeldomain ',
].map(bytes);
const SYSTEM = ['useradd ', 'userdel ', 'usermod '].map(bytes);

function tell(s: Scan, by: number, from: number, to: number): void {
  s.emit(KIND.account);
  s.num(by);
  s.str(from, to);
}

/** `root : TTY=pts/0 ; PWD=/root ; USER=root ; COMMAND=/home/vpopmail/bin/vadduser anna@firma.example secret` */
function sudo(s: Scan): void {
  const command = s.search(COMMAND, s.at);
  if (command < 0) return;
  const pathTo = s.to(32, command);
  let name = pathTo;
  while (name > command && s.buf[name - 1] !== 47 && s.buf[name - 1] !== 61) name--;
  const tool = [...VPOPMAIL, ...SYSTEM].find((word) => s.is(name, word));
  if (tool !== undefined) {
    const first = name + tool.length;
    // with options it is not certain which word is the account, and which the password
    tell(s, ACCOUNT_BY.sudo, name, s.buf[first] === 45 ? pathTo : s.to(32, first));
  } else if (s.is(name, DOVEADM)) {
    const user = s.search(USER_OPTION, name);
    const secret = s.search(PASSWORD_OPTION, name);
    if (user < 0 || (secret >= 0 && secret < user)) return;
    tell(s, ACCOUNT_BY.sudo, name, s.to(32, user + USER_OPTION.length));
  }
}

export const accounts: Dialect = {
  name: 'accounts',
  programs: ['useradd', 'userdel', 'usermod', 'passwd', 'chpasswd', 'saslpasswd2', 'sudo'],
  parse(s) {
    if (s.is(s.at, NEW_USER)) return tell(s, ACCOUNT_BY.system, s.at, Math.min(s.to(44, s.at), s.end));
    if (s.is(s.at, DELETE_USER) || s.search(QUOTED_USER, s.at) === s.to(32, s.at))
      return tell(s, ACCOUNT_BY.system, s.at, s.end);
    const changed = s.search(CHANGED, s.at);
    if (changed >= 0) return tell(s, ACCOUNT_BY.system, changed, s.end);
    if (s.is(s.at, SETPASS)) return tell(s, ACCOUNT_BY.sasl, s.at, s.end);
    sudo(s);
  },
  samples: [
    {
      line: 'Nov  2 00:00:01 mx1 useradd[99]: new user: name=anna, UID=1001, GID=1001, home=/home/anna, shell=/bin/bash, from=/dev/pts/1',
      kind: 'account',
      fields: { by: 1, what: 'new user: name=anna' },
    },
    {
      line: "Nov  2 00:00:01 mx1 userdel[99]: delete user 'anna'",
      kind: 'account',
      fields: { by: 1, what: "delete user 'anna'" },
    },
    {
      line: "Nov  2 00:00:01 mx1 usermod[99]: lock user 'anna' password",
      kind: 'account',
      fields: { by: 1, what: "lock user 'anna' password" },
    },
    {
      line: 'Nov  2 00:00:01 mx1 passwd[99]: pam_unix(passwd:chauthtok): password changed for anna',
      kind: 'account',
      fields: { by: 1, what: 'password changed for anna' },
    },
    {
      line: 'Nov  2 00:00:01 mx1 saslpasswd2[99]: setpass succeeded for anna',
      kind: 'account',
      fields: { by: 3, what: 'setpass succeeded for anna' },
    },
    {
      line: 'Nov  2 00:00:01 mx1 sudo[99]:     root : TTY=pts/0 ; PWD=/root ; USER=root ; COMMAND=/home/vpopmail/bin/vadduser anna@firma.example secret',
      kind: 'account',
      fields: { by: 2, what: 'vadduser anna@firma.example' },
    },
    {
      line: 'Nov  2 00:00:01 mx1 sudo:     root : TTY=pts/0 ; PWD=/root ; USER=root ; COMMAND=/usr/bin/doveadm mailbox delete -u anna@firma.example Old',
      kind: 'account',
      fields: { by: 2, what: 'doveadm mailbox delete -u anna@firma.example' },
    },
    {
      line: 'Nov  2 00:00:01 mx1 sudo:     root : TTY=pts/0 ; PWD=/root ; USER=root ; COMMAND=/usr/bin/doveadm pw -p secret -u anna@firma.example',
      kind: 'plain',
    },
  ],
};
