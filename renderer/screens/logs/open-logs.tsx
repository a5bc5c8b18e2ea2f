import { Button, NumberInput, Select, TextInput } from '@mantine/core';
import { Plural, Trans, useLingui } from '@lingui/react/macro';
import { IconClockQuestion, IconCornerDownRight, IconFile, IconFolder, IconFolderOpen } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import { useEffect, useEffectEvent, useRef, useState } from 'react';
import type { Job } from '#shared/model/job.ts';
import { SetName, type LogSet } from '#shared/model/log.ts';
import { useApi, useServers, useWireState } from '../../api/console.tsx';
import { useKeys } from '../../app/keys.ts';
import { PANE } from '../../app/panes.ts';
import { FailureText } from '../../app/way-out.tsx';
import { Key } from '../../ui/parts.tsx';
import { visibleLine } from '../../ui/visible.ts';
import { ChosenList, FileInput, Sending } from './chosen-files.tsx';
import css from './open-logs.module.css';
import { IndexProgress } from './index-progress.tsx';
import { NoLog } from './no-log.tsx';
import { PathField } from './path-field.tsx';
import { type Chosen, MOST_FILES, nameFor, sendFile } from './send-files.ts';
import logs from './logs.module.css';
import { ServerLogs } from './server-logs.tsx';
import { SetList } from './set-list.tsx';
import { ViewChoices } from './view-choices.tsx';
import type { LogView } from './view-state.ts';

