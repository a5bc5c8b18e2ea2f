import type { QueueFilter, QueueMessage } from '#shared/model/queue.ts';
import { normaliseReason } from '#shared/model/reason.ts';
import { addressTest } from './address.ts';

export type MessageTest = (message: QueueMessage) => boolean;

/** True when the filter asks for nothing: every message matches. */
export function isEmpty(filter: QueueFilter): boolean {
  return Object.values(filter).every((value) => value === undefined);
}

/** One test for all fields of a filter, joined by and. Ages are counted from `now` (epoch milliseconds). */
export function messageTest(filter: QueueFilter, now: number): MessageTest {
  const tests: MessageTest[] = [];
  const { queue, sender, recipient, reason, reasonKey, login, text, olderThan, newerThan, minSize, maxSize } = filter;
  if (queue !== undefined) {
    const names = new Set<string>(queue);
    tests.push((message) => names.has(message.queue));
  }
  if (minSize !== undefined) tests.push((message) => message.size >= minSize);
  if (maxSize !== undefined) tests.push((message) => message.size <= maxSize);
  if (olderThan !== undefined) tests.push((message) => now - Date.parse(message.arrivalTime) >= olderThan * 1000);
  if (newerThan !== undefined) tests.push((message) => now - Date.parse(message.arrivalTime) <= newerThan * 1000);
  if (sender !== undefined) {
    const test = addressTest(sender);
    tests.push((message) => test(message.sender));
  }
  if (recipient !== undefined) {
    const test = addressTest(recipient);
    tests.push((message) => message.recipients.some(({ address }) => test(address)));
  }
  if (login !== undefined) {
    const test = addressTest(login);
    // No login is not an empty login: `<>` finds nobody here.
    tests.push((message) => message.login !== null && test(message.login));
  }
  if (reason !== undefined) {
    const want = reason.toLowerCase();
    tests.push((message) => message.recipients.some((to) => to.reason?.toLowerCase().includes(want) === true));
  }
  if (reasonKey !== undefined) tests.push((message) => reasonOf(message).key === reasonKey);
  if (text !== undefined) {
    const want = text.toLowerCase();
    tests.push((message) => haystack(message).includes(want));
  }
  for (const fields of filter.without ?? []) {
    const out = messageTest(fields, now);
    tests.push((message) => !out(message));
  }
  return (message) => tests.every((test) => test(message));
}

/** The reason a message is grouped and sorted by: that of its first recipient that has one. */
export function firstReason(message: QueueMessage): string {
  return message.recipients.find(({ reason }) => reason !== null)?.reason ?? '';
}

// Reasons repeat by the thousand and normalising one takes a dozen patterns. Bounded: reasons are a stranger's words.
const REASONS_KEPT = 20_000;
const reasons = new Map<string, ReturnType<typeof normaliseReason>>();

export function reasonOf(message: QueueMessage): ReturnType<typeof normaliseReason> {
  const reason = firstReason(message);
  const known = reasons.get(reason);
  if (known !== undefined) return known;
  if (reasons.size >= REASONS_KEPT) reasons.clear();
  const made = normaliseReason(reason);
  reasons.set(reason, made);
  return made;
}

function haystack({ id, sender, recipients, login }: QueueMessage): string {
  const parts = recipients.flatMap(({ address, reason }) => [address, reason ?? '']);
  // A line end between the fields, so that no match spans two of them.
  return [id, sender, login ?? '', ...parts].join('\n').toLowerCase();
}
