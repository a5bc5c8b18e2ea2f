import { Failure, isFailure } from '#shared/model/failure.ts';
import { type Text, text } from '#shared/model/text.ts';
import type { QueueIdentity, VerbOutcome, Watch } from '../driver.ts';
import type { RootCommand } from './commands.ts';
import { asFailed, asRan, type Context, runRoot } from './context.ts';
import { rootCommands } from './commands.ts';
import { LIMITS } from './limits.ts';
import { look, type Seen } from './look.ts';
import { parsePostsuper, type PostsuperWord, withoutIdLines } from './parse/postsuper.ts';

export const IDS = text(/*i18n*/ { id: 'postfix.stdin.ids', message: 'queue ids, one a line' });

export const WHY = {
  gone: text(/*i18n*/ { id: 'postfix.skip.gone', message: 'It is no longer in the queue' }),
  other: text(
    /*i18n*/ {
      id: 'postfix.skip.other',
      message: 'Another message has this id now: arrival time, sender or size differ',
    },
  ),
  cancelled: text(/*i18n*/ { id: 'postfix.skip.cancelled', message: 'Cancelled before it was its turn' }),
  moving: text(
    /*i18n*/ {
      id: 'postfix.skip.moving',
      message: 'Postfix was moving it to another queue just then, and it was left as it is',
    },
  ),
  maildrop: text(
    /*i18n*/ {
      id: 'postfix.skip.in-maildrop',
      message:
        'It waits for Postfix to take it in (maildrop), which can take a minute; then read the queue again, where it has a new id',
    },
  ),
} as const;

/** What was done before a verb failed, for `detail.outcome` of the failure. */
export function newOutcome(): VerbOutcome {
  return { done: [], skipped: [], failed: [] };
}

/**
 * How one postsuper verb acts. Its word in postsuper's answer is the proof for a message; for one that postsuper did
 * not name, `unnamed` says what its present state means (undefined: gone).
 */
export interface Deed {
  name: string;
  command(seen: Seen): RootCommand;
  word: PostsuperWord;
  /** Why a message that is there is not acted on; null: it is. */
  refuses?(seen: Seen): Text | null;
  unnamed(now: Seen | undefined): 'done' | Text;
}

/** Messages cut into batches: a small one first, so that something is seen to happen. */
export function batches<T>(all: readonly T[]): T[][] {
  const cut: T[][] = [];
  for (let at = 0; at < all.length; ) {
    const size = at === 0 ? LIMITS.FIRST_BATCH : LIMITS.BATCH;
    cut.push(all.slice(at, at + size));
    at += size;
  }
  return cut;
}

/**
 * Does one deed to messages, batch by batch. Each batch is looked at directly before its command, and only messages
 * that are still the same are taken: the next batch is looked at while the command for this one runs, so that looking
 * costs no time and is never older than one command.
 *
 * A cancel waits for the command under way, so that what was done is known. A failure carries what was done until then
 * as `detail.outcome`.
 */
export async function act(
  context: Context,
  targets: readonly QueueIdentity[],
  watch: Watch,
  deed: Deed,
): Promise<VerbOutcome> {
  const outcome = newOutcome();
  const work = batches(targets);
  const lookAt = (batch: readonly QueueIdentity[] | undefined): Promise<Map<string, Seen>> => {
    const looking = look(context, watch.signal.aborted ? [] : (batch ?? []), NEVER);
    looking.catch(() => {}); // thrown where it is awaited
    return looking;
  };
  try {
    let looking = lookAt(work[0]);
    for (const [i, batch] of work.entries()) {
      const seen = await looking;
      if (watch.signal.aborted) {
        for (const target of work.slice(i).flat()) outcome.skipped.push({ target, why: WHY.cancelled });
        break;
      }
      looking = lookAt(work[i + 1]);
      await actOnBatch(context, batch, seen, watch, deed, outcome);
      watch.progress(outcome.done.length);
    }
  } catch (error) {
    throw withOutcome(error, outcome);
  }
  return outcome;
}

/** A verb's own looks are not cut off by a cancel: the batch they belong to is finished first. */
const NEVER = new AbortController().signal;

async function actOnBatch(
  context: Context,
  batch: readonly QueueIdentity[],
  seen: ReadonlyMap<string, Seen>,
  watch: Watch,
  deed: Deed,
  outcome: VerbOutcome,
): Promise<void> {
  const byCommand = new Map<RootCommand, QueueIdentity[]>();
  for (const target of batch) {
    const now = seen.get(target.id);
    const why = !now ? WHY.gone : !now.is(target) ? WHY.other : (deed.refuses?.(now) ?? null);
    if (why !== null || !now) {
      outcome.skipped.push({ target, why: why ?? WHY.gone });
      continue;
    }
    const command = deed.command(now);
    const same = byCommand.get(command);
    if (same) same.push(target);
    else byCommand.set(command, [target]);
  }
  for (const [command, same] of byCommand) {
    const named = await postsuper(context, command, same, watch, deed);
    const unnamed: QueueIdentity[] = [];
    for (const target of same) {
      if (named.has(target.id)) outcome.done.push(target);
      else unnamed.push(target);
    }
    if (unnamed.length === 0) continue;
    const now = await look(context, unnamed, NEVER);
    for (const target of unnamed) {
      const found = now.get(target.id);
      const verdict = deed.unnamed(found?.is(target) ? found : undefined);
      if (verdict === 'done') outcome.done.push(target);
      else outcome.skipped.push({ target, why: verdict });
    }
  }
}

/** Runs one postsuper command over ids; returns the ids it named with the deed's word. */
async function postsuper(
  context: Context,
  command: RootCommand,
  targets: readonly QueueIdentity[],
  watch: Watch,
  deed: Deed,
): Promise<Set<string>> {
  const stdin = `${targets.map((target) => target.id).join('\n')}\n`;
  const note = { what: IDS, bytes: stdin.length };
  const since = performance.now();
  let result: Awaited<ReturnType<typeof runRoot>>;
  try {
    result = await runRoot(context, command, { name: deed.name, stdin, deadline: LIMITS.BATCH_SECONDS });
  } catch (error) {
    const { argv } = rootCommands(context.known)[command];
    watch.ran(asFailed(context.machine.describe({ argv, root: true }), note, since, error));
    throw error;
  }
  watch.ran(asRan(result, note, withoutIdLines(result.stderr)));
  const { ids, complaints } = parsePostsuper(result.stderr);
  const fatal = complaints.find((line) => /^postsuper: (fatal|panic):/.test(line));
  if (fatal !== undefined) {
    throw new Failure(
      'REMOTE_FAILED',
      text(/*i18n*/ { id: 'postfix.postsuper.failed', message: 'postsuper gave up: {words}' }, { words: fatal }),
      { detail: { command: result.command, stderr: result.stderr.slice(-LIMITS.OUTPUT_KEPT) } },
    );
  }
  return new Set([...ids].filter(([, words]) => words.has(deed.word)).map(([id]) => id));
}

/** The failure of a verb, with what had been done until then. */
export function withOutcome(error: unknown, outcome: VerbOutcome): unknown {
  if (!isFailure(error)) return error;
  return new Failure(error.code, error.text, {
    ...(error.hint ? { hint: error.hint } : {}),
    retryable: error.retryable,
    detail: { ...error.detail, outcome },
    cause: error.cause,
  });
}
