import { useLingui } from '@lingui/react/macro';
import { IconArrowDown, IconArrowUp } from '@tabler/icons-react';
import { type ReactNode, type RefObject, useEffect, useRef } from 'react';
import { useFormat } from '../../i18n/use-format.ts';
import { type Column, type GridHandle, TickBox } from './grid.tsx';
import css from './list-parts.module.css';

/** Grey rows drawn while the first ones are on their way. */
export const GHOSTS = 18;

/** A row that is not here yet: a grey bar in each column. */
export function Ghost(props: { columns: number; tick?: boolean }) {
  return (
    <>
      {props.tick === true && (
        <div role="gridcell">
          <TickBox state="none" />
        </div>
      )}
      {Array.from({ length: props.columns - (props.tick === true ? 1 : 0) }, (_, at) => (
        <div key={at} role="gridcell" className={css.ghost} />
      ))}
    </>
  );
}

/** The one grey bar of a cell whose value comes later than its row. */
export function GhostValue() {
  return <span className={css.ghostValue} />;
}

type Sorted = Column['sorted'];

/** Head of a column that can be sorted by; the arrow points the way the values go. */
export function SortHead(props: { sorted: Sorted; onSort: () => void; children: ReactNode }) {
  const { sorted } = props;
  return (
    <button type="button" onClick={props.onSort}>
      {props.children}
      {sorted === 'descending' && <IconArrowDown size={11} className={css.sortMark} />}
      {sorted === 'ascending' && <IconArrowUp size={11} className={css.sortMark} />}
    </button>
  );
}

/** How a column is sorted; undefined: the list is sorted by another one. */
export function sortedBy(on: boolean, descending: boolean): Sorted {
  return on ? (descending ? 'descending' : 'ascending') : undefined;
}

/** The box in the head: every match, however many there are. */
export function TickAll(props: { share: 'none' | 'some' | 'all'; matching: number; onToggle: () => void }) {
  const { share } = props;
  const { t } = useLingui();
  const format = useFormat();
  return (
    <button
      type="button"
      role="checkbox"
      className={css.tickAll}
      aria-checked={share === 'all' ? 'true' : share === 'some' ? 'mixed' : 'false'}
      aria-label={t`All ${format.count(props.matching)} matches`}
      onClick={props.onToggle}
    >
      <TickBox state={share} />
    </button>
  );
}

/** The box of a row. A click means the box alone, with Shift all from the last one to here. */
export function TickCell(props: { onTick: (extend: boolean) => void; children: ReactNode }) {
  return (
    <div
      role="gridcell"
      tabIndex={-1}
      data-own-click=""
      className={css.tickCell}
      onClick={(event) => props.onTick(event.shiftKey)}
    >
      {props.children}
    </div>
  );
}

/** From the row ticked last to this one, the smaller first. */
export function between(one: number, other: number): [from: number, until: number] {
  return one < other ? [one, other] : [other, one];
}

/**
 * A refresh never moves the focused row: where its index changed, the view moves along with it.
 *
 * @param version Moves when there are other rows.
 * @param nameAt What names a row whatever its index; null: it is not held, or has no name.
 * @param indexOf Where a row is now; undefined: not among those held.
 */
export function useKeptRow(
  grid: RefObject<GridHandle | null>,
  version: number,
  active: number,
  onActive: (index: number) => void,
  nameAt: (index: number) => string | null,
  indexOf: (name: string) => number | undefined,
): void {
  const focused = useRef<string | null>(null);
  useEffect(() => {
    const at = focused.current === null ? undefined : indexOf(focused.current);
    if (at !== undefined && at !== active) {
      grid.current?.shift(at - active);
      onActive(at);
    }
    // Only when rows changed: `active` moves by itself otherwise.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [version]);
  useEffect(() => {
    focused.current = nameAt(active);
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- the functions are made anew with every render
  }, [active, version]);
}
