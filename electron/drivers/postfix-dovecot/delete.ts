import type { QueueIdentity, VerbOutcome, Watch } from '../driver.ts';
import { act, type Deed, WHY } from './act.ts';
import type { Context } from './context.ts';

const DELETE: Deed = {
  name: 'delete',
  // A held message is looked for in hold alone: whoever releases it meanwhile keeps it. A held message's id cannot be
  // given to another one, since its inode is in use; so for these nothing can change between looking and deleting.
  command: (seen) => (seen.queue === 'hold' ? 'deleteHeld' : 'delete'),
  word: 'removed',
  // postsuper leaves maildrop alone unless it is named: what pickup(8) takes in just then would get lost half done
  refuses: (seen) => (seen.queue === 'maildrop' ? WHY.maildrop : null),
  unnamed: (now) => (now === undefined ? WHY.gone : WHY.moving),
};

/** Deletes messages for good. What is to be undone must have been put on hold and copied out before. */
export function deleteMessages(
  context: Context,
  targets: readonly QueueIdentity[],
  watch: Watch,
): Promise<VerbOutcome> {
  return act(context, targets, watch, DELETE);
}
