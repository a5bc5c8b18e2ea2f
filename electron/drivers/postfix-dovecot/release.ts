import { text } from '#shared/model/text.ts';
import type { QueueIdentity, VerbOutcome, Watch } from '../driver.ts';
import { act, type Deed, WHY } from './act.ts';
import type { Context } from './context.ts';

const NOT_HELD = text(/*i18n*/ { id: 'postfix.skip.not-held', message: 'It is not on hold' });

const RELEASE: Deed = {
  name: 'release from hold',
  command: () => 'release',
  word: 'released from hold',
  refuses: (seen) => (seen.queue === 'hold' ? null : NOT_HELD),
  unnamed: (now) => (now === undefined ? WHY.gone : now.queue === 'hold' ? WHY.moving : 'done'),
};

/** Takes messages off hold. Each is tried again when its next retry is due, or at once after a flush. */
export function release(context: Context, targets: readonly QueueIdentity[], watch: Watch): Promise<VerbOutcome> {
  return act(context, targets, watch, RELEASE);
}
