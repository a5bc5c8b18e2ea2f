import { failureOf } from '#shared/model/failure-of.ts';
import type { Wire } from './wire.ts';

/** A stream of the console folded into one value that React can read. It starts itself again when the link is back. */
export interface Live<T> {
  get: () => T;
  subscribe: (listener: () => void) => () => void;
}

/**
 * Follows `open` for the life of the page: each event is folded into the value; when the stream ends or breaks it is
 * opened again as soon as the wire is open.
 */
export function follow<T, E>(
  wire: Wire,
  open: (signal: AbortSignal) => Promise<AsyncIterable<E>>,
  initial: T,
  fold: (value: T, event: E) => T,
): Live<T> {
  let value = initial;
  const listeners = new Set<() => void>();
  void run();

  async function run(): Promise<never> {
    for (;;) {
      await wireOpen(wire);
      const control = new AbortController();
      try {
        for await (const event of await open(control.signal)) {
          value = fold(value, event);
          for (const listener of listeners) listener();
        }
      } catch (error) {
        const failure = failureOf(error, control.signal);
        // A link that is cut says so in the banner; anything else is a defect that somebody must be able to see.
        if (failure.code !== 'CONNECTION_LOST') console.warn('stream ended:', failure.code, failure.message.message);
      } finally {
        control.abort();
      }
      await pause(500);
    }
  }

  return {
    get: () => value,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** Resolves when calls go through. */
export function wireOpen(wire: Wire): Promise<void> {
  if (wire.state() === 'open') return Promise.resolve();
  return new Promise((resolve) => {
    const stop = wire.subscribe(() => {
      if (wire.state() !== 'open') return;
      stop();
      resolve();
    });
  });
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
