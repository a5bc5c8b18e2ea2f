import { setMaxListeners } from 'node:events';
import type { QueueIdentity, VerbOutcome } from '#drivers/driver.ts';
import { assertNever } from '#shared/model/assert-never.ts';
import type { ChangeRequest, SafeCopies, UndoReach } from '#shared/model/change.ts';
import { Failure } from '#shared/model/failure.ts';
import { type Text, text } from '#shared/model/text.ts';
import type { Found, Kind, RunContext } from '../../changes/kind.ts';
import { isLost } from '../../changes/lost.ts';
import { runVerb } from '../../changes/run-verb.ts';
import type { Safe } from '../../changes/safe/safe.ts';
import type { QueueReadings } from '../readings.ts';
import { groupTargets, Identity, identityOf, needCapability, onlyFit, resolveTargets, totalSize } from './targets.ts';
import { byId, leftWords, READ_BACK, standings, stepsOf, untoldNote, withoutIds } from './verb.ts';
import { activeWarning } from './verbs.ts';

export type DeleteRequest = Extract<ChangeRequest, { kind: 'queue.delete' }>;
type Run = RunContext<DeleteRequest, QueueIdentity>;

const STAGES = {
  hold: text(/*i18n*/ { id: 'queue.delete.stage.hold', message: 'Hold' }),
  copy: text(/*i18n*/ { id: 'queue.delete.stage.copy', message: 'Copy to the safe' }),
  check: text(/*i18n*/ { id: 'queue.delete.stage.check', message: 'Check the copies' }),
  delete: text(/*i18n*/ { id: 'queue.delete.stage.delete', message: 'Delete' }),
};

export interface DeleteServices {
  readings: QueueReadings;
  safe: Safe;
  keepDays: () => number;
}

/**
 * Deleting. With copies: hold (held files no longer move), one archive of them all into the safe, check that it is
 * whole and opens, and only then delete what is in it. A message that could not be copied is not deleted.
 */
export function deleteKind(services: DeleteServices): Kind<DeleteRequest, QueueIdentity> {
  const { readings, safe, keepDays } = services;
  return {
    kind: 'queue.delete',
    target: Identity,
    recorded: (request) => withoutIds(request),
    undoes: () => null,

    async plan({ request, server, session, signal, expected }) {
      await needCapability(session, 'queue.delete', signal);
      if (request.copies) {
        await needCapability(session, 'queue.hold', signal);
        await needCapability(session, 'queue.copies', signal);
      }
      const context = { serverId: server.id, session, readings, signal, expected };
      const resolved = await resolveTargets(request.target, context, true);
      const { messages, warnings } = onlyFit(
        resolved,
        () => true,
        () => text(NOTHING),
      );
      const count = messages.length;
      const size = totalSize(messages);
      const queue = session.queue;
      const holding = messages.filter((message) => message.queue !== 'hold').length;
      const copies = request.copies ? safeEstimate(safe, count, size, keepDays()) : null;
      const key = request.copies ? await keyWarning(safe) : [];
      return {
        title: text(
          /*i18n*/ {
            id: 'queue.delete.title',
            message: 'Delete {count, plural, one {# message} other {# messages}} on {server}',
          },
          { count, server: server.name },
        ),
        effect: text(
          /*i18n*/ {
            id: 'queue.delete.effect',
            message: 'They leave the queue and are not delivered. Senders get no bounce',
          },
        ),
        steps: [
          ...(request.copies && holding > 0 ? stepsOf('hold', STAGES.hold, queue.preview('hold', holding)) : []),
          ...(request.copies ? stepsOf('copy', STAGES.copy, queue.preview('copyOut', count)) : []),
          ...stepsOf('delete', STAGES.delete, queue.preview('delete', count, { held: request.copies })),
        ],
        targets: messages.map(identityOf),
        size,
        ...(await groupTargets(messages, queue, signal)),
        warnings: [...activeWarning(messages), ...spaceWarning(copies), ...key, ...warnings],
        ...reachOf(request.copies),
        safeCopies: copies,
        stages: [
          ...(request.copies
            ? [
                { id: 'hold', title: STAGES.hold, unit: 'messages' as const, total: holding },
                { id: 'copy', title: STAGES.copy, unit: 'messages' as const, total: count },
                { id: 'check', title: STAGES.check, unit: null, total: null },
              ]
            : []),
          { id: 'delete', title: STAGES.delete, unit: 'messages', total: count },
          { id: 'verify', title: READ_BACK, unit: null, total: null },
        ],
        cancelLeaves: request.copies ? text(LEAVES_COPIES) : text(LEAVES_BARE),
      };
    },

    async apply(run) {
      const { request, targets, session, stage, tally } = run;
      const own = byId(targets);
      if (!request.copies) {
        const deleting = session.queue.delete(targets, stage('delete', targets.length));
        await runVerb(deleting, (outcome) => tally.take(outcome, (id) => own.get(id)));
        return;
      }
      const held = await holdAll(run);
      const stored = held.length === 0 ? [] : await copyOrLetGo(run, services, held);
      if (stored.length > 0 && !run.signal.aborted) {
        const deleting = session.queue.delete(stored, stage('delete', stored.length));
        await runVerb(deleting, (outcome) => {
          tally.take(outcome, (id) => own.get(id));
          const gone = new Set(outcome.done.map(({ id }) => id));
          tally.held = tally.held.filter(({ id }) => !gone.has(id));
        });
      }
      await releaseLeft(run);
    },

    async verify(context, tally) {
      if (tally.done.length === 0) return { verified: null, notes: [] };
      const there = (await standings(context, tally.done)).filter(([, standing]) => typeof standing === 'object');
      if (there.length === 0) return { verified: true, notes: [] };
      const note = text(
        /*i18n*/ {
          id: 'queue.delete.still',
          message: 'Read back: {count, plural, one {# message is} other {# messages are}} still in the queue',
        },
        { count: there.length },
      );
      return { verified: false, notes: [note] };
    },

    async reconcile(context) {
      const stored = new Set(context.reached.stored?.map(({ id }) => id));
      const found: Found<QueueIdentity> = { done: [], held: [], left: [], untold: 0, notes: [] };
      for (const [target, standing] of await standings(context, context.targets)) {
        const isObject = typeof standing === 'object';
        if (!isObject && stored.has(target.id)) found.done.push(target);
        else if (!isObject && !context.request.copies) {
          found.left.push({ target, why: text(GONE_EITHER_WAY) });
          found.untold += 1;
        } else if (isObject && standing.now.queue === 'hold' && target.queue !== 'hold') found.held.push(target);
        else found.left.push({ target, why: leftWords(standing) });
      }
      if (found.untold > 0) found.notes.push(untoldNote(found.untold));
      return found;
    },

    inverse: (original, remaining) => {
      const held = original.lists.held?.count ?? 0;
      const copies = original.safe !== null && !original.dropped && remaining.length > 0;
      if (!copies && held === 0) return null;
      const { id: changeId, serverId } = original.change;
      return { request: { kind: 'queue.restore', serverId, changeId, hold: false }, expected: remaining };
    },

    reach: (planned) => planned,
  };
}

