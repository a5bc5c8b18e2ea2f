import { text } from '#shared/model/text.ts';
import type { QueueIdentity, VerbOutcome, Watch } from '../driver.ts';
import { act, type Deed, WHY } from './act.ts';
import type { Context } from './context.ts';

const WAITING = text(
  /*i18n*/ { id: 'postfix.skip.requeued', message: 'It is waiting to be taken in already (maildrop)' },
);

const REQUEUE: Deed = {
  name: 'requeue',
  command: () => 'requeue',
  word: 'requeued',
  refuses: (seen) => (seen.queue === 'maildrop' ? WAITING : null),
  unnamed: (now) => (now === undefined ? WHY.gone : now.queue === 'maildrop' ? 'done' : WHY.moving),
};

/**
 * Sends messages through pickup(8) and cleanup(8) once more: addresses are rewritten and routed anew. Arrival time,
 * sender and recipients stay; each gets a new id, and what twice() tells happens again. pickup(8) looks once a minute;
 * until then they stand in maildrop, where nothing else can be done to them.
 */
export function requeue(context: Context, targets: readonly QueueIdentity[], watch: Watch): Promise<VerbOutcome> {
  return act(context, targets, watch, REQUEUE);
}
