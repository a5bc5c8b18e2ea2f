/**
 * Arrivals: inbound mail through its filters, submission, local mail, refusals, logins, noise. Longer than usual: one
 * short function for each kind of arrival, best read side by side.
 */
import { SECOND } from './output.ts';
import type { Host } from './host.ts';
import { delays, type Message, MS, recipient, type Recipient, type Simulation } from './sim.ts';
import { type Domain, firstName, ip4, topLevel, word } from './world.ts';

const IN_TLS = [
  'Anonymous TLS connection established from %s: TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits) key-exchange X25519 server-signature RSA-PSS (2048 bits) server-digest SHA256',
  'Anonymous TLS connection established from %s: TLSv1.2 with cipher ECDHE-RSA-AES256-GCM-SHA384 (256/256 bits)',
  'Trusted TLS connection established from %s: TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits) key-exchange X25519 server-signature RSA-PSS (2048 bits) server-digest SHA256 client-signature RSA-PSS (2048 bits) client-digest SHA256',
];
const SYMBOLS =
  'BAYES_HAM(-2.94){99.74%;} DMARC_POLICY_ALLOW(-0.50){%s;reject;} R_DKIM_ALLOW(-0.20){%s:s=default;} MIME_GOOD(-0.10){multipart/alternative;text/plain;} RCVD_COUNT_TWO(0.00){2;} ARC_NA(0.00){} FROM_HAS_DN(0.00){} MIME_TRACE(0.00){0:+;1:+;2:~;} TO_DN_NONE(0.00){} BAYES_SPAM(5.10){100.00%;} HFILTER_HOSTNAME_UNKNOWN(2.50){} R_SPF_FAIL(1.00){-all;} URIBL_BLACK(7.50){%s:url;} RCPT_COUNT_ONE(0.00){1;}'.split(
    ' ',
  );

/** One address of a RCPT command, and what it becomes after aliases. */
interface Given {
  address: string;
  becomes: Recipient[];
}
/** A client that comes back after greylisting: the same envelope. */
interface Return {
  name: string;
  ip: string;
  helo: string;
  from: string;
  address: string;
  members: { to: string; original: string | null }[];
}

const tlsOf = (line: string): string => /TLSv[\d.]+/.exec(line)?.[0] ?? '';

function localRecipients(s: Simulation): Given[] {
  const { r, world } = s;
  const x = r.next();
  const n = x < 0.86 ? 1 : x < 0.95 ? 2 : r.int(3, 9);
  const out: Given[] = [];
  const seen = new Set<string>();
  for (let i = 0; i < n; i++) {
    if (r.chance(0.07)) {
      const alias = r.pick([...world.aliases.keys()]);
      const becomes: Recipient[] = [];
      for (const u of world.aliases.get(alias) ?? []) {
        if (seen.has(u)) continue;
        seen.add(u);
        becomes.push(recipient(u, alias));
      }
      if (becomes.length > 0) out.push({ address: alias, becomes });
      continue;
    }
    const u = s.user();
    if (seen.has(u)) continue;
    seen.add(u);
    out.push({ address: u, becomes: [recipient(u)] });
  }
  return out.length > 0
    ? out
    : [{ address: s.user(), becomes: [] }].map((g) => ({ ...g, becomes: [recipient(g.address)] }));
}

/** postscreen in front; returns when smtpd gets the client. */
function screen(s: Simulation, t: number, h: Host, ip: string, trace: number, fresh: boolean): number {
  const port = s.r.int(1024, 65535);
  const pre = `${h.at}postfix/postscreen[${h.daemon.postscreen}]: `;
  s.out.line(t, `${pre}CONNECT from [${ip}]:${port} to [192.0.2.25]:25`, trace);
  const passed = t + (fresh ? 6 * SECOND : 2 * MS);
  s.out.line(passed, `${pre}PASS ${fresh ? 'NEW' : 'OLD'} [${ip}]:${port}`, trace);
  return passed + 3 * MS;
}

function rspamd(
  s: Simulation,
  t: number,
  m: Message,
  to: string[],
  spam: boolean,
  action: string,
  score: number,
): void {
  const { r } = s;
  const h = m.host;
  const tag = s.hex(6);
  const domain = m.from.slice(m.from.lastIndexOf('@') + 1) || 'localhost';
  const symbols = r.shuffle(SYMBOLS, r.int(6, 13)).join(',').replaceAll('%s', domain);
  const pid = r.pick(h.rspamd);
  const digest = s.hex(32);
  const list = to.join(',');
  s.out.line(
    t - 900,
    `${h.at}rspamd[${pid}]: <${tag}>; task; rspamd_message_parse: loaded message; id: <${m.mid}>; queue-id: <${m.q.id}>; size: ${m.size}; checksum: <${digest}>`,
    m.id,
  );
  s.out.line(
    t,
    `${h.at}rspamd[${pid}]: <${tag}>; task; rspamd_task_write_log: id: <${m.mid}>, qid: <${m.q.id}>, ip: ${m.ip},${m.user ? ` user: ${m.user},` : ''}${m.from ? ` from: <${m.from}>,` : ''} (default: ${spam ? 'T' : 'F'} (${action}): [${score.toFixed(2)}/15.00] [${symbols}]), len: ${m.size}, time: ${r.int(20, 900)}.${r.int(100, 999)}ms, dns req: ${r.int(5, 60)}, digest: <${digest}>, rcpts: <${list}>, mime_rcpts: <${list}>`,
    m.id,
  );
  m.spam = { engine: 'rspamd', action, score: Number(score.toFixed(2)) };
}

