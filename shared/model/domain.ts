import { z } from 'zod';
import { MailFate } from './account.ts';
import { Text } from './text.ts';

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
  /**
   * Set for an alias domain: mail to anybody@domain goes to the same name at this domain. It has no accounts of its own.
   * null: a domain of its own.
   */
  aliasOf: z.string().nullable(),
  /**
   * The IP address its mail leaves from, where it has one of its own, or one of each family with a comma between, IPv4
   * first (outgoingIps); null: the server's default, see Outgoing.
   */
  outgoing: z.string().nullable(),
  /** The file, table or setting it stands in. */
  source: z.string(),
  editable: z.boolean(),
});
export type MailDomain = z.infer<typeof MailDomain>;

/** An address of the server that outgoing mail may be bound to. */
export const OutgoingAddress = z.object({
  ip: z.string(),
  interface: z.string(),
  /** Its name in DNS as the server resolves it (PTR): many receivers refuse mail from an address without one. null: none. */
  name: z.string().nullable(),
});
export type OutgoingAddress = z.infer<typeof OutgoingAddress>;

/** Where mail leaves from, for senders whose domain has no address of its own; and what may be chosen. */
export const Outgoing = z.object({
  /** Addresses the host really has, loopback and link-local ones left out. Only these are taken by domains.outgoing. */
  addresses: z.array(OutgoingAddress),
  /** The address set as default, or one of each family as in MailDomain; null: none is set, the kernel's routing chooses. */
  default: z.string().nullable(),
});
export type Outgoing = z.infer<typeof Outgoing>;

/** What can be written about domains, and why not where it cannot. */
export const DomainAbilities = z.object({
  add: z.boolean(),
  /** domains.alias. */
  alias: z.boolean(),
  /** domains.outgoing with a domain. */
  outgoing: z.boolean(),
  /** domains.outgoing with `domain: null`. */
  outgoingDefault: z.boolean(),
  /** Why some of these are not possible; empty when all are. */
  why: z.array(Text),
});
export type DomainAbilities = z.infer<typeof DomainAbilities>;

/** The addresses that an outgoing setting names: none, one, or one of each family. */
export const outgoingIps = (value: string | null): string[] =>
  (value ?? '')
    .split(',')
    .map((ip) => ip.trim().toLowerCase())
    .filter((ip) => ip !== '');

const serverId = z.string();
const domain = z.string().min(1).max(255);
export const DomainRequests = [
  z.object({ kind: z.literal('domains.add'), serverId, domain }),
  /** With its accounts and aliases. Of an alias domain: only itself; its mail is its target's. */
  z.object({ kind: z.literal('domains.delete'), serverId, domain, mail: MailFate.default('aside') }),
  /** Takes mail for `domain` and leads all of it to the same names at `to`, a domain the server takes mail for. */
  z.object({ kind: z.literal('domains.alias'), serverId, domain, to: domain }),
  /**
   * The IP address mail leaves from, by the domain of its envelope sender. BAD_INPUT for an address the host does not
   * have (see Outgoing.addresses).
   */
  z.object({
    kind: z.literal('domains.outgoing'),
    serverId,
    /** null: the server's default, for senders of all domains that have none of their own. */
    domain: domain.nullable(),
    /** One, or one of each family with a comma between. null: takes the setting away. */
    ip: z.string().max(92).nullable(),
  }),
] as const;
export type DomainRequest = z.infer<(typeof DomainRequests)[number]>;
