import type { TraceQuery } from '#log-index/index.ts';
import type { LogFilter } from '#shared/model/log.ts';

/** A filter as the engine takes it: times in seconds, free text left to the search. */
export function queryOf({ since, until, ...filter }: Omit<LogFilter, 'text'>): TraceQuery {
  const seconds = (time: string | undefined): number | undefined =>
    time === undefined ? undefined : Date.parse(time) / 1000;
  return { ...filter, since: seconds(since), until: seconds(until) };
}