export function inbound(s: Simulation, t0: number, h: Host, back?: Return, prior?: number): void {
  const { r, out } = s;
  const domain: Domain = s.domain();
  const exit = r.pick(domain.out);
  const ip = back?.ip ?? exit.ip;
  const name = back?.name ?? (r.chance(0.95) ? exit.name : 'unknown');
  const helo = back?.helo ?? exit.name;
  let m = s.newMessage(h, 'inbound', t0);
  let t = screen(s, t0, h, ip, m.id, r.chance(0.08));
  const smtpd = h.take('smtpd', t);
  const pre = `${h.at}postfix/smtpd[${smtpd.pid}]: `;
  const who = `${name}[${ip}]`;
  if (name === 'unknown') out.line(t - 300, `${pre}warning: hostname ${helo} does not resolve to address ${ip}`, m.id);
  out.line(t, `${pre}connect from ${who}`, m.id);
  let tls: string | null = null;
  if (domain.tls) {
    const line = r.pick(IN_TLS).replace('%s', who);
    t += r.int(40, 200) * MS;
    out.line(t, pre + line, m.id);
    tls = tlsOf(line);
  }
  const mails = r.chance(0.93) ? 1 : r.int(2, 5);
  let good = 0;
  let named = 0;
  const cleanup = h.take('cleanup', t);
  const cpre = `${h.at}postfix/cleanup[${cleanup.pid}]: `;
  for (let i = 0; i < mails; i++) {
    if (i > 0) m = s.newMessage(h, 'inbound', t);
    t += r.int(60, 500) * MS;
    m.start = t;
    Object.assign(m, { ip, name, helo, tls });
    m.from = back !== undefined ? back.from : r.chance(0.96) ? r.pick(domain.senders) : '';
    m.mid = r.chance(0.998) ? s.messageId(t, domain.name) : '';
    // every message has recipients of its own, also when the same envelope comes twice
    const given: Given[] =
      back !== undefined
        ? [{ address: back.address, becomes: back.members.map((x) => recipient(x.to, x.original)) }]
        : localRecipients(s);
    if (prior !== undefined) m.prior = prior;
    named += given.length;
    const path = r.next();
    const last = given.at(-1)?.address ?? '';
    const trailer = `from=<${m.from}> to=<${last}> proto=ESMTP helo=<${helo}>`;
    if (path < 0.18) {
      m.path = 'proxy';
      out.line(t, `${pre}NOQUEUE: client=${who}`, m.id);
      const result = proxyFilter(s, t, m, given, pre, trailer);
      t = result.t;
      good += result.good;
      continue;
    }
    const q = s.setQueueId(m, t, 'in');
    out.line(t, `${pre}${q}: client=${who}`, m.id);
    t += r.int(20, 200) * MS;
    out.line(t, `${cpre}${q}: message-id=<${m.mid}>`, m.id);
    if (path < 0.62) {
      m.path = 'milter';
      const x = r.next();
      let [spam, action, score]: [boolean, string, number] =
        x < 0.8
          ? [false, 'no action', r.next() * 4 - 3]
          : x < 0.91
            ? [true, 'add header', 6 + r.next() * 8]
            : x < 0.94
              ? [false, 'greylist', 4 + r.next() * 2]
              : [true, 'reject', 15 + r.next() * 20];
      if (back !== undefined && (action === 'reject' || action === 'greylist'))
        [spam, action, score] = [false, 'no action', 0.5];
      t += r.int(40, 700) * MS;
      rspamd(
        s,
        t,
        m,
        given.map((g) => g.address),
        spam,
        action,
        score,
      );
      if (action === 'reject' || action === 'greylist') {
        const reply = action === 'reject' ? '5.7.1 Spam message rejected' : '4.7.1 Try again later';
        out.line(t + 2 * MS, `${cpre}${q}: milter-reject: END-OF-MESSAGE from ${who}: ${reply}; ${trailer}`, m.id);
        m.recipients = given.map((g) => ({
          ...recipient(g.address),
          final: action === 'reject' ? 'rejected' : 'greylisted',
          dsn: reply.slice(0, 5),
          time: t / SECOND,
        }));
        s.endQueueId(m, t + 3 * MS);
        const only = given[0];
        if (action === 'greylist' && given.length === 1 && only !== undefined) {
          const again: Return = {
            name,
            ip,
            helo,
            from: m.from,
            address: only.address,
            members: only.becomes.map((y) => ({ to: y.to, original: y.original })),
          };
          const id = m.id;
          s.at(t + r.int(300, 1800) * SECOND, (u) => inbound(s, u, h, again, id));
        }
        s.done(m);
        continue;
      }
      m.recipients = given.flatMap((g) => g.becomes);
      m.pending = m.recipients.slice();
      s.active(t + 5 * MS, m);
      const one = m;
      s.at(t + 6 * MS, (u) => s.launch(u, one));
    } else {
      m.path = 'amavis';
      t += r.int(5, 60) * MS;
      const dkim = `${h.at}opendkim[${h.daemon.opendkim}]: ${q}: `;
      out.line(t, `${dkim}${helo} [${ip}] not internal`, m.id);
      out.line(t + 300, `${dkim}not authenticated`, m.id);
      out.line(t + 600, r.chance(0.8) ? `${dkim}DKIM verification successful` : `${dkim}no signature data`, m.id);
      out.line(t + 4 * MS, `${h.at}opendmarc[${h.daemon.opendmarc}]: ${q}: ${domain.name} pass`, m.id);
      t += 6 * MS;
      m.recipients = given.map((g) => recipient(g.address));
      m.pending = m.recipients.slice();
      s.active(t, m);
      const one = m;
      s.at(t + 2 * MS, (u) => amavis(s, u, one, given));
    }
    good++;
  }
  t += r.int(20, 400) * MS;
  if (r.chance(0.02)) out.line(t, `${pre}lost connection after RSET from ${who}`, m.id);
  out.line(
    t + 500,
    `${pre}disconnect from ${who} ehlo=${tls ? 2 : 1}${tls ? ' starttls=1' : ''} mail=${mails} rcpt=${named} data=${good === mails ? good : `${good}/${mails}`} quit=1 commands=${mails * 2 + named + (tls ? 4 : 2)}`,
    m.id,
  );
  h.give('smtpd', smtpd, t + MS);
  h.give('cleanup', cleanup, t + MS);
}

