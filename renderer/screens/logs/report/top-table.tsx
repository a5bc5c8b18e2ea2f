import { Trans, useLingui } from '@lingui/react/macro';
import { IconAlertTriangle } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import type { LogFilter, LogReport, LogReportKind, LogSource } from '#shared/model/log.ts';
import { useFormat } from '../../../i18n/use-format.ts';
import type { Format } from '../../../i18n/format.ts';
import { useSeen } from '../../../ui/use-seen.ts';
import { visibleLine } from '../../../ui/visible.ts';
import type { LogKey } from '../log-query.ts';
import { OutcomeBadge } from '../trace-words.tsx';
import { useColumnWord, useReportWord } from './report-words.ts';
import { reasonOf, termsOf } from './report-data.ts';
import css from './report.module.css';
import { useReport } from './use-report.ts';

/** The largest rows of a report: the name, its numbers, and a bar against the largest. A click searches for it. */
export function TopTable(props: {
  source: LogSource;
  filter: LogFilter;
  by: LogReportKind;
  /** Columns shown, by their names in the report; the first is drawn as the bar. */
  columns: readonly string[];
  rows?: number;
  /** It reads the raw lines: asked for when it comes into sight. */
  slow?: boolean;
  /** Marks behind a name, e.g. a sender that sends far more than usual. */
  marks?: ReadonlyMap<string, ReactNode>;
  onTerms: (terms: { key: LogKey; value: string }[]) => void;
}) {
  const { by } = props;
  const format = useFormat();
  const title = useReportWord()(by);
  const column = useColumnWord();
  const [ref, seen] = useSeen();
  const asked = seen || props.slow !== true;
  const { data, isPending, error, refetch } = useReport(props.source, props.filter, by, props.rows ?? 10, asked);
  const at = props.columns.map((name) => data?.columns.indexOf(name) ?? -1);
  const most = Math.max(1, ...(data?.rows ?? []).map((row) => Number(row[at[0] ?? 1] ?? 0)));
  return (
    <section ref={ref} className={css.cell} aria-label={title}>
      <div className={css.sectionHead}>
        <h2>{title}</h2>
      </div>
      {error !== null ? (
        <p className={css.none} role="alert">
          <Trans>This table could not be made.</Trans>{' '}
          <button type="button" className="pd-link" onClick={() => void refetch()}>
            <Trans>Try again</Trans>
          </button>
        </p>
      ) : isPending ? (
        <p className={css.none} aria-hidden="true" />
      ) : data === undefined || data.rows.length === 0 ? (
        <p className={css.none}>
          <Trans>None in this log.</Trans>
        </p>
      ) : (
        <table className={css.top}>
          <thead>
            <tr>
              <th scope="col">{column(data.columns[0] ?? '')}</th>
              {props.columns.map((name) => (
                <th key={name} scope="col" className={css.number}>
                  {column(name)}
                </th>
              ))}
              <th className={css.barHead} aria-hidden="true" />
            </tr>
          </thead>
          <tbody>
            {data.rows.map((row) => {
              const value = String(row[0]);
              const terms = termsOf(by, value);
              return (
                <tr
                  key={value}
                  data-click={terms !== null}
                  onClick={() => {
                    if (terms !== null) props.onTerms(terms);
                  }}
                >
                  <th scope="row">
                    <Name by={by} value={value} off={terms === null} mark={props.marks?.get(value)} />
                  </th>
                  {at.map((index, place) => (
                    <td key={props.columns[place]} className={css.number} data-first={place === 0}>
                      {amount(data, row, index, format)}
                    </td>
                  ))}
                  <td className={css.barCell} aria-hidden="true">
                    <span style={{ width: `${(100 * Number(row[at[0] ?? 1] ?? 0)) / most}%` }} data-by={by} />
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      )}
    </section>
  );
}

function amount(report: LogReport, row: LogReport['rows'][number], index: number, format: Format): string {
  const value = row[index];
  if (value === undefined) return '';
  const name = report.columns[index] ?? '';
  if (name === 'bytes') return format.size(Number(value));
  if (name === 'seconds connected' || name === 'longest') return format.age(Number(value));
  if (name === 'hour') return format.stamp(String(value)).slice(5, 16);
  return typeof value === 'number' ? format.count(value) : value;
}

function Name(props: { by: LogReportKind; value: string; off: boolean; mark: ReactNode }) {
  const { by, value } = props;
  const words = useValueWord();
  const reason = by === 'reason' ? reasonOf(value) : null;
  const text = reason === null ? words(by, value) : visibleLine(reason.text);
  const inside =
    reason === null ? (
      <span className="pd-clip" data-tip="">
        {text}
      </span>
    ) : (
      <>
        {reason.status !== null && (
          <span className={css.reasonIcon}>
            <OutcomeBadge outcome={reason.status} bare />
          </span>
        )}
        {reason.code !== '' && <span className={`${css.code} pd-mono`}>{reason.code}</span>}
        <span className="pd-clip" data-tip="">
          {text}
        </span>
      </>
    );
  return (
    <span className={css.name}>
      {props.off ? (
        inside
      ) : (
        <button type="button" className={css.nameButton} data-mono={by === 'ip' || by === 'auth-failure-ip'}>
          {inside}
        </button>
      )}
      {props.mark !== undefined && (
        <span className={css.unusual}>
          <IconAlertTriangle size={13} aria-hidden="true" /> {props.mark}
        </span>
      )}
    </span>
  );
}

/** Values that are words of the index, in the page's language; others are a stranger's and stay as they are. */
function useValueWord(): (by: LogReportKind, value: string) => string {
  const { t } = useLingui();
  const summary: Record<string, string> = {
    received: t`Received`,
    'bytes received': t`Bytes received`,
    delivered: t`Delivered`,
    'bytes delivered': t`Bytes delivered`,
    forwarded: t`Forwarded`,
    deferred: t`Deferred`,
    'messages deferred': t`Messages deferred`,
    deferrals: t`Deferrals`,
    'reject warnings': t`Would have been refused`,
    bounced: t`Bounced`,
    expired: t`Expired`,
    discarded: t`Discarded`,
    held: t`Held`,
    rejected: t`Rejected`,
    greylisted: t`Greylisted`,
    notifications: t`Notifications`,
    connections: t`SMTP connections`,
    'seconds connected': t`Seconds connected`,
    'clients connected': t`SMTP clients`,
    logins: t`Logins`,
    'login failures': t`Failed logins`,
    senders: t`Senders`,
    recipients: t`Recipients`,
    'sender domains': t`Sender domains`,
    'recipient domains': t`Recipient domains`,
    returned: t`Came back later`,
  };
  const tls: Record<string, string> = { none: t`Without TLS` };
  return (by, value) => {
    if (by === 'summary' || by === 'greylisting') return summary[value] ?? value;
    if (by === 'tls') return tls[value] ?? value;
    return visibleLine(value);
  };
}
