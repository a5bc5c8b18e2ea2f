import type { QueueMessage } from '#shared/model/queue.ts';
import type { Context } from './context.ts';
import { findInListing, heads } from './look.ts';
import { idOf } from './queue-path.ts';

/**
 * The messages with these ids, as they are now; absent ones are left out. Where queue files can be looked at, ids that
 * are gone are sorted out first: the whole queue is then listed only for messages that are there.
 */
export async function find(context: Context, ids: readonly string[], signal: AbortSignal): Promise<QueueMessage[]> {
  if (ids.length === 0) return [];
  if (!(await context.canLook(signal))) return findInListing(context, ids, signal);
  const there = new Set((await heads(context, ids, signal)).map((head) => idOf(head.path)));
  return there.size === 0 ? [] : findInListing(context, [...there], signal);
}
