/** The distinct values of a field with their counts: what completion offers. */
import type { LogSet } from '../index/log-set.ts';
import { NODE } from '../index/tables.ts';
import { STATUSES } from '../scan/records.ts';

export const FIELDS = ['from', 'to', 'address', 'domain', 'ip', 'login', 'relay', 'reason', 'host', 'status'] as const;
export type Field = (typeof FIELDS)[number];

export interface FieldValue {
  value: string;
  count: number;
}

/** Values of `field` that begin with `prefix` in any case, the most frequent first. */
export function valuesOf(set: LogSet, field: Field, prefix: string, limit: number): FieldValue[] {
  const { nodes, messages: m, recipients: r, rejects: x, logins: l, sessions: s } = set.t;
  set.trim();
  set.strings.expectMany();
  const counts = new Uint32Array(set.strings.size);
  const add = (column: Uint32Array, n: number): void => {
    for (let i = 1; i < n; i++) counts[column[i]]++;
  };
  const named = new Map<string, number>();
  switch (field) {
    case 'from':
      add(m.from, m.n);
      add(x.from, x.n);
      break;
    case 'to':
      add(r.to, r.n);
      add(r.originalTo, r.n);
      add(x.to, x.n);
      break;
    case 'address':
    case 'domain':
      add(m.from, m.n);
      add(r.to, r.n);
      add(r.originalTo, r.n);
      add(x.from, x.n);
      add(x.to, x.n);
      break;
    case 'ip':
      add(m.clientIp, m.n);
      add(x.clientIp, x.n);
      add(l.clientIp, l.n);
      add(s.clientIp, s.n);
      break;
    case 'login':
      add(m.login, m.n);
      add(l.user, l.n);
      break;
    case 'relay':
      add(r.relay, r.n);
      break;
    case 'reason':
      add(r.reason, r.n);
      add(x.reason, x.n);
      break;
    case 'host':
      for (let i = 1; i < nodes.n; i++)
        if (nodes.up[i] === i && nodes.kind[i] !== NODE.none) counts[set.hosts[nodes.host[nodes.head[i]]]]++;
      break;
    case 'status':
      for (let i = 1; i < r.n; i++) count(named, STATUSES[r.status[i]] ?? '', 1);
      for (let i = 1; i < x.n; i++) count(named, (x.flags[i] & 2) !== 0 ? 'greylisted' : 'rejected', 1);
      break;
  }
  counts[0] = 0;
  const folded = prefix.toLowerCase();
  const shorten = field === 'domain' || field === 'relay';
  for (let id = 1; id < counts.length; id++) {
    if (counts[id] === 0) continue;
    const text = set.strings.text(id);
    if (!shorten) count(named, text, counts[id]);
    else if (field === 'domain') {
      const at = text.lastIndexOf('@');
      if (at >= 0) count(named, text.slice(at + 1).toLowerCase(), counts[id]);
    } else count(named, text.replace(/\[.*$/, '') || text, counts[id]);
  }
  const out: FieldValue[] = [];
  for (const [value, n] of named)
    if (value !== '' && value.toLowerCase().startsWith(folded)) out.push({ value, count: n });
  out.sort((a, b) => b.count - a.count || (a.value < b.value ? -1 : 1));
  return out.slice(0, limit);
}

function count(map: Map<string, number>, key: string, by: number): void {
  map.set(key, (map.get(key) ?? 0) + by);
}
