import type { Plan } from '#shared/model/change.ts';
import type { FailureData } from '#shared/model/failure.ts';
import { type Text, text } from '#shared/model/text.ts';
import { keepAll } from './keep.ts';
import type { Journal } from './journal.ts';
import type { AnyKind, ReadContext } from './kind.ts';
import type { FinishedBody } from './record.ts';
import { told as outcomes } from './tally.ts';

/**
 * Tells how far a change that broke off got, by reading the server. Repeats nothing.
 *
 * @param proven Targets of which the server's commands said that they were done.
 * @param why Why it broke off: cancelled, failed, or (null) found interrupted.
 */
export async function settle(
  kind: AnyKind,
  context: ReadContext<Plan['request'], { id: string }>,
  proven: readonly { id: string }[],
  journal: Journal,
  planned: Pick<Plan, 'undo' | 'undoNote'>,
  why: { failure: FailureData; cancelled: boolean } | null,
): Promise<FinishedBody> {
  const found = await kind.reconcile(context);
  const { held, untold, notes } = found;
  const told = new Set(found.done.map(({ id }) => id));
  const done = [...found.done, ...proven.filter(({ id }) => !told.has(id))];
  const known = new Set(done.map(({ id }) => id));
  const left = found.left.filter(({ target }) => !known.has(target.id));
  const all = context.targets.length;
  // Nobody was there to hear what the last command said: perhaps something is not nothing, which `failed` would be read as.
  const perhaps = why === null && untold > 0;
  const something = done.length > 0 || held.length > 0 || perhaps;
  return {
    status: why?.cancelled === true ? 'cancelled' : done.length === all ? 'done' : something ? 'partial' : 'failed',
    applied: done.length,
    skipped: outcomes(left),
    skippedTotal: left.length,
    failed: [],
    failedTotal: 0,
    verified: why === null && done.length === all ? true : null,
    notes: [...(why === null ? [] : [why.failure.message]), ...counts(done.length, held.length, left.length), ...notes],
    ...kind.reach(planned, { done, held }),
    lists: keepAll(journal, { done, held }),
  };
}

function counts(done: number, held: number, left: number): Text[] {
  return [
    text(
      /*i18n*/ {
        id: 'change.settled',
        message:
          'Read from the server: done on {done, plural, one {# target} other {# targets}}, {held} held on the way, {left} left as they were or gone',
      },
      { done, held, left },
    ),
  ];
}
