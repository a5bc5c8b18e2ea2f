import { randomUUID } from 'node:crypto';
import { Failure } from '#shared/model/failure.ts';
import type { ChangeRequest, Plan } from '#shared/model/change.ts';
import type { ServerProfile } from '#shared/model/server.ts';
import { text } from '#shared/model/text.ts';
import { PLAN_MS, PLANS_KEPT } from '../limits.ts';
import type { Sessions } from '../servers/sessions.ts';
import type { ChangeRecord } from './fold.ts';
import type { History } from './history.ts';
import type { AnyKind, Draft } from './kind.ts';

/** A plan with what its run needs. */
export interface KeptPlan {
  plan: Plan;
  kind: AnyKind;
  server: ServerProfile;
  draft: Draft<{ id: string }>;
  original: ChangeRecord | null;
}

export interface PlanServices {
  sessions: Sessions;
  history: History;
  kindOf: (kind: ChangeRequest['kind']) => AnyKind;
  /** Throws NOT_FOUND. */
  profile: (serverId: string) => ServerProfile;
}

/** Plans that were made and not yet run, in this process. Each is run once, within PLAN_MS, or never. */
export class Plans {
  readonly #kept = new Map<string, KeptPlan>();
  readonly #services: PlanServices;

  constructor(services: PlanServices) {
    this.#services = services;
  }

  /**
   * @param expected For an undo: the targets as the change knew them.
   * @param undoes For an undo: that change, where the request itself does not name it.
   */
  async make(
    request: ChangeRequest,
    expected: readonly { id: string }[] | null,
    signal: AbortSignal,
    undoes: ChangeRecord | null = null,
  ): Promise<Plan> {
    const { sessions, history, kindOf, profile } = this.#services;
    const server = profile(request.serverId);
    const kind = kindOf(request.kind);
    const originalId = kind.undoes(request);
    const original = structuredClone(originalId === null ? undoes : history.record(originalId));
    const session = await sessions.sessionFor(server.id, signal);
    const draft = await kind.plan({ request, server, session, signal, expected, original });
    const now = Date.now();
    const plan: Plan = {
      id: randomUUID(),
      request,
      serverId: server.id,
      serverName: server.name,
      demo: session.demo,
      title: draft.title,
      effect: draft.effect,
      runAs: session.runAs,
      steps: draft.steps,
      targets: draft.targets.length,
      size: draft.size,
      groups: draft.groups,
      groupsTotal: draft.groupsTotal,
      ...(draft.diff === undefined ? {} : { diff: draft.diff }),
      warnings: draft.warnings,
      undo: draft.undo,
      undoNote: draft.undoNote,
      safeCopies: draft.safeCopies,
      createdAt: new Date(now).toISOString(),
      expiresAt: new Date(now + PLAN_MS).toISOString(),
    };
    this.#forgetOld(now);
    this.#kept.set(plan.id, { plan, kind, server, draft, original });
    return plan;
  }

  targets(planId: string, offset: number, count: number): { total: number; targets: string[] } {
    const { draft } = this.#find(planId);
    return { total: draft.targets.length, targets: draft.targets.slice(offset, offset + count).map(({ id }) => id) };
  }

  /** Takes back a plan that was about to run and did not. */
  keep(kept: KeptPlan): void {
    this.#kept.set(kept.plan.id, kept);
  }

  discard(planId: string): boolean {
    return this.#kept.delete(planId);
  }

  /** Looks at a plan that is about to run. Throws UNSAFE when it is too old, NOT_FOUND when there is none (any more). */
  ready(planId: string): KeptPlan {
    const kept = this.#find(planId);
    if (Date.parse(kept.plan.expiresAt) > Date.now()) return kept;
    this.#kept.delete(planId);
    throw new Failure(
      'UNSAFE',
      text(
        /*i18n*/ {
          id: 'plan.expired',
          message: 'The plan is older than {minutes} minutes, and the server has moved on',
        },
        { minutes: PLAN_MS / 60_000 },
      ),
      { hint: text(/*i18n*/ { id: 'plan.expired.hint', message: 'Plan it again' }), retryable: true },
    );
  }

  #find(planId: string): KeptPlan {
    const kept = this.#kept.get(planId);
    if (kept !== undefined) return kept;
    throw new Failure(
      'NOT_FOUND',
      text(/*i18n*/ { id: 'plan.none', message: 'There is no such plan; a plan runs once' }),
      {
        hint: text(/*i18n*/ { id: 'plan.none.hint', message: 'Plan it again; look at the journal for what has run' }),
      },
    );
  }

  #forgetOld(now: number): void {
    for (const [id, { plan }] of this.#kept) {
      if (Date.parse(plan.expiresAt) <= now - PLAN_MS || this.#kept.size >= PLANS_KEPT) this.#kept.delete(id);
    }
  }
}
