import type { Failure, FailureCode } from '#shared/model/failure.ts';
import type { ServerStatus } from '#shared/model/server.ts';
import { AsyncIteratorClass } from '@orpc/server';

/** What a person must settle before trying again helps. The rest is the network's or the server's to settle. */
const NEEDS_LOOK: readonly FailureCode[] = [
  'AUTH_FAILED',
  'AUTH_NEEDED',
  'HOST_KEY_UNKNOWN',
  'HOST_KEY_CHANGED',
  'SUDO_REFUSED',
  'UNSUPPORTED',
  'VAULT_LOCKED',
  'LIMIT',
];

export type StatusChange = Pick<ServerStatus, 'state'> & { why?: ServerStatus['why']; retryAt?: Date | null };

/** The state a failed connection leaves a server in. */
export function stateAfter(failure: Failure, retryAt: Date | null = null): StatusChange {
  if (failure.code === 'CANCELLED') return { state: 'not-contacted' };
  const state = NEEDS_LOOK.includes(failure.code) ? 'needs-look' : 'offline';
  return { state, why: failure.text, retryAt };
}

/** The states of all servers, and who watches them. */
export class StatusBoard {
  readonly #statuses = new Map<string, ServerStatus>();
  readonly #watchers = new Set<(changed: string) => void>();
  readonly #onWatched: (watched: boolean) => void;

  /** @param onWatched Told when the first watcher comes and when the last one goes. */
  constructor(onWatched: (watched: boolean) => void) {
    this.#onWatched = onWatched;
  }

  get watched(): boolean {
    return this.#watchers.size > 0;
  }

  get(serverId: string): ServerStatus {
    const status = this.#statuses.get(serverId);
    if (status !== undefined) return status;
    const since = new Date().toISOString();
    const fresh: ServerStatus = {
      serverId,
      state: 'not-contacted',
      why: null,
      since,
      retryAt: null,
      queueCount: null,
    };
    this.#statuses.set(serverId, fresh);
    return fresh;
  }

  set(serverId: string, { state, why = null, retryAt = null }: StatusChange): void {
    const before = this.get(serverId);
    const since = before.state === state ? before.since : new Date().toISOString();
    this.#put({ ...before, state, why, since, retryAt: retryAt?.toISOString() ?? null });
  }

  count(serverId: string, queueCount: number): void {
    if (this.get(serverId).queueCount !== queueCount) this.#put({ ...this.get(serverId), queueCount });
  }

  drop(serverId: string): void {
    this.#statuses.delete(serverId);
  }

  /** A server was added: watchers learn of it. */
  announce(serverId: string): void {
    this.#put(this.get(serverId));
  }

  /** `first`, then every status that changes, joined while the watcher is busy. Ends with the signal. */
  watch(
    first: ServerStatus[],
    signal: AbortSignal,
  ): AsyncIterableIterator<ServerStatus[]> & AsyncIteratorObject<ServerStatus[], void, void> {
    const changed = new Set<string>();
    let wake = Promise.withResolvers<void>();
    let begun = false;
    let over = false;
    const notify = (serverId: string): void => {
      changed.add(serverId);
      wake.resolve();
    };
    const end = (): void => {
      if (over) return;
      over = true;
      signal.removeEventListener('abort', end);
      this.#watchers.delete(notify);
      if (this.#watchers.size === 0) this.#onWatched(false);
      wake.resolve();
    };
    this.#watchers.add(notify);
    if (this.#watchers.size === 1) this.#onWatched(true);
    signal.addEventListener('abort', end, { once: true });
    if (signal.aborted) end();
    return new AsyncIteratorClass<ServerStatus[], void, void>(
      async () => {
        if (!begun && !over) {
          begun = true;
          return { done: false, value: first };
        }
        for (;;) {
          await wake.promise;
          if (over) return { done: true, value: undefined };
          wake = Promise.withResolvers<void>();
          const value = [...changed].flatMap((id) => this.#statuses.get(id) ?? []);
          changed.clear();
          if (value.length > 0) return { done: false, value };
        }
      },
      () => {
        end();
        return Promise.resolve();
      },
    );
  }

  #put(status: ServerStatus): void {
    this.#statuses.set(status.serverId, status);
    for (const notify of this.#watchers) notify(status.serverId);
  }
}
