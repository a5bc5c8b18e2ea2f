import { type ReactNode, useEffect, useRef } from 'react';

/** Something the screen on view can do, by name: the palette offers it before everything else. */
export interface Command {
  id: string;
  label: string;
  /** Why it cannot be done now; it is then shown and does nothing. */
  off?: string | null;
  /** The key that does the same. */
  keys?: string;
  icon?: ReactNode;
  run: () => void;
}

export interface Commands {
  group: string;
  commands: readonly Command[];
}

/** What mounted screens offer. Read when the palette draws, so that offering costs a screen no render. */
const offered = new Set<{ current: Commands }>();

/** Offers commands while the caller is mounted; the newest render counts. */
export function useCommands(commands: Commands): void {
  const latest = useRef(commands);
  latest.current = commands;
  useEffect(() => {
    offered.add(latest);
    return () => {
      offered.delete(latest);
    };
  }, []);
}

export function offeredCommands(): Commands[] {
  return [...offered].map((each) => each.current);
}
