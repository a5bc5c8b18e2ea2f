import { Button } from '@mantine/core';
import { Plural, Trans, useLingui } from '@lingui/react/macro';
import { IconPin } from '@tabler/icons-react';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useMemo, useRef, useState } from 'react';
import type { QueueSort } from '#shared/model/queue.ts';
import { useApi, useServer } from '../../api/console.tsx';
import { useDialogs } from '../../app/dialogs.tsx';
import { lastSet } from '../../app/last-set.ts';
import { useGo } from '../../app/go.ts';
import { useKeys } from '../../app/keys.ts';
import { PANE } from '../../app/panes.ts';
import { useSavedSearches } from '../../app/searches/use-saved-searches.ts';
import { FailureText } from '../../app/way-out.tsx';
import { useFormat, useNow } from '../../i18n/use-format.ts';
import { LevelPlot } from '../../ui/charts/level-plot.tsx';
import type { GridHandle } from '../../ui/grid/grid.tsx';
import { InSight, Sight } from '../../ui/grid/sight.tsx';
import type { SearchBarHandle } from '../../ui/search/search-bar.tsx';
import { writeTerm } from '../../ui/search/terms.ts';
import { ActionBar } from './action-bar.tsx';
import { shownMessages } from './export.ts';
import { exportAs, type ExportKind, ExportMenu } from './export-menu.tsx';
import { MessagePane } from './message-pane.tsx';
import { parseQuery } from '../../ui/search/queue-query.ts';
import frame from '../../ui/screen.module.css';
import { QueueBanner } from './queue-banner.tsx';
import { QueueGrid } from './queue-grid.tsx';
import { QueueSearch } from './queue-search.tsx';
import { GroupBar, LiveButtons } from './queue-bars.tsx';
import { QueueEmpty, ReadingBar } from './queue-states.tsx';
import { type MenuPlace, RowMenu } from './row-menu.tsx';
import { saveSource } from './save-source.ts';
import { EVERYTHING, measure, NOTHING, type Selection, targetOf } from './selection.ts';
import { type QueueAction, useActionStates } from './use-actions.ts';
import { useQueueCommands } from './use-commands.tsx';
import { useReading } from './use-reading.ts';
import { useRows, useStable } from './use-rows.ts';
import { readViewState, useSetViewState } from './view-state.ts';

const HOURS = 24;

