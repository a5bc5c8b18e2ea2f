import { useSyncExternalStore } from 'react';

interface Watched {
  subscribe: (listener: () => void) => () => void;
  matches: () => boolean;
}
const watched = new Map<string, Watched>();

/** One list for each query: asking the browser for another at every render costs as much as the render. */
function watch(query: string): Watched {
  const list = window.matchMedia(query);
  const found = watched.get(query) ?? {
    subscribe: (listener) => {
      list.addEventListener('change', listener);
      return () => list.removeEventListener('change', listener);
    },
    matches: () => list.matches,
  };
  watched.set(query, found);
  return found;
}

/** Whether a media query holds, followed as it changes. */
export function useMedia(query: string): boolean {
  const { subscribe, matches } = watched.get(query) ?? watch(query);
  return useSyncExternalStore(subscribe, matches);
}
