import { inert } from './inert.ts';

export interface Column<T> {
  head: string;
  cell(row: T): string;
  /** Numbers stand on the right. */
  right?: boolean;
}

/** Characters a column gets at most: one stranger with a long address must not push all others off the screen. */
const MAX_WIDTH = 48;

export function widthsOf<T>(rows: readonly T[], columns: readonly Column<T>[]): number[] {
  return columns.map((column) => {
    const widest = rows.reduce((width, row) => Math.max(width, lengthOf(inert(column.cell(row)))), 0);
    return Math.max(column.head.length, Math.min(widest, MAX_WIDTH));
  });
}

/**
 * Aligned lines. A cell wider than its column pushes its own line to the right; nothing is left out, unless `cut`
 * says how wide the terminal is.
 */
export function tableRows<T>(
  rows: readonly T[],
  columns: readonly Column<T>[],
  widths: readonly number[],
  options: { head: boolean; cut?: number | undefined },
): string[] {
  const line = (cells: readonly string[]) => {
    const text = cells
      .map((cell, i) => pad(cell, widths[i] ?? 0, columns[i]?.right === true, i === cells.length - 1))
      .join('  ');
    const chars = Array.from(text);
    return options.cut !== undefined && chars.length > options.cut
      ? `${chars.slice(0, options.cut - 1).join('')}…`
      : text;
  };
  const body = rows.map((row) => line(columns.map((column) => inert(column.cell(row)))));
  return options.head ? [line(columns.map((column) => column.head)), ...body] : body;
}

/** `name: value` lines with the values aligned; null values are left out. */
export function facts(pairs: readonly (readonly [string, string | null])[]): string[] {
  const shown = pairs.filter((pair): pair is readonly [string, string] => pair[1] !== null);
  const width = shown.reduce((widest, [name]) => Math.max(widest, name.length), 0);
  return shown.map(([name, value]) => `${`${name}:`.padEnd(width + 2)}${inert(value)}`);
}

const lengthOf = (cell: string) => Array.from(cell).length;

function pad(cell: string, width: number, right: boolean, last: boolean): string {
  const room = ' '.repeat(Math.max(0, width - lengthOf(cell)));
  if (right) return room + cell;
  return last ? cell : cell + room;
}
