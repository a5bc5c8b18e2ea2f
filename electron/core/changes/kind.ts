import type { z } from 'zod';
import type { ServerSession, Watch } from '#drivers/driver.ts';
import type { ChangeRequest, Plan, UndoReach } from '#shared/model/change.ts';
import type { JobStage } from '#shared/model/job.ts';
import type { ServerProfile } from '#shared/model/server.ts';
import type { Text } from '#shared/model/text.ts';
import type { JobHandle } from '../jobs/jobs.ts';
import type { ChangeRecord } from './fold.ts';
import type { ListName, SafeRecord } from './record.ts';
import type { Tally } from './tally.ts';

/** What a plan says that only its kind knows. */
export interface Draft<T extends { id: string }>
  extends Pick<
    Plan,
    | 'title'
    | 'effect'
    | 'steps'
    | 'size'
    | 'groups'
    | 'groupsTotal'
    | 'diff'
    | 'warnings'
    | 'undo'
    | 'undoNote'
    | 'safeCopies'
  > {
  /** All that is acted on, with everything that tells a target from another of the same name. */
  targets: T[];
  /** The job's stages, in order; the last one reads back. */
  stages: Pick<JobStage, 'id' | 'title' | 'unit' | 'total'>[];
  /** What Cancel leaves behind once the change runs. */
  cancelLeaves: Text;
}

export interface PlanContext<R, T extends { id: string }> {
  request: R;
  server: ServerProfile;
  session: ServerSession;
  signal: AbortSignal;
  /** For an undo: the targets as the first change knew them. Only what is still the same is planned. */
  expected: readonly T[] | null;
  /** For an undo, or a request that names a change: what the journal says of it. */
  original: ChangeRecord | null;
}

export interface RunContext<R, T extends { id: string }> {
  changeId: string;
  request: R;
  targets: readonly T[];
  original: ChangeRecord | null;
  session: ServerSession;
  signal: AbortSignal;
  job: JobHandle;
  tally: Tally<T>;
  /** Opens a stage of the job and gives a verb its watch; every command it runs is journalled as it ends. */
  stage: (id: string, total?: number | null) => Watch;
  /** Journals what was reached on the way, so that it is known after a crash. */
  reached: (what: { safe?: SafeRecord; lists?: Reached }) => void;
}

/** Lists of targets that a change journals on its way, so that they are known after a crash. */
export type Reached = Partial<Record<ListName, readonly { id: string }[]>>;

/** What the server says after a change, or after one that broke off. */
export interface Verdict {
  /** true: what was asked for is so. false: it is not. null: it cannot be read back. */
  verified: boolean | null;
  notes: Text[];
}

/** How far a change that broke off got, read from the server. Nothing is repeated. */
export interface Found<T extends { id: string }> {
  done: T[];
  held: T[];
  /** Untouched, or gone by another way, and why. */
  left: { target: T; why: Text }[];
  /** Of how many among `left` it cannot be told whether the change reached them. */
  untold: number;
  notes: Text[];
}

export interface ReadContext<R, T extends { id: string }> {
  request: R;
  session: ServerSession;
  signal: AbortSignal;
  targets: readonly T[];
  /** What the change had journalled on its way (reached). */
  reached: Reached;
}

/**
 * One action on a server. A new action is a new kind: its schema in shared/model, its planner here in core, its verbs
 * in the drivers that can do it, one line in the registry.
 */
export interface Kind<R extends ChangeRequest, T extends { id: string }> {
  readonly kind: R['kind'];
  /** Reads a target back from the journal. */
  readonly target: z.ZodType<T>;
  /** What is kept of the request: without ids, which are in the list of targets. */
  recorded(request: R): unknown;
  /** Which change this request takes back; null: none. */
  undoes(request: R): string | null;
  plan(context: PlanContext<R, T>): Promise<Draft<T>>;
  /** Does it. Throws on what stops it; the tally has what was done by then. */
  apply(context: RunContext<R, T>): Promise<void>;
  /** Reads the server again and compares. */
  verify(context: ReadContext<R, T>, tally: Tally<T>): Promise<Verdict>;
  /** Reads how far a change that broke off got. */
  reconcile(context: ReadContext<R, T>): Promise<Found<T>>;
  /** The request that takes it back, and on what; null: nothing does. */
  inverse(original: ChangeRecord, remaining: readonly T[]): { request: ChangeRequest; expected: readonly T[] } | null;
  /** Undo reach once it is known what was done. */
  reach(
    planned: { undo: UndoReach; undoNote: Text },
    tally: Pick<Tally<T>, 'done' | 'held'>,
  ): { undo: UndoReach; undoNote: Text };
}

/** A kind whose own types are known only to itself. */
export type AnyKind = Kind<ChangeRequest, { id: string }>;
