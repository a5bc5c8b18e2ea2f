/** Counting: what happened how often, over time and by whom. Each recipient counts once, at its last word. */
import type { LogSet } from '../index/log-set.ts';
import { FLAG, NODE } from '../index/tables.ts';
import { ACTIONS, PROTOCOLS, STATUSES, TLS_VERSIONS } from '../scan/records.ts';
import { domainOf, goesOn, rejectClass, sizeOf } from './reasons.ts';
import { CONNECTION_COLUMNS, connectionRows, eachConnection } from './report-connections.ts';
import { TRAFFIC_COLUMNS, trafficRows } from './report-days.ts';
import { RECIPIENT_COLUMNS, recipientRows } from './report-recipients.ts';
import { summaryRows } from './report-summary.ts';
import { UNUSUAL_COLUMNS, unusualRows } from './report-unusual.ts';

export const REPORTS = [
  'volume',
  'status',
  'sender',
  'sender-domain',
  'recipient',
  'recipient-domain',
  'ip',
  'login',
  'relay',
  'reason',
  'reject',
  'verdict',
  'tls',
  'delay',
  'greylisting',
  'auth-failure-ip',
  'auth-failure-login',
  'unusual-sender',
  'summary',
  'day',
  'hour',
  'connection',
  'problem',
  'deferral',
] as const;
export type ReportKind = (typeof REPORTS)[number];

export interface ReportOptions {
  /** Unix seconds; traces that began in [since, until]. */
  since?: number;
  until?: number;
  /** Rows, largest first. Default 50; 0 = all. */
  limit?: number;
  /** `volume`: seconds per row. Default: chosen for about 100 rows. */
  bucket?: number;
  /** Only traces whose roots are marked. */
  within?: Uint8Array;
}

export interface Report {
  by: ReportKind;
  columns: string[];
  rows: (string | number)[][];
}

class Count {
  readonly map = new Map<string, number[]>();
  private readonly width: number;
  constructor(width: number) {
    this.width = width;
  }
  add(key: string, column: number, by = 1): void {
    let row = this.map.get(key);
    if (row === undefined) {
      row = Array.from<number>({ length: this.width }).fill(0);
      this.map.set(key, row);
    }
    row[column] += by;
  }
  rows(limit: number, sortBy = 0): (string | number)[][] {
    const all = [...this.map].sort((a, b) => b[1][sortBy] - a[1][sortBy] || (a[0] < b[0] ? -1 : 1));
    return (limit > 0 ? all.slice(0, limit) : all).map(([key, row]) => [key, ...row]);
  }
}

/** Counts by the number of a string: millions of rows name some thousands of them. */
class CountById {
  private readonly map = new Map<number, number[]>();
  private readonly width: number;
  constructor(width: number) {
    this.width = width;
  }
  add(id: number, column: number, by = 1): void {
    let row = this.map.get(id);
    if (row === undefined) {
      row = Array.from<number>({ length: this.width }).fill(0);
      this.map.set(id, row);
    }
    row[column] += by;
  }
  /** The same by the words that `keyOf` gives a string; those with the same words are counted together. */
  named(keyOf: (id: number) => string): Count {
    const c = new Count(this.width);
    for (const [id, row] of this.map) {
      const key = keyOf(id);
      for (let i = 0; i < row.length; i++) c.add(key, i, row[i]);
    }
    return c;
  }
}

