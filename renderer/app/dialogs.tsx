import { createContext, type ReactNode, useContext, useEffect, useMemo, useRef, useState } from 'react';
import type { ChangeRequest } from '#shared/model/change.ts';
import type { FailureData } from '#shared/model/failure.ts';
import type { ServerProfile, SshSettings } from '#shared/model/server.ts';

/** Everything that can stand over the page. One dialog can open another; closing it leads back. */
export type Dialog =
  | { kind: 'change'; request: ChangeRequest; applied?: (started: { changeId: string }) => void }
  | { kind: 'undo'; changeId: string }
  | { kind: 'server'; edit?: ServerProfile; prefill?: { name: string; ssh: SshSettings } }
  | { kind: 'remove-server'; server: ServerProfile }
  | { kind: 'host-key'; serverId: string; failure: FailureData; retry: () => void }
  | { kind: 'secret'; serverId: string; failure: FailureData; retry: () => void }
  | { kind: 'vault'; retry: () => void }
  | { kind: 'sudoers'; serverId: string }
  | { kind: 'save-search'; query: string; rename?: string }
  | { kind: 'settings' }
  | { kind: 'keys' };

export interface Dialogs {
  stack: readonly Dialog[];
  open: (dialog: Dialog) => void;
  /** Closes the top one. */
  close: () => void;
  /** Puts another in the place of the top one. */
  replace: (dialog: Dialog) => void;
  trayOpen: boolean;
  setTray: (open: boolean) => void;
}

const Context = createContext<Dialogs | null>(null);

export function DialogsProvider(props: { children: ReactNode }) {
  const [stack, setStack] = useState<readonly Dialog[]>([]);
  const [trayOpen, setTray] = useState(false);
  // Dialogs are taken away whole when they close: where the keyboard was is kept here, one place for each.
  const places = useRef<(Element | null)[]>([]);
  useEffect(() => {
    if (places.current.length > stack.length) giveBack(places.current.splice(stack.length)[0] ?? null);
  }, [stack]);
  const value = useMemo<Dialogs>(
    () => ({
      stack,
      open: (dialog) => {
        places.current.push(document.activeElement);
        setStack((now) => [...now, dialog]);
      },
      close: () => setStack((now) => now.slice(0, -1)),
      replace: (dialog) => setStack((now) => [...now.slice(0, -1), dialog]),
      trayOpen,
      setTray,
    }),
    [stack, trayOpen],
  );
  return <Context.Provider value={value}>{props.children}</Context.Provider>;
}

/** The keyboard goes back to where the dialog was opened from; where that is gone, to the rows on screen. */
function giveBack(place: Element | null): void {
  if (document.activeElement !== null && document.activeElement !== document.body) return; // somebody has taken it
  for (const next of [place, document.querySelector('[role="grid"]')]) {
    if (!(next instanceof HTMLElement) || next === document.body) continue;
    next.focus({ preventScroll: true });
    if (document.activeElement === next) return;
  }
}

export function useDialogs(): Dialogs {
  const dialogs = useContext(Context);
  if (dialogs === null) throw new Error('useDialogs outside DialogsProvider');
  return dialogs;
}
