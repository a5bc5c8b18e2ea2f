import { type } from '@orpc/contract';
import { z } from 'zod';
import { FolderName, MailContent, MailItem, MailPage, MailUid } from '../model/mailbox.ts';
import { failures, ON_SERVER } from './errors.ts';
import type { Batch } from './flow.ts';
import { reads } from './method.ts';

const inMailbox = z.object({ serverId: z.string(), address: z.string().min(1).max(254), folder: FolderName });

/**
 * Looking into a user's mail, as the user would see it. Nothing is altered by looking: no flag, no \Recent. Who looked at
 * what is written into the journal first; without the journal nobody looks.
 */
export const mailboxes = {
  /** A window of a folder's messages, newest first. */
  messages: reads
    .errors(failures(...ON_SERVER))
    .input(
      inMailbox.extend({
        /** A fragment of subject, sender or recipient; the server searches. */
        text: z.string().max(200).default(''),
        offset: z.number().int().nonnegative().default(0),
        count: z.number().int().min(1).max(1000).default(100),
      }),
    )
    .output(MailPage),
  /** One message, decoded. */
  message: reads
    .errors(failures(...ON_SERVER))
    .input(inMailbox.extend({ uid: MailUid }))
    .output(z.object({ item: MailItem, mail: MailContent })),
  /** The raw source (RFC 5322), base64 in batches under the credit window. */
  source: reads
    .errors(failures(...ON_SERVER))
    .input(inMailbox.extend({ uid: MailUid }))
    .output(type<AsyncIteratorObject<Batch<string>, void, void>>()),
};
