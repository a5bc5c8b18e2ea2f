import { type Command, Option } from 'commander';
import { MailFate } from '#shared/model/account.ts';
import { type MailDomain, type OutgoingAddress, outgoingIps } from '#shared/model/domain.ts';
import { text } from '#shared/model/text.ts';
import { Failure } from '#shared/model/failure.ts';
import { change } from './accounts.ts';
import { UsageFailure } from './exit.ts';
import { renderText } from './render-text.ts';
import { run } from './run.ts';
import { type Column, facts } from './table.ts';
import { showSize } from './units.ts';

const COLUMNS: readonly Column<MailDomain>[] = [
  { head: 'DOMAIN', cell: ({ domain }) => domain },
  { head: 'ACCOUNTS', cell: ({ accounts }) => String(accounts), right: true },
  { head: 'BLOCKED', cell: ({ blocked }) => String(blocked), right: true },
  { head: 'ALIASES', cell: ({ aliases }) => String(aliases), right: true },
  { head: 'LOCAL', cell: ({ localAliases }) => String(localAliases), right: true },
  { head: 'USED', cell: ({ used }) => (used === null ? '' : showSize(used)), right: true },
  { head: 'OUTGOING', cell: ({ outgoing }) => outgoing ?? '' },
  { head: 'ALIAS OF', cell: ({ aliasOf }) => aliasOf ?? '' },
  { head: 'DKIM', cell: ({ dkim }) => (dkim.length > 0 ? 'key' : '') },
  { head: 'STATE', cell: ({ active }) => (active ? 'active' : 'off') },
];

const ADDRESS_COLUMNS: readonly Column<OutgoingAddress & { default: boolean; domains: string[] }>[] = [
  { head: 'ADDRESS', cell: ({ ip }) => ip },
  { head: 'INTERFACE', cell: (address) => address.interface },
  { head: 'NAME', cell: ({ name }) => name ?? '' },
  { head: 'DEFAULT', cell: (address) => (address.default ? 'default' : '') },
  { head: 'DOMAINS', cell: ({ domains }) => domains.join(', ') },
];

interface OutgoingOptions {
  default?: true;
  ip?: string;
  none?: true;
  note?: string;
}

/** `postdeck domains`: domains a server takes mail for. */
export function addDomains(program: Command): void {
  const domains = program.command('domains').description('domains of a server');
  domains
    .command('list')
    .description('domains with counts and used space')
    .action((_: unknown, command: Command) =>
      run(command, async (session) => {
        const server = await session.server();
        const ask = () => session.client.domains.list({ serverId: server.id }, { signal: session.signal });
        await session.out.list([(await session.onServer(server, ask)).domains], COLUMNS);
      }),
    );
  domains
    .command('show <domain>')
    .description('one domain')
    .action((name: string, _: unknown, command: Command) =>
      run(command, async (session) => {
        const server = await session.server();
        const ask = () => session.client.domains.list({ serverId: server.id }, { signal: session.signal });
        const found = (await session.onServer(server, ask)).domains.find(({ domain }) => domain === name.toLowerCase());
        if (found === undefined) {
          throw new Failure(
            'NOT_FOUND',
            text(
              /*i18n*/ { id: 'domains.not-found', message: 'The server does not take mail for {domain}' },
              { domain: name },
            ),
          );
        }
        await session.out.one(found, (domain) =>
          facts(
            COLUMNS.map(
              (column) => [column.head.charAt(0) + column.head.slice(1).toLowerCase(), column.cell(domain)] as const,
            ),
          ),
        );
      }),
    );
  const note = ['--note <text>', 'why, for the journal'] as const;
  domains
    .command('add <domain>')
    .description('take mail for a domain')
    .option(...note)
    .action((domain: string, options: { note?: string }, command: Command) =>
      change(command, options, (serverId) => ({ kind: 'domains.add', serverId, domain })),
    );
  domains
    .command('alias <domain>')
    .description('lead all mail of a domain to the same names at another one')
    .requiredOption('--to <domain>', 'where its mail goes')
    .option(...note)
    .action((domain: string, options: { to: string; note?: string }, command: Command) =>
      change(command, options, (serverId) => ({ kind: 'domains.alias', serverId, domain, to: options.to })),
    );
  domains
    .command('addresses')
    .description('addresses of the server that mail may leave from, and who uses them')
    .action((_: unknown, command: Command) =>
      run(command, async (session) => {
        const server = await session.server();
        const ask = () => session.client.domains.list({ serverId: server.id }, { signal: session.signal });
        const { outgoing, domains: all, abilities } = await session.onServer(server, ask);
        for (const why of abilities.why) session.out.note(renderText(why));
        const rows = outgoing.addresses.map((address) => ({
          ...address,
          default: outgoingIps(outgoing.default).includes(address.ip),
          domains: all
            .filter((domain) => outgoingIps(domain.outgoing).includes(address.ip))
            .map(({ domain }) => domain),
        }));
        await session.out.list([rows], ADDRESS_COLUMNS);
      }),
    );
  domains
    .command('outgoing [domain]')
    .description('the address that mail of a domain leaves from, or with --default that of all other senders')
    .option('--default', 'for senders whose domain has no address of its own')
    .option('--ip <address>', 'one of the server’s addresses, or one of each family with a comma between')
    .option('--none', 'take the setting away')
    .option(...note)
    .action((domain: string | undefined, options: OutgoingOptions, command: Command) =>
      change(command, options, (serverId) => {
        if ((domain === undefined) === (options.default === undefined)) throw expected('DOMAIN, --default');
        if ((options.ip === undefined) === (options.none === undefined)) throw expected('--ip, --none');
        return { kind: 'domains.outgoing', serverId, domain: domain ?? null, ip: options.ip ?? null };
      }),
    );
  domains
    .command('block <domain>')
    .description('block every account of a domain')
    .option('--sending', 'also refuse mail with these senders')
    .option(
      '--receiving',
      'also refuse mail to it: by its own switch where it has one (domain.active), else to each account',
    )
    .option(...note)
    .action((domain: string, options: { sending?: true; receiving?: true; note?: string }, command: Command) =>
      change(command, options, (serverId) => ({
        kind: 'accounts.block',
        serverId,
        target: { by: 'domain', domain },
        sending: options.sending ?? false,
        receiving: options.receiving ?? false,
      })),
    );
  domains
    .command('unblock <domain>')
    .description('allow every account of a domain again')
    .option(...note)
    .action((domain: string, options: { note?: string }, command: Command) =>
      change(command, options, (serverId) => ({
        kind: 'accounts.unblock',
        serverId,
        target: { by: 'domain', domain },
      })),
    );
  domains
    .command('delete <domain>')
    .description('delete a domain with its accounts and aliases')
    .addOption(new Option('--mail <fate>', 'what becomes of the mail').choices(MailFate.options).default('aside'))
    .option(...note)
    .action((domain: string, options: { mail: MailFate; note?: string }, command: Command) =>
      change(command, options, (serverId) => ({ kind: 'domains.delete', serverId, domain, mail: options.mail })),
    );
}

const expected = (ways: string): UsageFailure =>
  new UsageFailure(text(/*i18n*/ { id: 'cli.one-of', message: 'Expected exactly one of: {ways}' }, { ways }));
