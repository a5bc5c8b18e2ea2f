import type { LogSet } from '#shared/model/log.ts';

const LAST = 'postdeck.logs.set';

/** The set looked at last, if it is still there; else the newest. */
export function lastSet(sets: readonly LogSet[]): LogSet | undefined {
  const last = sessionStorage.getItem(LAST);
  const newest = sets.toSorted((a, b) => (b.created ?? '').localeCompare(a.created ?? ''))[0];
  return sets.find((set) => set.name === last) ?? newest;
}

export function rememberSet(name: string): void {
  sessionStorage.setItem(LAST, name);
}
