import { Failure } from '#shared/model/failure.ts';
import { type Text, text } from '#shared/model/text.ts';
import { LIMITS } from '../limits.ts';
import type { RemoteCommand, RemoteResult } from '../machine.ts';

export function commandFailed(command: RemoteCommand, result: RemoteResult): Failure {
  const stderr = result.stderr.trim().slice(0, LIMITS.STDERR_SHOWN);
  const detail = { command: result.command, exit: result.exit, signal: result.signal, stderr };
  const [firstLine = ''] = stderr.split('\n');
  const values = {
    name: command.name,
    exit: result.exit ?? '',
    signal: result.signal ?? '',
    program: command.argv[0] ?? '',
    why: firstLine.slice(0, 300),
  };
  if (result.exit === 127) {
    return new Failure(
      'REMOTE_FAILED',
      text(/*i18n*/ { id: 'remote.not-found', message: '{program} is not on the server: {name} was not done' }, values),
      {
        hint: text(
          /*i18n*/ { id: 'remote.not-found.hint', message: 'Check that the package with {program} is installed there' },
          values,
        ),
        detail,
      },
    );
  }
  const message =
    result.exit === null
      ? text(
          /*i18n*/ { id: 'remote.signalled', message: 'The command was ended on the server by {signal}: {name}' },
          values,
        )
      : text(
          /*i18n*/ { id: 'remote.failed', message: 'The command ended with exit status {exit}: {name}. {why}' },
          values,
        );
  return new Failure('REMOTE_FAILED', message, {
    hint: text(
      /*i18n*/ {
        id: 'remote.failed.hint',
        message: 'The command and its messages are in the details; the log of the server may say more',
      },
    ),
    detail,
  });
}

/** `command`: what was under way; null: nothing in particular. */
export function lostFailure(
  host: string,
  command: Pick<RemoteCommand, 'name' | 'reads'> | null,
  error: Error | null,
): Failure {
  const why = error?.message ?? 'connection closed';
  return new Failure('CONNECTION_LOST', lostWords(host, command, why), {
    hint:
      command?.reads === true
        ? text(/*i18n*/ { id: 'remote.lost.reading.hint', message: 'Try again once the server answers' })
        : text(
            /*i18n*/ {
              id: 'remote.lost.hint',
              message: 'Connect again and look at the server before repeating anything',
            },
          ),
    retryable: true,
    detail: { host, reason: why, ...(command === null ? {} : { name: command.name }) },
    cause: error ?? undefined,
  });
}

function lostWords(host: string, command: Pick<RemoteCommand, 'name' | 'reads'> | null, why: string): Text {
  if (command === null) {
    return text(/*i18n*/ { id: 'remote.lost', message: 'The connection to {host} was cut ({why})' }, { host, why });
  }
  const { name, reads = false } = command;
  return reads
    ? text(
        /*i18n*/ {
          id: 'remote.lost.reading',
          message: 'The connection to {host} was cut ({why}) during: {name}. Nothing was changed there',
        },
        { host, why, name },
      )
    : text(
        /*i18n*/ {
          id: 'remote.lost.during',
          message:
            'The connection to {host} was cut ({why}) during: {name}. Whether it was finished there is not known',
        },
        { host, why, name },
      );
}

export function closedFailure(host: string): Failure {
  return new Failure(
    'CANCELLED',
    text(/*i18n*/ { id: 'remote.closed', message: 'The connection to {host} was closed here' }, { host }),
    { detail: { host } },
  );
}

export function internal(error: unknown): Failure {
  const why = error instanceof Error ? error.message : String(error);
  return new Failure(
    'CONNECT_FAILED',
    text(/*i18n*/ { id: 'ssh.internal', message: 'The connection could not be made: {why}' }, { why }),
    { cause: error, detail: { reason: why } },
  );
}
