/** Everything about accounts, aliases and domains, read in one remote command however many there are. */
import type { Machine } from '#remote/machine.ts';
import { runScript } from '../root-script.ts';
import { parseRows, plainName, type Row, splitTables } from '../sql/client.ts';
import { tableId } from '../sql/conf.ts';
import { type JobState, parseJob } from './expiry-job.ts';
import { parseFrames, utf8 } from './frames.ts';
import type { Layout, SqlTable } from './layout.ts';
import { parseAddresses, senderTable } from './outgoing.ts';
import { RSPAMD_SETTINGS } from '../filters/script.ts';
import { asks, placeFields, READ } from './read-script.ts';

export interface Column {
  name: string;
  nullable: boolean;
  hasDefault: boolean;
  /** Characters; null: not text. */
  length: number | null;
  primary: boolean;
  /** As the database calls it: varchar, bigint, boolean … */
  type: string;
}

export interface TableRows {
  columns: Column[];
  rows: Row[];
}

export interface Usage {
  used: number;
  messages: number;
  /** The limit the server itself works with; null: none. */
  limit: number | null;
}

export interface Snapshot {
  layout: Layout;
  /** Files by path, latin1; absent: not there or not readable. */
  files: Map<string, string>;
  /** SQL tables by database and name, see tableId(). */
  tables: Map<string, TableRows>;
  /** By login; empty when usage was not asked for or Dovecot does not count. */
  usage: Map<string, Usage>;
  /** ISO times by login; empty where the server keeps none. */
  lastLogins: Map<string, string>;
  /** Paths of private DKIM keys, and lines of OpenDKIM's key table. */
  dkim: string[];
  /** The daily job that locks expired accounts, and what could run it. */
  job: JobState;
  /** The host's own global addresses. */
  addresses: { ip: string; interface: string }[];
  /** getent passwd and shadow(5), for system users. */
  passwd: string;
  shadow: string;
}

export { tableId };

/** Every mention of a table; one table may be named by several maps. */
function mentioned(layout: Layout): SqlTable[] {
  const accounts = layout.accounts?.kind === 'sql' ? [layout.accounts.accounts] : [];
  const stores = [...layout.aliases, ...layout.domains].flatMap((store) => (store.kind === 'sql' ? [store.table] : []));
  return [...accounts, ...stores, ...(layout.aliasDomains ? [layout.aliasDomains] : [])];
}

function sqlTables(layout: Layout): SqlTable[] {
  return [...new Map(mentioned(layout).map((table) => [tableId(table.place, table.table), table])).values()];
}

/** Files the console reads, and may write. */
export function filesOf(layout: Layout): string[] {
  const paths = new Set<string>();
  if (layout.accounts?.kind === 'passwd-file') paths.add(layout.accounts.path);
  for (const ref of [layout.mailboxes, layout.senderAccess, layout.recipientAccess, ...layout.localAliases]) {
    if (ref) paths.add(ref.spec);
  }
  for (const store of [...layout.aliases, ...layout.domains]) if (store.kind === 'file') paths.add(store.ref.spec);
  const senders = senderTable(layout)?.ref.spec ?? null;
  for (const path of [layout.deny.users, layout.deny.domains, layout.mainCf, layout.masterCf, senders]) {
    if (path !== null) paths.add(path);
  }
  paths.add(RSPAMD_SETTINGS);
  return [...paths];
}

/** Columns of the tables, read once a session: they change only when somebody alters the schema. */
export async function readSchema(
  machine: Machine,
  layout: Layout,
  signal: AbortSignal,
): Promise<Map<string, Column[]>> {
  const found = new Map<string, Column[]>();
  const tables = sqlTables(layout);
  if (tables.length === 0) return found;
  const places = new Map(tables.map((table) => [tableId(table.place, ''), table]));
  const { stdout } = await runScript(machine, READ, {
    name: 'read the tables’ columns',
    reads: true,
    data: Buffer.from(
      [...places].map(([id, { place, conf }]) => asks('schema', id, ...placeFields(place, conf))).join(''),
      'latin1',
    ),
    signal,
  });
  for (const [id, output] of parseFrames(stdout)) {
    for (const row of parseRows(utf8(output), ['table', 'name', 'nullable', 'default', 'type', 'length', 'key'])) {
      const key = `${id}${row.table}`;
      const column: Column = {
        name: row.name ?? '',
        nullable: row.nullable === 'YES',
        hasDefault: row.default !== null,
        length: row.length === null || row.length === undefined ? null : Number(row.length),
        primary: row.key === 'PRI',
        type: row.type ?? '',
      };
      found.set(key, [...(found.get(key) ?? []), column]);
    }
  }
  // a real boolean is told as `true`, however the query spells the one it compares with
  for (const table of mentioned(layout)) {
    const column = found.get(tableId(table.place, table.table))?.find(({ name }) => name === table.active?.column);
    if (table.active && column?.type === 'boolean') table.active.on = 'true';
  }
  return found;
}

