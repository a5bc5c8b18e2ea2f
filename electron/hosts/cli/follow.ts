import type { FailureData } from '#shared/model/failure.ts';
import type { Job } from '#shared/model/job.ts';
import { renderText } from './render-text.ts';
import type { Session } from './session.ts';
import { showSize } from './units.ts';

/**
 * Follows a job to its end; when the command is to stop, cancels the job and still waits, so that the end is known.
 * Answers why it failed.
 */
export async function follow(
  { client, out, signal }: Session,
  started: Job,
  remark = 'Cancelling; what was done stays done',
): Promise<FailureData | null> {
  let failure: FailureData | null = null;
  const cancel = () => {
    out.note(remark);
    client.jobs.cancel({ jobId: started.id }).catch(() => undefined); // it has just ended
  };
  if (signal.aborted) cancel();
  signal.addEventListener('abort', cancel, { once: true });
  try {
    for await (const jobs of await client.jobs.watch()) {
      const job = jobs.find(({ id }) => id === started.id);
      if (job === undefined) continue;
      out.progress(progressLine(job));
      failure = job.failure;
      if (job.endedAt !== null) break;
    }
  } finally {
    signal.removeEventListener('abort', cancel);
    out.clearProgress();
  }
  return failure;
}

function progressLine(job: Job): string {
  const stage = job.stages.find(({ state }) => state === 'running');
  if (stage === undefined) return renderText(job.title);
  const done = stage.unit === 'bytes' ? showSize(stage.done ?? 0) : String(stage.done ?? 0);
  const total = stage.total === null ? '' : ` of ${stage.unit === 'bytes' ? showSize(stage.total) : stage.total}`;
  return `${renderText(stage.title)}: ${done}${total} ${stage.unit === 'bytes' ? '' : (stage.unit ?? '')}`.trimEnd();
}
