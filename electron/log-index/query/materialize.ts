/** From tables to the trace that people and programs see. */
import type { MessageTrace, Trace, TraceRecipient } from '#shared/model/trace.ts';

import type { LogSet } from '../index/log-set.ts';
import { FLAG, NODE } from '../index/tables.ts';
import {
  ACCOUNT_PROGRAMS,
  ACTIONS,
  dsnText,
  ENGINES,
  NO_SCORE,
  PROTOCOLS,
  SCREEN_EVENTS,
  STATUSES,
  TLS_VERSIONS,
} from '../scan/records.ts';
import { explainMessage } from './explain.ts';
import { explainReject } from './explain-reject.ts';
import { nextAttempt } from './next-attempt.ts';
import { redact } from './redact.ts';
import { replyOf } from './replies.ts';
import { goesOn, rejectClass } from './reasons.ts';

/** Unix seconds and milliseconds as ISO 8601 in UTC. */
export function isoTime(seconds: number, ms = 0): string {
  return new Date(seconds * 1000 + ms).toISOString();
}

/** The trace that `head` stands for. `raw`: also read what only the raw lines hold (replies, HELO). */
export function materialize(set: LogSet, head: number, raw = true): Trace {
  const { nodes } = set.few;
  switch (nodes.kind[head]) {
    case NODE.queue:
    case NODE.proxy:
      return message(set, head, raw);
    case NODE.reject:
      return reject(set, head);
    case NODE.login:
      return login(set, head);
    default:
      return other(set, head);
  }
}

function textOf(set: LogSet, id: number): string | null {
  return id === 0 ? null : set.strings.text(id);
}

/** Name of a host; `-` is syslog's word for none (RFC 5424 §6). */
function hostOf(set: LogSet, host: number): string | null {
  const name = textOf(set, set.hosts[host]);
  return name === '-' ? null : name;
}

/** The message nodes of a trace, in the order the mail went through them. */
export function messageNodes(set: LogSet, head: number): number[] {
  const { nodes, messages } = set.few;
  const all = set.members(head).filter((n) => nodes.kind[n] === NODE.queue || nodes.kind[n] === NODE.proxy);
  if (all.length < 2) return all;
  const continued = (n: number): number => ((messages.flags[nodes.row[n]] & FLAG.continued) === 0 ? 0 : 1);
  return all.sort((a, b) => continued(a) - continued(b) || nodes.t0[a] - nodes.t0[b] || a - b);
}

function message(set: LogSet, head: number, raw: boolean): MessageTrace {
  const { nodes, messages: m, recipients: rc, sessions } = set.few;
  const path = messageNodes(set, head);
  const first = path[0];
  const row = nodes.row[first];
  const rows = path.map((n) => nodes.row[n]);
  const last = rows[rows.length - 1];
  const flags = m.flags[row];
  const pick = (column: Uint32Array): number => {
    for (const r of rows) if (column[r] !== 0) return column[r];
    return 0;
  };

  const recipients: TraceRecipient[] = [];
  let held = false;
  for (const r of rows) {
    if ((m.flags[r] & FLAG.held) !== 0 && (m.flags[r] & FLAG.closed) === 0) held = true;
    for (let k = m.recipient[r]; k !== 0; k = rc.next[k]) {
      if (goesOn(set.few, k, r)) continue;
      recipients.push({
        to: set.strings.text(rc.to[k]),
        originalTo: textOf(set, rc.originalTo[k]),
        status: held ? 'held' : STATUSES[rc.status[k]],
        dsn: dsnText(rc.dsn[k]),
        relay: textOf(set, rc.relay[k]),
        reply: raw && rc.line[k] !== 0 ? replyOf(redact(set.text(rc.line[k] - 1))) : null,
        attempts: rc.attempts[k],
        time: rc.time[k] !== 0 ? isoTime(rc.time[k]) : null,
      });
    }
  }

  let start = nodes.t0[first];
  let ms = nodes.ms0[first];
  let end = 0;
  let complete = true;
  let engine = 0;
  let children: number[] = [];
  const prior: string[] = [];
  for (const n of path) {
    const r = nodes.row[n];
    if (nodes.t0[n] < start || (nodes.t0[n] === start && nodes.ms0[n] < ms)) {
      start = nodes.t0[n];
      ms = nodes.ms0[n];
    }
    if ((m.flags[r] & FLAG.born) === 0 || (m.flags[r] & FLAG.closed) === 0) complete = false;
    if (m.engine[r] !== 0 && engine === 0) engine = r;
    for (let c = m.child[r]; c !== 0; c = m.sibling[nodes.row[c]]) children.push(c);
    if (m.prior[r] !== 0)
      for (let p = m.prior[r], i = 0; p !== 0 && i < 16; i++) {
        const id = String(set.head(p));
        if (!prior.includes(id)) prior.push(id);
        p = nodes.kind[p] === NODE.reject ? 0 : m.prior[nodes.row[p]];
      }
  }
  // handed to a filter whose other side is not in the log
  if ((m.flags[last] & FLAG.continues) !== 0) complete = false;
  for (const n of set.members(head)) end = Math.max(end, nodes.t1[n]);
  children = children.sort((a, b) => a - b);

  const session = m.session[row];
  const tls = session !== 0 && nodes.kind[session] === NODE.session ? sessions.detail[nodes.row[session]] : 0;
  let parent = 0;
  for (const r of rows) parent ||= m.parent[r];
  const login = pick(m.login);
  const from = fromOf(set, rows);
  let size: number | null = null;
  for (const r of rows) if (m.size[r] !== 0) size = m.size[r];

  const trace: Omit<MessageTrace, 'explanation'> = {
    id: String(head),
    kind: 'message',
    origin:
      (flags & FLAG.notification) !== 0
        ? 'notification'
        : (flags & FLAG.forward) !== 0
          ? 'forward'
          : (flags & FLAG.pickup) !== 0
            ? 'local'
            : login !== 0 || (flags & FLAG.submission) !== 0
              ? 'submission'
              : 'inbound',
    host: hostOf(set, nodes.host[first]),
    start: isoTime(start, ms),
    end: isoTime(end),
    complete,
    queueIds: [],
    messageId: textOf(set, pick(m.messageId)),
    clientIp: textOf(set, pick(m.clientIp)),
    clientName: textOf(set, pick(m.clientName)),
    helo: null,
    login: textOf(set, login),
    tls: TLS_VERSIONS[tls] ?? null,
    from,
    size,
    recipients,
    verdict:
      engine === 0
        ? null
        : {
            engine: ENGINES[m.engine[engine]] ?? 'other',
            action: ACTIONS[m.action[engine]] ?? null,
            score: m.score[engine] === NO_SCORE ? null : m.score[engine] / 100,
          },
    parent: parent === 0 ? null : String(set.head(parent)),
    children: children.map((n) => String(set.head(n))),
    prior,
  };
  let role: 'in' | 'notification' | 'forward' | 'after-filter' =
    trace.origin === 'notification' ? 'notification' : trace.origin === 'forward' ? 'forward' : 'in';
  for (const n of path) {
    const r = nodes.row[n];
    if (m.queueId[r] === 0) {
      role = 'after-filter';
      continue;
    }
    trace.queueIds.push({ id: set.strings.text(m.queueId[r]), role });
    role = 'after-filter';
  }
  if (raw && (flags & FLAG.judged) !== 0) {
    const line = m.recipient[row] !== 0 ? rc.line[m.recipient[row]] : 0;
    if (line !== 0) trace.helo = /helo=<([^>]*)>/.exec(set.text(line - 1))?.[1] ?? null;
  }
  const told = children.some((n) => (m.flags[nodes.row[n]] & FLAG.notification) !== 0);
  return { ...trace, explanation: explainMessage(trace, { told, next: nextAttempt(set, trace) }) };
}

