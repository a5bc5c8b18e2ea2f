import type { VerbOutcome } from '#drivers/driver.ts';
import type { TargetOutcome } from '#shared/model/change.ts';
import type { Text } from '#shared/model/text.ts';
import { OUTCOMES_KEPT } from '../limits.ts';

/** What became of the targets of a change, kept while it runs so that it is known also when the run breaks off. */
export class Tally<T extends { id: string }> {
  readonly done: T[] = [];
  readonly skipped: { target: T; why: Text }[] = [];
  readonly failed: { target: T; why: Text }[] = [];
  /** Put on hold on the way, and left so. */
  held: T[] = [];
  readonly notes: Text[] = [];

  /** Takes what a verb says of its targets; `as` finds the change's own target. */
  take(outcome: VerbOutcome, as: (id: string) => T | undefined): void {
    this.done.push(...outcome.done.flatMap(({ id }) => as(id) ?? []));
    this.leave(outcome, as);
  }

  /** Only what was left alone or failed: for a verb on the way to the one that counts. */
  leave({ skipped, failed }: Pick<VerbOutcome, 'skipped' | 'failed'>, as: (id: string) => T | undefined): void {
    for (const { target, why } of skipped) {
      const own = as(target.id);
      if (own !== undefined) this.skipped.push({ target: own, why });
    }
    for (const { target, why } of failed) {
      const own = as(target.id);
      if (own !== undefined) this.failed.push({ target: own, why });
    }
  }
}

export function told(outcomes: readonly { target: { id: string }; why: Text }[]): TargetOutcome[] {
  return outcomes.slice(0, OUTCOMES_KEPT).map(({ target, why }) => ({ target: target.id, why }));
}
