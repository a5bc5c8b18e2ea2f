import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import { QueueName, type QueueFilter } from '#shared/model/queue.ts';
import { parseDuration, parseSize } from './units.ts';

/** The filter options as commander gives them. */
export interface FilterOptions {
  queue?: QueueName[];
  sender?: string;
  recipient?: string;
  reason?: string;
  login?: string;
  text?: string;
  olderThan?: number;
  newerThan?: number;
  minSize?: number;
  maxSize?: number;
}

function queues(value: string, before: QueueName[] | undefined): QueueName[] {
  const names = value.split(',').map((part) => {
    const name = QueueName.safeParse(part.trim());
    if (name.success) return name.data;
    throw new InvalidArgumentError(`expected one of ${QueueName.options.join(', ')}; got ${part.trim()}`);
  });
  return [...(before ?? []), ...names];
}

/** Adds the options that say which messages. */
export function addFilters(command: Command): Command {
  return command
    .option('--queue <name>', `in this queue (${QueueName.options.join(', ')}); several with commas`, queues)
    .option(
      '--sender <address>',
      'envelope sender: an address, @domain, local@, <>, a pattern with *, a fragment, or =address to the letter',
    )
    .option('--recipient <address>', 'any envelope recipient, in the same forms')
    .option('--reason <text>', 'a fragment of the reason it was deferred for')
    .option('--login <name>', 'SASL login it was submitted by')
    .option('--text <text>', 'a fragment of id, sender, recipients or reasons')
    .option('--older-than <duration>', 'arrived longer ago than this: 90s, 5m, 2h, 3d', parseDuration)
    .option('--newer-than <duration>', 'arrived within this', parseDuration)
    .option('--min-size <size>', 'this large or larger: 500k, 10M', parseSize)
    .option('--max-size <size>', 'this large or smaller', parseSize);
}

export function filterOf(options: FilterOptions): QueueFilter {
  const { queue, sender, recipient, reason, login, text, olderThan, newerThan, minSize, maxSize } = options;
  return { queue, sender, recipient, reason, login, text, olderThan, newerThan, minSize, maxSize };
}

export function isEmpty(filter: QueueFilter): boolean {
  return Object.values(filter).every((value) => value === undefined);
}