/** The second pass behind a content filter: smtpd on port 10025, a second queue id. */
function reinject(
  s: Simulation,
  t0: number,
  m: Message,
  given: Given[],
  original: string,
): { t: number; q: string; before: Message['q'] } {
  const h = m.host;
  const smtpd = h.take('smtpd', t0);
  const cleanup = h.take('cleanup', t0);
  const pre = `${h.at}postfix/smtpd[${smtpd.pid}]: `;
  s.out.line(t0, `${pre}connect from localhost[127.0.0.1]`, m.id);
  const t = t0 + 2 * MS;
  const before = m.q;
  const q = s.setQueueId(m, t, 'after-filter');
  s.out.line(t, `${pre}${q}: client=localhost[127.0.0.1]${original}`, m.id);
  s.out.line(t + 2 * MS, `${h.at}postfix/cleanup[${cleanup.pid}]: ${q}: message-id=<${m.mid}>`, m.id);
  m.size += 480;
  m.recipients = given.flatMap((g) => g.becomes);
  m.pending = m.recipients.slice();
  m.attempt = 0;
  s.active(t + 5 * MS, m);
  s.out.line(
    t + 6 * MS,
    `${pre}disconnect from localhost[127.0.0.1] ehlo=1 mail=1 rcpt=${given.length} data=1 quit=1 commands=${4 + given.length}`,
    m.id,
  );
  h.give('smtpd', smtpd, t + 7 * MS);
  h.give('cleanup', cleanup, t + 7 * MS);
  return { t: t + 6 * MS, q, before };
}

const scanId = (p: { pid: number; uses: number }): string =>
  `${String(p.pid).padStart(5, '0')}-${String((p.uses % 20) + 1).padStart(2, '0')}`;

