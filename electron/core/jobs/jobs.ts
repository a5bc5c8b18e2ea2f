import { randomUUID } from 'node:crypto';
import { AsyncIteratorClass } from '@orpc/server';
import { Failure, type FailureData } from '#shared/model/failure.ts';
import type { Job, JobStage } from '#shared/model/job.ts';
import { type Text, text } from '#shared/model/text.ts';

/** Least time between two tellings of one job: ten a second is as fast as a person reads a counter. */
const TELL_MS = 100;
/** How long an ended job stays in the tray. */
const KEEP_MS = 24 * 3_600_000;

export interface JobStart {
  title: Text;
  serverId: string | null;
  changeId: string | null;
  stages: Pick<JobStage, 'id' | 'title' | 'unit' | 'total'>[];
  cancelLeaves: Text | null;
}

export type JobEnd = Exclude<Job['state'], 'running' | 'cancelling'>;

interface Entry {
  job: Job;
  abort: AbortController;
  /** Start of the stage under way, for its `ms`. */
  stageSince: number;
  ended: Promise<Job>;
  settle: (job: Job) => void;
}

/** The hand that the work itself holds. */
export interface JobHandle {
  readonly id: string;
  /** Aborts when somebody cancels. */
  readonly signal: AbortSignal;
  /** Starts a stage; the stage before it that was running is done. `total` null: not known. */
  stage(id: string, total?: number | null): void;
  progress(done: number): void;
  /** What the stage under way has in all, once that is known. */
  total(total: number | null): void;
  skip(id: string): void;
  note(note: Text | null): void;
  cancelLeaves(leaves: Text | null): void;
  snapshot(): Job;
  end(state: JobEnd, failure?: FailureData | null): void;
}

/** Long work of this process: who watches gets the last state first, then each change, at most every TELL_MS a job. */
export class Jobs {
  readonly #jobs = new Map<string, Entry>();
  readonly #watchers = new Set<(jobId: string) => void>();
  readonly #due = new Map<string, NodeJS.Timeout>();
  readonly #told = new Map<string, number>();

  start(start: JobStart): JobHandle {
    const id = randomUUID();
    const job: Job = {
      id,
      title: start.title,
      serverId: start.serverId,
      changeId: start.changeId,
      state: 'running',
      stages: start.stages.map((stage) => ({ ...stage, state: 'waiting', done: null, ms: null })),
      startedAt: new Date().toISOString(),
      endedAt: null,
      cancelLeaves: start.cancelLeaves,
      note: null,
      failure: null,
    };
    const { promise, resolve } = Promise.withResolvers<Job>();
    this.#jobs.set(id, { job, abort: new AbortController(), stageSince: 0, ended: promise, settle: resolve });
    this.#forgetOld();
    this.#tell(id, true);
    return this.#handle(id);
  }

