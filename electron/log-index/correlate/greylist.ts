/** Greylisted attempts, and the mail that comes back. Also compiled: see `compiled/compile.ts`. */
import { FLAG, NODE } from '../index/tables.ts';
import { LIMITS } from '../limits.ts';
import type { Correlation } from './state.ts';

/** A pair of string numbers as one key; different pairs may share it. */
function pairKey(a: number, b: number): number {
  return (Math.imul(a, 0x9e3779b1) ^ Math.imul(b, 0x85ebca6b)) >>> 0 || 1;
}

/** Keeps a greylisted attempt so that the mail's return finds it. */
export function remember(c: Correlation, from: number, to: number, node: number): void {
  const key = pairKey(from, to);
  const before = c.greylisted.get(key);
  if (before !== 0 && before !== node) c.greylistedBefore.set(node, before);
  c.greylisted.set(key, node);
}

/** The mail of `node` was greylisted before: finds that attempt. */
export function returned(c: Correlation, node: number, to: number): void {
  const m = c.t.messages;
  const nodes = c.t.nodes;
  const row = nodes.row[node];
  const from = m.from[row];
  if (m.prior[row] !== 0) return;
  let depth = 0;
  let prior = c.greylisted.get(pairKey(from, to));
  for (; prior !== 0 && depth < 8; prior = c.greylistedBefore.get(prior), depth++) {
    if (prior === node || nodes.t0[prior] >= nodes.t0[node]) continue;
    if (nodes.t0[prior] + LIMITS.greylistReturn < nodes.t0[node]) return;
    const row0 = nodes.row[prior];
    const refused = nodes.kind[prior] === NODE.reject;
    // the key is a hash: check what it stands for
    if ((refused ? c.t.rejects.from[row0] : m.from[row0]) !== from) continue;
    if (refused && c.t.rejects.to[row0] !== to) continue;
    const ip = refused ? c.t.rejects.clientIp[row0] : m.clientIp[row0];
    // behind a filter the client is the filter: then sender and recipient must do
    if (ip !== 0 && m.clientIp[row] !== 0 && ip !== m.clientIp[row] && (m.flags[row] & FLAG.continued) === 0) continue;
    m.prior[row] = prior;
    return;
  }
}
