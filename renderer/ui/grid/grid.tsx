import { useVirtualizer } from '@tanstack/react-virtual';
import {
  type KeyboardEvent,
  type MouseEvent,
  type ReactNode,
  type Ref,
  memo,
  useEffect,
  useEffectEvent,
  useId,
  useImperativeHandle,
  useRef,
} from 'react';
import { ROW_HEIGHT } from '../tokens.ts';
import css from './grid.module.css';

export interface Column {
  id: string;
  head: ReactNode;
  /** A track of grid-template-columns. */
  width: string;
  align?: 'right';
  sorted?: 'ascending' | 'descending' | undefined;
}

export interface RowLook {
  selected?: boolean;
  /** A group's head: other ground, no selection. */
  head?: boolean;
  /** Old data that cannot be acted on. */
  dim?: boolean;
}

export interface GridHandle {
  focus(): void;
  /** Brings a row into sight, below what sticks at the top. */
  show(index: number): void;
  /** Moves the view by rows without moving anything relative to it. */
  shift(rows: number): void;
  toTop(): void;
}

export interface GridProps {
  label: string;
  columns: readonly Column[];
  count: number;
  active: number;
  /** Columns of a head row: one cell that spans them all. */
  cells: (index: number) => ReactNode;
  /**
   * What a row is drawn from; a row whose object stays, under the same `drawnFrom`, is not drawn again. Without it every
   * row in sight is drawn whenever the list is.
   */
  rowAt?: (index: number) => unknown;
  /** With `rowAt`: everything else that `cells` reads. */
  drawnFrom?: readonly unknown[];
  look: (index: number) => RowLook;
  onActive: (index: number, how: { extend: boolean; open: boolean }) => void;
  /** Keys that the grid itself does not use; true: done. */
  onKey: (event: KeyboardEvent) => boolean;
  /** The row's menu is asked for, by the other mouse button or the menu key; where it is to stand, in the window. */
  onMenu?: (index: number, at: { x: number; y: number }) => void;
  /** First and last row in sight, with some beyond. */
  onRange?: (first: number, last: number) => void;
  /** First and last row that can be seen. */
  onView?: (first: number, last: number) => void;
  /** Told as the reader scrolls: whether the last row is in sight. */
  onEnd?: (atEnd: boolean) => void;
  /** Stands under the column heads while rows of its group are at the top. */
  sticky?: ((top: number) => ReactNode) | undefined;
  multi?: boolean;
  empty?: ReactNode;
  ref?: Ref<GridHandle>;
}

/** Rows drawn beyond those in sight, on each side: the browser scrolls before the page has drawn. */
const OVERSCAN = 8;

/**
 * A virtual grid: any number of 24 px rows, only those in sight drawn. One tab stop; the row in focus is named by
 * aria-activedescendant (WAI-ARIA 1.2, grid).
 */
