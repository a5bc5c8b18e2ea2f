import { assertNever } from '#shared/model/assert-never.ts';
import type { Change, ChangeRequest } from '#shared/model/change.ts';
import { type Text, text } from '#shared/model/text.ts';
import type { Entry, FinishedBody, ListName, ListRef, LookedBody, SafeRecord, StartedBody } from './record.ts';

/** Commands of one change that are kept for showing; the journal has them all. */
const COMMANDS_SHOWN = 200;

/** Kind under which looking into somebody's mail stands in the journal. It is asked for by no request and changes nothing. */
export const LOOK = 'mailbox.look';

/** What the journal says of one change, read from its start to now. */
export interface ChangeRecord {
  change: Omit<Change, 'undoable' | 'safeCopies'>;
  kind: ChangeRequest['kind'] | typeof LOOK;
  request: unknown;
  effect: Text;
  /** The newest list of each name. */
  lists: Partial<Record<ListName, ListRef>>;
  safe: SafeRecord | null;
  dropped: boolean;
  /** What undoing has taken back so far, one list an undo. */
  undone: ListRef[];
  undoneWholly: boolean;
}

/** Takes one more entry into the records. Later entries outweigh earlier ones: a change told interrupted may yet finish. */
export function foldEntry(records: Map<string, ChangeRecord>, entry: Entry): void {
  if (entry.type === 'started') {
    records.set(entry.changeId, begin(entry.changeId, entry.at, entry.body));
    return;
  }
  if (entry.type === 'looked') {
    records.set(entry.changeId, look(entry.changeId, entry.at, entry.body));
    return;
  }
  const record = records.get(entry.changeId);
  if (record === undefined) return;
  const { change } = record;
  switch (entry.type) {
    case 'step': {
      const { command, safe, lists } = entry.body;
      if (command !== undefined && change.commands.length < COMMANDS_SHOWN) change.commands.push(command);
      if (safe !== undefined) record.safe = safe;
      Object.assign(record.lists, lists);
      break;
    }
    case 'finished':
    case 'reconciled':
      end(record, entry.at, entry.body);
      break;
    case 'interrupted':
      if (change.status !== 'running') break;
      change.status = 'interrupted';
      change.endedAt = entry.at;
      change.notes = [entry.body.why];
      break;
    case 'undone':
      change.undoneBy = entry.body.by;
      if (entry.body.lists.undone !== undefined) record.undone.push(entry.body.lists.undone);
      if (entry.body.complete) {
        record.undoneWholly = true;
        change.status = 'undone';
      }
      break;
    case 'copies-dropped':
      record.dropped = true;
      break;
    default:
      assertNever(entry, 'journal entry');
  }
}

function begin(id: string, at: string, body: StartedBody): ChangeRecord {
  const { kind, serverId, serverName, demo, title, who, reason, undo, undoNote, undoOf, jobId, lists } = body;
  return {
    change: {
      id,
      kind,
      serverId,
      serverName,
      demo,
      title,
      status: 'running',
      who,
      reason,
      startedAt: at,
      endedAt: null,
      targets: lists.targets?.count ?? 0,
      applied: 0,
      skipped: [],
      skippedTotal: 0,
      failed: [],
      failedTotal: 0,
      verified: null,
      notes: [],
      commands: [],
      undo,
      undoNote,
      undoOf,
      undoneBy: null,
      jobId,
    },
    kind,
    request: body.request,
    effect: body.effect,
    lists: { ...lists },
    safe: null,
    dropped: false,
    undone: [],
    undoneWholly: false,
  };
}

function look(id: string, at: string, { serverId, serverName, demo, title, who }: LookedBody): ChangeRecord {
  return {
    change: {
      id,
      kind: LOOK,
      serverId,
      serverName,
      demo,
      title,
      status: 'done',
      who,
      reason: null,
      startedAt: at,
      endedAt: at,
      targets: 1,
      applied: 0,
      skipped: [],
      skippedTotal: 0,
      failed: [],
      failedTotal: 0,
      verified: null,
      notes: [],
      commands: [],
      undo: 'none',
      undoNote: NOTHING_CHANGED,
      undoOf: null,
      undoneBy: null,
      jobId: null,
    },
    kind: LOOK,
    request: null,
    effect: NOTHING_CHANGED,
    lists: {},
    safe: null,
    dropped: false,
    undone: [],
    undoneWholly: false,
  };
}

const NOTHING_CHANGED = text(
  /*i18n*/ { id: 'mailbox.look.undo', message: 'Looking changed nothing, so there is nothing to undo' },
);

function end(record: ChangeRecord, at: string, body: FinishedBody): void {
  const { status, applied, skipped, skippedTotal, failed, failedTotal, verified, notes, undo, undoNote, lists } = body;
  const endedAt = record.change.status === 'interrupted' ? record.change.endedAt : at;
  Object.assign(record.change, {
    applied,
    skipped,
    skippedTotal,
    failed,
    failedTotal,
    verified,
    notes,
    undo,
    undoNote,
    endedAt,
  });
  record.change.status = record.undoneWholly ? 'undone' : status;
  Object.assign(record.lists, lists);
}
