import { z } from 'zod';
import { Account } from './account.ts';
import { SieveSettings } from './sieve.ts';
import { Text } from './text.ts';

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

export const SieveScript = z.object({
  name: z.string(),
  active: z.boolean(),
  /** Written here and readable here; false: somebody's own, shown and left alone. */
  own: z.boolean(),
  text: z.string(),
});
export type SieveScript = z.infer<typeof SieveScript>;

/** One account as its own user has it. */
export const Mailbox = z.object({
  account: Account,
  sieve: z.discriminatedUnion('available', [
    z.object({
      available: z.literal(true),
      settings: SieveSettings,
      /** A script of the user's own that ours runs at its end; null: none. */
      previous: z.string().nullable(),
      scripts: z.array(SieveScript),
      /** Settings cannot be edited: our script was changed by hand. */
      changedByHand: z.boolean(),
    }),
    z.object({ available: z.literal(false), why: Text }),
  ]),
  folders: z.array(MailFolder),
  sessions: z.array(MailSession),
});
export type Mailbox = z.infer<typeof Mailbox>;
