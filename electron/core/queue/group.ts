import { assertNever } from '#shared/model/assert-never.ts';
import type { QueueGroup, QueueGroupBy, QueueMessage } from '#shared/model/queue.ts';
import { domainOf } from './address.ts';
import { firstReason, reasonOf } from './filter.ts';

/** Upper ends of the age buckets in minutes, each twice the one before, as qshape(1) cuts time. */
const AGES = [5, 10, 20, 40, 80, 160, 320, 640, 1280, 2560, 5120];

/** Name of the bucket a message of this age (milliseconds) falls in: `5m` up to five minutes, ... `85h20m+` beyond. */
export function ageBucket(ms: number): string {
  const minutes = ms / 60_000;
  const end = AGES.find((limit) => minutes < limit);
  return end === undefined ? `${duration(AGES.at(-1) ?? 0)}+` : duration(end);
}

function duration(minutes: number): string {
  const hours = Math.floor(minutes / 60);
  const rest = minutes % 60;
  return `${hours > 0 ? `${hours}h` : ''}${rest > 0 ? `${rest}m` : ''}`;
}

/** Keys of the groups a message belongs to. More than one only by recipient domain, where it has many. */
export function keysOf(message: QueueMessage, by: QueueGroupBy, now: number): string[] {
  switch (by) {
    case 'sender':
      return [message.sender === '' ? '<>' : message.sender.toLowerCase()];
    case 'sender-domain':
      return [message.sender === '' ? '<>' : domainOf(message.sender)];
    case 'recipient-domain':
      return [...new Set(message.recipients.map(({ address }) => domainOf(address)))];
    case 'reason':
      return [reasonOf(message).key];
    case 'age':
      return [ageBucket(now - Date.parse(message.arrivalTime))];
    case 'login':
      return [message.login?.toLowerCase() ?? ''];
    case 'queue':
      return [message.queue];
    default:
      return assertNever(by, 'grouping');
  }
}

export interface Group {
  head: QueueGroup;
  places: number[];
}

/**
 * Gathers places of `messages`, in their order, largest group first (by age: youngest first, as in qshape).
 *
 * @param once Each message in one group only (the first of its keys): for rows, where a message stands once.
 */
export function gather(
  places: Iterable<number>,
  messages: readonly QueueMessage[],
  by: QueueGroupBy,
  now: number,
  once: boolean,
): Group[] {
  const groups = new Map<string, Group & { oldest: number; codes: Set<string | null> }>();
  for (const place of places) {
    const message = messages[place];
    if (message === undefined) continue;
    const arrival = Date.parse(message.arrivalTime);
    const keys = keysOf(message, by, now);
    for (const key of once ? keys.slice(0, 1) : keys) {
      let group = groups.get(key);
      if (group === undefined) {
        const sample = by === 'reason' ? firstReason(message) || null : null;
        group = {
          head: { key, code: null, count: 0, size: 0, oldest: message.arrivalTime, sample },
          places: [],
          oldest: arrival,
          codes: new Set(),
        };
        groups.set(key, group);
      }
      group.places.push(place);
      group.head.count += 1;
      group.head.size += message.size;
      if (arrival < group.oldest) {
        group.oldest = arrival;
        group.head.oldest = message.arrivalTime;
      }
      if (by === 'reason') group.codes.add(reasonOf(message).code);
    }
  }
  for (const group of groups.values()) {
    const [code] = group.codes;
    if (group.codes.size === 1 && code !== undefined) group.head.code = code;
  }
  const list = [...groups.values()];
  if (by === 'age') list.sort((a, b) => b.oldest - a.oldest);
  else list.sort((a, b) => b.head.count - a.head.count || (a.head.key < b.head.key ? -1 : 1));
  return list.map(({ head, places: inside }) => ({ head, places: inside }));
}
