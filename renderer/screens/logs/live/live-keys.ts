import type { KeyboardEvent } from 'react';

/** Keys of both live grids: Space pauses and goes on, Enter opens the chosen row. True: the key was one of them. */
export function liveKey<Row>(
  event: KeyboardEvent,
  row: Row | undefined,
  does: { onSpace: () => void; onOpen: (row: Row) => void },
): boolean {
  if (event.ctrlKey || event.metaKey || event.altKey) return false;
  if (event.key === ' ') does.onSpace();
  else if (event.key === 'Enter' && row !== undefined) does.onOpen(row);
  else return false;
  return true;
}
