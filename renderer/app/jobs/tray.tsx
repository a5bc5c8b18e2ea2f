import { Button } from '@mantine/core';
import { Plural, Trans, useLingui } from '@lingui/react/macro';
import { IconCheck, IconChevronDown, IconClock, IconMinus, IconX } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import { assertNever } from '#shared/model/assert-never.ts';
import type { Job, JobStage } from '#shared/model/job.ts';
import { useApi, useLive } from '../../api/console.tsx';
import { type Format } from '../../i18n/format.ts';
import { useFormat } from '../../i18n/use-format.ts';
import { useSay } from '../../i18n/words.ts';
import { IconButton, Spinner } from '../../ui/parts.tsx';
import { useDialogs } from '../dialogs.tsx';
import { useGo } from '../go.ts';
import { isRunning, jobMeasure, jobPace } from './job-words.ts';
import css from './tray.module.css';

/** Long work: stages, how much is done, what Cancel leaves behind; what has ended in the last 24 h, with Undo. */
export function JobTray() {
  const { t } = useLingui();
  const api = useApi();
  const dialogs = useDialogs();
  const go = useGo();
  const jobs = [...useLive(api.jobs).values()].sort((a, b) => b.startedAt.localeCompare(a.startedAt));
  const running = jobs.filter(isRunning);
  const ended = jobs.filter((job) => !isRunning(job));
  useRefreshWhenDone(jobs);
  if (!dialogs.trayOpen) return null;
  return (
    <aside className={css.tray} aria-label={t`Jobs`} data-pane="">
      <header className={css.head}>
        <h2>
          <Trans>Jobs</Trans>
        </h2>
        <span className={css.count}>
          {running.length === 0 ? (
            <Trans>none running</Trans>
          ) : (
            <Plural value={running.length} one="# running" other="# running" />
          )}
        </span>
        <button type="button" className="pd-link" onClick={() => go.journal()}>
          <Trans>Open journal</Trans>
        </button>
        <IconButton label={t`Close the tray`} keys="Ctrl J" onClick={() => dialogs.setTray(false)}>
          <IconChevronDown size={15} />
        </IconButton>
      </header>
      <div className={css.list}>
        {jobs.length === 0 && (
          <p className={css.none}>
            <Trans>Nothing has run in the last 24 hours.</Trans>
          </p>
        )}
        {running.map((job) => (
          <Running key={job.id} job={job} />
        ))}
        {ended.slice(0, 20).map((job) => (
          <Ended key={job.id} job={job} />
        ))}
      </div>
    </aside>
  );
}

/**
 * What a finished job has altered is asked again: the journal, its chain, and the queue of its server, also when another
 * screen is on view, so that the counts in the rail are true.
 */
