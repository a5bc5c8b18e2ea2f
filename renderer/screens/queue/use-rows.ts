import { useCallback, useEffect, useMemo, useRef, useSyncExternalStore } from 'react';
import { useApi } from '../../api/console.tsx';
import { RowSource, type View } from './row-source.ts';

/** Rows of the view; renders again when their count or what is told of all of them changes, not with each page. */
export function useRows(view: View): RowSource {
  const api = useApi();
  const source = useMemo(() => new RowSource(api.client), [api]);
  useSyncExternalStore(source.subscribe, source.outline);
  const name = JSON.stringify(view);
  useEffect(() => {
    const next = JSON.parse(name) as View;
    // Groups open and close where the reader stands; another search or order begins at the top.
    const folded = source.view !== null && JSON.stringify({ ...source.view, collapsed: next.collapsed }) === name;
    source.show(next, folded ? 'here' : 'top');
  }, [source, name]);
  useEffect(() => () => source.dispose(), [source]);
  return source;
}

/** A function whose identity stays, so that it can be a dependency. */
export function useStable<Args extends unknown[]>(act: (...args: Args) => void): (...args: Args) => void {
  const latest = useRef(act);
  latest.current = act;
  return useCallback((...args: Args) => latest.current(...args), []);
}
