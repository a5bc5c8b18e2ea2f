/** A user's folders through IMAP: the same windows and messages as through doveadm. */
import { PassThrough, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { decodeWords } from 'postal-mime';
import type { FetchMessageObject, Mailboxes } from '#remote/imap.ts';
import type { Machine } from '#remote/machine.ts';
import { Failure, isFailure } from '#shared/model/failure.ts';
import type { MailItem, MailPage } from '#shared/model/mailbox.ts';
import { text } from '#shared/model/text.ts';
import type { MailVerbs, Master } from '../../mail.ts';
import { type ImapDoor, openAs } from './imap.ts';
import { gone, MAX_MATCHES, noFolder, tooMany } from './page.ts';

const FIELDS = { uid: true, flags: true, size: true, internalDate: true, headers: ['from', 'to', 'subject'] };
/** Bytes of a message asked for at once: a part a round trip. */
const PART = 1024 * 1024;

type OpenDoor = (signal: AbortSignal) => Promise<ImapDoor>;

export const imapVerbs = (machine: Machine, doorOf: OpenDoor, master: Master): MailVerbs => ({
  by: `IMAP, ${master.user}`,
  page: async ({ login, folder }, asked, signal) => {
    const client = await openAs(machine, await doorOf(signal), login, master, signal);
    try {
      return await pageOf(client, login, folder, asked);
    } catch (error) {
      throw understood(error, signal);
    } finally {
      await client.logout().catch(() => {});
      client.close();
    }
  },
  open: async (place, signal) => {
    const client = await openAs(machine, await doorOf(signal), place.login, master, signal);
    try {
      return await openOne(client, place);
    } catch (error) {
      client.close();
      throw understood(error, signal);
    }
  },
});

/** Opens a folder so that nothing in it is altered (EXAMINE), and answers how many messages it has. */
async function examine(client: Mailboxes, login: string, folder: string): Promise<number> {
  try {
    return (await client.mailboxOpen(folder, { readOnly: true })).exists;
  } catch (error) {
    const { responseStatus, mailboxMissing } = error as { responseStatus?: string; mailboxMissing?: boolean };
    if (mailboxMissing === true || responseStatus === 'NO' || responseStatus === 'BAD') throw noFolder(login, folder);
    throw error;
  }
}

async function pageOf(
  client: Mailboxes,
  login: string,
  folder: string,
  asked: { text: string; offset: number; count: number },
): Promise<MailPage> {
  const total = await examine(client, login, folder);
  const fragment = asked.text.trim();
  const page = { folder, total };
  if (fragment === '') {
    // sequence numbers run from the oldest, 1, to the newest
    const last = total - asked.offset;
    if (last < 1) return { ...page, matching: total, items: [] };
    const which = `${Math.max(1, last - asked.count + 1)}:${last}`;
    return { ...page, matching: total, items: await itemsOf(client, which, false) };
  }
  const found =
    total === 0
      ? []
      : await client.search({ or: ['subject', 'from', 'to'].map((field) => ({ [field]: fragment })) }, { uid: true });
  if (found === undefined || found === false) throw unanswered();
  if (found.length > MAX_MATCHES) throw tooMany();
  const uids = found.toSorted((a, b) => b - a).slice(asked.offset, asked.offset + asked.count);
  const items = uids.length === 0 ? [] : await itemsOf(client, uids.join(','), true);
  return { ...page, matching: found.length, items };
}

/** Newest first. */
async function itemsOf(client: Mailboxes, which: string, uid: boolean): Promise<MailItem[]> {
  const items: MailItem[] = [];
  for await (const message of client.fetch(which, FIELDS, { uid })) items.push(itemOf(message));
  return items.sort((a, b) => b.uid - a.uid);
}

function itemOf({ uid, flags, size, internalDate, headers }: FetchMessageObject): MailItem {
  const fields = headersOf(headers ?? Buffer.alloc(0));
  return {
    uid,
    received: new Date(internalDate ?? 0).toISOString(),
    from: fields.get('from') ?? '',
    to: fields.get('to') ?? '',
    subject: fields.get('subject') ?? '',
    size: size ?? 0,
    flags: [...(flags ?? [])],
  };
}

/** Header fields unfolded and decoded (RFC 5322 2.2.3, RFC 2047), the first of each name; bytes that are no text, one mark. */
export function headersOf(bytes: Buffer): Map<string, string> {
  const found = new Map<string, string>();
  for (const line of bytes
    .toString('utf8')
    .replace(/\r?\n(?=[ \t])/g, '')
    .split(/\r?\n/)) {
    const colon = line.indexOf(':');
    const name = line.slice(0, Math.max(0, colon)).trim().toLowerCase();
    if (colon > 0 && !found.has(name))
      found.set(name, decodeWords(line.slice(colon + 1).trim()).replace(/\ufffd+/g, '\ufffd'));
  }
  return found;
}

async function openOne(
  client: Mailboxes,
  { login, folder, uid }: { login: string; folder: string; uid: number },
): Promise<{ item: MailItem; source: Readable }> {
  await examine(client, login, folder);
  const found = await client.fetchOne(String(uid), FIELDS, { uid: true });
  if (!found) throw gone(folder, uid);
  const { content } = await client.download(String(uid), undefined, { uid: true, chunkSize: PART });
  if (content === undefined) throw gone(folder, uid);
  const source = new PassThrough();
  // a message cut short must not look like a whole one: an error of the connection becomes one of the stream
  void pipeline(content, source).then(
    async () => {
      await client.logout().catch(() => {});
      client.close();
    },
    (error: unknown) => {
      client.close();
      source.destroy(error instanceof Error ? error : new Error(String(error)));
    },
  );
  return { item: itemOf(found), source };
}

function understood(error: unknown, signal: AbortSignal): unknown {
  if (isFailure(error)) return error;
  if (signal.aborted) return signal.reason;
  const { responseText, message } = error as { responseText?: string; message?: string };
  return new Failure(
    'CONNECTION_LOST',
    text(
      /*i18n*/ { id: 'mailbox.imap.lost', message: 'IMAP broke off: {why}' },
      { why: (responseText ?? message ?? '').slice(0, 300) },
    ),
    { retryable: true, cause: error },
  );
}

const unanswered = (): Failure =>
  new Failure(
    'REMOTE_FAILED',
    text(/*i18n*/ { id: 'mailbox.imap.search', message: 'The server did not answer the search' }),
  );
