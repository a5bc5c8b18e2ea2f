import { Failure } from '#shared/model/failure.ts';
import type { ChangeRequest } from '#shared/model/change.ts';
import { text } from '#shared/model/text.ts';
import type { ChangeRecord } from './fold.ts';
import { type History, isUndoable } from './history.ts';
import type { Journal } from './journal.ts';
import type { AnyKind } from './kind.ts';
import type { FinishedBody, ListRef } from './record.ts';

/** Targets of a change that it acted on and no undo has taken back yet. */
export function remainingOf(journal: Journal, kind: AnyKind, record: ChangeRecord): { id: string }[] {
  const back = new Set(record.undone.flatMap((ref) => read(journal, kind, ref).map(({ id }) => id)));
  return read(journal, kind, record.lists.done).filter(({ id }) => !back.has(id));
}

export function read(journal: Journal, kind: AnyKind, ref: ListRef | undefined): { id: string }[] {
  return ref === undefined ? [] : journal.items(ref).map((item) => kind.target.parse(item));
}

/** The request that takes a change back, and the targets as the change knew them. Throws UNSAFE when there is none. */
export function inverseOf(
  journal: Journal,
  kind: AnyKind,
  record: ChangeRecord,
): { request: ChangeRequest; expected: readonly { id: string }[] } {
  if (record.change.status === 'running') {
    throw unsafe(text(/*i18n*/ { id: 'undo.running', message: 'The change is still running' }), WAIT);
  }
  if (record.change.status === 'interrupted') {
    throw unsafe(
      text(/*i18n*/ { id: 'undo.interrupted', message: 'It is not known yet how far this change got' }),
      RECONCILE,
    );
  }
  const inverse = isUndoable(record) ? kind.inverse(record, remainingOf(journal, kind, record)) : null;
  if (inverse !== null) return inverse;
  if (record.undoneWholly)
    throw unsafe(text(/*i18n*/ { id: 'undo.undone', message: 'This change has been undone already' }), LOOK);
  if (record.dropped)
    throw unsafe(text(/*i18n*/ { id: 'undo.dropped', message: 'Its safe copies have expired' }), LOOK);
  throw unsafe(
    record.change.undo === 'none'
      ? record.change.undoNote
      : text(/*i18n*/ { id: 'undo.nothing', message: 'This change did nothing that could be taken back' }),
    LOOK,
  );
}

const WAIT = /*i18n*/ { id: 'undo.hint.wait', message: 'Wait for it, or cancel it first' };
const RECONCILE = /*i18n*/ {
  id: 'undo.hint.reconcile',
  message: 'Let the console read from the server what was done, then undo that',
};
const LOOK = /*i18n*/ { id: 'undo.hint.look', message: 'The journal tells what was done' };

function unsafe(message: ReturnType<typeof text>, hint: { id: string; message: string }): Failure {
  return new Failure('UNSAFE', message, { hint: text(hint) });
}

/** Writes beside the first change what its undo has taken back, once the undo has ended. */
export function noteUndone(
  journal: Journal,
  originalId: string,
  by: string,
  targets: number,
  body: FinishedBody,
): void {
  const { done } = body.lists;
  if (done === undefined || done.count === 0) return;
  // What was gone by then cannot be taken back by asking again; what failed, or was not reached, can.
  const ended = body.status === 'done' || body.status === 'partial';
  const complete = ended && body.failedTotal === 0 && done.count + body.skippedTotal === targets;
  journal.append('undone', originalId, { by, complete, lists: { undone: done } });
}

/**
 * An undo of this change that runs now, or that broke off and has not been read back: a second one beside it could
 * put the same messages back twice. null: none.
 */
export function undoUnderWay(history: History, originalId: string): ChangeRecord | null {
  for (const record of history.records().values()) {
    const { undoOf, status } = record.change;
    if (undoOf === originalId && (status === 'running' || status === 'interrupted')) return record;
  }
  return null;
}
