import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import type { LogFilter, LogReport, LogReportKind, LogSource } from '#shared/model/log.ts';
import { useApi } from '../../../api/console.tsx';

/** One report of a set under a filter; not asked for unless `enabled`. */
export function useReport(source: LogSource, filter: LogFilter, by: LogReportKind, limit = 10, enabled = true) {
  const api = useApi();
  return useQuery(
    api.query.logs.report.queryOptions({
      input: { source, filter, by, limit },
      staleTime: 300_000,
      placeholderData: keepPreviousData,
      enabled,
    }),
  );
}

export interface DelayPoint {
  at: number;
  p50: number | null;
  p95: number | null;
  p99: number | null;
}

/** Parts that the time is cut into. Each is a question of its own; they are asked one after the other. */
export const PARTS = 24;
/** The axis begins here: a tenth of a second. */
export const FASTEST = 0.1;

/** Total delay over time: a part without a delivery is a gap. Points come as they are answered. */
export function useDelays(
  source: LogSource,
  filter: LogFilter,
  from: number,
  to: number,
): { points: DelayPoint[]; done: boolean } {
  const api = useApi();
  const [state, setState] = useState<{ points: DelayPoint[]; done: boolean }>({ points: [], done: false });
  const name = JSON.stringify(filter);
  const log = JSON.stringify(source);
  useEffect(() => {
    const control = new AbortController();
    setState({ points: [], done: false });
    const run = async () => {
      const step = Math.max(1, (to - from) / PARTS);
      const points: DelayPoint[] = [];
      for (let part = 0; part < PARTS; part += 1) {
        const since = new Date(from + part * step).toISOString();
        // `until` takes its own moment in; the next part begins there.
        const until = new Date(from + (part + 1) * step - 1).toISOString();
        const input = {
          source: JSON.parse(log) as LogSource,
          filter: { ...(JSON.parse(name) as LogFilter), since, until },
          by: 'delay' as const,
        };
        const report = await api.client.logs.report(input, { signal: control.signal });
        if (control.signal.aborted) return;
        points.push(delayPoint(from + (part + 0.5) * step, report));
        setState({ points: [...points], done: false });
      }
      setState({ points, done: true });
    };
    run().catch(() => {
      // The table beside it asks the same and says why it failed.
      if (!control.signal.aborted) setState({ points: [], done: true });
    });
    return () => control.abort();
  }, [api, log, name, from, to]);
  return state;
}

export function delayPoint(at: number, report: LogReport): DelayPoint {
  const total = report.rows.find((row) => row[0] === 'total');
  const value = (column: string) => {
    const seconds = Number(total?.[report.columns.indexOf(column)] ?? 0);
    return total === undefined || Number(total[1]) === 0 ? null : Math.max(FASTEST, seconds);
  };
  return { at, p50: value('p50'), p95: value('p95'), p99: value('p99') };
}