export function Grid(props: GridProps) {
  const { columns, count, active, onRange, onView } = props;
  const id = useId();
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: OVERSCAN,
    scrollMargin: ROW_HEIGHT,
  });
  const items = virtual.getVirtualItems();
  const first = items[0]?.index ?? 0;
  const last = items.at(-1)?.index ?? 0;
  const top = Math.max(0, Math.floor((virtual.scrollOffset ?? 0) / ROW_HEIGHT));
  const bottom = Math.min(
    count - 1,
    top + Math.max(0, Math.floor(((virtual.scrollRect?.height ?? 0) - ROW_HEIGHT) / ROW_HEIGHT) - 1),
  );
  useEffect(() => onRange?.(first, last), [first, last, onRange]);
  useEffect(() => onView?.(top, bottom), [top, bottom, onView]);

  const show = (index: number) => {
    const box = scroller.current;
    if (box === null) return;
    const stuck = props.sticky === undefined ? 0 : ROW_HEIGHT;
    const from = index * ROW_HEIGHT - stuck;
    const to = (index + 2) * ROW_HEIGHT - box.clientHeight;
    if (box.scrollTop > from) box.scrollTop = Math.max(0, from);
    else if (box.scrollTop < to) box.scrollTop = to;
  };
  useImperativeHandle(props.ref, () => ({
    focus: () => scroller.current?.focus({ preventScroll: true }),
    show,
    shift: (rows) => {
      if (scroller.current !== null) scroller.current.scrollTop += rows * ROW_HEIGHT;
    },
    toTop: () => {
      if (scroller.current !== null) scroller.current.scrollTop = 0;
    },
  }));

  const move = (to: number, extend: boolean) => {
    const index = Math.max(0, Math.min(count - 1, to));
    props.onActive(index, { extend, open: false });
    show(index);
  };
  const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? 480) / ROW_HEIGHT) - 3);

  /** Where a key leads; undefined: it does not move in the list. */
  const stepOf = (event: Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'altKey'>): number | undefined => {
    if (event.ctrlKey || event.metaKey || event.altKey || count === 0) return undefined;
    const steps: Record<string, number> = {
      ArrowDown: active + 1,
      ArrowUp: active - 1,
      PageDown: active + page,
      PageUp: active - page,
      Home: 0,
      End: count - 1,
    };
    return steps[event.key];
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.target !== event.currentTarget) return;
    const to = stepOf(event);
    if (to !== undefined) {
      event.preventDefault();
      move(to, event.shiftKey);
    } else if (props.onKey(event)) {
      event.preventDefault();
    }
  };
  // Where nothing has the keyboard, the first arrow goes to the list: nobody should have to click into it before.
  const onLostKey = useEffectEvent((event: globalThis.KeyboardEvent) => {
    const to = stepOf(event);
    if (event.defaultPrevented || document.activeElement !== document.body || to === undefined) return;
    if (scroller.current?.checkVisibility() !== true || scroller.current.closest('[inert], [aria-hidden="true"]'))
      return;
    event.preventDefault();
    scroller.current.focus({ preventScroll: true });
    move(to, event.shiftKey);
  });
  useEffect(() => {
    document.addEventListener('keydown', onLostKey);
    return () => document.removeEventListener('keydown', onLostKey);
  }, []);

  const onContextMenu = (event: MouseEvent) => {
    const row = event.target instanceof Element ? event.target.closest<HTMLElement>('[data-index]') : null;
    const index = row === null ? active : Number(row.dataset['index']);
    // A right click beside the rows, on the heads say, means none of them; the menu key tells no place: the menu then
    // stands under the row in focus.
    if (row === null && event.target !== event.currentTarget) return;
    const there = row ?? document.getElementById(`${id}-${active}`);
    if (there === null || count === 0) return;
    event.preventDefault();
    const box = there.getBoundingClientRect();
    props.onMenu?.(index, row === null ? { x: box.left + 40, y: box.bottom } : { x: event.clientX, y: event.clientY });
  };

  const template = columns.map((column) => column.width).join(' ');
  const latest = useRef(props);
  latest.current = props;
  const stamp = useStamp(
    props.rowAt === undefined ? [props.cells, props.look] : [...(props.drawnFrom ?? []), template],
  );
  const slotOf = useSlots(first, last, items.length);
  const drawn = active >= first && active <= last && count > 0;
  const stuck = count > 0 && top > 0 ? props.sticky?.(top) : undefined;
  return (
    <div
      ref={scroller}
      role="grid"
      aria-label={props.label}
      aria-rowcount={count + 1}
      aria-colcount={columns.length}
      aria-multiselectable={props.multi}
      aria-activedescendant={drawn ? `${id}-${active}` : undefined}
      tabIndex={0}
      className={css.grid}
      data-grid=""
      data-pane=""
      onKeyDown={onKeyDown}
      onContextMenu={props.onMenu === undefined ? undefined : onContextMenu}
      onScroll={(event) => {
        const { scrollTop, clientHeight, scrollHeight } = event.currentTarget;
        props.onEnd?.(scrollTop + clientHeight >= scrollHeight - ROW_HEIGHT / 2);
      }}
    >
      <div role="rowgroup" className={css.heads}>
        <div role="row" aria-rowindex={1} className={css.headRow} style={{ gridTemplateColumns: template }}>
          {columns.map((column) => (
            <div
              key={column.id}
              role="columnheader"
              aria-sort={column.sorted}
              className={`${css.headCell} pd-clip`}
              data-align={column.align}
            >
              {column.head}
            </div>
          ))}
        </div>
      </div>
      {stuck !== undefined && stuck !== null && (
        <div className={css.stuck} aria-hidden="true">
          <div className={css.row} data-head="true" style={{ gridTemplateColumns: template, position: 'static' }}>
            {stuck}
          </div>
        </div>
      )}
      <div role="rowgroup" className={css.body} style={{ height: virtual.getTotalSize() }}>
        {items.map((item) => {
          const look = props.look(item.index);
          return (
            <GridRow
              key={slotOf(item.index)}
              id={`${id}-${item.index}`}
              index={item.index}
              top={item.start - ROW_HEIGHT}
              template={template}
              active={item.index === active}
              selected={look.selected}
              head={look.head}
              dim={look.dim}
              row={props.rowAt?.(item.index)}
              stamp={stamp}
              latest={latest}
            />
          );
        })}
      </div>
      {count === 0 && props.empty !== undefined && (
        <div role="row" className={css.empty}>
          <div role="gridcell">{props.empty}</div>
        </div>
      )}
    </div>
  );
}

