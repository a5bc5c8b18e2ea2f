import { z } from 'zod';
import { DirectoryRequests, PlanDiff } from './change-accounts.ts';
import { QueueTarget } from './queue.ts';
import { Text } from './text.ts';

const onQueue = { serverId: z.string(), target: QueueTarget };

/** Asking for a write. Each kind is one action; its planner stands in core, its verbs in the drivers that can do it. */
export const ChangeRequest = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('queue.hold'), ...onQueue }),
  z.object({ kind: z.literal('queue.release'), ...onQueue }),
  z.object({ kind: z.literal('queue.requeue'), ...onQueue }),
  z.object({ kind: z.literal('queue.flush'), ...onQueue }),
  z.object({ kind: z.literal('queue.bounce'), ...onQueue }),
  z.object({
    kind: z.literal('queue.delete'),
    ...onQueue,
    /** Copy the messages into the local safe first, so that the delete can be undone. */
    copies: z.boolean().default(true),
  }),
  /** Puts back what a delete copied into the safe. Made by undo. */
  z.object({
    kind: z.literal('queue.restore'),
    serverId: z.string(),
    /** The delete whose copies come back. */
    changeId: z.string(),
    /** Leave them on hold instead of sending them on. */
    hold: z.boolean().default(false),
  }),
  ...DirectoryRequests,
]);
export type ChangeRequest = z.infer<typeof ChangeRequest>;
export type ChangeKind = ChangeRequest['kind'];

export const UndoReach = z.enum(['full', 'partial', 'none']);
export type UndoReach = z.infer<typeof UndoReach>;

export const PlanStep = z.object({
  id: z.string(),
  title: Text,
  /** The exact command as it runs on the server, quoted for a shell; it is run from an argv array. */
  command: z.string(),
  /** What goes to its standard input; null: nothing. */
  stdin: z.object({ what: Text, bytes: z.number().int() }).nullable(),
});
export type PlanStep = z.infer<typeof PlanStep>;

/** Targets of a plan, gathered the way a person checks them. */
export const TargetGroup = z.object({
  key: z.string(),
  count: z.number().int(),
  size: z.number().int(),
  oldest: z.string().nullable(),
  sample: z.string().nullable(),
});
export type TargetGroup = z.infer<typeof TargetGroup>;

export const SafeCopies = z.object({
  count: z.number().int(),
  /** Bytes on this computer; an estimate before the change, exact after it. */
  bytes: z.number().int(),
  estimated: z.boolean(),
  /** Bytes before compression. */
  unpacked: z.number().int(),
  keptUntil: z.string(),
  /** Bytes free where the safe lives. */
  free: z.number().int(),
});
export type SafeCopies = z.infer<typeof SafeCopies>;

/** What would happen, before anything does. */
export const Plan = z.object({
  id: z.string(),
  request: ChangeRequest,
  serverId: z.string(),
  serverName: z.string(),
  demo: z.boolean(),
  /** Verb, count, server. */
  title: Text,
  /** What it means for mail, in a sentence. */
  effect: Text,
  /** As whom the commands run. */
  runAs: Text,
  steps: z.array(PlanStep),
  /** How many targets, their bytes, and by sender. */
  targets: z.number().int(),
  size: z.number().int(),
  groups: z.array(TargetGroup),
  groupsTotal: z.number().int(),
  /** Lines replaced, where the change is made of lines. Secrets are covered. */
  diff: z.array(PlanDiff).optional(),
  warnings: z.array(Text),
  undo: UndoReach,
  undoNote: Text,
  safeCopies: SafeCopies.nullable(),
  createdAt: z.string(),
  /** Past this a plan is refused: the queue has moved on. */
  expiresAt: z.string(),
});
export type Plan = z.infer<typeof Plan>;

export const ChangeStatus = z.enum(['running', 'done', 'partial', 'failed', 'cancelled', 'interrupted', 'undone']);
export type ChangeStatus = z.infer<typeof ChangeStatus>;

/** A command that ran, as the journal keeps it. */
export const RanCommand = z.object({
  command: z.string(),
  stdin: z.object({ what: Text, bytes: z.number().int() }).nullable(),
  /** Exit status; null: killed, or the connection was cut before it ended. */
  exit: z.number().int().nullable(),
  signal: z.string().nullable(),
  ms: z.number(),
  /** The end of standard error or output, redacted. */
  output: z.string(),
});
export type RanCommand = z.infer<typeof RanCommand>;

/** A target that was left alone, or that failed, and why. */
export const TargetOutcome = z.object({ target: z.string(), why: Text });
export type TargetOutcome = z.infer<typeof TargetOutcome>;

/** A change as the journal tells it. */
export const Change = z.object({
  id: z.string(),
  kind: z.string(),
  serverId: z.string(),
  serverName: z.string(),
  demo: z.boolean(),
  title: Text,
  status: ChangeStatus,
  /** Who, on this computer. */
  who: z.string(),
  reason: z.string().nullable(),
  startedAt: z.string(),
  endedAt: z.string().nullable(),
  targets: z.number().int(),
  applied: z.number().int(),
  /** Left alone: gone or no longer the same message. Capped; skippedTotal counts all. */
  skipped: z.array(TargetOutcome),
  skippedTotal: z.number().int(),
  failed: z.array(TargetOutcome),
  failedTotal: z.number().int(),
  /** Read back from the server: what was asked for is so. null: not read back. */
  verified: z.boolean().nullable(),
  /** What the reading back found, or what is not known. */
  notes: z.array(Text),
  commands: z.array(RanCommand),
  undo: UndoReach,
  /** The undo is still possible now: copies are kept, nobody has undone it. */
  undoable: z.boolean(),
  undoNote: Text,
  safeCopies: SafeCopies.nullable(),
  undoOf: z.string().nullable(),
  undoneBy: z.string().nullable(),
  jobId: z.string().nullable(),
});
export type Change = z.infer<typeof Change>;

/** One link of the journal's hash chain. `hash` = SHA-256 over prevHash, seq, at, type, changeId and body (canonical JSON). */
export const JournalEntry = z.object({
  seq: z.number().int(),
  at: z.string(),
  type: z.enum(['started', 'step', 'finished', 'interrupted', 'reconciled', 'undone', 'copies-dropped', 'looked']),
  changeId: z.string(),
  title: Text.nullable(),
  prevHash: z.string(),
  hash: z.string(),
});
export type JournalEntry = z.infer<typeof JournalEntry>;

export const JournalCheck = z.object({
  ok: z.boolean(),
  entries: z.number().int(),
  checkedAt: z.string(),
  /** First entry that does not hold, and how; null: all hold. */
  brokenAt: z.number().int().nullable(),
  problem: Text.nullable(),
  /** Hash of the newest entry; note it elsewhere to prove later that nothing was cut off the end. */
  head: z.string().nullable(),
});
export type JournalCheck = z.infer<typeof JournalCheck>;
