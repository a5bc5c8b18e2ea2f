import { useLingui } from '@lingui/react/macro';
import { IconArrowDown, IconArrowUp } from '@tabler/icons-react';
import { type ReactNode, type Ref, useCallback, useEffect, useImperativeHandle, useRef } from 'react';
import type { Account, AccountSort } from '#shared/model/account.ts';
import type { Format } from '../../i18n/format.ts';
import { useFormat, useNow } from '../../i18n/use-format.ts';
import { Cell, type Column, Grid, type GridHandle, TickBox } from '../../ui/grid/grid.tsx';
import { useMedia } from '../../ui/use-media.ts';
import { visibleLine } from '../../ui/visible.ts';
import { StateBadge, UsageBar, useBinarySize } from './account-words.tsx';
import css from './accounts.module.css';
import { ALL, isPicked, NONE, type Picks, setPicks, shareOf, togglePick } from './picks.ts';
import type { AccountSource } from './use-accounts.ts';

/** Grey rows drawn while the first ones are on their way. */
const GHOSTS = 18;

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
  const focused = useRef<string | null>(null);
  const wide = useMedia('(min-width: 1360px)');
  const roomy = wide || !props.narrow;
  useImperativeHandle(props.ref, () => ({
    focus: () => grid.current?.focus(),
    show: (index) => grid.current?.show(index),
    shift: (by) => grid.current?.shift(by),
    toTop: () => grid.current?.toTop(),
  }));

  const matching = rows.matching ?? 0;
  const ghosts = props.loading && matching === 0;
  const count = ghosts ? GHOSTS : matching;

  // A refresh never moves the focused row: where its index changed, the view moves along with it.
  const version = rows.version();
  useEffect(() => {
    const at = focused.current === null ? undefined : rows.indexOf((row) => row.address === focused.current);
    if (at !== undefined && at !== active) {
      grid.current?.shift(at - active);
      onActive(at);
    }
    // Only when rows changed: `active` moves by itself otherwise.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [version]);
  useEffect(() => {
    focused.current = rows.rowAt(active)?.address ?? null;
  }, [active, rows, version]);

  const toggleRow = (index: number) => {
    anchor.current = index;
    const row = rows.rowAt(index);
    if (row !== undefined) onPicks(togglePick(picks, row.address));
  };
  const toggleRange = (to: number) => {
    const [from, until] = anchor.current < to ? [anchor.current, to] : [to, anchor.current];
    const names: string[] = [];
    for (let at = from; at <= until; at += 1) {
      const row = rows.rowAt(at);
      if (row !== undefined) names.push(row.address);
    }
    onPicks(setPicks(picks, names, true));
  };

  const share = shareOf(picks, matching);
  const head = (field: AccountSort['field'], label: string) => (
    <button type="button" onClick={() => props.onSort(field)}>
      {label}
      {sort.field === field &&
        (sort.descending ? (
          <IconArrowDown size={11} className={css.sortMark} />
        ) : (
          <IconArrowUp size={11} className={css.sortMark} />
        ))}
    </button>
  );
  const sorted = (field: AccountSort['field']): Column['sorted'] =>
    sort.field !== field ? undefined : sort.descending ? 'descending' : 'ascending';
  const columns: Column[] = [
    {
      id: 'tick',
      width: '14px',
      head: (
        <button
          type="button"
          role="checkbox"
          className={css.tickAll}
          aria-checked={share === 'all' ? 'true' : share === 'some' ? 'mixed' : 'false'}
          aria-label={t`All ${format.count(matching)} matches`}
          onClick={() => onPicks(share === 'all' ? NONE : ALL)}
        >
          <TickBox state={share} />
        </button>
      ),
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
        {row.used === null ? props.reading ? <span className={css.ghost} /> : '–' : size(row.used)}
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
        if (how.extend) toggleRange(index);
        else anchor.current = index;
        onActive(index);
        const row = rows.rowAt(index);
        if (row !== undefined && !how.extend && (how.open || props.open !== null)) props.onOpen(row.address);
      }}
      onRange={onRange}
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
        if (row === undefined) return <Ghost columns={columns.length} />;
        return (
          <>
            <div
              role="gridcell"
              tabIndex={-1}
              data-own-click=""
              className={css.tickCell}
              onClick={(event) => {
                onActive(index);
                if (event.shiftKey) toggleRange(index);
                else toggleRow(index);
              }}
            >
              <TickBox state={isPicked(picks, row.address) ? 'all' : 'none'} />
            </div>
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

export function Ghost(props: { columns: number; tick?: boolean }) {
  return (
    <>
      {props.tick !== false && (
        <div role="gridcell">
          <TickBox state="none" />
        </div>
      )}
      {Array.from({ length: props.columns - (props.tick === false ? 0 : 1) }, (_, at) => (
        <div key={at} role="gridcell" className={css.ghost} />
      ))}
    </>
  );
}
