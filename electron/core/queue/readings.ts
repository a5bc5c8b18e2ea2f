import { AsyncIteratorClass } from '@orpc/server';
import { storageFailure } from '#shared/model/failure-of.ts';
import { Failure, isFailure } from '#shared/model/failure.ts';
import type { QueueReading } from '#shared/model/queue.ts';
import { text } from '#shared/model/text.ts';
import { addLevel } from '../store/level-rows.ts';
import type { Store } from '../store/store.ts';
import type { Sessions } from '../servers/sessions.ts';
import { Snapshot } from './snapshot.ts';

/** Least time between two tellings of how a reading goes: each is a redraw, on a machine that may be the server's own. */
const TELL_MS = 250;

interface Reading {
  snapshot: Snapshot;
  abort: AbortController;
  watchers: number;
  /** Told at every step; a watcher that is behind gets only the newest. */
  changed: PromiseWithResolvers<void>;
  /** Counts those steps. */
  steps: number;
  /** Resolves when it has ended, however it ended. */
  ended: Promise<void>;
  over: boolean;
  /** Why it ended without an answer; a listing cut short is an answer. */
  failure: unknown;
}

interface ServerQueue {
  generation: number;
  current: Reading | null;
  /** What windows are made of: the last complete or cut-short reading. */
  shown: Snapshot | null;
  last: QueueReading | null;
}

/** Readings of every server's queue. One reading a server at a time; whoever asks meanwhile joins it. */
export class QueueReadings {
  readonly #queues = new Map<string, ServerQueue>();
  readonly #sessions: Sessions;
  readonly #store: Store;

  constructor(sessions: Sessions, store: Store) {
    this.#sessions = sessions;
    this.#store = store;
  }

  /** How the last reading ended, or how the one under way goes. */
  reading(serverId: string): QueueReading {
    const queue = this.#queue(serverId);
    return structuredClone(queue.current?.snapshot.reading ?? queue.last ?? none(serverId));
  }

  /**
   * What windows and summaries are made of: the last reading that brought messages. While a later one is under way
   * the earlier one stays, so that rows do not vanish and come back; only the first reading shows itself growing.
   */
  shown(serverId: string): Snapshot | null {
    const queue = this.#queue(serverId);
    return queue.shown ?? queue.current?.snapshot ?? null;
  }

  /** Reads, or joins, and tells how it goes; the last value is the finished reading. */
  watch(serverId: string, maxAge: number, signal?: AbortSignal): AsyncIteratorObject<QueueReading, void, void> {
    const fresh = this.#freshEnough(serverId, maxAge);
    if (fresh !== null) {
      return (async function* () {
        yield structuredClone(fresh.reading);
      })();
    }
    const reading = this.#join(serverId);
    let told = Number.NEGATIVE_INFINITY;
    let heard = -1;
    const state = { left: false };
    let finished = false;
    const leave = (): void => {
      if (state.left) return;
      state.left = true;
      this.#leave(reading);
    };
    const gone = Promise.withResolvers<void>();
    const abort = (): void => gone.resolve();
    signal?.addEventListener('abort', abort, { once: true });
    if (signal?.aborted === true) abort();
    return new AsyncIteratorClass<QueueReading, void, void>(
      async () => {
        if (finished) return { done: true, value: undefined };
        const waits = (): boolean => !reading.over && !state.left && signal?.aborted !== true;
        while (waits() && reading.steps === heard) {
          await Promise.race([reading.changed.promise, reading.ended, gone.promise]);
        }
        // a listing may stop after any step, and that one is told as well
        const early = TELL_MS - (performance.now() - told);
        if (waits() && early > 0) {
          const pause = Promise.withResolvers<void>();
          const timer = setTimeout(pause.resolve, early);
          await Promise.race([pause.promise, reading.ended, gone.promise]);
          clearTimeout(timer);
        }
        if (state.left) return { done: true, value: undefined };
        signal?.throwIfAborted();
        if (reading.over) {
          finished = true;
          if (reading.failure !== null) throw reading.failure;
        }
        told = performance.now();
        heard = reading.steps;
        return { done: false, value: structuredClone(reading.snapshot.reading) };
      },
      async () => {
        signal?.removeEventListener('abort', abort);
        leave();
        gone.resolve();
        await Promise.resolve();
      },
    );
  }

  /** A finished reading not older than `maxAge` seconds; made now when there is none. */
  async read(serverId: string, maxAge: number, signal: AbortSignal): Promise<Snapshot> {
    const fresh = this.#freshEnough(serverId, maxAge);
    if (fresh !== null) return fresh;
    const reading = this.#join(serverId);
    const gone = Promise.withResolvers<void>();
    const abort = (): void => gone.resolve();
    signal.addEventListener('abort', abort, { once: true });
    try {
      signal.throwIfAborted();
      await Promise.race([reading.ended, gone.promise]);
      signal.throwIfAborted();
      if (reading.failure !== null) throw reading.failure;
      return reading.snapshot;
    } finally {
      signal.removeEventListener('abort', abort);
      this.#leave(reading);
    }
  }

