/**
 * The simulation: what a busy mail server does, as events in time. Longer than a room's usual file: the deliveries and
 * the queue share one state, and splitting them would only move the seams.
 */
import type { Random } from './random.ts';
import { Output, SECOND } from './output.ts';
import { base, Host, type QueueId } from './host.ts';
import { BASE64, type Domain, type World } from './world.ts';

export const MS = 1000;

export interface Recipient {
  to: string;
  original: string | null;
  final: string | null;
  dsn: string | null;
  relay: string | null;
  attempts: number;
  time: number | null;
}

export interface Message {
  id: number;
  host: Host;
  kind: string;
  start: number;
  end: number;
  q: QueueId;
  qids: { qid: string; from: number; to: number | null; role: string }[];
  mid: string | null;
  ip: string | null;
  name: string | null;
  helo: string | null;
  user: string | null;
  method: string | null;
  tls: string | null;
  from: string;
  size: number;
  recipients: Recipient[];
  pending: Recipient[];
  bounced: Recipient[];
  inFlight: number;
  attempt: number;
  parent: number | null;
  children: number[];
  spam: { engine: string; action: string; score: number | null } | null;
  warned: boolean;
  path: string | null;
  prior: number | null;
}

export interface Settings {
  lifetime: number;
  reuse: number;
}

const OUT_TLS = [
  'Trusted TLS connection established to %s: TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits) key-exchange X25519 server-signature RSA-PSS (2048 bits) server-digest SHA256',
  'Untrusted TLS connection established to %s: TLSv1.2 with cipher ECDHE-RSA-AES256-GCM-SHA384 (256/256 bits)',
  'Verified TLS connection established to %s: TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits) key-exchange X25519 server-signature ECDSA (prime256v1) server-digest SHA256',
];

/** A delay as Postfix prints it: two significant digits. */
function short(us: number): string {
  if (us < 10_000) return '0';
  const s = us / SECOND;
  if (s >= 10) return s.toFixed(0);
  if (s >= 1) return s.toFixed(1);
  return s.toFixed(2).replace(/0+$/, '');
}

export function delays(a: number, b: number, c: number, d: number): string {
  return `delay=${short(a + b + c + d)}, delays=${short(a)}/${short(b)}/${short(c)}/${short(d)}`;
}

export function recipient(to: string, original: string | null = null): Recipient {
  return { to, original, final: null, dsn: null, relay: null, attempts: 0, time: null };
}

const original = (x: Recipient): string => (x.original === null ? '' : `, orig_to=<${x.original}>`);

export class Simulation {
  readonly r: Random;
  readonly out: Output;
  readonly world: World;
  readonly settings: Settings;
  longIds = false;
  readonly counts: Record<string, number> = {};
  private traces = 0;
  private sequence = 0;
  private readonly events: { t: number; n: number; run: (t: number) => void }[] = [];
  private readonly localSet: Set<string>;

  constructor(r: Random, out: Output, world: World, settings: Settings) {
    this.r = r;
    this.out = out;
    this.world = world;
    this.settings = settings;
    this.localSet = new Set(world.local);
  }

  // ------------------------------------------------------------------------------------------------ time

  at(t: number, run: (t: number) => void): void {
    const e = { t, n: this.sequence++, run };
    const h = this.events;
    h.push(e);
    let i = h.length - 1;
    while (i > 0) {
      const up = (i - 1) >> 1;
      const above = h[up];
      if (above === undefined || above.t < t || (above.t === t && above.n < e.n)) break;
      h[i] = above;
      h[up] = e;
      i = up;
    }
  }

  /** Runs every event up to `t`; false when none is left. */
  runUntil(t: number): boolean {
    for (;;) {
      const first = this.events[0];
      if (first === undefined) return false;
      if (first.t > t) return true;
      this.pop();
      first.run(first.t);
    }
  }

  /** Runs the next event and returns its time; undefined when none is left. */
  step(): number | undefined {
    const first = this.events[0];
    if (first === undefined) return undefined;
    this.pop();
    first.run(first.t);
    return first.t;
  }

  private pop(): void {
    const h = this.events;
    const last = h.pop();
    if (last === undefined || h.length === 0) return;
    let i = 0;
    for (;;) {
      let k = 2 * i + 1;
      const left = h[k];
      if (left === undefined) break;
      const right = h[k + 1];
      if (right !== undefined && (right.t < left.t || (right.t === left.t && right.n < left.n))) k++;
      const child = h[k];
      if (child === undefined || last.t < child.t || (last.t === child.t && last.n < child.n)) break;
      h[i] = child;
      i = k;
    }
    h[i] = last;
  }

