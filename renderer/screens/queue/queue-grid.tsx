// Over 400 lines: columns, cells, group heads and what keys and clicks do to them share the grid's state.
import { Plural, Trans, useLingui } from '@lingui/react/macro';
import { IconChevronDown, IconChevronRight } from '@tabler/icons-react';
import { type ReactNode, type Ref, useCallback, useImperativeHandle, useRef, useSyncExternalStore } from 'react';
import type { QueueGroup, QueueGroupBy, QueueMessage, QueueSort } from '#shared/model/queue.ts';
import { useFormat, useNow } from '../../i18n/use-format.ts';
import { Cell, type Column, Grid, type GridHandle, TickBox } from '../../ui/grid/grid.tsx';
import {
  between,
  Ghost,
  GHOSTS,
  SortHead,
  sortedBy,
  TickAll,
  TickCell,
  useKeptRow,
} from '../../ui/grid/list-parts.tsx';
import { useMedia } from '../../ui/use-media.ts';
import { visibleLine } from '../../ui/visible.ts';
import css from './queue.module.css';
import { QueueBadge, useGroupWords } from './queue-words.tsx';
import type { RowSource } from './row-source.ts';
import {
  EVERYTHING,
  groupShare,
  isTicked,
  NOTHING,
  type Selection,
  setTicks,
  type Tick,
  tickOf,
  toggle,
  wholeShare,
} from './selection.ts';

export interface QueueGridProps {
  name: string;
  rows: RowSource;
  by: QueueGroupBy | null;
  sort: QueueSort;
  onSort: (field: QueueSort['field']) => void;
  collapsed: readonly string[];
  onCollapsed: (keys: readonly string[]) => void;
  selection: Selection;
  onSelection: (selection: Selection) => void;
  active: number;
  onActive: (index: number) => void;
  /** The message in the side pane. */
  open: string | null;
  onOpen: (id: string) => void;
  onMenu: (index: number, at: { x: number; y: number }) => void;
  dim: boolean;
  loading: boolean;
  /** First and last row in sight. */
  onView: (first: number, last: number) => void;
  empty: ReactNode;
  ref?: Ref<GridHandle>;
}

