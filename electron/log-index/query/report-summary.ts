/** The one page that answers how a day went. */
import type { LogSet } from '../index/log-set.ts';
import { FLAG } from '../index/tables.ts';
import { ACTION, STATUSES } from '../scan/records.ts';
import { domainOf, goesOn, sizeOf } from './reasons.ts';
import { eachConnection } from './report-connections.ts';
import { deferralsOf } from './report-recipients.ts';

/** How many domains these addresses have. */
function domains(set: LogSet, addresses: ReadonlySet<number>): number {
  const found = new Set<string>();
  for (const id of addresses) found.add(domainOf(set.strings.text(id)));
  return found.size;
}

/** The grand totals that pflogsumm prints first, with each mail counted once however many filters it passed. */
export function summaryRows(set: LogSet, inside: (node: number) => boolean): (string | number)[][] {
  const { messages: m, recipients: r, rejects: x, logins: l } = set.t;
  const totals: Record<string, number> = {
    received: 0,
    'bytes received': 0,
    delivered: 0,
    'bytes delivered': 0,
    forwarded: 0,
    deferred: 0,
    'messages deferred': 0,
    deferrals: 0,
    bounced: 0,
    expired: 0,
    discarded: 0,
    held: 0,
    rejected: 0,
    greylisted: 0,
    'reject warnings': 0,
    notifications: 0,
    connections: 0,
    'seconds connected': 0,
    logins: 0,
    'login failures': 0,
  };
  const senders = new Set<number>();
  const recipients = new Set<number>();
  const late = new Set<number>();
  for (let i = 1; i < m.n; i++) {
    if ((m.flags[i] & FLAG.continued) !== 0 || !inside(m.node[i])) continue;
    if ((m.flags[i] & FLAG.judged) === 0) {
      totals.received++;
      totals['bytes received'] += sizeOf(set, i);
      if (m.from[i] !== 0) senders.add(m.from[i]);
    }
    if ((m.flags[i] & FLAG.forward) !== 0) totals.forwarded++;
    if ((m.flags[i] & FLAG.notification) !== 0) totals.notifications++;
    if ((m.flags[i] & FLAG.held) !== 0 && (m.flags[i] & FLAG.closed) === 0) totals.held++;
    if (m.action[i] === ACTION.warn) totals['reject warnings']++;
  }
  for (let k = 1; k < r.n; k++) {
    if (goesOn(set.t, k, r.message[k]) || !inside(m.node[r.message[k]])) continue;
    const status = STATUSES[r.status[k]];
    const tries = deferralsOf(r.status[k], r.attempts[k]);
    if (tries > 0) late.add(r.message[k]);
    totals.deferrals += tries;
    if (status === 'sent') {
      totals.delivered++;
      totals['bytes delivered'] += m.size[r.message[k]];
      recipients.add(r.to[k]);
    } else if (status !== null && status !== 'held') totals[status]++;
  }
  for (let i = 1; i < x.n; i++) if (inside(x.node[i])) totals[(x.flags[i] & 2) !== 0 ? 'greylisted' : 'rejected']++;
  for (let i = 1; i < l.n; i++) if (inside(l.node[i])) totals[l.ok[i] === 1 ? 'logins' : 'login failures']++;
  const clients = new Set<number>();
  eachConnection(set, inside, (client, _, seconds) => {
    totals.connections++;
    totals['seconds connected'] += seconds;
    clients.add(client);
  });
  totals['clients connected'] = clients.size;
  totals['messages deferred'] = late.size;
  totals.senders = senders.size;
  totals['sender domains'] = domains(set, senders);
  totals.recipients = recipients.size;
  totals['recipient domains'] = domains(set, recipients);
  return Object.entries(totals);
}