  // ------------------------------------------------------------------------------------------------ traces

  newTrace(): number {
    return ++this.traces;
  }

  get traceCount(): number {
    return this.traces;
  }

  count(what: string, by = 1): void {
    this.counts[what] = (this.counts[what] ?? 0) + by;
  }

  newMessage(host: Host, kind: string, t: number): Message {
    return {
      id: this.newTrace(),
      host,
      kind,
      start: t,
      end: t,
      q: { id: '', slot: null },
      qids: [],
      mid: null,
      ip: null,
      name: null,
      helo: null,
      user: null,
      method: null,
      tls: null,
      from: '',
      size: Math.floor(this.r.logNormal(9.2, 1.4)) + 600,
      recipients: [],
      pending: [],
      bounced: [],
      inFlight: 0,
      attempt: 0,
      parent: null,
      children: [],
      spam: null,
      warned: false,
      path: null,
      prior: null,
    };
  }

  setQueueId(m: Message, t: number, role: string): string {
    m.q = m.host.newQueueId(t, this.longIds, this.settings.reuse);
    m.qids.push({ qid: m.q.id, from: t / SECOND, to: null, role });
    return m.q.id;
  }

  endQueueId(m: Message, t: number): void {
    m.host.freeQueueId(m.q, t);
    const last = m.qids.at(-1);
    if (last !== undefined) last.to = t / SECOND;
    m.end = t;
  }

  done(m: Message): void {
    this.count('messages');
    this.count(`kind_${m.kind}`);
    for (const x of m.recipients) this.count(`rcpt_${x.final}`);
    this.out.truth({
      id: m.id,
      kind: m.kind,
      host: m.host.name,
      start: m.start / SECOND,
      end: m.end / SECOND,
      qids: m.qids,
      message_id: m.mid,
      client_ip: m.ip,
      client_name: m.name,
      helo: m.helo,
      sasl_user: m.user,
      sasl_method: m.method,
      tls: m.tls,
      from: m.from,
      size: m.size,
      path: m.path,
      rcpts: m.recipients.map((x) => ({
        to: x.to,
        orig_to: x.original,
        final: x.final,
        dsn: x.dsn,
        relay: x.relay,
        attempts: x.attempts,
        ts: x.time,
      })),
      ...(m.spam ? { spam: m.spam } : {}),
      ...(m.parent !== null ? { parent: m.parent } : {}),
      ...(m.children.length > 0 ? { children: m.children } : {}),
      ...(m.prior !== null ? { prior: m.prior } : {}),
      ...(m.end / SECOND >= this.out.cutAt ? { truncated: true } : {}),
    });
  }

  base64(n: number): string {
    return this.r.text(n, BASE64);
  }

  hex(n: number): string {
    return this.r.text(n, '0123456789abcdef');
  }

  messageId(t: number, domain: string): string {
    const x = this.r.next();
    if (x < 0.25) return `CA${this.base64(18)}_${this.base64(26)}@mail.${domain}`;
    if (x < 0.45) return `${this.hex(16).toUpperCase()}@PR${this.r.int(0, 4096)}MB.eurprd04.prod.${domain}`;
    if (x < 0.7) return `${this.hex(8)}-${this.hex(4)}-${this.hex(4)}-${this.hex(4)}-${this.hex(12)}@${domain}`;
    if (x < 0.9) return `${Math.floor(t / SECOND)}.${this.r.bits()}.${this.r.int(1000, 99999)}@${domain}`;
    return `${this.hex(40)}@${domain}`;
  }

  user(): string {
    const x = this.r.next();
    return this.world.users[Math.floor(this.world.users.length * x * x)] as string;
  }

  domain(): Domain {
    const x = this.r.next();
    return this.world.domains[Math.floor(this.world.domains.length * x * x * x)] as Domain;
  }

  // ------------------------------------------------------------------------------------------------ queue

  active(t: number, m: Message): void {
    this.out.line(
      t,
      `${m.host.at}postfix/qmgr[${m.host.daemon.qmgr}]: ${m.q.id}: from=<${m.from}>, size=${m.size}, nrcpt=${m.pending.length} (queue active)`,
      m.id,
    );
  }

  removed(t: number, m: Message): void {
    this.out.line(t, `${m.host.at}postfix/qmgr[${m.host.daemon.qmgr}]: ${m.q.id}: removed`, m.id);
    this.endQueueId(m, t);
    this.done(m);
  }

