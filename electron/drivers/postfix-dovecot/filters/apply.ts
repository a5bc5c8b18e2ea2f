/** Writes of users' preferences: what goes into the one script, and how the server stands to them afterwards. */
import { createHash } from 'node:crypto';
import type { Machine } from '#remote/machine.ts';
import { bytesOf, parseFrames } from '../accounts/frames.ts';
import { asks } from '../accounts/read-script.ts';
import { runScript } from '../root-script.ts';
import type { RowWrite } from '../sql/client.ts';
import { FILTERS } from './script.ts';
import { readPrefs, readRows } from './spamassassin.ts';
import type { SpamAssassin } from './survey.ts';
import { parseUserPrefs, withOwn } from './user-prefs.ts';
import type { FilterWrite, PrefsState } from './writes.ts';

const sha256 = (content: string): string => createHash('sha256').update(Buffer.from(content, 'latin1')).digest('hex');

/** One `prefs` instruction of the script that makes changes. */
export interface PrefsPart {
  fields: string[];
  content: Buffer;
}

/** Reads the files once more. null for a file: it is no longer what the change expects. */
export async function prefsPart(
  machine: Machine,
  write: Extract<FilterWrite, { kind: 'file' }>,
  signal: AbortSignal,
): Promise<PrefsPart | null> {
  const { path, owner, before, after } = write;
  const content = await readPrefs(machine, path, owner, signal);
  if (content === false) return null;
  const { rest, own } = parseUserPrefs(content ?? '');
  if (own !== before.own || (content !== null) !== before.exists) return null;
  const goes = !after.exists && rest === '';
  const next = Buffer.from(withOwn(rest, after.own), 'latin1');
  const sums = [content === null ? '-' : sha256(content), goes ? '-' : sha256(next.toString('latin1'))];
  return { fields: [String(next.length), ...sums, owner, path], content: next };
}

/** Rows of all writes, for the transaction of their database. */
export const filterRows = (writes: readonly FilterWrite[]): RowWrite[] =>
  writes.flatMap((write) => (write.kind === 'rows' ? write.rows : []));

/** How a user's preferences stand to a recorded write: each file one entry, each row one. */
export async function filterState(
  machine: Machine,
  write: FilterWrite,
  note: (name: string, isAfter: boolean, isBefore: boolean) => void,
  signal: AbortSignal,
): Promise<void> {
  if (write.kind === 'file') {
    const content = await readPrefs(machine, write.path, write.owner, signal);
    const { rest, own } = parseUserPrefs(content === false ? '' : (content ?? ''));
    const is = (wanted: PrefsState): boolean =>
      content !== false && own === wanted.own && (wanted.exists ? content !== null : content === null || rest !== '');
    note(write.path, is(write.after), is(write.before));
    return;
  }
  const [first] = write.rows;
  if (!first) return;
  const { place, conf, table, key } = first;
  const rows = await readRows(machine, { place, conf, table }, key.value, signal);
  for (const row of write.rows) {
    const wanted = row.after ?? row.before;
    const there = rows.some(({ name, value }) => name === wanted?.['preference'] && value === wanted['value']);
    note(
      `${table} ${key.value} ${wanted?.['preference'] ?? ''}`,
      there === (row.after !== null),
      there === (row.before !== null),
    );
  }
}

/** The threshold that spamd itself applies to a user now; null: it cannot be asked. */
export async function askThreshold(
  machine: Machine,
  { socket, port }: NonNullable<SpamAssassin['reach']>,
  name: string,
  signal: AbortSignal,
): Promise<number | null> {
  const { stdout } = await runScript(machine, FILTERS, {
    name: 'ask SpamAssassin for a user’s threshold',
    data: Buffer.from(asks('threshold', bytesOf(name), bytesOf(socket), port), 'latin1'),
    signal,
  });
  const match = /^-?[\d.]+\/([\d.]+)\s*$/.exec(parseFrames(stdout).get('threshold') ?? '');
  // 0/0: spamd was not reached
  const threshold = Number(match?.[1] ?? 0);
  return threshold > 0 ? threshold : null;
}
