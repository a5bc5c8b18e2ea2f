import { useLingui } from '@lingui/react';
import { useSyncExternalStore } from 'react';
import { type Format, formatFor } from './format.ts';

/** The formats of the page's language. */
export function useFormat(): Format {
  const { i18n } = useLingui();
  return formatFor(i18n.locale);
}

/** Ages on screen move together: one clock, ticking once a second only while something listens. */
const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;
let now = Date.now();

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(() => {
    now = Date.now();
    for (const each of listeners) each();
  }, 1000);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0 && timer !== undefined) {
      clearInterval(timer);
      timer = undefined;
    }
  };
}

/** Epoch milliseconds, moving every `every` seconds. */
export function useNow(every = 1): number {
  return useSyncExternalStore(
    subscribe,
    () => Math.floor((timer === undefined ? Date.now() : now) / (every * 1000)) * every * 1000,
  );
}
