import { Command, CommanderError } from 'commander';
import { text } from '#shared/model/text.ts';
import { version } from '../version.ts';
import { addAccounts } from './accounts.ts';
import { addAliases } from './aliases.ts';
import { addChanges } from './changes.ts';
import { addDomains } from './domains.ts';
import { EXIT, UsageFailure } from './exit.ts';
import { addLogs } from './logs.ts';
import { addOpen } from './open.ts';
import { Output } from './output.ts';
import { addQueue } from './queue.ts';
import { JUMP_ENV, SECRET_ENV, VAULT_ENV } from './secrets.ts';
import { addServers } from './servers.ts';
import { parseSeconds } from './units.ts';

const AFTER = `
Environment:
  POSTDECK_DATA  where profiles, journal and indexes live
${[...Object.entries({ ...SECRET_ENV, ...JUMP_ENV }).map(([name, { what }]) => `  ${name}  ${what}`), `  ${VAULT_ENV}  passphrase of the vault, where there is no OS keychain`].join('\n')}
  POSTDECK_KEYRING=off  do not use the OS keychain

Exit codes:
  0 done   1 failed   2 wrong usage   3 refused: needs --yes, or unsafe   4 cannot connect or log in
  5 partly done   130 interrupted
`;

/** All commands of this build. An area that the build does not have is not here, and so not in --help. */
export function makeProgram(): Command {
  const program = new Command('postdeck')
    .description('Operations console for mail servers.')
    .version(version)
    .option('--data <dir>', 'where profiles, journal and indexes live')
    .option('--server <name>', 'the server it is for; not needed when there is one')
    .option('--json', 'one JSON object for a thing, one a line for a list', false)
    .option('--dry-run', 'plan only', false)
    .option('--yes', 'apply without asking', false)
    .option('--timeout <seconds>', 'give up after this long', parseSeconds)
    .option('--quiet', 'no progress, no remarks, no table heads', false)
    .addHelpText('after', AFTER)
    .showHelpAfterError(false)
    .showSuggestionAfterError(true)
    // Errors are ours to print, in one form for all of them.
    .configureOutput({ writeErr: () => undefined })
    .configureHelp({ showGlobalOptions: true });
  for (const add of [addServers, addQueue, addAccounts, addAliases, addDomains, addLogs, addChanges, addOpen])
    add(program);
  inherit(program);
  return program;
}

/** Which command could not be understood: commander does not say. */
const failed = new WeakMap<CommanderError, Command>();

/** Sub-commands made with command() copy settings only from the moment they are set; make sure all have them. */
function inherit(command: Command): void {
  command.exitOverride((error) => {
    failed.set(error, command);
    throw error;
  });
  for (const child of command.commands) {
    child.copyInheritedSettings(command);
    inherit(child);
  }
}

/** Parses and runs; sets process.exitCode. */
export async function main(argv: readonly string[]): Promise<void> {
  const program = makeProgram();
  try {
    await program.parseAsync([...argv], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return; // --help, --version
    const words = error.message.replace(/^error: /, '').replaceAll('\n', ' ');
    const out = new Output({ json: argv.includes('--json'), quiet: false });
    await out.failure(usage(error, words).toData()).catch(() => undefined);
    process.exitCode = EXIT.usage;
  }
}

function usage(error: CommanderError, words: string): UsageFailure {
  const command = pathOf(failed.get(error));
  const hint = text(/*i18n*/ { id: 'cli.usage.hint', message: 'See {command} --help' }, { command });
  // A command that needs a sub-command prints its help as an error; say what is missing instead.
  return error.code === 'commander.help'
    ? new UsageFailure(text(/*i18n*/ { id: 'cli.usage.missing', message: 'Expected a command, got none' }), { hint })
    : new UsageFailure(text(/*i18n*/ { id: 'cli.usage', message: '{words}' }, { words }), { hint });
}

/** The command as it is typed, from the program on. */
function pathOf(command: Command | null | undefined): string {
  const names: string[] = [];
  for (let at = command; at; at = at.parent) names.unshift(at.name());
  return names.join(' ') || 'postdeck';
}
