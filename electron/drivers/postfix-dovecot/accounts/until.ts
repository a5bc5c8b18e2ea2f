/** The last good day of an account as a column holds it that the password query wants in the future. Pure. */
import { tableId } from '../sql/conf.ts';
import type { Until } from '../sql/query.ts';
import type { SqlAccounts } from './layout.ts';
import type { Column, Snapshot } from './snapshot.ts';

const DAY = 86_400_000;

/** What stands for no end: a query that asks for a later moment finds none in NULL. TIMESTAMP of MySQL ends in 2038. */
const never = (type: string): string => (type === 'timestamp' ? '2037-12-31' : '9999-12-31');

/** Types whose values are read back as they were written. A time with a zone is told in the zone of whoever asks. */
const WRITABLE = /^(date|datetime|timestamp|timestamp without time zone)$/;

/** The column and its type, where the console can write it; null: there is none, or it cannot. */
export function untilColumn(snapshot: Snapshot): { until: Until; type: string } | null {
  const store = snapshot.layout.accounts;
  const until = store?.kind === 'sql' ? store.accounts.until : null;
  const column = store?.kind === 'sql' && until ? columnOf(snapshot, store.accounts, until.column) : undefined;
  return until && column && WRITABLE.test(column.type) ? { until, type: column.type } : null;
}

const columnOf = (snapshot: Snapshot, { place, table }: SqlAccounts, name: string): Column | undefined =>
  snapshot.tables.get(tableId(place, table))?.columns.find((column) => column.name === name);

/** The value that lets the account in to the end of its last day; null: for good. */
export function untilValue({ until, type }: { until: Until; type: string }, lastDay: string | null): string {
  if (lastDay === null) return type === 'date' ? never(type) : `${never(type)} 00:00:00`;
  const dayAfter = new Date(Date.parse(`${lastDay}T00:00:00Z`) + DAY).toISOString().slice(0, 10);
  // a day that is itself compared with the day counts whole; a moment is the first that no longer does
  const value = until.byDay && until.included ? lastDay : dayAfter;
  return type === 'date' ? value : `${value} 00:00:00`;
}

/** The last good day that a value stands for; null: no end. */
export function lastDayOf({ until, type }: { until: Until; type: string }, value: string | null): string | null {
  const match = /^(\d{4}-\d\d-\d\d)(?:[ T](\d\d:\d\d:\d\d))?/.exec(value ?? '');
  // NULL and 0000-00-00 let nobody in
  if (!match?.[1] || Number.isNaN(Date.parse(match[1]))) return '1970-01-01';
  if (match[1] >= never(type)) return null;
  if (until.byDay && until.included) return match[1];
  return new Date(Date.parse(`${match[1]}T${match[2] ?? '00:00:00'}Z`) - 1000).toISOString().slice(0, 10);
}
