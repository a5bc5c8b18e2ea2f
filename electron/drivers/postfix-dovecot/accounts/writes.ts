/** A change to accounts, aliases or domains as data: entries of files, rows of tables, folders. Its inverse is the same. */
import { type EntryEdit, type MapFormat, parseMapSource } from '../maps/map-source.ts';
import type { Row, RowWrite } from '../sql/client.ts';
import { type FilterWrite, filterLines, invertFilter, placeOfFilter } from '../filters/writes.ts';
import { type ExpiryJob, JOB_PATH } from './expiry-job.ts';
import { utf8 } from './frames.ts';

export interface FileWrite {
  path: string;
  format: MapFormat | 'passwd';
  /** The table type that is built from it (`hash`, `lmdb`, …); null: the file itself is read. */
  map: string | null;
  /** create: the file is not there yet. remove: it goes with its last entry. */
  fresh?: 'create' | 'remove';
  edits: EntryEdit[];
}

/** What a system user has; all of it, so that a deleted one comes back as it was. */
export interface SystemState {
  uid: number;
  gid: number;
  gecos: string;
  home: string;
  shell: string;
  /** As in shadow(5): hash, `!hash` when locked. */
  hash: string;
  /** shadow(5): days since 1970; null: none. */
  expiresDay: number | null;
}

/** A system user added (`before` null), deleted (`after` null) or changed. uid and gid -1: the system chooses. */
export interface SystemWrite {
  user: string;
  /** Its name afterwards, where that is another one. */
  to?: string;
  before: SystemState | null;
  after: SystemState | null;
}

/** The active script of a user and our own; null: none. */
export interface SieveState {
  active: string | null;
  script: string | null;
}

export interface SieveWrite {
  login: string;
  before: SieveState;
  after: SieveState;
}

export interface Writes {
  files: FileWrite[];
  rows: RowWrite[];
  system: SystemWrite[];
  sieve: SieveWrite[];
  /** Preferences in spam filters. Records from before there were any have none. */
  filters?: FilterWrite[];
  /** rspamd checks its new configuration before it is put in place, and reads it afterwards. */
  rspamd?: boolean;
  /** The daily job that locks expired accounts. */
  job: { before: ExpiryJob | null; after: ExpiryJob | null } | null;
  /** Folders renamed once everything else is done; one that is not there is passed over. */
  moves: { from: string; to: string }[];
  /** Folders removed with all they hold. */
  removes: string[];
  /** Logins whose sessions end and whose cached answers are forgotten. */
  kick: string[];
  /** postfix reload is needed: a table that is read only at start. */
  reload: boolean;
}

export const noWrites = (): Writes => ({
  files: [],
  rows: [],
  system: [],
  sieve: [],
  job: null,
  moves: [],
  removes: [],
  kick: [],
  reload: false,
});

export function isEmpty(writes: Writes): boolean {
  if (writes.job !== null || (writes.filters ?? []).length > 0) return false;
  return [writes.files, writes.rows, writes.system, writes.sieve, writes.moves, writes.removes].every(
    (l) => l.length === 0,
  );
}

/** Adds an edit to its file's; several edits of one entry become one. */
export function addEdit(writes: Writes, file: Omit<FileWrite, 'edits'>, edit: EntryEdit): void {
  if (edit.before === edit.after) return;
  let write = writes.files.find((w) => w.path === file.path);
  if (!write) {
    write = { ...file, edits: [] };
    writes.files.push(write);
  }
  if (file.map === 'texthash') writes.reload = true;
  write.edits.push(edit);
}

/** What undoes these writes. Removed folders do not come back. */
export function invert(writes: Writes): Writes {
  const swap = <T extends { before: unknown; after: unknown }>(write: T): T => ({
    ...write,
    before: write.after,
    after: write.before,
  });
  return {
    files: writes.files.map((file) => ({ ...file, ...turned(file), edits: file.edits.map(swap) })),
    // A row that was given another key is found under that one. The order turns around: what went last, such as a domain
    // that others refer to, comes back first.
    rows: writes.rows
      .map((row) => {
        const value = row.after?.[row.key.column] ?? row.key.value;
        return { ...swap(row), key: { ...row.key, value } };
      })
      .reverse(),
    system: writes.system
      .map((write) => ({ ...swap(write), ...(write.to === undefined ? {} : { user: write.to, to: write.user }) }))
      .reverse(),
    sieve: writes.sieve.map(swap),
    ...(writes.filters === undefined ? {} : { filters: writes.filters.map(invertFilter) }),
    ...(writes.rspamd === undefined ? {} : { rspamd: writes.rspamd }),
    // records from before there was one have none
    job: writes.job ? swap(writes.job) : null,
    moves: writes.moves.map(({ from, to }) => ({ from: to, to: from })).reverse(),
    removes: [],
    kick: writes.kick,
    reload: writes.reload,
  };
}

const turned = ({ fresh }: FileWrite): Pick<FileWrite, 'fresh'> =>
  fresh === undefined ? {} : { fresh: fresh === 'create' ? 'remove' : 'create' };

/**
 * An undo without what somebody else needs by now: a transport another domain has been led to since is kept, and so is the
 * table with that domain's entry. One that somebody has added since is not added twice.
 */
