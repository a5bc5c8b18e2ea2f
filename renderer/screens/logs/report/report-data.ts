import type { LogReport, LogReportKind } from '#shared/model/log.ts';
import { RecipientStatus } from '#shared/model/trace.ts';
import { csvCell } from '../../../ui/csv.ts';
import type { LogKey } from '../log-query.ts';

/** Outcomes as the plot stacks them, from the base. */
export const BANDS = ['delivered', 'deferred', 'failed', 'held', 'refused'] as const;
export type Band = (typeof BANDS)[number];

/** Statuses of each band; clicking a band searches for the first. */
export const STATUSES_OF: Record<Band, readonly RecipientStatus[]> = {
  delivered: ['sent'],
  deferred: ['deferred'],
  failed: ['bounced', 'expired'],
  held: ['held', 'discarded'],
  refused: ['rejected', 'greylisted'],
};

export type VolumePoint = { at: number } & Record<Band, number>;

/** Rows of `volume` as points at every bucket: one without a row is zero, not a gap, since the log was read whole. */
export function volumePoints(report: LogReport): { points: VolumePoint[]; bucket: number } {
  const at = new Map(report.columns.map((column, index) => [column, index]));
  const found = report.rows.map((row) => {
    const point: VolumePoint = {
      at: Date.parse(String(row[0])),
      delivered: 0,
      deferred: 0,
      failed: 0,
      held: 0,
      refused: 0,
    };
    for (const band of BANDS) {
      for (const status of STATUSES_OF[band]) point[band] += Number(row[at.get(status) ?? -1] ?? 0);
    }
    return point;
  });
  const times = found.map((point) => point.at);
  let bucket = Number.POSITIVE_INFINITY;
  for (let i = 1; i < times.length; i += 1) bucket = Math.min(bucket, (times[i] ?? 0) - (times[i - 1] ?? 0));
  const first = times[0];
  const last = times.at(-1);
  if (first === undefined || last === undefined || !Number.isFinite(bucket) || bucket <= 0) {
    return { points: found, bucket: 3_600_000 };
  }
  const known = new Map(found.map((point) => [point.at, point]));
  const points: VolumePoint[] = [];
  for (let time = first; time <= last && points.length < 2000; time += bucket) {
    points.push(known.get(time) ?? { at: time, delivered: 0, deferred: 0, failed: 0, held: 0, refused: 0 });
  }
  return { points, bucket };
}

export function totalsOf(points: readonly VolumePoint[]): Record<Band, number> {
  const totals = { delivered: 0, deferred: 0, failed: 0, held: 0, refused: 0 };
  for (const point of points) for (const band of BANDS) totals[band] += point[band];
  return totals;
}

/** Round times for an axis, about eight of them; midnights where the span is days. */
export function timeTicks(from: number, to: number): number[] {
  const HOUR = 3_600_000;
  const steps = [1 / 12, 1 / 6, 1 / 4, 1 / 2, 1, 2, 3, 4, 6, 12, 24, 48, 96, 168, 336, 744].map(
    (hours) => hours * HOUR,
  );
  const step = steps.find((each) => (to - from) / each <= 9) ?? 744 * HOUR;
  const start = new Date(from);
  start.setHours(0, 0, 0, 0);
  const ticks: number[] = [];
  // By the calendar for whole days: a day with a change of the clock is not 24 h long.
  if (step >= 24 * HOUR) {
    const days = Math.round(step / (24 * HOUR));
    for (const at = start; at.getTime() <= to; at.setDate(at.getDate() + days))
      if (at.getTime() >= from) ticks.push(at.getTime());
  } else {
    for (let at = start.getTime(); at <= to; at += step) if (at >= from) ticks.push(at);
  }
  return ticks;
}

/** Three to five round numbers from 0 on, the last one not below the value. */
export function countTicks(value: number): number[] {
  const rough = Math.max(1, value / 4);
  const scale = 10 ** Math.floor(Math.log10(rough));
  const step = Math.max(1, ([1, 2, 2.5, 5, 10].find((each) => each * scale >= rough) ?? 10) * scale);
  const whole = Number.isInteger(step) ? step : Math.ceil(step);
  const ticks = [0];
  while ((ticks.at(-1) ?? 0) < value || ticks.length < 2) ticks.push((ticks.at(-1) ?? 0) + whole);
  return ticks;
}