/**
 * Keys of rows: those that leave are used again for those that come, far cheaper than new ones at every step. After a
 * jump they stand in the order they stood in, so that no element has to move.
 */
function useSlots(first: number, last: number, drawn: number): (index: number) => number {
  const slots = useRef({ base: 0, pool: 1, first: 0, last: 0 });
  const { current } = slots;
  current.pool = Math.max(current.pool, drawn);
  if (first > current.last || last < current.first) current.base = first - slot(current.first, current);
  current.first = first;
  current.last = last;
  return (index) => slot(index, current);
}

function slot(index: number, { base, pool }: { base: number; pool: number }): number {
  return (((index - base) % pool) + pool) % pool;
}

/** A number that moves when one of some values does. */
function useStamp(values: readonly unknown[]): number {
  const known = useRef({ values, stamp: 0 });
  const { current } = known;
  if (values.length !== current.values.length || values.some((value, at) => !Object.is(value, current.values[at]))) {
    known.current = { values, stamp: current.stamp + 1 };
  }
  return known.current.stamp;
}

/** One row. It is drawn when something of its own changes, and not because the list moved or another page came. */
const GridRow = memo(function GridRow(props: {
  id: string;
  index: number;
  top: number;
  template: string;
  active: boolean;
  selected: boolean | undefined;
  head: boolean | undefined;
  dim: boolean | undefined;
  row: unknown;
  stamp: number;
  latest: { readonly current: GridProps };
}) {
  const { index, latest } = props;
  return (
    <div
      id={props.id}
      role="row"
      aria-rowindex={index + 2}
      aria-selected={props.head === true ? undefined : props.selected === true}
      className={css.row}
      data-index={index}
      data-selected={props.selected}
      data-active={props.active}
      data-head={props.head}
      data-dim={props.dim}
      style={{ gridTemplateColumns: props.template, transform: `translateY(${props.top}px)` }}
      onClick={(event) => {
        if (event.target instanceof Element && event.target.closest('[data-own-click]') !== null) return;
        latest.current.onActive(index, { extend: event.shiftKey, open: true });
      }}
    >
      {latest.current.cells(index)}
    </div>
  );
});

/** A cell of a row; clipped, with its whole text in the tooltip. */
export function Cell(props: {
  children?: ReactNode;
  align?: 'right';
  mono?: boolean;
  tone?: 2 | 3;
  span?: number;
  num?: boolean;
}) {
  const look = [
    css.cell,
    'pd-clip',
    props.mono === true ? 'pd-mono' : '',
    props.num === true ? 'pd-num' : '',
    props.tone === undefined ? '' : `pd-${props.tone}`,
  ];
  return (
    <div
      role="gridcell"
      className={look.join(' ')}
      data-align={props.align}
      data-tip=""
      {...(props.span === undefined ? {} : { 'aria-colspan': props.span, style: { gridColumn: `span ${props.span}` } })}
    >
      {props.children}
    </div>
  );
}

/** A box that is empty, ticked or half ticked; drawn, since a thousand native ones would be a thousand tab stops. */
export function TickBox(props: { state: 'none' | 'some' | 'all' }) {
  return (
    <svg className={css.tick} data-state={props.state} width="14" height="14" viewBox="0 0 14 14" aria-hidden="true">
      <rect x=".6" y=".6" width="12.8" height="12.8" rx="3" />
      {props.state === 'all' && <path d="m3.6 7.2 2.3 2.3 4.5-4.8" />}
      {props.state === 'some' && <path d="M3.8 7h6.4" />}
    </svg>
  );
}

export { css as gridCss };
