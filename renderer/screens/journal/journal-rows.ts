import type { Change } from '#shared/model/change.ts';

/** A row of the journal: the head of a day, or a change. */
export type JournalRow = { kind: 'day'; at: string; count: number } | { kind: 'change'; change: Change };

/** Changes, newest first, under a head for each day of this computer's zone. */
export function byDay(changes: readonly Change[]): JournalRow[] {
  const rows: JournalRow[] = [];
  let head: Extract<JournalRow, { kind: 'day' }> | null = null;
  for (const change of changes) {
    if (head === null || dayOf(head.at) !== dayOf(change.startedAt)) {
      head = { kind: 'day', at: change.startedAt, count: 0 };
      rows.push(head);
    }
    head.count += 1;
    rows.push({ kind: 'change', change });
  }
  return rows;
}

/** Number of the calendar day in this computer's zone. */
export function dayOf(at: string | number): string {
  const date = new Date(at);
  return `${date.getFullYear()}-${date.getMonth()}-${date.getDate()}`;
}
