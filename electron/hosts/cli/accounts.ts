/** `postdeck accounts`. Past 400 lines because it is one flat list of sub-commands and their options, each a few lines. */
import { readFile } from 'node:fs/promises';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { MAX_CSV, type RowProblem } from '#shared/contract/accounts.ts';
import { type Account, AccountSortField, type AccountTarget, MailFate } from '#shared/model/account.ts';
import type { ChangeRequest } from '#shared/model/change.ts';
import { Failure } from '#shared/model/failure.ts';
import { parseQuota } from '#shared/model/mail-address.ts';
import type { ServerProfile } from '#shared/model/server.ts';
import { SieveSettings } from '#shared/model/sieve.ts';
import { text } from '#shared/model/text.ts';
import { askSecret, canAsk, readSecretLines } from './ask.ts';
import { runChange } from './change.ts';
import { EXIT, UsageFailure } from './exit.ts';
import { addFilter } from './user-filter.ts';
import { addMaster } from './mail-way.ts';
import { addMailboxes } from './mailboxes.ts';
import { mailboxLines, stateWords } from './mailbox-lines.ts';
import { renderText } from './render-text.ts';
import { run } from './run.ts';
import { newSecretFile } from './secret-file.ts';
import type { Session } from './session.ts';
import type { Column } from './table.ts';
import { parseCount, showAge, showSize } from './units.ts';

const COLUMNS: readonly Column<Account>[] = [
  { head: 'ADDRESS', cell: ({ address }) => address },
  { head: 'NAME', cell: ({ name }) => name ?? '' },
  { head: 'USED', cell: ({ used }) => (used === null ? '' : showSize(used)), right: true },
  { head: 'QUOTA', cell: ({ quota }) => (quota === null ? '' : showSize(quota)), right: true },
  { head: 'SHARE', cell: ({ share }) => (share === null ? '' : `${Math.round(share * 100)}%`), right: true },
  { head: 'LAST LOGIN', cell: ({ lastLogin }) => (lastLogin === null ? '' : showAge(lastLogin)), right: true },
  { head: 'EXPIRES', cell: ({ expires }) => expires ?? '' },
  { head: 'STATE', cell: stateWords },
];

const PROBLEM_COLUMNS: readonly Column<{ line: number; value: string; problem: string }>[] = [
  { head: 'LINE', cell: ({ line }) => String(line), right: true },
  { head: 'VALUE', cell: ({ value }) => value },
  { head: 'PROBLEM', cell: ({ problem }) => problem },
];

/** `2G`, `500M`: bytes. `unlimited` stays a word: of null, Commander makes an empty text. */
function quotaOption(value: string): number | 'unlimited' {
  const quota = parseQuota(value);
  if (!quota.ok) throw new InvalidArgumentError(renderText(quota.problem));
  return quota.value ?? 'unlimited';
}
const bytesOf = (quota: number | 'unlimited'): number | null => (quota === 'unlimited' ? null : quota);

interface ListOptions {
  domain?: string;
  search?: string;
  blocked?: true;
  overQuota?: true;
  nearQuota?: true;
  expired?: true;
  unusedFor?: number;
  sort: AccountSortField;
  descending?: true;
  limit: number;
  usage: boolean;
}
type AccountSortField = (typeof AccountSortField.options)[number];

interface SecretOptions {
  passwordStdin?: true;
  randomPassword?: true;
  passwords?: string;
  note?: string;
}
interface EditOptions extends SecretOptions {
  quota?: number | 'unlimited';
  name?: string;
  expires?: string;
}

interface TargetOptions {
  domain?: string;
  all?: true;
  note?: string;
}

