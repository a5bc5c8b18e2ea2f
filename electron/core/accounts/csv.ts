/** CSV in and out (RFC 4180). Every row is judged before anything is written; nothing written is run by a spreadsheet. */
import { parse } from 'csv-parse/sync';
import { stringify } from 'csv-stringify/sync';
import type { DirectoryListing } from '#drivers/accounts.ts';
import { MAX_BULK, type NewAccount } from '#shared/model/account.ts';
import type { NewAlias } from '#shared/model/alias.ts';
import type { ColumnMap, RowProblem } from '#shared/contract/accounts.ts';
import { Failure } from '#shared/model/failure.ts';
import {
  checkAccountName,
  checkAddress,
  checkAliasName,
  checkDate,
  checkDisplayName,
  checkPassword,
  parseQuota,
  printable,
} from '#shared/model/mail-address.ts';
import { type Text, text } from '#shared/model/text.ts';

export interface CsvTable {
  header: string[];
  /** Values by header name, and the line of the file a row begins on. */
  rows: { line: number; values: Record<string, string> }[];
}

/** Reads a CSV with a header line; the delimiter is told from that line. Throws BAD_INPUT with the line. */
export function readCsv(csv: string): CsvTable {
  const content = csv.replace(/^\uFEFF/, '');
  const first = content.slice(0, content.search(/[\r\n]|$/));
  // spreadsheets of half of Europe write semicolons
  const delimiter = [',', ';', '\t'].sort((a, b) => first.split(b).length - first.split(a).length)[0] ?? ',';
  try {
    const records = parse(content, {
      delimiter,
      info: true,
      relax_column_count: false,
      skip_empty_lines: true,
    }) as unknown as {
      record: string[];
      info: { lines: number };
    }[];
    const [head, ...rest] = records;
    const header = (head?.record ?? []).map((name) => name.trim());
    return {
      header,
      rows: rest.map(({ record, info }) => ({
        line: info.lines,
        values: Object.fromEntries(header.map((name, i) => [name, record[i] ?? ''])),
      })),
    };
  } catch (error) {
    throw new Failure(
      'BAD_INPUT',
      text(
        /*i18n*/ { id: 'csv.bad', message: 'The file is not CSV as RFC 4180 has it: {why}' },
        { why: error instanceof Error ? printable(error.message).slice(0, 300) : '' },
      ),
    );
  }
}

export interface Checked<T> {
  rows: T[];
  problems: RowProblem[];
}

/** Our column to the file's: by the given map, else by its own name, whatever its case. */
function columnOf(table: CsvTable, columns: ColumnMap, name: string, needed: boolean): string | null {
  const wanted = (columns[name] ?? name).toLowerCase();
  const found = table.header.find((column) => column.toLowerCase() === wanted) ?? null;
  if (found === null && (needed || columns[name] !== undefined)) {
    throw new Failure(
      'BAD_INPUT',
      text(
        /*i18n*/ { id: 'csv.column', message: 'The file has no column “{column}”; it has {header}' },
        { column: columns[name] ?? name, header: printable(table.header.join(', ')).slice(0, 300) },
      ),
    );
  }
  return found;
}

function tooMany(count: number): void {
  if (count <= MAX_BULK) return;
  throw new Failure(
    'LIMIT',
    text(
      /*i18n*/ { id: 'csv.many', message: 'The file has {count} rows; at most {limit} go into one change' },
      { count, limit: MAX_BULK },
    ),
  );
}

export type AccountRow = NewAccount & { password: string | null };

export function checkAccounts(
  table: CsvTable,
  columns: ColumnMap,
  listing: DirectoryListing,
  generate: boolean,
): Checked<AccountRow> {
  tooMany(table.rows.length);
  const of = (name: string, needed = false): string | null => columnOf(table, columns, name, needed);
  const column = {
    address: of('address', true),
    password: of('password', !generate),
    name: of('name'),
    quota: of('quota'),
    expires: of('expires'),
  };
  const taken = new Map(listing.accounts.map((account) => [account.address, 0]));
  const domains = new Set(listing.domains.map((domain) => domain.domain));
  const out: Checked<AccountRow> = { rows: [], problems: [] };
  for (const { line, values } of table.rows) {
    const value = (name: keyof typeof column): string => (column[name] === null ? '' : (values[column[name]] ?? ''));
    const problem = (why: Text, of: string): void =>
      void out.problems.push({ line, value: printable(of).slice(0, 120), problem: why });
    const address = checkAccountName(value('address'));
    if (!address.ok) {
      problem(address.problem, value('address'));
      continue;
    }
    const twin = taken.get(address.value);
    if (twin !== undefined) problem(duplicate(twin), address.value);
    taken.set(address.value, line);
    const domain = address.value.slice(address.value.lastIndexOf('@') + 1);
    if (!domains.has(domain)) problem(unknownDomain(domain), address.value);
    const quota = parseQuota(value('quota'));
    if (!quota.ok) problem(quota.problem, value('quota'));
    const name = checkDisplayName(value('name'));
    if (!name.ok) problem(name.problem, value('name'));
    const expires = value('expires').trim() === '' ? null : checkDate(value('expires'));
    if (expires && !expires.ok) problem(expires.problem, value('expires'));
    const given = value('password');
    const password = given === '' && generate ? null : given;
    const sound = password === null ? null : checkPassword(password);
    // the value of a bad password is not repeated
    if (sound && !sound.ok) problem(sound.problem, address.value);
    if (!quota.ok || !name.ok || (expires && !expires.ok) || (sound && !sound.ok)) continue;
    out.rows.push({
      address: address.value,
      name: name.value === '' ? null : name.value,
      quota: quota.value,
      expires: expires?.ok ? expires.value : null,
      password,
    });
  }
  return out;
}

