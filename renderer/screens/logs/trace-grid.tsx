import { Plural, useLingui } from '@lingui/react/macro';
import { type ReactNode, type Ref, useSyncExternalStore } from 'react';
import type { TraceSort } from '#shared/model/log.ts';
import type { Trace } from '#shared/model/trace.ts';
import { useFormat } from '../../i18n/use-format.ts';
import { Cell, type Column, Grid, type GridHandle } from '../../ui/grid/grid.tsx';
import { Ghost, GHOSTS, SortHead, sortedBy } from '../../ui/grid/list-parts.tsx';
import { visibleLine } from '../../ui/visible.ts';
import type { TraceSource } from './trace-source.ts';
import { fromOf, OutcomeBadge, outcomeOf, toOf } from './trace-words.tsx';

/** Traces of a log; narrow beside an open story, with size, delay and score when it has the whole width. */
export function TraceGrid(props: {
  rows: TraceSource;
  sort: TraceSort;
  onSort: (by: TraceSort['by']) => void;
  active: number;
  onActive: (index: number) => void;
  open: string | null;
  onOpen: (trace: Trace) => void;
  /** Lines of more than one day: rows then say theirs. */
  days: boolean;
  narrow: boolean;
  late: boolean;
  empty: ReactNode;
  onRange: (first: number, last: number) => void;
  ref?: Ref<GridHandle>;
}) {
  const { rows, sort, narrow } = props;
  const { t } = useLingui();
  useSyncExternalStore(rows.subscribe, rows.version);
  const total = rows.count ?? 0;
  const ghosts = rows.count === null && rows.failure === null && props.late;
  const count = ghosts ? GHOSTS : total;
  const sorted = (by: TraceSort['by']) => sortedBy(sort.by === by, sort.descending);
  const head = (by: TraceSort['by'], label: string) => (
    <SortHead sorted={sorted(by)} onSort={() => props.onSort(by)}>
      {label}
    </SortHead>
  );
  const timeWidth = !props.days ? '56px' : narrow ? '80px' : '98px';
  const columns: Column[] = [
    { id: 'time', width: timeWidth, head: head('start', t`Time`), sorted: sorted('start') },
    { id: 'from', width: 'minmax(0, 1fr)', head: head('from', t`From`), sorted: sorted('from') },
    { id: 'to', width: 'minmax(0, 1fr)', head: t`To` },
    { id: 'status', width: narrow ? '88px' : 'minmax(96px, 120px)', head: t`Status` },
    ...(narrow
      ? []
      : ([
          { id: 'why', width: 'minmax(0, 1.3fr)', head: t`Last word` },
          { id: 'tries', width: '52px', align: 'right', head: head('attempts', t`Tries`), sorted: sorted('attempts') },
          { id: 'score', width: '52px', align: 'right', head: head('score', t`Score`), sorted: sorted('score') },
          { id: 'size', width: '72px', align: 'right', head: head('size', t`Size`), sorted: sorted('size') },
        ] satisfies Column[])),
  ];
  return (
    <Grid
      ref={props.ref ?? null}
      label={t`Messages and sessions`}
      columns={columns}
      count={count}
      active={props.active}
      onActive={(index, how) => {
        props.onActive(index);
        const trace = rows.rowAt(index);
        if (trace !== undefined && (how.open || props.open !== null)) props.onOpen(trace);
      }}
      onKey={(event) => {
        if (event.key !== 'Enter' || event.ctrlKey) return false;
        const trace = rows.rowAt(props.active);
        if (trace !== undefined) props.onOpen(trace);
        return true;
      }}
      onRange={props.onRange}
      rowAt={rows.rowAt.bind(rows)}
      drawnFrom={[props.days, narrow]}
      look={(index) => ({ selected: props.open !== null && rows.rowAt(index)?.id === props.open })}
      cells={(index) => {
        const trace = rows.rowAt(index);
        return trace === undefined ? (
          <Ghost columns={columns.length} />
        ) : (
          <TraceCells trace={trace} days={props.days} narrow={narrow} />
        );
      }}
      empty={ghosts ? undefined : props.empty}
    />
  );
}

/** The cells of one trace, in the order of the grid's columns. */
export function TraceCells(props: { trace: Trace; days: boolean; narrow: boolean }) {
  const { trace } = props;
  const format = useFormat();
  const from = fromOf(trace);
  const to = toOf(trace);
  const worst = trace.kind === 'message' ? trace.recipients : [];
  const status = outcomeOf(trace);
  const decisive = worst.find((recipient) => recipient.status === status);
  const attempts = Math.max(0, ...worst.map((recipient) => recipient.attempts));
  const why = trace.kind === 'message' ? (decisive?.reply ?? '') : 'reason' in trace ? (trace.reason ?? '') : '';
  return (
    <>
      <Cell num tone={2}>
        {props.days ? format.stamp(trace.start).slice(5, props.narrow ? 16 : 19) : format.seconds(trace.start)}
      </Cell>
      <Cell {...(from.faint ? { tone: 2 as const } : {})}>{visibleLine(from.text)}</Cell>
      <Cell>
        {visibleLine(to.text)}
        {to.more > 0 && (
          <span className="pd-3">
            {' '}
            <Plural value={to.more} one="and # more" other="and # more" />
          </span>
        )}
      </Cell>
      <Cell>
        <OutcomeBadge outcome={status} bare />
      </Cell>
      {!props.narrow && (
        <>
          <Cell tone={2}>{visibleLine(why)}</Cell>
          <Cell align="right" num tone={2}>
            {attempts > 0 ? format.count(attempts) : ''}
          </Cell>
          <Cell align="right" num tone={2}>
            {trace.kind === 'message' && trace.verdict?.score !== undefined && trace.verdict.score !== null
              ? trace.verdict.score.toFixed(1)
              : ''}
          </Cell>
          <Cell align="right" num tone={2}>
            {trace.kind === 'message' && trace.size !== null ? format.size(trace.size) : ''}
          </Cell>
        </>
      )}
    </>
  );
}
