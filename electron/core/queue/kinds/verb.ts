import type { QueueIdentity, QueueVerb } from '#drivers/driver.ts';
import type { ChangeRequest, PlanStep, UndoReach } from '#shared/model/change.ts';
import type { QueueMessage } from '#shared/model/queue.ts';
import type { CapabilityId } from '#shared/model/server.ts';
import { type Text, text } from '#shared/model/text.ts';
import type { Found, Kind, ReadContext, Verdict } from '../../changes/kind.ts';
import { runVerb } from '../../changes/run-verb.ts';
import type { Tally } from '../../changes/tally.ts';
import type { QueueReadings } from '../readings.ts';
import {
  groupTargets,
  Identity,
  identityOf,
  isSame,
  needCapability,
  onlyFit,
  resolveTargets,
  totalSize,
} from './targets.ts';

export type VerbRequest = Extract<
  ChangeRequest,
  { kind: 'queue.hold' | 'queue.release' | 'queue.requeue' | 'queue.flush' | 'queue.bounce' }
>;

/** How a target stands when the server is read again. */
export type Standing = 'gone' | 'reused' | { now: QueueMessage };

/** What differs between the actions that are one verb on some messages. */
export interface VerbKind {
  kind: VerbRequest['kind'];
  verb: Extract<QueueVerb, 'hold' | 'release' | 'requeue' | 'flush' | 'bounce'>;
  capability: CapabilityId;
  title(count: number, server: string): Text;
  effect: Text;
  stage: Text;
  /** Refused on a listing that was cut short. */
  harms: boolean;
  fits(message: QueueMessage): boolean;
  unfit(count: number): Text;
  warnings(messages: readonly QueueMessage[], twice: () => Promise<Text[]>): Promise<Text[]>;
  undo: UndoReach;
  undoNote: Text;
  cancelLeaves: Text;
  /** Whether a target that stands so has had it done; null: that cannot be told. */
  isDone(standing: Standing): boolean | null;
  /** What is said of targets of which it cannot be told. */
  untold: Text;
  inverse: 'queue.hold' | 'queue.release' | null;
}

/** Makes a change kind of one verb. */
export function verbKind(spec: VerbKind, readings: QueueReadings): Kind<VerbRequest, QueueIdentity> {
  return {
    kind: spec.kind,
    target: Identity,
    recorded: (request) => withoutIds(request),
    undoes: () => null,

    async plan({ request, server, session, signal, expected }) {
      await needCapability(session, spec.capability, signal);
      const context = { serverId: server.id, session, readings, signal, expected };
      const resolved = await resolveTargets(request.target, context, spec.harms);
      const { messages, warnings } = onlyFit(
        resolved,
        (message) => spec.fits(message),
        (count) => spec.unfit(count),
      );
      const twice = (): Promise<Text[]> => session.queue.twice(signal);
      return {
        title: spec.title(messages.length, server.name),
        effect: spec.effect,
        steps: stepsOf(spec.verb, spec.stage, session.queue.preview(spec.verb, messages.length)),
        targets: messages.map(identityOf),
        size: totalSize(messages),
        ...(await groupTargets(messages, session.queue, signal)),
        warnings: [...(await spec.warnings(messages, twice)), ...warnings],
        undo: spec.undo,
        undoNote: spec.undoNote,
        safeCopies: null,
        stages: [
          { id: spec.verb, title: spec.stage, unit: 'messages', total: messages.length },
          { id: 'verify', title: READ_BACK, unit: null, total: null },
        ],
        cancelLeaves: spec.cancelLeaves,
      };
    },

    async apply({ targets, session, stage, tally }) {
      const own = byId(targets);
      const acting = session.queue[spec.verb](targets, stage(spec.verb, targets.length));
      await runVerb(acting, (outcome) => tally.take(outcome, (id) => own.get(id)));
    },

    verify: (context, tally) => verifyDone(context, tally.done, spec),

    async reconcile(context) {
      const found: Found<QueueIdentity> = { done: [], held: [], left: [], untold: 0, notes: [] };
      for (const [target, standing] of await standings(context, context.targets)) {
        const done = spec.isDone(standing);
        if (done === true) found.done.push(target);
        else found.left.push({ target, why: done === null ? spec.untold : leftWords(standing) });
        if (done === null) found.untold += 1;
      }
      if (found.untold > 0) found.notes.push(untoldNote(found.untold));
      return found;
    },

    inverse: (original, remaining) => {
      if (spec.inverse === null || remaining.length === 0) return null;
      const target = { by: 'ids' as const, ids: remaining.map(({ id }) => id) };
      return { request: { kind: spec.inverse, serverId: original.change.serverId, target }, expected: remaining };
    },

    reach: ({ undo, undoNote }) => ({ undo, undoNote }),
  };
}

