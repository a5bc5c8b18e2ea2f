import type { Journal } from './journal.ts';
import type { Reached } from './kind.ts';
import type { Lists } from './record.ts';

/** Keeps lists beside the journal, and tells their names for an entry. */
export function keepAll(journal: Journal, lists: Reached): Lists {
  return Object.fromEntries(
    Object.entries(lists).flatMap(([name, items]) => (items === undefined ? [] : [[name, journal.keep(items)]])),
  );
}
