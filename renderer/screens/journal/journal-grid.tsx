import { Plural, Trans, useLingui } from '@lingui/react/macro';
import { IconArrowBackUp } from '@tabler/icons-react';
import type { ReactNode, Ref } from 'react';
import type { Change } from '#shared/model/change.ts';
import { useFormat, useNow } from '../../i18n/use-format.ts';
import { useSay } from '../../i18n/words.ts';
import { Cell, type Column, Grid, type GridHandle } from '../../ui/grid/grid.tsx';
import css from './journal.module.css';
import { dayOf, type JournalRow } from './journal-rows.ts';
import { NoUndo, StatusBadge } from './journal-words.tsx';

/** Changes under the heads of their days. */
export function JournalGrid(props: {
  rows: readonly JournalRow[];
  active: number;
  onActive: (index: number) => void;
  open: string | null;
  onOpen: (changeId: string) => void;
  onUndo: (change: Change) => void;
  onRange: (first: number, last: number) => void;
  empty: ReactNode;
  ref?: Ref<GridHandle>;
}) {
  const { rows } = props;
  const { t } = useLingui();
  const columns: Column[] = [
    { id: 'time', width: '44px', head: t`Time` },
    { id: 'status', width: 'minmax(88px, 110px)', head: t`Status` },
    { id: 'change', width: 'minmax(0, 3fr)', head: t`Change` },
    { id: 'server', width: 'minmax(100px, 0.8fr)', head: t`Server` },
    { id: 'who', width: 'minmax(0, 1fr)', head: t`Who` },
    { id: 'undo', width: 'minmax(92px, 0.8fr)', head: t`Undo` },
  ];
  return (
    <Grid
      ref={props.ref ?? null}
      label={t`Changes, newest first`}
      columns={columns}
      count={rows.length}
      active={props.active}
      onActive={(index, how) => {
        props.onActive(index);
        const row = rows[index];
        if (row?.kind === 'change' && (how.open || props.open !== null)) props.onOpen(row.change.id);
      }}
      onKey={(event) => {
        const row = rows[props.active];
        if (event.key === 'Enter' && !event.ctrlKey && row?.kind === 'change') {
          props.onOpen(row.change.id);
          return true;
        }
        return false;
      }}
      onRange={props.onRange}
      look={(index) => {
        const row = rows[index];
        return row?.kind === 'day' ? { head: true } : { selected: row?.change.id === props.open };
      }}
      cells={(index) => {
        const row = rows[index];
        if (row === undefined) return null;
        return row.kind === 'day' ? (
          <Day row={row} span={columns.length} />
        ) : (
          <ChangeCells change={row.change} onUndo={props.onUndo} />
        );
      }}
      empty={props.empty}
    />
  );
}

function Day(props: { row: Extract<JournalRow, { kind: 'day' }>; span: number }) {
  const { at, count } = props.row;
  const format = useFormat();
  const now = useNow(60);
  const day = format.date(at);
  return (
    <Cell span={props.span}>
      <strong className={css.day}>
        {dayOf(at) === dayOf(now) ? (
          <Trans>Today, {day}</Trans>
        ) : dayOf(at) === dayOf(now - 86_400_000) ? (
          <Trans>Yesterday, {day}</Trans>
        ) : (
          format.weekday(at)
        )}
      </strong>{' '}
      <span className="pd-2">
        <Plural value={count} one="# change" other="# changes" />
      </span>
    </Cell>
  );
}

function ChangeCells(props: { change: Change; onUndo: (change: Change) => void }) {
  const { change } = props;
  const format = useFormat();
  const say = useSay();
  const gone = change.status === 'undone' || change.status === 'cancelled';
  return (
    <>
      <Cell num>{format.clock(change.startedAt)}</Cell>
      <Cell>
        <StatusBadge status={change.status} bare />
      </Cell>
      <Cell {...(gone ? { tone: 2 as const } : {})}>{say(change.title)}</Cell>
      <Cell tone={2}>
        {change.serverName}
        {change.demo && (
          <span className={css.demo}>
            <Trans>Demo</Trans>
          </span>
        )}
      </Cell>
      <Cell tone={2}>{change.who}</Cell>
      <Cell tone={2}>
        {change.undoable ? (
          <button
            type="button"
            tabIndex={-1}
            className={`pd-link ${css.undo}`}
            data-own-click=""
            onClick={() => props.onUndo(change)}
          >
            <IconArrowBackUp size={13} aria-hidden="true" /> <Trans>Undo…</Trans>
          </button>
        ) : (
          <NoUndo change={change} />
        )}
      </Cell>
    </>
  );
}
