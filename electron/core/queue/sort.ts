import type { QueueMessage, QueueSort } from '#shared/model/queue.ts';
import { assertNever } from '#shared/model/assert-never.ts';
import { firstReason } from './filter.ts';

/** Order of queues: as mail moves through them. */
const QUEUES: Record<QueueMessage['queue'], number> = {
  maildrop: 0,
  incoming: 1,
  active: 2,
  deferred: 3,
  hold: 4,
  corrupt: 5,
};

/** Sorts places of `messages`. Equal ones stay oldest first, then by id: the order is the same at every reading. */
export function sortPlaces(places: Uint32Array, messages: readonly QueueMessage[], sort: QueueSort): Uint32Array {
  const sign = sort.descending ? -1 : 1;
  const arrival = new Float64Array(messages.length);
  for (const place of places) arrival[place] = Date.parse(messages[place]?.arrivalTime ?? '');
  const tie = (a: number, b: number): number => {
    const age = (arrival[a] ?? 0) - (arrival[b] ?? 0);
    return age !== 0 ? age : order(messages[a]?.id ?? '', messages[b]?.id ?? '');
  };
  if (sort.field === 'arrivalTime') return places.sort((a, b) => sign * tie(a, b));
  const keys = Array.from<string | number>({ length: messages.length });
  for (const place of places) {
    const message = messages[place];
    if (message !== undefined) keys[place] = keyOf(message, sort.field);
  }
  return places.sort((a, b) => sign * order(keys[a] ?? '', keys[b] ?? '') || tie(a, b));
}

function order(a: string | number, b: string | number): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function keyOf(message: QueueMessage, field: QueueSort['field']): string | number {
  switch (field) {
    case 'arrivalTime':
      return Date.parse(message.arrivalTime);
    case 'size':
      return message.size;
    case 'sender':
      return message.sender.toLowerCase();
    case 'recipient':
      return message.recipients[0]?.address.toLowerCase() ?? '';
    case 'reason':
      return firstReason(message);
    case 'queue':
      return QUEUES[message.queue];
    case 'id':
      return message.id;
    default:
      return assertNever(field, 'sort field');
  }
}
