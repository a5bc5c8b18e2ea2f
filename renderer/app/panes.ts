/**
 * Marks an element as a stop of F6; each grid is one by itself. It, or something in it, must be focusable, and no stop
 * holds another.
 */
export const PANE = { 'data-pane': '' } as const;

/** Moves the keyboard to the next pane on screen, round and round. */
export function nextPane(step: 1 | -1): void {
  const panes = [...document.querySelectorAll<HTMLElement>('[data-pane]')].filter((pane) => pane.offsetParent !== null);
  if (panes.length === 0) return;
  const at = panes.findIndex((pane) => pane.contains(document.activeElement));
  const next = panes[(at + step + panes.length) % panes.length];
  const inner = 'a[href], button:not(:disabled), input:not(:disabled), [tabindex="0"]';
  const target = next?.matches(inner) === true ? next : next?.querySelector<HTMLElement>(inner);
  target?.focus();
}