export function settle(writes: Writes, files: ReadonlyMap<string, string>): Writes {
  const edited = new Set(writes.files.flatMap((file) => (file.map === null ? [] : file.edits.map(({ key }) => key))));
  const leads = (needle: string, tables: readonly string[]): boolean =>
    tables.some((path) =>
      parseMapSource(files.get(path) ?? '', 'map').some(
        ({ key, value, disabled }) => !disabled && !edited.has(key) && value.startsWith(needle),
      ),
    );
  const tablesOf = (value: string): string[] =>
    [...value.matchAll(/[a-z]+:(\/[^\s,]+)/g)].map((match) => match[1] ?? '');
  const mains = [...files].flatMap(([path, content]) =>
    path.endsWith('/main.cf') ? parseMapSource(content, 'main').filter((entry) => !entry.disabled) : [],
  );
  const valueOf = (name: string): string => mains.findLast((entry) => entry.key === name)?.value ?? '';
  const senders = tablesOf(valueOf('sender_dependent_default_transport_maps'));
  const turnsDefault = writes.files.some(
    (f) => f.format === 'main' && f.edits.some((e) => e.key === 'default_transport'),
  );
  const needed = (format: FileWrite['format'], { key, before, after, shared }: EntryEdit): boolean => {
    if (!shared) return true;
    const now = parseMapSource(contentOf(format), format === 'master' ? 'master' : 'main').findLast(
      (e) => e.key === key,
    );
    if (before === null) return now === undefined;
    if (after !== null) return true;
    if (format === 'main') return !leads('', tablesOf(before));
    const name = key.slice(0, key.lastIndexOf('/'));
    const byDefault = !turnsDefault && valueOf('default_transport').split(':')[0] === name;
    return !byDefault && !leads(`${name}:`, senders);
  };
  const contentOf = (format: FileWrite['format']): string =>
    [...files].find(([path]) => path.endsWith(`/${format}.cf`))?.[1] ?? '';
  return {
    ...writes,
    files: writes.files
      .map((file) => ({ ...file, edits: file.edits.filter((edit) => needed(file.format, edit)) }))
      .filter((file) => file.edits.length > 0),
  };
}

export interface DiffLine {
  sign: '-' | '+';
  text: string;
}
export interface DiffFile {
  /** File, or database and table. */
  place: string;
  lines: DiffLine[];
  /** Lines beyond those shown. */
  more: number;
}

/** Lines of one file shown in a plan: enough to check by eye; a bulk import is checked by its own list. */
const DIFF_LINES = 400;

/** What changes where, for a person: password hashes are covered, nothing else is. */
export function diffOf(writes: Writes): DiffFile[] {
  const files = writes.files.map(({ path, format, edits }) => {
    const lines = edits.flatMap(({ before, after }): DiffLine[] => [
      ...(before === null ? [] : rawLines('-', before, format)),
      ...(after === null ? [] : rawLines('+', after, format)),
    ]);
    return cap(path, lines);
  });
  const tables = new Map<string, DiffLine[]>();
  for (const row of writes.rows) {
    const place = `${row.place.database}.${row.table}`;
    const lines = tables.get(place) ?? [];
    tables.set(place, lines);
    const title = `${row.key.column}=${row.key.value}`;
    if (row.before) lines.push({ sign: '-', text: `${title} ${rowText(row.before)}` });
    if (row.after) lines.push({ sign: '+', text: `${title} ${rowText(row.after)}` });
  }
  const system = writes.system.flatMap(({ user, to = user, before, after }): DiffLine[] => [
    ...(before ? [{ sign: '-' as const, text: systemText(user, before) }] : []),
    ...(after ? [{ sign: '+' as const, text: systemText(to, after) }] : []),
  ]);
  const sieve = writes.sieve.map(({ login, before, after }) =>
    cap(
      `${login}: sieve`,
      [
        ...(before.script ?? '').split('\n').map((text): DiffLine => ({ sign: '-', text })),
        ...(after.script ?? '').split('\n').map((text): DiffLine => ({ sign: '+', text })),
      ].filter((line) => line.text !== ''),
    ),
  );
  const job = (['-', '+'] as const).flatMap((sign) => {
    const script = (sign === '-' ? writes.job?.before : writes.job?.after)?.script ?? '';
    return script.split('\n').flatMap((text): DiffLine[] => (text === '' ? [] : [{ sign, text }]));
  });
  return [
    ...files,
    ...(job.length > 0 ? [cap(JOB_PATH, job)] : []),
    ...[...tables].map(([place, lines]) => cap(place, lines)),
    ...(system.length > 0 ? [cap('/etc/passwd', system)] : []),
    ...sieve,
    ...(writes.filters ?? []).map((write) => cap(placeOfFilter(write), filterLines(write))),
  ];
}

function cap(place: string, lines: DiffLine[]): DiffFile {
  return { place, lines: lines.slice(0, DIFF_LINES), more: Math.max(0, lines.length - DIFF_LINES) };
}

function rawLines(sign: '-' | '+', raw: string, format: FileWrite['format']): DiffLine[] {
  const text = utf8(raw);
  const shown =
    format === 'passwd' ? text.replace(/^([^:]*:)([^:]*)/, (_, user: string, pw: string) => user + cover(pw)) : text;
  return shown
    .replace(/\r?\n$/, '')
    .split('\n')
    .map((text) => ({ sign, text }));
}

/** Scheme and lock stay visible, the hash does not. */
export function cover(password: string): string {
  const match = /^(\{[^}]*\})?(!?)(.*)$/s.exec(password);
  return `${match?.[1] ?? ''}${match?.[2] ?? ''}${match?.[3] ? '…' : ''}`;
}

function rowText(row: Row): string {
  return Object.entries(row)
    .map(([name, value]) => `${name}=${value === null ? 'NULL' : /pass|token/i.test(name) ? cover(value) : value}`)
    .join(' ');
}

function systemText(user: string, state: SystemState): string {
  const expires = state.expiresDay === null ? '' : ` expires-day=${state.expiresDay}`;
  return `${user}:${cover(state.hash)}:${state.uid < 0 ? '' : state.uid}:${utf8(state.gecos)}:${state.home}:${state.shell}${expires}`;
}