function amavis(s: Simulation, t: number, m: Message, given: Given[]): void {
  const { r, out } = s;
  const h = m.host;
  const agent = h.take('smtp', t);
  const filter = h.take('amavis', t);
  const id = scanId(filter);
  const q = m.q.id;
  const a = t - m.start;
  const d = r.int(80, 2500) * MS;
  const pre = `${h.at}amavis[${filter.pid}]: (${id}) `;
  const mailId = s.base64(12);
  const to = given.map((g) => `<${g.address}>`).join(',');
  const post = `${h.at}postfix/smtp[${agent.pid}]: ${q}: `;
  const client = `[${m.ip}]:${r.int(1024, 65535)} [${m.ip}]`;
  let e: number;
  if (r.chance(0.07)) {
    const spam = r.chance(0.85);
    e = t + d;
    out.line(
      e - 3 * MS,
      `${pre}Blocked ${spam ? 'SPAM' : 'INFECTED (Win.Test.EICAR_HDB-1)'} {DiscardedInbound,Quarantined}, ${client} <${m.from}> -> ${to}, quarantine: ${spam ? 'spam' : 'virus'}-${mailId}.gz, Queue-ID: ${q}, Message-ID: <${m.mid}>, mail_id: ${mailId}, Hits: ${(10 + r.next() * 20).toFixed(3)}, size: ${m.size}, ${d / MS} ms`,
      m.id,
    );
    m.recipients.forEach((y, i) => {
      out.line(
        e + i * 200,
        `${post}to=<${y.to}>, relay=127.0.0.1[127.0.0.1]:10024, ${delays(a, 0, 0, d)}, dsn=2.7.0, status=sent (250 2.7.0 Ok, discarded, id=${id} - ${spam ? 'spam' : 'INFECTED'})`,
        m.id,
      );
      Object.assign(y, {
        final: 'discarded',
        dsn: '2.7.0',
        relay: '127.0.0.1[127.0.0.1]:10024',
        attempts: 1,
        time: e / SECOND,
      });
    });
    m.pending = [];
    m.spam = { engine: 'amavis', action: 'discard', score: null };
    s.removed(e + 4 * MS, m);
  } else {
    const old = m.recipients;
    // the first host's MTA forwards the client (XFORWARD), the others' do not
    const original = h.name.endsWith('1') ? `, orig_queue_id=${q}, orig_client=${m.name}[${m.ip}]` : '';
    const next = reinject(s, t + d - 30 * MS, m, given, original);
    e = next.t + 4 * MS;
    const hits = (r.next() * 6 - 3).toFixed(3);
    out.line(
      e,
      `${pre}${mailId} FWD from <${m.from}> -> ${to}, BODY=7BIT 250 2.0.0 from MTA(smtp:[127.0.0.1]:10025): 250 2.0.0 Ok: queued as ${next.q}`,
      m.id,
    );
    out.line(
      e + 500,
      `${pre}Passed CLEAN {RelayedInbound}, ${client} <${m.from}> -> ${to}, Queue-ID: ${q}, Message-ID: <${m.mid}>, mail_id: ${mailId}, Hits: ${hits}, size: ${m.size - 480}, queued_as: ${next.q}, ${d / MS} ms`,
      m.id,
    );
    old.forEach((y, i) =>
      out.line(
        e + 2 * MS + i * 200,
        `${post}to=<${y.to}>, relay=127.0.0.1[127.0.0.1]:10024, ${delays(a, 0, 0, d)}, dsn=2.0.0, status=sent (250 2.0.0 from MTA(smtp:[127.0.0.1]:10025): 250 2.0.0 Ok: queued as ${next.q})`,
        m.id,
      ),
    );
    e += 3 * MS + old.length * 200;
    out.line(e, `${h.at}postfix/qmgr[${h.daemon.qmgr}]: ${q}: removed`, m.id);
    if (m.qids[0] !== undefined) m.qids[0].to = e / SECOND;
    h.freeQueueId(next.before, e);
    m.spam = { engine: 'amavis', action: 'pass', score: Number(hits) };
    s.at(e + MS, (u) => s.launch(u, m));
  }
  h.give('smtp', agent, e + 5 * MS);
  h.give('amavis', filter, e + 5 * MS);
}

function proxyFilter(
  s: Simulation,
  t: number,
  m: Message,
  given: Given[],
  pre: string,
  trailer: string,
): { t: number; good: number } {
  const { r, out } = s;
  const h = m.host;
  const filter = h.take('amavis', t);
  const id = scanId(filter);
  const d = r.int(80, 1500) * MS;
  const apre = `${h.at}amavis[${filter.pid}]: (${id}) `;
  const mailId = s.base64(12);
  const to = given.map((g) => `<${g.address}>`).join(',');
  const client = `[${m.ip}]:${r.int(1024, 65535)} [${m.ip}]`;
  if (r.chance(0.08)) {
    const e = t + d;
    out.line(
      e,
      `${apre}Blocked SPAM {RejectedInbound}, ${client} <${m.from}> -> ${to}, Message-ID: <${m.mid}>, mail_id: ${mailId}, Hits: ${(10 + r.next() * 20).toFixed(3)}, size: ${m.size}, ${d / MS} ms`,
      m.id,
    );
    out.line(e + MS, `${pre}proxy-reject: END-OF-MESSAGE: 554 5.7.0 Reject, id=${id} - spam; ${trailer}`, m.id);
    m.recipients = given.map((g) => ({ ...recipient(g.address), final: 'rejected', dsn: '5.7.0', time: e / SECOND }));
    m.end = e;
    m.spam = { engine: 'amavis', action: 'reject', score: null };
    s.done(m);
    h.give('amavis', filter, e + 2 * MS);
    return { t: e + 2 * MS, good: 0 };
  }
  const next = reinject(s, t + d - 30 * MS, m, given, `, orig_client=${m.name}[${m.ip}]`);
  const e = next.t + 4 * MS;
  const hits = (r.next() * 6 - 3).toFixed(3);
  out.line(
    e,
    `${apre}Passed CLEAN {AcceptedInbound}, ${client} <${m.from}> -> ${to}, Message-ID: <${m.mid}>, mail_id: ${mailId}, Hits: ${hits}, size: ${m.size - 480}, queued_as: ${next.q}, ${d / MS} ms`,
    m.id,
  );
  out.line(
    e + MS,
    `${pre}proxy-accept: END-OF-MESSAGE: 250 2.0.0 from MTA(smtp:[127.0.0.1]:10025): 250 2.0.0 Ok: queued as ${next.q}; ${trailer}`,
    m.id,
  );
  m.spam = { engine: 'amavis', action: 'pass', score: Number(hits) };
  h.give('amavis', filter, e + 2 * MS);
  s.at(next.t + 3 * MS, (u) => s.launch(u, m));
  return { t: e + 2 * MS, good: 1 };
}

