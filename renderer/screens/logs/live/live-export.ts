import type { Trace } from '#shared/model/trace.ts';
import { csv } from '../../../ui/csv.ts';
import type { LineRow, TraceRow } from './ring.ts';

/** Lines as they stand in their logs. */
export function linesAsText(rows: readonly LineRow[]): string {
  return rows.map((row) => `${row.line.text}\n`).join('');
}

/** One JSON object a line, as `postdeck logs tail --json` writes them, with the server's name. */
export function linesAsJson(rows: readonly LineRow[], name: (server: string) => string): string {
  return rows.map((row) => `${JSON.stringify({ server: name(row.server), ...row.line })}\n`).join('');
}

export function linesAsCsv(rows: readonly LineRow[], name: (server: string) => string): string {
  return csv([
    ['server', 'time', 'file', 'line', 'program', 'trace', 'text'],
    ...rows.map(({ server, line }) => [
      name(server),
      line.time ?? '',
      line.file,
      String(line.line),
      line.program ?? '',
      line.trace ?? '',
      line.text,
    ]),
  ]);
}

export function tracesAsJson(
  rows: readonly TraceRow[],
  name: (server: string) => string,
  sentence: (trace: Trace) => string,
): string {
  return rows
    .map(({ server, trace }) => `${JSON.stringify({ server: name(server), ...trace, explanation: sentence(trace) })}\n`)
    .join('');
}

/** A row per recipient, as one counts mail; a refusal or a login is a row of its own. */
export function tracesAsCsv(
  rows: readonly TraceRow[],
  name: (server: string) => string,
  sentence: (trace: Trace) => string,
): string {
  return csv([
    ['server', 'start', 'kind', 'id', 'from', 'to', 'status', 'dsn', 'relay', 'explanation'],
    ...rows.flatMap(({ server, trace }) =>
      outcomes(trace).map((cells) => [name(server), trace.start, trace.kind, trace.id, ...cells, sentence(trace)]),
    ),
  ]);
}

/** From, to, status, DSN and relay, once per recipient. */
function outcomes(trace: Trace): [string, string, string, string, string][] {
  if (trace.kind === 'message') {
    const from = trace.from ?? '';
    if (trace.recipients.length === 0) return [[from, '', '', '', '']];
    return trace.recipients.map(({ to, status, dsn, relay }) => [from, to, status ?? '', dsn ?? '', relay ?? '']);
  }
  if (trace.kind === 'reject') return [[trace.from ?? '', trace.to ?? '', trace.by, trace.dsn ?? '', '']];
  if (trace.kind === 'login') return [[trace.user ?? '', trace.protocol, trace.ok ? 'ok' : 'failed', '', '']];
  return [['', '', trace.by, '', '']];
}
