import { Option } from 'commander';
import type { SecretKind, ServerProfile } from '#shared/model/server.ts';
import { text } from '#shared/model/text.ts';
import { readSecretLines } from './ask.ts';
import { UsageFailure } from './exit.ts';
import type { Session } from './session.ts';
import { facts } from './table.ts';

/** Which secrets are read from standard input. */
export interface StdinSecrets {
  passwordStdin?: true;
  passphraseStdin?: true;
  sudoPasswordStdin?: true;
}

/** Where a server is, in one line. */
export function address({ demo, ssh }: ServerProfile): string {
  if (ssh === null) return demo ? 'demo, in memory' : '-';
  const via = ssh.jump.map((hop) => `${hop.user}@${hop.host}`).join(', ');
  return `${ssh.user}@${ssh.host}:${ssh.port}${via === '' ? '' : ` via ${via}`}`;
}

/** Options that announce a secret on standard input: of `servers add` and `servers edit`. */
export const STDIN_SECRETS = {
  password: new Option('--password-stdin', 'keep the password read from standard input'),
  passphrase: new Option('--passphrase-stdin', "keep the key's passphrase read from standard input"),
  sudo: new Option(
    '--sudo-password-stdin',
    'keep the password for sudo read from standard input (one line each, in this order)',
  ),
};

/** Reads the secrets that these options announce: a line each. */
export async function secretsFromStdin(options: StdinSecrets): Promise<{ kind: SecretKind; value: string }[]> {
  const kinds: SecretKind[] = [];
  if (options.passwordStdin === true) kinds.push('password');
  if (options.passphraseStdin === true) kinds.push('passphrase');
  if (options.sudoPasswordStdin === true) kinds.push('sudo');
  if (kinds.length === 0) return [];
  const lines = await readSecretLines(kinds.length);
  return kinds.map((kind, i) => {
    const value = lines[i];
    if (value !== undefined && value !== '') return { kind, value };
    throw new UsageFailure(
      text(
        /*i18n*/ {
          id: 'cli.stdin-secret',
          message: 'Expected {count, plural, one {a line} other {# lines}} on standard input, got {got}',
        },
        { count: kinds.length, got: lines.length },
      ),
    );
  });
}

const DRY = {
  'servers.add': 'Add',
  'servers.edit': 'Change the profile of',
  'servers.trust': 'Trust the key of',
  'servers.remove': 'Remove',
  'servers.forget-secrets': 'Forget the secrets of',
  'accounts.master': 'Change the way into mailboxes of',
} as const;

/** With --dry-run, tells what a command on the profiles would do, in the form of a plan; true: stop here. */
export async function dryRun({ options, out }: Session, kind: keyof typeof DRY, server: string): Promise<boolean> {
  if (!options.dryRun) return false;
  const title = `${DRY[kind]} ${server}`;
  const plan = { id: null, kind, server, title, steps: [], targets: 1, warnings: [], undo: 'none' };
  await out.one({ plan }, () => `Would: ${title}`);
  return true;
}

/** A profile, a fact a line. */
export function profileLines(server: ServerProfile): string[] {
  const { ssh } = server;
  return facts([
    ['Name', server.name],
    ['Group', server.group],
    ['Address', address(server)],
    ['Key file', ssh?.identityFile ?? null],
    ['Agent', ssh === null ? null : ssh.agent ? 'yes' : 'no'],
    ['Sudo', ssh?.sudo ?? null],
    ['Host key', ssh?.hostKey ?? null],
    ['Added', server.addedAt],
  ]);
}
