import { z } from 'zod';
import { Text } from './text.ts';

/** A filter that knows preferences of single users. */
export const FilterName = z.enum(['SpamAssassin', 'rspamd']);
export type FilterName = z.infer<typeof FilterName>;

/** Scores that a filter can be told of. */
export const SCORES = { least: 0.1, most: 1000 } as const;

const sender = z
  .string()
  .min(3)
  .max(254)
  .regex(/^[^\s\p{Cc}]+$/u, 'expected an address or @domain');

/** What one user has of a filter that judges mail before it is delivered. */
export const FilterSettings = z.object({
  /** The score from which mail is spam for this user; null: the server's own. */
  threshold: z.number().min(SCORES.least).max(SCORES.most).nullable().default(null),
  /** Senders (address or @domain) whose mail is not spam. */
  allow: z.array(sender).max(500).default([]),
  /** Senders whose mail is. */
  deny: z.array(sender).max(500).default([]),
});
export type FilterSettings = z.infer<typeof FilterSettings>;

export const NO_FILTER: FilterSettings = { threshold: null, allow: [], deny: [] };

/** One user's preferences in a filter of this server, and where they are kept. */
export const UserFilter = z.object({
  name: FilterName,
  /** The file, or database and table. */
  place: z.string(),
  settings: FilterSettings,
  /** Lines of the same meaning that were written by hand: they count, and are left as they are. */
  byHand: z.array(z.string()),
  /** The server's own threshold; null: it does not tell. */
  usual: z.number().nullable(),
  /** Why it can only be shown; null: it can be set. */
  readOnly: Text.nullable(),
  /** What a person should know before setting it; null: nothing. */
  note: Text.nullable(),
});
export type UserFilter = z.infer<typeof UserFilter>;
