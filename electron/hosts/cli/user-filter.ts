import { type Command, InvalidArgumentError, Option } from 'commander';
import type { ChangeRequest } from '#shared/model/change.ts';
import { Failure } from '#shared/model/failure.ts';
import { text } from '#shared/model/text.ts';
import { FilterName, type FilterSettings, SCORES, type UserFilter } from '#shared/model/user-filter.ts';
import { runChange } from './change.ts';
import { EXIT } from './exit.ts';
import { renderText } from './render-text.ts';
import { run } from './run.ts';

interface FilterOptions {
  by?: FilterName;
  threshold?: number | 'server';
  allow?: string[];
  deny?: string[];
  forget?: string[];
  note?: string;
}

/** `5.5`, or `server`: its own threshold. Commander makes an empty text of null. */
function thresholdOption(value: string): number | 'server' {
  if (value === 'server') return value;
  const score = Number(value);
  if (value.trim() === '' || !(score >= SCORES.least && score <= SCORES.most)) {
    throw new InvalidArgumentError(`expected a score from ${SCORES.least} to ${SCORES.most}, or server; got ${value}`);
  }
  return score;
}

/** `postdeck accounts filter`: what the server's own spam filter keeps of one user. */
export function addFilter(accounts: Command): void {
  accounts
    .command('filter <address>')
    .description('the settings of a user in the spam filter of the server; with options changes them')
    .addOption(new Option('--by <filter>', 'which, where there are several').choices(FilterName.options))
    .option('--threshold <score>', 'mail is spam from this score on; server: as it is for everybody', thresholdOption)
    .option('--allow <sender...>', 'mail of this address or @domain is never spam')
    .option('--deny <sender...>', 'mail of this address or @domain always is')
    .option('--forget <sender...>', 'take it off both lists')
    .option('--note <text>', 'why, for the journal')
    .action((address: string, options: FilterOptions, command: Command) =>
      run(command, async (session) => {
        const server = await session.server();
        const ask = () => session.client.accounts.show({ serverId: server.id, address }, { signal: session.signal });
        const { filters } = await session.onServer(server, ask);
        const filter = filters.find(({ name }) => options.by === undefined || name === options.by);
        if (filter === undefined) throw none(server.name);
        const { threshold, allow, deny, forget } = options;
        if (threshold === undefined && allow === undefined && deny === undefined && forget === undefined) {
          await session.out.one(filter, filterLines);
          return EXIT.done;
        }
        const request: ChangeRequest = {
          kind: 'accounts.filter',
          serverId: server.id,
          address,
          filter: filter.name,
          settings: settingsAfter(filter.settings, options),
        };
        return runChange(session, server, { request }, options.note ?? null);
      }),
    );
}

/** A sender that is let in is no longer kept out, and the other way round. */
export function settingsAfter(
  old: FilterSettings,
  { threshold = old.threshold ?? 'server', allow = [], deny = [], forget = [] }: FilterOptions,
): FilterSettings {
  const names = (list: readonly string[]): string[] => list.map((each) => each.trim().toLowerCase());
  const merged = (list: readonly string[], more: readonly string[], less: readonly string[]): string[] => [
    ...new Set([...list, ...names(more)].filter((sender) => !names(less).includes(sender))),
  ];
  return {
    threshold: threshold === 'server' ? null : threshold,
    allow: merged(old.allow, allow, [...deny, ...forget]),
    deny: merged(old.deny, deny, [...allow, ...forget]),
  };
}

export function filterLines({ place, settings, byHand, usual, readOnly, note }: UserFilter): string[] {
  const { threshold, allow, deny } = settings;
  return [
    `kept in ${place}`,
    ...(readOnly === null ? [] : [renderText(readOnly)]),
    ...(note === null ? [] : [renderText(note)]),
    threshold === null
      ? `spam from the server's own score${usual === null ? '' : `, ${usual}`}`
      : `spam from a score of ${threshold}`,
    ...(allow.length > 0 ? [`never spam: ${allow.join(', ')}`] : []),
    ...(deny.length > 0 ? [`always spam: ${deny.join(', ')}`] : []),
    ...byHand.map((line) => `by hand: ${line}`),
  ];
}

const none = (server: string): Failure =>
  new Failure(
    'UNSUPPORTED',
    text(/*i18n*/ { id: 'cli.filter.none', message: 'No filter of {server} keeps settings of this user' }, { server }),
    {
      hint: text(
        /*i18n*/ {
          id: 'cli.filter.none.hint',
          message: 'Rules that Dovecot applies at delivery are shown by: postdeck accounts rules ADDRESS',
        },
      ),
    },
  );
