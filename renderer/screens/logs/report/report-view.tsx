import { Button, Menu } from '@mantine/core';
import { useLingui as useCatalogue } from '@lingui/react';
import { Trans, useLingui } from '@lingui/react/macro';
import { IconDownload, IconTable } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import { type ReactNode, useMemo, useState } from 'react';
import { type LogFilter, type LogReport, LogReportKind } from '#shared/model/log.ts';
import { useApi } from '../../../api/console.tsx';
import { useKeys } from '../../../app/keys.ts';
import { PANE } from '../../../app/panes.ts';
import { FailureText } from '../../../app/way-out.tsx';
import { useFormat } from '../../../i18n/use-format.ts';
import { Choices, Key } from '../../../ui/parts.tsx';
import { saveFile } from '../../../ui/save-file.ts';
import { type LogKey, withTerms } from '../log-query.ts';
import { LogFailure } from '../log-states.tsx';
import type { OpenLog } from '../view-state.ts';
import { DelayPlot } from './delay-plot.tsx';
import { reportsCsv, reportsHtml, STATUSES_OF } from './report-data.ts';
import css from './report.module.css';
import { useReportWord } from './report-words.ts';
import { TopTable } from './top-table.tsx';
import { useDelays, useReport } from './use-report.ts';
import { VolumePlot } from './volume-plot.tsx';

const HOUR = 3_600_000;
const PERIODS = [
  { value: '1h', hours: 1 },
  { value: '24h', hours: 24 },
  { value: '7d', hours: 168 },
  { value: '30d', hours: 720 },
  { value: 'all', hours: 0 },
] as const;
type Period = (typeof PERIODS)[number]['value'] | 'own';

/** What happened in a log, counted: plots and tables that search when they are clicked. */
export function LogReportView(props: {
  log: OpenLog;
  filter: LogFilter;
  query: string;
  /** Narrows what is counted. */
  onQuery: (query: string) => void;
  /** Narrows, and shows the messages. */
  onSearch: (query: string) => void;
}) {
  const { log, filter, query } = props;
  const { t } = useLingui();
  const format = useFormat();
  const [table, setTable] = useState(false);
  const volume = useReport(log.source, filter, 'volume', 0);
  const stages = useReport(log.source, filter, 'delay');
  const unusual = useReport(log.source, filter, 'unusual-sender', 50);
  const from = Date.parse(filter.since ?? log.first ?? '') || 0;
  const to = Math.max(
    from + 1000,
    Math.min(Date.parse(filter.until ?? log.last ?? '') || 0, Date.parse(log.last ?? '') || 0) + 1000,
  );
  const delays = useDelays(log.source, filter, Math.max(from, Date.parse(log.first ?? '') || 0), to);
  const marks = useMemo(
    () =>
      new Map<string, ReactNode>(
        (unusual.data?.rows ?? []).map((row) => {
          const peak = Number(row[2]);
          const usual = Number(row[3]);
          return [
            String(row[0]),
            usual < 0.5 ? (
              <Trans key="unusual">{format.count(peak)} in one hour</Trans>
            ) : (
              <Trans key="unusual">{format.count(Math.round(peak / usual))} times the usual</Trans>
            ),
          ];
        }),
      ),
    [unusual.data, format],
  );

  const search = (terms: { key: LogKey; value: string }[]) => props.onSearch(withTerms(query, terms));
  const span = (since: number, until: number) =>
    props.onQuery(
      withTerms(query, [
        { key: 'since', value: local(since) },
        { key: 'until', value: local(until) },
      ]),
    );
  const period: Period = periodOf(query);
  const setPeriod = (value: Period) => {
    if (value === 'own') return;
    const rest = withTerms(query, [
      { key: 'since', value: '' },
      { key: 'until', value: '' },
    ])
      .split(' ')
      .filter((term) => term !== 'since:' && term !== 'until:')
      .join(' ');
    props.onQuery(value === 'all' ? rest : `${rest} since:${value}`.trim());
  };
  const shift = (by: number) => {
    const at = PERIODS.findIndex((each) => each.value === period);
    const next = PERIODS[Math.max(0, Math.min(PERIODS.length - 1, (at < 0 ? PERIODS.length - 1 : at) + by))];
    if (next !== undefined) setPeriod(next.value);
  };
  useKeys({ d: () => setTable(!table), '[': () => shift(-1), ']': () => shift(1) });

  if (volume.error !== null && volume.data === undefined) {
    return (
      <LogFailure
        title={<Trans>The report could not be made</Trans>}
        error={volume.error}
        onRetry={() => void volume.refetch()}
      />
    );
  }
  const shared = { source: log.source, filter, onTerms: search };
  const long = (Date.parse(log.last ?? '') || 0) - (Date.parse(log.first ?? '') || 0);
  return (
    <div className={css.report}>
      <div className={css.tools}>
        <Choices<Period>
          label={t`Time`}
          value={period}
          options={[
            ...PERIODS.filter((each) => each.hours * HOUR < long || each.value === period || each.value === 'all').map(
              (each) => ({
                value: each.value as Period,
                label: each.hours === 0 ? t`All` : format.span(each.hours * 3600),
              }),
            ),
            ...(period === 'own' ? [{ value: 'own' as const, label: t`Chosen time` }] : []),
          ]}
          onChange={setPeriod}
        />
        {log.first !== null && log.last !== null && (
          <span className="pd-3 pd-num pd-clip">
            <Trans>
              {format.stamp(filter.since ?? log.first)} to {format.stamp(filter.until ?? log.last)}
            </Trans>
          </span>
        )}
        <span className={css.toolsEnd}>
          <Button
            size="compact-xs"
            aria-pressed={table}
            leftSection={<IconTable size={13} />}
            rightSection={<Key>D</Key>}
            onClick={() => setTable(!table)}
          >
            {table ? <Trans>As plots</Trans> : <Trans>As tables</Trans>}
          </Button>
          <ExportMenu log={log} filter={filter} />
        </span>
      </div>
      <div className={css.scroll} tabIndex={0} role="region" aria-label={t`Report`} {...PANE}>
        <VolumePlot
          report={volume.data}
          table={table}
          onTime={span}
          onBand={(band) => search([{ key: 'status', value: STATUSES_OF[band][0] ?? '' }])}
        />
        <div className={css.cells}>
          <DelayPlot {...delays} stages={stages.data} from={from} to={to} table={table} onTime={span} />
          <TopTable {...shared} by="reason" columns={['recipients']} rows={8} />
          <TopTable {...shared} by="sender" columns={['messages', 'bytes']} marks={marks} />
          <TopTable {...shared} by="auth-failure-ip" columns={['failures']} />
          <TopTable {...shared} by="recipient-domain" columns={['recipients', 'sent', 'deferred', 'bounced']} />
          <TopTable {...shared} by="relay" columns={['recipients', 'sent', 'deferred', 'bounced']} />
          <TopTable {...shared} by="ip" columns={['messages', 'rejects', 'auth failures']} />
          <TopTable {...shared} by="connection" columns={['connections', 'seconds connected', 'longest']} />
          <TopTable {...shared} by="login" columns={['messages', 'logins', 'failures']} />
          <TopTable {...shared} by="recipient" columns={['recipients', 'deferred', 'bounced']} />
          <TopTable {...shared} by="sender-domain" columns={['messages', 'bytes']} />
          <TopTable {...shared} by="reject" columns={['rejects']} />
          <TopTable {...shared} by="auth-failure-login" columns={['failures']} />
          <TopTable {...shared} by="unusual-sender" columns={['messages', 'usual per hour', 'hour']} />
          <TopTable {...shared} by="verdict" columns={['messages']} />
          <TopTable {...shared} by="tls" columns={['messages']} />
          <TopTable {...shared} by="greylisting" columns={['count']} />
          <TopTable {...shared} by="problem" columns={['count']} rows={8} slow />
          <TopTable {...shared} by="summary" columns={['count']} rows={0} />
        </div>
      </div>
    </div>
  );
}

