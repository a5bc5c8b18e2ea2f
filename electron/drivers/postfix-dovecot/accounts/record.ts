/** The record of a change on the server, and how the server stands to it now. */
import type { DirectoryState } from '../../accounts.ts';
import type { Machine } from '#remote/machine.ts';
import { Failure } from '#shared/model/failure.ts';
import { text } from '#shared/model/text.ts';
import { filterState } from '../filters/apply.ts';
import { disable, parseMapSource } from '../maps/map-source.ts';
import { SCRIPT_NAME } from '../sieve/generate.ts';
import { readUser } from '../sieve/user.ts';
import type { Row, RowWrite } from '../sql/client.ts';
import { RECORD_DIR } from './apply-script.ts';
import { systemUsers } from './system-users.ts';
import { type ExpiryJob, JOB_PATH } from './expiry-job.ts';
import { parseFrames } from './frames.ts';
import { asks, READ } from './read-script.ts';
import { lineOf, rootScript, runScript } from '../root-script.ts';
import { parsePasswdFile } from './passwd-file.ts';
import { type Snapshot, tableId } from './snapshot.ts';
import { systemState } from './write-account.ts';
import type { FileWrite, SystemState, Writes } from './writes.ts';

/** Reads the id of a change. What it prints holds password hashes, of deleted people too. */
export const RECORD = rootScript(
  'postdeck-accounts-record',
  ['accounts.change'],
  `PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin; export PATH LC_ALL=C
IFS= read -r id
case $id in ''|*[!A-Za-z0-9_-]*) exit 64 ;; esac
[ ! -f "${RECORD_DIR}/$id.json" ] || exec cat -- "${RECORD_DIR}/$id.json"
`,
);

/** The writes a change made; null: no record there. */
export async function readRecord(machine: Machine, changeId: string, signal: AbortSignal): Promise<Writes | null> {
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(changeId)) throw new RangeError('not a change id');
  const { stdout } = await runScript(machine, RECORD, {
    name: 'read the record of a change',
    data: lineOf(changeId),
    maxOutput: 256 * 1024 * 1024,
    signal,
  });
  if (stdout.length === 0) return null;
  try {
    return JSON.parse(stdout.toString('utf8')) as Writes;
  } catch (cause) {
    throw new Failure(
      'BAD_OUTPUT',
      text(/*i18n*/ { id: 'accounts.bad-record', message: 'The record of the change on the server cannot be read' }),
      { cause },
    );
  }
}

/** Compares each entry, row, user and script, and what Postfix answers from its maps. */
export async function stateOf(
  machine: Machine,
  record: Writes,
  snapshot: Snapshot,
  signal: AbortSignal,
): Promise<DirectoryState> {
  const state: DirectoryState = { after: 0, before: 0, neither: [], recorded: true };
  const note = (name: string, isAfter: boolean, isBefore: boolean): void => {
    if (isAfter) state.after++;
    else if (isBefore) state.before++;
    else state.neither.push(name);
  };
  for (const file of record.files) {
    const now = rawEntries(snapshot.files.get(file.path) ?? '', file.format);
    for (const { key, before, after, shared } of file.edits) {
      const raw = now.get(key.toLowerCase()) ?? null;
      // what nobody needed any more, and somebody has needed since
      if (shared && after === null && raw === before) continue;
      note(`${file.path} ${key}`, raw === after, raw === before);
    }
  }
  for (const write of record.rows) {
    const rows = indexRows(snapshot, tableId(write.place, write.table), write.key.column);
    const matches = (expected: Row | null, key: string): boolean => {
      const row = rows.get(key.toLowerCase());
      if (expected === null) return row === undefined;
      return row !== undefined && Object.entries(expected).every(([name, value]) => row[name] === value);
    };
    // a rename changes the key itself
    const keyAfter = write.after?.[write.key.column] ?? write.key.value;
    const keyBefore = write.before?.[write.key.column] ?? write.key.value;
    // where one row leaves a key and another takes it, only the one that has it tells anything
    const taken = (side: 'before' | 'after', key: string): boolean =>
      write[side] === null && keysOf(record.rows, write.table, side).has(key.toLowerCase());
    note(
      `${write.table} ${write.key.value}`,
      taken('after', keyAfter) || matches(write.after, keyAfter),
      taken('before', keyBefore) || matches(write.before, keyBefore),
    );
  }
  if (record.system.length > 0) {
    const users = new Map(systemUsers(snapshot).map((user) => [user.name, systemState(user)]));
    for (const { user, to, before, after } of record.system) {
      const now = users.get(user) ?? null;
      if (to !== undefined) {
        const renamed = users.get(to) ?? null;
        note(user, now === null && sameUser(renamed, after), renamed === null && sameUser(now, before));
        continue;
      }
      note(user, sameUser(now, after), sameUser(now, before));
    }
  }
  if (record.job) {
    const same = (job: ExpiryJob | null): boolean =>
      job === null ? snapshot.job.job === null : JSON.stringify(job) === JSON.stringify(snapshot.job.job);
    note(JOB_PATH, same(record.job.after), same(record.job.before));
  }
  for (const { login, before, after } of record.sieve) {
    const user = await readUser(machine, login, signal);
    const script = user.scripts.find((s) => s.name === SCRIPT_NAME)?.text ?? null;
    const is = (wanted: { active: string | null; script: string | null }): boolean =>
      user.active === wanted.active && script === wanted.script;
    note(`sieve ${login}`, is(after), is(before));
  }
  for (const write of record.filters ?? []) await filterState(machine, write, note, signal);
  state.neither.push(...(await deafServices(machine, record.files, state, signal)));
  const stale = await staleMaps(machine, record.files, signal);
  if (state.before === 0) state.neither.push(...stale);
  return state;
}