export function submission(s: Simulation, t0: number, h: Host): void {
  const { r, out } = s;
  const m = s.newMessage(h, 'submission', t0);
  const user = s.user();
  const ip = ip4(r);
  const name = r.chance(0.7) ? `p${s.hex(8)}.dip0.${r.pick(['isp-a', 'isp-b', 'mobil'])}.example` : 'unknown';
  const who = `${name}[${ip}]`;
  const service = r.chance(0.6) ? 'submission' : 'smtps';
  const smtpd = h.take(service, t0);
  const pre = `${h.at}postfix/${service}/smtpd[${smtpd.pid}]: `;
  out.line(t0, `${pre}connect from ${who}`, m.id);
  let t = t0 + r.int(40, 200) * MS;
  const line = r.pick(IN_TLS).replace('%s', who);
  out.line(t, pre + line, m.id);
  m.tls = tlsOf(line);
  t += r.int(80, 400) * MS;
  const q = s.setQueueId(m, t, 'in');
  m.start = t;
  m.method = r.chance(0.8) ? 'PLAIN' : 'LOGIN';
  Object.assign(m, { ip, name, user, from: user, helo: `[${r.int(10, 193)}.168.0.2]`, path: 'milter' });
  out.line(t, `${pre}${q}: client=${who}, sasl_method=${m.method}, sasl_username=${user}`, m.id);
  t += r.int(20, 200) * MS;
  m.mid = s.messageId(t, user.slice(user.lastIndexOf('@') + 1));
  const cleanup = h.take('cleanup', t);
  out.line(t, `${h.at}postfix/cleanup[${cleanup.pid}]: ${q}: message-id=<${m.mid}>`, m.id);
  const x = r.next();
  const n = x < 0.75 ? 1 : x < 0.96 ? r.int(2, 5) : r.int(6, 40);
  const to = new Set<string>();
  for (let i = 0; i < n; i++) to.add(r.chance(0.25) ? s.user() : r.pick(s.domain().senders));
  m.recipients = [...to].map((a) => recipient(a));
  m.pending = m.recipients.slice();
  if (r.chance(0.5)) {
    t += r.int(10, 200) * MS;
    rspamd(s, t, m, [...to], false, 'no action', r.next() * 2 - 1);
  } else {
    t += 4 * MS;
    out.line(
      t,
      `${h.at}opendkim[${h.daemon.opendkim}]: ${q}: DKIM-Signature field added (s=mail, d=${user.slice(user.lastIndexOf('@') + 1)})`,
      m.id,
    );
  }
  t += 5 * MS;
  s.active(t, m);
  s.at(t + 2 * MS, (u) => s.launch(u, m));
  t += r.int(30, 300) * MS;
  out.line(
    t,
    `${pre}disconnect from ${who} ehlo=2 starttls=1 auth=1 mail=1 rcpt=${to.size} data=1 quit=1 commands=${to.size + 7}`,
    m.id,
  );
  h.give(service, smtpd, t + MS);
  h.give('cleanup', cleanup, t + MS);
}

