import type { ChangeStatus } from '#shared/model/change.ts';
import { assertNever } from '#shared/model/assert-never.ts';
import { Failure, type FailureCode, type FailureOptions } from '#shared/model/failure.ts';
import type { Text } from '#shared/model/text.ts';

/** Exit codes of every command. */
export const EXIT = { done: 0, failed: 1, usage: 2, refused: 3, connect: 4, partly: 5, interrupted: 130 } as const;

export function exitOf(code: FailureCode): number {
  switch (code) {
    case 'BAD_INPUT':
      return EXIT.usage;
    case 'CONFIRM_NEEDED':
    case 'FORBIDDEN':
    case 'UNSAFE':
      return EXIT.refused;
    case 'CONNECT_FAILED':
    case 'AUTH_FAILED':
    case 'AUTH_NEEDED':
    case 'HOST_KEY_UNKNOWN':
    case 'HOST_KEY_CHANGED':
    case 'VAULT_LOCKED':
      return EXIT.connect;
    case 'NOT_FOUND':
    case 'CONNECTION_LOST':
    case 'SUDO_REFUSED':
    case 'UNSUPPORTED':
    case 'REMOTE_FAILED':
    case 'BAD_OUTPUT':
    case 'LIMIT':
    case 'TIMEOUT':
    case 'CANCELLED':
    case 'JOURNAL_BROKEN':
    case 'INTERNAL':
      return EXIT.failed;
    default:
      return assertNever(code, 'failure code');
  }
}

/** Something on the command line is wrong: exit 2, whatever the code. */
export class UsageFailure extends Failure {
  constructor(message: Text, options: FailureOptions & { code?: FailureCode } = {}) {
    super(options.code ?? 'BAD_INPUT', message, options);
  }
}

/** What a finished change means for the shell. `applied` counts targets that were changed. */
export function exitOfChange(status: ChangeStatus, applied: number): number {
  switch (status) {
    case 'done':
      return EXIT.done;
    case 'partial':
      return EXIT.partly;
    case 'failed':
    case 'cancelled':
    case 'interrupted':
      return applied > 0 ? EXIT.partly : EXIT.failed;
    case 'running':
    case 'undone':
      return EXIT.failed; // not a way for an apply to end
    default:
      return assertNever(status, 'change status');
  }
}
