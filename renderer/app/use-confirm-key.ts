import { useEffect, useRef } from 'react';

/** Ctrl Enter confirms the dialog on top, from any field in it. */
export function useConfirmKey(confirm: () => void, enabled = true): void {
  const latest = useRef({ confirm, enabled });
  latest.current = { confirm, enabled };
  useEffect(() => {
    const act = (event: KeyboardEvent) => {
      if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey) || event.repeat) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      if (latest.current.enabled) latest.current.confirm();
    };
    // Capture and stop: of stacked dialogs the last one mounted must answer alone.
    const options = { capture: true };
    stack.push(act);
    const only = (event: KeyboardEvent) => {
      if (stack.at(-1) === act) act(event);
    };
    window.addEventListener('keydown', only, options);
    return () => {
      stack.splice(stack.indexOf(act), 1);
      window.removeEventListener('keydown', only, options);
    };
  }, []);
}

const stack: ((event: KeyboardEvent) => void)[] = [];
