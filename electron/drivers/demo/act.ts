import { setImmediate as breathe } from 'node:timers/promises';
import type { QueueMessage } from '#shared/model/queue.ts';
import { type Text, text } from '#shared/model/text.ts';
import type { QueueIdentity, VerbOutcome, Watch } from '../driver.ts';
import type { DemoMessage } from './world.ts';
import type { DemoEdit, DemoState } from './state.ts';

/** Messages a verb takes at once; after each handful the queue is saved, and it looks whether it has been cancelled. */
const HANDFUL = 2_000;

export const GONE: Text = text(/*i18n*/ { id: 'queue.outcome.gone', message: 'No longer in the queue' });
export const OTHER: Text = text(
  /*i18n*/ { id: 'queue.outcome.other', message: 'The id now belongs to another message; it was left alone' },
);

export function isSame(target: QueueIdentity, message: QueueMessage): boolean {
  return target.arrivalTime === message.arrivalTime && target.sender === message.sender;
}

export function identityOf({ id, arrivalTime, sender, queue, size }: QueueMessage): QueueIdentity {
  return { id, arrivalTime, sender, queue, size };
}

export interface Act {
  command: string;
  /** Done to each message that is still the same. null: done; a text: left alone, and why. */
  each(demo: DemoMessage, edit: DemoEdit): Text | null;
  /** The last line the command prints. */
  output(done: number): string;
}

/** Runs one verb over its targets as a real server would: what is gone or another message is left alone. */
export async function act(
  state: DemoState,
  targets: readonly QueueIdentity[],
  watch: Watch,
  how: Act,
): Promise<VerbOutcome> {
  const outcome: VerbOutcome = { done: [], skipped: [], failed: [] };
  const started = performance.now();
  let cut = true;
  try {
    for (let at = 0; at < targets.length; at += HANDFUL) {
      watch.signal.throwIfAborted();
      state.change((edit) => {
        const messages = state.messages();
        for (const target of targets.slice(at, at + HANDFUL)) {
          const demo = messages.get(target.id);
          if (demo === undefined) outcome.skipped.push({ target, why: GONE });
          else if (!isSame(target, demo.message)) outcome.skipped.push({ target, why: OTHER });
          else {
            const why = how.each(demo, edit);
            if (why === null) outcome.done.push(target);
            else outcome.skipped.push({ target, why });
          }
        }
      });
      watch.progress(outcome.done.length + outcome.skipped.length);
      await breathe();
    }
    cut = false;
  } finally {
    watch.ran({
      command: how.command,
      stdin: { what: idsText(targets.length), bytes: idBytes(targets) },
      exit: cut ? null : 0,
      signal: cut ? 'TERM' : null,
      ms: performance.now() - started,
      output: how.output(outcome.done.length),
    });
  }
  return outcome;
}

export function idsText(count: number): Text {
  return text(
    /*i18n*/ { id: 'queue.stdin.ids', message: '{count, plural, one {# queue id} other {# queue ids}}' },
    { count },
  );
}

export function idBytes(targets: readonly { id: string }[]): number {
  return targets.reduce((sum, { id }) => sum + id.length + 1, 0);
}
