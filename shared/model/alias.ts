import { z } from 'zod';
import { MAX_BULK } from './account.ts';

/** Where an alias sends mail, in one word for the list. */
export const AliasKind = z.enum(['local', 'external', 'mixed', 'catch-all', 'program']);
export type AliasKind = z.infer<typeof AliasKind>;

export const Alias = z.object({
  /** Address, `@domain` for a catch-all, or a bare name of the server's alias file. */
  name: z.string(),
  domain: z.string(),
  targets: z.array(z.string()),
  enabled: z.boolean(),
  kind: AliasKind,
  /** loop: comes back to itself. dead-end: a local target that nobody has. null: neither found. */
  problem: z.enum(['loop', 'dead-end']).nullable(),
  /** The file or table it stands in. */
  source: z.string(),
  editable: z.boolean(),
});
export type Alias = z.infer<typeof Alias>;

export const AliasFilter = z.object({
  domain: z.string().max(255).optional(),
  /** A fragment of name or target. */
  text: z.string().max(255).optional(),
  kind: AliasKind.optional(),
  /** Only loops and dead ends. */
  problems: z.boolean().optional(),
  enabled: z.boolean().optional(),
});
export type AliasFilter = z.infer<typeof AliasFilter>;

const name = z.string().min(1).max(254);
export const NewAlias = z.object({ name, targets: z.array(z.string().min(1).max(1024)).min(1).max(1000) });
export type NewAlias = z.infer<typeof NewAlias>;

const serverId = z.string();
export const AliasRequests = [
  z.object({ kind: z.literal('aliases.add'), serverId, aliases: z.array(NewAlias).min(1).max(MAX_BULK) }),
  z.object({ kind: z.literal('aliases.edit'), serverId, alias: NewAlias }),
  z.object({
    kind: z.literal('aliases.enable'),
    serverId,
    names: z.array(name).min(1).max(MAX_BULK),
    enabled: z.boolean(),
  }),
  z.object({ kind: z.literal('aliases.delete'), serverId, names: z.array(name).min(1).max(MAX_BULK) }),
] as const;
export type AliasRequest = z.infer<(typeof AliasRequests)[number]>;

/** A step of the way a message to an address takes, as the server's own tables answer. */
export const RouteStep = z.object({
  address: z.string(),
  /** 0: the address asked about. */
  depth: z.number().int(),
  /** alias, catch-all, alias-domain: goes on to `to`. mailbox: ends in an account. local: alias file or system user. relay: another host. unknown: refused. */
  kind: z.enum([
    'alias',
    'catch-all',
    'alias-domain',
    'forward',
    'mailbox',
    'local',
    'relay',
    'program',
    'unknown',
    'loop',
  ]),
  to: z.array(z.string()),
  /** The table that answered, or the transport. */
  by: z.string(),
  /** mailbox, local and relay: how Postfix hands the message over. */
  via: z
    .object({
      /** As in master.cf: smtp, lmtp, virtual, local … */
      transport: z.string(),
      /** Host, socket or domain it is handed to; null: the transport knows. */
      nexthop: z.string().nullable(),
      /** IP address it leaves from, where one is set; null: the kernel's routing chooses, or it does not leave. */
      outgoing: z.string().nullable(),
      /** Parameter or table that says so. */
      by: z.string(),
    })
    .optional(),
});
export type RouteStep = z.infer<typeof RouteStep>;
