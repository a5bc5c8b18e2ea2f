import { Failure } from '#shared/model/failure.ts';
import { text } from '#shared/model/text.ts';
import type { Edge } from '../door/edge.ts';

export function changeHandlers(os: Edge) {
  const no = (): never => {
    throw new Failure(
      'UNSUPPORTED',
      text(/*i18n*/ { id: 'changes.not-yet', message: 'This build does not change anything yet' }),
    );
  };
  return {
    plan: os.changes.plan.handler(no),
    planTargets: os.changes.planTargets.handler(no),
    apply: os.changes.apply.handler(no),
    discard: os.changes.discard.handler(no),
    list: os.changes.list.handler(no),
    show: os.changes.show.handler(no),
    entries: os.changes.entries.handler(no),
    planUndo: os.changes.planUndo.handler(no),
    reconcile: os.changes.reconcile.handler(no),
    verify: os.changes.verify.handler(no),
  };
}
