import { useLingui } from '@lingui/react/macro';
import { type ReactNode, type Ref, useCallback, useImperativeHandle, useRef, useSyncExternalStore } from 'react';
import type { Account, AccountSort } from '#shared/model/account.ts';
import type { Format } from '../../i18n/format.ts';
import { useFormat, useNow } from '../../i18n/use-format.ts';
import { Cell, type Column, Grid, type GridHandle, TickBox } from '../../ui/grid/grid.tsx';
import {
  between,
  Ghost,
  GHOSTS,
  GhostValue,
  SortHead,
  sortedBy,
  TickAll,
  TickCell,
  useKeptRow,
} from '../../ui/grid/list-parts.tsx';
import { useMedia } from '../../ui/use-media.ts';
import { visibleLine } from '../../ui/visible.ts';
import { StateBadge, UsageBar, useBinarySize } from './account-words.tsx';
import { ALL, isPicked, NONE, type Picks, setPicks, shareOf, togglePick } from './picks.ts';
import type { AccountSource } from './use-accounts.ts';

export function AccountsGrid(props: {
  name: string;
  rows: AccountSource;
  sort: AccountSort;
  onSort: (field: AccountSort['field']) => void;
  picks: Picks;
  onPicks: (picks: Picks) => void;
  active: number;
  onActive: (index: number) => void;
  open: string | null;
  onOpen: (address: string) => void;
  /** A drawer takes room: columns give way. */
  narrow: boolean;
  lastLogin: boolean;
  /** Used space is still being read. */
  reading: boolean;
  loading: boolean;
  dim: boolean;
  empty: ReactNode;
  ref?: Ref<GridHandle>;
}) {
  const { rows, picks, onPicks, active, onActive, sort } = props;
  const { t } = useLingui();
  const format = useFormat();
  const size = useBinarySize();
  const now = useNow(60);
  const grid = useRef<GridHandle>(null);
  const anchor = useRef(active);
  const wide = useMedia('(min-width: 1360px)');
  const roomy = wide || !props.narrow;
  useImperativeHandle(props.ref, () => ({
    focus: () => grid.current?.focus(),
    show: (index) => grid.current?.show(index),
    shift: (by) => grid.current?.shift(by),
    toTop: () => grid.current?.toTop(),
  }));

  const version = useSyncExternalStore(rows.subscribe, rows.version);
  const matching = rows.count ?? 0;
  const ghosts = props.loading && matching === 0;
  const count = ghosts ? GHOSTS : matching;
  useKeptRow(
    grid,
    version,
    active,
    onActive,
    (index) => rows.rowAt(index)?.address ?? null,
    (address) => rows.indexOf((row) => row.address === address),
  );

  const toggleRow = (index: number) => {
    anchor.current = index;
    const row = rows.rowAt(index);
    if (row !== undefined) onPicks(togglePick(picks, row.address));
  };
  const toggleRange = (to: number) => {
    const [from, until] = between(anchor.current, to);
    return rows.take(from, until + 1, (inRange) => {
      const names = inRange.map((row) => row.address);
      onPicks(setPicks(picks, names, true));
    });
  };

  const share = shareOf(picks, matching);
  const sorted = (field: AccountSort['field']) => sortedBy(sort.field === field, sort.descending);
  const head = (field: AccountSort['field'], label: string) => (
    <SortHead sorted={sorted(field)} onSort={() => props.onSort(field)}>
      {label}
    </SortHead>
  );
  const columns: Column[] = [
    {
      id: 'tick',
      width: '14px',
      head: <TickAll share={share} matching={matching} onToggle={() => onPicks(share === 'all' ? NONE : ALL)} />,
    },
    {
      id: 'address',
      width: roomy ? 'minmax(150px, 1.5fr)' : 'minmax(120px, 1fr)',
      head: head('address', t`Address`),
      sorted: sorted('address'),
    },
    ...(roomy ? [{ id: 'name', width: 'minmax(80px, 1fr)', head: head('name', t`Name`), sorted: sorted('name') }] : []),
    { id: 'share', width: '88px', head: head('share', t`Usage`), sorted: sorted('share') },
    { id: 'used', width: '72px', align: 'right', head: head('used', t`Used`), sorted: sorted('used') },
    ...(roomy
      ? [
          {
            id: 'quota',
            width: '68px',
            align: 'right' as const,
            head: head('quota', t`Quota`),
            sorted: sorted('quota'),
          },
        ]
      : []),
    ...(props.lastLogin
      ? [
          {
            id: 'lastLogin',
            width: 'minmax(84px, 120px)',
            head: head('lastLogin', t`Last login`),
            sorted: sorted('lastLogin'),
          },
        ]
      : []),
    ...(roomy ? [{ id: 'expires', width: '76px', head: head('expires', t`Expires`), sorted: sorted('expires') }] : []),
    { id: 'state', width: 'minmax(96px, 120px)', head: t`State` },
  ];

  const onRange = useCallback((first: number, last: number) => rows.ensure(first, last), [rows]);
  const cells = (row: Account) => (
    <>
      <Cell>{visibleLine(row.address)}</Cell>
      {roomy && <Cell tone={2}>{visibleLine(row.name ?? '')}</Cell>}
      <Cell>
        <UsageBar account={row} reading={props.reading} />
      </Cell>
      <Cell align="right" num>
        {row.used === null ? props.reading ? <GhostValue /> : '–' : size(row.used)}
      </Cell>
      {roomy && (
        <Cell align="right" num tone={2}>
          {row.quota === null ? '–' : size(row.quota)}
        </Cell>
      )}
      {props.lastLogin && (
        <Cell num tone={2}>
          {row.lastLogin === null ? '–' : loginTime(row.lastLogin, now, format)}
        </Cell>
      )}
      {roomy && (
        <Cell num tone={2}>
          {row.expires ?? ''}
        </Cell>
      )}
      <Cell>
        <StateBadge account={row} bare />
      </Cell>
    </>
  );

  return (
    <Grid
      ref={grid}
      label={t`Accounts on ${props.name}`}
      columns={columns}
      count={count}
      active={Math.min(active, Math.max(0, count - 1))}
      multi
      onActive={(index, how) => {
        if (how.extend) void toggleRange(index);
        else anchor.current = index;
        onActive(index);
        const row = rows.rowAt(index);
        if (row !== undefined && !how.extend && (how.open || props.open !== null)) props.onOpen(row.address);
      }}
      onRange={onRange}
      rowAt={(index) => (ghosts ? undefined : rows.rowAt(index))}
      drawnFrom={[picks, roomy, props.lastLogin, props.reading, now, format, ghosts]}
      look={(index) => {
        const row = ghosts ? undefined : rows.rowAt(index);
        return { selected: row !== undefined && isPicked(picks, row.address), dim: props.dim };
      }}
      onKey={(event) => {
        const row = rows.rowAt(active);
        if (event.key === ' ') toggleRow(active);
        else if (event.key === 'a' && (event.ctrlKey || event.metaKey)) onPicks(ALL);
        else if (event.key === 'Enter' && !event.ctrlKey && !event.metaKey && row !== undefined)
          props.onOpen(row.address);
        else return false;
        return true;
      }}
      cells={(index) => {
        const row = ghosts ? undefined : rows.rowAt(index);
        if (row === undefined) return <Ghost columns={columns.length} tick />;
        return (
          <>
            <TickCell
              onTick={(extend) => {
                onActive(index);
                if (extend) void toggleRange(index);
                else toggleRow(index);
              }}
            >
              <TickBox state={isPicked(picks, row.address) ? 'all' : 'none'} />
            </TickCell>
            {cells(row)}
          </>
        );
      }}
      empty={props.empty}
    />
  );
}

/** Today's by the clock, older ones by date and clock. */
function loginTime(at: string, now: number, format: Format): string {
  const full = format.stamp(at);
  return full.slice(0, 10) === format.stamp(now).slice(0, 10) ? format.clock(at) : full.slice(0, 16);
}
