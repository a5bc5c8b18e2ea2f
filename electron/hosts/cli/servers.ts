import type { Command } from 'commander';
import type { z } from 'zod';
import { failureOf } from '#shared/model/failure-of.ts';
import type { ServerInput, ServerProfile, SshConfigHost, SshSettings } from '#shared/model/server.ts';
import { text } from '#shared/model/text.ts';
import { EXIT, UsageFailure } from './exit.ts';
import { parseJumps, parseKeyFile, parseTarget } from './targets.ts';
import { renderText } from './render-text.ts';
import { probeLines, testAccounts } from './server-test.ts';
import { run } from './run.ts';
import { offeredKey } from './offered-key.ts';
import type { Session } from './session.ts';
import { address, dryRun, profileLines, secretsFromStdin, STDIN_SECRETS, type StdinSecrets } from './server-parts.ts';
import { addServersEdit } from './servers-edit.ts';
import type { Column } from './table.ts';

interface AddOptions extends StdinSecrets {
  ssh?: { user: string; host: string; port: number };
  identity?: string;
  jump?: SshSettings['jump'];
  agent: boolean;
  sudo?: true;
  group?: string;
  hostKey?: string;
  trustFirstUse?: true;
  demo?: true;
}

const COLUMNS: readonly Column<ServerProfile>[] = [
  { head: 'NAME', cell: ({ name }) => name },
  { head: 'GROUP', cell: ({ group }) => group ?? '-' },
  { head: 'ADDRESS', cell: (server) => address(server) },
  { head: 'SUDO', cell: ({ ssh }) => ssh?.sudo ?? '-' },
  { head: 'ADDED', cell: ({ addedAt }) => addedAt },
];

const CONFIG_COLUMNS: readonly Column<SshConfigHost>[] = [
  { head: 'HOST', cell: ({ alias }) => alias },
  { head: 'ADDRESS', cell: ({ ssh }) => (ssh === null ? '-' : `${ssh.user}@${ssh.host}:${ssh.port}`) },
  { head: 'PROBLEM', cell: ({ problem }) => (problem === null ? '' : renderText(problem)) },
];

/** `postdeck servers`: which servers there are, and what they are. */
export function addServers(program: Command): void {
  const servers = program.command('servers').description('the servers this console knows');
  servers
    .command('list')
    .description('all of them')
    .action((_options: unknown, command: Command) =>
      run(command, async ({ client, out }) => {
        const count = await out.list([await client.servers.list()], COLUMNS);
        if (count === 0) out.note('No servers yet: postdeck servers add NAME --ssh USER@HOST, or --demo');
      }),
    );
  servers
    .command('add <name>')
    .description('add a server reached over SSH, or a demo server')
    .option('--ssh <user@host[:port]>', 'where it is', parseTarget)
    .option('--identity <file>', 'private key file; default: the keys of the agent, then those in ~/.ssh', parseKeyFile)
    .option('--jump <user@host[:port]>', 'go through this host; several with commas, first one first', parseJumps)
    .option('--no-agent', 'do not use the keys of the SSH agent')
    .option('--sudo', 'commands that need root go through sudo; where it wants a password, you are asked for it')
    .option('--host-key <fingerprint>', 'SHA256:... that its key must have')
    .option('--trust-first-use', 'connect now and trust the key it shows')
    .addOption(STDIN_SECRETS.password)
    .addOption(STDIN_SECRETS.passphrase)
    .addOption(STDIN_SECRETS.sudo)
    .option('--group <name>', 'organisation the list groups by')
    .option('--demo', 'a demo server in memory instead')
    .action((name: string, options: AddOptions, command: Command) =>
      run(command, (session) => add(session, name, options)),
    );
  servers
    .command('show [name]')
    .description('its profile and what the last test found')
    .action((name: string | undefined, _options: unknown, command: Command) =>
      run(command, async (session) => {
        const server = await session.server(name);
        const probe = await session.client.servers.probe({ serverId: server.id });
        await session.out.one({ ...server, probe }, () => [
          ...profileLines(server),
          ...(probe === null ? ['', 'Not tested yet: postdeck servers test'] : ['', ...probeLines(probe)]),
        ]);
      }),
    );
  servers
    .command('test [name]')
    .description('connect; tell what it is, what can be done there and why something cannot')
    .action((name: string | undefined, _options: unknown, command: Command) =>
      run(command, async (session) => {
        const server = await session.server(name);
        const { client, signal } = session;
        const test = () => client.servers.test({ serverId: server.id }, { signal });
        const probe = await session.onServer(server, test);
        const found = await testAccounts(session, server);
        await session.out.one({ ...probe, ...found }, () => probeLines(probe, found));
      }),
    );
  servers
    .command('trust <name> <fingerprint>')
    .description('accept exactly this host key (SHA256:...), after comparing it with the server itself')
    .option('--host <host:port>', 'the jump host it belongs to, instead of the server')
    .action((name: string, fingerprint: string, options: { host?: string }, command: Command) =>
      run(command, async (session) => {
        const server = await session.server(name);
        if (await dryRun(session, 'servers.trust', server.name)) return;
        const host = options.host ?? `${server.ssh?.host ?? ''}:${server.ssh?.port ?? 22}`;
        // A jump host's key can only be accepted as it was shown, so it is looked at first.
        if (options.host !== undefined) await showKeys(session, server);
        const trusted = await session.client.servers.trustHostKey({ serverId: server.id, host, fingerprint });
        await session.out.one(trusted, () => `${trusted.name}: ${host} is trusted with ${fingerprint}`);
      }),
    );
  addServersEdit(servers);
  servers
    .command('remove <name>')
    .description('forget its profile, secrets and pinned key; the journal stays')
    .action((name: string, _options: unknown, command: Command) =>
      run(command, async (session) => {
        const server = await session.server(name);
        if (await dryRun(session, 'servers.remove', server.name)) return;
        const removed = await session.client.servers.remove({ serverId: server.id });
        await session.out.one(removed, () => `${server.name} is removed`);
      }),
    );
  servers
    .command('import-ssh-config')
    .description('hosts of ~/.ssh/config; nothing in it is run')
    .option('--file <file>', 'another file')
    .option('--add <host...>', 'add these as servers')
    .action((options: { file?: string; add?: string[] }, command: Command) =>
      run(command, (session) => importConfig(session, options.file ?? null, options.add ?? [])),
    );
}

