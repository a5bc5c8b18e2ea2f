import type { TraceEvent } from '#shared/model/log.ts';
import type { RetryTimes } from '#shared/model/server.ts';
import type { Trace } from '#shared/model/trace.ts';

/** The defaults of postconf(5): a log does not say what a server has set. */
export const USUAL_RETRY: RetryTimes = {
  minimalBackoff: 300,
  maximalBackoff: 4000,
  queueRun: 300,
  lifetime: 5 * 86_400,
};

export interface PlannedTry {
  /** Which attempt it will be. */
  attempt: number;
  /** Epoch milliseconds between which the queue manager takes it up again. */
  from: number;
  to: number;
  /** Seconds between `from` and `to`. */
  queueRun: number;
}

/**
 * When Postfix tries deferred mail again: after as long as it has waited since it came, within the backoff times
 * (qmgr(8)), at the next run of the deferred queue. Null: nothing waits, it would be returned first, another mail
 * server wrote the log, or the log goes on past that time and holds no try.
 *
 * @param end Epoch milliseconds up to which the log is known.
 * @param times What the server has set, where it is known.
 */
export function plannedTry(
  trace: Trace,
  events: readonly TraceEvent[],
  end: number,
  times: RetryTimes = USUAL_RETRY,
): PlannedTry | null {
  if (trace.kind !== 'message') return null;
  const waiting = trace.recipients.filter((recipient) => recipient.status === 'deferred');
  const last = events.findLast((event) => event.stage === 'attempt' && event.outcome === 'deferred');
  if (waiting.length === 0 || last === undefined || last.time === null) return null;
  if (last.program?.startsWith('postfix') !== true) return null;
  const now = Date.parse(last.time);
  const came = Date.parse(trace.start);
  const age = (now - came) / 1000;
  const wait = Math.min(times.maximalBackoff, Math.max(times.minimalBackoff, age));
  const from = now + wait * 1000;
  const to = from + times.queueRun * 1000;
  if (to < end || from > came + times.lifetime * 1000) return null;
  return {
    attempt: Math.max(...waiting.map((recipient) => recipient.attempts)) + 1,
    from,
    to,
    queueRun: times.queueRun,
  };
}
