/**
 * Feeds the records of a chunk to the handlers of their kinds, in the order of time. Also compiled: see
 * `compiled/compile.ts`.
 */
import { NODE } from '../index/tables.ts';
import { CLOCK, HEADER_WORDS, KIND } from '../scan/records.ts';
import * as dovecot from './dovecot.ts';
import * as filters from './filters.ts';
import { handleRare } from './other-servers.ts';
import * as queue from './queue.ts';
import * as smtpd from './smtpd.ts';
import type { Correlation } from './state.ts';

/** Later than every line. */
export const FOREVER = -1;
/** Sums of a time and a limit fit 31 bits up to here: 1 December 2037. */
export const END = 0x7fc00000;

export class Correlator {
  private readonly c: Correlation;
  /** The next record: its first word, and its number in the chunk. */
  at = 0;
  i = 0;
  /** Unix seconds of the record that was read last, which may not have been handled. */
  seconds = 0;
  /** It stops in front of times from this on, and of those that show as negative; FOREVER: of none. */
  private readonly end: number;
  tooLate = false;

  constructor(c: Correlation, end: number) {
    this.c = c;
    this.end = end;
  }

  /**
   * Handles records from `this.at` and `this.i` on until the chunk's last, number `total` - 1, or until one is later
   * than `until` (FOREVER: none is); one is handled in any case, so that two clocks that disagree cannot wait for each other.
   * `c.lines` and `c.lineBase` are those of the chunk, and `c.fit` was called for its strings. `seconds`: those of the
   * stream's record before.
   */
  run(rec: Uint32Array, total: number, until: number, seconds: number): void {
    const c = this.c;
    const begin = this.i;
    let now = seconds;
    let clock: number = CLOCK.none;
    let time = 0;
    this.tooLate = false;
    while (this.i < total) {
      const at = this.at;
      const word = rec[at];
      const kind = (word >>> 8) & 3;
      if (kind !== CLOCK.none && (kind !== clock || rec[at + 2] !== time)) {
        clock = kind;
        time = rec[at + 2];
        now = clock === CLOCK.unix ? time : c.aside.seconds(clock, time, now);
        if (this.end !== FOREVER && (now < 0 || now >= this.end)) {
          this.tooLate = true;
          return;
        }
      }
      this.seconds = now;
      if (until !== FOREVER && now > until && this.i > begin) return;
      c.lines[this.i * 3] = rec[at + 1];
      this.feed(rec, at, word, now);
      this.at = at + (word >>> 20);
      this.i++;
    }
  }

  private feed(rec: Uint32Array, at: number, word: number, seconds: number): void {
    const c = this.c;
    const place = rec[at + 3];
    c.now = seconds;
    c.ms = (word >>> 10) & 1023;
    const host = place >>> 22;
    if (host !== c.host) {
      c.host = host;
      c.sawHost(host);
    }
    c.pid = place & 0x3fffff;
    c.line = c.lineBase + this.i;
    if (seconds > c.latest) c.latest = seconds;
    if (c.first === 0 && seconds > 0) c.first = seconds;
    handle(c, word & 255, rec, at + HEADER_WORDS);
  }
}

/** Handles one record, whose fields begin at `i`. */
function handle(c: Correlation, kind: number, r: Uint32Array, i: number): void {
  switch (kind) {
    case KIND.plain:
      return;
    case KIND.queueLine:
      return queue.queueLine(c, r, i);
    case KIND.clientLine:
      return queue.clientLine(c);
    case KIND.messageId:
      return queue.messageId(c, r, i);
    case KIND.judged:
      return queue.judged(c, r, i);
    case KIND.pickup:
      return queue.pickup(c, r, i);
    case KIND.active:
      return queue.active(c, r, i);
    case KIND.removed:
      return queue.removed(c, r, i);
    case KIND.expired:
      return queue.expired(c, r, i);
    case KIND.held:
      return queue.held(c, r, i);
    case KIND.delivery:
      return queue.delivery(c, r, i);
    case KIND.notification:
      return queue.notification(c, r, i);
    case KIND.smtpdLine:
      return smtpd.smtpdLine(c, r, i);
    case KIND.connect:
      return smtpd.connect(c, r, i);
    case KIND.disconnect:
      return smtpd.disconnect(c, r, i);
    case KIND.repeated:
      return smtpd.repeated(c, r, i);
    case KIND.tls:
      return smtpd.tls(c, r, i);
    case KIND.accepted:
      return smtpd.accepted(c, r, i);
    case KIND.proxied:
      return smtpd.proxied(c, r, i);
    case KIND.proxyEnd:
      return smtpd.proxyEnd(c, r, i);
    case KIND.reject:
      return smtpd.reject(c, r, i);
    case KIND.authFailed:
      return smtpd.authFailed(c, r, i);
    case KIND.greylist:
      return smtpd.greylist(c, r, i);
    case KIND.screenOpen:
      return smtpd.screenOpen(c, r, i);
    case KIND.screenPass:
      return smtpd.screenPass(c, r, i);
    case KIND.screenLine:
      return smtpd.screenLine(c, r, i);
    case KIND.screenReject:
      return smtpd.screenReject(c, r, i);
    case KIND.screenEnd:
      return smtpd.screenEnd(c, r, i);
    case KIND.listed:
      return smtpd.listed(c, r, i);
    case KIND.ban:
      return smtpd.ban(c, r, i);
    case KIND.rspamd:
      return filters.rspamd(c, r, i);
    case KIND.amavis:
      return filters.amavis(c, r, i);
    case KIND.amavisLine:
      return filters.amavisLine(c, r, i);
    case KIND.spamd:
      return filters.spamd(c, r, i);
    case KIND.verdict:
      return filters.verdict(c, r, i);
    case KIND.login:
      return dovecot.login(c, r, i);
    case KIND.sessionLine:
      return dovecot.sessionLine(c, r, i);
    case KIND.lmtpOpen:
      return dovecot.lmtpOpen(c);
    case KIND.lmtp:
      return dovecot.lmtp(c, r, i);
    case KIND.lmtpClose:
      return dovecot.lmtpClose(c);
    case KIND.update:
      return c.put(c.node(NODE.update, 0));
    case KIND.account:
      return account(c, r, i);
    default:
      return handleRare(c, kind, r, i);
  }
}

function account(c: Correlation, r: Uint32Array, i: number): void {
  const node = c.session(NODE.account, 0, r[i + 1]);
  c.t.sessions.detail[c.t.nodes.row[node]] = r[i];
  c.put(node);
}