/** `postdeck accounts`: mailboxes and their users. */
export function addAccounts(program: Command): void {
  const accounts = program.command('accounts').description('accounts of a server');
  accounts
    .command('list')
    .description('accounts with used space and state')
    .option('--domain <domain>', 'of this domain')
    .option('--search <text>', 'a fragment of address or name')
    .option('--blocked', 'only blocked ones')
    .option('--over-quota', 'only those at or past their quota')
    .option('--near-quota', 'only those at 90 % of their quota or more')
    .option('--expired', 'only those past their date')
    .option('--unused-for <days>', 'no login known for so many days', parseCount)
    .addOption(new Option('--sort <field>', 'sort by').choices(AccountSortField.options).default('address'))
    .option('--descending', 'largest first')
    .option('--limit <n>', 'at most this many; 0: all', parseCount, 0)
    .option('--no-usage', 'do not ask for used space, which takes longer')
    .action((options: ListOptions, command: Command) =>
      run(command, async (session) => {
        const server = await session.server();
        const { domain, search, blocked, overQuota, nearQuota, expired, unusedFor, sort, descending, limit, usage } =
          options;
        const filter = { domain, text: search, blocked, overQuota, nearQuota, expired, unusedDays: unusedFor };
        const order = { field: sort, descending: descending ?? false };
        const input = { serverId: server.id, filter, sort: order, count: limit, usage };
        const ask = () => session.client.accounts.list(input, { signal: session.signal });
        const found = await session.onServer(server, ask);
        for (const note of found.notes) session.out.note(renderText(note));
        await session.out.list([found.accounts], COLUMNS);
      }),
    );
  accounts
    .command('show <address>')
    .description('one account: state, rules, folders, sessions')
    .action((address: string, _: unknown, command: Command) =>
      run(command, async (session) => {
        const server = await session.server();
        const ask = () => session.client.accounts.show({ serverId: server.id, address }, { signal: session.signal });
        await session.out.one(await session.onServer(server, ask), mailboxLines);
      }),
    );
  withSecret(accounts.command('add <address>').description('add an account'))
    .option('--quota <size>', 'such as 2G; unlimited', quotaOption)
    .option('--name <name>', 'display name')
    .option('--expires <date>', 'last day it is meant for, such as 2027-01-31')
    .action((address: string, options: EditOptions, command: Command) =>
      run(command, async (session) => {
        const server = await session.server();
        const { quota = 'unlimited', name = null, expires = null } = options;
        return withPasswords(session, server, [address], options, (secretId) => ({
          kind: 'accounts.add',
          serverId: server.id,
          accounts: [{ address, name, quota: bytesOf(quota), expires }],
          secretId,
        }));
      }),
    );
  withSecret(accounts.command('edit <address>').description('change password, quota, name or expiry'))
    .option('--quota <size>', 'such as 2G; unlimited', quotaOption)
    .option('--name <name>', 'display name; empty: none')
    .option('--expires <date>', 'such as 2027-01-31; never')
    .action((address: string, options: EditOptions, command: Command) =>
      run(command, async (session) => {
        const server = await session.server();
        const target: AccountTarget = { by: 'addresses', addresses: [address] };
        const { quota, name, expires } = options;
        const request = {
          kind: 'accounts.edit' as const,
          serverId: server.id,
          target,
          quota: quota === undefined ? undefined : bytesOf(quota),
          name,
          expires: expires === 'never' ? null : expires,
        };
        if (options.passwordStdin === undefined && options.randomPassword === undefined) {
          return runChange(session, server, { request }, options.note ?? null);
        }
        return withPasswords(session, server, [address], options, (secretId) => ({ ...request, secretId }));
      }),
    );
  withTarget(accounts.command('block [address...]').description('refuse logins; optionally sending and receiving too'))
    .option('--sending', 'also refuse mail with this sender')
    .option('--receiving', 'also refuse mail to it')
    .action((addresses: string[], options: TargetOptions & { sending?: true; receiving?: true }, command: Command) =>
      change(command, options, (serverId) => ({
        kind: 'accounts.block',
        serverId,
        target: targetOf(addresses, options),
        sending: options.sending ?? false,
        receiving: options.receiving ?? false,
      })),
    );
  withTarget(accounts.command('unblock [address...]').description('allow logins, sending and receiving again')).action(
    (addresses: string[], options: TargetOptions, command: Command) =>
      change(command, options, (serverId) => ({
        kind: 'accounts.unblock',
        serverId,
        target: targetOf(addresses, options),
      })),
  );
  withTarget(accounts.command('delete [address...]').description('delete accounts'))
    .addOption(new Option('--mail <fate>', 'what becomes of the mail').choices(MailFate.options).default('aside'))
    .action((addresses: string[], options: TargetOptions & { mail: MailFate }, command: Command) =>
      change(command, options, (serverId) => ({
        kind: 'accounts.delete',
        serverId,
        target: targetOf(addresses, options),
        mail: options.mail,
      })),
    );
  accounts
    .command('rename <address> <to>')
    .description('give an account another address; its mail moves along')
    .option('--no-alias', 'leave no alias under the old address')
    .option('--note <text>', 'why, for the journal')
    .action((address: string, to: string, options: { alias: boolean; note?: string }, command: Command) =>
      change(command, options, (serverId) => ({
        kind: 'accounts.rename',
        serverId,
        address,
        to,
        alias: options.alias,
      })),
    );
  accounts
    .command('expiry [state]')
    .description(
      'what expiry dates do on this server; on: a daily job there locks accounts whose last day is over; off',
    )
    .option('--note <text>', 'why, for the journal')
    .action((state: string | undefined, options: { note?: string }, command: Command) =>
      run(command, async (session) => {
        const server = await session.server();
        if (state === 'on' || state === 'off') {
          const request: ChangeRequest = { kind: 'accounts.expiry', serverId: server.id, on: state === 'on' };
          return runChange(session, server, { request }, options.note ?? null);
        }
        if (state !== undefined) {
          throw new UsageFailure(
            text(/*i18n*/ { id: 'cli.on-off', message: 'Expected on or off; got {state}' }, { state }),
          );
        }
        const input = { serverId: server.id, usage: false, count: 1 };
        const ask = () => session.client.accounts.list(input, { signal: session.signal });
        const { abilities } = await session.onServer(server, ask);
        const expiry = abilities?.expiry ?? { by: 'none' as const, able: false, why: null };
        await session.out.one(expiry, ({ by, why }) => [by, ...(why === null ? [] : [renderText(why)])]);
        return EXIT.done;
      }),
    );
  accounts
    .command('rules <address> [file]')
    .description(
      'the rules of a user (forward, autoresponder, sorting) as JSON; with FILE (- for standard input) sets them',
    )
    .option('--note <text>', 'why, for the journal')
    .action((address: string, file: string | undefined, options: { note?: string }, command: Command) =>
      run(command, async (session) => {
        const server = await session.server();
        if (file === undefined) {
          const ask = () => session.client.accounts.show({ serverId: server.id, address }, { signal: session.signal });
          const { sieve } = await session.onServer(server, ask);
          if (!sieve.available) throw new Failure('UNSUPPORTED', sieve.why);
          await session.out.one(sieve.settings, (settings) => JSON.stringify(settings, null, 2));
          return EXIT.done;
        }
        const settings = SieveSettings.safeParse(jsonOf(await readInput(file)));
        if (!settings.success)
          throw badRules(settings.error.issues[0]?.path.join('.') ?? '', settings.error.issues[0]?.message ?? '');
        const request: ChangeRequest = {
          kind: 'accounts.sieve',
          serverId: server.id,
          address,
          settings: settings.data,
        };
        return runChange(session, server, { request }, options.note ?? null);
      }),
    );
  addFilter(accounts);
  addMailboxes(accounts);
  addMaster(accounts);
  addImport(accounts);
  accounts
    .command('export')
    .description('all accounts, one JSON object a line, or as CSV; never a password')
    .option('--csv', 'CSV with a header line')
    .action((options: { csv?: true }, command: Command) =>
      run(command, (session) => exportAll(session, 'accounts', options.csv === true)),
    );
}