/** Cron mail through pickup; local(8) delivers it, or forwards root to a person under a new queue id. */
export function local(s: Simulation, t: number, h: Host): void {
  const { r, out } = s;
  const m = s.newMessage(h, 'local', t);
  const q = s.setQueueId(m, t, 'in');
  const fqdn = `${h.name}.example.net`;
  m.from = `root@${fqdn}`;
  m.mid = `${s.hex(14)}.${q}@${fqdn}`;
  s.enterLocally(t, m, q, 0, 'root');
  m.size = r.int(400, 3000);
  const one: Recipient = { ...recipient(`root@${fqdn}`, 'root'), attempts: 1 };
  m.recipients = [one];
  m.pending = [one];
  s.active(t + 5 * MS, m);
  const agent = h.take('local', t);
  const d = r.int(4, 40) * MS;
  const e = t + 8 * MS + d;
  const line = `${h.at}postfix/local[${agent.pid}]: ${q}: to=<root@${fqdn}>, orig_to=<root>, relay=local, ${delays(8 * MS, 0, 0, d)}, dsn=2.0.0, status=sent `;
  if (r.chance(0.5)) out.line(e, `${line}(delivered to mailbox)`, m.id);
  else {
    const c = s.newMessage(h, 'forward', e);
    c.parent = m.id;
    m.children.push(c.id);
    const q2 = s.setQueueId(c, e - 2 * MS, 'forward');
    Object.assign(c, { mid: m.mid, from: m.from, size: m.size + 150 });
    const cleanup = h.take('cleanup', e);
    out.line(e - 2 * MS, `${h.at}postfix/cleanup[${cleanup.pid}]: ${q2}: message-id=<${m.mid}>`, c.id);
    out.line(e, `${line}(forwarded as ${q2})`, m.id);
    h.give('cleanup', cleanup, e);
    c.recipients = [recipient(s.world.users[0] as string, `root@${fqdn}`)];
    c.pending = c.recipients.slice();
    s.active(e + MS, c);
    s.at(e + 2 * MS, (u) => s.launch(u, c));
  }
  Object.assign(one, { final: 'sent', dsn: '2.0.0', relay: 'local', time: e / SECOND });
  m.pending = [];
  h.give('local', agent, e + MS);
  s.removed(e + 2 * MS, m);
}

function rejected(
  s: Simulation,
  trace: number,
  h: Host,
  t: number,
  by: string,
  ip: string,
  name: string | null,
  helo: string,
  from: string,
  to: string,
  code: number,
  dsn: string,
  why: string,
): void {
  s.count('rejects');
  s.out.truth({
    id: trace,
    kind: 'reject',
    by,
    host: h.name,
    start: t / SECOND,
    client_ip: ip,
    client_name: name,
    helo,
    from,
    to,
    code,
    dsn,
    reason: why,
  });
}

export function postscreen(s: Simulation, t0: number, h: Host): void {
  const { r, out } = s;
  const { ip } = r.pick(s.world.bots);
  const port = r.int(1024, 65535);
  const pre = `${h.at}postfix/postscreen[${h.daemon.postscreen}]: `;
  const trace = s.newTrace();
  out.line(t0, `${pre}CONNECT from [${ip}]:${port} to [192.0.2.25]:25`, trace);
  const x = r.next();
  if (x < 0.55) {
    const dns = h.take('dnsblog', t0);
    out.line(
      t0 + 90 * MS,
      `${h.at}postfix/dnsblog[${dns.pid}]: addr ${ip} listed by domain zen.example.org as 127.0.0.${r.pick([2, 3, 4, 10])}`,
      trace,
    );
    h.give('dnsblog', dns, t0 + 100 * MS);
    let t = t0 + 6 * SECOND;
    out.line(t, `${pre}DNSBL rank ${r.int(3, 9)} for [${ip}]:${port}`, trace);
    t += r.int(100, 900) * MS;
    const from = r.pick(r.pick(s.world.domains).senders);
    const to = s.user();
    const helo = `${word(r, 3)}.${topLevel(r)}`;
    out.line(
      t,
      `${pre}NOQUEUE: reject: RCPT from [${ip}]:${port}: 550 5.7.1 Service unavailable; client [${ip}] blocked using zen.example.org; from=<${from}>, to=<${to}>, proto=ESMTP, helo=<${helo}>`,
      trace,
    );
    out.line(t + 80 * MS, `${pre}DISCONNECT [${ip}]:${port}`, trace);
    rejected(s, trace, h, t, 'postscreen-dnsbl', ip, null, helo, from, to, 550, '5.7.1', 'zen.example.org');
    return;
  }
  const pregreet = x < 0.75;
  if (pregreet) {
    out.line(
      t0 + 60 * MS,
      `${pre}PREGREET ${r.int(11, 30)} after 0.${r.int(10, 99)} from [${ip}]:${port}: EHLO ${word(r, 2)}\\r\\n`,
      trace,
    );
    out.line(t0 + 200 * MS, `${pre}DISCONNECT [${ip}]:${port}`, trace);
  } else {
    out.line(
      t0 + 900 * MS,
      `${pre}HANGUP after 0.${r.int(1, 9)} from [${ip}]:${port} in tests before SMTP handshake`,
      trace,
    );
    out.line(t0 + 901 * MS, `${pre}DISCONNECT [${ip}]:${port}`, trace);
  }
  out.truth({
    id: trace,
    kind: 'probe',
    by: 'postscreen',
    host: h.name,
    start: t0 / SECOND,
    client_ip: ip,
    reason: pregreet ? 'pregreet' : 'hangup',
  });
}

