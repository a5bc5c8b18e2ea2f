/** Verdicts of a content filter on mail that has no queue id: they and the refusal find each other by the scan's id. */
import { LIMITS } from '../limits.ts';
import { signed, STATUS } from '../scan/records.ts';
import type { Scan } from './aside.ts';
import { returned } from './greylist.ts';
import { refuse } from './refuse.ts';
import type { Correlation } from './state.ts';

type Rec = Uint32Array;

/** The filter's line. `i`: fields of the `amavis` record; `node`: its task. */
export function scanWithoutMessage(c: Correlation, r: Rec, i: number, node: number): void {
  const { awaitedScans, pendingScans } = c.aside;
  const scan: Scan = {
    node,
    time: c.now,
    from: r[i + 4],
    messageId: r[i + 5],
    clientIp: r[i + 3],
    size: r[i + 8],
    action: r[i + 6],
    score: signed(r[i + 7]),
    to: [...r.subarray(i + 10, i + 10 + r[i + 9])],
  };
  const waiting = awaitedScans.get(r[i]);
  if (waiting !== undefined && c.t.nodes.t1[waiting] + LIMITS.handover >= c.now) {
    awaitedScans.delete(r[i]);
    adopt(c, waiting, scan);
    return;
  }
  if (pendingScans.size > 10_000) pendingScans.clear();
  pendingScans.set(r[i], scan);
}

/** The refusal of what smtpd handed to the filter. `i`: fields of the `proxyEnd` record; `node`: the message. */
export function refusedByScan(c: Correlation, r: Rec, i: number, node: number): void {
  const { awaitedScans, pendingScans } = c.aside;
  const status = r[i + 1] >= 500 ? STATUS.rejected : STATUS.deferred;
  const scan = r[i + 3] !== 0 ? pendingScans.get(r[i + 3]) : undefined;
  refuse(c, node, r[i + 5], status, r[i + 2], r[i + 6]);
  if (scan !== undefined && c.now - scan.time <= LIMITS.handover) {
    pendingScans.delete(r[i + 3]);
    adopt(c, node, scan);
  } else if (r[i + 3] !== 0) awaitedScans.set(r[i + 3], node);
  returned(c, node, r[i + 5]);
}

/** The verdict finds its message: recipients that it lists share the refusal. */
function adopt(c: Correlation, node: number, scan: Scan): void {
  const m = c.t.messages;
  const rc = c.t.recipients;
  const row = c.t.nodes.row[node];
  c.join(node, scan.node);
  m.messageId[row] ||= scan.messageId;
  m.from[row] ||= scan.from;
  m.size[row] ||= scan.size;
  m.engine[row] = 2;
  m.action[row] = scan.action;
  m.score[row] = scan.score;
  const known = m.recipient[row];
  if (known === 0) return;
  for (const to of scan.to) {
    const i = c.recipient(node, to, 0);
    rc.status[i] = rc.status[known];
    rc.dsn[i] = rc.dsn[known];
    rc.reason[i] = rc.reason[known];
    rc.time[i] = rc.time[known];
    rc.line[i] = rc.line[known];
  }
}
