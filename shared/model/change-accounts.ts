import { z } from 'zod';
import { AccountRequests } from './account.ts';
import { AliasRequests } from './alias.ts';
import { DomainRequests } from './domain.ts';

/** Every request that changes accounts, aliases or domains. */
export const DirectoryRequests = [
  ...AccountRequests,
  ...AliasRequests,
  ...DomainRequests,
  /** Takes back a change from its record on the server. Made by undo. */
  z.object({
    kind: z.literal('accounts.undo'),
    serverId: z.string(),
    changeId: z.string(),
    /** The record on the server that the change left. */
    record: z.string().max(64),
  }),
] as const;
export type AnyDirectoryRequest = z.infer<(typeof DirectoryRequests)[number]>;

/** What a change would replace, place by place. */
export const PlanDiff = z.object({
  /** File, or database and table. */
  place: z.string(),
  lines: z.array(z.object({ sign: z.enum(['-', '+']), text: z.string() })),
  /** Lines beyond those shown. */
  more: z.number().int(),
});
export type PlanDiff = z.infer<typeof PlanDiff>;
