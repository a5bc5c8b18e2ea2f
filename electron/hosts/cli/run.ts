import type { Command } from 'commander';
import { assertNever } from '#shared/model/assert-never.ts';
import { Failure, type FailureData } from '#shared/model/failure.ts';
import { failureOf } from '#shared/model/failure-of.ts';
import { text } from '#shared/model/text.ts';
import { EXIT, exitOf, UsageFailure } from './exit.ts';
import { isClosedPipe, Output } from './output.ts';
import { Session, type GlobalOptions } from './session.ts';

/** Why a command is being stopped from outside. */
type Stop = 'interrupt' | 'timeout' | 'reader-left';

/**
 * Runs one command from options to exit code. Whatever goes wrong becomes one line, one code. At Ctrl-C the command
 * is told to stop and is waited for, so that the journal is true; a second Ctrl-C ends at once, and then the change
 * is found as interrupted at the next start.
 */
export async function run(command: Command, act: (session: Session) => Promise<number | void>): Promise<void> {
  const options = command.optsWithGlobals<GlobalOptions>();
  const out = new Output({ json: options.json, quiet: options.quiet });
  const stop = new AbortController();
  let why: Stop | null = null;
  const halt = (reason: Stop) => {
    if (why !== null) return;
    why = reason;
    stop.abort();
  };
  const interrupt = () => {
    if (why === 'interrupt') process.exit(EXIT.interrupted);
    halt('interrupt');
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  process.stdout.on('error', (error: unknown) => {
    if (isClosedPipe(error)) halt('reader-left');
  });
  process.stderr.on('error', () => undefined); // nobody reads the remarks any more
  const timer = options.timeout === undefined ? null : setTimeout(() => halt('timeout'), options.timeout * 1000);

  let session: Session | null = null;
  let exit: number;
  try {
    session = await Session.open(out, options, stop.signal);
    exit = (await act(session)) ?? EXIT.done;
    if (why === 'interrupt' && exit !== EXIT.done) exit = EXIT.interrupted;
    if (why === 'timeout' && exit !== EXIT.done) await out.failure(timedOut(options).toData()).catch(() => undefined);
  } catch (error) {
    exit = await tell(error, out, why, options, stop.signal);
  }
  if (timer !== null) clearTimeout(timer);
  out.clearProgress();
  await session?.close().catch((error: unknown) => out.failure(failureOf(error)));
  process.off('SIGINT', interrupt);
  process.off('SIGTERM', interrupt);
  process.exitCode = exit;
}

async function tell(error: unknown, out: Output, why: Stop | null, options: GlobalOptions, signal: AbortSignal) {
  if (isClosedPipe(error) || why === 'reader-left') return EXIT.done;
  // oxlint-disable-next-line promise/no-promise-in-callback -- no callback style here: `error` is what was thrown
  const print = (failure: FailureData) => out.failure(failure).catch(() => undefined); // or nobody is left to read it
  switch (why) {
    case 'interrupt':
      await print(failureOf(error, signal));
      return EXIT.interrupted;
    case 'timeout':
      await print(timedOut(options).toData());
      return EXIT.failed;
    case null: {
      const failure = failureOf(error);
      await print(failure);
      return error instanceof UsageFailure ? EXIT.usage : exitOf(failure.code);
    }
    default:
      return assertNever(why, 'reason to stop');
  }
}

export function timedOut(options: GlobalOptions): Failure {
  return new Failure(
    'TIMEOUT',
    text(
      /*i18n*/ { id: 'cli.timeout', message: 'It was not done within {seconds} s and was stopped' },
      { seconds: options.timeout ?? 0 },
    ),
    {
      hint: text(
        /*i18n*/ {
          id: 'cli.timeout.hint',
          message: 'Look at postdeck changes list for what was done, or allow more with --timeout',
        },
      ),
      retryable: true,
    },
  );
}