const keySets = new WeakMap<readonly RowWrite[], Map<string, Set<string>>>();
/** Keys that rows of a table have on one side of the change. */
function keysOf(rows: readonly RowWrite[], table: string, side: 'before' | 'after'): Set<string> {
  const sets = keySets.get(rows) ?? new Map<string, Set<string>>();
  keySets.set(rows, sets);
  const id = `${side} ${table}`;
  let found = sets.get(id);
  if (!found) {
    const own = rows.filter((row) => row.table === table && row[side] !== null);
    found = new Set(own.map((row) => (row[side]?.[row.key.column] ?? row.key.value).toLowerCase()));
    sets.set(id, found);
  }
  return found;
}

/** uid and gid -1 were the system's to choose. */
function sameUser(now: SystemState | null, wanted: SystemState | null): boolean {
  if (now === null || wanted === null) return now === wanted;
  const ids = wanted.uid < 0 || (now.uid === wanted.uid && now.gid === wanted.gid);
  const { gecos, home, shell, hash, expiresDay } = wanted;
  return (
    ids &&
    now.gecos === gecos &&
    now.home === home &&
    now.shell === shell &&
    now.hash === hash &&
    now.expiresDay === expiresDay
  );
}

function rawEntries(content: string, format: FileWrite['format']): Map<string, string> {
  const found = new Map<string, string>();
  if (format === 'passwd') {
    for (const { raw, entry } of parsePasswdFile(content)) {
      if (entry && !found.has(entry.user.toLowerCase())) found.set(entry.user.toLowerCase(), raw);
    }
    return found;
  }
  const last = format === 'main' || format === 'master';
  for (const { key, raw, disabled } of parseMapSource(content, format)) {
    if (last || !found.has(key)) found.set(key, disabled ? disable(raw) : raw);
  }
  return found;
}

const rowIndexes = new WeakMap<object, Map<string, Row>>();
function indexRows(snapshot: Snapshot, id: string, column: string): Map<string, Row> {
  const table = snapshot.tables.get(id);
  if (!table) return new Map();
  let index = rowIndexes.get(table);
  if (!index) {
    index = new Map(table.rows.map((row) => [(row[column] ?? '').toLowerCase(), row]));
    rowIndexes.set(table, index);
  }
  return index;
}

/** Services of master.cf as Postfix itself reads them (postconf -M), which do not stand as the change left them. */
async function deafServices(
  machine: Machine,
  files: readonly FileWrite[],
  { before }: DirectoryState,
  signal: AbortSignal,
): Promise<string[]> {
  const edits = files.flatMap((file) => (file.format === 'master' ? file.edits : []));
  if (edits.length === 0 || before > 0) return [];
  const { stdout } = await runScript(machine, READ, {
    name: 'ask Postfix for its services',
    data: asks('services'),
    signal,
  });
  const there = new Set(
    (parseFrames(stdout).get('services') ?? '').split('\n').map((line) => line.split(/\s+/).slice(0, 2).join('/')),
  );
  return edits.filter(({ key, after }) => after !== null && !there.has(key)).map(({ key }) => `master.cf ${key}`);
}

/** Keys whose built map answers differently from the source, as after a cut between the two renames. */
async function staleMaps(machine: Machine, files: readonly FileWrite[], signal: AbortSignal): Promise<string[]> {
  const maps = files.filter((file) => file.map !== null && file.map !== 'texthash');
  if (maps.length === 0) return [];
  const found: string[] = [];
  for (const file of maps) {
    const keys = Buffer.from(`${file.edits.map((edit) => edit.key).join('\n')}\n`, 'latin1');
    const { stdout } = await runScript(machine, READ, {
      name: 'ask the built map',
      data: Buffer.concat([Buffer.from(asks('answers', file.map ?? '', file.path, keys.length), 'latin1'), keys]),
      maxOutput: 64 * 1024 * 1024,
      signal,
    });
    const lines = (parseFrames(stdout).get(`answers:${file.path}`) ?? '').split('\n');
    const answers = new Map(
      lines.map((line): [string, string] => [line.slice(0, line.indexOf('\t')), line.slice(line.indexOf('\t') + 1)]),
    );
    for (const { key, after } of file.edits) {
      const wanted =
        after === null
          ? undefined
          : parseMapSource(after, file.format === 'passwd' ? 'map' : file.format).find((e) => !e.disabled)?.value;
      const answer = answers.get(key);
      if (
        (wanted === undefined) !== (answer === undefined) ||
        (wanted !== undefined && squeeze(wanted) !== squeeze(answer ?? ''))
      ) {
        found.push(`${file.path} ${key}`);
      }
    }
  }
  return found;
}

/** postmap joins continued lines; white space is not what is compared. */
const squeeze = (value: string): string => value.replace(/\s+/g, ' ').trim();
