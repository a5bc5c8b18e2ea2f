/** A refusal of one recipient of a message. Also compiled: see `compiled/compile.ts`. */
import type { Correlation } from './state.ts';

/** Sets one recipient of a message that was refused as a whole. */
export function refuse(c: Correlation, node: number, to: number, status: number, dsn: number, reason: number): number {
  if (to === 0) return 0;
  const rc = c.t.recipients;
  const i = c.recipient(node, to, 0);
  rc.status[i] = status;
  rc.dsn[i] = dsn;
  rc.reason[i] = reason;
  rc.time[i] = c.now;
  rc.line[i] = c.line + 1;
  return i;
}
