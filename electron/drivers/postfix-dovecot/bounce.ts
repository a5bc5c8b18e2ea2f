import type { QueueIdentity, VerbOutcome, Watch } from '../driver.ts';
import { act, type Deed, WHY, withOutcome } from './act.ts';
import type { Context } from './context.ts';
import { flushBatch } from './flush.ts';
import { LIMITS } from './limits.ts';

const EXPIRE: Deed = {
  name: 'expire',
  command: () => 'expire',
  word: 'expired',
  // postsuper does not name what has been expired before: it is, and the flush below is what it still needs
  unnamed: (now) => (now === undefined ? WHY.gone : 'done'),
};

/**
 * Returns messages to their senders: postsuper -f expires each (and takes it off hold), and the delivery attempt that
 * postqueue -i starts then ends in a bounce. postsuper has -f since Postfix 3.5. Cancelled in between, messages are
 * expired and bounce at their next retry.
 */
export async function bounce(context: Context, targets: readonly QueueIdentity[], watch: Watch): Promise<VerbOutcome> {
  const outcome = await act(context, targets, watch, EXPIRE);
  try {
    const facts = await context.facts(watch.signal);
    for (let at = 0; at < outcome.done.length && !watch.signal.aborted; at += LIMITS.FLUSH_BATCH) {
      await flushBatch(context, facts, outcome.done.slice(at, at + LIMITS.FLUSH_BATCH), watch);
    }
  } catch (error) {
    throw withOutcome(error, outcome);
  }
  return outcome;
}
