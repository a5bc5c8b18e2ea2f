import { Button } from '@mantine/core';
import { Plural, Trans, useLingui } from '@lingui/react/macro';
import { IconAlertTriangle, IconCheck } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import type { Job } from '#shared/model/job.ts';
import { troubleText } from '#shared/model/log-trouble.ts';
import { useApi } from '../../api/console.tsx';
import { isRunning, jobMeasure, jobPace } from '../../app/jobs/job-words.ts';
import { FailureText } from '../../app/way-out.tsx';
import { useFormat } from '../../i18n/use-format.ts';
import { useSay } from '../../i18n/words.ts';
import { Spinner } from '../../ui/parts.tsx';
import { visibleLine } from '../../ui/visible.ts';
import css from './open-logs.module.css';
import { setOfJob, useIndexJobs } from './use-sets.ts';

/** Index jobs that run, and how the one started here has ended. */
export function IndexProgress(props: { mine: string | null; onOpen: (name: string) => void }) {
  const jobs = useIndexJobs();
  return jobs
    .filter((job) => isRunning(job) || job.id === props.mine)
    .map((job) =>
      isRunning(job) ? <Running key={job.id} job={job} /> : <Ended key={job.id} job={job} onOpen={props.onOpen} />,
    );
}

function Running(props: { job: Job }) {
  const { job } = props;
  const api = useApi();
  const say = useSay();
  const format = useFormat();
  const measure = jobMeasure(job);
  const pace = jobPace(job);
  const share = measure === null ? 0 : Math.min(100, (100 * measure.done) / measure.total);
  return (
    <section className={css.job} aria-label={say(job.title)}>
      <div className={css.jobHead}>
        <Spinner />
        <strong className="pd-clip">{say(job.title)}</strong>
        <span className="pd-num pd-2">
          {measure !== null && (
            <Trans>
              {format.size(measure.done)} of {format.size(measure.total)}
            </Trans>
          )}
          {pace !== null && (
            <>
              {', '}
              <Trans>{format.size(Math.round(pace.rate))} per second</Trans>
              {', '}
              <Trans>about {format.age(Math.max(1, pace.left))} left</Trans>
            </>
          )}
        </span>
        <Button
          size="compact-xs"
          disabled={job.state === 'cancelling'}
          onClick={() => void api.client.jobs.cancel({ jobId: job.id }).catch(() => undefined)}
        >
          {job.state === 'cancelling' ? <Trans>Stopping…</Trans> : <Trans>Cancel</Trans>}
        </Button>
      </div>
      <div
        className={css.progress}
        role="progressbar"
        aria-label={say(job.title)}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.round(share)}
      >
        <div style={{ width: `${share}%` }} />
      </div>
      {job.cancelLeaves !== null && (
        <p className={css.why}>
          <Trans>Cancel leaves:</Trans> {say(job.cancelLeaves)}
        </p>
      )}
    </section>
  );
}

function Ended(props: { job: Job; onOpen: (name: string) => void }) {
  const { job } = props;
  const { t } = useLingui();
  const api = useApi();
  const say = useSay();
  const good = job.state === 'done' || job.state === 'partial';
  const name = setOfJob(job);
  const { data } = useQuery(api.query.logs.indexed.queryOptions({ input: { jobId: job.id }, enabled: good }));
  const troubles = (data?.files ?? []).filter((file) => Object.keys(file.troubles).length > 0);
  if (!good) {
    return (
      <section className={css.job} aria-label={say(job.title)}>
        {job.failure !== null && job.state === 'failed' ? (
          <FailureText error={job.failure} />
        ) : (
          <p className={css.why}>
            <Trans>Stopped. The set stays as it was before.</Trans>
          </p>
        )}
      </section>
    );
  }
  return (
    <section className={css.job} aria-label={say(job.title)}>
      <div className={css.jobHead}>
        {job.state === 'done' ? (
          <IconCheck size={15} color="var(--pd-ok)" aria-hidden="true" />
        ) : (
          <IconAlertTriangle size={15} color="var(--pd-warn)" aria-hidden="true" />
        )}
        <strong className="pd-clip">{visibleLine(name)}</strong>
        <span className="pd-2">{job.note !== null && say(job.note)}</span>
        <Button size="compact-xs" variant="ink" onClick={() => props.onOpen(name)}>
          <Trans>Open</Trans>
        </Button>
      </div>
      {data !== undefined && data.refused.length > 0 && (
        <ul className={css.refused} tabIndex={0} aria-label={t`Not read`}>
          {data.refused.slice(0, 100).map((each) => (
            <li key={each.path}>
              <span className="pd-mono">{visibleLine(each.path)}</span>: {visibleLine(each.why)}
            </li>
          ))}
        </ul>
      )}
      {troubles.length > 0 && (
        <p className={css.why}>
          <Plural
            value={troubles.length}
            one="# file has lines that are broken, cut or too long; they are counted:"
            other="# files have lines that are broken, cut or too long; they are counted:"
          />{' '}
          {troubles
            .slice(0, 20)
            .map(
              (file) =>
                `${visibleLine(file.name)} (${Object.entries(file.troubles)
                  .map(([what, count]) => say(troubleText(what, count, file)))
                  .join(', ')})`,
            )
            .join('; ')}
        </p>
      )}
    </section>
  );
}