/** '' is known (the null sender of a notification) once the queue manager has said so. */
function fromOf(set: LogSet, rows: number[]): string | null {
  const m = set.few.messages;
  for (const r of rows) {
    if (m.from[r] !== 0) return set.strings.text(m.from[r]);
    if ((m.flags[r] & (FLAG.active | FLAG.judged)) !== 0) return '';
  }
  return null;
}

function reject(set: LogSet, head: number): Trace {
  const { nodes, rejects: x } = set.few;
  const row = nodes.row[head];
  const reason = textOf(set, x.reason[row]);
  const trace = {
    id: String(head),
    kind: 'reject' as const,
    by: rejectClass(reason ?? '', x.flags[row]),
    host: hostOf(set, nodes.host[head]),
    start: isoTime(nodes.t0[head], nodes.ms0[head]),
    clientIp: textOf(set, x.clientIp[row]),
    clientName: textOf(set, x.clientName[row]),
    helo: textOf(set, x.helo[row]),
    from: set.strings.text(x.from[row]),
    to: textOf(set, x.to[row]),
    code: x.code[row] || null,
    dsn: dsnText(x.dsn[row]),
    reason,
  };
  return { ...trace, explanation: explainReject(trace) };
}

function login(set: LogSet, head: number): Trace {
  const { nodes, logins: l } = set.few;
  const row = nodes.row[head];
  return {
    id: String(head),
    kind: 'login',
    protocol: PROTOCOLS[l.protocol[row]],
    ok: l.ok[row] === 1,
    host: hostOf(set, nodes.host[head]),
    start: isoTime(nodes.t0[head], nodes.ms0[head]),
    end: (l.flags[row] & 2) !== 0 ? isoTime(nodes.t1[head]) : null,
    clientIp: textOf(set, l.clientIp[row]),
    user: textOf(set, l.user[row]),
    session: textOf(set, l.session[row]),
  };
}

const OTHER: Record<
  number,
  { kind: 'probe' | 'session' | 'ban' | 'update' | 'account' | 'delivery' | 'scan'; by: string }
> = {
  [NODE.session]: { kind: 'session', by: 'smtpd' },
  [NODE.screen]: { kind: 'probe', by: 'postscreen' },
  [NODE.pending]: { kind: 'session', by: 'postfix' },
  [NODE.scan]: { kind: 'scan', by: 'amavis' },
  [NODE.delivery]: { kind: 'delivery', by: 'dovecot' },
  [NODE.ban]: { kind: 'ban', by: 'fail2ban' },
  [NODE.update]: { kind: 'update', by: 'freshclam' },
  [NODE.account]: { kind: 'account', by: 'dovecot' },
};

function other(set: LogSet, head: number): Trace {
  const { nodes, sessions: s } = set.few;
  const kind = nodes.kind[head];
  const what = OTHER[kind] ?? { kind: 'session', by: 'other' };
  const row = kind === NODE.pending || kind === NODE.update ? 0 : nodes.row[head];
  let reason: string | null = null;
  if (kind === NODE.screen) reason = SCREEN_EVENTS[s.detail[row]] ?? null;
  if (kind === NODE.ban || kind === NODE.account) reason = textOf(set, s.clientName[row]);
  return {
    id: String(head),
    ...what,
    ...(kind === NODE.account ? { by: ACCOUNT_PROGRAMS[s.detail[row]] ?? what.by } : {}),
    host: hostOf(set, nodes.host[head]),
    start: isoTime(nodes.t0[head], nodes.ms0[head]),
    clientIp: row === 0 ? null : textOf(set, s.clientIp[row]),
    reason,
  };
}
