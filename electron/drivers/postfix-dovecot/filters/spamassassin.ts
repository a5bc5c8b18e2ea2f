/** One user's preferences in SpamAssassin: where they are, what they say, and the write that changes them. */
import type { Machine } from '#remote/machine.ts';
import type { Account } from '#shared/model/account.ts';
import { Failure } from '#shared/model/failure.ts';
import { type Text, text } from '#shared/model/text.ts';
import type { FilterSettings, UserFilter } from '#shared/model/user-filter.ts';
import { bytesOf, parseFrames, utf8 } from '../accounts/frames.ts';
import { asks, placeFields } from '../accounts/read-script.ts';
import { runScript } from '../root-script.ts';
import { parseRows, type RowWrite } from '../sql/client.ts';
import type { SqlPlace } from '../sql/conf.ts';
import { FILTERS, MAX_PREFS, ROWS_MARK } from './script.ts';
import type { SpamAssassin } from './survey.ts';
import {
  isThreshold,
  ownLines,
  type Preference,
  parseUserPrefs,
  preferencesIn,
  rowsOf,
  settingsFrom,
} from './user-prefs.ts';
import type { FilterWrite } from './writes.ts';

/** What was found for a user, and enough to change it. */
export type UserPrefsState = { filter: UserFilter } & (
  | { kind: 'file'; path: string; owner: string; exists: boolean; own: string | null }
  | { kind: 'rows'; place: SqlPlace; conf: string; table: string; name: string; rows: Preference[] }
  | { kind: 'none' }
);

/** null: SpamAssassin keeps nothing for this user. */
export async function readSpamAssassin(
  machine: Machine,
  setup: SpamAssassin,
  account: Account,
  signal: AbortSignal,
): Promise<UserPrefsState | null> {
  const { store } = setup;
  const note = setup.named === null ? notNamed() : null;
  const base = { name: 'SpamAssassin' as const, usual: setup.usual, note };
  switch (store.kind) {
    case 'other': {
      const readOnly = elsewhere(store.what);
      return { kind: 'none', filter: { ...base, place: 'spamd', settings: EMPTY, byHand: [], readOnly } };
    }
    case 'homes': {
      if (account.backend !== 'system' || account.home === null) return null;
      const path = `${account.home}/.spamassassin/user_prefs`;
      return readFile(machine, base, { path, owner: account.login, account }, signal);
    }
    case 'folders': {
      const path = `${folderOf(store.pattern, nameFor(setup, account))}/user_prefs`;
      return readFile(machine, base, { path, owner: store.owner, account }, signal);
    }
    case 'sql': {
      const name = nameFor(setup, account);
      const { place, conf, table } = store;
      const rows = await readRows(machine, store, name, signal);
      const { settings, other } = settingsFrom(rows);
      const byHand = other.map(({ name: preference, value }) => `${preference} ${value}`);
      const filter = { ...base, place: `${place.database}.${table}`, settings, byHand, readOnly: null };
      return { kind: 'rows', place, conf, table, name, rows, filter };
    }
  }
}

const EMPTY: FilterSettings = { threshold: null, allow: [], deny: [] };

/** The name under which spamd is told of this user. */
export function nameFor({ named }: Pick<SpamAssassin, 'named'>, { address, login }: Account): string {
  if (named === null) return login;
  return named === 'address' ? address : address.slice(0, address.lastIndexOf('@'));
}

/** As spamd itself makes the path (handle_virtual_config_dir). */
function folderOf(pattern: string, name: string): string {
  const safe = name.replace(/[^-A-Za-z0-9+_.,@=]/g, '_');
  const at = safe.lastIndexOf('@');
  const [local, domain] = at < 0 ? ['', ''] : [safe.slice(0, at), safe.slice(at + 1)];
  const values: Record<string, string> = { u: safe, l: local, d: domain, '%': '%' };
  return pattern.replace(/%([uld%])/g, (_, letter: string) => values[letter] ?? '').replace(/\/+$/, '');
}

