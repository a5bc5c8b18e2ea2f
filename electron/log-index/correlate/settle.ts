/** What can only be decided a little later: run after every batch of lines, on short lists. */
import { FLAG, NODE, RECIPIENT_FLAG, ROLE, SESSION_FLAG } from '../index/tables.ts';
import { LIMITS } from '../limits.ts';
import type { Correlation } from './state.ts';

/** `final`: no more lines will come soon, so even what is still open is tried. */
export function settle(c: Correlation, final: boolean): void {
  settlePickups(c, final);
  settleDeliveries(c, final);
  settleHops(c);
  for (const [key, e] of c.aside.expected) if (e.time + 3600 < c.latest) c.aside.expected.delete(key);
  for (const [key, list] of c.aside.redirects)
    if (list.every((x) => x.used || x.time + 3600 < c.latest)) c.aside.redirects.delete(key);
  c.aside.failures = c.aside.failures.filter((f) => f.time + 600 >= c.latest);
}

/** A message from pickup that Sieve sent: same Message-ID, just after the redirect, to its target. */
function settlePickups(c: Correlation, final: boolean): void {
  const m = c.t.messages;
  const rc = c.t.recipients;
  const nodes = c.t.nodes;
  const keep: number[] = [];
  for (const node of c.aside.pickups) {
    const row = nodes.row[node];
    if (m.parent[row] !== 0) continue;
    const known = m.recipient[row] !== 0;
    const list = c.aside.redirects.get(c.aside.dict.hashOf(m.messageId[row]));
    let best = -1;
    if (list !== undefined) {
      for (let i = 0; i < list.length; i++) {
        const x = list[i];
        if (x.used || Math.abs(x.time - nodes.t0[node]) > 30) continue;
        let hits = false;
        for (let k = m.recipient[row]; k !== 0; k = rc.next[k])
          if (rc.to[k] === x.target || rc.originalTo[k] === x.target) hits = true;
        if (hits || (!known && (final || nodes.t0[node] + 60 < c.latest))) {
          best = i;
          if (hits) break;
        }
      }
    }
    if (best >= 0 && list !== undefined) {
      list[best].used = true;
      const parent = messageOf(c, list[best].node);
      if (parent !== 0) {
        c.relate(parent, node, ROLE.forward);
        continue;
      }
      list[best].used = false;
    }
    if (nodes.t0[node] + 600 >= c.latest) keep.push(node);
  }
  c.aside.pickups = keep;
}

/** The message that a delivery session delivered: the last queue id of its trace. */
function messageOf(c: Correlation, session: number): number {
  const nodes = c.t.nodes;
  const m = c.t.messages;
  let n = session;
  let found = 0;
  do {
    if (nodes.kind[n] === NODE.queue && (m.flags[nodes.row[n]] & FLAG.continues) === 0) found = n;
    n = nodes.ring[n];
  } while (n !== session);
  return found;
}

/** Delivery sessions whose replies named none: by Message-ID, else by recipient and time. */
function settleDeliveries(c: Correlation, final: boolean): void {
  const s = c.t.sessions;
  const m = c.t.messages;
  const rc = c.t.recipients;
  const nodes = c.t.nodes;
  const keep: number[] = [];
  for (const node of c.aside.loose) {
    const row = nodes.row[node];
    if ((s.flags[row] & SESSION_FLAG.linked) !== 0) continue;
    const user = s.user[row];
    let best = 0;
    let only = 0;
    const midId = s.messageId[row] === 0 ? 0 : c.aside.dict.findHash(s.messageId[row] | 0);
    if (midId !== 0 && midId < c.byMessageId.length) {
      let depth = 0;
      for (let n = c.byMessageId[midId]; n !== 0 && depth < 32; n = m.sameId[nodes.row[n]], depth++) {
        if (nodes.host[n] !== nodes.host[node] || nodes.t0[n] > nodes.t1[node] + LIMITS.lateLine) continue;
        const at = nodes.row[n];
        if ((m.flags[at] & FLAG.continues) === 0 && only === 0 && nodes.t1[n] + 60 >= nodes.t0[node]) only = n;
        for (let k = m.recipient[at]; k !== 0; k = rc.next[k]) {
          if (
            (c.aside.dict.hashOf(rc.to[k]) === user || c.aside.dict.hashOf(rc.originalTo[k]) === user) &&
            Math.abs(rc.time[k] - nodes.t1[node]) <= 60 &&
            (rc.flags[k] & RECIPIENT_FLAG.handedOver) === 0
          )
            best = n;
        }
        if (best !== 0) break;
      }
    }
    if (best === 0) {
      for (const f of c.aside.failures) {
        if (
          c.aside.dict.hashOf(f.to) === user &&
          Math.abs(f.time - nodes.t1[node]) <= 5 &&
          nodes.host[f.node] === nodes.host[node]
        )
          best = f.node;
      }
    }
    // the agent's line may still be on its way
    if (best === 0 && (final || nodes.t1[node] + 60 < c.latest)) best = only;
    if (best !== 0) {
      c.join(best, node);
      s.flags[row] |= SESSION_FLAG.linked;
    } else if (nodes.t1[node] + 600 >= c.latest) keep.push(node);
  }
  c.aside.loose = keep;
}

/** Deliveries to another server of the same set: its queue id continues the trace. */
function settleHops(c: Correlation): void {
  const rc = c.t.recipients;
  const m = c.t.messages;
  const nodes = c.t.nodes;
  const keep: number[] = [];
  for (const k of c.aside.hops) {
    const hash = rc.hop[k];
    if (hash === 0 || (rc.flags[k] & RECIPIENT_FLAG.hopDone) !== 0) continue;
    const from = m.node[rc.message[k]];
    const id = c.aside.dict.findHash(hash | 0);
    const next = id === 0 || id >= c.ref.length ? 0 : c.ref[id];
    if (next !== 0 && nodes.kind[next] === NODE.queue && next !== from) {
      const a = nodes.row[from];
      const b = nodes.row[next];
      // a hash may lie: the other side must be the same message at the same time
      const same = m.messageId[a] !== 0 && m.messageId[a] === m.messageId[b];
      if (same && nodes.t0[next] + 300 >= nodes.t0[from] && nodes.t0[next] <= rc.time[k] + 300) {
        rc.flags[k] |= RECIPIENT_FLAG.hopDone | RECIPIENT_FLAG.handedOver;
        c.relate(from, next, ROLE.filter);
        continue;
      }
    }
    // the other server's log may be behind
    if (rc.time[k] + 600 >= c.latest) keep.push(k);
  }
  c.aside.hops = keep;
}
