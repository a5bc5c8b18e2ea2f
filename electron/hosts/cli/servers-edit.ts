import type { Command } from 'commander';
import type { z } from 'zod';
import type { ServerInput, ServerProfile, SshSettings } from '#shared/model/server.ts';
import { text } from '#shared/model/text.ts';
import { EXIT, UsageFailure } from './exit.ts';
import { run } from './run.ts';
import { dryRun, profileLines, secretsFromStdin, STDIN_SECRETS, type StdinSecrets } from './server-parts.ts';
import type { Session } from './session.ts';
import { parseJumps, parseKeyFile, parseTarget } from './targets.ts';

interface EditOptions extends StdinSecrets {
  rename?: string;
  /** False: none from now on; undefined: as it was. The same for all below. */
  group?: string | false;
  ssh?: { user: string; host: string; port: number };
  identity?: string | false;
  jump?: SshSettings['jump'] | false;
  agent?: boolean;
  sudo?: boolean;
  hostKey?: string | false;
}

/** `postdeck servers edit` and `forget-secrets`. */
export function addServersEdit(servers: Command): void {
  servers
    .command('edit <name>')
    .description('change its profile; what is not named stays as it is')
    .option('--rename <name>', 'another name')
    .option('--ssh <user@host[:port]>', 'where it is', parseTarget)
    .option('--identity <file>', 'private key file', parseKeyFile)
    .option('--no-identity', 'the keys of the agent, then those in ~/.ssh')
    .option('--jump <user@host[:port]>', 'go through this host; several with commas, first one first', parseJumps)
    .option('--no-jump', 'go there directly')
    .option('--agent', 'use the keys of the SSH agent')
    .option('--no-agent', 'do not use them')
    .option('--sudo', 'commands that need root go through sudo; where it wants a password, you are asked for it')
    .option('--no-sudo', 'they do not')
    .option('--host-key <fingerprint>', 'SHA256:... that its key must have')
    .option('--no-host-key', 'known_hosts alone decides')
    .addOption(STDIN_SECRETS.password)
    .addOption(STDIN_SECRETS.passphrase)
    .addOption(STDIN_SECRETS.sudo)
    .option('--group <name>', 'organisation the list groups by')
    .option('--no-group', 'none')
    .action((name: string, options: EditOptions, command: Command) =>
      run(command, (session) => edit(session, name, options)),
    );
  servers
    .command('forget-secrets <name>')
    .description('forget its stored passwords and passphrases; the profile stays')
    .action((name: string, _options: unknown, command: Command) =>
      run(command, async (session) => {
        const server = await session.server(name);
        if (await dryRun(session, 'servers.forget-secrets', server.name)) return;
        const forget = () => session.client.servers.forgetSecrets({ serverId: server.id });
        const forgotten = await session.onServer(server, forget);
        const count = forgotten.forgotten;
        await session.out.one(
          forgotten,
          () => `${server.name}: ${count === 1 ? '1 secret' : `${count} secrets`} forgotten`,
        );
      }),
    );
}

async function edit(session: Session, name: string, options: EditOptions): Promise<number> {
  const { client, out } = session;
  const server = await session.server(name);
  const profile: z.input<typeof ServerInput> = {
    name: options.rename ?? server.name,
    group: options.group === undefined ? server.group : options.group || null,
    demo: server.demo,
    ssh: sshOf(server, options),
  };
  const stored = await secretsFromStdin(options);
  if (await dryRun(session, 'servers.edit', server.name)) return EXIT.done;
  if (stored.length > 0) await session.secrets.makeKeeper();
  const edited = await client.servers.update({ serverId: server.id, profile });
  for (const { kind, value } of stored) {
    await client.servers.setSecret({ serverId: server.id, kind, value, keep: 'stored' });
  }
  await out.one(edited, () => profileLines(edited));
  return EXIT.done;
}

function sshOf({ ssh, name }: ServerProfile, options: EditOptions): SshSettings | null {
  const { identity, jump, agent, sudo, hostKey } = options;
  if (ssh === null) {
    const named = [options.ssh, identity, jump, agent, sudo, hostKey].some((value) => value !== undefined);
    if (named || options.passwordStdin || options.passphraseStdin || options.sudoPasswordStdin) throw noAddress(name);
    return null;
  }
  return {
    ...ssh,
    ...options.ssh,
    ...(identity === undefined ? {} : { identityFile: identity || null }),
    ...(jump === undefined ? {} : { jump: jump || [] }),
    ...(agent === undefined ? {} : { agent }),
    ...(sudo === undefined ? {} : { sudo: sudo ? 'password' : 'none' }),
    ...pinned(ssh, options),
  };
}

/** A pinned key belongs to a machine: another address without another key has none. */
function pinned(ssh: SshSettings, { ssh: target, hostKey }: EditOptions): Partial<SshSettings> {
  if (hostKey !== undefined) return { hostKey: hostKey || null };
  const moved = target !== undefined && (target.host !== ssh.host || target.port !== ssh.port);
  return moved ? { hostKey: null } : {};
}

function noAddress(name: string): UsageFailure {
  return new UsageFailure(
    text(
      /*i18n*/ {
        id: 'cli.edit.demo',
        message: '{name} is a demo server in memory: it has no address, key or password to change',
      },
      { name },
    ),
    { hint: text(/*i18n*/ { id: 'cli.edit.demo.hint', message: 'Only --rename and --group can be given for it' }) },
  );
}
