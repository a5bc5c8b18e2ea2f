import { useEffect, useState } from 'react';
import type { ChangeRequest } from '#shared/model/change.ts';
import type { Job } from '#shared/model/job.ts';
import { useApi, useLive } from '../../api/console.tsx';
import { useDialogs } from '../../app/dialogs.tsx';
import { isRunning } from '../../app/jobs/job-words.ts';

interface Under {
  changeId: string;
  rest: readonly ChangeRequest[];
  done: () => void;
}

/**
 * Opens the change dialog for each request, one after the other: the next when the last one's job has ended well,
 * since a plan made before that would be of a server that has moved on. `done` is called after the last.
 */
export function useSequence(): (requests: readonly ChangeRequest[], done?: () => void) => void {
  const dialogs = useDialogs();
  const jobs = useLive(useApi().jobs);
  const [under, setUnder] = useState<Under | null>(null);
  const start = ([request, ...rest]: readonly ChangeRequest[], done: () => void) => {
    if (request === undefined) {
      done();
      return;
    }
    dialogs.open({ kind: 'change', request, applied: ({ changeId }) => setUnder({ changeId, rest, done }) });
  };
  const job = under === null ? undefined : jobOf(jobs, under.changeId);
  useEffect(() => {
    if (under === null || job === undefined || isRunning(job)) return;
    setUnder(null);
    if (job.state === 'done') start(under.rest, under.done);
    // Each job's end counts once.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [job?.state, under]);
  return (requests, done = () => undefined) => start(requests, done);
}

export function jobOf(jobs: ReadonlyMap<string, Job>, changeId: string): Job | undefined {
  return [...jobs.values()].find((job) => job.changeId === changeId);
}

/** The job of a change, followed; undefined: not started, or not known here. */
export function useJobOf(changeId: string | null): Job | undefined {
  const jobs = useLive(useApi().jobs);
  return changeId === null ? undefined : jobOf(jobs, changeId);
}
