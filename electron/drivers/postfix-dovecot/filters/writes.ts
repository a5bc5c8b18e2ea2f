/** What a change does to one user's preferences in a filter, as data; its inverse is the same. */
import type { FilterName } from '#shared/model/user-filter.ts';
import type { RowWrite } from '../sql/client.ts';

/** Our lines in a user's file. */
export interface PrefsState {
  /** The file is there. */
  exists: boolean;
  /** null: none of ours in it. */
  own: string | null;
}

export type FilterWrite = {
  filter: FilterName;
  /** As the list of accounts has it. */
  address: string;
} & (
  | {
      kind: 'file';
      path: string;
      /** Who reads and writes the file: never root, in a folder that is somebody else's. */
      owner: string;
      before: PrefsState;
      after: PrefsState;
    }
  /** Rows are found by all they hold: several have the same key. */
  | { kind: 'rows'; table: string; rows: RowWrite[] }
);

export function invertFilter(write: FilterWrite): FilterWrite {
  if (write.kind === 'file') return { ...write, before: write.after, after: write.before };
  const rows = write.rows.map((row) => ({ ...row, before: row.after, after: row.before })).reverse();
  return { ...write, rows };
}

export const placeOfFilter = (write: FilterWrite): string => (write.kind === 'file' ? write.path : write.table);

/** Lines, or rows, that go and come; what stays is not shown. */
export function filterLines(write: FilterWrite): { sign: '-' | '+'; text: string }[] {
  const lines = (state: PrefsState): string[] => (state.own ?? '').split('\n').filter((line) => line !== '');
  const row = ({ username, preference, value }: Record<string, string | null>): string =>
    `${username}: ${preference} ${value}`;
  const [before, after] =
    write.kind === 'file'
      ? [lines(write.before), lines(write.after)]
      : (['before', 'after'] as const).map((side) =>
          write.rows.flatMap((each) => (each[side] ? [row(each[side])] : [])),
        );
  return [
    ...(before ?? []).filter((line) => !after?.includes(line)).map((text) => ({ sign: '-' as const, text })),
    ...(after ?? []).filter((line) => !before?.includes(line)).map((text) => ({ sign: '+' as const, text })),
  ];
}