async function add(session: Session, name: string, options: AddOptions): Promise<number> {
  const { client, out } = session;
  if ((options.ssh === undefined) === (options.demo === undefined)) {
    throw new UsageFailure(
      text(/*i18n*/ { id: 'cli.add.which', message: 'Expected either --ssh USER@HOST or --demo' }),
      { hint: text(/*i18n*/ { id: 'cli.add.which.hint', message: 'See postdeck servers add --help' }) },
    );
  }
  const stored = await secretsFromStdin(options);
  // Whether sudo asks is learnt from the server; what `password` adds is that somebody can then be asked for it.
  const sudo = options.sudo === undefined ? 'none' : 'password';
  const input: z.input<typeof ServerInput> = {
    name,
    group: options.group ?? null,
    demo: options.demo ?? false,
    ssh:
      options.ssh === undefined
        ? null
        : {
            ...options.ssh,
            identityFile: options.identity ?? null,
            agent: options.agent,
            jump: options.jump ?? [],
            sudo,
            hostKey: options.hostKey ?? null,
          },
  };
  if (await dryRun(session, 'servers.add', name)) return EXIT.done;
  if (stored.length > 0) await session.secrets.makeKeeper();
  const added = await client.servers.add(input);
  let server = added;
  try {
    for (const { kind, value } of stored) {
      await client.servers.setSecret({ serverId: added.id, kind, value, keep: 'stored' });
    }
    if (options.trustFirstUse === true) server = await trustFirstUse(session, added);
  } catch (error) {
    // All or nothing: the same command can then simply be given again.
    await client.servers.remove({ serverId: added.id });
    throw error;
  }
  await out.one(server, () => [...profileLines(server), '', `Next: postdeck servers test ${server.name}`]);
  return EXIT.done;
}

/** Connects once to learn the key of every machine on the way, and pins what it sees. */
async function trustFirstUse(session: Session, server: ServerProfile): Promise<ServerProfile> {
  const { client, out, signal } = session;
  let trusted = server;
  await session.secrets.handOver(server);
  // One round for each hop, and one for the server itself.
  for (let rounds = 0; rounds <= (server.ssh?.jump.length ?? 0); rounds++) {
    try {
      await client.servers.test({ serverId: server.id }, { signal });
      return trusted;
    } catch (error) {
      const failure = failureOf(error, signal);
      const key = failure.code === 'HOST_KEY_UNKNOWN' ? offeredKey(failure) : null;
      if (key === null) {
        // The key was accepted; that the login needs more is for `servers test` to tell.
        if (failure.code === 'AUTH_NEEDED' || failure.code === 'AUTH_FAILED') return trusted;
        throw error;
      }
      out.note(`Trusting ${key.host} with ${key.fingerprint}`);
      trusted = await client.servers.trustHostKey({ serverId: server.id, ...key });
    }
  }
  return trusted;
}

/** Connects as far as the keys allow; whatever stops it, the keys on the way have been shown by then. */
async function showKeys(session: Session, server: ServerProfile): Promise<void> {
  await session.secrets.handOver(server);
  await session.client.servers
    .test({ serverId: server.id }, { signal: session.signal })
    .catch(() => session.signal.throwIfAborted());
}

async function importConfig(session: Session, file: string | null, aliases: readonly string[]): Promise<number> {
  const hosts = await session.client.servers.sshConfigHosts({ file });
  if (aliases.length === 0) {
    await session.out.list([hosts], CONFIG_COLUMNS);
    return EXIT.done;
  }
  const chosen = aliases.map((alias) => {
    const host = hosts.find((candidate) => candidate.alias === alias);
    if (host?.ssh) return { name: alias, ssh: host.ssh };
    throw new UsageFailure(
      host?.problem ??
        text(/*i18n*/ { id: 'cli.import.unknown', message: 'The SSH configuration has no host {alias}' }, { alias }),
      { hint: text(/*i18n*/ { id: 'cli.import.hint', message: 'See postdeck servers import-ssh-config' }) },
    );
  });
  const added: ServerProfile[] = [];
  for (const { name, ssh } of chosen) {
    if (await dryRun(session, 'servers.add', name)) continue;
    added.push(await session.client.servers.add({ name, ssh }));
  }
  await session.out.list([added], COLUMNS);
  return EXIT.done;
}
