import { type ReactNode, useSyncExternalStore } from 'react';
import { createPortal } from 'react-dom';

/** Where the status bar leaves room for what the screen on view says of itself. */
let place: HTMLElement | null = null;
const listeners = new Set<() => void>();

export function setStatusPlace(element: HTMLElement | null): void {
  place = element;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** What the screen on view says in the status bar, for as long as it is mounted. */
export function StatusPart(props: { children: ReactNode }) {
  const at = useSyncExternalStore(subscribe, () => place);
  return at === null ? null : createPortal(props.children, at);
}
