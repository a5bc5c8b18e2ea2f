import type { Command } from 'commander';
import type { Alias, RouteStep } from '#shared/model/alias.ts';
import type { ChangeRequest } from '#shared/model/change.ts';
import { change, columnsOf, exportAll, readInput, tellProblems } from './accounts.ts';
import { runChange } from './change.ts';
import { EXIT } from './exit.ts';
import { run } from './run.ts';
import type { Column } from './table.ts';
import { parseCount } from './units.ts';

const COLUMNS: readonly Column<Alias>[] = [
  { head: 'ALIAS', cell: ({ name }) => name },
  { head: 'KIND', cell: ({ kind }) => kind },
  {
    head: 'STATE',
    cell: ({ enabled, problem }) => `${enabled ? 'enabled' : 'disabled'}${problem === null ? '' : `, ${problem}`}`,
  },
  { head: 'TO', cell: ({ targets }) => targets.join(', ') },
];

const STEP_COLUMNS: readonly Column<RouteStep>[] = [
  { head: 'ADDRESS', cell: ({ address, depth }) => `${'  '.repeat(depth)}${address}` },
  { head: 'KIND', cell: ({ kind }) => kind },
  { head: 'TO', cell: ({ to }) => to.join(', ') },
  { head: 'BY', cell: ({ by }) => by },
  {
    head: 'HANDED TO',
    cell: ({ via }) => (via === undefined ? '' : `${via.transport}${via.nexthop === null ? '' : `:${via.nexthop}`}`),
  },
  { head: 'LEAVES FROM', cell: ({ via }) => via?.outgoing ?? '' },
];

const list = (value: string): string[] => value.split(/[,\s]+/).filter((part) => part !== '');

/** `postdeck aliases`: where mail to an address is led. */
export function addAliases(program: Command): void {
  const aliases = program.command('aliases').description('aliases of a server');
  aliases
    .command('list')
    .description('aliases with where they lead; loops and dead ends marked')
    .option('--domain <domain>', 'of this domain')
    .option('--search <text>', 'a fragment of alias or receiver')
    .option('--problems', 'only loops and dead ends')
    .option('--limit <n>', 'at most this many; 0: all', parseCount, 0)
    .action((options: { domain?: string; search?: string; problems?: true; limit: number }, command: Command) =>
      run(command, async (session) => {
        const server = await session.server();
        const filter = { domain: options.domain, text: options.search, problems: options.problems };
        const input = { serverId: server.id, filter, count: options.limit };
        const ask = () => session.client.aliases.list(input, { signal: session.signal });
        await session.out.list([(await session.onServer(server, ask)).aliases], COLUMNS);
      }),
    );
  aliases
    .command('route <address>')
    .description('where mail to an address goes, as the server’s own tables answer')
    .option('--from <address>', 'envelope sender: the address mail leaves from depends on it')
    .action((address: string, { from }: { from?: string }, command: Command) =>
      run(command, async (session) => {
        const server = await session.server();
        const ask = () =>
          session.client.aliases.route({ serverId: server.id, address, from }, { signal: session.signal });
        await session.out.list([await session.onServer(server, ask)], STEP_COLUMNS);
      }),
    );
  for (const [verb, what] of [
    ['add', 'add an alias; @domain takes what nobody else takes'],
    ['edit', 'lead an alias elsewhere'],
  ] as const) {
    aliases
      .command(`${verb} <alias>`)
      .description(what)
      .requiredOption('--to <address,...>', 'where mail goes', list)
      .option('--note <text>', 'why, for the journal')
      .action((name: string, options: { to: string[]; note?: string }, command: Command) =>
        change(command, options, (serverId): ChangeRequest => {
          const alias = { name, targets: options.to };
          return verb === 'add'
            ? { kind: 'aliases.add', serverId, aliases: [alias] }
            : { kind: 'aliases.edit', serverId, alias };
        }),
      );
  }
  for (const [verb, enabled, what] of [
    ['delete', null, 'delete aliases'],
    ['disable', false, 'switch aliases off; their entries stay'],
    ['enable', true, 'switch aliases on again'],
  ] as const) {
    aliases
      .command(`${verb} <alias...>`)
      .description(what)
      .option('--note <text>', 'why, for the journal')
      .action((names: string[], options: { note?: string }, command: Command) =>
        change(
          command,
          options,
          (serverId): ChangeRequest =>
            enabled === null
              ? { kind: 'aliases.delete', serverId, names }
              : { kind: 'aliases.enable', serverId, names, enabled },
        ),
      );
  }
  aliases
    .command('import <file>')
    .description('add aliases from a CSV with a header line: alias, targets')
    .option('--column <name=header...>', 'which column of the file holds what')
    .option('--note <text>', 'why, for the journal')
    .action((file: string, options: { column?: string[]; note?: string }, command: Command) =>
      run(command, async (session) => {
        const server = await session.server();
        const input = {
          serverId: server.id,
          what: 'aliases' as const,
          csv: await readInput(file),
          columns: columnsOf(options.column ?? []),
        };
        const ask = () => session.client.accounts.checkImport(input, { signal: session.signal });
        const checked = await session.onServer(server, ask);
        if (await tellProblems(session, checked)) return EXIT.usage;
        const request: ChangeRequest = { kind: 'aliases.add', serverId: server.id, aliases: checked.aliases };
        return runChange(session, server, { request }, options.note ?? null);
      }),
    );
  aliases
    .command('export')
    .description('all aliases, one JSON object a line, or as CSV')
    .option('--csv', 'CSV with a header line')
    .action((options: { csv?: true }, command: Command) =>
      run(command, (session) => exportAll(session, 'aliases', options.csv === true)),
    );
}
