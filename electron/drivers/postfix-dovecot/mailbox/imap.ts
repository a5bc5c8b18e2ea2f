/**
 * A login as a user through Dovecot's master user (auth_master_user_separator), over IMAP on the server itself. Folders are
 * opened by EXAMINE and bodies read by BODY.PEEK: no flag is set, and \Recent stays.
 */
import { type ImapRefusal, type Mailboxes, openImap } from '#remote/imap.ts';
import type { Machine } from '#remote/machine.ts';
import { Failure, isFailure } from '#shared/model/failure.ts';
import { text } from '#shared/model/text.ts';
import type { Master } from '../../mail.ts';

/** Where IMAP is on the server itself, and what stands between the user's name and the master's. */
export interface ImapDoor {
  port: number;
  /** TLS from the first byte (993). */
  tls: boolean;
  separator: string;
}

/** The caller ends it by close() or logout(). */
export async function openAs(
  machine: Machine,
  door: ImapDoor,
  login: string,
  master: Master,
  signal: AbortSignal,
): Promise<Mailboxes> {
  const { separator, port } = door;
  // Dovecot would take another part of the name for the user
  if (login.includes(separator) || master.user.includes(separator)) throw ambiguous(login, separator);
  try {
    return await openImap(machine, door, { user: `${login}${separator}${master.user}`, pass: master.password }, signal);
  } catch (error) {
    signal.throwIfAborted();
    throw isFailure(error) ? error : failureOf(error, { login, user: master.user, port });
  }
}

function failureOf(error: unknown, { login, user, port }: { login: string; user: string; port: number }): Failure {
  const { authenticationFailed, responseText, serverResponseCode, message } = error as ImapRefusal;
  const why = (responseText ?? message ?? '').slice(0, 300);
  // RFC 5530: the password was right, but not for this: the account is blocked, or kept where masters are not let in
  if (serverResponseCode === 'AUTHORIZATIONFAILED') return notAs(login, user);
  if (authenticationFailed === true) {
    return new Failure(
      'REMOTE_FAILED',
      text(
        /*i18n*/ { id: 'mailbox.master.refused', message: 'Dovecot refused the master user {user} ({why})' },
        { user, why },
      ),
      {
        hint: text(
          /*i18n*/ {
            id: 'mailbox.master.refused.hint',
            message: 'Set the master user again, or forget it: mailboxes are then read through doveadm',
          },
        ),
        detail: { code: serverResponseCode ?? null },
      },
    );
  }
  return new Failure(
    'CONNECT_FAILED',
    text(
      /*i18n*/ {
        id: 'mailbox.imap.broken',
        message: 'IMAP on port {port} of the server itself did not answer ({why})',
      },
      { port, why },
    ),
    { retryable: true, cause: error },
  );
}

const ambiguous = (login: string, separator: string): Failure =>
  new Failure(
    'UNSUPPORTED',
    text(
      /*i18n*/ {
        id: 'mailbox.master.separator',
        message: 'The login {login} has {separator} in it, which parts a user’s name from the master’s',
      },
      { login, separator },
    ),
  );

const notAs = (login: string, user: string): Failure =>
  new Failure(
    'UNSUPPORTED',
    text(
      /*i18n*/ { id: 'mailbox.master.not-as', message: 'Dovecot does not let the master user {user} in as {login}' },
      { user, login },
    ),
    {
      hint: text(
        /*i18n*/ {
          id: 'mailbox.master.not-as.hint',
          message: 'A blocked account is closed to master users too, and so are all where passwords are checked by PAM',
        },
      ),
    },
  );
