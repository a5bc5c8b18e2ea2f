/** Who suddenly sends much more than he does: the report that finds a broken-into mailbox. */
import type { LogSet } from '../index/log-set.ts';
import { FLAG } from '../index/tables.ts';

export const UNUSUAL_COLUMNS = ['sender', 'hour', 'messages', 'usual per hour', 'deviations'];

/** Senders whose busiest hour is far above their own other hours: mean and deviation of the hours they sent in. */
export function unusualRows(set: LogSet, limit: number, inside: (node: number) => boolean): (string | number)[][] {
  const { nodes, messages: m } = set.t;
  const hours = new Map<number, Map<number, number>>();
  for (let i = 1; i < m.n; i++) {
    if ((m.flags[i] & FLAG.continued) !== 0 || m.from[i] === 0 || !inside(m.node[i])) continue;
    const who = m.login[i] || m.from[i];
    const mine = hours.get(who) ?? new Map<number, number>();
    const hour = Math.floor(nodes.t0[m.node[i]] / 3600);
    mine.set(hour, (mine.get(hour) ?? 0) + 1);
    hours.set(who, mine);
  }
  const rows: (string | number)[][] = [];
  const first = Math.floor(set.info.first / 3600);
  const span = Math.max(1, Math.floor(set.info.last / 3600) - first + 1);
  for (const [who, mine] of hours) {
    let peak = 0;
    let when = 0;
    let total = 0;
    for (const [hour, n] of mine) {
      total += n;
      if (n > peak) {
        peak = n;
        when = hour;
      }
    }
    const others = span - 1;
    if (others < 1 || peak < 10) continue;
    const mean = (total - peak) / others;
    let squares = 0;
    for (const [hour, n] of mine) if (hour !== when) squares += (n - mean) ** 2;
    squares += (others - (mine.size - 1)) * mean ** 2;
    const deviation = Math.sqrt(squares / others);
    const times = (peak - mean) / Math.max(1, deviation);
    if (times > 5)
      rows.push([
        set.strings.text(who),
        new Date(when * 3600_000).toISOString(),
        peak,
        Math.round(mean * 100) / 100,
        Math.round(times * 10) / 10,
      ]);
  }
  rows.sort((a, b) => (b[4] as number) - (a[4] as number));
  return limit > 0 ? rows.slice(0, limit) : rows;
}
