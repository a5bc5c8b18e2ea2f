import { text } from '#shared/model/text.ts';
import type { QueueIdentity, VerbOutcome, Watch } from '../driver.ts';
import { IDS, newOutcome, WHY, withOutcome } from './act.ts';
import { asFailed, asRan, type Context } from './context.ts';
import { type Facts, USUAL_PATHS } from './facts.ts';
import { LIMITS } from './limits.ts';
import { look } from './look.ts';
import { FLUSH } from './scripts.ts';

const HELD = text(/*i18n*/ { id: 'postfix.skip.held', message: 'It is on hold: release it first' });

/** The command that flushes ids given on standard input. postqueue is set-group-id: it needs no root. */
export function flushArgv({ paths }: Pick<Facts, 'paths'>): string[] {
  const postqueue = paths.postqueue ?? USUAL_PATHS.postqueue ?? 'postqueue';
  return [paths.sh ?? '/bin/sh', '-c', FLUSH, 'postdeck-flush', postqueue];
}

/** Has delivery of messages tried now (`postqueue -i`, one id a call: it takes no list). */
export async function flush(context: Context, targets: readonly QueueIdentity[], watch: Watch): Promise<VerbOutcome> {
  const outcome = newOutcome();
  try {
    const facts = await context.facts(watch.signal);
    // One look for all where it lists the whole queue, else one for each batch.
    const step = (await context.canLook(watch.signal)) ? LIMITS.FLUSH_BATCH : Math.max(targets.length, 1);
    for (let at = 0; at < targets.length; at += step) {
      const part = targets.slice(at, at + step);
      const seen = watch.signal.aborted ? new Map() : await look(context, part, NEVER);
      const due: QueueIdentity[] = [];
      for (const target of part) {
        const now = seen.get(target.id);
        if (watch.signal.aborted) outcome.skipped.push({ target, why: WHY.cancelled });
        else if (!now) outcome.skipped.push({ target, why: WHY.gone });
        else if (!now.is(target)) outcome.skipped.push({ target, why: WHY.other });
        else if (now.queue === 'hold') outcome.skipped.push({ target, why: HELD });
        else due.push(target);
      }
      for (let i = 0; i < due.length; i += LIMITS.FLUSH_BATCH) {
        const batch = due.slice(i, i + LIMITS.FLUSH_BATCH);
        if (watch.signal.aborted) for (const target of batch) outcome.skipped.push({ target, why: WHY.cancelled });
        else outcome.done.push(...(await flushBatch(context, facts, batch, watch)));
        watch.progress(outcome.done.length);
      }
    }
  } catch (error) {
    throw withOutcome(error, outcome);
  }
  return outcome;
}

const NEVER = new AbortController().signal;

/** Flushes messages that were just seen. */
export async function flushBatch(
  context: Context,
  facts: Facts,
  batch: readonly QueueIdentity[],
  watch: Watch,
): Promise<readonly QueueIdentity[]> {
  if (batch.length === 0) return [];
  const stdin = `${batch.map((target) => target.id).join('\n')}\n`;
  const note = { what: IDS, bytes: stdin.length };
  const argv = flushArgv(facts);
  const since = performance.now();
  try {
    const result = await context.machine.run({ name: 'flush', argv, stdin, deadline: LIMITS.BATCH_SECONDS });
    watch.ran(asRan(result, note));
  } catch (error) {
    watch.ran(asFailed(context.machine.describe({ argv }), note, since, error));
    throw error;
  }
  return batch;
}
