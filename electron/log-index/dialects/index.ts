/** The dialects that exist. One line per file; the order does not matter: programs are looked up by name. */
import type { Dialect } from './dialect.ts';
import { accounts } from './accounts.ts';
import { amavis } from './amavis.ts';
import { dovecot } from './dovecot.ts';
import { exim } from './exim.ts';
import { clamavMilter, fail2ban, freshclam, milters, postgrey, spamd } from './helpers.ts';
import { mailboxLogins, webmail } from './logins.ts';
import { postfixDelivery } from './postfix-delivery.ts';
import { postfixPostscreen } from './postfix-postscreen.ts';
import { postfixQueue } from './postfix-queue.ts';
import { postfixSmtpd } from './postfix-smtpd.ts';
import { qmail, vpopmail } from './qmail.ts';
import { rspamd } from './rspamd.ts';

export const DIALECTS: readonly Dialect[] = [
  postfixSmtpd,
  postfixQueue,
  postfixDelivery,
  postfixPostscreen,
  dovecot,
  rspamd,
  amavis,
  milters,
  clamavMilter,
  postgrey,
  fail2ban,
  spamd,
  freshclam,
  exim,
  qmail,
  vpopmail,
  accounts,
  mailboxLogins,
  webmail,
];

/** Those that also run as WebAssembly. */
export const COMPILED: readonly Dialect[] = DIALECTS.filter((dialect) => dialect.compiled);
