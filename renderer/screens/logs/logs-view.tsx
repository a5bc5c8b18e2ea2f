import { Button } from '@mantine/core';
import { Trans, useLingui } from '@lingui/react/macro';
import { IconChevronDown, IconFileText } from '@tabler/icons-react';
import { type ReactNode, useEffect, useMemo, useRef, useState, useSyncExternalStore } from 'react';
import type { TraceSort } from '#shared/model/log.ts';
import { useApi } from '../../api/console.tsx';
import { useKeys } from '../../app/keys.ts';
import { PANE } from '../../app/panes.ts';
import { useLate } from '../../app/unreachable.tsx';
import { useFormat } from '../../i18n/use-format.ts';
import type { GridHandle } from '../../ui/grid/grid.tsx';
import type { SearchBarHandle } from '../../ui/search/search-bar.tsx';
import { visibleLine } from '../../ui/visible.ts';
import { LinesView } from './lines-view.tsx';
import { parseLogQuery } from './log-query.ts';
import { LogSearch } from './log-search.tsx';
import { LogFailure, NoTrace } from './log-states.tsx';
import css from './logs.module.css';
import { LogReportView } from './report/report-view.tsx';
import { Story } from './story.tsx';
import { TraceGrid } from './trace-grid.tsx';
import { type TraceSource, traceSource, type TraceView } from './trace-source.ts';
import { ViewChoices } from './view-choices.tsx';
import { type LogState, type LogView, type OpenLog, placeOf, useSetLogState } from './view-state.ts';

const DAY = 86_400_000;

/** One log set: search, and its messages with their stories, its report, or its raw lines. */
export function LogsView(props: { log: OpenLog; state: LogState; aside?: ReactNode }) {
  const { log, state } = props;
  const place = placeOf(log.source);
  const { t } = useLingui();
  const api = useApi();
  const format = useFormat();
  const change = useSetLogState();
  const late = useLate();
  const end = Date.parse(log.last ?? '') || 0;
  const { filter, terms } = useMemo(() => parseLogQuery(state.q, end), [state.q, end]);
  const rows = useTraceRows({ source: log.source, filter, sort: state.sort });
  const [active, setActive] = useState(0);
  const search = useRef<SearchBarHandle>(null);
  const grid = useRef<GridHandle>(null);
  const ensure = useMemo(() => (first: number, last: number) => rows.ensure(first, last), [rows]);

  const setQuery = (q: string) => {
    setActive(0);
    grid.current?.toTop();
    change({ q, ...place });
  };
  const sortBy = (by: TraceSort['by']) => {
    setActive(0);
    grid.current?.toTop();
    change({ sort: { by, descending: state.sort.by === by ? !state.sort.descending : by !== 'from' } });
  };
  const open = (id: string | null) => change({ trace: id, ...place });
  const step = (by: number) => {
    const next = Math.max(0, Math.min((rows.count ?? 1) - 1, active + by));
    setActive(next);
    grid.current?.show(next);
    const trace = rows.rowAt(next);
    if (state.trace !== null && trace !== undefined) open(trace.id);
  };
  const back = () => {
    if (state.trace !== null && state.view === 'messages') open(null);
    else if (state.q !== '') setQuery('');
    grid.current?.focus();
  };
  const setView = (view: LogView) => change({ view, ...place });
  useKeys({
    '/': () => search.current?.focus(),
    F5: () => {
      void rows.refresh();
      void api.cache.invalidateQueries({ queryKey: api.query.logs.key() });
    },
    Escape: back,
    ...(state.view === 'messages' ? { j: () => step(1), k: () => step(-1) } : {}),
    'g m': () => setView('messages'),
    'g r': () => setView('report'),
    'g l': () => setView('lines'),
    'g v': () => setView('live'),
  });

  const story = state.view === 'messages' ? state.trace : null;
  const days = log.first !== null && log.last !== null && Date.parse(log.last) - Date.parse(log.first) > DAY;
  return (
    <div className={css.screen}>
      <h1 className="pd-hidden">
        <Trans>Log {visibleLine(log.name)}</Trans>
      </h1>
      <div className={css.top} {...PANE}>
        <ViewChoices view={state.view} onView={setView} />
        <LogSearch
          ref={search}
          source={log.source}
          query={state.q}
          onQuery={setQuery}
          count={
            rows.count === null ? null : rows.pending ? (
              <Trans>looking…</Trans>
            ) : (
              <Trans>{format.count(rows.count)} found</Trans>
            )
          }
          onLeave={() => grid.current?.focus()}
        />
        {props.aside}
        <Button
          leftSection={<IconFileText size={14} />}
          rightSection={<IconChevronDown size={12} />}
          aria-label={t`Log files: ${log.name}`}
          onClick={() => setView('files')}
          styles={{ label: { maxWidth: 160 } }}
        >
          <span className="pd-clip">{visibleLine(log.name)}</span>
        </Button>
      </div>
      <div className={css.panes}>
        {state.view === 'messages' && (
          <>
            <div className={css.list} data-narrow={story !== null}>
              <TraceGrid
                ref={grid}
                rows={rows}
                sort={state.sort}
                onSort={sortBy}
                active={active}
                onActive={setActive}
                open={story}
                onOpen={(trace) => open(trace.id)}
                days={days}
                narrow={story !== null}
                late={late}
                onRange={ensure}
                empty={
                  rows.failure !== null ? (
                    <LogFailure
                      title={<Trans>The log could not be searched</Trans>}
                      error={rows.failure}
                      onRetry={() => void rows.refresh()}
                    />
                  ) : rows.count === 0 && !rows.pending ? (
                    <NoTrace source={log.source} terms={terms} end={end} onQuery={setQuery} />
                  ) : null
                }
              />
            </div>
            {story !== null && (
              <Story
                key={story}
                source={log.source}
                id={story}
                end={end}
                onOpen={open}
                onClose={() => {
                  open(null);
                  grid.current?.focus();
                }}
                onQuery={setQuery}
              />
            )}
          </>
        )}
        {state.view === 'report' && (
          <div className={css.list}>
            <LogReportView
              log={log}
              filter={filter}
              query={state.q}
              onQuery={setQuery}
              onSearch={(q) => change({ q, view: 'messages', trace: null, ...place })}
            />
          </div>
        )}
        {state.view === 'lines' && (
          <div className={css.list}>
            <LinesView source={log.source} text={filter.text} others={terms.some((term) => term.key !== null)} />
          </div>
        )}
      </div>
    </div>
  );
}

/** Rows of the view; renders again when their count changes, not with each page. */
function useTraceRows(view: TraceView): TraceSource {
  const api = useApi();
  const source = useMemo(() => traceSource(api.client), [api]);
  useSyncExternalStore(source.subscribe, source.outline);
  const name = JSON.stringify(view);
  useEffect(() => {
    source.show(JSON.parse(name) as TraceView);
  }, [source, name]);
  useEffect(() => () => source.dispose(), [source]);
  return source;
}
