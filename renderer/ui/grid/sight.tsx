import { type ReactNode, useSyncExternalStore } from 'react';

/** First and last row in sight, counted from one. It moves with every step of the wheel, and only its words follow. */
export class Sight {
  readonly #listeners = new Set<() => void>();
  #now = { top: 0, bottom: 0 };

  set = (first: number, last: number): void => {
    this.#now = { top: first + 1, bottom: last + 1 };
    for (const listener of this.#listeners) listener();
  };

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  now = (): { top: number; bottom: number } => this.#now;
}

export function InSight(props: { sight: Sight; children: (top: number, bottom: number) => ReactNode }) {
  const { top, bottom } = useSyncExternalStore(props.sight.subscribe, props.sight.now);
  return props.children(top, bottom);
}
