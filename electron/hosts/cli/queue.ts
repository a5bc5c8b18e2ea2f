import { Command, Option } from 'commander';
import type { z } from 'zod';
import { consume } from '#shared/contract/consume.ts';
import type { ChangeRequest } from '#shared/model/change.ts';
import {
  QueueGroupBy,
  QueueSortField,
  type QueueGroup,
  type QueueMessage,
  type QueueTarget,
} from '#shared/model/queue.ts';
import { text } from '#shared/model/text.ts';
import { runChange } from './change.ts';
import { EXIT, UsageFailure } from './exit.ts';
import { addFilters, filterOf, isEmpty, type FilterOptions } from './filters.ts';
import { readIds } from './ids.ts';
import { messageLines } from './message.ts';
import { run } from './run.ts';
import type { Column } from './table.ts';
import { parseCount, showAge, showSize } from './units.ts';

const sender = (address: string) => (address === '' ? '<>' : address);

const COLUMNS: readonly Column<QueueMessage>[] = [
  { head: 'ID', cell: ({ id }) => id },
  { head: 'QUEUE', cell: ({ queue }) => queue },
  { head: 'SIZE', cell: ({ size }) => showSize(size), right: true },
  { head: 'AGE', cell: ({ arrivalTime }) => showAge(arrivalTime), right: true },
  { head: 'SENDER', cell: (message) => sender(message.sender) },
  {
    head: 'RECIPIENT',
    cell: ({ recipients: [first, ...rest] }) => `${first?.address ?? ''}${rest.length > 0 ? ` +${rest.length}` : ''}`,
  },
  { head: 'REASON', cell: ({ recipients }) => recipients.find(({ reason }) => reason !== null)?.reason ?? '' },
];

const GROUP_COLUMNS: readonly Column<QueueGroup>[] = [
  { head: 'COUNT', cell: ({ count }) => String(count), right: true },
  { head: 'SIZE', cell: ({ size }) => showSize(size), right: true },
  { head: 'OLDEST', cell: ({ oldest }) => showAge(oldest), right: true },
  { head: 'CODE', cell: ({ code }) => code ?? '' },
  { head: 'WHAT', cell: ({ key, sample }) => sample ?? sender(key) },
];

const VERBS = [
  ['hold', 'queue.hold', 'stop delivery of messages until they are released'],
  ['release', 'queue.release', 'let held messages be delivered again'],
  ['requeue', 'queue.requeue', 'run messages through the queue manager again, with new ids'],
  ['delete', 'queue.delete', 'delete messages; a copy is kept so that it can be undone'],
  ['bounce', 'queue.bounce', 'return messages to their senders'],
  ['flush', 'queue.flush', 'try delivery now'],
] as const;

interface ListOptions extends FilterOptions {
  limit: number;
  sort?: z.infer<typeof QueueSortField>;
  descending?: true;
}

interface WriteOptions extends FilterOptions {
  all?: true;
  except?: string[];
  note?: string;
  copies?: boolean;
}