/** Puts everything on hold that is not. Resolves to the targets that are on hold now. */
async function holdAll({ targets, session, stage, tally, reached }: Run): Promise<QueueIdentity[]> {
  const own = byId(targets);
  const moving = targets.filter(({ queue }) => queue !== 'hold');
  const before = targets.filter(({ queue }) => queue === 'hold');
  const watch = stage('hold', moving.length);
  if (moving.length === 0) return before;
  await runVerb(session.queue.hold(moving, watch), (outcome) => {
    tally.leave(outcome, (id) => own.get(id));
    tally.held = outcome.done.flatMap(({ id }) => own.get(id) ?? []);
    reached({ lists: { held: tally.held } });
  });
  return [...before, ...tally.held];
}

/** A copy that fails (a full disk, an archive cut short) leaves nothing on hold that was not so before. */
async function copyOrLetGo(run: Run, services: DeleteServices, held: QueueIdentity[]): Promise<QueueIdentity[]> {
  try {
    return await copyAll(run, services, held);
  } catch (error) {
    // Cancelled: undo lets go of them, and says so. Connection lost: nothing can be done now.
    if (!run.signal.aborted && !isLost(error)) await releaseLeft(run).catch(() => undefined);
    throw error;
  }
}

/** Copies what is on hold into the safe and checks it there. Resolves to what is safely stored. */
async function copyAll(run: Run, { safe, keepDays }: DeleteServices, held: QueueIdentity[]): Promise<QueueIdentity[]> {
  const { changeId, session, stage, tally, reached, signal, job } = run;
  signal.throwIfAborted();
  const watch = stage('copy', held.length);
  setMaxListeners(50, signal);
  const { archive, stored } = await session.queue.copyOut(held, watch);
  const file = await safe.store(changeId, archive, signal);
  const ids = new Set(await stored);
  const inside = held.filter(({ id }) => ids.has(id));
  const missing = held.filter(({ id }) => !ids.has(id));
  const why = text(
    /*i18n*/ { id: 'queue.delete.not-copied', message: 'Could not be copied to the safe, so it was not deleted' },
  );
  for (const target of missing) tally.failed.push({ target, why });
  watch.progress(inside.length);
  stage('check');
  await safe.check(changeId, file, signal);
  signal.throwIfAborted();
  const keptUntil = new Date(Date.now() + keepDays() * 86_400_000).toISOString();
  reached({
    safe: { ...file, unpacked: totalSize(inside), count: inside.length, keptUntil },
    lists: { stored: inside },
  });
  job.cancelLeaves(text(LEAVES_COPIES));
  return inside;
}

