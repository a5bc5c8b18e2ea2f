import type { LogFilter, LogSource, TraceSort } from '#shared/model/log.ts';
import type { Trace } from '#shared/model/trace.ts';
import type { Client } from '../../api/wire.ts';
import { PagedRows } from '../../ui/grid/paged-rows.ts';

/** What the grid shows of a log. */
export interface TraceView {
  source: LogSource;
  filter: LogFilter;
  sort: TraceSort;
}
export type TraceSource = PagedRows<TraceView, Trace, null>;

/** Pages kept: 64 are 12,800 traces, some 20 MB. A log has millions. */
const KEPT = 64;

export function traceSource(client: Client): TraceSource {
  return new PagedRows(
    async (view, offset, count, signal) => {
      const { traces, total } = await client.logs.traces({ ...view, offset, count }, { signal });
      return { rows: traces, count: total, head: null };
    },
    (view) => JSON.stringify(view.source),
    KEPT,
  );
}
