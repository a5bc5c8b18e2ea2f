import { Trans, useLingui } from '@lingui/react/macro';
import { IconArrowDown } from '@tabler/icons-react';
import { useEffect, useEffectEvent, useMemo, useRef, useState } from 'react';
import { useKeys } from '../../../app/keys.ts';
import { PANE } from '../../../app/panes.ts';
import { useFormat, useNow } from '../../../i18n/use-format.ts';
import { CopyButton, copyText } from '../../../ui/copy-button.tsx';
import type { GridHandle } from '../../../ui/grid/grid.tsx';
import { Key } from '../../../ui/parts.tsx';
import type { SearchBarHandle } from '../../../ui/search/search-bar.tsx';
import { visible } from '../../../ui/visible.ts';
import { parseLogQuery } from '../log-query.ts';
import { LogSearch } from '../log-search.tsx';
import screen from '../logs.module.css';
import { Story } from '../story.tsx';
import { ViewChoices } from '../view-choices.tsx';
import { type LogState, type LogView, useSetLogState } from '../view-state.ts';
import { LiveLines } from './live-lines.tsx';
import { LiveStatus } from './live-status.tsx';
import { CannotFollow, LiveBanners, NoServer, NotStarted, NothingYet } from './live-states.tsx';
import { LiveBar, type LiveKind, PhaseButtons, ServersMenu } from './live-tools.tsx';
import { LiveTraces } from './live-traces.tsx';
import css from './live.module.css';
import type { Family, LiveRow, TraceRow } from './ring.ts';
import { useChosenServers, useLiveLog } from './use-live.ts';
import { useFollowEnd } from './use-follow-end.ts';

