import { Plural, Trans, useLingui } from '@lingui/react/macro';
import { IconFileText, IconShieldCheck, IconShieldX } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useSearch } from '@tanstack/react-router';
import { useApi, useLive, useServer, useStatus, useWireState } from '../api/console.tsx';
import { useFormat, useNow } from '../i18n/use-format.ts';
import { useSay } from '../i18n/words.ts';
import { Key, Spinner } from '../ui/parts.tsx';
import { ServerMark } from '../ui/server-mark.tsx';
import { visibleLine } from '../ui/visible.ts';
import { useDialogs } from './dialogs.tsx';
import css from './frame.module.css';
import { useCurrentScreen, useCurrentServerId, useGo } from './go.ts';
import { isRunning, jobMeasure } from './jobs/job-words.ts';
import { setStatusPlace } from './status-part.tsx';

/** Server, source command and age; jobs, the journal's chain, keys. */
export function StatusBar() {
  const { t } = useLingui();
  const dialogs = useDialogs();
  const screen = useCurrentScreen();
  return (
    <footer className={css.status} aria-label={t`Status`}>
      <div ref={setStatusPlace} className={css.statusRoom} />
      {screen === 'journal' ? <JournalPart /> : screen === 'logs' ? <LogPart /> : <ServerPart />}
      <div className={`${css.statusPart} ${css.statusEnd}`}>
        <JobsPart />
      </div>
      <ChainPart />
      <div className={css.statusPart}>
        <button type="button" onClick={() => dialogs.open({ kind: 'keys' })}>
          <Trans>Keys</Trans>{' '}
          <Key always muted>
            ?
          </Key>
        </button>
      </div>
    </footer>
  );
}

function ServerPart() {
  const serverId = useCurrentServerId();
  const server = useServer(serverId);
  const status = useStatus(serverId);
  const go = useGo();
  if (server === undefined) {
    return (
      <div className={css.statusPart}>
        <Trans>No server yet</Trans>
      </div>
    );
  }
  const address = server.ssh === null ? null : `ssh ${server.ssh.user}@${server.ssh.host}`;
  return (
    <>
      <div className={css.statusPart}>
        <button type="button" onClick={() => go.server(server.id)}>
          <ServerMark state={status?.state ?? 'not-contacted'} />
          {server.name}
        </button>
        {address !== null && <span className={`${css.statusMono} pd-clip`}>{address}</span>}
        {server.demo && (
          <span className={css.demo}>
            <Trans>Demo, made up, in memory</Trans>
          </span>
        )}
      </div>
      <ReadingPart serverId={server.id} />
    </>
  );
}

function ReadingPart(props: { serverId: string }) {
  const api = useApi();
  const format = useFormat();
  const now = useNow();
  const wire = useWireState();
  const { data: reading } = useQuery(
    api.query.queue.reading.queryOptions({ input: { serverId: props.serverId }, enabled: wire === 'open' }),
  );
  if (reading === undefined || reading.endedAt === null) return null;
  const age = format.age((now - Date.parse(reading.endedAt)) / 1000);
  const took = format.took(reading.ms);
  return (
    <div className={css.statusPart}>
      <span>
        <Trans>
          Queue read {age} ago in {took}
        </Trans>
      </span>
      <span className={`${css.statusMono} pd-clip`} data-tip="">
        {reading.command}
      </span>
    </div>
  );
}

function JournalPart() {
  const api = useApi();
  const wire = useWireState();
  const { data } = useQuery(api.query.changes.list.queryOptions({ input: { count: 0 }, enabled: wire === 'open' }));
  if (data === undefined) return <div className={css.statusPart} />;
  return (
    <div className={css.statusPart}>
      <Plural value={data.total} one="Journal on this computer, # change" other="Journal on this computer, # changes" />
    </div>
  );
}

function LogPart() {
  const api = useApi();
  const wire = useWireState();
  const format = useFormat();
  const search: Record<string, unknown> = useSearch({ strict: false });
  const { data: sets } = useQuery(api.query.logs.sets.queryOptions({ enabled: wire === 'open' }));
  const set = sets?.find((each) => each.name === String(search['set']));
  // Live and the log of a server speak for themselves.
  if (search['view'] === 'live' || search['server'] !== undefined || sets === undefined) return null;
  if (set === undefined) {
    return (
      <div className={css.statusPart}>
        <Plural
          value={sets.length}
          one="Log files on this computer, # set"
          other="Log files on this computer, # sets"
        />
      </div>
    );
  }
  return (
    <>
      <div className={css.statusPart}>
        <IconFileText size={13} aria-hidden="true" />
        <span className="pd-clip">{visibleLine(set.name)}</span>
        {set.zone !== null && <span className={css.statusMono}>{set.zone}</span>}
      </div>
      <div className={css.statusPart}>
        <span>
          <Plural value={set.lines} one="# line read" other="# lines read" />, {format.size(set.bytes)}
        </span>
      </div>
      {set.last !== null && (
        <div className={css.statusPart}>
          <Trans>newest line {format.stamp(set.last)}</Trans>
        </div>
      )}
    </>
  );
}

function JobsPart() {
  const jobs = useLive(useApi().jobs);
  const format = useFormat();
  const say = useSay();
  const dialogs = useDialogs();
  const running = [...jobs.values()].filter(isRunning);
  const first = running[0];
  if (first === undefined) return <Trans>No jobs running</Trans>;
  const measure = jobMeasure(first);
  return (
    <button type="button" style={{ color: 'var(--pd-run)' }} onClick={() => dialogs.setTray(true)}>
      <Spinner />
      <span className="pd-clip">
        {say(first.title)}
        {measure !== null && `: ${format.count(measure.done)} / ${format.count(measure.total)}`}
        {running.length > 1 && ` (+${running.length - 1})`}
      </span>
    </button>
  );
}

function ChainPart() {
  const api = useApi();
  const go = useGo();
  const format = useFormat();
  const wire = useWireState();
  const { data } = useQuery(api.query.changes.verify.queryOptions({ enabled: wire === 'open', staleTime: 300_000 }));
  if (data === undefined) return null;
  const at = format.clock(data.checkedAt);
  return (
    <div className={css.statusPart}>
      <button type="button" className={data.ok ? css.chainOk : css.chainBad} onClick={() => go.journal()}>
        {data.ok ? <IconShieldCheck size={13} /> : <IconShieldX size={13} />}
        {!data.ok ? (
          <Trans>Journal chain broken, {at}</Trans>
        ) : data.entries === 0 ? (
          <Trans>Journal empty</Trans>
        ) : (
          <Trans>Journal chain verified {at}</Trans>
        )}
      </button>
    </div>
  );
}