function useRefreshWhenDone(jobs: readonly Job[]): void {
  const api = useApi();
  const before = useRef<ReadonlySet<string>>(new Set());
  const running = new Set(jobs.filter(isRunning).map((job) => job.id));
  const name = [...running].join();
  useEffect(() => {
    const ended = jobs.filter((job) => before.current.has(job.id) && !running.has(job.id));
    before.current = running;
    if (ended.length === 0) return;
    void api.cache.invalidateQueries({ queryKey: api.query.changes.key() });
    for (const serverId of new Set(ended.flatMap((job) => job.serverId ?? []))) void readAgain(api, serverId);
    // Only when a job starts or ends; progress alone changes nothing here.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [name, api]);
}

async function readAgain(api: ReturnType<typeof useApi>, serverId: string): Promise<void> {
  try {
    for await (const reading of await api.client.queue.read({ serverId })) {
      api.cache.setQueryData(api.query.queue.reading.queryKey({ input: { serverId } }), reading);
    }
  } catch {
    // The queue's own screen says why; here it was only for the count.
  }
}

function Running(props: { job: Job }) {
  const { job } = props;
  const api = useApi();
  const say = useSay();
  const format = useFormat();
  const measure = jobMeasure(job);
  const pace = jobPace(job);
  const cancelling = job.state === 'cancelling';
  return (
    <section className={css.running} aria-label={say(job.title)}>
      <div className={css.runningHead}>
        <h3 className="pd-clip" data-tip="">
          {say(job.title)}
        </h3>
        <Button
          size="compact-xs"
          disabled={cancelling || job.cancelLeaves === null}
          onClick={() => void api.client.jobs.cancel({ jobId: job.id }).catch(() => undefined)}
        >
          {cancelling ? <Trans>Stopping…</Trans> : <Trans>Cancel</Trans>}
        </Button>
      </div>
      {measure !== null && (
        <>
          <div className={css.measure}>
            <span>
              <strong className="pd-num">{amount(measure.done, measure.unit, format)}</strong>{' '}
              <span className="pd-2">
                <Trans>of {amount(measure.total, measure.unit, format)}</Trans>
              </span>
            </span>
            {pace !== null && (
              <span className="pd-2">
                <Trans>{amount(Math.round(pace.rate), measure.unit, format)} per second</Trans>
                {' · '}
                <strong>
                  <Trans>about {format.age(Math.max(1, pace.left))} left</Trans>
                </strong>
              </span>
            )}
          </div>
          <div
            className={css.bar}
            role="progressbar"
            aria-label={say(job.title)}
            aria-valuemin={0}
            aria-valuemax={measure.total}
            aria-valuenow={measure.done}
          >
            <div style={{ width: `${Math.min(100, (100 * measure.done) / measure.total)}%` }} />
          </div>
        </>
      )}
      <ul className={css.stages}>
        {job.stages.map((stage) => (
          <Stage key={stage.id} stage={stage} />
        ))}
      </ul>
      {(job.note !== null || job.cancelLeaves !== null) && (
        <p className={css.note}>
          {job.note !== null && `${say(job.note)} `}
          {job.cancelLeaves !== null && say(job.cancelLeaves)}
        </p>
      )}
    </section>
  );
}

function amount(value: number, unit: JobStage['unit'], format: Format): string {
  return unit === 'bytes' ? format.size(value) : format.count(value);
}

function Stage(props: { stage: JobStage }) {
  const { stage } = props;
  const say = useSay();
  const format = useFormat();
  const done = stage.done === null ? '' : amount(stage.done, stage.unit, format);
  const total = stage.total === null || stage.total === stage.done ? '' : amount(stage.total, stage.unit, format);
  const took = stage.ms === null || stage.state === 'waiting' ? '' : format.took(stage.ms);
  return (
    <li className={css.stage} data-state={stage.state}>
      <StageIcon state={stage.state} />
      <span className="pd-clip" data-tip="">
        {say(stage.title)}
      </span>
      <span className="pd-num pd-2">
        {done !== '' && total !== '' ? (
          <Trans>
            {done} of {total}
          </Trans>
        ) : (
          done
        )}
        {took !== '' && (done === '' ? took : <> · {took}</>)}
      </span>
    </li>
  );
}

function StageIcon(props: { state: JobStage['state'] }) {
  switch (props.state) {
    case 'waiting':
      return <IconClock size={14} color="var(--pd-text-3)" />;
    case 'running':
      return <Spinner />;
    case 'done':
      return <IconCheck size={14} color="var(--pd-ok)" />;
    case 'failed':
      return <IconX size={14} color="var(--pd-bad)" />;
    case 'skipped':
      return <IconMinus size={14} color="var(--pd-text-3)" />;
    default:
      return assertNever(props.state, 'state of a stage');
  }
}

function Ended(props: { job: Job }) {
  const { job } = props;
  const say = useSay();
  const format = useFormat();
  const go = useGo();
  return (
    <section className={css.ended}>
      <EndIcon state={job.state} />
      <button
        type="button"
        className={`${css.endedTitle} pd-clip`}
        data-tip=""
        onClick={() => go.journal(job.changeId ?? undefined)}
      >
        {say(job.title)}
      </button>
      <span className="pd-3 pd-num">{job.endedAt === null ? '' : format.clock(job.endedAt)}</span>
      {job.changeId !== null && <UndoLink changeId={job.changeId} />}
      {(job.failure !== null || job.note !== null) && (
        <p className={css.endedNote}>
          {job.failure === null ? '' : say(job.failure.message)}
          {job.failure === null && job.note !== null ? say(job.note) : ''}
        </p>
      )}
    </section>
  );
}

function UndoLink(props: { changeId: string }) {
  const api = useApi();
  const dialogs = useDialogs();
  const { data } = useQuery(api.query.changes.show.queryOptions({ input: { changeId: props.changeId } }));
  if (data?.undoable !== true) return null;
  return (
    <button type="button" className="pd-link" onClick={() => dialogs.open({ kind: 'undo', changeId: props.changeId })}>
      <Trans>Undo…</Trans>
    </button>
  );
}

function EndIcon(props: { state: Job['state'] }) {
  switch (props.state) {
    case 'done':
      return <IconCheck size={14} color="var(--pd-ok)" />;
    case 'partial':
    case 'interrupted':
      return <IconMinus size={14} color="var(--pd-warn)" />;
    case 'failed':
      return <IconX size={14} color="var(--pd-bad)" />;
    case 'cancelled':
      return <IconMinus size={14} color="var(--pd-mute)" />;
    case 'running':
    case 'cancelling':
      return <Spinner />;
    default:
      return assertNever(props.state, 'state of a job');
  }
}