/** The logs of servers as they are written: lines and messages, filtered, paused, and each line with its story. */
export function LiveView(props: {
  state: LogState;
  /** `followed`: the server whose log goes on in the other view; null: nothing is followed. */
  onView: (view: LogView, followed: string | null) => void;
}) {
  const { state } = props;
  const { t } = useLingui();
  const format = useFormat();
  const change = useSetLogState();
  const log = useLiveLog();
  const { servers, chosen, choose } = useChosenServers(log, state.server);
  const onView = (view: LogView) =>
    props.onView(view, log.phase === 'idle' ? null : (state.server ?? log.followed[0]?.id ?? null));
  const [kind, setKind] = useState<LiveKind>('lines');
  const [off, setOff] = useState<readonly Family[]>([]);
  const search = useRef<SearchBarHandle>(null);
  const grid = useRef<GridHandle>(null);
  // `since:2h` counts back from the moment it was asked for: a filter that moved would begin anew all the time.
  const { filter } = useMemo(() => parseLogQuery(state.q, Date.now()), [state.q]);
  useEffect(() => log.filter(filter), [log, filter]);

  const all = log.ring.rows;
  const rows = useMemo(
    () => (off.length === 0 ? all : all.filter((row) => row.kind === 'mark' || !off.includes(row.family))),
    [all, off],
  );
  const version = log.version();
  // oxlint-disable-next-line react-hooks/exhaustive-deps -- the traces change with the version
  const traces = useMemo(() => log.ring.traces, [log, version]);
  const lines = useMemo(() => rows.filter((row) => row.kind === 'line'), [rows]);
  const shown: readonly (LiveRow | TraceRow)[] = kind === 'lines' ? rows : traces;
  const end = useFollowEnd(shown, `${kind} ${state.q}`, grid);

  // What is chosen stays chosen, wherever its row moves to.
  const [row, setRow] = useState<LiveRow | null>(null);
  const [of, setOf] = useState<string | null>(null);
  const active =
    kind === 'lines'
      ? row === null
        ? rows.length - 1
        : rows.lastIndexOf(row)
      : of === null
        ? traces.length - 1
        : traces.findIndex((each) => `${each.server} ${each.trace.id}` === of);
  const story = state.trace !== null && state.of !== null ? { id: state.trace, server: state.of } : null;
  const opened = story === null ? null : `${story.server} ${story.id}`;
  const now = useNow(10);
  const names = useMemo(() => new Map((servers ?? []).map((server) => [server.id, server.name])), [servers]);
  const nameOf = (id: string) => names.get(id) ?? id;

  const openStory = (server: string, id: string) => change({ trace: id, of: server });
  const openRow = (each: LiveRow) => {
    if (each.kind === 'line' && each.line.trace !== null) openStory(each.server, each.line.trace);
  };
  const close = () => {
    change({ trace: null, of: null });
    grid.current?.focus();
  };
  const choosePlace = (index: number, open: boolean) => {
    end.setFollowing(index === shown.length - 1 && !open);
    if (kind === 'lines') {
      const next = rows[index] ?? null;
      setRow(next);
      if (next !== null && (open || story !== null)) openRow(next);
    } else {
      const next = traces[index];
      setOf(next === undefined ? null : `${next.server} ${next.trace.id}`);
      if (next !== undefined && (open || story !== null)) openStory(next.server, next.trace.id);
    }
  };
  const step = (by: number) => {
    const next = Math.max(0, Math.min(shown.length - 1, active + by));
    choosePlace(next, false);
    grid.current?.show(next);
  };
  const toggle = () => (log.phase === 'paused' ? log.resume() : log.phase === 'running' ? log.pause() : log.start());
  const follow = () => {
    setRow(null);
    setOf(null);
    end.setFollowing(true);
  };
  const setQuery = (q: string) => {
    setRow(null);
    change({ q });
  };
  const lineText = row?.kind === 'line' && !row.gone ? row.line.text : null;
  // The chosen line in full takes room from the list: its row must not be what is covered.
  const footed = story === null && lineText !== null;
  useEffect(() => {
    if (footed && active >= 0) grid.current?.show(active);
    // Only as it opens.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [footed]);
  useKeys({
    '/': () => search.current?.focus(),
    Escape: () => {
      if (story !== null) close();
      else if (row !== null || of !== null) follow();
      else if (state.q !== '') setQuery('');
      grid.current?.focus();
    },
    ...(shown.length === 0 ? {} : { End: follow }),
    j: () => step(1),
    k: () => step(-1),
    ...(story === null && lineText !== null ? { c: () => void copyText(lineText) } : {}),
    'g m': () => onView('messages'),
    'g r': () => onView('report'),
    'g l': () => onView('lines'),
  });
  // Space is a button's own key: it pauses where the list or nothing has the keyboard.
  const onSpace = useEffectEvent((event: KeyboardEvent) => {
    if (event.key !== ' ' || event.defaultPrevented || document.activeElement !== document.body) return;
    if (document.querySelector('[aria-modal="true"]') !== null) return;
    event.preventDefault();
    toggle();
  });
  useEffect(() => {
    document.addEventListener('keydown', onSpace);
    return () => document.removeEventListener('keydown', onSpace);
  }, []);

  const [only] = log.followed;
  const failed = log.followed.filter(({ failure }) => failure !== null);
  const whole = shown.length === 0 && failed.length > 0 && failed.length === log.followed.length;
  const empty =
    servers === undefined ? null : servers.length === 0 ? (
      <NoServer />
    ) : log.phase === 'idle' ? (
      <NotStarted servers={chosen} onStart={() => log.start()} />
    ) : whole ? (
      failed.map((each) => (
        <CannotFollow key={each.id} followed={each} name={nameOf(each.id)} onRetry={() => log.again(each.id)} />
      ))
    ) : (
      <NothingYet
        log={log}
        query={state.q}
        hidden={kind === 'lines' && all.length > 0}
        onQuery={setQuery}
        onShowAll={() => setOff([])}
      />
    );
  const shared = {
    active,
    onActive: choosePlace,
    onSpace: toggle,
    onEnd: end.onEnd,
    nameOf: log.followed.length > 1 ? nameOf : null,
    open: opened,
    empty,
    ref: grid,
  };
  return (
    <div className={screen.screen}>
      <h1 className="pd-hidden">
        <Trans>Live log</Trans>
      </h1>
      <div className={screen.top} {...PANE}>
        <ViewChoices view="live" onView={onView} />
        <LogSearch
          ref={search}
          source={only === undefined || (only.state?.lines ?? 0) === 0 ? null : { from: 'server', serverId: only.id }}
          query={state.q}
          onQuery={setQuery}
          count={null}
          label={t`Filter the live log`}
          placeholder={t`Filter: words, or from: to: domain: ip: status: kind:`}
          onLeave={() => grid.current?.focus()}
        />
        {servers !== undefined && servers.length > 0 && (
          <>
            <ServersMenu log={log} servers={servers} chosen={chosen} onChoose={choose} />
            <PhaseButtons log={log} none={chosen.length === 0} />
          </>
        )}
      </div>
      {log.phase !== 'idle' && (
        <LiveBar
          log={log}
          kind={kind}
          onKind={setKind}
          off={off}
          onOff={setOff}
          nameOf={nameOf}
          lines={lines}
          traces={traces}
        />
      )}
      <LiveBanners log={log} nameOf={nameOf} whole={whole} />
      <LiveStatus log={log} nameOf={nameOf} />
      <div className={screen.panes}>
        <div className={screen.list} data-narrow={story !== null}>
          <div className={css.rows}>
            {kind === 'lines' ? (
              <LiveLines {...shared} rows={rows} onOpen={openRow} words={filter.text} />
            ) : (
              <LiveTraces
                {...shared}
                rows={traces}
                onOpen={(each) => openStory(each.server, each.trace.id)}
                narrow={story !== null}
              />
            )}
            {!end.following && (end.fresh > 0 || !end.atEnd) && shown.length > 0 && (
              <button type="button" className={css.pill} onClick={follow}>
                <IconArrowDown size={14} aria-hidden="true" />
                <span className="pd-num">
                  {end.fresh > 0 ? <Trans>{format.count(end.fresh)} new</Trans> : <Trans>To the end</Trans>}
                </span>
                <Key muted>End</Key>
              </button>
            )}
          </div>
          {story === null && lineText !== null && kind === 'lines' && (
            <div className={css.foot} role="region" aria-label={t`The chosen line`}>
              <code>{visible(lineText)}</code>
              <span className={css.footEnd}>
                {row?.kind === 'line' && row.line.trace !== null && (
                  <button type="button" className="pd-link" onClick={() => openRow(row)}>
                    <Trans>Its story</Trans> <Key muted>Enter</Key>
                  </button>
                )}
                <CopyButton text={lineText}>
                  <Trans>Copy</Trans>
                </CopyButton>
              </span>
            </div>
          )}
        </div>
        {story !== null && (
          <Story
            key={opened}
            source={{ from: 'server', serverId: story.server }}
            id={story.id}
            end={now}
            stamp={log.ring.trace(story.server, story.id)?.stamp ?? 0}
            onOpen={(id) => openStory(story.server, id)}
            onClose={close}
            onQuery={setQuery}
          />
        )}
      </div>
    </div>
  );
}