async function readFile(
  machine: Machine,
  base: Pick<UserFilter, 'name' | 'usual' | 'note'>,
  { path, owner, account }: { path: string; owner: string; account: Account },
  signal: AbortSignal,
): Promise<UserPrefsState> {
  const content = await readPrefs(machine, path, owner, signal);
  const none = { ...base, place: path, settings: EMPTY, byHand: [] };
  if (content === false) return { kind: 'none', filter: { ...none, readOnly: noFile(path) } };
  if (content === null) {
    return { kind: 'file', path, owner, exists: false, own: null, filter: { ...none, readOnly: null } };
  }
  const { rest, own } = parseUserPrefs(content);
  const { settings, other } = settingsFrom(preferencesIn(utf8(own ?? '')));
  const strange =
    other.length > 0 || (own !== null && ![true, false].some((modern) => ownLines(settings, modern) === own));
  const byHand = preferencesIn(utf8(rest)).map(({ name, value }) => `${name} ${value}`);
  const readOnly = strange ? changedByHand(account.address, path) : null;
  return { kind: 'file', path, owner, exists: true, own, filter: { ...none, settings, byHand, readOnly } };
}

/** The file's bytes; null: none there, false: what stands there is no file, or too long for one. */
export async function readPrefs(
  machine: Machine,
  path: string,
  owner: string,
  signal: AbortSignal,
): Promise<string | null | false> {
  const { stdout } = await runScript(machine, FILTERS, {
    name: 'read a user’s SpamAssassin preferences',
    data: Buffer.from(asks('prefs', bytesOf(owner), bytesOf(path)), 'latin1'),
    signal,
  });
  const output = parseFrames(stdout).get('prefs') ?? '';
  const [head, body] = [output.slice(0, output.indexOf('\n')), output.slice(output.indexOf('\n') + 1)];
  if (head === 'absent') return null;
  return head === 'there' && body.length <= MAX_PREFS ? body : false;
}

/** Rows of these preferences that a user has; throws when the database does not answer. */
export async function readRows(
  machine: Machine,
  { place, conf, table }: { place: SqlPlace; conf: string; table: string },
  name: string,
  signal: AbortSignal,
): Promise<Preference[]> {
  const hex = Buffer.from(name, 'utf8').toString('hex');
  const { stdout } = await runScript(machine, FILTERS, {
    name: 'read a user’s SpamAssassin preferences',
    data: asks('rows', ...placeFields(place, conf), table, hex),
    signal,
  });
  const [mark, ...lines] = utf8(parseFrames(stdout).get('rows') ?? '').split('\n');
  if (mark !== ROWS_MARK) throw noTable(place, table);
  return parseRows(lines.join('\n'), ['name', 'value']).map((row) => ({
    name: row.name ?? '',
    value: row.value ?? '',
  }));
}

/** The write that gives a user these settings; null: they stand already. */
export function filterWrite(
  setup: SpamAssassin,
  state: UserPrefsState,
  address: string,
  settings: FilterSettings,
): FilterWrite | null {
  const { filter } = state;
  if (filter.readOnly !== null) throw new Failure('UNSUPPORTED', filter.readOnly);
  const base = { filter: 'SpamAssassin' as const, address };
  switch (state.kind) {
    case 'none':
      return null;
    case 'file': {
      const { path, owner, exists, own } = state;
      if (JSON.stringify(filter.settings) === JSON.stringify(settings)) return null;
      const after = ownLines(settings, setup.modern);
      return { ...base, kind: 'file', path, owner, before: { exists, own }, after: { exists: true, own: after } };
    }
    case 'rows': {
      const rows = rowWrites(state, settings, setup.modern);
      return rows.length === 0 ? null : { ...base, kind: 'rows', table: filter.place, rows };
    }
  }
}