  /** Reads the SASL logins into a snapshot, once. */
  async withLogins(serverId: string, snapshot: Snapshot, signal: AbortSignal): Promise<Snapshot> {
    if (snapshot.loginsRead) return snapshot;
    const session = await this.#sessions.sessionFor(serverId, signal);
    snapshot.fillLogins(await session.queue.logins(signal));
    return snapshot;
  }

  /** Ends every reading. */
  async dispose(): Promise<void> {
    const running = [...this.#queues.values()].flatMap(({ current }) => current ?? []);
    for (const { abort } of running) abort.abort(stopped());
    await Promise.all(running.map(({ ended }) => ended));
  }

  #queue(serverId: string): ServerQueue {
    let queue = this.#queues.get(serverId);
    if (queue === undefined) {
      queue = { generation: 0, current: null, shown: null, last: null };
      this.#queues.set(serverId, queue);
    }
    return queue;
  }

  #freshEnough(serverId: string, maxAge: number): Snapshot | null {
    const { current, shown } = this.#queue(serverId);
    if (maxAge <= 0 || current !== null || shown === null || shown.reading.state !== 'complete') return null;
    const age = Date.now() - Date.parse(shown.reading.endedAt ?? '');
    return age <= maxAge * 1000 ? shown : null;
  }

  #join(serverId: string): Reading {
    const queue = this.#queue(serverId);
    // A reading that everybody has left is on its way out: the next one starts afresh.
    const current =
      queue.current !== null && !queue.current.abort.signal.aborted ? queue.current : this.#start(serverId, queue);
    current.watchers += 1;
    return current;
  }

  #leave(reading: Reading): void {
    reading.watchers -= 1;
    if (reading.watchers === 0 && !reading.over) reading.abort.abort(stopped());
  }

  #start(serverId: string, queue: ServerQueue): Reading {
    queue.generation += 1;
    const snapshot = new Snapshot({
      ...none(serverId),
      generation: queue.generation,
      state: 'reading',
      expected: queue.shown?.reading.read ?? null,
      startedAt: new Date().toISOString(),
    });
    const reading: Reading = {
      snapshot,
      abort: new AbortController(),
      watchers: 0,
      changed: Promise.withResolvers<void>(),
      steps: 0,
      ended: Promise.resolve(),
      over: false,
      failure: null,
    };
    queue.current = reading;
    reading.ended = this.#run(serverId, queue, reading);
    return reading;
  }

  async #run(serverId: string, queue: ServerQueue, reading: Reading): Promise<void> {
    const { snapshot, abort } = reading;
    const told = snapshot.reading;
    const started = performance.now();
    const tell = (): void => {
      told.ms = performance.now() - started;
      reading.steps += 1;
      reading.changed.resolve();
      reading.changed = Promise.withResolvers<void>();
    };
    try {
      const session = await this.#sessions.sessionFor(serverId, abort.signal);
      told.command = session.queue.listCommand;
      for await (const batch of session.queue.list({ signal: abort.signal })) {
        abort.signal.throwIfAborted();
        snapshot.add(batch);
        tell();
      }
      told.state = 'complete';
    } catch (error) {
      if (isFailure(error, 'BAD_OUTPUT') && told.read > 0) told.state = 'cut-short';
      else {
        told.state = 'failed';
        reading.failure = error ?? stopped();
      }
    }
    told.endedAt = new Date().toISOString();
    if (told.state !== 'failed') queue.shown = snapshot;
    if (queue.current === reading) queue.current = null;
    queue.last = told;
    reading.over = true;
    if (told.state === 'complete') this.#note(serverId, told);
    tell();
  }

  #note(serverId: string, { counts, read, endedAt }: QueueReading): void {
    this.#sessions.noteQueueCount(serverId, read);
    try {
      addLevel(this.#store, serverId, {
        at: endedAt ?? new Date().toISOString(),
        active: counts['active'] ?? 0,
        deferred: counts['deferred'] ?? 0,
        hold: counts['hold'] ?? 0,
        incoming: (counts['incoming'] ?? 0) + (counts['maildrop'] ?? 0),
      });
    } catch (error) {
      // A full disk costs the chart one point, not the listing.
      if (storageFailure(error) === null) throw error;
    }
  }
}

function none(serverId: string): QueueReading {
  return {
    serverId,
    generation: 0,
    state: 'none',
    read: 0,
    expected: null,
    startedAt: null,
    endedAt: null,
    ms: 0,
    command: '',
    counts: {},
    size: 0,
  };
}

function stopped(): Failure {
  return new Failure(
    'CANCELLED',
    text(/*i18n*/ { id: 'queue.reading.stopped', message: 'The reading of the queue was stopped' }),
    {
      retryable: true,
    },
  );
}
