import { isFailure } from '#shared/model/failure.ts';
import { type Context, startRoot } from './context.ts';
import { LIMITS } from './limits.ts';
import { cutShort } from './parse/postqueue.ts';
import { QueueHeadParser } from './parse/queue-head.ts';
import { idOf } from './queue-path.ts';

/**
 * SASL logins by queue id, from the beginnings of all queue files in one pass (see QueueHeadParser): 50,000 messages
 * take two seconds, however large they are. Messages that came without a login are absent.
 */
export async function logins(context: Context, signal: AbortSignal): Promise<Map<string, string>> {
  const process = await startRoot(context, 'allHeads', {
    name: 'read the logins of queued messages',
    stdin: '',
    signal,
    deadline: LIMITS.LISTING_SECONDS,
    maxOutput: LIMITS.HEADS_BYTES,
  });
  const parser = new QueueHeadParser();
  const found = new Map<string, string>();
  const reading = (async () => {
    for await (const chunk of process.stdout) {
      for (const head of parser.push(chunk as Buffer)) {
        if (head.login !== null) found.set(idOf(head.path), head.login);
      }
    }
  })();
  try {
    await Promise.all([reading, process.ended]);
  } catch (error) {
    if (isFailure(error)) throw error;
    throw cutShort(found.size, 'read logins', error);
  }
  if (!parser.whole) throw cutShort(found.size, 'read logins');
  return found;
}