/** Rows that mean what is wanted stay, whichever way they are spelt; those of other meanings are not looked at. */
function rowWrites(
  { place, conf, table, name, rows }: Extract<UserPrefsState, { kind: 'rows' }>,
  wanted: FilterSettings,
  modern: boolean,
): RowWrite[] {
  const meaning = (preference: Preference): string => JSON.stringify(settingsFrom([preference]).settings);
  const left = rowsOf(wanted, modern).map(([preference, value]) => ({ name: preference, value }));
  const gone: Preference[] = [];
  for (const row of rows) {
    if (settingsFrom([row]).other.length > 0) continue;
    const at = left.findIndex((each) => meaning(each) === meaning(row));
    if (at >= 0) left.splice(at, 1);
    else gone.push(row);
  }
  const write = (before: Preference | null, after: Preference | null): RowWrite => ({
    place,
    conf,
    table,
    key: { column: 'username', value: name },
    before: rowOf(name, before),
    after: rowOf(name, after),
    stamps: { onAdd: [], onChange: [] },
  });
  return [...gone.map((row) => write(row, null)), ...left.map((row) => write(null, row))];
}

const rowOf = (username: string, row: Preference | null) =>
  row === null ? null : { username, preference: row.name, value: row.value };

/** A threshold by hand above our block is overruled, and says so nowhere but here. */
export function warningOf({ filter, kind }: UserPrefsState, settings: FilterSettings): Text[] {
  const warnings = filter.note === null ? [] : [filter.note];
  const own = filter.byHand.find((line) => isThreshold(line.split(' ')[0] ?? ''));
  if (kind === 'file' && settings.threshold !== null && own !== undefined) {
    warnings.push(
      text(
        /*i18n*/ {
          id: 'filter.warn.by-hand',
          message: 'The user’s own line “{line}” stays in the file and no longer counts',
        },
        { line: own },
      ),
    );
  }
  return warnings;
}

const notNamed = (): Text =>
  text(
    /*i18n*/ {
      id: 'filter.not-named',
      message:
        'No service of this Postfix hands mail to SpamAssassin with the user’s name (spamc -u): these settings count only for what does',
    },
  );

function elsewhere(what: Extract<SpamAssassin['store'], { kind: 'other' }>['what']): Text {
  switch (what) {
    case 'ldap':
      return text(/*i18n*/ { id: 'filter.ldap', message: 'SpamAssassin keeps users’ settings in LDAP here' });
    case 'query':
      return text(
        /*i18n*/ {
          id: 'filter.query',
          message: 'SpamAssassin reads users’ settings by a query of its own here (user_scores_sql_custom_query)',
        },
      );
    case 'database':
      return text(
        /*i18n*/ {
          id: 'filter.database',
          message: 'SpamAssassin keeps users’ settings in a database that is neither MySQL nor PostgreSQL here',
        },
      );
    case 'pattern':
      return text(
        /*i18n*/ {
          id: 'filter.pattern',
          message: 'The folder of a user’s settings does not follow from the name alone here (--virtual-config-dir)',
        },
      );
  }
}

const noFile = (path: string): Text =>
  text(
    /*i18n*/ {
      id: 'filter.no-file',
      message: '{path} is not an ordinary file in a folder of its owner, or longer than 256 KiB',
    },
    { path },
  );

const changedByHand = (address: string, path: string): Text =>
  text(
    /*i18n*/ {
      id: 'filter.changed-by-hand',
      message: 'The lines of Postdeck in {path} were changed by hand; the settings of {address} are left as they are',
    },
    { path, address },
  );

const noTable = (place: SqlPlace, table: string): Failure =>
  new Failure(
    'REMOTE_FAILED',
    text(
      /*i18n*/ { id: 'filter.no-table', message: 'The database did not answer for {database}.{table}' },
      { database: place.database, table },
    ),
    {
      hint: text(
        /*i18n*/ {
          id: 'filter.no-table.hint',
          message: 'Check user_scores_dsn and its login in SpamAssassin’s configuration',
        },
      ),
    },
  );