/** `postdeck queue`: look at the outbound queue and act on it. */
export function addQueue(program: Command): void {
  const queue = program.command('queue').description('the outbound queue of a server');
  addFilters(queue.command('list').description('messages in the queue, freshly read'))
    .option('--limit <n>', 'at most this many; 0: all', parseCount, 0)
    .addOption(new Option('--sort <field>', 'sort by').choices(QueueSortField.options))
    .option('--descending', 'largest or latest first; with --sort')
    .action((options: ListOptions, command: Command) =>
      run(command, async (session) => {
        const { client, out, signal } = session;
        const server = await session.server();
        const { sort: field, descending = false, limit } = options;
        const sort = field === undefined ? null : { field, descending };
        const input = { serverId: server.id, filter: filterOf(options), sort, limit };
        // The first batch is fetched inside, since only then is the connection made.
        const batches = await session.onServer(server, async () => {
          const stream = consume(await client.queue.list(input, { signal }), (ack) => client.flow.ack(ack));
          return { first: await stream.next(), stream };
        });
        await out.list(rejoin(batches.first, batches.stream), COLUMNS);
      }),
    );
  addFilters(queue.command('summary').description('messages gathered by one property, largest group first'))
    .addOption(new Option('--by <property>', 'gather by').choices(QueueGroupBy.options).makeOptionMandatory())
    .option('--limit <n>', 'at most this many groups; 0: all', parseCount, 0)
    .action((options: ListOptions & { by: QueueGroupBy }, command: Command) =>
      run(command, async (session) => {
        const server = await session.server();
        const input = { serverId: server.id, filter: filterOf(options), by: options.by };
        const ask = () => session.client.queue.summary(input, { signal: session.signal });
        const groups = await session.onServer(server, ask);
        await session.out.list([options.limit === 0 ? groups : groups.slice(0, options.limit)], GROUP_COLUMNS);
      }),
    );
  queue
    .command('show <id>')
    .description('one message: envelope, headers, text, attachments')
    .option('--source', 'the raw source (RFC 5322) instead')
    .action((queueId: string, options: { source?: true }, command: Command) =>
      run(command, async (session) => {
        const { client, out, signal } = session;
        const server = await session.server();
        const input = { serverId: server.id, queueId };
        if (options.source === undefined) {
          const ask = () => client.queue.show(input, { signal });
          await out.one(await session.onServer(server, ask), messageLines);
          return;
        }
        const batches = await session.onServer(server, async () => {
          const stream = consume(await client.queue.source(input, { signal }), (ack) => client.flow.ack(ack));
          return { first: await stream.next(), stream };
        });
        for await (const parts of rejoin(batches.first, batches.stream)) {
          for (const part of parts) await out.raw(Buffer.from(part, 'base64'));
        }
      }),
    );
  for (const [verb, kind, description] of VERBS) addVerb(queue, verb, kind, description);
}

function addVerb(queue: Command, verb: string, kind: (typeof VERBS)[number][1], description: string): void {
  const command = addFilters(queue.command(`${verb} [id...]`).description(description))
    .option('--all', 'every message of the queue')
    .option('--except <id...>', 'but not these')
    .option('--note <text>', 'why, for the journal');
  if (kind === 'queue.delete') command.option('--no-copies', 'keep no copies: faster, and it cannot be undone');
  command.action((ids: string[], options: WriteOptions, self: Command) =>
    run(self, async (session) => {
      const target = await targetOf(ids, options);
      const server = await session.server();
      const onQueue = { serverId: server.id, target };
      const request: ChangeRequest =
        kind === 'queue.delete' ? { kind, ...onQueue, copies: options.copies ?? true } : { kind, ...onQueue };
      const exit = await runChange(session, server, { request }, options.note ?? null);
      return exit ?? EXIT.done;
    }),
  );
}

/** Which messages a verb is for: ids, or filters, or all; saying nothing never means everything. */
async function targetOf(ids: readonly string[], options: WriteOptions): Promise<QueueTarget> {
  const filter = filterOf(options);
  const except = options.except ?? [];
  const ways = [ids.length > 0, !isEmpty(filter), options.all === true].filter(Boolean).length;
  if (ways !== 1) {
    throw new UsageFailure(
      text(
        /*i18n*/ {
          id: 'cli.queue.target',
          message:
            'Expected queue ids, or filters, or --all; got {ways, plural, =0 {none of them} other {more than one of them}}',
        },
        { ways },
      ),
      { hint: text(/*i18n*/ { id: 'cli.queue.target.hint', message: 'Name the messages one way; see --help' }) },
    );
  }
  if (ids.length > 0) return { by: 'ids', ids: (await readIds(ids)).filter((id) => !except.includes(id)) };
  return options.all === true ? { by: 'all', except } : { by: 'filter', filter, except };
}

/** A stream whose first batch has been taken already. */
async function* rejoin<T>(first: IteratorResult<T[], void>, rest: AsyncGenerator<T[], void>): AsyncGenerator<T[]> {
  try {
    if (first.done === true) return;
    yield first.value;
    yield* rest;
  } finally {
    await rest.return();
  }
}
