/** What the correlator must know to go on after a set was closed: rebuilt from the tables, which hold all of it. */
import type { LogSet } from '../index/log-set.ts';
import { FLAG, NODE, PROCESS } from '../index/tables.ts';
import { STATUS } from '../scan/records.ts';
import { remember } from './greylist.ts';
import type { IntMap } from './int-map.ts';
import type { Correlation } from './state.ts';

export function restoreState(c: Correlation, set: LogSet): void {
  const { nodes, messages: m, recipients: r, rejects: x, logins: l, sessions: s } = set.t;
  c.fit(set.dict.size + 1);
  c.first = set.info.first;
  c.latest = set.info.last;
  for (let i = 1; i < m.n; i++) {
    const node = m.node[i];
    if (m.queueId[i] !== 0) c.ref[m.queueId[i]] = node;
    if (m.messageId[i] !== 0) c.byMessageId[m.messageId[i]] = node;
    if ((m.flags[i] & FLAG.pickup) !== 0 && m.parent[i] === 0 && nodes.t1[node] + 600 >= c.latest)
      c.aside.pickups.push(node);
    if ((m.flags[i] & FLAG.judged) !== 0) {
      for (let k = m.recipient[i]; k !== 0; k = r.next[k])
        if (r.status[k] === STATUS.greylisted) remember(c, m.from[i], r.to[k], node);
    }
  }
  for (let i = 1; i < x.n; i++) {
    c.addresses.setSuspect(x.clientIp[i], x.node[i]);
    if ((x.flags[i] & 2) !== 0) remember(c, x.from[i], x.to[i], x.node[i]);
  }
  for (let i = 1; i < l.n; i++) {
    if (l.session[i] !== 0) c.ref[l.session[i]] = l.node[i];
    if (l.ok[i] === 0 && l.clientIp[i] !== 0) c.addresses.setSuspect(l.clientIp[i], l.node[i]);
  }
  for (let i = 1; i < s.n; i++) {
    const node = s.node[i];
    const kind = nodes.kind[node];
    if (kind === NODE.screen) c.addresses.setScreen(s.clientIp[i], node);
    else if (kind === NODE.session && s.clientIp[i] !== 0) c.addresses.setClient(s.clientIp[i], node);
    else if (
      kind === NODE.delivery &&
      s.clientName[i] !== 0 &&
      (c.ref[s.clientName[i]] === 0 || nodes.kind[c.ref[s.clientName[i]]] === NODE.delivery)
    )
      c.ref[s.clientName[i]] = node;
  }
  for (const [key, kind, session, current, next, before] of set.info.processes ?? [])
    c.resumeProcess(key, kind, session, current, next, before);
  for (let h = 1; h < set.hosts.length && set.hosts[h] !== 0; h++) c.sawHost(h);
}

/** Processes with something open, for the next time: `[key, kind, session, current, next, before]`. */
export function openProcesses(c: Correlation): number[][] {
  const p = c.processes;
  const out: number[][] = [];
  for (const [key, row] of [c.smtpd, c.client, c.lmtp].flatMap(entries)) {
    if (p.kind[row] === PROCESS.none || p.time[row] + 86400 < c.latest) continue;
    if (p.session[row] === 0 && p.next[row] === 0) continue;
    out.push([key, p.kind[row], p.session[row], p.current[row], p.next[row], p.before[row]]);
  }
  return out;
}

/** Every key of a map with its value. */
function entries(map: IntMap): [number, number][] {
  const out: [number, number][] = [];
  for (let i = 0; i < map.pairs.length; i += 2) if (map.pairs[i] !== 0) out.push([map.pairs[i], map.pairs[i + 1]]);
  return out;
}
