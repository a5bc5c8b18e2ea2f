import { z } from 'zod';
import { FailureData } from './failure.ts';
import { Text } from './text.ts';

export const JobStage = z.object({
  id: z.string(),
  title: Text,
  state: z.enum(['waiting', 'running', 'done', 'failed', 'skipped']),
  /** Units done, and of how many; null: not known, so no percentage is shown. */
  done: z.number().nullable(),
  total: z.number().nullable(),
  unit: z.enum(['messages', 'bytes', 'steps']).nullable(),
  ms: z.number().nullable(),
});
export type JobStage = z.infer<typeof JobStage>;

/** Long work. Late joiners get the last state. */
export const Job = z.object({
  id: z.string(),
  title: Text,
  serverId: z.string().nullable(),
  changeId: z.string().nullable(),
  state: z.enum(['running', 'cancelling', 'done', 'partial', 'failed', 'cancelled', 'interrupted']),
  stages: z.array(JobStage),
  startedAt: z.string(),
  endedAt: z.string().nullable(),
  /** What Cancel would leave behind, now; null: it can no longer be cancelled. */
  cancelLeaves: Text.nullable(),
  /** One line about what is or was noticed; null: nothing. */
  note: Text.nullable(),
  failure: FailureData.nullable(),
});
export type Job = z.infer<typeof Job>;
