import { useCallback, useEffect, useMemo, useRef, useSyncExternalStore } from 'react';
import { useApi } from '../../api/console.tsx';
import { RowSource, type View } from './row-source.ts';

/** Rows of the view; renders again when there are others. */
export function useRows(view: View): RowSource {
  const api = useApi();
  const source = useMemo(() => new RowSource(api.client), [api]);
  useSyncExternalStore(source.subscribe, source.version);
  const name = JSON.stringify(view);
  useEffect(() => {
    source.show(JSON.parse(name) as View);
  }, [source, name]);
  return source;
}

/** A function whose identity stays, so that it can be a dependency. */
export function useStable<Args extends unknown[]>(act: (...args: Args) => void): (...args: Args) => void {
  const latest = useRef(act);
  latest.current = act;
  return useCallback((...args: Args) => latest.current(...args), []);
}