  /** A queue run: one delivery for each destination. */
  launch(t: number, m: Message): void {
    m.attempt++;
    const groups = new Map<string, Recipient[]>();
    for (const x of m.pending) {
      const domain = x.to.slice(x.to.lastIndexOf('@') + 1);
      const key = this.localSet.has(domain) ? '' : domain;
      const group = groups.get(key);
      if (group) group.push(x);
      else groups.set(key, [x]);
    }
    m.inFlight = groups.size;
    for (const [key, list] of groups) {
      const when = t + this.r.int(3, 60) * MS;
      if (key === '') this.at(when, (u) => this.lmtp(u, m, list));
      else this.at(when, (u) => this.smtp(u, m, this.world.byName.get(key) ?? (this.world.domains[0] as Domain), list));
    }
  }

  private lmtp(t: number, m: Message, list: Recipient[]): void {
    const h = m.host;
    const agent = h.take('lmtp', t);
    const dovecot = h.take('dlmtp', t);
    const a = t - m.start;
    const b = this.r.int(0, 30) * MS;
    const c = this.r.int(5, 20) * MS;
    const d = this.r.int(15, 120) * MS;
    let e = t + b + c + d;
    this.out.line(t + b + 2 * MS, `${h.at}dovecot: lmtp(${dovecot.pid}): Connect from local`, m.id);
    const session = `${this.base64(20)}Pc`;
    const relay = `${h.name}.example.net[private/dovecot-lmtp]`;
    list.forEach((x, index) => {
      const i = index + 1;
      x.attempts++;
      const s = i === 1 ? session : `${session}:${i}`;
      const y = this.r.next();
      const when = t + b + c + Math.floor(d / 2) + i * 900;
      const junk = m.spam?.action === 'add header';
      const dove = `${h.at}dovecot: lmtp(${x.to})<${dovecot.pid}><${s}>: `;
      const post = `${h.at}postfix/lmtp[${agent.pid}]: ${m.q.id}: to=<${x.to}>${original(x)}, relay=${relay}, ${delays(a, b, c, d)}, `;
      if (y < 0.004) {
        this.out.line(
          when,
          `${dove}msgid=<${m.mid}>: save failed to INBOX: Quota exceeded (mailbox for user is full)`,
          m.id,
        );
        this.out.line(
          e + i * 300,
          `${post}dsn=5.2.2, status=bounced (host ${relay} said: 552 5.2.2 <${x.to}> Quota exceeded (mailbox for user is full) (in reply to end of DATA command))`,
          m.id,
        );
        Object.assign(x, { final: 'bounced', dsn: '5.2.2', relay });
        m.bounced.push(x);
      } else {
        if (junk || y < 0.05)
          this.out.line(
            when,
            `${dove}sieve: msgid=<${m.mid}>: stored mail into mailbox '${junk ? 'Junk' : 'Lists'}'`,
            m.id,
          );
        else if (y < 0.058 && m.kind !== 'forward') {
          const target = this.r.pick(this.domain().senders);
          this.out.line(when, `${dove}sieve: msgid=<${m.mid}>: forwarded to <${target}>`, m.id);
          this.at(when + 30 * MS, (u) => this.redirect(u, m, target));
        } else this.out.line(when, `${dove}msgid=<${m.mid}>: saved mail to INBOX`, m.id);
        this.out.line(e + i * 300, `${post}dsn=2.0.0, status=sent (250 2.0.0 <${x.to}> ${s} Saved)`, m.id);
        Object.assign(x, { final: 'sent', dsn: '2.0.0', relay });
      }
      x.time = e / SECOND;
      m.pending.splice(m.pending.indexOf(x), 1);
    });
    e += list.length * 400;
    this.out.line(e, `${h.at}dovecot: lmtp(${dovecot.pid}): Disconnect from local: Logged out (state=READY)`, m.id);
    h.give('lmtp', agent, e + MS);
    h.give('dlmtp', dovecot, e + MS);
    this.at(e + MS, (u) => this.settle(u, m));
  }