export function QueueGrid(props: QueueGridProps) {
  const { rows, by, selection, onSelection, active, onActive } = props;
  const { t } = useLingui();
  const format = useFormat();
  const now = useNow(60);
  const grid = useRef<GridHandle>(null);
  const anchor = useRef(active);
  const wide = useMedia('(min-width: 1360px)');
  useImperativeHandle(props.ref, () => ({
    focus: () => grid.current?.focus(),
    show: (index) => grid.current?.show(index),
    shift: (by) => grid.current?.shift(by),
    toTop: () => grid.current?.toTop(),
  }));

  const version = useSyncExternalStore(rows.subscribe, rows.version);
  const total = rows.count ?? 0;
  const ghosts = props.loading && total === 0;
  const count = ghosts ? GHOSTS : total;
  const matched = rows.head?.matched ?? 0;
  useKeptRow(
    grid,
    version,
    active,
    onActive,
    (index) => rows.messageAt(index)?.id ?? null,
    (id) => rows.indexOfMessage(id),
  );

  const groupOf = (index: number) => (by === null ? null : (rows.groupAbove(index)?.group.key ?? null));
  const tick = (index: number): Tick | null => {
    const message = rows.messageAt(index);
    return message === undefined ? null : tickOf(message, by, groupOf(index));
  };
  const toggleRow = (index: number) => {
    anchor.current = index;
    const row = rows.rowAt(index);
    if (row?.kind === 'group') void toggleGroup(index, row.group);
    const one = tick(index);
    if (one !== null) onSelection(toggle(selection, one));
  };
  const toggleRange = (to: number) => {
    const [from, until] = between(anchor.current, to);
    return rows.take(from, until + 1, (inRange) => {
      let key: string | null = groupOf(from);
      const ticks = inRange.flatMap((row) => {
        if (row.kind === 'group') {
          key = row.group.key;
          return [];
        }
        return [tickOf(row.message, by, key)];
      });
      onSelection(setTicks(selection, ticks, true));
    });
  };
  const toggleGroup = async (index: number, group: QueueGroup) => {
    if (by === null) return;
    const on = groupShare(selection, by, group) !== 'all';
    const closed = props.collapsed.includes(group.key);
    const inside = closed ? await rows.groupRows(index, group) : await rows.range(index + 1, index + 1 + group.count);
    const ticks = inside.flatMap((row) => (row.kind === 'message' ? [tickOf(row.message, by, group.key)] : []));
    onSelection(setTicks(selection, ticks, on));
  };
  const fold = (key: string) => {
    props.onCollapsed(
      props.collapsed.includes(key) ? props.collapsed.filter((each) => each !== key) : [...props.collapsed, key],
    );
  };
  const foldAt = (index: number) => {
    const above = rows.groupAbove(index);
    if (above === undefined) return;
    fold(above.group.key);
    onActive(above.index);
    grid.current?.show(above.index);
  };

  const share = wholeShare(selection, matched);
  // Ascending arrival is descending age.
  const sorted = (field: QueueSort['field']) =>
    sortedBy(props.sort.field === field, (field === 'arrivalTime') !== props.sort.descending);
  const sortHead = (field: QueueSort['field'], label: string) => (
    <SortHead sorted={sorted(field)} onSort={() => props.onSort(field)}>
      {label}
    </SortHead>
  );
  const columns: Column[] = [
    {
      id: 'tick',
      width: '14px',
      head: (
        <TickAll
          share={share}
          matching={matched}
          onToggle={() => onSelection(share === 'all' ? NOTHING : EVERYTHING)}
        />
      ),
    },
    { id: 'id', width: 'minmax(96px, 108px)', head: sortHead('id', t`Queue ID`), sorted: sorted('id') },
    { id: 'age', width: '56px', align: 'right', head: sortHead('arrivalTime', t`Age`), sorted: sorted('arrivalTime') },
    ...(wide
      ? [
          {
            id: 'size',
            width: '56px',
            align: 'right' as const,
            head: sortHead('size', t`Size`),
            sorted: sorted('size'),
          },
        ]
      : []),
    { id: 'sender', width: 'minmax(0, 1fr)', head: sortHead('sender', t`Sender`), sorted: sorted('sender') },
    {
      id: 'recipient',
      width: 'minmax(0, 1fr)',
      head: sortHead('recipient', t`Recipients`),
      sorted: sorted('recipient'),
    },
    {
      id: 'reason',
      width: 'minmax(0, 1.5fr)',
      head: sortHead('reason', t`Reason from the remote side`),
      sorted: sorted('reason'),
    },
    { id: 'queue', width: 'minmax(80px, 100px)', head: sortHead('queue', t`Status`), sorted: sorted('queue') },
  ];

  const largest = useLargest(rows, by);
  const groupCells = (index: number, group: QueueGroup, closed: boolean) => (
    <>
      <TickCell onTick={() => void toggleGroup(index, group)}>
        <TickBox state={by === null ? 'none' : groupShare(selection, by, group)} />
      </TickCell>
      <div
        role="gridcell"
        aria-expanded={!closed}
        className={css.group}
        style={{ gridColumn: `span ${columns.length - 1}` }}
        aria-colspan={columns.length - 1}
      >
        {closed ? <IconChevronRight size={13} /> : <IconChevronDown size={13} />}
        <span className={`${css.groupTitle} pd-clip`} data-tip={group.sample === null ? '' : visibleLine(group.sample)}>
          <GroupTitle by={by} group={group} />
        </span>
        {group.code !== null && <span className="pd-mono pd-3">{visibleLine(group.code)}</span>}
        <span className={css.groupSize}>{format.size(group.size)}</span>
        <span className={`${css.groupCount} pd-num`}>{format.count(group.count)}</span>
        <span className={css.share} aria-hidden="true">
          <span style={{ width: `${Math.max(2, (100 * group.count) / Math.max(1, largest, group.count))}%` }} />
        </span>
      </div>
    </>
  );

  const onRange = useCallback((first: number, last: number) => rows.ensure(first, last), [rows]);

  const move = (index: number, how: { extend: boolean; open: boolean }) => {
    if (how.extend) void toggleRange(index);
    else anchor.current = index;
    onActive(index);
    const row = rows.rowAt(index);
    if (row?.kind === 'group') {
      if (how.open) fold(row.group.key);
    } else if (row !== undefined && !how.extend && (how.open || props.open !== null)) {
      props.onOpen(row.message.id);
    }
  };

  return (
    <Grid
      ref={grid}
      label={t`Messages in the queue of ${props.name}`}
      columns={columns}
      count={count}
      active={Math.min(active, Math.max(0, count - 1))}
      multi
      onActive={move}
      onMenu={(index, at) => {
        onActive(index);
        if (rows.rowAt(index) !== undefined) props.onMenu(index, at);
      }}
      onRange={onRange}
      onView={props.onView}
      rowAt={(index) => (ghosts ? undefined : rows.rowAt(index))}
      drawnFrom={[selection, by, now, wide, largest, ghosts, props.collapsed, format]}
      look={(index) => {
        const row = ghosts ? undefined : rows.rowAt(index);
        if (row?.kind === 'group') return { head: true };
        return { selected: row !== undefined && isTicked(selection, row.message.id), dim: props.dim };
      }}
      onKey={(event) => {
        const row = rows.rowAt(active);
        if (event.key === ' ') toggleRow(active);
        else if (event.key === 'Enter' && !event.ctrlKey && !event.metaKey) {
          if (row?.kind === 'group') fold(row.group.key);
          else if (row !== undefined) props.onOpen(row.message.id);
        } else if (event.key === 'x' && !event.ctrlKey && !event.metaKey && by !== null) foldAt(active);
        else if (event.key === 'ArrowLeft' && row?.kind === 'group' && !row.collapsed) fold(row.group.key);
        else if (event.key === 'ArrowRight' && row?.kind === 'group' && row.collapsed) fold(row.group.key);
        else return false;
        return true;
      }}
      cells={(index) => {
        const row = ghosts ? undefined : rows.rowAt(index);
        if (row === undefined) return <Ghost columns={columns.length} tick />;
        if (row.kind === 'group') return groupCells(index, row.group, row.collapsed);
        return (
          <>
            <TickCell
              onTick={(extend) => {
                onActive(index);
                if (extend) void toggleRange(index);
                else toggleRow(index);
              }}
            >
              <TickBox state={isTicked(selection, row.message.id) ? 'all' : 'none'} />
            </TickCell>
            <MessageCells message={row.message} now={now} wide={wide} />
          </>
        );
      }}
      sticky={
        by === null || ghosts
          ? undefined
          : (top) => {
              const above = rows.groupAbove(top);
              return above === undefined || above.index === top
                ? null
                : groupCells(above.index, above.group, above.collapsed);
            }
      }
      empty={props.empty}
    />
  );
}

