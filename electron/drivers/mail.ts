import type { Readable } from 'node:stream';
import type { MailItem, MailPage } from '#shared/model/mailbox.ts';

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