/** The outbound queue of one server: search, levels, rows, what is ticked, and the message that is open. */
export function QueueView(props: { serverId: string; search: Record<string, unknown> }) {
  const { serverId } = props;
  const { t } = useLingui();
  const api = useApi();
  const format = useFormat();
  const dialogs = useDialogs();
  const go = useGo();
  const server = useServer(serverId);
  const now = useNow(60);
  const state = readViewState(props.search);
  const set = useSetViewState(serverId);
  const { filter, terms } = useMemo(() => parseQuery(state.q), [state.q]);
  const [collapsed, setCollapsed] = useState<readonly string[]>([]);
  const [selection, setSelection] = useState<Selection>(NOTHING);
  const [active, setActive] = useState(0);
  const [sight] = useState(() => new Sight());
  const [menu, setMenu] = useState<MenuPlace | null>(null);
  const search = useRef<SearchBarHandle>(null);
  const grid = useRef<GridHandle>(null);

  const rows = useRows({ serverId, filter, sort: state.sort, group: state.by, collapsed });
  const refresh = useStable(() => void rows.refresh());
  const reading = useReading(serverId, refresh);
  const levels = useQuery(api.query.queue.levels.queryOptions({ input: { serverId, hours: HOURS, points: 600 } }));
  const since = levels.data?.[0]?.at;
  const states = useActionStates(serverId);

  const name = server?.name ?? '';
  const count = rows.count ?? 0;
  const matched = { count: rows.head?.matched ?? 0, size: rows.head?.matchedSize ?? 0 };
  const ticked = measure(selection, matched);
  const stale = reading.failure !== null;
  const offline = stale && rows.head !== null && rows.head.total > 0;
  const partial = reading.shown?.state === 'cut-short';

  const setQuery = (q: string) => {
    // What was ticked under another search would be acted on out of sight.
    setSelection(NOTHING);
    setActive(0);
    grid.current?.toTop();
    set({ q });
  };
  const setGroup = (by: typeof state.by) => {
    setCollapsed([]);
    setActive(0);
    grid.current?.toTop();
    set({ by });
  };
  const sortBy = (field: QueueSort['field']) => {
    set({ sort: { field, descending: state.sort.field === field ? !state.sort.descending : false } });
    grid.current?.toTop();
  };

  const act = (action: QueueAction) => {
    if (stale || states[action].off !== null) return;
    const focused = rows.messageAt(active);
    const target =
      targetOf(selection, filter) ?? (focused === undefined ? null : { by: 'ids' as const, ids: [focused.id] });
    if (target === null) return;
    const kind = `queue.${action}` as const;
    const applied = () => setSelection(NOTHING);
    dialogs.open(
      kind === 'queue.delete'
        ? { kind: 'change', request: { kind, serverId, target, copies: states.delete.copies }, applied }
        : { kind: 'change', request: { kind, serverId, target }, applied },
    );
  };
  const save = () => {
    const focused = rows.messageAt(active)?.id ?? state.m;
    if (focused !== null && focused !== undefined) void saveSource(api.client, serverId, focused);
  };
  const { data: sets } = useQuery(api.query.logs.sets.queryOptions());
  const trace = () => {
    const focused = rows.messageAt(active)?.id ?? state.m;
    const log = sets === undefined ? undefined : lastSet(sets);
    if (focused !== null && focused !== undefined && log !== undefined) {
      go.logs({ set: log.name, q: writeTerm('id', focused) });
    }
  };
  const saved = useSavedSearches();
  const saveSearch = () => {
    if (terms.some((term) => term.problem === null)) dialogs.open({ kind: 'save-search', query: state.q });
  };
  const handing = useMutation({
    mutationFn: async (kind: ExportKind) =>
      exportAs(kind, await shownMessages(api.client, { serverId, filter, sort: state.sort }, selection), name),
  });
  const openMenu = (index: number, at: { x: number; y: number }) => {
    const row = rows.rowAt(index);
    if (row !== undefined) setMenu({ row, ...at });
  };
  const back = () => {
    if (state.m !== null) set({ m: null });
    else if (ticked.count > 0) setSelection(NOTHING);
    else if (state.q !== '') setQuery('');
    grid.current?.focus();
  };
  const step = (by: number) => {
    const next = Math.max(0, Math.min((rows.count ?? 1) - 1, active + by));
    setActive(next);
    grid.current?.show(next);
    const message = rows.messageAt(next);
    if (state.m !== null && message !== undefined) set({ m: message.id });
  };

  useKeys({
    '/': () => search.current?.focus(),
    F5: reading.read,
    Escape: back,
    j: () => step(1),
    k: () => step(-1),
    h: () => act('hold'),
    u: () => act('release'),
    r: () => act('requeue'),
    Delete: () => act('delete'),
    e: save,
    t: trace,
    'ctrl+a': () => setSelection(EVERYTHING),
    'g r': () => setGroup('reason'),
    'g s': () => setGroup('sender'),
    'g d': () => setGroup('recipient-domain'),
    'g a': () => setGroup('age'),
    'g n': () => setGroup(null),
  });

  useQueueCommands({
    act,
    off: stale,
    states,
    by: state.by,
    setGroup,
    reading,
    save,
    trace,
    saveSearch,
    hand: handing.mutate,
  });

  // nothing was read of this server before: its rows are shown as they come, and are not all
  const first = reading.reading === null || (reading.reading.state === 'reading' && reading.reading.expected === null);
  const loading = !stale && (rows.head === null || (first && (rows.head.total === 0 || reading.busy)));
  return (
    <div className={frame.screen}>
      <h1 className="pd-hidden">
        <Trans>Queue on {name}</Trans>
      </h1>
      <div className={frame.top} {...PANE}>
        <QueueSearch
          ref={search}
          serverId={serverId}
          query={state.q}
          onQuery={setQuery}
          matched={rows.head?.matched ?? null}
          total={loading && rows.head?.total === 0 ? null : (rows.head?.total ?? null)}
          partial={partial || first}
          onLeave={() => grid.current?.focus()}
        />
        {state.q !== '' && saved.of(state.q) === undefined && (
          <Button leftSection={<IconPin size={14} />} onClick={saveSearch}>
            <Trans>Save search</Trans>
          </Button>
        )}
        <ExportMenu ticked={ticked.count} matched={matched.count} busy={handing.isPending} take={handing.mutate} />
        <LiveButtons reading={reading} />
      </div>
      {handing.error !== null && <FailureText error={handing.error} />}
      {(offline || partial) && <QueueBanner serverId={serverId} name={name} reading={reading} />}
      {levels.data !== undefined && (
        <LevelPlot
          title={
            since !== undefined && now - Date.parse(since) < HOURS * 3_500_000
              ? t`Queue on ${name} since ${format.clock(since)}`
              : t`Queue on ${name}, last ${HOURS} hours`
          }
          levels={levels.data}
          hours={HOURS}
          now={now + 60_000}
          olderThan={filter.olderThan ?? null}
        />
      )}
      <div className={frame.panes}>
        <div className={frame.main}>
          <GroupBar by={state.by} onBy={setGroup}>
            {count > 0 && (
              <>
                {state.by !== null && collapsed.length === 0 && (
                  <>
                    <Plural value={count - matched.count} one="# group" other="# groups" />,{' '}
                  </>
                )}
                <InSight sight={sight}>
                  {(top, bottom) => (
                    <Trans>
                      rows {format.count(top)} to {format.count(bottom)} of {format.count(count)}
                    </Trans>
                  )}
                </InSight>
              </>
            )}
          </GroupBar>
          <QueueGrid
            ref={grid}
            name={name}
            rows={rows}
            by={state.by}
            sort={state.sort}
            onSort={sortBy}
            collapsed={collapsed}
            onCollapsed={setCollapsed}
            selection={selection}
            onSelection={setSelection}
            active={active}
            onActive={setActive}
            open={state.m}
            onOpen={(m) => set({ m })}
            onMenu={openMenu}
            dim={offline}
            loading={loading}
            onView={sight.set}
            empty={
              <QueueEmpty
                name={name}
                serverId={serverId}
                filter={filter}
                terms={terms}
                rows={rows}
                reading={reading}
                loading={loading}
                onQuery={setQuery}
              />
            }
          />
          {loading && reading.reading !== null && <ReadingBar reading={reading} />}
          {offline && (
            <p className={frame.under}>
              <Trans>Changes are off until the server answers.</Trans>
            </p>
          )}
          {!offline && ticked.count > 0 && (
            <ActionBar
              count={ticked.count}
              size={ticked.size}
              selection={selection}
              states={states}
              onAct={act}
              onClear={() => setSelection(NOTHING)}
            />
          )}
        </div>
        <RowMenu
          place={menu}
          by={state.by}
          query={state.q}
          onQuery={setQuery}
          onOpen={(m) => set({ m })}
          onClose={() => {
            setMenu(null);
            grid.current?.focus();
          }}
        />
        {state.m !== null && (
          <MessagePane key={state.m} serverId={serverId} queueId={state.m} onClose={() => set({ m: null })} />
        )}
      </div>
    </div>
  );
}
