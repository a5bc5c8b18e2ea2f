import { type } from '@orpc/contract';
import { z } from 'zod';
import { FolderName, MailContent, MailItem, MailPage, MailUid, MailWay } from '../model/mailbox.ts';
import { failures, ON_SERVER } from './errors.ts';
import type { Batch } from './flow.ts';
import { reads, writes } from './method.ts';

const inMailbox = z.object({ serverId: z.string(), address: z.string().min(1).max(254), folder: FolderName });

/**
 * Looking into a user's mail, as the user would see it. Nothing is altered by looking: no flag, no \Recent. Who looked at
 * what is written into the journal first; without the journal nobody looks.
 */
export const mailboxes = {
  /** How mailboxes of this server are looked into. */
  way: reads
    .errors(failures(...ON_SERVER))
    .input(z.object({ serverId: z.string() }))
    .output(MailWay),
  /**
   * Makes a master user of the mail server the way in, once it has been let in as this account. Kept where the passwords of
   * servers are; `session` keeps it in memory only.
   */
  setMaster: writes
    .errors(failures(...ON_SERVER))
    .input(
      z.object({
        serverId: z.string(),
        address: z.string().min(1).max(254),
        user: z
          .string()
          .min(1)
          .max(254)
          .regex(/^\P{Cc}+$/u, 'expected no control characters'),
        password: z
          .string()
          .min(1)
          .max(1024)
          .regex(/^\P{Cc}+$/u, 'expected no control characters'),
        keep: z.enum(['session', 'stored']),
      }),
    )
    .output(z.object({ kept: z.enum(['session', 'keychain', 'vault']) })),
  /** Mailboxes are looked into through doveadm again. */
  forgetMaster: writes
    .errors(failures('NOT_FOUND', 'VAULT_LOCKED'))
    .input(z.object({ serverId: z.string() }))
    .output(z.object({ forgotten: z.boolean() })),
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