/** Log files on this computer: choosing, indexing, and the sets that are there. */
export function OpenLogs(props: {
  sets: readonly LogSet[];
  onOpen: (name: string) => void;
  /** What was asked for: a view of a log that is not open, or the files themselves. */
  view: LogView;
  onView: (view: LogView) => void;
  onServer: (serverId: string, view: LogView) => void;
  /** Files dropped on the screen, not among the chosen yet. */
  dropped: readonly Chosen[];
  onTaken: () => void;
}) {
  const { t } = useLingui();
  const api = useApi();
  const wire = useWireState();
  const [chosen, setChosen] = useState<readonly Chosen[]>([]);
  const [name, setName] = useState('');
  const [named, setNamed] = useState(false);
  const [year, setYear] = useState<number | null>(null);
  const [zone, setZone] = useState<string | null>(null);
  const [sent, setSent] = useState(0);
  const [jobId, setJobId] = useState<string | null>(null);
  /** Inputs whose lines name no zone; the reader is asked for it. */
  const [asked, setAsked] = useState<{ paths: string[]; sample: string } | null>(null);
  const control = useRef<AbortController | null>(null);
  const files = useRef<HTMLInputElement>(null);
  const folder = useRef<HTMLInputElement>(null);
  const taken = props.sets.map((set) => set.name);

  const add = (more: readonly Chosen[]) => {
    const next = [...chosen, ...more].slice(0, MOST_FILES);
    setChosen(next);
    setAsked(null);
    setJobId(null);
    if (!named) setName(nameFor(next, taken));
  };
  const addPath = (plain: string) =>
    add([{ by: 'path', name: plain.split(/[/\\]/).findLast((part) => part !== '') ?? plain, path: plain }]);
  // What was dropped on another view of the screen.
  const { dropped, onTaken } = props;
  const addDropped = useEffectEvent(add);
  useEffect(() => {
    if (dropped.length === 0) return;
    addDropped(dropped);
    onTaken();
  }, [dropped, onTaken]);
  const start = (paths: string[], zoned: string | null) =>
    api.client.logs.index({
      name,
      paths,
      ...(year === null ? {} : { year }),
      ...(zoned === null ? {} : { zone: zoned }),
    });
  const index = useMutation({
    mutationFn: async (): Promise<Job | null> => {
      const mine = new AbortController();
      control.current = mine;
      setSent(0);
      if (asked !== null) return start(asked.paths, zone ?? localZone());
      const paths: string[] = [];
      for (const each of chosen) {
        paths.push(
          each.by === 'path'
            ? each.path
            : await sendFile(api.client, each.file, (bytes) => setSent((now) => now + bytes), mine.signal),
        );
      }
      // Asked once per set, and only where the log does not say: the set keeps the answer.
      const found = zone === null ? await api.client.logs.zoneOf({ paths }, { signal: mine.signal }) : null;
      if (found?.zone !== 'none') return start(paths, zone);
      setAsked({ paths, sample: found.sample ?? '' });
      return null;
    },
    onSuccess: (job) => {
      if (job === null) return;
      setJobId(job.id);
      setChosen([]);
      setAsked(null);
      setName('');
      setNamed(false);
    },
  });
  useEffect(() => () => control.current?.abort(), []);
  useKeys({
    o: () => files.current?.click(),
    'g m': () => props.onView('messages'),
    'g r': () => props.onView('report'),
    'g l': () => props.onView('lines'),
    'g v': () => props.onView('live'),
  });

  const goodName = SetName.safeParse(name).success;
  const toSend = chosen.reduce((sum, each) => sum + (each.by === 'content' ? each.size : 0), 0);
  const aborted = control.current?.signal.aborted === true;
  const known = (useServers()?.length ?? 0) > 0 || props.sets.length > 0;
  return (
    <div className={css.screen} {...PANE}>
      {known && (
        <div className={logs.top}>
          <ViewChoices view={props.view} onView={props.onView} />
        </div>
      )}
      <div className={css.main}>
        {known && <NoLog view={props.view} />}
        <h1>
          <Trans>Open log files</Trans>
        </h1>
        <p className={css.lead}>
          <Trans>
            Mail logs you already have: files, folders and rotated series in any order, also .gz, .xz, .zst, .bz2, .zip
            and .tar. No server and no network is needed.
          </Trans>
        </p>
        <section className={css.drop} aria-label={t`Choose log files`}>
          <IconFolderOpen size={22} aria-hidden="true" />
          <p>
            <Trans>Drop log files or folders here</Trans>
          </p>
          <div className={css.dropButtons}>
            <Button
              variant="ink"
              leftSection={<IconFile size={14} />}
              rightSection={<Key always>O</Key>}
              onClick={() => files.current?.click()}
            >
              <Trans>Choose files…</Trans>
            </Button>
            <Button leftSection={<IconFolder size={14} />} onClick={() => folder.current?.click()}>
              <Trans>Choose a folder…</Trans>
            </Button>
          </div>
          <FileInput ref={files} label={t`Log files`} onFiles={add} />
          <FileInput
            ref={(element) => {
              folder.current = element;
              element?.setAttribute('webkitdirectory', '');
            }}
            label={t`Folder of log files`}
            onFiles={add}
          />
        </section>
        <PathField onPath={addPath} />
        {chosen.length > 0 && (
          <form
            className={css.chosen}
            aria-label={t`What is indexed`}
            onSubmit={(event) => {
              event.preventDefault();
              if (goodName) index.mutate();
            }}
          >
            <ChosenList
              chosen={chosen}
              onDrop={(at) => {
                setChosen(chosen.filter((_, index) => index !== at));
                setAsked(null);
              }}
              locked={index.isPending}
            />
            <div className={css.fields}>
              <TextInput
                label={t`Name of the set`}
                value={name}
                error={
                  !goodName
                    ? t`Letters, digits, spaces and ._@-, a letter or digit first`
                    : taken.includes(name)
                      ? t`A set of that name is there; it is replaced when this one is complete`
                      : null
                }
                onChange={(event) => {
                  setName(event.currentTarget.value);
                  setNamed(true);
                }}
              />
              <NumberInput
                label={t`Year of the first line`}
                placeholder={t`from the files`}
                value={year ?? ''}
                min={1970}
                max={9999}
                allowDecimal={false}
                hideControls
                onChange={(value) => setYear(typeof value === 'number' && value >= 1970 ? value : null)}
              />
              <Select
                label={t`Time zone of the log`}
                placeholder={localZone()}
                data={zones()}
                value={zone}
                searchable
                clearable
                clearButtonProps={{ 'aria-label': t`This computer's zone` }}
                limit={60}
                onChange={setZone}
              />
            </div>
            <p className={css.why}>
              <Trans>Year and zone count only for lines that name none, such as those of traditional syslog.</Trans>
            </p>
            {asked !== null && (
              <div className={css.ask} role="alert">
                <IconClockQuestion size={15} aria-hidden="true" />
                <div>
                  <strong>
                    <Trans>In which time zone was this log written?</Trans>
                  </strong>
                  <p>
                    <Trans>
                      Its lines do not say. {zone ?? localZone()} is taken unless you choose another above; the set
                      keeps it.
                    </Trans>
                  </p>
                  <code>{visibleLine(asked.sample)}</code>
                </div>
              </div>
            )}
            {index.error !== null && !aborted && <FailureText error={index.error} />}
            <div className={css.end}>
              {index.isPending ? (
                <>
                  <Sending sent={sent} total={toSend} />
                  <Button onClick={() => control.current?.abort()}>
                    <Trans>Cancel</Trans>
                  </Button>
                </>
              ) : (
                <>
                  <button
                    type="button"
                    className="pd-link"
                    onClick={() => {
                      setChosen([]);
                      setAsked(null);
                    }}
                  >
                    <Trans>Clear the list</Trans>
                  </button>
                  <Button type="submit" variant="ink" disabled={!goodName || wire !== 'open'}>
                    {asked === null ? (
                      <Plural value={chosen.length} one="Index # input" other="Index # inputs" />
                    ) : (
                      <Trans>Index with {zone ?? localZone()}</Trans>
                    )}
                  </Button>
                </>
              )}
            </div>
          </form>
        )}
        <IndexProgress mine={jobId} onOpen={props.onOpen} />
        {props.sets.length > 0 && <SetList sets={props.sets} onOpen={props.onOpen} />}
        <ServerLogs onServer={props.onServer} />
        {props.sets.length === 0 && chosen.length === 0 && jobId === null && (
          <p className={css.hint}>
            <IconCornerDownRight size={14} aria-hidden="true" />
            <Trans>Nothing leaves this computer, and the logs themselves are not altered.</Trans>
          </p>
        )}
      </div>
    </div>
  );
}

function localZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
}

let known: string[] | undefined;
function zones(): string[] {
  known ??= ['UTC', ...Intl.supportedValuesOf('timeZone').filter((zone) => zone !== 'UTC')];
  return known;
}