function periodOf(query: string): Period {
  const since = /(?:^|\s)since:(\S+)/.exec(query)?.[1];
  if (/(?:^|\s)until:/.test(query)) return 'own';
  if (since === undefined) return 'all';
  return PERIODS.find((each) => each.value === since)?.value ?? 'own';
}

/** A time as the search bar takes it, in this computer's zone. */
function local(at: number): string {
  const time = new Date(at);
  const two = (value: number) => String(value).padStart(2, '0');
  return `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}T${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`;
}

/** Every report of what is searched for, whole, in one file. */
function ExportMenu(props: { log: OpenLog; filter: LogFilter }) {
  const { t } = useLingui();
  const { i18n } = useCatalogue();
  const api = useApi();
  const word = useReportWord();
  const save = useMutation({
    mutationFn: async (kind: 'csv' | 'json' | 'html') => {
      const reports: LogReport[] = [];
      for (const by of LogReportKind.options) {
        reports.push(
          await api.client.logs.report({
            source: props.log.source,
            filter: props.filter,
            by,
            limit: by === 'volume' ? 0 : 1000,
          }),
        );
      }
      const name = `${props.log.name}-report.${kind}`;
      if (kind === 'csv') saveFile(new Blob([reportsCsv(reports)], { type: 'text/csv' }), name);
      else if (kind === 'json')
        saveFile(new Blob([`${JSON.stringify(reports, null, 2)}\n`], { type: 'application/json' }), name);
      else {
        const html = reportsHtml(t`Mail report of ${props.log.name}`, i18n.locale, reports, (report) =>
          word(report.by),
        );
        saveFile(new Blob([html], { type: 'text/html' }), name);
      }
    },
  });
  return (
    <>
      {save.error !== null && <FailureText error={save.error} />}
      <Menu position="bottom-end">
        <Menu.Target>
          <Button size="compact-xs" leftSection={<IconDownload size={13} />} loading={save.isPending}>
            <Trans>Export</Trans>
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {(['csv', 'json', 'html'] as const).map((kind) => (
            <Menu.Item key={kind} onClick={() => save.mutate(kind)}>
              <Trans>As {kind.toUpperCase()}</Trans>
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
    </>
  );
}
