/** What a day brought, and what an hour of the day brings on average, by the clock of the log's zone. */
import type { LogSet } from '../index/log-set.ts';
import { offsetNear } from './offsets.ts';
import { STATUS } from '../scan/records.ts';
import { sizeOf } from './reasons.ts';
import { deferralsOf } from './report-recipients.ts';

export const TRAFFIC_COLUMNS = [
  'received',
  'delivered',
  'deferrals',
  'bounced',
  'expired',
  'rejected',
  'greylisted',
  'bytes received',
  'bytes delivered',
  'connections',
  'seconds connected',
];
const AT = Object.fromEntries(TRAFFIC_COLUMNS.map((name, i) => [name, i]));

export interface Visits {
  message: (visit: (row: number) => void) => void;
  recipient: (visit: (row: number, message: number) => void) => void;
  reject: (visit: (row: number) => void) => void;
  connection: (visit: (began: number, seconds: number) => void) => void;
}

/** A message counts when it came, a recipient at its last word: also the tries before it. */
export function trafficRows(set: LogSet, by: 'day' | 'hour', each: Visits): (string | number)[][] {
  const { nodes, messages: m, recipients: r, rejects: x } = set.t;
  const quarters = new Map<number, Float64Array>();
  const add = (unix: number, column: string, count: number): void => {
    const quarter = Math.floor(unix / 900); // no zone changes its clock within one
    let row = quarters.get(quarter);
    if (row === undefined) quarters.set(quarter, (row = new Float64Array(TRAFFIC_COLUMNS.length)));
    row[AT[column]] += count;
  };
  each.message((i) => {
    const at = nodes.t0[m.node[i]];
    add(at, 'received', 1);
    add(at, 'bytes received', sizeOf(set, i));
  });
  each.recipient((k, message) => {
    const status = r.status[k];
    const at = r.time[k];
    const deferrals = deferralsOf(status, r.attempts[k]);
    if (deferrals > 0) add(at, 'deferrals', deferrals);
    if (status === STATUS.sent) {
      add(at, 'delivered', 1);
      add(at, 'bytes delivered', m.size[message]);
    } else if (status === STATUS.bounced) add(at, 'bounced', 1);
    else if (status === STATUS.expired) add(at, 'expired', 1);
    else if (status === STATUS.rejected) add(at, 'rejected', 1);
    else if (status === STATUS.greylisted) add(at, 'greylisted', 1);
  });
  each.reject((i) => add(nodes.t0[x.node[i]], (x.flags[i] & 2) !== 0 ? 'greylisted' : 'rejected', 1));
  each.connection((began, seconds) => {
    add(began, 'connections', 1);
    add(began, 'seconds connected', seconds);
  });
  const rows = new Map<string, Float64Array>();
  const days = new Set<string>();
  for (const [quarter, counts] of quarters) {
    const unix = quarter * 900;
    const wall = new Date((unix + offsetNear(set.info.zone, unix)) * 1000).toISOString();
    const day = wall.slice(0, 10);
    days.add(day);
    const key = by === 'day' ? day : `${wall.slice(11, 13)}:00`;
    const row = rows.get(key);
    if (row === undefined) rows.set(key, counts.slice());
    else for (let i = 0; i < row.length; i++) row[i] += counts[i];
  }
  const per = by === 'day' ? 1 : Math.max(1, days.size);
  const keys =
    by === 'day' ? [...rows.keys()].sort() : Array.from({ length: 24 }, (_, h) => `${String(h).padStart(2, '0')}:00`);
  return keys.map((key) => [
    key,
    ...(rows.get(key) ?? new Float64Array(TRAFFIC_COLUMNS.length)).map((n) => Math.round((n / per) * 10) / 10),
  ]);
}
