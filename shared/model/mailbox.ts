import { z } from 'zod';
import { Account } from './account.ts';
import { QueueMessageDetail } from './queue.ts';
import { SieveSettings } from './sieve.ts';
import { Text } from './text.ts';
import { UserFilter } from './user-filter.ts';

export const MailFolder = z.object({
  name: z.string(),
  messages: z.number().int(),
  unseen: z.number().int(),
  /** Bytes as clients see them; null: not counted. */
  size: z.number().nullable(),
});
export type MailFolder = z.infer<typeof MailFolder>;

export const MailSession = z.object({ service: z.string(), ips: z.array(z.string()), connections: z.number().int() });
export type MailSession = z.infer<typeof MailSession>;

/** A message in a folder, as a list shows it. Everything in it was written by a stranger. */
export const MailItem = z.object({
  /** Its number in the folder (RFC 3501 2.3.1.1): stays, and is not used again. */
  uid: z.number().int().positive(),
  /** When the server took it, ISO 8601. */
  received: z.string(),
  from: z.string(),
  to: z.string(),
  subject: z.string(),
  /** Bytes. */
  size: z.number().int(),
  /** As the server keeps them, such as `\Seen` and `$Junk`. */
  flags: z.array(z.string()),
});
export type MailItem = z.infer<typeof MailItem>;

/** A window of a folder, newest first. */
export const MailPage = z.object({
  folder: z.string(),
  /** Messages in the folder, and how many the search leaves. */
  total: z.number().int(),
  matching: z.number().int(),
  items: z.array(MailItem),
});
export type MailPage = z.infer<typeof MailPage>;

/** How mailboxes of a server are looked into. */
export const MailWay = z.object({
  /** doveadm: as root on the server. imap: logged in as the user by way of a master user. */
  by: z.enum(['doveadm', 'imap']),
  /** The master user that is known here; null: none. */
  user: z.string().nullable(),
  /** Why the server has no master users; null: it has. */
  why: Text.nullable(),
});
export type MailWay = z.infer<typeof MailWay>;

/** A message, decoded; see QueueMessageDetail. */
export const MailContent = QueueMessageDetail.omit({ message: true, envelope: true });
export type MailContent = z.infer<typeof MailContent>;

/** Name of a folder, and a number in it. */
export const FolderName = z.string().min(1).max(1024);
export const MailUid = z.number().int().min(1).max(0xff_ff_ff_ff);

export const SieveScript = z.object({
  name: z.string(),
  active: z.boolean(),
  /** Written here and readable here; false: somebody's own, shown and left alone. */
  own: z.boolean(),
  text: z.string(),
});
export type SieveScript = z.infer<typeof SieveScript>;

/** What this server lets a user's script do beyond the base, and why not where it does not. */
export const SieveOffers = z.object({
  /** A filter writes its score into mail. */
  spam: z.discriminatedUnion('available', [
    z.object({
      available: z.literal(true),
      by: z.string(),
      /** Score at which the server refuses mail for everybody; null: it does not say. */
      refusedAt: z.number().nullable(),
    }),
    z.object({ available: z.literal(false), why: Text }),
  ]),
  notify: z.discriminatedUnion('available', [
    z.object({ available: z.literal(true) }),
    z.object({ available: z.literal(false), why: Text }),
  ]),
  /** Programs that a script may run for a new message. */
  hooks: z.discriminatedUnion('available', [
    z.object({ available: z.literal(true), folder: z.string(), programs: z.array(z.string()) }),
    z.object({ available: z.literal(false), why: Text }),
  ]),
});
export type SieveOffers = z.infer<typeof SieveOffers>;

/** One account as its own user has it. */
export const Mailbox = z.object({
  account: Account,
  sieve: z.discriminatedUnion('available', [
    z.object({
      available: z.literal(true),
      settings: SieveSettings,
      offers: SieveOffers,
      /** A script of the user's own that ours runs at its end; null: none. */
      previous: z.string().nullable(),
      scripts: z.array(SieveScript),
      /** Settings cannot be edited: our script was changed by hand. */
      changedByHand: z.boolean(),
    }),
    z.object({ available: z.literal(false), why: Text }),
  ]),
  /** Filters of this server that keep preferences of this user; empty: none does. */
  filters: z.array(UserFilter),
  folders: z.array(MailFolder),
  sessions: z.array(MailSession),
  /** Messages can be looked at from here. */
  readable: z.boolean(),
});
export type Mailbox = z.infer<typeof Mailbox>;
