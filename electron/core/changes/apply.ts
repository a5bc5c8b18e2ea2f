import { randomUUID } from 'node:crypto';
import type { ServerSession } from '#drivers/driver.ts';
import type { ChangeRequest, Plan } from '#shared/model/change.ts';
import { Failure, isFailure } from '#shared/model/failure.ts';
import { failureOf } from '#shared/model/failure-of.ts';
import type { Job } from '#shared/model/job.ts';
import { text } from '#shared/model/text.ts';
import type { JobHandle, Jobs } from '../jobs/jobs.ts';
import type { Log } from '../door/log.ts';
import type { Sessions } from '../servers/sessions.ts';
import type { Store } from '../store/store.ts';
import type { ChangeRecord } from './fold.ts';
import type { History } from './history.ts';
import type { Journal } from './journal.ts';
import type { AnyKind, Reached, ReadContext, RunContext } from './kind.ts';
import { isLost } from './lost.ts';
import { own, thisProcess } from './owner.ts';
import type { KeptPlan } from './plan.ts';
import { keepAll } from './keep.ts';
import type { FinishedBody, ListRef } from './record.ts';
import { settle } from './settle.ts';
import { Tally, told } from './tally.ts';
import { noteUndone, undoUnderWay } from './undo.ts';

export interface ApplyServices {
  journal: Journal;
  history: History;
  store: Store;
  jobs: Jobs;
  sessions: Sessions;
  log: Log;
  who: string;
}

type Target = { id: string };

/** What reading back may take after the change itself: a cancel must end, too. */
const READ_BACK_MS = 120_000;

/** Starts a plan as a job; resolves once `started` is on the disk, before the first command runs. */
export async function applyPlan(
  kept: KeptPlan,
  reason: string | null,
  services: ApplyServices,
  signal: AbortSignal,
): Promise<{ changeId: string; job: Job; ended: Promise<void> }> {
  const { plan, kind, server, draft, original } = kept;
  const { journal, history, store, jobs, sessions, who } = services;
  const session = await sessions.sessionFor(server.id, signal);
  const changeId = randomUUID();
  // Owned before it is told: another process that sees a change without an owner takes it for interrupted.
  const disown = own(store, changeId);
  const free = sessions.occupy(server.id);
  let job: JobHandle | null = null;
  let agreed: ListRef;
  try {
    agreed = journal.keep(draft.targets);
    job = jobs.start({
      title: plan.title,
      serverId: server.id,
      changeId,
      stages: draft.stages,
      cancelLeaves: draft.cancelLeaves,
    });
    const started = journal.append(
      'started',
      changeId,
      {
        kind: plan.request.kind,
        request: kind.recorded(plan.request),
        serverId: server.id,
        serverName: server.name,
        demo: plan.demo,
        title: plan.title,
        effect: plan.effect,
        runAs: plan.runAs,
        steps: plan.steps,
        warnings: plan.warnings,
        size: plan.size,
        who,
        reason,
        undo: plan.undo,
        undoNote: plan.undoNote,
        undoOf: original?.change.id ?? null,
        jobId: job.id,
        owner: thisProcess(),
        lists: { targets: agreed },
      },
      () => original === null || isUndoFree(history, original),
    );
    if (!started) throw undoTaken();
  } catch (error) {
    job?.end('failed', failureOf(error));
    free();
    disown();
    throw error;
  }
  const handle = job;
  const ended = run(kept, agreed, changeId, handle, session, services).finally(() => {
    free();
    disown();
  });
  return { changeId, job: handle.snapshot(), ended };
}