function addImport(accounts: Command): void {
  accounts
    .command('import <file>')
    .description('add accounts from a CSV with a header line: address, password, name, quota, expires')
    .option('--column <name=header...>', 'which column of the file holds what, such as address=E-mail')
    .option('--generate', 'make a password where a row has none')
    .option('--passwords <file>', 'where the made passwords go: a new file that only you can read')
    .option('--note <text>', 'why, for the journal')
    .action(
      (
        file: string,
        options: { column?: string[]; generate?: true; passwords?: string; note?: string },
        command: Command,
      ) =>
        run(command, async (session) => {
          const { client, signal, options: global } = session;
          const server = await session.server();
          const csv = await readInput(file);
          const generate = options.generate ?? false;
          if (generate && options.passwords === undefined && !global.dryRun) throw needFile();
          const input = {
            serverId: server.id,
            what: 'accounts' as const,
            csv,
            columns: columnsOf(options.column ?? []),
            generate,
          };
          const checked = await session.onServer(server, () => client.accounts.checkImport(input, { signal }));
          const refused = await tellProblems(session, checked);
          if (refused || checked.secretId === null) return EXIT.usage;
          const { secretId, accounts: rows } = checked;
          const secrets =
            options.passwords === undefined || global.dryRun ? null : await newSecretFile(options.passwords);
          const request: ChangeRequest = { kind: 'accounts.add', serverId: server.id, accounts: rows, secretId };
          return toldAfter(session, secretId, secrets, () =>
            runChange(session, server, { request }, options.note ?? null),
          );
        }),
    );
}

