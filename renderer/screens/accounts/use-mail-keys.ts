import { type RefObject, useEffect, useRef } from 'react';

/** Inside the box Esc goes one step back, and arrows walk its rows; in a field both belong to the field. */
export function useMailKeys(box: RefObject<HTMLElement | null>, onBack: () => void): void {
  const latest = useRef(onBack);
  latest.current = onBack;
  useEffect(() => {
    const element = box.current;
    const act = (event: KeyboardEvent) => {
      if (event.target instanceof HTMLInputElement) return;
      const by = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
      if (event.key !== 'Escape' && by === 0) return;
      // neither the drawer nor the grid behind it is to act on it too
      event.stopPropagation();
      event.preventDefault();
      if (by === 0) {
        latest.current();
        return;
      }
      const rows = [...(element?.querySelectorAll<HTMLElement>('[data-uid]') ?? [])];
      const at = rows.findIndex((row) => row === document.activeElement);
      rows[Math.max(0, Math.min(rows.length - 1, at + by))]?.focus();
    };
    element?.addEventListener('keydown', act);
    return () => element?.removeEventListener('keydown', act);
  }, [box]);
}
