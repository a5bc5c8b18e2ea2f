import type { ChangeRequest } from '#shared/model/change.ts';
import { Failure } from '#shared/model/failure.ts';
import { text } from '#shared/model/text.ts';
import type { Sessions } from '../servers/sessions.ts';
import type { Store } from '../store/store.ts';
import type { History } from './history.ts';
import type { Journal } from './journal.ts';
import type { AnyKind, Reached } from './kind.ts';
import { isOwned } from './owner.ts';
import { settle } from './settle.ts';
import { noteUndone, read } from './undo.ts';

export interface ReconcileServices {
  journal: Journal;
  history: History;
  store: Store;
  sessions: Sessions;
  kindOf: (kind: string) => AnyKind;
}

/**
 * Changes that are told running but whose process is gone were interrupted: killed, or the computer went down.
 * Writes that down; what they did is not known until somebody reconciles them.
 */
export function markInterrupted({ journal, history, store }: ReconcileServices): void {
  for (const { change } of history.records().values()) {
    if (change.status !== 'running' || isOwned(store, change.id)) continue;
    const why = text(
      /*i18n*/ {
        id: 'change.interrupted',
        message: 'The console ended while this change ran. How far it got is not known yet',
      },
    );
    // Asked again under the lock: the other console may have found it, or its own process may just have finished it.
    journal.append('interrupted', change.id, { why }, () => history.record(change.id).change.status === 'running');
  }
}

/** Reads the server to tell how far an interrupted change got, and writes that down. Repeats nothing. */
export async function reconcile(changeId: string, services: ReconcileServices, signal: AbortSignal): Promise<void> {
  const { journal, history, sessions, kindOf } = services;
  const record = history.record(changeId);
  if (record.change.status !== 'interrupted') {
    throw new Failure(
      'UNSAFE',
      record.change.status === 'running'
        ? text(/*i18n*/ { id: 'reconcile.running', message: 'The change is still running' })
        : text(/*i18n*/ { id: 'reconcile.known', message: 'It is known how far this change got' }),
      { hint: text(/*i18n*/ { id: 'reconcile.hint', message: 'Only an interrupted change is read from the server' }) },
    );
  }
  const kind = kindOf(record.kind);
  const targets = read(journal, kind, record.lists.targets);
  const lists = Object.entries(record.lists).map(([name, ref]) => [name, journal.items(ref)]);
  const reached = Object.fromEntries(lists) as Reached;
  const proven = read(journal, kind, record.lists.done);
  const session = await sessions.sessionFor(record.change.serverId, signal);
  const request = record.request as ChangeRequest;
  const { undo, undoNote, undoOf } = record.change;
  const body = await settle(
    kind,
    { request, session, signal, targets, reached },
    proven,
    journal,
    { undo, undoNote },
    null,
  );
  const isStill = (): boolean => history.record(changeId).change.status === 'interrupted';
  const written = journal.append('reconciled', changeId, body, isStill);
  if (written && undoOf !== null) noteUndone(journal, undoOf, changeId, targets.length, body);
}
