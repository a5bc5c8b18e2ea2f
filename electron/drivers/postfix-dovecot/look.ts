import { type QueueMessage, QueueName } from '#shared/model/queue.ts';
import type { QueueIdentity } from '../driver.ts';
import { type Context, startRoot } from './context.ts';
import type { Facts } from './facts.ts';
import { LIMITS } from './limits.ts';
import { listQueue } from './list-queue.ts';
import { isSender, type QueueHead, QueueHeadParser } from './parse/queue-head.ts';
import { cutShort } from './parse/postqueue.ts';
import { idOf, queuePath } from './queue-path.ts';

/** A message as it stands in the queue now. */
export interface Seen {
  queue: QueueMessage['queue'];
  /** Whether it is this very message and not another one under the same id. */
  is(target: QueueIdentity): boolean;
}

const QUEUES: readonly QueueMessage['queue'][] = ['hold', 'deferred', 'active', 'incoming', 'maildrop'];

/**
 * Looks for messages by id, as they are now; absent ids are not in the map.
 *
 * Where queue files can be read, one command reads the first bytes of exactly these files: 20,000 of them take as long
 * as a quarter of the delete they precede, however long the queue is, while a listing of the whole queue would take
 * longer than the delete. Elsewhere the queue is listed, until all were seen.
 */
export async function look(
  context: Context,
  targets: readonly Pick<QueueIdentity, 'id' | 'queue'>[],
  signal: AbortSignal,
): Promise<Map<string, Seen>> {
  const ids = targets.map((target) => target.id);
  if (ids.length === 0) return new Map();
  if (!(await context.canLook(signal))) return lookInListing(context, ids, signal);
  const facts = await context.facts(signal);
  const seen = new Map<string, Seen>();
  const unclear = new Set<string>();
  const take = (found: readonly QueueHead[]): void => {
    for (const head of found) {
      const id = idOf(head.path);
      // The sender stands after the first empty record when there is one before it: rare, and then the listing tells.
      if (head.arrival === null || head.sender === null) unclear.add(id);
      else if (!seen.has(id)) seen.set(id, seenHead(head));
    }
  };
  // Most are where they were when they were listed; looking in five places for each takes twice as long.
  take(
    await headsAt(
      context,
      targets.map(({ id, queue }) => queuePath(facts, queue, id)),
      signal,
    ),
  );
  // Twice, since one that Postfix moves from place to place meanwhile can be missed by a single pass.
  for (let pass = 0; pass < 2; pass += 1) {
    const missing = ids.filter((id) => !seen.has(id) && !unclear.has(id));
    if (missing.length > 0) take(await heads(context, missing, signal));
  }
  const rest = [...unclear].filter((id) => !seen.has(id));
  if (rest.length > 0) for (const [id, one] of await lookInListing(context, rest, signal)) seen.set(id, one);
  return seen;
}

/** Everywhere a message's file may stand, below the queue directory. */
export function places(facts: Facts, id: string): string[] {
  return QUEUES.map((queue) => queuePath(facts, queue, id));
}

/** Reads the beginnings of these messages' queue files, wherever in the queue they stand. */
export async function heads(context: Context, ids: readonly string[], signal: AbortSignal): Promise<QueueHead[]> {
  const facts = await context.facts(signal);
  return headsAt(
    context,
    ids.flatMap((id) => places(facts, id)),
    signal,
  );
}

async function headsAt(context: Context, paths: readonly string[], signal: AbortSignal): Promise<QueueHead[]> {
  const process = await startRoot(context, 'heads', {
    name: 'look at queued messages',
    stdin: paths.map((path) => `${path}\0`).join(''),
    signal,
    deadline: LIMITS.BATCH_SECONDS,
    maxOutput: LIMITS.HEADS_BYTES,
  });
  const parser = new QueueHeadParser();
  const found: QueueHead[] = [];
  const reading = (async () => {
    for await (const chunk of process.stdout) found.push(...parser.push(chunk as Buffer));
  })();
  await Promise.all([reading, process.ended]);
  if (!parser.whole) throw cutShort(found.length, 'look at queued messages');
  return found;
}

function seenHead(head: QueueHead): Seen {
  const [queue = ''] = head.path.split('/', 1);
  return {
    queue: QueueName.parse(queue),
    is: (target) =>
      head.arrival === seconds(target.arrivalTime) &&
      head.sender !== null &&
      isSender(head.sender, target.sender) &&
      (head.size === null || head.size === target.size),
  };
}

async function lookInListing(
  context: Context,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<Map<string, Seen>> {
  const seen = new Map<string, Seen>();
  for (const message of await findInListing(context, ids, signal)) {
    seen.set(message.id, { queue: message.queue, is: (target) => isSame(message, target) });
  }
  return seen;
}

/** Lists the queue until all of these were seen. */
export async function findInListing(
  context: Context,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<QueueMessage[]> {
  const wanted = new Set(ids);
  const found: QueueMessage[] = [];
  for await (const batch of listQueue(context, { signal })) {
    for (const message of batch) if (wanted.delete(message.id)) found.push(message);
    if (wanted.size === 0) break;
  }
  return found;
}

/** Whether two descriptions are of one message: ids are reused, so arrival, sender and size count too. */
export function isSame(a: Omit<QueueIdentity, 'queue'>, b: Omit<QueueIdentity, 'queue'>): boolean {
  return (
    a.id === b.id && seconds(a.arrivalTime) === seconds(b.arrivalTime) && a.sender === b.sender && a.size === b.size
  );
}

/** Seconds since 1970: the queue tells no finer time. */
export function seconds(iso: string): number {
  return Math.floor(Date.parse(iso) / 1000);
}