export function checkAliases(table: CsvTable, columns: ColumnMap, listing: DirectoryListing): Checked<NewAlias> {
  tooMany(table.rows.length);
  const alias = columnOf(table, columns, 'alias', true) ?? '';
  const targetsColumn = columnOf(table, columns, 'targets', true) ?? '';
  const taken = new Map(listing.aliases.map((entry) => [entry.name, 0]));
  const domains = new Set(listing.domains.map((domain) => domain.domain));
  const out: Checked<NewAlias> = { rows: [], problems: [] };
  for (const { line, values } of table.rows) {
    const problem = (why: Text, of: string): void =>
      void out.problems.push({ line, value: printable(of).slice(0, 120), problem: why });
    const name = checkAliasName(values[alias] ?? '');
    if (!name.ok) {
      problem(name.problem, values[alias] ?? '');
      continue;
    }
    const twin = taken.get(name.value);
    if (twin !== undefined) problem(duplicate(twin), name.value);
    taken.set(name.value, line);
    const domain = name.value.slice(name.value.lastIndexOf('@') + 1);
    if (!domains.has(domain)) problem(unknownDomain(domain), name.value);
    const parts = (values[targetsColumn] ?? '').split(/[,;\s]+/).filter((part) => part !== '');
    if (parts.length === 0)
      problem(text(/*i18n*/ { id: 'csv.no-targets', message: 'The alias leads nowhere' }), name.value);
    const targets = parts.map((part) => checkAddress(part));
    for (const [i, target] of targets.entries()) if (!target.ok) problem(target.problem, parts[i] ?? '');
    if (targets.length > 0 && targets.every((target) => target.ok)) {
      out.rows.push({ name: name.value, targets: targets.map((target) => target.value) });
    }
  }
  return out;
}

const duplicate = (line: number): Text =>
  line === 0
    ? text(/*i18n*/ { id: 'csv.exists', message: 'The server has it already' })
    : text(/*i18n*/ { id: 'csv.twice', message: 'It stands in line {line} already' }, { line });

const unknownDomain = (domain: string): Text =>
  text(/*i18n*/ { id: 'accounts.domain-unknown', message: 'The server does not take mail for {domain}' }, { domain });

/**
 * Cells that a spreadsheet would take for a formula get an apostrophe in front (OWASP: CSV injection): a display name is
 * whatever somebody typed into a web form once.
 */
export function harmless(cell: string): string {
  return /^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell;
}

export function writeCsv(header: readonly string[], rows: readonly (readonly (string | number | null)[])[]): string {
  const cells = rows.map((row) => row.map((cell) => (typeof cell === 'string' ? harmless(cell) : (cell ?? ''))));
  return stringify([[...header], ...cells], { record_delimiter: 'windows' });
}

export function exportCsv(
  listing: DirectoryListing,
  what: 'accounts' | 'aliases' | 'domains',
): { csv: string; rows: number } {
  switch (what) {
    case 'accounts': {
      const rows = listing.accounts.map((a) => [
        a.address,
        a.name,
        a.quota,
        a.used,
        a.messages,
        a.expires,
        a.blocked ? 'blocked' : 'active',
        a.home,
      ]);
      return {
        csv: writeCsv(['address', 'name', 'quota', 'used', 'messages', 'expires', 'state', 'home'], rows),
        rows: rows.length,
      };
    }
    case 'aliases': {
      const rows = listing.aliases.map((a) => [
        a.name,
        a.targets.join(' '),
        a.enabled ? 'enabled' : 'disabled',
        a.kind,
        a.problem,
        a.source,
      ]);
      return { csv: writeCsv(['alias', 'targets', 'state', 'kind', 'problem', 'source'], rows), rows: rows.length };
    }
    case 'domains': {
      const rows = listing.domains.map((d) => [
        d.domain,
        d.active ? 'active' : 'off',
        d.accounts,
        d.blocked,
        d.aliases,
        d.localAliases,
        d.used,
        d.aliasOf,
        d.outgoing,
      ]);
      return {
        csv: writeCsv(
          ['domain', 'state', 'accounts', 'blocked', 'aliases', 'localAliases', 'used', 'aliasOf', 'outgoing'],
          rows,
        ),
        rows: rows.length,
      };
    }
  }
}
