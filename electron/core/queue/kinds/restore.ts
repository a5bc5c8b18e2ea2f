import { z } from 'zod';
import type { QueueIdentity } from '#drivers/driver.ts';
import type { ChangeRequest } from '#shared/model/change.ts';
import { Failure } from '#shared/model/failure.ts';
import type { QueueMessage } from '#shared/model/queue.ts';
import { text } from '#shared/model/text.ts';
import type { ChangeRecord } from '../../changes/fold.ts';
import type { Found, Kind, ReadContext, RunContext } from '../../changes/kind.ts';
import type { SafeRecord } from '../../changes/record.ts';
import { runVerb } from '../../changes/run-verb.ts';
import type { Safe } from '../../changes/safe/safe.ts';
import { groupTargets, Identity, identityOf, isSame, needCapability, totalSize } from './targets.ts';
import { byId, READ_BACK, standings, stepsOf } from './verb.ts';

export type RestoreRequest = Extract<ChangeRequest, { kind: 'queue.restore' }>;

/** A message to take back: from the safe, or from the hold that a delete put it on and left it in. */
export type RestoreTarget = QueueIdentity & { part: 'copy' | 'held' };
const RestoreTarget: z.ZodType<RestoreTarget> = z.intersection(Identity, z.object({ part: z.enum(['copy', 'held']) }));

const STAGES = {
  check: text(/*i18n*/ { id: 'queue.restore.stage.check', message: 'Check the copies' }),
  restore: text(/*i18n*/ { id: 'queue.restore.stage.restore', message: 'Put back' }),
  release: text(/*i18n*/ { id: 'queue.restore.stage.release', message: 'Release' }),
};

export interface RestoreServices {
  safe: Safe;
  /** What of a delete is still to be taken back. */
  remaining: (original: ChangeRecord) => QueueIdentity[];
  /** What a delete put on hold and left so. */
  held: (original: ChangeRecord) => QueueIdentity[];
}

/** Puts back what a delete copied, and lets go of what it only held. Messages that had been on hold go back on hold. */
export function restoreKind({ safe, remaining, held }: RestoreServices): Kind<RestoreRequest, RestoreTarget> {
  return {
    kind: 'queue.restore',
    target: RestoreTarget,
    recorded: (request) => request,
    undoes: ({ changeId }) => changeId,

    async plan({ request, server, session, signal, original }) {
      if (original === null || original.kind !== 'queue.delete' || original.change.serverId !== server.id) {
        throw nothing(
          text(
            /*i18n*/ { id: 'queue.restore.none', message: 'Change {changeId} deleted nothing on {server}' },
            { changeId: request.changeId, server: server.name },
          ),
        );
      }
      const copies = original.safe === null || original.dropped ? [] : remaining(original);
      const waiting = request.hold ? [] : await stillHeld(held(original), session.queue, signal);
      if (copies.length > 0) await needCapability(session, 'queue.restore', signal);
      if (waiting.length > 0) await needCapability(session, 'queue.release', signal);
      const all = [...copies, ...waiting];
      if (all.length === 0) {
        throw nothing(
          text(/*i18n*/ { id: 'queue.restore.nothing', message: 'Nothing of this change is left to put back' }),
        );
      }
      if (copies.length > 0 && original.safe !== null) await needFile(safe, original.safe);
      const queue = session.queue;
      const groups = await groupTargets(all, null, signal);
      return {
        title: text(
          /*i18n*/ {
            id: 'queue.restore.title',
            message: 'Put back {count, plural, one {# message} other {# messages}} on {server}',
          },
          { count: all.length, server: server.name },
        ),
        effect: request.hold
          ? text(
              /*i18n*/ {
                id: 'queue.restore.effect-hold',
                message: 'They return to the queue and stay on hold until they are released',
              },
            )
          : text(
              /*i18n*/ {
                id: 'queue.restore.effect',
                message: 'They return to the queue and are delivered as usual; what had been on hold returns on hold',
              },
            ),
        steps: [
          ...(copies.length > 0 ? stepsOf('restore', STAGES.restore, queue.preview('restore', copies.length)) : []),
          ...(waiting.length > 0 ? stepsOf('release', STAGES.release, queue.preview('release', waiting.length)) : []),
        ],
        targets: [
          ...copies.map((target) => ({ ...identityOf(target), part: 'copy' as const })),
          ...waiting.map((target) => ({ ...identityOf(target), part: 'held' as const })),
        ],
        size: totalSize(all),
        ...groups,
        warnings: [],
        undo: 'none',
        undoNote: text(
          /*i18n*/ {
            id: 'queue.restore.undo',
            message: 'They have new ids and are on their way; delete them again if they should go',
          },
        ),
        safeCopies: null,
        stages: [
          ...(copies.length > 0
            ? [
                { id: 'check', title: STAGES.check, unit: null, total: null },
                { id: 'restore', title: STAGES.restore, unit: 'messages' as const, total: copies.length },
              ]
            : []),
          ...(waiting.length > 0
            ? [{ id: 'release', title: STAGES.release, unit: 'messages' as const, total: waiting.length }]
            : []),
          { id: 'verify', title: READ_BACK, unit: null, total: null },
        ],
        cancelLeaves: text(
          /*i18n*/ {
            id: 'queue.restore.leaves',
            message: 'What is back by then stays; the rest can be put back later',
          },
        ),
      };
    },

    async apply(run) {
      const { targets, session, stage, tally } = run;
      const own = byId(targets);
      const copies = targets.filter(({ part }) => part === 'copy');
      if (copies.length > 0) await putBack(run, safe, copies);
      const waiting = targets.filter(({ part }) => part === 'held');
      if (waiting.length > 0) {
        const releasing = session.queue.release(waiting, stage('release', waiting.length));
        await runVerb(releasing, (outcome) => tally.take(outcome, (id) => own.get(id)));
      }
    },

    async verify(context, tally) {
      const { back, gone } = await readBack(context, tally.done);
      if (gone.length === 0) return { verified: back.length > 0 ? true : null, notes: [] };
      const note = text(
        /*i18n*/ {
          id: 'queue.restore.gone',
          message:
            '{count, plural, one {# message is} other {# messages are}} no longer in the queue: delivered or bounced since',
        },
        { count: gone.length },
      );
      // On hold nothing leaves by itself: there, a message that is not seen was not put back.
      return { verified: context.request.hold ? false : null, notes: [note] };
    },

    async reconcile(context) {
      const { back, gone } = await readBack(context, context.targets);
      const why = text(
        /*i18n*/ { id: 'queue.restore.not-seen', message: 'Not in the queue: not put back, or delivered since' },
      );
      return {
        done: back,
        held: [],
        left: gone.map((target) => ({ target, why })),
        // On hold nothing leaves by itself: there, what is not seen was not put back.
        untold: context.request.hold ? 0 : gone.length,
        notes: [],
      } satisfies Found<RestoreTarget>;
    },

    inverse: () => null,
    reach: (planned) => planned,
  };
}