async function run(
  { plan, kind, draft, original }: KeptPlan,
  agreed: ListRef,
  changeId: string,
  job: JobHandle,
  session: ServerSession,
  services: ApplyServices,
): Promise<void> {
  const { journal, log } = services;
  const tally = new Tally<Target>();
  const reached: Reached = {};
  const context: RunContext<typeof plan.request, Target> = {
    changeId,
    request: plan.request,
    targets: draft.targets,
    original,
    session,
    signal: job.signal,
    job,
    tally,
    stage: (id, total) => {
      job.stage(id, total);
      return {
        signal: job.signal,
        ran: (command) => void journal.append('step', changeId, { command }),
        progress: (done) => job.progress(done),
      };
    },
    reached: ({ safe, lists = {} }) => {
      Object.assign(reached, lists);
      journal.append('step', changeId, { safe, lists: keepAll(journal, lists) });
    },
  };
  let failure: unknown = null;
  try {
    try {
      await kind.apply(context);
    } catch (error) {
      failure = error ?? new Error('nothing thrown');
    }
    const cancelled = job.signal.aborted;
    if (failure !== null && !cancelled && isLost(failure)) {
      if (tally.done.length > 0) context.reached({ lists: { done: tally.done } });
      interrupt(journal, changeId, job, failure);
      return;
    }
    job.cancelLeaves(null);
    job.stage('verify');
    const signal = AbortSignal.timeout(READ_BACK_MS);
    const read = { request: plan.request, session, signal, targets: draft.targets, reached };
    const body =
      failure === null
        ? await readBack(kind, tally, read, plan, journal, cancelled, agreed)
        : await settle(kind, read, tally.done, journal, plan, {
            failure: failureOf(failure, job.signal),
            cancelled,
          });
    if (failure !== null && !cancelled && !isFailure(failure)) log.error({ changeId, err: failure }, 'a change failed');
    journal.append('finished', changeId, body);
    if (original !== null) noteUndone(journal, original.change.id, changeId, draft.targets.length, body);
    job.note(body.notes.at(-1) ?? null);
    job.end(body.status, failure === null || cancelled ? null : failureOf(failure, job.signal));
  } catch (error) {
    // What was done is not known: reading back failed, or the journal could not be written.
    log.error({ changeId, err: error }, 'a change broke off');
    interrupt(journal, changeId, job, failure ?? error);
  }
}

async function readBack(
  kind: AnyKind,
  tally: Tally<Target>,
  read: ReadContext<ChangeRequest, Target>,
  plan: Plan,
  journal: Journal,
  cancelled: boolean,
  agreed: ListRef,
): Promise<FinishedBody> {
  const { verified, notes } = await kind.verify(read, tally).catch((error: unknown) => {
    const { message } = failureOf(error);
    // The commands said they were done; that the reading failed is told, not hidden behind them.
    return {
      verified: null,
      notes: [
        text(/*i18n*/ { id: 'change.not-read-back', message: 'It could not be read back from the server' }),
        message,
      ],
    };
  });
  const left = tally.skipped.length + tally.failed.length;
  const done = tally.done.length;
  const whole = left === 0 && verified !== false;
  const status = done > 0 && whole ? 'done' : cancelled ? 'cancelled' : done > 0 ? 'partial' : 'failed';
  return {
    status,
    applied: done,
    skipped: told(tally.skipped),
    skippedTotal: tally.skipped.length,
    failed: told(tally.failed),
    failedTotal: tally.failed.length,
    verified,
    notes: [...tally.notes, ...notes],
    ...kind.reach({ undo: plan.undo, undoNote: plan.undoNote }, tally),
    lists: {
      ...keepAll(journal, { held: tally.held }),
      // All of them is the list that was agreed to: 20,000 need not be written down twice.
      done: done === agreed.count ? agreed : journal.keep(tally.done),
    },
  };
}

function interrupt(journal: Journal, changeId: string, job: JobHandle, failure: unknown): void {
  const data = failureOf(failure, job.signal);
  const why = data.message;
  try {
    journal.append('interrupted', changeId, { why });
  } finally {
    job.note(
      text(
        /*i18n*/ {
          id: 'change.interrupted.note',
          message: 'How far it got is not known. Look at the change and let the console read it from the server',
        },
      ),
    );
    job.end('interrupted', data);
  }
}

/** Nobody has taken back anything of it since the undo was planned, and nobody is doing so now. */
function isUndoFree(history: History, planned: ChangeRecord): boolean {
  const { id } = planned.change;
  return undoUnderWay(history, id) === null && history.record(id).undone.length === planned.undone.length;
}

function undoTaken(): Failure {
  return new Failure(
    'UNSAFE',
    text(
      /*i18n*/ {
        id: 'undo.taken',
        message: 'Another undo of the same change runs now, or has run since this one was planned',
      },
    ),
    {
      hint: text(/*i18n*/ { id: 'undo.taken.hint', message: 'Look at the change, then plan its undo again' }),
    },
  );
}

/** Throws CONFIRM_NEEDED unless somebody said that they know it cannot be undone. */
export function needUnderstanding({ plan }: KeptPlan, understood: boolean): void {
  if (plan.undo !== 'none' || understood) return;
  throw new Failure(
    'CONFIRM_NEEDED',
    text(/*i18n*/ { id: 'plan.confirm', message: 'This change cannot be undone, and nobody has confirmed that' }),
    {
      hint: text(/*i18n*/ { id: 'plan.confirm.hint', message: 'Read the plan, and confirm that it cannot be undone' }),
    },
  );
}
