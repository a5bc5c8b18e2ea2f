import { useQuery } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import type { Job } from '#shared/model/job.ts';
import type { LogSet } from '#shared/model/log.ts';
import { useApi, useLive, useWireState } from '../../api/console.tsx';
import { isRunning } from '../../app/jobs/job-words.ts';

/** Every set of log files; asked again when an index job ends. Undefined until they are known. */
export function useLogSets(): { sets: readonly LogSet[] | undefined; error: unknown; again: () => void } {
  const api = useApi();
  const wire = useWireState();
  const { data, error, refetch } = useQuery(api.query.logs.sets.queryOptions({ enabled: wire === 'open' }));
  return { sets: data, error, again: () => void refetch() };
}

export function isIndexJob(job: Job): boolean {
  return job.title.id === 'logs.job.index';
}

/** Name of the set that an index job writes. */
export function setOfJob(job: Job): string {
  const name = job.title.values['name'];
  return typeof name === 'string' ? name : '';
}

/** Index jobs, newest first; when one ends, everything told about sets is asked anew. */
export function useIndexJobs(): Job[] {
  const api = useApi();
  const jobs = [...useLive(api.jobs).values()]
    .filter(isIndexJob)
    .sort((a, b) => b.startedAt.localeCompare(a.startedAt));
  const running = jobs.filter(isRunning).map((job) => job.id);
  const before = useRef<readonly string[]>([]);
  const name = running.join();
  useEffect(() => {
    if (before.current.some((id) => !running.includes(id))) {
      void api.cache.invalidateQueries({ queryKey: api.query.logs.key() });
    }
    before.current = running;
    // Only when a job starts or ends.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [name, api]);
  return jobs;
}