/** The safe is read whole and proved before the first message goes back. */
async function putBack(
  run: RunContext<RestoreRequest, RestoreTarget>,
  safe: Safe,
  copies: RestoreTarget[],
): Promise<void> {
  const { request, original, session, stage, signal, tally } = run;
  const stored = original?.safe ?? null;
  if (stored === null)
    throw nothing(
      text(/*i18n*/ { id: 'queue.restore.nothing', message: 'Nothing of this change is left to put back' }),
    );
  stage('check');
  await safe.check(request.changeId, stored, signal);
  const own = byId(copies);
  signal.throwIfAborted();
  // Ids change on the way back, so what looks like these messages and is there already must be known beforehand.
  const wanted = new Set(copies.map(markOf));
  const before: QueueIdentity[] = [];
  for await (const batch of session.queue.list({ signal })) {
    before.push(...batch.filter((message) => wanted.has(markOf(message))).map(identityOf));
  }
  run.reached({ lists: { before } });
  const archive = await safe.open(request.changeId, stored);
  try {
    const restoring = session.queue.restore(archive, copies, { hold: request.hold }, stage('restore', copies.length));
    await runVerb(restoring, (outcome) => tally.take(outcome, (id) => own.get(id)));
  } finally {
    archive.destroy();
  }
}

/** Arrival and sender stay when a message is put back. */
function markOf({ arrivalTime, sender }: Pick<QueueIdentity, 'arrivalTime' | 'sender'>): string {
  return `${Date.parse(arrivalTime)} ${sender}`;
}

/** Which targets are back: copies among what was not there before, and what was held is no longer. */
async function readBack(
  context: ReadContext<RestoreRequest, RestoreTarget>,
  targets: readonly RestoreTarget[],
): Promise<{ back: RestoreTarget[]; gone: RestoreTarget[] }> {
  const back: RestoreTarget[] = [];
  const gone: RestoreTarget[] = [];
  const there = await newcomers(context);
  for (const target of targets.filter(({ part }) => part === 'copy')) {
    const count = there.get(markOf(target)) ?? 0;
    if (count > 0) {
      there.set(markOf(target), count - 1);
      back.push(target);
    } else gone.push(target);
  }
  const held = targets.filter(({ part }) => part === 'held');
  const own = byId(held);
  for (const [{ id }, standing] of held.length === 0 ? [] : await standings(context, held)) {
    const target = own.get(id);
    if (target === undefined) continue;
    const waits = typeof standing === 'object' && standing.now.queue === 'hold';
    (waits ? gone : back).push(target);
  }
  return { back, gone };
}

/** How many messages of each mark came into the queue since the restore began. None: it never began. */
async function newcomers({
  session,
  signal,
  reached,
}: ReadContext<RestoreRequest, RestoreTarget>): Promise<Map<string, number>> {
  const there = new Map<string, number>();
  if (reached.before === undefined) return there;
  const before = new Set(reached.before.map(({ id }) => id));
  for await (const batch of session.queue.list({ signal })) {
    for (const message of batch) {
      if (before.has(message.id)) continue;
      const mark = markOf(message);
      there.set(mark, (there.get(mark) ?? 0) + 1);
    }
  }
  return there;
}

async function stillHeld(
  held: readonly QueueIdentity[],
  queue: { find(ids: readonly string[], signal: AbortSignal): Promise<QueueMessage[]> },
  signal: AbortSignal,
): Promise<QueueIdentity[]> {
  if (held.length === 0) return [];
  const now = byId(
    await queue.find(
      held.map(({ id }) => id),
      signal,
    ),
  );
  return held.filter((target) => {
    const message = now.get(target.id);
    return message !== undefined && message.queue === 'hold' && isSame(target, message);
  });
}

async function needFile(safe: Safe, { file }: SafeRecord): Promise<void> {
  if (await safe.has(file)) return;
  throw nothing(text(/*i18n*/ { id: 'safe.gone', message: 'The safe copies are no longer in the data folder' }));
}

function nothing(message: ReturnType<typeof text>): Failure {
  return new Failure('UNSAFE', message, {
    hint: text(
      /*i18n*/ { id: 'queue.restore.nothing.hint', message: 'Look at the change in the journal for what became of it' },
    ),
  });
}
