import { z } from 'zod';
import { MailFate } from './account.ts';

export const MailDomain = z.object({
  domain: z.string(),
  active: z.boolean(),
  accounts: z.number().int(),
  blocked: z.number().int(),
  aliases: z.number().int(),
  /** Aliases whose every target is here. */
  localAliases: z.number().int(),
  /** Bytes of all its accounts that were counted; null: none was. */
  used: z.number().nullable(),
  /** DKIM keys (RFC 6376) found on the server for it, by path. Their records in DNS are not looked at. */
  dkim: z.array(z.string()),
  /** The file, table or setting it stands in. */
  source: z.string(),
  editable: z.boolean(),
});
export type MailDomain = z.infer<typeof MailDomain>;

const serverId = z.string();
const domain = z.string().min(1).max(255);
export const DomainRequests = [
  z.object({ kind: z.literal('domains.add'), serverId, domain }),
  /** With its accounts and aliases. */
  z.object({ kind: z.literal('domains.delete'), serverId, domain, mail: MailFate.default('aside') }),
] as const;
export type DomainRequest = z.infer<(typeof DomainRequests)[number]>;