const REFUSALS: [string, string][] = [
  ['relay', '554 5.7.1 <{to}>: Relay access denied'],
  ['unknown-user', '550 5.1.1 <{to}>: Recipient address rejected: User unknown in virtual mailbox table'],
  [
    'rbl',
    '554 5.7.1 Service unavailable; Client host [{ip}] blocked using bl.example.net; Blocked - see https://bl.example.net/?{ip}',
  ],
  ['helo', '504 5.5.2 <{helo}>: Helo command rejected: need fully-qualified hostname'],
  ['sender-domain', '450 4.1.8 <{from}>: Sender address rejected: Domain not found'],
  ['client-ptr', '450 4.7.25 Client host rejected: cannot find your hostname, [{ip}]'],
];

export function refusal(s: Simulation, t0: number, h: Host): void {
  const { r, out } = s;
  const { ip, name } = r.pick(s.world.bots);
  let trace = s.newTrace();
  let t = screen(s, t0, h, ip, trace, r.chance(0.5));
  const smtpd = h.take('smtpd', t);
  const pre = `${h.at}postfix/smtpd[${smtpd.pid}]: `;
  const who = `${name}[${ip}]`;
  out.line(t, `${pre}connect from ${who}`, trace);
  const n = r.chance(0.8) ? 1 : r.int(2, 8);
  const [by, template] = r.pick(REFUSALS);
  const from = r.pick(r.pick(s.world.domains).senders);
  const helo = name !== 'unknown' ? name : word(r, 3);
  for (let i = 0; i < n; i++) {
    t += r.int(50, 400) * MS;
    if (i > 0) trace = s.newTrace();
    const to =
      by === 'relay'
        ? r.pick(r.pick(s.world.domains).senders)
        : by === 'unknown-user'
          ? `${firstName(r)}${r.int(100, 99999)}@${r.pick(s.world.local)}`
          : s.user();
    const why = template
      .replaceAll('{to}', to)
      .replaceAll('{ip}', ip)
      .replaceAll('{helo}', helo)
      .replaceAll('{from}', from);
    out.line(
      t,
      `${pre}NOQUEUE: reject: RCPT from ${who}: ${why}; from=<${from}> to=<${to}> proto=ESMTP helo=<${helo}>`,
      trace,
    );
    rejected(
      s,
      trace,
      h,
      t,
      `smtpd-${by}`,
      ip,
      name,
      helo,
      from,
      to,
      Number(why.slice(0, 3)),
      why.slice(4).split(' ')[0] ?? '',
      by,
    );
  }
  t += r.int(20, 200) * MS;
  if (r.chance(0.4)) out.line(t, `${pre}lost connection after RCPT from ${who}`, trace);
  out.line(t + 300, `${pre}disconnect from ${who} ehlo=1 mail=1 rcpt=0/${n} quit=1 commands=3/${3 + n}`, trace);
  h.give('smtpd', smtpd, t + MS);
}

export function greylisting(s: Simulation, t0: number, h: Host): void {
  const { r, out } = s;
  const domain = s.domain();
  const { ip, name: helo } = r.pick(domain.out);
  const name = r.chance(0.95) ? helo : 'unknown';
  const trace = s.newTrace();
  let t = screen(s, t0, h, ip, trace, true);
  const smtpd = h.take('smtpd', t);
  const pre = `${h.at}postfix/smtpd[${smtpd.pid}]: `;
  const who = `${name}[${ip}]`;
  out.line(t, `${pre}connect from ${who}`, trace);
  t += r.int(50, 400) * MS;
  const from = r.pick(domain.senders);
  const to = s.user();
  out.line(
    t,
    `${h.at}postgrey[${h.daemon.postgrey}]: action=greylist, reason=new, client_name=${name}, client_address=${ip}/32, sender=${from}, recipient=${to}`,
    trace,
  );
  out.line(
    t + MS,
    `${pre}NOQUEUE: reject: RCPT from ${who}: 450 4.2.0 <${to}>: Recipient address rejected: Greylisted, see http://postgrey.example/help/${to.slice(to.lastIndexOf('@') + 1)}.html; from=<${from}> to=<${to}> proto=ESMTP helo=<${helo}>`,
    trace,
  );
  rejected(s, trace, h, t, 'greylist', ip, name, helo, from, to, 450, '4.2.0', 'greylisted');
  t += r.int(20, 200) * MS;
  out.line(t, `${pre}disconnect from ${who} ehlo=1 mail=1 rcpt=0/1 quit=1 commands=3/4`, trace);
  h.give('smtpd', smtpd, t + MS);
  if (r.chance(0.7)) {
    const again: Return = { name, ip, helo, from, address: to, members: [{ to, original: null }] };
    s.at(t + r.int(300, 2400) * SECOND, (u) => inbound(s, u, h, again, trace));
  }
}

