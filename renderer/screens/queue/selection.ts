import type { QueueFilter, QueueGroupBy, QueueMessage, QueueTarget } from '#shared/model/queue.ts';

/** What is remembered of a ticked (or excepted) message: enough to say count, bytes and group. */
export interface Ticked {
  size: number;
  /** `reason:KEY` of the group it stood in when it was ticked; null: the grid was not grouped. */
  group: string | null;
}

/**
 * Which messages are ticked. `all` means every match of the search, also those that arrive later and those never
 * loaded, except the ones named.
 */
export type Selection =
  | { kind: 'ids'; ids: ReadonlyMap<string, Ticked> }
  | { kind: 'all'; except: ReadonlyMap<string, Ticked> };

export const NOTHING: Selection = { kind: 'ids', ids: new Map() };
export const EVERYTHING: Selection = { kind: 'all', except: new Map() };

export interface Tick extends Ticked {
  id: string;
}

export function tickOf(message: QueueMessage, by: QueueGroupBy | null, groupKey: string | null): Tick {
  return { id: message.id, size: message.size, group: by === null || groupKey === null ? null : `${by}:${groupKey}` };
}

export function isTicked(selection: Selection, id: string): boolean {
  return selection.kind === 'all' ? !selection.except.has(id) : selection.ids.has(id);
}

/** Ticks or unticks messages; the rest stays as it is. */
export function setTicks(selection: Selection, ticks: readonly Tick[], on: boolean): Selection {
  const marks = new Map(selection.kind === 'all' ? selection.except : selection.ids);
  const keep = selection.kind === 'all' ? !on : on;
  for (const { id, ...rest } of ticks) {
    if (keep) marks.set(id, rest);
    else marks.delete(id);
  }
  return selection.kind === 'all' ? { kind: 'all', except: marks } : { kind: 'ids', ids: marks };
}

export function toggle(selection: Selection, tick: Tick): Selection {
  return setTicks(selection, [tick], !isTicked(selection, tick.id));
}

/** How many are ticked, and their bytes, given what matches the search. */
export function measure(
  selection: Selection,
  matched: { count: number; size: number },
): { count: number; size: number } {
  const marks = selection.kind === 'all' ? selection.except : selection.ids;
  let size = 0;
  for (const mark of marks.values()) size += mark.size;
  return selection.kind === 'all'
    ? { count: Math.max(0, matched.count - marks.size), size: Math.max(0, matched.size - size) }
    : { count: marks.size, size };
}

export type Share = 'none' | 'some' | 'all';

/** How much of a group is ticked, as far as it is known. */
export function groupShare(selection: Selection, by: QueueGroupBy, group: { key: string; count: number }): Share {
  const name = `${by}:${group.key}`;
  const marks = selection.kind === 'all' ? selection.except : selection.ids;
  let count = 0;
  for (const mark of marks.values()) if (mark.group === name) count += 1;
  if (selection.kind === 'all') return count === 0 ? 'all' : count >= group.count ? 'none' : 'some';
  return count === 0 ? 'none' : count >= group.count ? 'all' : 'some';
}

export function wholeShare(selection: Selection, matched: number): Share {
  const { count } = measure(selection, { count: matched, size: 0 });
  return count === 0
    ? 'none'
    : selection.kind === 'all' && selection.except.size === 0
      ? 'all'
      : count >= matched
        ? 'all'
        : 'some';
}

/** The selection as a change names it; null: nothing is ticked. An empty search says `all` in so many words. */
export function targetOf(selection: Selection, filter: QueueFilter): QueueTarget | null {
  if (selection.kind === 'ids') return selection.ids.size === 0 ? null : { by: 'ids', ids: [...selection.ids.keys()] };
  const except = [...selection.except.keys()];
  return Object.values(filter).some((value) => value !== undefined)
    ? { by: 'filter', filter, except }
    : { by: 'all', except };
}