export const READ_BACK: Text = text(/*i18n*/ { id: 'queue.stage.verify', message: 'Read the queue again and compare' });

export function byId<T extends { id: string }>(targets: readonly T[]): Map<string, T> {
  return new Map(targets.map((target) => [target.id, target]));
}

export function stepsOf(id: string, title: Text, previews: readonly Pick<PlanStep, 'command' | 'stdin'>[]): PlanStep[] {
  return previews.map(({ command, stdin }, at) => ({ id: at === 0 ? id : `${id}-${at + 1}`, title, command, stdin }));
}

/** What is kept of a request: its ids are in the list of targets, with all that tells a reused one. */
export function withoutIds(request: VerbRequest | Extract<ChangeRequest, { kind: 'queue.delete' }>): unknown {
  const { target } = request;
  return target.by === 'ids' ? { ...request, target: { by: 'ids', count: target.ids.length } } : request;
}

/** How each target stands now. */
export async function standings(
  { session, signal }: Pick<ReadContext<unknown, QueueIdentity>, 'session' | 'signal'>,
  targets: readonly QueueIdentity[],
): Promise<[QueueIdentity, Standing][]> {
  const now = byId(
    await session.queue.find(
      targets.map(({ id }) => id),
      signal,
    ),
  );
  return targets.map((target) => {
    const message = now.get(target.id);
    if (message === undefined) return [target, 'gone'];
    return [target, isSame(target, message) ? { now: message } : 'reused'];
  });
}

export function leftWords(standing: Standing): Text {
  if (standing === 'gone') return text(/*i18n*/ { id: 'queue.outcome.gone', message: 'No longer in the queue' });
  if (standing === 'reused') {
    return text(
      /*i18n*/ { id: 'queue.outcome.other', message: 'The id now belongs to another message; it was left alone' },
    );
  }
  return text(
    /*i18n*/ { id: 'queue.outcome.untouched', message: 'Untouched, in the queue {queue}' },
    { queue: standing.now.queue },
  );
}

export function untoldNote(count: number): Text {
  return text(
    /*i18n*/ {
      id: 'queue.note.untold',
      message:
        'Of {count, plural, one {# message} other {# messages}} it cannot be told whether the change reached them',
    },
    { count },
  );
}

async function verifyDone(
  context: ReadContext<unknown, QueueIdentity>,
  done: Tally<QueueIdentity>['done'],
  spec: Pick<VerbKind, 'isDone' | 'untold'>,
): Promise<Verdict> {
  if (done.length === 0) return { verified: null, notes: [] };
  let against = 0;
  let untold = 0;
  for (const [, standing] of await standings(context, done)) {
    const is = spec.isDone(standing);
    if (is === false) against += 1;
    else if (is === null) untold += 1;
  }
  if (against > 0) {
    const note = text(
      /*i18n*/ {
        id: 'queue.note.against',
        message: 'Read back: {count, plural, one {# message does} other {# messages do}} not stand as asked for',
      },
      { count: against },
    );
    return { verified: false, notes: [note] };
  }
  return untold > 0 ? { verified: null, notes: [spec.untold] } : { verified: true, notes: [] };
}
