/**
 * The switch of a whole domain: the column that the query of virtual_mailbox_domains wants to be on, PostfixAdmin's
 * `domain.active`. Off, Postfix takes no mail for the domain any more, accounts and aliases alike. Pure.
 */
import { type Text, text } from '#shared/model/text.ts';
import { isOn } from './directory.ts';
import type { SqlTable } from './layout.ts';
import { type Snapshot, tableId } from './snapshot.ts';
import { offOf, row } from './write-account.ts';
import type { Writes } from './writes.ts';

interface Switch {
  table: SqlTable;
  column: string;
  on: string;
}

function switchOf(snapshot: Snapshot, domain: string): (Switch & { key: string; now: string }) | null {
  for (const store of snapshot.layout.domains) {
    if (store.kind !== 'sql' || store.table.active === null) continue;
    const { table } = store;
    const read = snapshot.tables.get(tableId(table.place, table.table));
    const found = read?.rows.find((each) => (each[table.key] ?? '').toLowerCase() === domain);
    const { column, on } = store.table.active;
    if (found) return { table, column, on, key: found[table.key] ?? '', now: found[column] ?? '' };
  }
  return null;
}

/** Turns the domain's own entry; false: it has no switch. */
export function turnDomain(writes: Writes, snapshot: Snapshot, domain: string, on: boolean): boolean {
  const found = switchOf(snapshot, domain);
  if (!found) return false;
  const { table, column, key, now } = found;
  if (isOn(now, found.on) === on) return true;
  const columns = snapshot.tables.get(tableId(table.place, table.table))?.columns ?? [];
  writes.rows.push(row(table, columns, key, { [column]: now }, { [column]: on ? found.on : offOf(found.on) }));
  // smtpd(8) keeps the last answers about an address for half a minute
  writes.reload = true;
  return true;
}

export const isTurnedOff = (snapshot: Snapshot, domain: string): boolean => {
  const found = switchOf(snapshot, domain);
  return found !== null && !isOn(found.now, found.on);
};

export const allTurnedOff = (domain: string): Text =>
  text(
    /*i18n*/ {
      id: 'domains.warn.turned-off',
      message:
        '{domain} itself is switched off: Postfix takes no mail for it any more, neither for accounts nor for aliases, and answers as smtpd_relay_restrictions says',
    },
    { domain },
  );

export const noSwitch = (domain: string, count: number): Text =>
  text(
    /*i18n*/ {
      id: 'domains.warn.no-switch',
      message:
        'There is no switch for the whole of {domain} here: its {count, plural, one {account is} other {# accounts are}} blocked one by one, and its aliases go on',
    },
    { domain, count },
  );

export const staysOff = (domain: string): Text =>
  text(
    /*i18n*/ {
      id: 'domains.warn.stays-off',
      message: '{domain} itself is switched off, so that Postfix goes on taking no mail for it; unblock the domain',
    },
    { domain },
  );
