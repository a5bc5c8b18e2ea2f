import type { VerbOutcome } from '#drivers/driver.ts';
import { Failure } from '#shared/model/failure.ts';

/**
 * Runs one verb of a driver, and takes what it did also when it fails on the way: the failure carries that as
 * `detail.outcome`, which is for here and not for a person, so the failure goes on without it.
 */
export async function runVerb(verb: Promise<VerbOutcome>, take: (outcome: VerbOutcome) => void): Promise<void> {
  let outcome: VerbOutcome;
  try {
    outcome = await verb;
  } catch (error) {
    if (!(error instanceof Failure) || error.detail['outcome'] === undefined) throw error;
    const { outcome: partial, ...detail } = error.detail;
    take(partial as VerbOutcome);
    throw new Failure(error.code, error.text, {
      ...(error.hint === null ? {} : { hint: error.hint }),
      retryable: error.retryable,
      detail,
      cause: error.cause,
    });
  }
  take(outcome);
}
