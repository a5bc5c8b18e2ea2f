/**
 * Following one server's log: connect, catch up, index, go on after a cut. Longer than usual: the steps share one state,
 * and a reader has to see which of them may run at the same time.
 */
import { join } from 'node:path';
import type { LogVerbs } from '#drivers/logs.ts';
import { Failure, isFailure } from '#shared/model/failure.ts';
import { failureOf } from '#shared/model/failure-of.ts';
import type { LiveState } from '#shared/model/log.ts';
import { text } from '#shared/model/text.ts';
import type { Sessions } from '../../servers/sessions.ts';
import {
  GAPS_KEPT,
  KEEP_BYTES,
  LINGER_MS,
  POLL_MS,
  RETRY_FIRST_MS,
  RETRY_LONGEST_MS,
  SAVE_SECONDS,
} from '../limits.ts';
import { lockSet } from '../lock.ts';
import { LogThread } from '../thread/thread.ts';
import { FileMirror, type MirrorEars } from './file-mirror.ts';
import { JournalMirror } from './journal-mirror.ts';
import { MirrorStore } from './store.ts';
import { pause } from './wait.ts';

/** Name of the set in the folder of a server's index. */
export const LIVE_SET = 'live';

export interface LiveServerOptions {
  serverId: string;
  /** Folder of this server's mirror and index. */
  dir: string;
  sessions: Sessions;
  workers?: number;
}

/** One server's log: mirrored while somebody follows it, indexed as it grows, and asked at any time. */
export class LiveServer {
  readonly #options: LiveServerOptions;
  readonly thread: LogThread;
  readonly #state: LiveState;
  readonly #watchers = new Set<() => void>();
  #followers = 0;
  #linger: NodeJS.Timeout | null = null;
  #running: { abort: AbortController; ended: Promise<void> } | null = null;
  /** Resolves when all that was there at the start of a run is here; rejects when the run cannot go on. */
  #caughtUp = Promise.withResolvers<void>();
  /** Told by the index: lines in it. */
  lines = 0;

  constructor(options: LiveServerOptions) {
    this.#options = options;
    this.thread = new LogThread({ dir: join(options.dir, 'index'), workers: options.workers });
    this.#state = nothing(options.serverId);
  }

