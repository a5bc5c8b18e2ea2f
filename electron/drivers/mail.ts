import type { Readable } from 'node:stream';
import type { MailItem, MailPage } from '#shared/model/mailbox.ts';
import type { Text } from '#shared/model/text.ts';

/**
 * Looking into a user's folders with the server's own rights. Nothing is altered by it: no flag is set, no \Recent
 * taken away.
 */
export interface MailVerbs {
  /** As the journal tells how it is looked: `doveadm fetch`. */
  readonly by: string;
  /** A window of a folder, newest first. NOT_FOUND: no such user or folder. */
  page(
    place: { login: string; folder: string },
    asked: { text: string; offset: number; count: number },
    signal: AbortSignal,
  ): Promise<MailPage>;
  /** One message and its raw source, streamed. NOT_FOUND when it is gone. */
  open(
    place: { login: string; folder: string; uid: number },
    signal: AbortSignal,
  ): Promise<{ item: MailItem; source: Readable }>;
}

/** A login that may read everybody's mail (Dovecot's master user). */
export interface Master {
  user: string;
  password: string;
}

/** Looking into folders through IMAP, logged in as the user by way of a master user. */
export interface MasterMail {
  /** Whether this server lets master users in, and why not where it does not. */
  offered(signal: AbortSignal): Promise<{ offered: true; separator: string } | { offered: false; why: Text }>;
  /** Logs in as a user and out again. REMOTE_FAILED: refused. UNSUPPORTED: not as this user. CONNECT_FAILED: no IMAP. */
  check(master: Master, login: string, signal: AbortSignal): Promise<void>;
  verbs(master: Master): MailVerbs;
}
