import type { Job, JobStage } from '#shared/model/job.ts';

export function isRunning(job: Job): boolean {
  return job.state === 'running' || job.state === 'cancelling';
}

/** The stage that runs now, or the last one that did. */
export function currentStage(job: Job): JobStage | undefined {
  return (
    job.stages.find((stage) => stage.state === 'running') ?? job.stages.findLast((stage) => stage.state !== 'waiting')
  );
}

/** Done of total in the current stage; null when the total is not known, and then no bar is drawn. */
export function jobMeasure(job: Job): { done: number; total: number; unit: JobStage['unit'] } | null {
  const stage = currentStage(job);
  if (stage === undefined || stage.done === null || stage.total === null || stage.total === 0) return null;
  return { done: stage.done, total: stage.total, unit: stage.unit };
}

/** Units a second and seconds left in the running stage; null until half a second has been measured. */
export function jobPace(job: Job): { rate: number; left: number } | null {
  const stage = currentStage(job);
  if (stage === undefined || stage.state !== 'running' || stage.done === null || stage.total === null) return null;
  if (stage.ms === null || stage.ms < 500 || stage.done === 0) return null;
  const rate = stage.done / (stage.ms / 1000);
  return { rate, left: Math.max(0, (stage.total - stage.done) / rate) };
}
