import { useEffect, useRef } from 'react';
import { useSettings } from '../api/console.tsx';

/**
 * Keys to what they do: `ctrl+k`, `shift+F6`, `?`, `Delete`, and sequences as `g r`. Cmd counts as Ctrl. Plain single
 * characters act outside fields only, and only while the settings say so.
 */
export type Bindings = Readonly<Record<string, (event: KeyboardEvent) => void>>;

/** How long the first key of a sequence waits for the second, in milliseconds. */
const SEQUENCE = 1500;

function nameOf(event: KeyboardEvent): string {
  const printable = event.key.length === 1;
  const parts = [
    event.ctrlKey || event.metaKey ? 'ctrl+' : '',
    event.altKey ? 'alt+' : '',
    event.shiftKey && !printable ? 'shift+' : '',
    printable ? event.key.toLowerCase() : event.key,
  ];
  return parts.join('');
}

function inField(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement)
    return true;
  return target instanceof HTMLInputElement && target.type !== 'checkbox' && target.type !== 'radio';
}

/** What a text field does itself with Ctrl: select all, copy, cut, paste, undo, redo. It must not reach the rows behind. */
const EDITING = /^ctrl\+[acvxyz]$/;

/**
 * True when a dialog, the palette or a menu had the keyboard as the key went down. Asked before anybody acts on the
 * key: Esc closes the dialog, and must not then count as a key of the screen under it.
 */
let covered = false;
window.addEventListener(
  'keydown',
  () => {
    covered = document.querySelector('[aria-modal="true"], [role="menu"]') !== null;
  },
  { capture: true },
);

/** Acts on keys anywhere in the window while the caller is mounted; silent under a dialog. */
export function useKeys(bindings: Bindings): void {
  const { singleKeys } = useSettings();
  const latest = useRef({ bindings, singleKeys });
  latest.current = { bindings, singleKeys };
  useEffect(() => {
    let first: { key: string; at: number } | null = null;
    const act = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.isComposing || covered) return;
      const name = nameOf(event);
      const { bindings, singleKeys } = latest.current;
      const plain = !event.ctrlKey && !event.metaKey && !event.altKey;
      if (plain && inField(event.target) && !/^F\d+$/.test(event.key)) return;
      if (EDITING.test(name) && inField(event.target)) return;
      const letter = plain && event.key.length === 1 && event.key !== '/' && event.key !== '?';
      if (letter && !singleKeys) return;
      const sequence = first !== null && event.timeStamp - first.at < SEQUENCE ? `${first.key} ${name}` : null;
      first = null;
      const handler = (sequence === null ? undefined : bindings[sequence]) ?? bindings[name];
      if (handler !== undefined) {
        event.preventDefault();
        handler(event);
      } else if (letter && Object.keys(bindings).some((key) => key.startsWith(`${name} `))) {
        first = { key: name, at: event.timeStamp };
      }
    };
    window.addEventListener('keydown', act);
    return () => window.removeEventListener('keydown', act);
  }, []);
}
