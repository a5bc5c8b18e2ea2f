import type { Edge } from '../door/edge.ts';
import type { Changes } from './changes.ts';
import type { Journal } from './journal.ts';

export function changeHandlers(os: Edge, changes: Changes, journal: Journal) {
  const { plans, history } = changes;
  return {
    plan: os.changes.plan.handler(({ input, signal }) => changes.plan(input.request, signal ?? never())),
    planTargets: os.changes.planTargets.handler(({ input }) => plans.targets(input.planId, input.offset, input.count)),
    apply: os.changes.apply.handler(({ input, signal }) =>
      changes.apply(input.planId, input.reason, input.understood, signal ?? never()),
    ),
    discard: os.changes.discard.handler(({ input }) => ({ discarded: plans.discard(input.planId) })),
    list: os.changes.list.handler(({ input }) => {
      changes.noticeInterrupted();
      return history.list(input);
    }),
    show: os.changes.show.handler(({ input }) => {
      changes.noticeInterrupted();
      return history.change(input.changeId);
    }),
    entries: os.changes.entries.handler(({ input }) => {
      history.record(input.changeId);
      return journal.entriesOf(input.changeId);
    }),
    planUndo: os.changes.planUndo.handler(({ input, signal }) => changes.planUndo(input.changeId, signal ?? never())),
    reconcile: os.changes.reconcile.handler(async ({ input, signal }) => {
      await changes.reconcile(input.changeId, signal ?? never());
      return history.change(input.changeId);
    }),
    verify: os.changes.verify.handler(() => journal.verify()),
  };
}

/** For calls that carry no signal (in process): one that never aborts. */
function never(): AbortSignal {
  return new AbortController().signal;
}
