/** Makes writes on the server: reads the files once more, builds their new content here, sends one script. */
import { createHash } from 'node:crypto';
import type { Machine } from '#remote/machine.ts';
import type { RanCommand } from '#shared/model/change.ts';
import { Failure } from '#shared/model/failure.ts';
import { type Text, text } from '#shared/model/text.ts';
import { editEntries, EntryChanged } from '../maps/map-source.ts';
import { SCRIPT_NAME } from '../sieve/generate.ts';
import { CHANGED, transaction } from '../sql/client.ts';
import { tableId } from './snapshot.ts';
import { filterRows, prefsPart } from '../filters/apply.ts';
import { runScript } from '../root-script.ts';
import { APPLY, EXIT } from './apply-script.ts';
import { bytesOf, parseFrames } from './frames.ts';
import { asks, READ } from './read-script.ts';
import { dayToDate } from './system-users.ts';
import type { SystemWrite, Writes } from './writes.ts';

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

/** A field may hold anything but what ends it. */
function instruction(...fields: (string | number)[]): Buffer {
  return Buffer.from(asks(...fields), 'latin1');
}

export interface ApplyOptions {
  changeId: string;
  signal: AbortSignal;
  ran(command: RanCommand): void;
}

/** What the script said: folders it left alone, because they were links, or in the way. */
export interface Applied {
  left: string[];
}

/** Throws UNSAFE when an entry or row is no longer what the writes expect; then nothing has been changed. */
export async function applyWrites(machine: Machine, writes: Writes, options: ApplyOptions): Promise<Applied> {
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(options.changeId)) throw new RangeError('not a change id');
  const current = await readFiles(
    machine,
    writes.files.map((file) => file.path),
    options.signal,
  );
  const parts: Buffer[] = [];
  const record = Buffer.from(JSON.stringify(writes), 'utf8');
  parts.push(instruction('record', record.length, options.changeId), record);
  for (const file of writes.files) {
    const old = current.get(file.path);
    if ((old === undefined) !== (file.fresh === 'create')) throw changed(file.path, null);
    const next = Buffer.from(edited(old ?? '', file), 'latin1');
    const oldSum = old === undefined ? '-' : sha256(Buffer.from(old, 'latin1'));
    const goes = file.fresh === 'remove' && next.length === 0;
    const phase = goes ? 3 : phaseOf(file);
    parts.push(
      instruction(
        'file',
        next.length,
        oldSum,
        goes ? '-' : sha256(next),
        file.map ?? '-',
        file.format,
        bytesOf(file.path),
        phase,
      ),
      next,
      ...(phase === 1
        ? file.edits.filter(({ before }) => before === null).map(({ key }) => instruction('await', serviceName(key)))
        : []),
    );
  }
  for (const { to, before, after } of writes.system) {
    if (to === undefined) continue;
    const home = after?.home ?? '';
    parts.push(instruction('absent', `/var/mail/${to}`));
    if (home !== before?.home) parts.push(instruction('absent', bytesOf(home)));
  }
  const filters = writes.filters ?? [];
  const rows = [...writes.rows, ...filterRows(filters)];
  const prefs: Buffer[] = [];
  for (const write of filters) {
    if (write.kind !== 'file') continue;
    const part = await prefsPart(machine, write, options.signal);
    if (part === null) throw changed(write.path, null);
    prefs.push(instruction('prefs', ...part.fields), part.content);
  }
  parts.push(
    ...sqlParts({ ...writes, rows }),
    ...(writes.rspamd === true ? [instruction('rspamd')] : []),
    instruction('commit'),
    ...prefs,
  );
  if (writes.rspamd === true) parts.push(instruction('rspamd-reload'));
  const moves = writes.moves.map(({ from, to }) => instruction('move', bytesOf(from), bytesOf(to)));
  // a home that comes back must be there before useradd, which would make an empty one in its place
  const homesFirst = writes.system.some((write) => write.before === null);
  if (homesFirst) parts.push(...moves);
  for (const write of writes.system) parts.push(...systemParts(write));
  for (const { login, after } of writes.sieve) {
    const script = Buffer.from(after.script ?? '', 'utf8');
    parts.push(instruction('sieve', script.length, login, SCRIPT_NAME, bytesOf(after.active ?? '')), script);
  }
  if (writes.job) {
    const script = Buffer.from(writes.job.after?.script ?? '', 'utf8');
    parts.push(instruction('job', script.length, writes.job.after?.scheduler ?? '-'), script);
  }
  if (!homesFirst) parts.push(...moves);
  for (const folder of writes.removes) parts.push(instruction('remove', bytesOf(folder)));
  if (writes.reload) parts.push(instruction('reload'));
  if (writes.kick.length > 0) {
    const logins = Buffer.from(`${writes.kick.join('\n')}\n`, 'utf8');
    parts.push(instruction('kick', logins.length), logins);
  }
  parts.push(instruction('end'));
  return send(machine, Buffer.concat(parts), options);
}

const isAdded = ({ after }: { after: string | null }): boolean => after !== null;
const serviceName = (key: string): string => key.slice(0, key.lastIndexOf('/'));

/** A service is there before anything leads to it, and goes once nothing does. */
function phaseOf({ format, edits }: Writes['files'][number]): 1 | 2 | 3 {
  if (format !== 'master') return 2;
  return edits.some(isAdded) ? 1 : 3;
}

function edited(old: string, file: Writes['files'][number]): string {
  try {
    return editEntries(old, file.edits, file.format);
  } catch (error) {
    if (error instanceof EntryChanged) throw changed(file.path, error.key);
    throw error;
  }
}