/** What a row of a report searches for when it is clicked; null: nothing in the log answers to it. */
export function termsOf(by: LogReportKind, value: string): { key: LogKey; value: string }[] | null {
  switch (by) {
    case 'sender':
    case 'unusual-sender':
      return [{ key: by === 'sender' ? 'from' : 'address', value: value === '<>' ? '' : value }];
    case 'recipient':
      return [{ key: 'to', value }];
    case 'sender-domain':
    case 'recipient-domain':
      return value === '<>' ? [{ key: 'from', value: '' }] : [{ key: 'domain', value }];
    case 'ip':
      return [{ key: 'ip', value }];
    case 'connection': // a name, unless the client has none
      return /^[\d.]+$|:/.test(value) ? [{ key: 'ip', value }] : null;
    case 'auth-failure-ip':
      return [
        { key: 'ip', value },
        { key: 'kind', value: 'login' },
      ];
    case 'login':
      return [{ key: 'login', value }];
    case 'auth-failure-login':
      return [
        { key: 'login', value },
        { key: 'kind', value: 'login' },
      ];
    case 'relay':
      return [{ key: 'relay', value }];
    case 'status':
      return RecipientStatus.safeParse(value).success ? [{ key: 'status', value }] : null;
    case 'reason': {
      const { status, words } = reasonOf(value);
      return words === ''
        ? null
        : [...(status === null ? [] : [{ key: 'status' as const, value: status }]), { key: 'reason', value: words }];
    }
    case 'greylisting':
      return value === 'greylisted' ? [{ key: 'status', value: 'greylisted' }] : null;
    case 'tls':
      return [{ key: 'tls', value: value === 'none' ? 'no' : value }];
    case 'reject':
      return [{ key: 'kind', value: 'reject' }];
    case 'summary':
    case 'volume':
    case 'delay':
    case 'verdict':
    case 'day':
    case 'hour':
    case 'problem':
    case 'deferral':
      return null;
  }
}

/** `deferred: 4.7.0 Try again later` in its parts. */
export function reasonOf(value: string): { status: RecipientStatus | null; code: string; words: string; text: string } {
  const colon = value.indexOf(': ');
  const status = RecipientStatus.safeParse(value.slice(0, Math.max(0, colon))).data ?? null;
  const words = status === null ? value : value.slice(colon + 2);
  const code = /\b([245]\.\d{1,3}\.\d{1,3})\b/.exec(words)?.[1] ?? /^([245]\d\d)\b/.exec(words)?.[1] ?? '';
  const text = words.replace(/^[245]\d\d[ -]/, '').replace(/^[245]\.\d{1,3}\.\d{1,3} /, '');
  return { status, code, words, text: text === '' ? words : text };
}

export function reportCsv(report: LogReport): string {
  const rows = [report.columns, ...report.rows.map((row) => row.map(String))];
  return `${rows.map((row) => row.map(csvCell).join(',')).join('\r\n')}\r\n`;
}

/** Several reports in one file: the name of each in the first column, since a CSV has one table only. */
export function reportsCsv(reports: readonly LogReport[]): string {
  return reports.map((report) => `${csvCell(report.by)}\r\n${reportCsv(report)}`).join('\r\n');
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

/** A page that stands alone: no script, no style from elsewhere. */
export function reportsHtml(
  title: string,
  language: string,
  reports: readonly LogReport[],
  name: (report: LogReport) => string,
): string {
  const table = (report: LogReport) =>
    `<h2>${escapeHtml(name(report))}</h2><table><thead><tr>${report.columns
      .map((column) => `<th>${escapeHtml(column)}</th>`)
      .join('')}</tr></thead><tbody>${report.rows
      .map(
        (row) =>
          `<tr>${row.map((cell) => `<td${typeof cell === 'number' ? ' class="n"' : ''}>${escapeHtml(String(cell))}</td>`).join('')}</tr>`,
      )
      .join('')}</tbody></table>`;
  return `<!doctype html><html lang="${escapeHtml(language)}"><head><meta charset="utf-8"><title>${escapeHtml(title)}</title><style>body{font:13px/20px system-ui,sans-serif;margin:24px;color:#161c21}h1{font-size:20px}h2{font-size:14px;margin:24px 0 4px}table{border-collapse:collapse}th,td{text-align:left;padding:2px 16px 2px 0;border-bottom:1px solid #e0e5e8}th{font-weight:500;color:#566270}.n{text-align:right;font-variant-numeric:tabular-nums}</style></head><body><h1>${escapeHtml(title)}</h1>${reports.map(table).join('')}</body></html>\n`;
}