function MessageCells(props: { message: QueueMessage; now: number; wide: boolean }) {
  const { message, now } = props;
  const format = useFormat();
  const reason = message.recipients.find((recipient) => recipient.reason !== null)?.reason ?? '';
  const [to] = message.recipients;
  const others = message.recipients.length - 1;
  return (
    <>
      <Cell mono>{visibleLine(message.id)}</Cell>
      <Cell align="right" num>
        {format.age((now - Date.parse(message.arrivalTime)) / 1000)}
      </Cell>
      {props.wide && (
        <Cell align="right" num tone={2}>
          {format.size(message.size)}
        </Cell>
      )}
      <Cell>{message.sender === '' ? <span className="pd-2">{'<>'}</span> : visibleLine(message.sender)}</Cell>
      <Cell>
        {visibleLine(to?.address ?? '')}
        {others > 0 && (
          <span className="pd-3">
            {' '}
            <Plural value={others} one="and # more" other="and # more" />
          </span>
        )}
      </Cell>
      <Cell tone={2}>{visibleLine(shortReason(reason))}</Cell>
      <Cell>
        <QueueBadge queue={message.queue} bare />
      </Cell>
    </>
  );
}

/** The remote side's own words without the frame the queue manager puts around them; the pane shows all of it. */
function shortReason(reason: string): string {
  return reason.replace(/^host \S+ said: /, '').replace(/ \(in reply to [^)]*\)$/, '');
}

function GroupTitle(props: { by: QueueGroupBy | null; group: QueueGroup }) {
  const { by, group } = props;
  const words = useGroupWords();
  const { key } = group;
  if (by === 'reason')
    return key === '' ? <Trans>No reason yet: not tried</Trans> : visibleLine(withoutCode(key, group.code));
  if (key === '<>') return <Trans>Null sender {'<>'}: bounces</Trans>;
  if (by === 'login' && key === '') return <Trans>Without a login</Trans>;
  if (key === '') return <Trans>Without a domain</Trans>;
  if (by === 'age')
    return key.endsWith('+') ? (
      <Trans>Older than {spaced(key.slice(0, -1))}</Trans>
    ) : (
      <Trans>Up to {spaced(key)}</Trans>
    );
  if (by === 'queue') return isQueue(key) ? <QueueBadge queue={key} bare /> : key;
  return by === null ? words('none') : visibleLine(key);
}

function isQueue(key: string): key is QueueMessage['queue'] {
  return ['maildrop', 'incoming', 'active', 'deferred', 'hold', 'corrupt'].includes(key);
}

/** A reply without its codes, when they stand beside it. */
function withoutCode(reason: string, code: string | null): string {
  if (code === null) return reason;
  const rest = reason.replace(/^[245]\d\d([ -][245]\.\d{1,3}\.\d{1,3})?[ :-]*/, '');
  return rest === '' ? reason : rest;
}

/** `1h20m` as `1 h 20 min`. */
function spaced(age: string): string {
  return age
    .replace(/(\d+)h/, '$1 h ')
    .replace(/(\d+)m/, '$1 min')
    .trim();
}

/** Messages of the largest group seen, which the bars are drawn against; groups come largest first. */
function useLargest(rows: RowSource, by: QueueGroupBy | null): number {
  const largest = useRef({ by, count: 0 });
  const head = rows.rowAt(0);
  if (largest.current.by !== by) largest.current = { by, count: 0 };
  if (head?.kind === 'group')
    largest.current.count = Math.max(by === 'age' ? largest.current.count : 0, head.group.count);
  return largest.current.count;
}
