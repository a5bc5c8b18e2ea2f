/** Who got how much, and how long it took: recipients or their domains, each with all last words, sizes and delays. */
import type { LogSet } from '../index/log-set.ts';
import { STATUS, STATUSES } from '../scan/records.ts';

interface Sum {
  /** Recipients in all, then by status. */
  counts: number[];
  /** Bytes delivered. */
  bytes: number;
  /** Attempts that ended in "retry later". */
  deferrals: number;
  /** Milliseconds from arrival to delivery, over what was delivered. */
  delay: number;
  longest: number;
}

const STATED = STATUSES.slice(1) as string[];

export const RECIPIENT_COLUMNS = ['recipients', ...STATED, 'bytes', 'deferrals', 'average delay', 'longest delay'];

/** Attempts of a recipient that ended in "retry later". */
export function deferralsOf(status: number, attempts: number): number {
  if (status === STATUS.deferred || status === STATUS.expired) return attempts;
  return status === STATUS.sent || status === STATUS.bounced ? Math.max(0, attempts - 1) : 0;
}

/** Rows of a report by `keyOf` the address, those with most recipients first. Delays are seconds. */
export function recipientRows(
  set: LogSet,
  each: (visit: (row: number, message: number) => void) => void,
  keyOf: (address: string) => string,
  limit: number,
): (string | number)[][] {
  const { recipients: r, messages: m } = set.t;
  const byId = new Map<number, Sum>();
  each((k, message) => {
    let sum = byId.get(r.to[k]);
    if (sum === undefined) byId.set(r.to[k], (sum = empty()));
    const status = r.status[k];
    sum.counts[0]++;
    sum.counts[status]++;
    sum.deferrals += deferralsOf(status, r.attempts[k]);
    if (status !== STATUS.sent) return;
    sum.bytes += m.size[message];
    sum.delay += r.delay[k];
    sum.longest = Math.max(sum.longest, r.delay[k]);
  });
  const named = new Map<string, Sum>();
  for (const [id, sum] of byId) {
    const key = keyOf(set.strings.text(id));
    const known = named.get(key);
    if (known === undefined) named.set(key, sum);
    else add(known, sum);
  }
  const all = [...named].sort((a, b) => b[1].counts[0] - a[1].counts[0] || (a[0] < b[0] ? -1 : 1));
  return (limit > 0 ? all.slice(0, limit) : all).map(([key, { counts, bytes, deferrals, delay, longest }]) => {
    const sent = counts[STATUS.sent];
    return [key, ...counts, bytes, deferrals, sent === 0 ? 0 : Math.round(delay / sent) / 1000, longest / 1000];
  });
}

function empty(): Sum {
  return { counts: STATUSES.map(() => 0), bytes: 0, deferrals: 0, delay: 0, longest: 0 };
}

function add(into: Sum, other: Sum): void {
  for (let i = 0; i < into.counts.length; i++) into.counts[i] += other.counts[i];
  into.bytes += other.bytes;
  into.deferrals += other.deferrals;
  into.delay += other.delay;
  into.longest = Math.max(into.longest, other.longest);
}
