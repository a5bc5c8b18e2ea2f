/**
 * A window of a user's folder through doveadm, which reads with Dovecot's own storage code and opens the folder without
 * taking \Recent away or setting a flag. It needs no password of the user, and no master user to be configured.
 */
import { z } from 'zod';
import type { Machine } from '#remote/machine.ts';
import { Failure } from '#shared/model/failure.ts';
import type { MailItem, MailPage } from '#shared/model/mailbox.ts';
import { text } from '#shared/model/text.ts';
import { runScript } from '../root-script.ts';
import { MAIL, question } from './script.ts';

/** Matches of a search that are paged through; a wider search is narrowed instead. 100,000 numbers are about 2 MB. */
export const MAX_MATCHES = 100_000;
/** `User doesn't exist` (doveadm(1), EX_NOUSER). */
const NO_USER = 67;
/** The folder is not there, or its name cannot be one (EX_NOHOST, EX_USAGE): the answer is an empty list. */
const NO_FOLDER = [64, 68];

const Row = z.object({
  uid: z.string().regex(/^\d+$/),
  flags: z.string(),
  'date.received.unixtime': z.string(),
  'size.virtual': z.string(),
  'hdr.from.utf8': z.string(),
  'hdr.to.utf8': z.string(),
  'hdr.subject.utf8': z.string(),
});
const Numbers = z.array(z.object({ uid: z.string().regex(/^\d+$/) }));
const Folders = z.array(
  z.object({ mailbox: z.string(), messages: z.string(), guid: z.string().regex(/^[0-9a-f]{32}$/) }),
);

export interface Folder {
  /** The words that name it in a search query, and nothing else. */
  query: string[];
  messages: number;
  /** A name with `*`, `%` or `?`, which `mailbox NAME` would take for a pattern. */
  byGuid: boolean;
}

/** doveadm's JSON: every value a string; a user who is not there is NOT_FOUND. */
async function ask<T>(
  machine: Machine,
  schema: z.ZodType<T>,
  login: string,
  what: 'status' | 'numbers' | 'items',
  words: readonly string[],
  signal: AbortSignal,
): Promise<T> {
  const { stdout, exit } = await runScript(machine, MAIL, {
    name: 'look into a mailbox',
    reads: true,
    data: question(what, login, ...words),
    okExit: [0, NO_USER, ...NO_FOLDER],
    maxOutput: 32 * 1024 * 1024,
    signal,
  });
  if (exit === NO_USER) {
    throw new Failure(
      'NOT_FOUND',
      text(/*i18n*/ { id: 'mailbox.no-user', message: 'Dovecot does not know the user {login}' }, { login }),
    );
  }
  const parsed = schema.safeParse(jsonOf(stdout.toString('utf8')));
  if (parsed.success) return parsed.data;
  throw new Failure(
    'BAD_OUTPUT',
    text(/*i18n*/ { id: 'mailbox.output', message: 'doveadm answered something that is not understood' }),
    { detail: { output: stdout.toString('utf8').slice(0, 500) } },
  );
}

function jsonOf(output: string): unknown {
  try {
    return JSON.parse(output);
  } catch {
    return null;
  }
}

/** A folder by its name to the letter: `*`, `%` and `?` in a name are no pattern. */
export async function folderOf(machine: Machine, login: string, name: string, signal: AbortSignal): Promise<Folder> {
  const byGuid = /[*%?]/.test(name);
  const folders = await ask(machine, Folders, login, 'status', [byGuid ? '*' : name], signal);
  const found = folders.find(({ mailbox }) => mailbox === name);
  if (found) {
    return {
      query: byGuid ? ['mailbox-guid', found.guid] : ['mailbox', name],
      messages: Number(found.messages),
      byGuid,
    };
  }
  throw noFolder(login, name);
}

export const noFolder = (login: string, folder: string): Failure =>
  new Failure(
    'NOT_FOUND',
    text(/*i18n*/ { id: 'mailbox.no-folder', message: '{login} has no folder “{folder}”' }, { login, folder }),
  );

/** The messages that a search query names, oldest first. */
export async function itemsOf(
  machine: Machine,
  login: string,
  { query }: Folder,
  which: readonly string[],
  signal: AbortSignal,
): Promise<MailItem[]> {
  const rows = await ask(machine, z.array(Row), login, 'items', [...query, ...which], signal);
  return rows.map((row) => ({
    uid: Number(row.uid),
    received: new Date(Number(row['date.received.unixtime']) * 1000).toISOString(),
    from: row['hdr.from.utf8'],
    to: row['hdr.to.utf8'],
    subject: row['hdr.subject.utf8'],
    size: Number(row['size.virtual']),
    flags: row.flags.split(' ').filter((flag) => flag !== ''),
  }));
}

export async function pageOf(
  machine: Machine,
  place: { login: string; folder: string },
  asked: { text: string; offset: number; count: number },
  signal: AbortSignal,
): Promise<MailPage> {
  const { login, folder } = place;
  const found = await folderOf(machine, login, folder, signal);
  const page = { folder, total: found.messages };
  const fragment = asked.text.trim();
  if (fragment === '' && !found.byGuid) {
    // sequence numbers run from the oldest, 1, to the newest
    const last = page.total - asked.offset;
    if (last < 1) return { ...page, matching: page.total, items: [] };
    const which = [`${Math.max(1, last - asked.count + 1)}:${last}`];
    return { ...page, matching: page.total, items: (await itemsOf(machine, login, found, which, signal)).reverse() };
  }
  // in a query by guid Dovecot 2.3 takes sequence numbers as those of whichever folder it opens first: numbers, then
  const all = await numbersOf(machine, login, found, fragment, signal);
  const uids = all.reverse().slice(asked.offset, asked.offset + asked.count);
  if (uids.length === 0) return { ...page, matching: all.length, items: [] };
  const items = await itemsOf(machine, login, found, ['UID', uids.join(',')], signal);
  return { ...page, matching: all.length, items: items.reverse() };
}

/** Numbers of the messages with this fragment in subject, sender or recipient, oldest first. Empty: all. */
async function numbersOf(
  machine: Machine,
  login: string,
  { query }: Folder,
  fragment: string,
  signal: AbortSignal,
): Promise<number[]> {
  // each word of the query is an argument of its own: the fragment is a value, whatever is in it
  const which =
    fragment === '' ? ['ALL'] : ['(', 'SUBJECT', fragment, 'OR', 'FROM', fragment, 'OR', 'TO', fragment, ')'];
  const rows = await ask(machine, Numbers, login, 'numbers', [...query, ...which], signal);
  if (rows.length > MAX_MATCHES) throw tooMany();
  return rows.map(({ uid }) => Number(uid));
}

/** The folder was emptied, or the message deleted, between list and look. */
export const gone = (folder: string, uid: number): Failure =>
  new Failure(
    'NOT_FOUND',
    text(
      /*i18n*/ { id: 'mailbox.gone', message: 'Message {uid} is no longer in “{folder}”' },
      { uid: String(uid), folder },
    ),
    { hint: text(/*i18n*/ { id: 'mailbox.gone.hint', message: 'Read the folder again' }) },
  );

export const tooMany = (): Failure =>
  new Failure(
    'LIMIT',
    text(/*i18n*/ { id: 'mailbox.too-many', message: 'More than {max, number} messages match' }, { max: MAX_MATCHES }),
    { hint: text(/*i18n*/ { id: 'mailbox.too-many.hint', message: 'Search for something rarer' }) },
  );
