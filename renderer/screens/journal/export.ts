import type { Change } from '#shared/model/change.ts';
import type { Text } from '#shared/model/text.ts';

const COLUMNS = [
  'started',
  'ended',
  'status',
  'change',
  'server',
  'who',
  'reason',
  'targets',
  'applied',
  'skipped',
  'failed',
  'verified',
  'undo',
  'commands',
  'id',
] as const;

/**
 * A cell of CSV (RFC 4180). A spreadsheet would run a cell that starts with = + - @, tab or return as a formula, and
 * senders are a stranger's words: such a cell gets an apostrophe, which spreadsheets take as "this is text".
 */
export function csvCell(value: string): string {
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** The journal as a table, one change a line. */
export function toCsv(changes: readonly Change[], say: (text: Text) => string): string {
  const lines = changes.map((change) =>
    [
      change.startedAt,
      change.endedAt ?? '',
      change.status,
      say(change.title),
      change.serverName,
      change.who,
      change.reason ?? '',
      String(change.targets),
      String(change.applied),
      String(change.skippedTotal),
      String(change.failedTotal),
      change.verified === null ? '' : String(change.verified),
      change.undo,
      change.commands.map((command) => command.command).join('\n'),
      change.id,
    ]
      .map(csvCell)
      .join(','),
  );
  return `${[COLUMNS.join(','), ...lines].join('\r\n')}\r\n`;
}
