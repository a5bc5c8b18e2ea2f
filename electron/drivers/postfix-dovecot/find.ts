import { isFailure } from '#shared/model/failure.ts';
import type { QueueMessage } from '#shared/model/queue.ts';
import { type Context, startRoot } from './context.ts';
import { LIMITS } from './limits.ts';
import { findInListing, heads } from './look.ts';
import { idOf } from './queue-path.ts';

/**
 * The messages with these ids, as they are now; absent ones are left out. Where queue files can be looked at, ids that
 * are gone are sorted out first: the whole queue is then listed only for messages that are there.
 */
export async function find(context: Context, ids: readonly string[], signal: AbortSignal): Promise<QueueMessage[]> {
  if (ids.length === 0) return [];
  if (!(await context.canLook(signal))) return findInListing(context, ids, signal);
  const there = await standing(context, ids, signal);
  return there.length === 0 ? [] : findInListing(context, there, signal);
}

/** Those of these ids that a queue file has. */
async function standing(context: Context, ids: readonly string[], signal: AbortSignal): Promise<string[]> {
  if (ids.length >= LIMITS.NAMES_FROM) {
    try {
      return await amongNames(context, ids, signal);
    } catch (error) {
      // The other way below may be allowed, and takes any number of files.
      if (!isFailure(error, 'SUDO_REFUSED', 'LIMIT')) throw error;
    }
  }
  const there = new Set((await heads(context, ids, signal)).map((head) => idOf(head.path)));
  return [...there];
}

async function amongNames(context: Context, ids: readonly string[], signal: AbortSignal): Promise<string[]> {
  const process = await startRoot(context, 'names', {
    name: 'read the names of the queue files',
    stdin: '',
    signal,
    deadline: LIMITS.BATCH_SECONDS,
    maxOutput: LIMITS.NAMES_BYTES,
  });
  const wanted = new Set(ids);
  const there = new Set<string>();
  const reading = (async () => {
    let rest = '';
    for await (const chunk of process.stdout) {
      const lines = (rest + (chunk as Buffer).toString('latin1')).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        const id = idOf(line);
        if (wanted.has(id)) there.add(id);
      }
    }
  })();
  await Promise.all([reading, process.ended]);
  return [...there];
}
