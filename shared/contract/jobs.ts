import { eventIterator } from '@orpc/contract';
import { z } from 'zod';
import { Job } from '../model/job.ts';
import { failures } from './errors.ts';
import { reads, writes } from './method.ts';

const byId = z.object({ jobId: z.string() });

export const jobs = {
  /** Running jobs and those that ended in the last 24 h. */
  list: reads.errors(failures()).output(z.array(Job)),
  /** All jobs first, then each that changes, at most every 100 ms a job. */
  watch: reads.errors(failures()).output(eventIterator(z.array(Job))),
  show: reads.errors(failures('NOT_FOUND')).input(byId).output(Job),
  /** Asks a job to stop. What was done stays done and is in the journal. */
  cancel: writes.errors(failures('NOT_FOUND')).input(byId).output(Job),
};
