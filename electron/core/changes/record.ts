import type {
  ChangeRequest,
  ChangeStatus,
  JournalEntry,
  Plan,
  RanCommand,
  SafeCopies,
  TargetOutcome,
  UndoReach,
} from '#shared/model/change.ts';
import type { Text } from '#shared/model/text.ts';

/** A long list kept beside the chain and named in it. */
export interface ListRef {
  count: number;
  sha256: string;
}

/**
 * Named lists of targets of a change:
 * `targets` all that were agreed to; `done` what the change did; `held` what it put on hold on the way and left so;
 * `stored` what is in the safe; `undone` what an undo has taken back; `before` what was in the queue already that
 * could be taken for what a restore puts there.
 */
export type ListName = 'targets' | 'done' | 'held' | 'stored' | 'undone' | 'before';
export type Lists = Partial<Record<ListName, ListRef>>;

/** A file of the safe, as the journal knows it. */
export interface SafeRecord {
  file: string;
  /** Of the encrypted file. */
  sha256: string;
  bytes: number;
  /** Sum of the messages' sizes. */
  unpacked: number;
  count: number;
  keptUntil: string;
  /** Where its key is: the OS keychain, the passphrase vault, or a file in the data folder. */
  key: 'keeper' | 'vault' | 'file';
  keyId: string;
}

export interface StartedBody {
  kind: ChangeRequest['kind'];
  /** Without ids: they are in the list of targets, with all that tells a reused id. */
  request: unknown;
  serverId: string;
  serverName: string;
  demo: boolean;
  title: Text;
  effect: Text;
  runAs: Text;
  steps: Plan['steps'];
  warnings: Text[];
  size: number;
  who: string;
  reason: string | null;
  undo: UndoReach;
  undoNote: Text;
  undoOf: string | null;
  jobId: string;
  owner: { host: string; pid: number; started: string };
  lists: Lists;
}

export interface StepBody {
  command?: RanCommand;
  safe?: SafeRecord;
  lists?: Lists;
}

export interface FinishedBody {
  status: Extract<ChangeStatus, 'done' | 'partial' | 'failed' | 'cancelled'>;
  applied: number;
  skipped: TargetOutcome[];
  skippedTotal: number;
  failed: TargetOutcome[];
  failedTotal: number;
  verified: boolean | null;
  notes: Text[];
  undo: UndoReach;
  undoNote: Text;
  lists: Lists;
}

export interface InterruptedBody {
  why: Text;
}

export type ReconciledBody = FinishedBody;

export interface UndoneBody {
  by: string;
  /** Everything that could be taken back has been. */
  complete: boolean;
  lists: Lists;
}

export interface DroppedBody {
  why: 'expired' | 'missing';
  file: string;
  sha256: string;
}

/** Somebody looked into a user's mail. Nothing was changed by it; that it was done is what is kept. */
export interface LookedBody {
  serverId: string;
  serverName: string;
  demo: boolean;
  title: Text;
  who: string;
}

/** Bodies by entry type. None ever carries a secret: commands and outputs arrive redacted. */
export interface Bodies {
  started: StartedBody;
  step: StepBody;
  finished: FinishedBody;
  interrupted: InterruptedBody;
  reconciled: ReconciledBody;
  undone: UndoneBody;
  'copies-dropped': DroppedBody;
  looked: LookedBody;
}
export type EntryType = JournalEntry['type'];

export type Entry = {
  [T in EntryType]: { seq: number; at: string; type: T; changeId: string; body: Bodies[T] };
}[EntryType];

export function safeCopiesOf(safe: SafeRecord, free: number): SafeCopies {
  const { count, bytes, unpacked, keptUntil } = safe;
  return { count, bytes, estimated: false, unpacked, keptUntil, free };
}