/** Prints what is wrong with the rows of an import; answers whether anything is. */
export async function tellProblems(
  session: Session,
  checked: { rows: number; problems: RowProblem[]; problemsTotal: number },
): Promise<boolean> {
  if (checked.problemsTotal === 0 && checked.rows > 0) return false;
  const rows = checked.problems.map(({ line, value, problem }) => ({ line, value, problem: renderText(problem) }));
  await session.out.list([rows], PROBLEM_COLUMNS);
  await session.out.failure(
    new Failure(
      'BAD_INPUT',
      text(
        /*i18n*/ {
          id: 'cli.import.refused',
          message:
            '{problems, plural, one {# problem} other {# problems}} in {rows, plural, one {# row} other {# rows}}: nothing was written',
        },
        { problems: checked.problemsTotal, rows: checked.rows },
      ),
    ).toData(),
  );
  return true;
}

/** `name=header` pairs. */
export function columnsOf(pairs: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const eq = pair.indexOf('=');
      if (eq < 1)
        throw new UsageFailure(
          text(/*i18n*/ { id: 'cli.import.column', message: 'Expected --column NAME=HEADER; got {pair}' }, { pair }),
        );
      return [pair.slice(0, eq), pair.slice(eq + 1)];
    }),
  );
}

/** A file, or standard input for `-`. */
export async function readInput(file: string): Promise<string> {
  if (file !== '-')
    return readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => Promise.reject(cannotRead(file, error)));
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of process.stdin) {
    chunks.push(chunk as Buffer);
    size += (chunk as Buffer).length;
    if (size > MAX_CSV) break;
  }
  return Buffer.concat(chunks).toString('utf8');
}

const cannotRead = (file: string, error: NodeJS.ErrnoException): UsageFailure =>
  new UsageFailure(
    text(/*i18n*/ { id: 'cli.read', message: 'Cannot read {file}: {why}' }, { file, why: error.code ?? error.message }),
  );

function jsonOf(content: string): unknown {
  try {
    return JSON.parse(content);
  } catch {
    throw badRules('', 'not JSON');
  }
}

const badRules = (path: string, why: string): UsageFailure =>
  new UsageFailure(
    text(/*i18n*/ { id: 'cli.rules', message: 'The rules cannot be taken: {path} {why}' }, { path, why }),
    {
      hint: text(/*i18n*/ { id: 'cli.rules.hint', message: 'See the form with: postdeck accounts rules ADDRESS' }),
    },
  );

const needFile = (): UsageFailure =>
  new UsageFailure(text(/*i18n*/ { id: 'cli.import.file', message: 'Made passwords need a place: --passwords FILE' }));

function withSecret(command: Command): Command {
  return command
    .option('--password-stdin', 'the password is the first line of standard input')
    .option('--random-password', 'make one; it is printed once')
    .option('--passwords <file>', 'put the made password into a new file instead, readable by you alone')
    .option('--note <text>', 'why, for the journal');
}

