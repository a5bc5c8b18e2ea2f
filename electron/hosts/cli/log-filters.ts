import { type Command, InvalidArgumentError, Option } from 'commander';
import { LogFilter } from '#shared/model/log.ts';
import { RecipientStatus } from '#shared/model/trace.ts';
import { parseDuration, parseSize } from './units.ts';

/** The filter options as commander gives them. */
export interface LogFilterOptions {
  from?: string;
  to?: string;
  address?: string;
  domain?: string;
  part?: string;
  ip?: string;
  login?: string;
  queueId?: string;
  messageId?: string;
  status?: RecipientStatus;
  relay?: string;
  reason?: string;
  host?: string;
  kind?: LogFilter['kind'];
  minScore?: number;
  maxScore?: number;
  minSize?: number;
  maxSize?: number;
  tls?: boolean | string;
  text?: string;
  since?: string;
  until?: string;
}

/** Adds the options that say which traces. */
export function addLogFilters(command: Command): Command {
  return command
    .option('--from <address>', "envelope sender; '' is the null sender")
    .option('--to <address>', 'a recipient, also as it was before aliases')
    .option('--address <address>', 'sender, recipient or login')
    .option('--domain <domain>', 'domain of sender or recipient')
    .option('--part <text>', 'a part of either address')
    .option('--ip <address>', 'client address, or a CIDR block')
    .option('--login <name>', 'SASL or mailbox login')
    .option('--queue-id <id>', 'a queue id it had')
    .option('--message-id <id>', 'its Message-ID')
    .addOption(new Option('--status <status>', 'the last word on a recipient').choices(RecipientStatus.options))
    .option('--relay <host>', 'a part of the host it was handed to')
    .option('--reason <text>', 'a part of the reason')
    .option('--host <name>', 'the mail host that wrote it')
    .addOption(new Option('--kind <kind>', 'kind of trace').choices(LogFilter.shape.kind.unwrap().options))
    .option('--min-score <n>', 'spam score, at least', parseNumber)
    .option('--max-score <n>', 'spam score, at most', parseNumber)
    .option('--min-size <size>', 'this large or larger: 500k, 10M', parseSize)
    .option('--max-size <size>', 'this large or smaller', parseSize)
    .option('--tls [version]', 'came in with TLS, or with this version of it')
    .option('--no-tls', 'came in without TLS')
    .option('--text <text>', 'one of its raw lines holds this')
    .option('--since <time>', 'not before: 2h, 3d, 2026-11-22, 2026-11-22T14:00', parseTime)
    .option('--until <time>', 'not after', parseTime);
}

/** Commander hands over other options of the command beside these: only the filter's own are taken. */
export function logFilterOf(options: LogFilterOptions): LogFilter {
  const names = Object.keys(LogFilter.shape) as (keyof LogFilter)[];
  return Object.fromEntries(names.map((name) => [name, options[name]]));
}

function parseNumber(value: string): number {
  const number = Number(value);
  if (value.trim() === '' || !Number.isFinite(number))
    throw new InvalidArgumentError(`expected a number; got ${value}`);
  return number;
}

/** A point in time: so long ago, or a date and time as ISO 8601 writes them; without a zone it is local time. */
export function parseTime(value: string, _previous?: unknown, now: number = Date.now()): string {
  if (/^(\d+[smhdw])+$/.test(value)) return new Date(now - parseDuration(value) * 1000).toISOString();
  const iso = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)(Z|[+-]\d{2}:?\d{2})?)?$/.exec(value);
  const time = iso === null ? Number.NaN : Date.parse(`${iso[1]}T${iso[2] ?? '00:00'}${iso[3] ?? ''}`);
  if (Number.isNaN(time)) {
    throw new InvalidArgumentError(`expected a time such as 2h, 3d, 2026-11-22 or 2026-11-22T14:00; got ${value}`);
  }
  return new Date(time).toISOString();
}
