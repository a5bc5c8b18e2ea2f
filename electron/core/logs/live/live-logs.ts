import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { Failure, isFailure } from '#shared/model/failure.ts';
import { failureOf } from '#shared/model/failure-of.ts';
import type { Job } from '#shared/model/job.ts';
import type { LiveEvent, LiveState } from '#shared/model/log.ts';
import type { ServerProfile } from '#shared/model/server.ts';
import { text } from '#shared/model/text.ts';
import type { JobHandle, Jobs } from '../../jobs/jobs.ts';
import type { Sessions } from '../../servers/sessions.ts';
import { lockSet } from '../lock.ts';
import type { LogThread } from '../thread/thread.ts';
import { LIVE_SET, LiveServer } from './live-server.ts';
import { tail, type TailOptions } from './tail.ts';

export interface LiveLogsOptions {
  /** Folder of the mirrors: one folder a server in it. */
  dir: string;
  sessions: Sessions;
  jobs: Jobs;
  profile: (server: string) => ServerProfile;
  workers?: number;
}

/** The mirrored logs of servers. */
export class LiveLogs {
  readonly #options: LiveLogsOptions;
  readonly #servers = new Map<string, LiveServer>();

  constructor(options: LiveLogsOptions) {
    this.#options = options;
  }

  state(server: string): Promise<LiveState> {
    return this.#server(server).state();
  }

  /** The state now, and at every change at most ten times a second. */
  async *watch(server: string, signal: AbortSignal): AsyncGenerator<LiveState, void, void> {
    const live = this.#server(server);
    let wake: () => void = () => undefined;
    let news = false;
    const hear = (): void => {
      news = true;
      wake();
    };
    const deaf = live.hear(hear);
    signal.addEventListener('abort', hear, { once: true });
    try {
      yield await live.state();
      while (!signal.aborted) {
        if (!news) {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
        news = false;
        if (signal.aborted) return;
        yield live.now;
        await new Promise<void>((resolve) => {
          setTimeout(resolve, WATCH_MS);
        });
      }
    } finally {
      deaf();
      signal.removeEventListener('abort', hear);
    }
  }

  tail(server: string, options: TailOptions, signal: AbortSignal): AsyncGenerator<LiveEvent[], void, void> {
    return tail(this.#server(server), options, signal);
  }

  /** Asks the mirror of a server. */
  async ask<T>(server: string, act: (thread: LogThread, set: string) => Promise<T>): Promise<T> {
    const live = this.#server(server);
    try {
      return await act(live.thread, LIVE_SET);
    } catch (error) {
      if (isFailure(error, 'NOT_FOUND') && error.text.id === 'logs.no-set') throw this.#unread(server);
      throw error;
    }
  }

  /** Fetches what is new, as a job. */
  pull(server: string): Job {
    const live = this.#server(server);
    const leave = live.follow();
    const { id, name } = this.#options.profile(server);
    const job = this.#options.jobs.start({
      title: text(/*i18n*/ { id: 'logs.job.pull', message: 'Fetch the log of {name}' }, { name }),
      serverId: id,
      changeId: null,
      stages: [
        {
          id: 'pull',
          title: text(/*i18n*/ { id: 'logs.job.pull.stage', message: 'Fetch and index' }),
          unit: 'bytes',
          total: null,
        },
      ],
      cancelLeaves: text(
        /*i18n*/ { id: 'logs.job.pull.leaves', message: 'What was fetched; it goes on from there the next time' },
      ),
    });
    void this.#pull(live, job, leave);
    return job.snapshot();
  }

  /** Deletes a mirror. */
  async forget(server: string): Promise<LiveState> {
    const { id } = this.#options.profile(server);
    const live = this.#server(server);
    await live.stop();
    lockSet(join(this.#dir(id), 'index'), LIVE_SET)();
    await live.dispose();
    this.#servers.delete(id);
    rmSync(this.#dir(id), { recursive: true, force: true });
    return this.#server(server).state();
  }

  async dispose(): Promise<void> {
    await Promise.all([...this.#servers.values()].map((live) => live.dispose()));
  }

  async #pull(live: LiveServer, job: JobHandle, leave: () => void): Promise<void> {
    const before = (await live.state()).bytes;
    job.stage('pull');
    const deaf = live.hear(() => job.progress(Math.max(0, live.now.bytes - before)));
    const cancelled = new Promise<never>((_, reject) => {
      job.signal.addEventListener('abort', () => reject(job.signal.reason as Error), { once: true });
    });
    try {
      await Promise.race([live.caughtUp(), cancelled]);
      job.progress(Math.max(0, live.now.bytes - before));
      job.end('done');
    } catch (error) {
      job.end(job.signal.aborted ? 'cancelled' : 'failed', failureOf(error, job.signal));
    } finally {
      deaf();
      leave();
    }
  }

  #server(server: string): LiveServer {
    const { id } = this.#options.profile(server);
    let live = this.#servers.get(id);
    if (live === undefined) {
      const { sessions, workers } = this.#options;
      live = new LiveServer({ serverId: id, dir: this.#dir(id), sessions, workers });
      this.#servers.set(id, live);
    }
    return live;
  }

  #dir(id: string): string {
    return join(this.#options.dir, id.replace(/[^A-Za-z0-9-]/g, '_'));
  }

  #unread(server: string): Failure {
    const { name } = this.#options.profile(server);
    return new Failure(
      'NOT_FOUND',
      text(/*i18n*/ { id: 'logs.live.none', message: 'The log of {name} has not been fetched yet' }, { name }),
      {
        hint: text(
          /*i18n*/ { id: 'logs.live.none.hint', message: 'Fetch it first: postdeck logs pull, or Live on the page' },
        ),
      },
    );
  }
}

const WATCH_MS = 100;