function withTarget(command: Command): Command {
  return command
    .option('--domain <domain>', 'every account of this domain')
    .option('--all', 'every account of the server')
    .option('--note <text>', 'why, for the journal');
}

/** Which accounts: addresses, or a domain, or all; saying nothing never means everything. */
function targetOf(addresses: string[], { domain, all }: TargetOptions): AccountTarget {
  const ways = [addresses.length > 0, domain !== undefined, all === true].filter(Boolean).length;
  if (ways !== 1) {
    throw new UsageFailure(
      text(
        /*i18n*/ {
          id: 'cli.accounts.target',
          message:
            'Expected addresses, or --domain, or --all; got {ways, plural, =0 {none of them} other {more than one of them}}',
        },
        { ways },
      ),
    );
  }
  if (addresses.length > 0) return { by: 'addresses', addresses };
  return domain === undefined ? { by: 'all' } : { by: 'domain', domain };
}

export function change(
  command: Command,
  options: { note?: string },
  request: (serverId: string) => ChangeRequest,
): Promise<void> {
  return run(command, async (session) => {
    const server = await session.server();
    return runChange(session, server, { request: request(server.id) }, options.note ?? null);
  });
}

async function withPasswords(
  session: Session,
  server: ServerProfile,
  addresses: string[],
  options: SecretOptions,
  request: (secretId: string) => ChangeRequest,
): Promise<number> {
  const random = options.randomPassword === true;
  if (random === (options.passwordStdin === true) && (random || !canAsk())) {
    throw new UsageFailure(
      text(/*i18n*/ { id: 'cli.accounts.password', message: 'Expected --password-stdin or --random-password' }),
    );
  }
  const own = random
    ? null
    : options.passwordStdin === true
      ? ((await readSecretLines(1))[0] ?? '')
      : await askSecret('Password of the account:', session.signal);
  const entries = addresses.map((address) => ({ address, password: own }));
  const { secretId } = await session.client.accounts.prepare({ entries });
  const file =
    random && options.passwords !== undefined && !session.options.dryRun
      ? await newSecretFile(options.passwords)
      : null;
  const apply = () => runChange(session, server, { request: request(secretId) }, options.note ?? null);
  return random ? toldAfter(session, secretId, file, apply) : apply();
}

/** Made passwords are told once the change is done, and not at all when nothing was. */
async function toldAfter(
  session: Session,
  secretId: string,
  file: { write(content: string): Promise<void>; drop(): Promise<void> } | null,
  apply: () => Promise<number>,
): Promise<number> {
  let exit: number | null = null;
  try {
    exit = await apply();
    if (exit !== EXIT.done || session.options.dryRun) return exit;
    const told = await session.client.accounts.generated({ secretId });
    if (told.length === 0) return exit;
    if (file !== null) await file.write(told.map(({ address, password }) => `${address},${password}\n`).join(''));
    else
      await session.out.one({ generated: told }, () =>
        told.map(({ address, password }) => `Password of ${address}: ${password}`),
      );
    return exit;
  } finally {
    if (exit !== EXIT.done) await file?.drop();
  }
}

export async function exportAll(
  session: Session,
  what: 'accounts' | 'aliases' | 'domains',
  csv: boolean,
): Promise<void> {
  const server = await session.server();
  const { client, signal } = session;
  const serverId = server.id;
  if (csv) {
    const exported = await session.onServer(server, () => client.accounts.export({ serverId, what }, { signal }));
    await session.out.raw(Buffer.from(exported.csv, 'utf8'));
    return;
  }
  const rows = await session.onServer(server, async (): Promise<object[]> => {
    if (what === 'accounts') return (await client.accounts.list({ serverId, count: 0 }, { signal })).accounts;
    if (what === 'aliases') return (await client.aliases.list({ serverId, count: 0 }, { signal })).aliases;
    return (await client.domains.list({ serverId }, { signal })).domains;
  });
  for (const row of rows) await session.out.raw(Buffer.from(`${JSON.stringify(row)}\n`, 'utf8'));
}
