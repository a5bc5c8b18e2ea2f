import { useEffect } from 'react';
import { useApi } from '../../api/console.tsx';

/** A look has written into the journal: what tells of the journal asks again. @param done what was looked at; undefined: not yet */
export function useLooked(done: unknown): void {
  const api = useApi();
  useEffect(() => {
    if (done !== undefined) void api.cache.invalidateQueries({ queryKey: api.query.changes.key() });
  }, [api, done]);
}
