import type { TraceEvent } from '#shared/model/log.ts';
import type { Trace } from '#shared/model/trace.ts';

/** Seconds, the defaults of postconf(5): a log does not say what a server has set. */
const MINIMAL_BACKOFF = 300;
const MAXIMAL_BACKOFF = 4000;
const QUEUE_RUN_DELAY = 300;
const MAXIMAL_QUEUE_LIFETIME = 5 * 86_400;

export interface PlannedTry {
  /** Which attempt it will be. */
  attempt: number;
  /** Epoch milliseconds between which the queue manager takes it up again. */
  from: number;
  to: number;
}

/**
 * When Postfix tries deferred mail again: after as long as it has waited since it came, within the backoff times
 * (qmgr(8)), at the next run of the deferred queue. Null: nothing waits, it would be returned first, another mail
 * server wrote the log, or the log goes on past that time and holds no try.
 *
 * @param end Epoch milliseconds up to which the log is known.
 */
export function plannedTry(trace: Trace, events: readonly TraceEvent[], end: number): PlannedTry | null {
  if (trace.kind !== 'message') return null;
  const waiting = trace.recipients.filter((recipient) => recipient.status === 'deferred');
  const last = events.findLast((event) => event.stage === 'attempt' && event.outcome === 'deferred');
  if (waiting.length === 0 || last === undefined || last.time === null) return null;
  if (last.program?.startsWith('postfix') !== true) return null;
  const now = Date.parse(last.time);
  const came = Date.parse(trace.start);
  const age = (now - came) / 1000;
  const wait = Math.min(MAXIMAL_BACKOFF, Math.max(MINIMAL_BACKOFF, age));
  const from = now + wait * 1000;
  const to = from + QUEUE_RUN_DELAY * 1000;
  if (to < end || from > came + MAXIMAL_QUEUE_LIFETIME * 1000) return null;
  return { attempt: Math.max(...waiting.map((recipient) => recipient.attempts)) + 1, from, to };
}