/** Lets go again of what was held for a copy that did not come about; what was held before stays so. */
async function releaseLeft({ targets, session, stage, tally, reached, signal }: Run): Promise<void> {
  if (tally.held.length === 0 || signal.aborted) return;
  const own = byId(targets);
  const outcome: VerbOutcome = await session.queue.release(tally.held, stage('release-left'));
  const free = new Set([...outcome.done, ...outcome.skipped.map(({ target }) => target)].map(({ id }) => id));
  tally.held = tally.held.filter(({ id }) => !free.has(id));
  reached({ lists: { held: tally.held } });
  tally.notes.push(
    text(
      /*i18n*/ {
        id: 'queue.delete.let-go',
        message:
          '{count, plural, one {# message that was not deleted was} other {# messages that were not deleted were}} released again',
      },
      { count: outcome.done.flatMap(({ id }) => own.get(id) ?? []).length },
    ),
  );
}

function safeEstimate(safe: Safe, count: number, unpacked: number, days: number): SafeCopies {
  return {
    count,
    bytes: safe.estimate(unpacked),
    estimated: true,
    unpacked,
    keptUntil: new Date(Date.now() + days * 86_400_000).toISOString(),
    free: safe.free(),
  };
}

function spaceWarning(copies: SafeCopies | null): Text[] {
  if (copies === null || copies.free > copies.unpacked) return [];
  if (copies.free < copies.bytes) {
    throw new Failure(
      'LIMIT',
      text(
        /*i18n*/ {
          id: 'queue.delete.no-space',
          message: 'The safe copies need about {bytes} bytes on this computer, and {free} are free',
        },
        { bytes: copies.bytes, free: copies.free },
      ),
      {
        hint: text(
          /*i18n*/ {
            id: 'queue.delete.no-space.hint',
            message: 'Free some space, choose fewer messages, or delete without copies',
          },
        ),
      },
    );
  }
  return [
    text(
      /*i18n*/ {
        id: 'queue.delete.tight',
        message: 'Space for the safe copies may be short; if it runs out, nothing is deleted',
      },
    ),
  ];
}

/** What protects the copies, where it is not the keychain of the one who sits here. */
async function keyWarning(safe: Safe): Promise<Text[]> {
  const place = await safe.keyPlace();
  switch (place) {
    case 'keeper':
      return [];
    case 'vault':
      return [
        text(
          /*i18n*/ {
            id: 'queue.delete.key-vault',
            message:
              'No keychain is used here: the safe copies are encrypted with a key kept in the vault, and without its passphrase they cannot be opened',
          },
        ),
      ];
    case 'file':
      return [
        text(
          /*i18n*/ {
            id: 'queue.delete.key-file',
            message:
              'No keychain is used here, and there is no vault: the safe copies are encrypted with a key kept in the data folder (safe.key), so who can read that folder can read them',
          },
        ),
      ];
    default:
      return assertNever(place, 'place of a key');
  }
}

const NOTHING = /*i18n*/ {
  id: 'queue.plan.nothing',
  message: 'No message in the queue matches; there is nothing to do',
};
const LEAVES_COPIES = /*i18n*/ {
  id: 'queue.delete.leaves',
  message: 'What is deleted by then is in the safe, what is held by then stays on hold; undo takes both back',
};
const LEAVES_BARE = /*i18n*/ { id: 'queue.delete.leaves-bare', message: 'What is deleted by then is gone' };
const GONE_EITHER_WAY = /*i18n*/ {
  id: 'queue.delete.gone-either',
  message: 'No longer in the queue: deleted by this change, or delivered before it',
};

function reachOf(copies: boolean): { undo: UndoReach; undoNote: Text } {
  if (!copies) {
    return {
      undo: 'none',
      undoNote: text(
        /*i18n*/ {
          id: 'queue.delete.undo-none',
          message: 'Without safe copies a deleted message cannot be brought back',
        },
      ),
    };
  }
  return {
    undo: 'full',
    undoNote: text(
      /*i18n*/ {
        id: 'queue.delete.undo-full',
        message: 'Undo puts them back with the same envelope, content and arrival time. Queue ids change',
      },
    ),
  };
}
