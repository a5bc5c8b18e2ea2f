import { Button } from '@mantine/core';
import { Plural, Trans } from '@lingui/react/macro';
import { IconDownload, IconPlayerPlay } from '@tabler/icons-react';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { failureOf } from '#shared/model/failure-of.ts';
import type { LiveState } from '#shared/model/log.ts';
import type { ServerProfile } from '#shared/model/server.ts';
import { useApi, useLive, useServers, useStatus } from '../../api/console.tsx';
import { isRunning } from '../../app/jobs/job-words.ts';
import { StatusPart } from '../../app/status-part.tsx';
import { useLate } from '../../app/unreachable.tsx';
import { FailureNotice } from '../../app/way-out.tsx';
import { useFormat, useNow } from '../../i18n/use-format.ts';
import { Notice, Spinner } from '../../ui/parts.tsx';
import { ServerMark } from '../../ui/server-mark.tsx';
import { visibleLine } from '../../ui/visible.ts';
import { LogFailure } from './log-states.tsx';
import css from './logs.module.css';
import { LogsView } from './logs-view.tsx';
import { ViewChoices } from './view-choices.tsx';
import { type LogState, type LogView, logOfServer } from './view-state.ts';

/** A log of which nothing was fetched is asked about again after this. */
const EMPTY_AGAIN_MS = 2000;

/** The log of a server as far as it is mirrored: searched and counted like a set; what is new is fetched when asked. */
export function ServerLog(props: { serverId: string; state: LogState; onView: (view: LogView) => void }) {
  const { serverId, state } = props;
  const api = useApi();
  const late = useLate();
  const servers = useServers();
  const server = servers?.find((each) => each.id === serverId);
  const query = api.query.logs.liveState.queryOptions({
    input: { serverId },
    enabled: server !== undefined,
    // Following it live fetches it as well, in this window or another one.
    refetchOnMount: 'always',
    refetchInterval: ({ state: { data } }) => (data?.lines === 0 ? EMPTY_AGAIN_MS : false),
  });
  const { data: live, error, refetch } = useQuery(query);
  const pull = usePull(serverId, () => void api.cache.invalidateQueries({ queryKey: api.query.logs.key() }));

  if (servers !== undefined && server === undefined) {
    return <Notice title={<Trans>This server is not in the list any more</Trans>} />;
  }
  if (error !== null && live === undefined) {
    return (
      <LogFailure
        title={<Trans>The log of the server could not be opened</Trans>}
        error={error}
        onRetry={() => void refetch()}
      />
    );
  }
  if (server === undefined || live === undefined) {
    return late ? <Notice icon={<Spinner />} title={<Trans>Opening the log</Trans>} /> : null;
  }
  if (pull.failure !== null) {
    return (
      <FailureNotice
        title={<Trans>The log of {visibleLine(server.name)} could not be fetched</Trans>}
        serverId={serverId}
        failure={pull.failure}
        onRetry={pull.start}
      />
    );
  }
  if (live.lines === 0) return <NotFetched {...props} server={server} live={live} pull={pull} />;
  // Rows that come meanwhile move nothing: the view is of the lines that were there when it was opened or read again.
  return (
    <>
      <MirrorStatus server={server} live={live} />
      <LogsView
        key={`${serverId} ${pull.turn}`}
        log={logOfServer(server, live)}
        state={state}
        aside={<Fetch live={live} pull={pull} />}
      />
    </>
  );
}

/** In the status bar: whose log it is, where it stands there, and how much of it is here. */
function MirrorStatus(props: { server: ServerProfile; live: LiveState }) {
  const { server, live } = props;
  const format = useFormat();
  const status = useStatus(server.id);
  return (
    <StatusPart>
      <div>
        <ServerMark state={status?.state ?? 'not-contacted'} />
        {visibleLine(server.name)}
        {live.place !== null && (
          <span className="pd-mono pd-3 pd-clip" data-tip="">
            {visibleLine(live.place)}
          </span>
        )}
      </div>
      <div>
        {live.lines === 0 ? (
          <Trans>nothing of its log is here</Trans>
        ) : (
          <span>
            <Plural value={live.lines} one="# line here" other="# lines here" />, {format.size(live.bytes)}
          </span>
        )}
      </div>
      {live.last !== null && (
        <div>
          <Trans>newest line {format.stamp(live.last)}</Trans>
        </div>
      )}
    </StatusPart>
  );
}

interface Pull {
  start: () => void;
  running: boolean;
  failure: NonNullable<LiveState['failure']> | null;
  /** Grows when one has ended. */
  turn: number;
}

function usePull(serverId: string, onDone: () => void): Pull {
  const api = useApi();
  const jobs = useLive(api.jobs);
  const [jobId, setJobId] = useState<string | null>(null);
  const [turn, setTurn] = useState(0);
  const start = useMutation({
    mutationFn: () => api.client.logs.pull({ serverId }),
    onSuccess: (job) => setJobId(job.id),
  });
  const job = jobId === null ? undefined : jobs.get(jobId);
  const running = start.isPending || (jobId !== null && (job === undefined || isRunning(job)));
  const done = useRef(onDone);
  done.current = onDone;
  const ended = job !== undefined && !isRunning(job) ? job.id : null;
  useEffect(() => {
    if (ended === null) return;
    setTurn((now) => now + 1);
    done.current();
  }, [ended]);
  const failure = start.error !== null ? failureOf(start.error) : job?.state === 'failed' ? job.failure : null;
  return { start: () => start.mutate(), running, failure: running ? null : failure, turn };
}

/** How old the mirror is, and fetching what is new. */
function Fetch(props: { live: LiveState; pull: Pull }) {
  const { live, pull } = props;
  const format = useFormat();
  const now = useNow(10);
  return (
    <Button
      leftSection={pull.running ? <Spinner /> : <IconDownload size={14} />}
      disabled={pull.running}
      data-tip={
        live.last === null ? '' : `${format.stamp(live.last)}, ${format.age((now - Date.parse(live.last)) / 1000)}`
      }
      onClick={pull.start}
    >
      <Trans>Fetch new</Trans>
    </Button>
  );
}

function NotFetched(props: {
  server: ServerProfile;
  live: LiveState;
  pull: Pull;
  state: LogState;
  onView: (view: LogView) => void;
}) {
  const { pull, live } = props;
  const format = useFormat();
  const name = visibleLine(props.server.name);
  return (
    <div className={css.screen}>
      <MirrorStatus server={props.server} live={live} />
      <div className={css.top}>
        <ViewChoices view={props.state.view} onView={props.onView} />
      </div>
      <Notice
        {...(pull.running ? { icon: <Spinner /> } : {})}
        title={
          pull.running ? (
            <Trans>Fetching the log of {name}</Trans>
          ) : (
            <Trans>The log of {name} has not been fetched yet</Trans>
          )
        }
        actions={
          pull.running ? undefined : (
            <>
              <Button variant="ink" leftSection={<IconDownload size={14} />} onClick={pull.start}>
                <Trans>Fetch it</Trans>
              </Button>
              <Button leftSection={<IconPlayerPlay size={14} />} onClick={() => props.onView('live')}>
                <Trans>Follow it live</Trans>
              </Button>
            </>
          )
        }
      >
        <p>
          {pull.running ? (
            <>
              <Plural value={live.lines} one="# line so far" other="# lines so far" />, {format.size(live.bytes)}
            </>
          ) : (
            <Trans>
              Up to 256 MB of it, of the last seven days, are copied here and indexed. After that only what is new is
              fetched. Nothing is changed on the server.
            </Trans>
          )}
        </p>
      </Notice>
    </div>
  );
}