const hostOf = (relay: string): string => relay.replace(/\[.*$/, '') || relay;

/** Makes a report. */
export function report(set: LogSet, by: ReportKind, options: ReportOptions = {}): Report {
  const { since = 0, until = Number.POSITIVE_INFINITY, limit = 50, within } = options;
  const { nodes, messages: m, recipients: r, rejects: x, logins: l } = set.t;
  set.trim();
  if (options.within !== undefined) void set.t.nodes.up; // the root of every node is asked for
  set.strings.expectMany();
  const text = (id: number): string => set.strings.text(id);
  const inside = (node: number): boolean =>
    nodes.t0[node] >= since && nodes.t0[node] <= until && (within === undefined || within[set.root(node)] === 1);
  /** Messages as people count them: the queue ids behind a filter are the same mail. */
  const eachMessage = (visit: (row: number) => void): void => {
    for (let i = 1; i < m.n; i++) if ((m.flags[i] & FLAG.continued) === 0 && inside(m.node[i])) visit(i);
  };
  /** Those that were taken in: refused before the queue, they were not. */
  const eachReceived = (visit: (row: number) => void): void =>
    eachMessage((i) => {
      if ((m.flags[i] & FLAG.judged) === 0) visit(i);
    });
  const eachRecipient = (visit: (row: number, message: number) => void): void => {
    for (let k = 1; k < r.n; k++) {
      const message = r.message[k];
      if (goesOn(set.t, k, message) || r.status[k] === 0) continue;
      if (inside(m.node[message])) visit(k, message);
    }
  };
  const eachReject = (visit: (row: number) => void): void => {
    for (let i = 1; i < x.n; i++) if (inside(x.node[i])) visit(i);
  };

  const statuses = STATUSES.slice(1) as string[];
  switch (by) {
    case 'volume': {
      const span = Math.max(1, Math.min(until, set.info.last) - Math.max(since, set.info.first));
      const bucket =
        options.bucket ?? [60, 300, 900, 3600, 21600, 86400, 604800].find((b) => span / b <= 120) ?? 2592000;
      const c = new CountById(statuses.length);
      eachRecipient((k) => c.add(Math.floor(r.time[k] / bucket), r.status[k] - 1));
      eachReject((i) => c.add(Math.floor(nodes.t0[x.node[i]] / bucket), ((x.flags[i] & 2) !== 0 ? 6 : 5) - 1));
      const named = c.named((slot) => new Date(slot * bucket * 1000).toISOString());
      return { by, columns: ['time', ...statuses], rows: named.rows(0).sort((a, b) => (a[0] < b[0] ? -1 : 1)) };
    }
    case 'status': {
      const c = new Count(1);
      eachRecipient((k) => c.add(STATUSES[r.status[k]] ?? '', 0));
      eachReject((i) => c.add((x.flags[i] & 2) !== 0 ? 'greylisted' : 'rejected', 0));
      return { by, columns: ['status', 'recipients'], rows: c.rows(0) };
    }
    case 'sender':
    case 'sender-domain': {
      const c = new CountById(2);
      eachMessage((i) => {
        c.add(m.from[i], 0);
        c.add(m.from[i], 1, sizeOf(set, i));
      });
      const name = (id: number): string => (id === 0 ? '<>' : text(id));
      const named = c.named(by === 'sender' ? name : (id) => domainOf(name(id)));
      return { by, columns: [by, 'messages', 'bytes'], rows: named.rows(limit) };
    }
    case 'recipient':
    case 'recipient-domain':
      return {
        by,
        columns: [by, ...RECIPIENT_COLUMNS],
        rows: recipientRows(set, eachRecipient, by === 'recipient' ? (address) => address : domainOf, limit),
      };
    case 'day':
    case 'hour':
      return {
        by,
        columns: [by, ...TRAFFIC_COLUMNS],
        rows: trafficRows(set, by, {
          message: eachReceived,
          recipient: eachRecipient,
          reject: eachReject,
          connection: (visit) => eachConnection(set, inside, (_, began, seconds) => visit(began, seconds)),
        }),
      };
    case 'ip': {
      const c = new CountById(3);
      eachMessage((i) => m.clientIp[i] !== 0 && c.add(m.clientIp[i], 0));
      eachReject((i) => x.clientIp[i] !== 0 && c.add(x.clientIp[i], 1));
      for (let i = 1; i < l.n; i++)
        if (l.ok[i] === 0 && l.clientIp[i] !== 0 && inside(l.node[i])) c.add(l.clientIp[i], 2);
      const rows = c
        .named(text)
        .rows(0)
        .sort((a, b) => sum(b) - sum(a) || (a[0] < b[0] ? -1 : 1));
      return {
        by,
        columns: ['ip', 'messages', 'rejects', 'auth failures'],
        rows: limit > 0 ? rows.slice(0, limit) : rows,
      };
    }
    case 'login': {
      const c = new CountById(3);
      eachMessage((i) => m.login[i] !== 0 && c.add(m.login[i], 0));
      for (let i = 1; i < l.n; i++) if (l.user[i] !== 0 && inside(l.node[i])) c.add(l.user[i], l.ok[i] === 1 ? 1 : 2);
      const rows = c
        .named(text)
        .rows(0)
        .sort((a, b) => sum(b) - sum(a) || (a[0] < b[0] ? -1 : 1));
      return {
        by,
        columns: ['login', 'messages', 'logins', 'failures'],
        rows: limit > 0 ? rows.slice(0, limit) : rows,
      };
    }
    case 'relay': {
      const c = new CountById(1 + statuses.length);
      eachRecipient((k) => {
        if (r.relay[k] === 0) return;
        c.add(r.relay[k], 0);
        c.add(r.relay[k], r.status[k]);
      });
      const named = c.named((id) => hostOf(text(id)));
      return { by, columns: ['relay', 'recipients', ...statuses], rows: named.rows(limit) };
    }
    case 'reason': {
      const c = new Count(1);
      eachRecipient(
        (k) => r.reason[k] !== 0 && r.status[k] !== 1 && c.add(`${STATUSES[r.status[k]]}: ${text(r.reason[k])}`, 0),
      );
      eachReject(
        (i) =>
          x.reason[i] !== 0 && c.add(`${(x.flags[i] & 2) !== 0 ? 'greylisted' : 'rejected'}: ${text(x.reason[i])}`, 0),
      );
      return { by, columns: ['reason', 'recipients'], rows: c.rows(limit) };
    }
    case 'reject': {
      const c = new Count(1);
      eachReject((i) => c.add(rejectClass(text(x.reason[i]), x.flags[i]), 0));
      return { by, columns: ['by', 'rejects'], rows: c.rows(limit) };
    }
    case 'verdict': {
      const c = new Count(1);
      eachMessage((i) => m.engine[i] !== 0 && c.add(ACTIONS[m.action[i]] ?? 'unknown', 0));
      return { by, columns: ['verdict', 'messages'], rows: c.rows(limit) };
    }
    case 'tls': {
      const c = new Count(1);
      eachMessage((i) => {
        const session = m.session[i];
        if (session === 0 || nodes.kind[session] !== NODE.session) return;
        c.add(TLS_VERSIONS[set.t.sessions.detail[nodes.row[session]]] ?? 'none', 0);
      });
      return { by, columns: ['tls', 'messages'], rows: c.rows(limit) };
    }
    case 'delay': {
      const stages: Record<string, number[]> = { total: [], 'before queue': [], queue: [], connect: [], transfer: [] };
      eachRecipient((k) => {
        if (r.attempts[k] === 0) return;
        stages.total.push(r.delay[k]);
        stages['before queue'].push(r.before[k]);
        stages.queue.push(r.queued[k]);
        stages.connect.push(r.connect[k]);
        stages.transfer.push(r.transfer[k]);
      });
      const rows = Object.entries(stages).map(([name, values]) => {
        const sorted = Float64Array.from(values).sort();
        const at = (p: number): number =>
          sorted.length === 0 ? 0 : sorted[Math.min(sorted.length - 1, Math.floor(p * sorted.length))] / 1000;
        return [name, sorted.length, at(0.5), at(0.95), at(0.99)];
      });
      return { by, columns: ['stage', 'deliveries', 'p50', 'p95', 'p99'], rows };
    }
    case 'greylisting': {
      let asked = 0;
      let came = 0;
      eachReject((i) => {
        if ((x.flags[i] & 2) !== 0) asked++;
      });
      eachMessage((i) => {
        for (let k = m.recipient[i]; k !== 0; k = r.next[k]) if (r.status[k] === 6) asked++;
        if (m.prior[i] !== 0) came++;
      });
      return {
        by,
        columns: ['what', 'count'],
        rows: [
          ['greylisted', asked],
          ['returned', came],
        ],
      };
    }
    case 'auth-failure-ip':
    case 'auth-failure-login': {
      const c = new Count(1);
      for (let i = 1; i < l.n; i++) {
        if (l.ok[i] !== 0 || !inside(l.node[i])) continue;
        c.add(text(by === 'auth-failure-ip' ? l.clientIp[i] : l.user[i]) || PROTOCOLS[l.protocol[i]], 0);
      }
      return { by, columns: [by === 'auth-failure-ip' ? 'ip' : 'login', 'failures'], rows: c.rows(limit) };
    }
    case 'connection':
      return { by, columns: ['client', ...CONNECTION_COLUMNS], rows: connectionRows(set, limit, inside) };
    case 'unusual-sender':
      return { by, columns: UNUSUAL_COLUMNS, rows: unusualRows(set, limit, inside) };
    case 'summary':
      return { by, columns: ['what', 'count'], rows: summaryRows(set, inside) };
    case 'problem':
    case 'deferral':
      throw new RangeError(
        `report: expected one that the tables answer, got ${by}; it is read from lines: lineReport()`,
      );
  }
}

function sum(row: (string | number)[]): number {
  let total = 0;
  for (let i = 1; i < row.length; i++) total += row[i] as number;
  return total;
}
