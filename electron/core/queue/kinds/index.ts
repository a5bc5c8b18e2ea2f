import type { QueueIdentity } from '#drivers/driver.ts';
import type { ChangeRecord } from '../../changes/fold.ts';
import type { AnyKind } from '../../changes/kind.ts';
import type { Journal } from '../../changes/journal.ts';
import { read, remainingOf } from '../../changes/undo.ts';
import { type DeleteServices, deleteKind } from './delete.ts';
import { restoreKind } from './restore.ts';
import { verbKind } from './verb.ts';
import { BOUNCE, FLUSH, HOLD, RELEASE, REQUEUE } from './verbs.ts';

export interface QueueKindServices extends DeleteServices {
  journal: Journal;
}

/** Everything that can be done to a queue. */
export function queueKinds(services: QueueKindServices): AnyKind[] {
  const { readings, safe, journal } = services;
  const remove = deleteKind(services);
  const ofDelete = remove as unknown as AnyKind;
  const restore = restoreKind({
    safe,
    remaining: (original: ChangeRecord) => remainingOf(journal, ofDelete, original) as QueueIdentity[],
    held: (original: ChangeRecord) => read(journal, ofDelete, original.lists.held) as QueueIdentity[],
  });
  // Each kind gets back only requests and targets of its own: the registry finds it by the request's kind.
  return [
    ...[HOLD, RELEASE, REQUEUE, FLUSH, BOUNCE].map((spec) => verbKind(spec, readings) as unknown as AnyKind),
    ofDelete,
    restore,
  ];
}