  list(): Job[] {
    this.#forgetOld();
    return [...this.#jobs.values()].map(({ job }) => structuredClone(job));
  }

  show(id: string): Job {
    return structuredClone(this.#entry(id).job);
  }

  /** Asks a job to stop; it ends as cancelled when its work has come to a safe place. An ended job stays as it is. */
  cancel(id: string): Job {
    const entry = this.#entry(id);
    if (entry.job.state === 'running' && entry.job.cancelLeaves !== null) {
      entry.job.state = 'cancelling';
      entry.abort.abort(new Failure('CANCELLED', text(/*i18n*/ { id: 'job.cancelled', message: 'Cancelled' })));
      this.#tell(id, true);
    }
    return structuredClone(entry.job);
  }

  /** The job as it is when it has ended. */
  ended(id: string): Promise<Job> {
    return this.#entry(id).ended;
  }

  /** Cancels what runs and waits for all of it to end. */
  async dispose(): Promise<void> {
    const running = [...this.#jobs.values()].filter(({ job }) => job.endedAt === null);
    for (const { job } of running) this.cancel(job.id);
    await Promise.all(running.map(({ ended }) => ended));
    for (const timer of this.#due.values()) clearTimeout(timer);
    this.#due.clear();
  }

  watch(signal?: AbortSignal): AsyncIteratorObject<Job[], void, void> {
    const changed = new Set(this.#jobs.keys());
    let wake: () => void = () => undefined;
    const state = { first: true, over: signal?.aborted ?? false };
    const hear = (id: string): void => {
      changed.add(id);
      wake();
    };
    const leave = (): void => {
      state.over = true;
      this.#watchers.delete(hear);
      wake();
    };
    this.#watchers.add(hear);
    signal?.addEventListener('abort', leave, { once: true });
    return new AsyncIteratorClass<Job[], void, void>(
      async () => {
        while (!state.over && !state.first && changed.size === 0) {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
        if (state.over) return { done: true, value: undefined };
        state.first = false;
        // A slow watcher misses states in between, never the last one: nothing piles up for it.
        const jobs = [...changed].flatMap((id) => this.#jobs.get(id)?.job ?? []).map((job) => structuredClone(job));
        changed.clear();
        return { done: false, value: jobs };
      },
      async () => {
        signal?.removeEventListener('abort', leave);
        leave();
        await Promise.resolve();
      },
    );
  }

  #entry(id: string): Entry {
    const entry = this.#jobs.get(id);
    if (entry === undefined) {
      throw new Failure('NOT_FOUND', text(/*i18n*/ { id: 'job.none', message: 'There is no job {id}' }, { id }), {
        hint: text(
          /*i18n*/ {
            id: 'job.none.hint',
            message: 'Jobs are kept for 24 hours after they end; the journal keeps all changes',
          },
        ),
      });
    }
    return entry;
  }

  #handle(id: string): JobHandle {
    const entry = this.#entry(id);
    const { job } = entry;
    const current = (): JobStage | undefined => job.stages.find(({ state }) => state === 'running');
    const close = (state: JobStage['state']): void => {
      const stage = current();
      if (stage === undefined) return;
      stage.state = state;
      stage.ms = performance.now() - entry.stageSince;
      if (state === 'done' && stage.total !== null && stage.done === null) stage.done = stage.total;
    };
    return {
      id,
      signal: entry.abort.signal,
      stage: (stageId, total) => {
        close('done');
        const stage = job.stages.find((other) => other.id === stageId);
        if (stage === undefined) return;
        stage.state = 'running';
        if (total !== undefined) stage.total = total;
        entry.stageSince = performance.now();
        this.#tell(id);
      },
      progress: (done) => {
        const stage = current();
        if (stage === undefined) return;
        stage.done = done;
        this.#tell(id);
      },
      total: (total) => {
        const stage = current();
        if (stage === undefined) return;
        stage.total = total;
        this.#tell(id);
      },
      skip: (stageId) => {
        const stage = job.stages.find((other) => other.id === stageId);
        if (stage !== undefined) stage.state = 'skipped';
        this.#tell(id);
      },
      note: (note) => {
        job.note = note;
        this.#tell(id);
      },
      cancelLeaves: (leaves) => {
        job.cancelLeaves = leaves;
        this.#tell(id);
      },
      snapshot: () => structuredClone(job),
      end: (state, failure = null) => {
        if (job.endedAt !== null) return;
        close(state === 'done' || state === 'partial' ? 'done' : 'failed');
        for (const stage of job.stages) if (stage.state === 'waiting') stage.state = 'skipped';
        job.state = state;
        job.failure = failure;
        job.cancelLeaves = null;
        job.endedAt = new Date().toISOString();
        this.#tell(id, true);
        entry.settle(structuredClone(job));
      },
    };
  }

  /** Tells the watchers now, or once TELL_MS has passed since the last time. */
  #tell(id: string, now = false): void {
    const wait = TELL_MS - (performance.now() - (this.#told.get(id) ?? -TELL_MS));
    if (!now && wait > 0) {
      if (this.#due.has(id)) return;
      const timer = setTimeout(() => this.#tell(id, true), wait);
      timer.unref();
      this.#due.set(id, timer);
      return;
    }
    clearTimeout(this.#due.get(id));
    this.#due.delete(id);
    this.#told.set(id, performance.now());
    for (const hear of this.#watchers) hear(id);
  }

  #forgetOld(): void {
    const before = Date.now() - KEEP_MS;
    for (const [id, { job }] of this.#jobs) {
      if (job.endedAt === null || Date.parse(job.endedAt) >= before) continue;
      this.#jobs.delete(id);
      this.#told.delete(id);
    }
  }
}