function changed(place: string, key: string | null): Failure {
  return new Failure(
    'UNSAFE',
    key === null
      ? text(
          /*i18n*/ { id: 'accounts.changed.file', message: 'Somebody changed {place} meanwhile. Nothing was written.' },
          { place },
        )
      : text(
          /*i18n*/ {
            id: 'accounts.changed.entry',
            message: 'Somebody changed the entry {key} in {place} since the plan was made. Nothing was written.',
          },
          { key, place },
        ),
    { hint: planAgain(), retryable: false, detail: { place, key } },
  );
}

const planAgain = (): Text =>
  text(
    /*i18n*/ { id: 'accounts.plan-again', message: 'Look at the accounts as they are now, and plan the change again.' },
  );

async function readFiles(
  machine: Machine,
  paths: readonly string[],
  signal: AbortSignal,
): Promise<Map<string, string>> {
  if (paths.length === 0) return new Map();
  const { stdout } = await runScript(machine, READ, {
    name: 'read the files to change',
    data: Buffer.from(paths.map((path) => asks('file', bytesOf(path))).join(''), 'latin1'),
    maxOutput: 256 * 1024 * 1024,
    signal,
  });
  const frames = parseFrames(stdout);
  return new Map(
    paths.flatMap((path): [string, string][] => {
      const content = frames.get(`file:${bytesOf(path)}`);
      return content === undefined ? [] : [[path, content]];
    }),
  );
}

/** One transaction a database. */
function sqlParts(writes: Writes): Buffer[] {
  const places = new Map<string, Writes['rows']>();
  for (const write of writes.rows) {
    const id = tableId(write.place, '');
    places.set(id, [...(places.get(id) ?? []), write]);
  }
  return [...places.values()].flatMap((rows) => {
    const [first] = rows;
    if (!first) return [];
    const { dialect, host, port, user, database } = first.place;
    const sql = Buffer.from(transaction(rows), 'utf8');
    return [instruction('sql', sql.length, dialect, bytesOf(first.conf), host, port, user, database), sql];
  });
}

function systemParts({ user, to, before, after }: SystemWrite): Buffer[] {
  if (to !== undefined) {
    return [instruction('userren', user, to, bytesOf(before?.home ?? ''), bytesOf(after?.home ?? ''))];
  }
  if (after === null) return [instruction('userdel', user)];
  const expires = after.expiresDay === null ? '-1' : dayToDate(after.expiresDay);
  const verb = before === null ? 'useradd' : 'usermod';
  return [
    instruction(verb, user, after.uid, after.gid, after.gecos, bytesOf(after.home), bytesOf(after.shell), expires),
    instruction(`${user}:${after.hash}`),
  ];
}

async function send(machine: Machine, stdin: Buffer, options: ApplyOptions): Promise<Applied> {
  const okExit = [0, ...Object.values(EXIT)];
  const result = await runScript(machine, APPLY, {
    name: 'change accounts',
    data: stdin,
    okExit,
    deadline: 900,
    signal: options.signal,
  });
  options.ran({
    command: result.command,
    stdin: {
      what: text(/*i18n*/ { id: 'accounts.stdin', message: 'instructions and new contents' }),
      bytes: stdin.length,
    },
    exit: result.exit,
    signal: result.signal,
    ms: result.ms,
    output: result.stderr.slice(-2000),
  });
  const lines = result.stdout.toString('utf8').split('\n');
  if (result.exit !== 0) throw failed(result.exit ?? -1, result.stderr.trim());
  if (!lines.includes('done end')) {
    throw new Failure(
      'BAD_OUTPUT',
      text(/*i18n*/ { id: 'accounts.cut', message: 'The server’s answer broke off: the change may be done in part' }),
    );
  }
  return { left: lines.flatMap((line) => (line.startsWith('left ') ? [line.slice(5)] : [])) };
}

function failed(exit: number, stderr: string): Failure {
  const detail = { exit, stderr: stderr.slice(-2000) };
  if (exit === EXIT.changed) return changed(stderr.replace(/ (has changed|is not there)$/, ''), null);
  // the guard at the end of the transaction, and a key that somebody else has taken meanwhile
  if (exit === EXIT.sql && CHANGED.test(stderr)) return changed('SQL', null);
  const why: Text =
    exit === EXIT.busy
      ? text(
          /*i18n*/ {
            id: 'accounts.busy',
            message: 'Another change of accounts is under way on the server. Nothing was written.',
          },
        )
      : exit === EXIT.map
        ? text(
            /*i18n*/ {
              id: 'accounts.file-refused',
              message: 'Postfix refused the new file: {why}. Nothing was written.',
            },
            { why: stderr.slice(0, 400) },
          )
        : exit === EXIT.sql
          ? text(
              /*i18n*/ { id: 'accounts.sql', message: 'The database refused: {why}. Nothing was written.' },
              { why: stderr.slice(0, 400) },
            )
          : exit === EXIT.sieve
            ? text(
                /*i18n*/ { id: 'accounts.sieve-refused', message: 'The server refused the Sieve script: {why}' },
                { why: stderr.slice(0, 400) },
              )
            : exit === EXIT.system
              ? text(
                  /*i18n*/ { id: 'accounts.system', message: 'The system refused the user: {why}' },
                  { why: stderr.slice(0, 400) },
                )
              : text(
                  /*i18n*/ { id: 'accounts.apply', message: 'The change could not be made: {why}' },
                  { why: stderr.slice(0, 400) },
                );
  return new Failure('REMOTE_FAILED', why, { retryable: exit === EXIT.busy, detail });
}
