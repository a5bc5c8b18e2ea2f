import type { ChangeRequest, Plan } from '#shared/model/change.ts';
import type { Job } from '#shared/model/job.ts';
import { Failure } from '#shared/model/failure.ts';
import { storageFailure } from '#shared/model/failure-of.ts';
import { text } from '#shared/model/text.ts';
import type { ServerProfile } from '#shared/model/server.ts';
import { type ApplyServices, applyPlan, needUnderstanding } from './apply.ts';
import { dropExpired } from './expire.ts';
import { LOOK } from './fold.ts';
import type { History } from './history.ts';
import type { AnyKind } from './kind.ts';
import { Plans } from './plan.ts';
import { markInterrupted, reconcile } from './reconcile.ts';
import type { Safe } from './safe/safe.ts';
import { inverseOf, undoUnderWay } from './undo.ts';

export interface ChangeServices extends ApplyServices {
  kinds: readonly AnyKind[];
  safe: Safe;
  profile: (serverId: string) => ServerProfile;
}

/** How often copies past their time and changes without a process are looked for. */
const SWEEP_MS = 60_000;

/** Every write of the console goes through here: plan, apply, verify, journal, undo. */
export class Changes {
  readonly plans: Plans;
  readonly history: History;
  readonly #services: ChangeServices;
  readonly #kinds: ReadonlyMap<string, AnyKind>;
  readonly #running = new Set<Promise<void>>();
  #timer: NodeJS.Timeout | null = null;

  constructor(services: ChangeServices) {
    this.#services = services;
    this.#kinds = new Map(services.kinds.map((kind) => [kind.kind, kind]));
    const { sessions, history, profile } = services;
    this.plans = new Plans({ sessions, history, profile, kindOf: (kind) => this.kindOf(kind) });
    this.history = history;
  }

  /** Finds what broke off while no console ran, and copies past their time; then looks again from time to time. */
  async start(): Promise<void> {
    await this.#sweep();
    this.#timer = setInterval(() => void this.#sweep(), SWEEP_MS);
    this.#timer.unref();
  }

  plan(request: ChangeRequest, signal: AbortSignal): Promise<Plan> {
    return this.plans.make(request, null, signal);
  }

  async planUndo(changeId: string, signal: AbortSignal): Promise<Plan> {
    const record = this.history.record(changeId);
    if (record.kind === LOOK) throw new Failure('UNSAFE', record.change.undoNote);
    if (undoUnderWay(this.history, changeId) !== null) {
      throw new Failure(
        'UNSAFE',
        text(/*i18n*/ { id: 'undo.under-way', message: 'An undo of this change runs now, or broke off' }),
        {
          hint: text(
            /*i18n*/ {
              id: 'undo.under-way.hint',
              message: 'Wait for it; when it was interrupted, let the console read from the server how far it got',
            },
          ),
        },
      );
    }
    const { request, expected } = inverseOf(this.#services.journal, this.kindOf(record.kind), record);
    return await this.plans.make(request, expected, signal, record);
  }

  async apply(
    planId: string,
    reason: string | null,
    understood: boolean,
    signal: AbortSignal,
  ): Promise<{ changeId: string; job: Job }> {
    const kept = this.plans.ready(planId);
    needUnderstanding(kept, understood);
    this.plans.discard(planId);
    try {
      const { changeId, job, ended } = await applyPlan(kept, reason, this.#services, signal);
      this.#running.add(ended);
      ended
        .finally(() => this.#running.delete(ended))
        .catch((error: unknown) => this.#services.log.error({ err: error }, 'a change'));
      return { changeId, job };
    } catch (error) {
      // Nothing has run: the plan may be tried again.
      this.plans.keep(kept);
      throw error;
    }
  }

  async reconcile(changeId: string, signal: AbortSignal): Promise<void> {
    this.markInterrupted();
    await reconcile(changeId, this.#reconcileServices(), signal);
  }

  markInterrupted(): void {
    markInterrupted(this.#reconcileServices());
  }

  /** Called before the journal is shown: a console that was killed is seen at once. What cannot be written can be read. */
  noticeInterrupted(): void {
    try {
      this.markInterrupted();
    } catch (error) {
      if (storageFailure(error) === null) throw error;
      this.#services.log.error({ err: error }, 'noticing interrupted changes');
    }
  }

  kindOf(name: string): AnyKind {
    const kind = this.#kinds.get(name);
    if (kind !== undefined) return kind;
    throw new Failure(
      'UNSUPPORTED',
      text(/*i18n*/ { id: 'change.kind', message: 'This version does not know changes of the kind {name}' }, { name }),
      {
        hint: text(/*i18n*/ { id: 'change.kind.hint', message: 'Use the version that made it' }),
      },
    );
  }

  /** Waits for what runs; whoever wants it cancelled cancels its jobs first. */
  async dispose(): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer);
    await Promise.allSettled(this.#running);
  }

  #reconcileServices() {
    const { journal, history, store, sessions } = this.#services;
    return { journal, history, store, sessions, kindOf: (kind: string) => this.kindOf(kind) };
  }

  async #sweep(): Promise<void> {
    const { journal, history, safe, log } = this.#services;
    try {
      this.markInterrupted();
      await dropExpired(journal, history, safe);
    } catch (error) {
      // A journal that does not hold must not keep the console from starting: it says so at every change.
      log.error({ err: error }, 'looking after the journal');
    }
  }
}
