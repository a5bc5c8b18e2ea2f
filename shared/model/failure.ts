import { z } from 'zod';
import { Text } from './text.ts';

/**
 * Every way a call can fail: a closed list. Hosts map it to exit codes, the page to words and a way out.
 * The order is by who must act: the caller, the connection, the server, the console.
 */
export const FAILURE_CODES = [
  'BAD_INPUT', //          the request itself is wrong: expected and got are in the message
  'NOT_FOUND', //          no server, change, message of that name
  'CONFIRM_NEEDED', //     a write that nobody agreed to
  'FORBIDDEN', // this door may not call that method: it was opened for reading only
  'UNSAFE', //             would harm: refused until the reason is gone (plan too old, target changed)
  'CONNECT_FAILED', //     no TCP or SSH connection
  'AUTH_FAILED', //        the server refused the credentials
  'AUTH_NEEDED', //        a secret that is not stored: see detail.kind
  'HOST_KEY_UNKNOWN', //   first contact: see detail.fingerprint
  'HOST_KEY_CHANGED', //   not the key that was trusted, or a revoked one
  'CONNECTION_LOST', //    was connected; cut while the call ran
  'SUDO_REFUSED', //       logged in, but not allowed to run the command as root
  'UNSUPPORTED', //        this server cannot do it: the capability says why
  'REMOTE_FAILED', //      the server's command failed: see detail.command, detail.stderr
  'BAD_OUTPUT', //         the server's answer was cut short or is not what its manual says
  'LIMIT', //              an answer or request past a limit of limits.ts
  'TIMEOUT', //            the operation's one deadline passed
  'CANCELLED', //          somebody cancelled
  'VAULT_LOCKED', //       secrets need the passphrase, or there is nowhere safe to keep them
  'JOURNAL_BROKEN', //     the hash chain does not hold
  'INTERNAL', //           a defect of the console
] as const;
export const FailureCode = z.enum(FAILURE_CODES);
export type FailureCode = z.infer<typeof FailureCode>;

/** What crosses a door when a call fails. `detail` holds only plain, redacted facts. */
export const FailureData = z.object({
  code: FailureCode,
  /** What happened, and what was and was not done. */
  message: Text,
  /** What to do next. */
  hint: Text.nullable(),
  /** The same call may succeed later without anybody changing anything. */
  retryable: z.boolean(),
  detail: z.record(z.string(), z.unknown()),
});
export type FailureData = z.infer<typeof FailureData>;

export interface FailureOptions {
  hint?: Text;
  retryable?: boolean;
  /** Plain, redacted facts: command, exit status, stderr, fingerprint. Never a secret. */
  detail?: Record<string, unknown>;
  cause?: unknown;
}

/** The one error that rooms throw on purpose. Anything else reaching a door is a defect and becomes INTERNAL. */
export class Failure extends Error {
  readonly code: FailureCode;
  readonly text: Text;
  readonly hint: Text | null;
  readonly retryable: boolean;
  readonly detail: Record<string, unknown>;

  constructor(code: FailureCode, message: Text, options: FailureOptions = {}) {
    super(message.message, { cause: options.cause });
    this.name = 'Failure';
    this.code = code;
    this.text = message;
    this.hint = options.hint ?? null;
    this.retryable = options.retryable ?? false;
    this.detail = options.detail ?? {};
  }

  toData(): FailureData {
    return {
      code: this.code,
      message: this.text,
      hint: this.hint,
      retryable: this.retryable,
      detail: this.detail,
    };
  }
}

/** True for a failure of one of these codes (of any code, when none is named). */
export function isFailure(error: unknown, ...codes: FailureCode[]): error is Failure {
  return error instanceof Failure && (codes.length === 0 || codes.includes(error.code));
}
