/** When Postfix tries a deferred message again, as far as its defaults tell. */
import type { MessageTrace } from '#shared/model/trace.ts';
import type { LogSet } from '../index/log-set.ts';
import { offsetNear } from './offsets.ts';

/** Postfix's defaults, in seconds: `minimal_backoff_time` and `maximal_backoff_time` of postconf(5). */
const BACKOFF = { least: 300, most: 4000 } as const;

/** Postfix's queue ids: other servers wait by rules of their own. Those of qmail look alike, but it names no relay. */
const POSTFIX_ID = /^(?:[0-9A-F]{5,15}|[0-9B-DF-HJ-NP-TV-Zb-df-hj-np-tv-z]{10,20})$/;

/**
 * The moment of the next attempt in the zone of the log: a message waits as long as it has been in the queue, within
 * bounds (qmgr(8)). Null when nothing waits, when another kind of server has it, and when the log goes on past that
 * moment without an attempt: then the server's settings are other ones.
 */
export function nextAttempt(set: LogSet, trace: Omit<MessageTrace, 'explanation'>): string | null {
  const last = trace.recipients.find((r) => r.status === 'deferred' && r.relay !== null)?.time;
  const id = trace.queueIds.at(-1)?.id;
  if (last === undefined || last === null || id === undefined || !POSTFIX_ID.test(id)) return null;
  const tried = Math.floor(Date.parse(last) / 1000);
  const age = tried - Math.floor(Date.parse(trace.start) / 1000);
  const due = tried + Math.min(Math.max(age, BACKOFF.least), BACKOFF.most);
  if (due <= set.info.last) return null;
  const wall = (unix: number): string => new Date((unix + offsetNear(set.info.zone, unix)) * 1000).toISOString();
  const [day, time] = [wall(due).slice(0, 10), wall(due).slice(11, 16)];
  return day === wall(set.info.last).slice(0, 10) ? time : `${day} ${time}`;
}
