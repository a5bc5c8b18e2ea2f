import { Failure } from '#shared/model/failure.ts';
import type { QueueFilter, QueueMessage, QueueSort } from '#shared/model/queue.ts';
import { text } from '#shared/model/text.ts';
import type { Client } from '../../api/wire.ts';
import { isTicked, type Selection } from './selection.ts';

/** Rows asked for at once. */
const PAGE = 1000;
/** Times the list is begun again because the queue was read anew meanwhile. */
const TRIES = 5;

const HEAD = ['id', 'queue', 'arrival', 'size', 'sender', 'recipients', 'reason', 'login'] as const;

/** Messages as a table, heads first. Sizes in bytes, times as the server told them. */
export function queueRows(messages: readonly QueueMessage[]): string[][] {
  return [
    [...HEAD],
    ...messages.map((message) => [
      message.id,
      message.queue,
      message.arrivalTime,
      String(message.size),
      message.sender === '' ? '<>' : message.sender,
      message.recipients.map((recipient) => recipient.address).join(' '),
      message.recipients.find((recipient) => recipient.reason !== null)?.reason ?? '',
      message.login ?? '',
    ]),
  ];
}

/**
 * The ticked messages of the reading on screen, or all that match where none is ticked, in the order of the screen.
 * Asks the server nothing. Throws UNSAFE when the queue is read anew faster than the list can be made.
 */
export async function shownMessages(
  client: Client,
  view: { serverId: string; filter: QueueFilter; sort: QueueSort },
  selection: Selection,
): Promise<QueueMessage[]> {
  const none = selection.kind === 'ids' && selection.ids.size === 0;
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    const all = await oneReading(client, view);
    if (all !== null) return none ? all : all.filter((message) => isTicked(selection, message.id));
  }
  throw new Failure(
    'UNSAFE',
    text(/*i18n*/ { id: 'queue.export.moving', message: 'The queue was read again before the list was complete' }),
    {
      hint: text(/*i18n*/ { id: 'queue.export.moving.hint', message: 'Pause the live reading, then try again' }),
      retryable: true,
    },
  );
}

/** Every matching message of one reading; null: another reading took its place half way. */
async function oneReading(
  client: Client,
  view: { serverId: string; filter: QueueFilter; sort: QueueSort },
): Promise<QueueMessage[] | null> {
  const messages: QueueMessage[] = [];
  let generation: number | null = null;
  for (;;) {
    const window = await client.queue.window({ ...view, group: null, offset: messages.length, count: PAGE });
    generation ??= window.generation;
    if (window.generation !== generation) return null;
    for (const row of window.rows) if (row.kind === 'message') messages.push(row.message);
    if (window.rows.length === 0 || messages.length >= window.matched) return messages;
  }
}
