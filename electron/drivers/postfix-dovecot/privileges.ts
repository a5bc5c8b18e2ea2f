import { type Failure, isFailure } from '#shared/model/failure.ts';
import { type Text, text } from '#shared/model/text.ts';
import { neededCommands, type RootCommand, rootCommands } from './commands.ts';
import type { Context } from './context.ts';
import { LIMITS } from './limits.ts';
import { listQueue } from './list-queue.ts';
import { USUAL_PATHS } from './facts.ts';

/** What this user may do, found by doing it with nothing to do it to. */
export interface Privileges {
  /** Root commands that were refused, and why. */
  refused: Map<RootCommand, Text>;
  /** null: the queue can be listed. */
  listing: Text | null;
  /** null: messages can be flushed. */
  flushing: Text | null;
}

/** Commands that are not run to ask: two would read the whole queue, the others make a folder. */
const NOT_RUN: ReadonlySet<RootCommand> = new Set([
  'allHeads',
  'names',
  'restore.zstd',
  'restore.gzip',
  'restore.none',
]);

/**
 * Asks by running each root command with empty standard input: it then does nothing, and what sudo says is the truth
 * for the very command and way of logging in, which `sudo -l` is not (it lists commands that want a password, too).
 * For the commands that cannot be run for nothing, `sudo -n -l` has to do.
 */
export async function askPrivileges(context: Context, signal: AbortSignal): Promise<Privileges> {
  const facts = await context.facts(signal);
  const commands = neededCommands(facts);
  const refused = new Map<RootCommand, Text>();
  const ask = async (name: RootCommand): Promise<void> => {
    const why = NOT_RUN.has(name) ? await askSudo(context, name, signal) : await askByRunning(context, name, signal);
    if (why !== null) refused.set(name, why);
  };
  // The first alone: where sudo wants a password, one command shall ask for it, not ten at once.
  const [first, ...others] = context.machine.privilege === 'root' ? [] : commands;
  const [listing, flushing] = await Promise.all([
    askListing(context, signal),
    askFlushing(context, signal),
    first ? ask(first.name).then(() => Promise.all(others.map(({ name }) => ask(name)))) : null,
  ]);
  return { refused, listing, flushing };
}

async function askByRunning(context: Context, name: RootCommand, signal: AbortSignal): Promise<Text | null> {
  const facts = await context.facts(signal);
  try {
    await context.machine.run({
      name: 'ask for the right to run it',
      argv: rootCommands(facts)[name].argv,
      root: true,
      stdin: '',
      // 64: the script found no id, as it should
      okExit: [0, 64],
      deadline: LIMITS.PROBE_SECONDS,
      signal,
    });
    return null;
  } catch (error) {
    if (isFailure(error, 'SUDO_REFUSED', 'REMOTE_FAILED', 'AUTH_NEEDED'))
      return inShort(error, rootCommands(facts)[name].argv);
    throw error;
  }
}

/** Why, in a few words: the failure's own hold the whole command, which here is a script of twenty lines. */
function inShort({ code, text: told, detail }: Failure, argv: readonly string[]): Text {
  // These words stay as they are: by them it is known that a password, or another one, would help.
  if (code === 'AUTH_NEEDED' || detail['reason'] === 'password-refused')
    return { ...told, values: { ...told.values, command: shortly(argv) } };
  if (code === 'SUDO_REFUSED') {
    if (detail['reason'] === 'password-required') return WANTS_PASSWORD;
    return detail['reason'] === 'no-sudo' ? NO_SUDO : NOT_ALLOWED;
  }
  const stderr = typeof detail['stderr'] === 'string' ? detail['stderr'].trim() : '';
  const words = stderr.slice(stderr.lastIndexOf('\n') + 1).slice(0, 200) || `exit ${String(detail['exit'])}`;
  return text(/*i18n*/ { id: 'postfix.cap.failed', message: 'Tried there, and it failed: {words}' }, { words });
}

/** A script by the name it goes by, any other command as it is. */
const shortly = (argv: readonly string[]): string => (argv[1] === '-c' ? (argv[3] ?? '') : argv.join(' '));

const WANTS_PASSWORD = text(
  /*i18n*/ {
    id: 'postfix.sudo.wants-password',
    message: 'sudo wants a password for it, and this server is set up without one',
  },
);
const NO_SUDO = text(/*i18n*/ { id: 'postfix.sudo.absent', message: 'There is no sudo on this server' });

async function askSudo(context: Context, name: RootCommand, signal: AbortSignal): Promise<Text | null> {
  const facts = await context.facts(signal);
  // What the same user may do with a command of the same kind says it where sudo -l cannot be asked.
  const like: RootCommand = name === 'allHeads' || name === 'names' ? 'heads' : 'source';
  if (facts.paths.sudo === undefined || !context.canRoot) return askByRunning(context, like, signal);
  const answer = await context.machine.run({
    name: 'ask what sudo allows',
    argv: [facts.paths.sudo, '-n', '-l', '--', ...rootCommands(facts)[name].argv],
    okExit: [0, 1],
    deadline: LIMITS.PROBE_SECONDS,
    signal,
  });
  if (answer.exit === 0 || /password is required/.test(answer.stderr)) return askByRunning(context, like, signal);
  return NOT_ALLOWED;
}

const NOT_ALLOWED = text(/*i18n*/ { id: 'postfix.sudo.not-allowed', message: 'sudo does not allow this command' });

async function askListing(context: Context, signal: AbortSignal): Promise<Text | null> {
  try {
    // The first rows are enough: leaving the loop ends the command.
    for await (const _ of listQueue(context, { signal })) break;
    return null;
  } catch (error) {
    if (isFailure(error, 'REMOTE_FAILED', 'BAD_OUTPUT', 'SUDO_REFUSED')) return error.text;
    throw error;
  }
}

/** An id that cannot be in use is flushed without effect, unless this user may not (authorized_flush_users). */
async function askFlushing(context: Context, signal: AbortSignal): Promise<Text | null> {
  const { paths } = await context.facts(signal);
  try {
    await context.machine.run({
      name: 'ask for the right to flush',
      argv: [paths.postqueue ?? USUAL_PATHS.postqueue ?? 'postqueue', '-i', '0000000'],
      deadline: LIMITS.PROBE_SECONDS,
      signal,
    });
    return null;
  } catch (error) {
    if (isFailure(error, 'REMOTE_FAILED')) return error.text;
    throw error;
  }
}