export function authFailure(s: Simulation, t0: number, h: Host): void {
  const { r, out } = s;
  const { ip, name } = r.pick(s.world.bots);
  const trace = s.newTrace();
  const service = r.chance(0.5) ? 'submission' : 'smtps';
  const smtpd = h.take(service, t0);
  const pre = `${h.at}postfix/${service}/smtpd[${smtpd.pid}]: `;
  const who = `${name}[${ip}]`;
  out.line(t0, `${pre}connect from ${who}`, trace);
  let t = t0 + r.int(300, 3000) * MS;
  const user = r.chance(0.4) ? s.user() : `${firstName(r)}@${r.pick(s.world.local)}`;
  const text = `warning: ${who}: SASL LOGIN authentication failed: UGFzc3dvcmQ6, sasl_username=${user}`;
  out.line(t, `${pre}${text}`, trace);
  if (r.chance(0.06)) out.line(t + 400 * MS, `${pre}message repeated ${r.int(2, 5)} times: [ ${text}]`, trace);
  t += r.int(500, 900) * MS;
  out.line(t, `${pre}lost connection after AUTH from ${who}`, trace);
  out.line(t + 300, `${pre}disconnect from ${who} ehlo=1 auth=0/1 commands=1/2`, trace);
  if (r.chance(0.08))
    out.line(t + SECOND, `${h.at}fail2ban.actions[${h.daemon.anvil + 7}]: NOTICE [postfix-sasl] Ban ${ip}`, trace);
  h.give(service, smtpd, t + MS);
  out.truth({
    id: trace,
    kind: 'login',
    proto: 'smtp',
    ok: false,
    host: h.name,
    start: t / SECOND,
    client_ip: ip,
    user,
  });
}

export function mailbox(s: Simulation, t: number, h: Host): void {
  const { r, out } = s;
  const trace = s.newTrace();
  const proto = r.chance(0.15) ? 'pop3' : 'imap';
  const session = `${s.base64(15)}+`;
  if (r.chance(0.12)) {
    const { ip } = r.pick(s.world.bots);
    const user = r.chance(0.3) ? s.user() : firstName(r);
    const k = r.int(1, 4);
    out.line(
      t,
      `${h.at}dovecot: auth-worker(${r.int(300, 90000)}): conn unix:auth-worker (pid=${h.daemon.dovecot},uid=110): auth-worker<${r.int(1, 9999)}>: sql(${user},${ip},<${session}>): ${user.includes('@') ? 'Password mismatch' : 'unknown user'}`,
      trace,
    );
    out.line(
      t + 2 * SECOND,
      `${h.at}dovecot: ${proto}-login: Disconnected: Connection closed (auth failed, ${k} attempts in ${k * 2} secs): user=<${user}>, method=PLAIN, rip=${ip}, lip=192.0.2.25, TLS, session=<${session}>`,
      trace,
    );
    out.truth({
      id: trace,
      kind: 'login',
      proto,
      ok: false,
      host: h.name,
      start: t / SECOND,
      client_ip: ip,
      user,
      session,
    });
    return;
  }
  const user = s.user();
  const ip = r.chance(0.5) ? ip4(r) : '127.0.0.1';
  const pid = h.newPid();
  out.line(
    t,
    `${h.at}dovecot: ${proto}-login: Login: user=<${user}>, method=PLAIN, rip=${ip}, lip=${ip === '127.0.0.1' ? ip : '192.0.2.25'}, mpid=${pid}, ${ip === '127.0.0.1' ? 'secured' : 'TLS'}, session=<${session}>`,
    trace,
  );
  const e = t + Math.floor(r.exp(1 / 200)) * SECOND + r.int(50, 900) * MS;
  out.line(
    e,
    `${h.at}dovecot: ${proto}(${user})<${pid}><${session}>: Disconnected: Logged out ${proto === 'pop3' ? `top=0/0, retr=${r.int(0, 5)}/${r.int(0, 99999)}, del=0/9, size=1` : `in=${r.int(100, 9999)} out=${r.int(900, 999999)} deleted=0 expunged=0 trashed=0`}`,
    trace,
  );
  out.truth({
    id: trace,
    kind: 'login',
    proto,
    ok: true,
    host: h.name,
    start: t / SECOND,
    end: e / SECOND,
    client_ip: ip,
    user,
    session,
  });
}

/** Lines that belong to nobody. */
export function noise(s: Simulation, t: number, h: Host): void {
  const { r, out } = s;
  const x = r.next();
  if (x < 0.4)
    out.line(
      t,
      `${h.at}postfix/anvil[${h.daemon.anvil}]: statistics: max connection rate ${r.int(1, 9)}/60s for (smtp:${r.pick(s.world.bots).ip}) at ${out.stamp(Math.floor(t / SECOND))}`,
      0,
    );
  else if (x < 0.7)
    out.line(t, `${h.at}CRON[${h.newPid()}]: (root) CMD (   cd / && run-parts --report /etc/cron.hourly)`, 0);
  else
    out.line(
      t,
      `${h.at}postfix/scache[${h.newPid()}]: statistics: domain lookup hits=${r.int(0, 30)} miss=${r.int(1, 40)} success=${r.int(0, 99)}%`,
      0,
    );
}
