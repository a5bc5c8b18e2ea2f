import type { Change } from '#shared/model/change.ts';
import type { Text } from '#shared/model/text.ts';
import { csv } from '../../ui/csv.ts';

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

/** The journal as a table, one change a line. */
export function toCsv(changes: readonly Change[], say: (text: Text) => string): string {
  const rows = changes.map((change) => [
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
  ]);
  return csv([COLUMNS, ...rows]);
}