export interface SnapshotOptions {
  /** Ask Dovecot for used space, which opens every mailbox's index. */
  usage: boolean;
  signal: AbortSignal;
}

/** Bytes of one snapshot at most: 100,000 accounts of a wide table take about 60 MB. */
const MAX_SNAPSHOT = 256 * 1024 * 1024;

export async function readSnapshot(
  machine: Machine,
  layout: Layout,
  schema: Map<string, Column[]>,
  options: SnapshotOptions,
): Promise<Snapshot> {
  const tables = sqlTables(layout).filter((table) => schema.has(tableId(table.place, table.table)));
  const script = filesOf(layout).map((path) => asks('file', path));
  // a database is asked once, however many of its tables are read
  const places = new Map<string, SqlTable[]>();
  for (const table of tables) {
    const id = tableId(table.place, '');
    places.set(id, [...(places.get(id) ?? []), table]);
  }
  for (const [id, own] of places) {
    const [first] = own;
    if (!first) continue;
    const asked = own.map(({ place, table }) =>
      [table, ...(schema.get(tableId(place, table)) ?? []).map((column) => column.name)].map(plainName).join(' '),
    );
    script.push(asks('rows', id, ...placeFields(first.place, first.conf), asked.length), `${asked.join('\n')}\n`);
  }
  if (layout.localAliases.length > 0) script.push(asks('includes'));
  if (layout.accounts?.kind === 'system') script.push(asks('users'));
  if (layout.accounts?.kind === 'passwd-file') script.push(asks('job'));
  script.push(asks('dkim'), asks('addresses'));
  if (layout.lastLogins !== null) script.push(asks('logins', layout.lastLogins));
  if (options.usage && layout.quota) script.push(asks('usage'));
  const { stdout } = await runScript(machine, READ, {
    name: 'read accounts, aliases and domains',
    reads: true,
    data: Buffer.from(script.join(''), 'latin1'),
    maxOutput: MAX_SNAPSHOT,
    deadline: 600,
    signal: options.signal,
  });
  const frames = parseFrames(stdout);
  const files = new Map<string, string>();
  const rows = new Map<string, TableRows>();
  for (const [name, content] of frames) if (name.startsWith('file:')) files.set(name.slice(5), content);
  for (const [placeId, own] of places) {
    const sections = splitTables(utf8(frames.get(`sql:${placeId}`) ?? ''));
    for (const { place, table } of own) {
      const id = tableId(place, table);
      const columns = schema.get(id) ?? [];
      const output = sections.get(table);
      const names = columns.map((column) => column.name);
      if (output !== undefined) rows.set(id, { columns, rows: parseRows(output, names) });
    }
  }
  return {
    layout,
    files,
    tables: rows,
    usage: parseUsage(frames.get('usage') ?? ''),
    lastLogins: parseLastLogins(frames.get('logins') ?? ''),
    job: parseJob(frames.get('job') ?? ''),
    addresses: parseAddresses(frames.get('addresses') ?? ''),
    dkim: (frames.get('dkim') ?? '').split('\n').filter((line) => line !== ''),
    passwd: frames.get('passwd') ?? '',
    shadow: frames.get('shadow') ?? '',
  };
}

/** `shared/last-login/USER<TAB>SECONDS` lines. */
export function parseLastLogins(output: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const line of output.split('\n')) {
    const match = /^shared\/last-login\/([^\t]+)\t(\d{9,11})$/.exec(line);
    if (match?.[1] !== undefined) found.set(match[1].toLowerCase(), new Date(Number(match[2]) * 1000).toISOString());
  }
  return found;
}

/** `doveadm -f tab quota get -A`: a line a root and type; STORAGE counts KiB, a limit of `-` is none. */
export function parseUsage(output: string): Map<string, Usage> {
  const lines = output.split('\n');
  const names = (lines[0] ?? '').split('\t').map((name) => name.toLowerCase());
  const at = (name: string): number => names.findIndex((n) => n.includes(name));
  const [user, type, value, limit] = [at('user'), at('type'), at('value'), at('limit')];
  const found = new Map<string, Usage>();
  for (const line of lines.slice(1)) {
    const fields = line.split('\t');
    const login = fields[user];
    const count = Number(fields[value]);
    if (login === undefined || login === '' || Number.isNaN(count)) continue;
    const usage = found.get(login) ?? { used: 0, messages: 0, limit: null };
    if (fields[type] === 'STORAGE') {
      usage.used = count * 1024;
      usage.limit = /^\d+$/.test(fields[limit] ?? '') ? Number(fields[limit]) * 1024 : null;
    } else if (fields[type] === 'MESSAGE') usage.messages = count;
    found.set(login, usage);
  }
  return found;
}
