import { consume } from '#shared/contract/consume.ts';
import type { FailureData } from '#shared/model/failure.ts';
import { failureOf } from '#shared/model/failure-of.ts';
import type { LiveEvent, LiveState, LogFilter } from '#shared/model/log.ts';
import { wireOpen } from '../../../api/live.ts';
import type { Wire } from '../../../api/wire.ts';
import { LineRate } from './line-rate.ts';
import { LiveRing, type Mark } from './ring.ts';

/** Lines of the past to begin with; with a filter, as many of the past are looked through. */
const BEGIN = 500;
const BEGIN_FILTERED = 10_000;
/** Between two changes on screen, in milliseconds: lines must appear at once, and the page has more to do. */
const FLUSH_MS = 60;

/** One server that is followed. */
export interface Followed {
  id: string;
  /** How its mirror stands; null: not told yet. */
  state: LiveState | null;
  /** Why following it has ended. */
  failure: FailureData | null;
}

export type Phase = 'idle' | 'running' | 'paused';

interface Follower extends Followed {
  /** Place of the next line, where the last tail ended. */
  next: number | undefined;
  cut: boolean;
  rotations: number;
  gaps: number;
  rate: LineRate;
  control: AbortController;
}

/**
 * The live log of the page: which servers are followed, and what came from them. It outlives the view, so that another
 * screen in between costs nothing: while nobody looks, nothing is asked; then each tail goes on where it was.
 */
export class LiveLog {
  readonly #wire: Wire;
  readonly ring = new LiveRing();
  readonly #followers = new Map<string, Follower>();
  readonly #listeners = new Set<() => void>();
  #filter: LogFilter = {};
  #looking = 0;
  #pending: (() => void)[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #version = 0;
  #goOn = Promise.withResolvers<void>();
  phase: Phase = 'idle';
  /** Lines in the mirrors when it was paused, by server. */
  #pausedAt = new Map<string, number>();