  private smtp(t: number, m: Message, domain: Domain, list: Recipient[]): void {
    const { r, out } = this;
    const h = m.host;
    const agent = h.take('smtp', t);
    const pre = `${h.at}postfix/smtp[${agent.pid}]: `;
    const q = m.q.id;
    const a = t - m.start;
    const b = r.int(0, 40) * MS;
    const first = domain.mx[0] as { name: string; ip: string };
    const relay = `${first.name}[${first.ip}]:25`;
    const { kind } = domain;
    const n = m.attempt;
    let e: number;
    for (const x of list) x.attempts++;
    const drop = (x: Recipient): void => {
      m.pending.splice(m.pending.indexOf(x), 1);
    };
    if (kind === 'dead') {
      e = t + b + 60 * MS;
      for (const x of list.slice()) {
        out.line(
          e,
          `${pre}${q}: to=<${x.to}>${original(x)}, relay=none, ${delays(a, b, 50 * MS, 0)}, dsn=5.4.4, status=bounced (Host or domain name not found. Name service error for name=${domain.name} type=AAAA: Host not found)`,
          m.id,
        );
        Object.assign(x, { final: 'bounced', dsn: '5.4.4', relay: 'none', time: e / SECOND });
        m.bounced.push(x);
        drop(x);
      }
    } else if (kind === 'void' || (kind === 'timeout' && (n < 4 || r.chance(0.6))) || (kind === 'refuse' && n < 3)) {
      const why = kind === 'refuse' ? 'Connection refused' : 'Connection timed out';
      let c = 0;
      let last = first;
      for (const mx of domain.mx) {
        c += kind === 'refuse' ? 40 * MS : 30 * SECOND;
        out.line(t + b + c, `${pre}connect to ${mx.name}[${mx.ip}]:25: ${why}`, m.id);
        last = mx;
      }
      e = t + b + c;
      for (const x of list) {
        out.line(
          e,
          `${pre}${q}: to=<${x.to}>${original(x)}, relay=none, ${delays(a, b, c, 0)}, dsn=4.4.1, status=deferred (connect to ${last.name}[${last.ip}]:25: ${why})`,
          m.id,
        );
        Object.assign(x, { final: 'deferred', dsn: '4.4.1', relay: 'none', time: e / SECOND });
      }
    } else if ((kind === 'grey' && n < 3) || (kind === 'full' && n < 5)) {
      const c = r.int(80, 900) * MS;
      const d = r.int(50, 500) * MS;
      e = t + b + c + d;
      if (domain.tls) out.line(t + b + Math.floor(c / 2), pre + r.pick(OUT_TLS).replace('%s', relay), m.id);
      const second = domain.mx[1] ?? first;
      const dsn = kind === 'grey' ? '4.2.0' : '4.2.2';
      list.forEach((x, i) => {
        const why =
          kind === 'grey'
            ? `450 4.2.0 <${x.to}>: Recipient address rejected: Greylisted, see http://postgrey.example/help/${domain.name}.html`
            : `452 4.2.2 <${x.to}>: Mailbox full`;
        if (domain.mx.length > 1)
          out.line(
            e + i * 200 - 40 * MS,
            `${pre}${q}: host ${first.name}[${first.ip}] said: ${why} (in reply to RCPT TO command)`,
            m.id,
          );
        out.line(
          e + i * 200,
          `${pre}${q}: to=<${x.to}>${original(x)}, relay=${second.name}[${second.ip}]:25, ${delays(a, b, c, d)}, dsn=${dsn}, status=deferred (host ${second.name}[${second.ip}] said: ${why} (in reply to RCPT TO command))`,
          m.id,
        );
        Object.assign(x, { final: 'deferred', dsn, relay: `${second.name}[${second.ip}]:25`, time: e / SECOND });
      });
      e += list.length * 200;
    } else {
      const c = r.int(60, 1500) * MS;
      const d = r.int(60, 2500) * MS;
      e = t + b + c + d;
      let reused = '';
      if (r.chance(0.12)) reused = `conn_use=${r.int(2, 6)}, `;
      else if (domain.tls) out.line(t + b + c - 5 * MS, pre + r.pick(OUT_TLS).replace('%s', relay), m.id);
      const remote = base(r.bits() * 65536 + r.int(0, 65536), 52, 0);
      list.slice().forEach((x, i) => {
        const y = r.next();
        const line = `${pre}${q}: to=<${x.to}>${original(x)}, relay=${relay}, ${reused}${delays(a, b, c, d)}, `;
        x.time = e / SECOND;
        if (y < 0.035) {
          out.line(
            e + i * 200,
            `${line}dsn=5.1.1, status=bounced (host ${first.name}[${first.ip}] said: 550 5.1.1 <${x.to}>: Recipient address rejected: User unknown in virtual mailbox table (in reply to RCPT TO command))`,
            m.id,
          );
          Object.assign(x, { final: 'bounced', dsn: '5.1.1', relay });
          m.bounced.push(x);
        } else if (y < 0.045) {
          out.line(
            e + i * 200,
            `${line}dsn=5.7.1, status=bounced (host ${first.name}[${first.ip}] said: 554 5.7.1 Message rejected as spam (in reply to end of DATA command))`,
            m.id,
          );
          Object.assign(x, { final: 'bounced', dsn: '5.7.1', relay });
          m.bounced.push(x);
        } else {
          out.line(e + i * 200, `${line}dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as ${remote})`, m.id);
          Object.assign(x, { final: 'sent', dsn: '2.0.0', relay });
        }
        drop(x);
      });
      e += list.length * 200;
    }
    h.give('smtp', agent, e + MS);
    this.at(e + MS, (u) => this.settle(u, m));
  }

