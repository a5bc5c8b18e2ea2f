import { accessSync, constants, statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { JobHandle, Jobs } from '../jobs/jobs.ts';
import { Failure, isFailure } from '#shared/model/failure.ts';
import { failureOf } from '#shared/model/failure-of.ts';
import type { Job } from '#shared/model/job.ts';
import type { LogIndexed, LogSet } from '#shared/model/log.ts';
import { text } from '#shared/model/text.ts';
import { nothingRead, unreadable } from './failures.ts';
import { ENDED_KEPT } from './limits.ts';
import { lockSet } from './lock.ts';
import type { IndexRequest, IndexStep } from './thread/service.ts';
import { LogThread } from './thread/thread.ts';
import { Uploads } from './uploads.ts';

export interface LogSetsOptions {
  /** Folder of the sets. */
  dir: string;
  jobs: Jobs;
  workers?: number;
}

/** The sets of log files of this data folder. */
export class LogSets {
  readonly #dir: string;
  readonly #jobs: Jobs;
  readonly #workers: number | undefined;
  /** Answers questions. Indexing has threads of its own, so that it delays no answer. */
  readonly thread: LogThread;
  readonly uploads: Uploads;
  readonly #ended = new Map<string, LogIndexed>();
  /** Sets being built again because the format of the index has changed. */
  readonly #rebuilding = new Map<string, Promise<void>>();

  constructor({ dir, jobs, workers }: LogSetsOptions) {
    this.#dir = dir;
    this.#jobs = jobs;
    this.#workers = workers;
    this.thread = new LogThread({ dir, workers });
    this.uploads = new Uploads(dir);
  }

  list(signal?: AbortSignal): Promise<LogSet[]> {
    return this.thread.call('sets', [], { signal });
  }

  show(name: string, signal?: AbortSignal): Promise<LogIndexed> {
    return this.thread.call('set', [name], { signal });
  }

  /** Starts indexing. Throws at once for what cannot be read at all, or is being written by another. */
  index(request: IndexRequest): Job {
    const paths = request.paths.map((path) => resolve(path));
    for (const path of paths) readable(path);
    checkZone(request.zone);
    const release = lockSet(this.#dir, request.name);
    const job = this.#jobs.start({
      title: text(/*i18n*/ { id: 'logs.job.index', message: 'Index logs into {name}' }, { name: request.name }),
      serverId: null,
      changeId: null,
      stages: [
        {
          id: 'index',
          title: text(/*i18n*/ { id: 'logs.job.stage', message: 'Read and index' }),
          unit: 'bytes',
          total: null,
        },
      ],
      cancelLeaves: text(/*i18n*/ { id: 'logs.job.leaves', message: 'Nothing: the set stays as it was before' }),
    });
    void this.#run(job, { ...request, paths }, release);
    return job.snapshot();
  }

  /** How an index job of this process ended. */
  indexed(jobId: string): LogIndexed {
    const ended = this.#ended.get(jobId);
    if (ended !== undefined) return ended;
    throw new Failure(
      'NOT_FOUND',
      text(/*i18n*/ { id: 'logs.job.none', message: 'No finished index job {id} is known' }, { id: jobId }),
    );
  }

  async rename(name: string, to: string): Promise<LogSet[]> {
    const release = [lockSet(this.#dir, name)];
    try {
      if (to !== name) release.push(lockSet(this.#dir, to));
      return await this.thread.call('rename', [name, to]);
    } finally {
      for (const end of release) end();
    }
  }

  async drop(name: string): Promise<LogSet[]> {
    const release = lockSet(this.#dir, name);
    try {
      const origin = await this.thread.call('origin', [name]);
      const left = await this.thread.call('drop', [name]);
      this.uploads.remove((origin?.paths ?? []).filter((path) => !left.some((set) => set.paths.includes(path))));
      return left;
    } finally {
      release();
    }
  }

  /**
   * Runs a question. A set that another version made is built again first from what it was made from, as a job that
   * everybody can see; the question then waits for it.
   */
  async ask<T>(name: string, act: () => Promise<T>): Promise<T> {
    try {
      return await act();
    } catch (error) {
      if (!isFailure(error, 'UNSUPPORTED')) throw error;
      await this.#rebuild(name, error);
      return await act();
    }
  }

  async dispose(): Promise<void> {
    await this.thread.close();
  }

  #rebuild(name: string, why: Failure): Promise<void> {
    const running = this.#rebuilding.get(name);
    if (running !== undefined) return running;
    const build = (async () => {
      const origin = await this.thread.call('origin', [name]);
      if (origin === null) throw why;
      const { paths, year, zone } = origin;
      const job = await this.#jobs.ended(this.index({ name, paths, year, zone }).id);
      if (job.failure !== null) throw failureFrom(job.failure);
    })();
    const over = (): void => void this.#rebuilding.delete(name);
    build.then(over, over);
    this.#rebuilding.set(name, build);
    return build;
  }

  async #run(job: JobHandle, request: IndexRequest, release: () => void): Promise<void> {
    const thread = new LogThread({ dir: this.#dir, workers: this.#workers });
    try {
      job.stage('index');
      let total: number | null = null;
      const progress = (step: IndexStep): void => {
        if (step.totalBytes !== total) {
          total = step.totalBytes;
          job.total(total);
        }
        job.progress(step.bytes);
      };
      const indexed = await thread.call('index', [request], { signal: job.signal, progress });
      if (indexed.sources === 0) {
        await thread.call('drop', [request.name]);
        throw nothingRead(indexed.refused);
      }
      job.progress(indexed.bytes);
      this.#keep(job.id, indexed);
      const refused = indexed.refused.length;
      job.note(
        text(
          /*i18n*/ {
            id: 'logs.job.done',
            message:
              '{lines, plural, one {# line} other {# lines}} in {files, plural, one {# file} other {# files}}{refused, plural, =0 {} one {; # input could not be read} other {; # inputs could not be read}}',
          },
          { lines: indexed.lines, files: indexed.sources, refused },
        ),
      );
      job.end(refused > 0 ? 'partial' : 'done');
    } catch (error) {
      job.end(job.signal.aborted ? 'cancelled' : 'failed', failureOf(error, job.signal));
    } finally {
      release();
      await thread.close();
    }
  }

  #keep(jobId: string, indexed: LogIndexed): void {
    this.#ended.set(jobId, indexed);
    const oldest = this.#ended.keys().next().value;
    if (this.#ended.size > ENDED_KEPT && oldest !== undefined) this.#ended.delete(oldest);
  }
}

function failureFrom({ code, message, hint, retryable, detail }: ReturnType<typeof failureOf>): Failure {
  return new Failure(code, message, { hint: hint ?? undefined, retryable, detail });
}

function readable(path: string): void {
  try {
    const kind = statSync(path);
    accessSync(path, kind.isDirectory() ? constants.R_OK | constants.X_OK : constants.R_OK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw unreadable(
      path,
      code === 'ENOENT' ? 'there is no such file' : code === 'EACCES' ? 'permission denied' : String(code),
    );
  }
}

function checkZone(zone: string | undefined): void {
  try {
    Intl.DateTimeFormat('en', { timeZone: zone });
  } catch {
    throw new Failure(
      'BAD_INPUT',
      text(
        /*i18n*/ { id: 'logs.zone', message: 'Expected an IANA time zone such as Europe/Oslo, got {zone}' },
        { zone: zone ?? '' },
      ),
    );
  }
}