  constructor(wire: Wire) {
    this.#wire = wire;
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  version = (): number => this.#version;

  get followed(): readonly Followed[] {
    return [...this.#followers.values()];
  }

  /** Lines that came into the mirrors since it was paused; what of them matches is known when they are read. */
  get waiting(): number {
    let sum = 0;
    for (const { id, state } of this.#followers.values()) {
      sum += Math.max(0, (state?.lines ?? 0) - (this.#pausedAt.get(id) ?? Number.POSITIVE_INFINITY));
    }
    return sum;
  }

  /** Lines a second that the followed servers write, while at least one is at the end of its log; null: not known yet. */
  rate(): number | null {
    const now = performance.now();
    let sum: number | null = null;
    for (const { rate } of this.#followers.values()) {
      const one = rate.at(now);
      if (one !== null) sum = (sum ?? 0) + one;
    }
    return sum;
  }

  /** Follows exactly these servers from now on. */
  choose(ids: readonly string[]): void {
    for (const [id, follower] of this.#followers) {
      if (ids.includes(id)) continue;
      follower.control.abort();
      this.#followers.delete(id);
      this.ring.leave(id);
    }
    for (const id of ids) {
      if (this.#followers.has(id)) continue;
      const follower = newFollower(id);
      this.#followers.set(id, follower);
      if (this.phase !== 'idle' && this.#looking > 0) this.#start(follower);
    }
    this.#tell();
  }

  start(): void {
    if (this.phase !== 'idle') return;
    this.phase = 'running';
    if (this.#looking > 0) for (const follower of this.#followers.values()) this.#start(follower);
    this.#tell();
  }

  /** Nothing moves any more. The mirrors go on, so that nothing is missed. */
  pause(): void {
    if (this.phase !== 'running') return;
    this.phase = 'paused';
    this.#goOn = Promise.withResolvers<void>();
    this.#pausedAt = new Map([...this.#followers.values()].map(({ id, state }) => [id, state?.lines ?? 0]));
    this.#tell();
  }

  resume(): void {
    if (this.phase !== 'paused') return;
    this.phase = 'running';
    this.#pausedAt.clear();
    this.#goOn.resolve();
    this.#tell();
  }

  /** Asks a server again whose following ended with a failure. */
  again(id: string): void {
    const follower = this.#followers.get(id);
    if (follower === undefined || this.phase === 'idle') return;
    follower.control.abort();
    follower.failure = null;
    this.#start(follower);
    this.#tell();
  }

  stop(): void {
    this.#goOn.resolve();
    this.phase = 'idle';
    this.#pausedAt.clear();
    for (const follower of this.#followers.values()) follower.control.abort();
    for (const id of this.#followers.keys()) this.#followers.set(id, newFollower(id));
    this.#drop();
    this.ring.clear();
    this.#tell();
  }

  /** What was read so far leaves the screen; the log stays. */
  clear(): void {
    this.#drop();
    this.ring.clear();
    this.#tell();
  }

  /** Only what matches, also of the lines just before now. */
  filter(filter: LogFilter): void {
    if (JSON.stringify(filter) === JSON.stringify(this.#filter)) return;
    this.#filter = filter;
    if (this.phase === 'idle') return;
    this.#drop();
    this.ring.clear();
    for (const follower of this.#followers.values()) {
      follower.control.abort();
      follower.next = undefined;
      follower.failure = null;
      if (this.#looking > 0) this.#start(follower);
    }
    this.#tell();
  }

  /** Reads for as long as somebody looks: until the returned function is called. */
  look(): () => void {
    this.#looking += 1;
    if (this.#looking === 1 && this.phase !== 'idle') {
      for (const follower of this.#followers.values()) if (follower.failure === null) this.#start(follower);
    }
    let left = false;
    return () => {
      if (left) return;
      left = true;
      this.#looking -= 1;
      if (this.#looking > 0) return;
      for (const follower of this.#followers.values()) follower.control.abort();
      this.#flush();
    };
  }

  #start(follower: Follower): void {
    follower.control = new AbortController();
    const { signal } = follower.control;
    void this.#watch(follower, signal);
    void this.#read(follower, signal);
  }

  async #read(follower: Follower, signal: AbortSignal): Promise<void> {
    const { client } = this.#wire;
    while (!signal.aborted) {
      await wireOpen(this.#wire);
      if (signal.aborted) return;
      try {
        const { next } = follower;
        const last = Object.keys(this.#filter).length > 0 ? BEGIN_FILTERED : BEGIN;
        const input = {
          serverId: follower.id,
          filter: this.#filter,
          last,
          ...(next === undefined ? {} : { from: next }),
        };
        const stream = await client.logs.tail(input, { signal });
        for await (const events of consume(stream, (ack) => client.flow.ack(ack))) {
          while (this.#isPaused()) await this.#goOn.promise;
          if (signal.aborted) return;
          this.#take(follower, events, signal);
        }
        // It ends by itself only when the console stops following, as when the mirror is deleted.
        if (!signal.aborted) follower.next = undefined;
      } catch (error) {
        if (signal.aborted) return;
        const failure = failureOf(error, signal);
        if (this.#wire.state() === 'open' && failure.code !== 'CONNECTION_LOST') {
          follower.failure = failure;
          follower.control.abort();
          this.#tell();
          return;
        }
        this.#cut(follower, { what: 'cut', why: null });
      }
      await pause(FLUSH_MS);
    }
  }

  async #watch(follower: Follower, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await wireOpen(this.#wire);
      try {
        for await (const state of await this.#wire.client.logs.liveWatch({ serverId: follower.id }, { signal })) {
          if (signal.aborted) return;
          follower.state = state;
          follower.rate.take(state.state === 'live' ? state.lines : null, performance.now());
          this.#soon(() => undefined);
        }
      } catch {
        // The tail beside it says why.
      }
      if (!signal.aborted) await pause(1000);
    }
  }

  #take(follower: Follower, events: readonly LiveEvent[], signal: AbortSignal): void {
    const { id } = follower;
    for (const event of events) {
      switch (event.kind) {
        case 'lines':
        case 'traces':
          // A place counts when its lines are kept: what is dropped on the way would be missing.
          this.#soon(() => {
            if (event.kind === 'lines') this.ring.lines(id, event.lines, Date.now());
            else this.ring.touch(id, event.traces);
          });
          follower.next = event.next;
          break;
        case 'skipped':
          this.#soon(() => this.ring.mark(id, { what: 'skipped', lines: event.lines }, Date.now()));
          break;
        case 'state':
          follower.state = event.state;
          this.#note(follower, event.state);
          break;
        default:
          event satisfies never;
      }
      if (signal.aborted) return;
    }
  }

  /** What of a change of state belongs between the lines. */
  #note(follower: Follower, { state, failure, rotations, gaps }: LiveState): void {
    const { id } = follower;
    if (state === 'retrying') this.#cut(follower, { what: 'cut', why: failure?.message ?? null });
    else if (follower.cut && (state === 'catching-up' || state === 'live')) {
      follower.cut = false;
      this.#soon(() => this.ring.mark(id, { what: 'back' }, Date.now()));
    }
    const gap = gaps.at(-1);
    if (follower.gaps >= 0 && gaps.length > follower.gaps && gap !== undefined) {
      this.#soon(() => this.ring.mark(id, { what: 'gap', why: gap.what }, Date.now()));
    }
    if (follower.rotations >= 0 && rotations > follower.rotations) {
      this.#soon(() => this.ring.mark(id, { what: 'rotated' }, Date.now()));
    }
    follower.gaps = gaps.length;
    follower.rotations = rotations;
  }

  #isPaused(): boolean {
    return this.phase === 'paused';
  }

  #cut(follower: Follower, mark: Mark): void {
    if (follower.cut) return;
    follower.cut = true;
    this.#soon(() => this.ring.mark(follower.id, mark, Date.now()));
  }

  /** Changes of the ring are made together, a few times a second. */
  #soon(act: () => void): void {
    this.#pending.push(act);
    this.#timer ??= setTimeout(() => this.#flush(), FLUSH_MS);
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const acts = this.#pending;
    this.#pending = [];
    for (const act of acts) act();
    if (acts.length > 0) this.#tell();
  }

  #drop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#pending = [];
  }

  #tell(): void {
    this.#version += 1;
    for (const listener of this.#listeners) listener();
  }
}

function newFollower(id: string): Follower {
  return {
    id,
    state: null,
    failure: null,
    next: undefined,
    cut: false,
    rotations: -1,
    gaps: -1,
    rate: new LineRate(),
    control: new AbortController(),
  };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