  /** bounce(8): cleanup logs the new Message-ID first, then bounce names the child. */
  private notify(t: number, m: Message, what: string): void {
    const h = m.host;
    const c = this.newMessage(h, 'dsn', t);
    c.parent = m.id;
    m.children.push(c.id);
    const q = this.setQueueId(c, t, 'dsn');
    c.mid = `${this.hex(14)}.${q}@${h.name}.example.net`;
    c.size = Math.floor(m.size / 4) + 2500;
    c.path = what;
    const cleanup = h.take('cleanup', t);
    const bounce = h.take('bounce', t);
    this.out.line(t, `${h.at}postfix/cleanup[${cleanup.pid}]: ${q}: message-id=<${c.mid}>`, c.id);
    this.out.line(t + 2 * MS, `${h.at}postfix/bounce[${bounce.pid}]: ${m.q.id}: ${what}: ${q}`, m.id);
    h.give('cleanup', cleanup, t + MS);
    h.give('bounce', bounce, t + 3 * MS);
    c.recipients = [recipient(m.from)];
    c.pending = c.recipients.slice();
    this.active(t + 3 * MS, c);
    this.at(t + 4 * MS, (u) => this.launch(u, c));
  }

  private settle(t: number, m: Message): void {
    if (--m.inFlight > 0) return;
    let now = t;
    if (m.bounced.length > 0 && m.from !== '') {
      this.notify(now + MS, m, 'sender non-delivery notification');
      now += 6 * MS;
    }
    m.bounced = [];
    if (m.pending.length === 0) {
      this.removed(now + 2 * MS, m);
      return;
    }
    const age = now - m.start;
    if (age > this.settings.lifetime * SECOND) {
      this.at(now + 300 * SECOND, (u) => this.expire(u, m));
      return;
    }
    if (age > 4 * 3600 * SECOND && !m.warned && m.from !== '') {
      m.warned = true;
      this.notify(now + MS, m, 'sender delay notification');
    }
    const back = Math.min(Math.max(300, Math.floor(age / SECOND)), 4000) + this.r.int(0, 60);
    this.at(now + back * SECOND + this.r.int(0, 1000) * MS, (u) => {
      this.active(u, m);
      this.launch(u + MS, m);
    });
  }

  private expire(t: number, m: Message): void {
    this.out.line(
      t,
      `${m.host.at}postfix/qmgr[${m.host.daemon.qmgr}]: ${m.q.id}: from=<${m.from}>, status=expired, returned to sender`,
      m.id,
    );
    for (const x of m.pending) Object.assign(x, { final: 'expired', time: t / SECOND });
    m.pending = [];
    if (m.from !== '') this.notify(t + MS, m, 'sender non-delivery notification');
    this.removed(t + 9 * MS, m);
  }

  /** A Sieve redirect goes in again through pickup(8). */
  private redirect(t: number, parent: Message, target: string): void {
    const h = parent.host;
    const m = this.newMessage(h, 'forward', t);
    m.parent = parent.id;
    if (parent.qids.at(-1)?.to === null) parent.children.push(m.id);
    const q = this.setQueueId(m, t, 'forward');
    m.mid = parent.mid;
    m.from = parent.from;
    m.size = parent.size + 400;
    this.enterLocally(t, m, q, 5000, m.from);
    m.recipients = [recipient(target)];
    m.pending = m.recipients.slice();
    this.active(t + 4 * MS, m);
    this.at(t + 5 * MS, (u) => this.launch(u, m));
  }

  /** pickup(8) and cleanup(8) take a message from this machine. */
  enterLocally(t: number, m: Message, q: string, uid: number, from: string): void {
    const h = m.host;
    const pickup = h.take('pickup', t);
    const cleanup = h.take('cleanup', t);
    this.out.line(t, `${h.at}postfix/pickup[${pickup.pid}]: ${q}: uid=${uid} from=<${from}>`, m.id);
    this.out.line(t + 2 * MS, `${h.at}postfix/cleanup[${cleanup.pid}]: ${q}: message-id=<${m.mid}>`, m.id);
    h.give('pickup', pickup, t + MS);
    h.give('cleanup', cleanup, t + 3 * MS);
  }
}
