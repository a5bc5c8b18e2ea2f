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
    overscan: 12,
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

  const pool = useRef(1);
  pool.current = Math.max(pool.current, items.length);
  const template = columns.map((column) => column.width).join(' ');
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
        {items.map((item) => (
          <GridRow
            // Rows that leave are used again for those that come: far cheaper than new ones at every step.
            key={item.index % pool.current}
            id={`${id}-${item.index}`}
            index={item.index}
            top={item.start - ROW_HEIGHT}
            template={template}
            active={item.index === active}
            look={props.look}
            cells={props.cells}
            onActive={props.onActive}
          />
        ))}
      </div>
      {count === 0 && props.empty !== undefined && (
        <div role="row" className={css.empty}>
          <div role="gridcell">{props.empty}</div>
        </div>
      )}
    </div>
  );
}

/** One row. While the reader scrolls only rows that come are drawn: the others have the same props. */
const GridRow = memo(function GridRow(props: {
  id: string;
  index: number;
  top: number;
  template: string;
  active: boolean;
  look: GridProps['look'];
  cells: GridProps['cells'];
  onActive: GridProps['onActive'];
}) {
  const { index, onActive } = props;
  const look = props.look(index);
  return (
    <div
      id={props.id}
      role="row"
      aria-rowindex={index + 2}
      aria-selected={look.head === true ? undefined : look.selected === true}
      className={css.row}
      data-index={index}
      data-selected={look.selected}
      data-active={props.active}
      data-head={look.head}
      data-dim={look.dim}
      style={{ gridTemplateColumns: props.template, transform: `translateY(${props.top}px)` }}
      onClick={(event) => {
        if (event.target instanceof Element && event.target.closest('[data-own-click]') !== null) return;
        onActive(index, { extend: event.shiftKey, open: true });
      }}
    >
      {props.cells(index)}
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
