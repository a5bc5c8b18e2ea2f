import { type Command, InvalidArgumentError } from 'commander';
import { consume } from '#shared/contract/consume.ts';
import { type MailContent, type MailItem, MailUid } from '#shared/model/mailbox.ts';
import { inert } from './inert.ts';
import { contentLines } from './message.ts';
import { run } from './run.ts';
import { facts, type Column } from './table.ts';
import { parseCount, showAge, showSize } from './units.ts';

const COLUMNS: readonly Column<MailItem>[] = [
  { head: 'UID', cell: ({ uid }) => String(uid), right: true },
  { head: 'FLAGS', cell: flagWords },
  { head: 'SIZE', cell: ({ size }) => showSize(size), right: true },
  { head: 'AGE', cell: ({ received }) => showAge(received), right: true },
  { head: 'FROM', cell: ({ from }) => from },
  { head: 'SUBJECT', cell: ({ subject }) => subject },
];

/** What a person looks for; all flags are in the JSON. */
function flagWords({ flags }: MailItem): string {
  const has = (flag: string): boolean => flags.includes(flag);
  return [
    has('\\Seen') ? '' : 'unread',
    has('\\Answered') ? 'answered' : '',
    has('\\Flagged') ? 'flagged' : '',
    has('\\Deleted') ? 'deleted' : '',
  ]
    .filter((word) => word !== '')
    .join(',');
}

function parseUid(value: string): number {
  const uid = MailUid.safeParse(/^\d+$/.test(value) ? Number(value) : Number.NaN);
  if (!uid.success)
    throw new InvalidArgumentError(`expected a message number, as \`accounts messages\` lists them; got ${value}`);
  return uid.data;
}

interface Where {
  folder: string;
}

/** `postdeck accounts messages` and `message`: a user's mail, looked at and never altered; the journal says who looked. */
export function addMailboxes(accounts: Command): void {
  accounts
    .command('messages <address>')
    .description('messages of a user, newest first; alters no flag, and the journal says who looked')
    .option('--folder <name>', 'which folder, as `accounts show` lists them', 'INBOX')
    .option('--search <text>', 'a fragment of subject, sender or recipient', '')
    .option('--offset <n>', 'leave out the newest so many', parseCount, 0)
    .option('--limit <n>', 'at most this many; at most 1000', parseCount, 100)
    .action((address: string, options: Where & { search: string; offset: number; limit: number }, command: Command) =>
      run(command, async (session) => {
        const server = await session.server();
        const { folder, search, offset, limit } = options;
        const count = limit === 0 ? 1000 : Math.min(limit, 1000);
        const input = { serverId: server.id, address, folder, text: search, offset, count };
        const ask = () => session.client.mailboxes.messages(input, { signal: session.signal });
        const page = await session.onServer(server, ask);
        await session.out.list([page.items], COLUMNS);
      }),
    );
  accounts
    .command('message <address>')
    .argument('<uid>', 'its number, as `accounts messages` lists it', parseUid)
    .description('one message of a user: headers, text, attachments; not marked as read')
    .option('--folder <name>', 'which folder', 'INBOX')
    .option('--source', 'the raw source (RFC 5322) instead')
    .action((address: string, uid: number, options: Where & { source?: true }, command: Command) =>
      run(command, async (session) => {
        const { client, out, signal } = session;
        const server = await session.server();
        const input = { serverId: server.id, address, folder: options.folder, uid };
        if (options.source === undefined) {
          const ask = () => client.mailboxes.message(input, { signal });
          await out.one(await session.onServer(server, ask), messageLines);
          return;
        }
        const { first, stream } = await session.onServer(server, async () => {
          const batches = consume(await client.mailboxes.source(input, { signal }), (ack) => client.flow.ack(ack));
          return { first: await batches.next(), stream: batches };
        });
        if (first.done === true) return;
        for (const part of first.value) await out.raw(Buffer.from(part, 'base64'));
        for await (const parts of stream) for (const part of parts) await out.raw(Buffer.from(part, 'base64'));
      }),
    );
}

function messageLines({ item, mail }: { item: MailItem; mail: MailContent }): string[] {
  return [
    ...facts([
      ['Number', String(item.uid)],
      ['Received', `${item.received} (${showAge(item.received)} ago)`],
      ['Size', showSize(item.size)],
      ['Flags', inert(item.flags.join(' '))],
    ]),
    '',
    ...contentLines(mail),
  ];
}
