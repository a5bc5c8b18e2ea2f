/** Which traces match a question. */
import type { LogSet } from '../index/log-set.ts';
import { type Criteria, criteriaOf, type TraceQuery } from './criteria.ts';
import { holds } from './holds.ts';
import { type Lookup, lookupOf } from './lookup.ts';
import { scan } from './scan-tables.ts';

/** Roots of the traces that match, oldest first. */
export function select(set: LogSet, q: TraceQuery): Uint32Array {
  set.trim();
  const lookup = lookupOf(set);
  const criteria = criteriaOf(set, lookup, q);
  const few = candidates(set, lookup, criteria);
  return few === null ? scan(set, criteria) : few.filter((root) => holds(set, criteria, root));
}

/**
 * Roots of the few traces that alone can match, oldest first: those that name the rarest of the strings asked for.
 * Null when they are so many that one pass over the tables is quicker.
 */
function candidates(set: LogSet, lookup: Lookup, c: Criteria): Uint32Array | null {
  const most = Math.min(set.t.nodes.n >> 5, MOST);
  let best: Iterable<number> | null = null;
  let least = most + 1;
  if (c.within !== undefined) {
    const roots = marked(c.within, most);
    if (roots !== null) {
      best = roots;
      least = roots.length;
    }
  }
  for (const strings of [c.queueId, c.messageId, c.address, c.to, c.from, c.login, c.ip, c.domain, c.part]) {
    if (strings === undefined || strings.ids === null || strings.ids.length > most) continue;
    const n = lookup.countOf(strings.ids);
    if (n >= least) continue;
    least = n;
    best = lookup.nodesOf(strings.ids);
  }
  if (best === null) return null;
  const roots = new Set<number>();
  for (const node of best) roots.add(set.root(node));
  return Uint32Array.from(roots).sort();
}

/** More than these are not looked at one by one. */
const MOST = 50_000;

/** Places of the ones; null when there are more than `most`. */
function marked(marks: Uint8Array, most: number): number[] | null {
  const out: number[] = [];
  for (let at = marks.indexOf(1, 1); at >= 0; at = marks.indexOf(1, at + 1)) {
    if (out.length >= most) return null;
    out.push(at);
  }
  return out;
}
