import type { QueueIdentity, VerbOutcome, Watch } from '../driver.ts';
import { act, type Deed, WHY } from './act.ts';
import type { Context } from './context.ts';

const HOLD: Deed = {
  name: 'put on hold',
  command: () => 'hold',
  word: 'placed on hold',
  // postsuper leaves maildrop alone: its files were not checked by cleanup(8) yet
  refuses: (seen) => (seen.queue === 'maildrop' ? WHY.maildrop : null),
  // postsuper does not name what is on hold already
  unnamed: (now) => (now === undefined ? WHY.gone : now.queue === 'hold' ? 'done' : WHY.moving),
};

/**
 * Puts messages on hold: they stay in the queue, and no delivery is tried until they are released. A delivery of an
 * active message that is under way goes on to its end (postsuper(1)).
 */
export function hold(context: Context, targets: readonly QueueIdentity[], watch: Watch): Promise<VerbOutcome> {
  return act(context, targets, watch, HOLD);
}
