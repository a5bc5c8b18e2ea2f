import { useLingui } from '@lingui/react/macro';
import { type ReactNode, type Ref } from 'react';
import { Cell, type Column, Grid, type GridHandle } from '../../../ui/grid/grid.tsx';
import { visibleLine } from '../../../ui/visible.ts';
import { TraceCells } from '../trace-grid.tsx';
import { liveKey } from './live-keys.ts';
import type { TraceRow } from './ring.ts';

/** Messages and sessions as lines are added to them: each keeps its place, and its row shows how it stands now. */
export function LiveTraces(props: {
  rows: readonly TraceRow[];
  active: number;
  onActive: (index: number, open: boolean) => void;
  onOpen: (row: TraceRow) => void;
  onSpace: () => void;
  onEnd: (atEnd: boolean) => void;
  nameOf: ((server: string) => string) | null;
  narrow: boolean;
  open: string | null;
  empty: ReactNode;
  ref: Ref<GridHandle>;
}) {
  const { rows, nameOf, narrow } = props;
  const { t } = useLingui();
  const columns: Column[] = [
    ...(nameOf === null ? [] : [{ id: 'server', width: '84px', head: t`Server` }]),
    { id: 'time', width: '56px', head: t`Time` },
    { id: 'from', width: 'minmax(0, 1fr)', head: t`From` },
    { id: 'to', width: 'minmax(0, 1fr)', head: t`To` },
    { id: 'status', width: narrow ? '88px' : 'minmax(96px, 120px)', head: t`Status` },
    ...(narrow
      ? []
      : ([
          { id: 'why', width: 'minmax(0, 1.3fr)', head: t`Last word` },
          { id: 'tries', width: '52px', align: 'right', head: t`Tries` },
          { id: 'score', width: '52px', align: 'right', head: t`Score` },
          { id: 'size', width: '72px', align: 'right', head: t`Size` },
        ] satisfies Column[])),
  ];
  return (
    <Grid
      ref={props.ref}
      label={t`Live messages and sessions`}
      columns={columns}
      count={rows.length}
      active={props.active}
      onActive={(index, how) => props.onActive(index, how.open)}
      onEnd={props.onEnd}
      onKey={(event) => liveKey(event, rows[props.active], props)}
      look={(index) => {
        const row = rows[index];
        return { selected: row !== undefined && props.open === `${row.server} ${row.trace.id}` };
      }}
      cells={(index) => {
        const row = rows[index];
        return row === undefined ? null : (
          <>
            {nameOf !== null && <Cell tone={2}>{visibleLine(nameOf(row.server))}</Cell>}
            <TraceCells trace={row.trace} days={false} narrow={narrow} />
          </>
        );
      }}
      empty={props.empty}
    />
  );
}
