/** Feeds records to the handlers of their kinds, in the order of time. */
import { HEADER_WORDS, KIND } from '../scan/records.ts';
import * as dovecot from './dovecot.ts';
import * as filters from './filters.ts';
import * as other from './other-servers.ts';
import * as queue from './queue.ts';
import * as smtpd from './smtpd.ts';
import type { Correlation } from './state.ts';
import { NODE } from '../index/tables.ts';

type Handler = (c: Correlation, rec: Uint32Array, fields: number) => void;

const HANDLERS: (Handler | null)[] = [];
for (const kind of Object.values(KIND)) HANDLERS[kind] = null;
function on(kind: number, handler: Handler): void {
  HANDLERS[kind] = handler;
}
on(KIND.queueLine, queue.queueLine);
on(KIND.clientLine, queue.clientLine);
on(KIND.smtpdLine, smtpd.smtpdLine);
on(KIND.connect, smtpd.connect);
on(KIND.disconnect, smtpd.disconnect);
on(KIND.repeated, smtpd.repeated);
on(KIND.tls, smtpd.tls);
on(KIND.accepted, smtpd.accepted);
on(KIND.proxied, smtpd.proxied);
on(KIND.proxyEnd, smtpd.proxyEnd);
on(KIND.reject, smtpd.reject);
on(KIND.authFailed, smtpd.authFailed);
on(KIND.messageId, queue.messageId);
on(KIND.judged, queue.judged);
on(KIND.pickup, queue.pickup);
on(KIND.active, queue.active);
on(KIND.removed, queue.removed);
on(KIND.expired, queue.expired);
on(KIND.held, queue.held);
on(KIND.delivery, queue.delivery);
on(KIND.notification, queue.notification);
on(KIND.screenOpen, smtpd.screenOpen);
on(KIND.screenPass, smtpd.screenPass);
on(KIND.screenLine, smtpd.screenLine);
on(KIND.screenReject, smtpd.screenReject);
on(KIND.screenEnd, smtpd.screenEnd);
on(KIND.listed, smtpd.listed);
on(KIND.rspamd, filters.rspamd);
on(KIND.amavis, filters.amavis);
on(KIND.amavisLine, filters.amavisLine);
on(KIND.spamd, filters.spamd);
on(KIND.verdict, filters.verdict);
on(KIND.scanned, other.scanned);
on(KIND.greylist, smtpd.greylist);
on(KIND.login, dovecot.login);
on(KIND.sessionLine, dovecot.sessionLine);
on(KIND.lmtpOpen, dovecot.lmtpOpen);
on(KIND.lmtp, dovecot.lmtp);
on(KIND.lmtpClose, dovecot.lmtpClose);
on(KIND.ban, smtpd.ban);
on(KIND.refused, other.refused);
on(KIND.arrived, other.arrived);
on(KIND.born, other.born);
on(KIND.tryStart, other.tryStart);
on(KIND.tryEnd, other.tryEnd);
on(KIND.bounced, other.bounced);
on(KIND.update, (c) => c.put(c.node(NODE.update, 0)));
on(KIND.account, (c, r, i) => {
  const node = c.session(NODE.account, 0, r[i + 1]);
  c.t.sessions.detail[c.t.nodes.row[node]] = r[i];
  c.put(node);
});

/**
 * Handles the record at `at` as line `line` at Unix time `seconds`. `c.fit()` must have been called since the record
 * was made, and the line columns must have room.
 */
export function feed(c: Correlation, rec: Uint32Array, at: number, line: number, seconds: number): void {
  const word = rec[at];
  const place = rec[at + 3];
  c.now = seconds;
  c.ms = (word >>> 10) & 1023;
  const host = place >>> 22;
  if (host !== c.host) {
    c.host = host;
    c.sawHost(host);
  }
  c.pid = place & 0x3fffff;
  c.line = line;
  if (seconds > c.latest) c.latest = seconds;
  if (c.first === 0 && seconds > 0) c.first = seconds;
  const handler = HANDLERS[word & 255];
  if (handler !== null) handler(c, rec, at + HEADER_WORDS);
}