  /** How it stands. What is on disk is read when nobody follows. */
  async state(): Promise<LiveState> {
    await this.#fromDisk();
    return structuredClone(this.#state);
  }

  /** The state as it is known now. */
  get now(): LiveState {
    return structuredClone(this.#state);
  }

  /** Calls `hear` at every change of state or lines until the returned function is called. */
  hear(hear: () => void): () => void {
    this.#watchers.add(hear);
    return () => this.#watchers.delete(hear);
  }

  /** Follows the log until the returned function is called, and a little longer. */
  follow(): () => void {
    if (this.#linger !== null) clearTimeout(this.#linger);
    this.#linger = null;
    if (this.#running === null) this.#start();
    this.#followers += 1;
    let left = false;
    return () => {
      if (left) return;
      left = true;
      this.#followers -= 1;
      if (this.#followers > 0 || this.#running === null) return;
      this.#linger = setTimeout(() => void this.stop(), LINGER_MS);
      this.#linger.unref();
    };
  }

  caughtUp(): Promise<void> {
    return this.#caughtUp.promise;
  }

  async stop(): Promise<void> {
    if (this.#linger !== null) clearTimeout(this.#linger);
    this.#linger = null;
    const running = this.#running;
    running?.abort.abort();
    await running?.ended;
  }

  async dispose(): Promise<void> {
    await this.stop();
    await this.thread.close();
  }

  #start(): void {
    // Throws when another process follows this server.
    const release = lockSet(join(this.#options.dir, 'index'), LIVE_SET);
    const abort = new AbortController();
    this.#caughtUp = Promise.withResolvers<void>();
    this.#caughtUp.promise.catch(() => undefined);
    Object.assign(this.#state, { state: 'starting', failure: null, retryAt: null });
    const run = new Run(this, this.#options, this.#state, abort.signal);
    const ended = (async () => {
      try {
        await run.go(this.#caughtUp);
        this.#state.state = 'off';
      } catch (error) {
        if (abort.signal.aborted) this.#state.state = 'off';
        else Object.assign(this.#state, { state: 'failed', failure: failureOf(error) });
        this.#caughtUp.reject(error);
      } finally {
        this.#running = null;
        release();
        this.tell();
      }
    })();
    this.#running = { abort, ended };
    this.tell();
  }

  tell(): void {
    for (const hear of this.#watchers) hear();
  }

  async #fromDisk(): Promise<void> {
    try {
      const { lines, summary } = await this.thread.call('extent', [LIVE_SET]);
      const { bytes, diskBytes, first, last } = summary ?? this.#state;
      this.#state.diskBytes = diskBytes + bytes;
      if (this.#running !== null) return;
      this.lines = lines;
      Object.assign(this.#state, { lines, bytes, first, last });
    } catch (error) {
      // Not mirrored yet; an index that must be made anew is made when it is followed again.
      if (!isFailure(error, 'NOT_FOUND', 'UNSUPPORTED')) throw error;
    }
  }
}

/** One stretch of following, from the first follower to the last. */
class Run {
  readonly #server: LiveServer;
  readonly #options: LiveServerOptions;
  readonly #state: LiveState;
  readonly #signal: AbortSignal;
  #store: MirrorStore | null = null;
  readonly #files = new Set<string>();
  #dirty = false;
  #pumping: Promise<void> | null = null;
  #saved = Date.now();

  constructor(server: LiveServer, options: LiveServerOptions, state: LiveState, signal: AbortSignal) {
    this.#server = server;
    this.#options = options;
    this.#state = state;
    this.#signal = signal;
  }

  async go(caughtUp: PromiseWithResolvers<void>): Promise<void> {
    const signal = this.#signal;
    let wait = RETRY_FIRST_MS;
    try {
      while (!signal.aborted) {
        try {
          const { logs } = await this.#options.sessions.sessionFor(this.#options.serverId, signal);
          if (logs === undefined) throw noLogs();
          const store = await this.#open(logs);
          await this.#follow(logs, store, caughtUp, () => {
            wait = RETRY_FIRST_MS;
          });
        } catch (error) {
          if (signal.aborted) return;
          if (!passes(error)) throw error;
          const retryAt = new Date(Date.now() + wait).toISOString();
          Object.assign(this.#state, { state: 'retrying', failure: failureOf(error), retryAt });
          this.#server.tell();
          await pause(wait, signal);
          wait = Math.min(wait * 2, RETRY_LONGEST_MS);
        }
      }
    } finally {
      await this.#close();
    }
  }

  async #open(logs: LogVerbs): Promise<MirrorStore> {
    if (this.#store !== null) return this.#store;
    const store = new MirrorStore(this.#options.dir);
    this.#store = store;
    store.zone ??= await logs.zone(this.#signal);
    await this.#openIndex(store);
    return store;
  }

  /** Opens the index where it fits the mirror, else makes it from the mirror. */
  async #openIndex(store: MirrorStore): Promise<void> {
    const { thread } = this.#server;
    const files = new Map(store.files().map((file) => [file.path, file]));
    this.#files.clear();
    try {
      const opened = await thread.call('openLive', [LIVE_SET]);
      const fits = opened.files.every(({ path, bytes }) => bytes <= (files.get(path)?.bytes ?? -1));
      if (fits) for (const { path } of opened.files) this.#files.add(path);
      else await this.#build(store);
    } catch (error) {
      if (!isFailure(error, 'NOT_FOUND', 'UNSUPPORTED')) throw error;
      await this.#build(store);
    }
    this.#grown();
    await this.#pumping;
  }

  async #build(store: MirrorStore): Promise<void> {
    const { thread } = this.#server;
    const paths = store.files().map(({ path }) => path);
    await thread.call('index', [{ name: LIVE_SET, paths, zone: store.zone ?? undefined }], { signal: this.#signal });
    const opened = await thread.call('openLive', [LIVE_SET]);
    this.#files.clear();
    for (const { path } of opened.files) this.#files.add(path);
  }

  async #follow(
    logs: LogVerbs,
    store: MirrorStore,
    caughtUp: PromiseWithResolvers<void>,
    alive: () => void,
  ): Promise<void> {
    const places = await logs.places(this.#signal);
    this.#state.place = places.map((place) => (place.kind === 'file' ? place.path : 'journal')).join(', ');
    // A server that was lost is still lost until it answers.
    if (this.#state.state !== 'retrying') this.#answers();
    // What fails in one place ends the others: they are begun again together.
    const together = new AbortController();
    const signal = AbortSignal.any([this.#signal, together.signal]);
    let waiting = places.length;
    const here = async (): Promise<void> => {
      alive();
      this.#answers();
      waiting -= 1;
      if (waiting > 0) return;
      await this.#pumping;
      if (this.#state.state === 'catching-up') this.#state.state = 'live';
      this.#server.tell();
      caughtUp.resolve();
    };
    const following = places.map(async (place) => {
      try {
        if (place.kind === 'file') await this.#followFile(place.path, logs, store, here, signal);
        else await this.#followJournal(logs, store, here, signal);
      } catch (error) {
        together.abort();
        throw error;
      }
    });
    const results = await Promise.allSettled(following);
    const failed = results.filter((result) => result.status === 'rejected').map((result): unknown => result.reason);
    const cause = failed.find((error) => isFailure(error) && error.code !== 'CANCELLED') ?? failed[0];
    if (cause !== undefined && !this.#signal.aborted) throw cause;
  }

  async #followFile(
    path: string,
    logs: LogVerbs,
    store: MirrorStore,
    here: () => Promise<void>,
    signal: AbortSignal,
  ): Promise<void> {
    const files = await logs.files(path, signal);
    const mirror = new FileMirror(path, files, store, this.#ears());
    let first = true;
    try {
      while (!signal.aborted) {
        const again = await mirror.step(signal);
        this.#state.behind = mirror.behind;
        if (again) continue;
        if (first) await here();
        first = false;
        await pause(POLL_MS, signal);
      }
    } finally {
      await files.close();
    }
  }

  async #followJournal(
    logs: LogVerbs,
    store: MirrorStore,
    here: () => Promise<void>,
    signal: AbortSignal,
  ): Promise<void> {
    const mirror = new JournalMirror(logs, store, this.#ears());
    await mirror.catchUp(signal);
    this.#state.behind = 0;
    await here();
    while (!signal.aborted) await mirror.follow(signal);
  }

  /** Something came from the server: what was missed is on its way. */
  #answers(): void {
    const { state } = this.#state;
    if (state === 'catching-up' || state === 'live') return;
    Object.assign(this.#state, { state: 'catching-up', failure: null, retryAt: null });
    this.#server.tell();
  }

  #ears(): MirrorEars {
    return {
      grown: () => {
        this.#answers();
        this.#grown();
      },
      rotated: () => {
        this.#state.rotations += 1;
        this.#server.tell();
      },
      gap: (what) => {
        this.#state.gaps = [...this.#state.gaps, { at: new Date().toISOString(), what }].slice(-GAPS_KEPT);
        this.#server.tell();
      },
    };
  }

  /** New lines are in the mirror: they are indexed, one call at a time, however often this is said. */
  #grown(): void {
    this.#dirty = true;
    this.#pumping ??= this.#pump().finally(() => {
      this.#pumping = null;
    });
  }

  async #pump(): Promise<void> {
    const { thread } = this.#server;
    const store = this.#store;
    if (store === null) return;
    while (this.#dirty) {
      this.#dirty = false;
      for (const { path, place } of store.files()) {
        if (this.#files.has(path)) continue;
        this.#files.add(path);
        await thread.call('addFile', [LIVE_SET, path, place]);
      }
      const { lines, first, last } = await thread.call('append', [LIVE_SET]);
      this.#server.lines = lines;
      Object.assign(this.#state, { lines, first, last, bytes: store.bytes });
      if (Date.now() - this.#saved > SAVE_SECONDS * 1000) await this.#save();
      if (store.thin(KEEP_BYTES)) await this.#build(store);
      this.#server.tell();
    }
  }

  async #save(): Promise<void> {
    await this.#server.thread.call('save', [LIVE_SET]);
    this.#saved = Date.now();
  }

  async #close(): Promise<void> {
    await this.#pumping?.catch(() => undefined);
    this.#store?.close();
    await this.#server.thread.call('closeLive', [LIVE_SET]).catch((error: unknown) => {
      // The mirror holds every line: an index that was not saved is made from it.
      if (!isFailure(error)) throw error;
    });
  }
}

/** Failures that another try may pass by. A refused login or key is not tried again: that is how accounts get locked. */
function passes(error: unknown): boolean {
  if (!isFailure(error)) return false;
  switch (error.code) {
    case 'CONNECT_FAILED':
    case 'CONNECTION_LOST':
    case 'TIMEOUT':
    case 'BAD_OUTPUT':
    case 'REMOTE_FAILED':
    case 'LIMIT':
    case 'CANCELLED':
      return true;
    case 'BAD_INPUT':
    case 'NOT_FOUND':
    case 'CONFIRM_NEEDED':
    case 'FORBIDDEN':
    case 'UNSAFE':
    case 'AUTH_FAILED':
    case 'AUTH_NEEDED':
    case 'HOST_KEY_UNKNOWN':
    case 'HOST_KEY_CHANGED':
    case 'SUDO_REFUSED':
    case 'UNSUPPORTED':
    case 'VAULT_LOCKED':
    case 'JOURNAL_BROKEN':
    case 'INTERNAL':
      return false;
    default:
      error.code satisfies never;
      return false;
  }
}

function noLogs(): Failure {
  return new Failure(
    'UNSUPPORTED',
    text(/*i18n*/ { id: 'logs.server.none', message: 'The logs of this server cannot be read from here' }),
    {
      hint: text(
        /*i18n*/ { id: 'logs.server.none.hint', message: 'Copy its log files to this computer and index them' },
      ),
    },
  );
}

function nothing(serverId: string): LiveState {
  return {
    serverId,
    state: 'off',
    place: null,
    behind: null,
    lines: 0,
    bytes: 0,
    diskBytes: 0,
    first: null,
    last: null,
    rotations: 0,
    gaps: [],
    failure: null,
    retryAt: null,
  };
}
