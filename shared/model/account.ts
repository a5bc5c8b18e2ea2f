import { z } from 'zod';
import { SieveSettings } from './sieve.ts';
import { Text } from './text.ts';
import { FilterName, FilterSettings } from './user-filter.ts';

/** Where an account is kept. */
export const AccountBackend = z.enum(['passwd-file', 'sql', 'system']);
export type AccountBackend = z.infer<typeof AccountBackend>;

/** What is refused for an account. */
export const AccountBlocks = z.object({
  /** No login by IMAP, POP3, ManageSieve or for submission. */
  login: z.boolean(),
  /** Mail with this envelope sender is refused. */
  sending: z.boolean(),
  /** Mail to this address is refused at SMTP. */
  receiving: z.boolean(),
});
export type AccountBlocks = z.infer<typeof AccountBlocks>;

export const Account = z.object({
  /** What the list calls it; for a system user the login at the server's own domain. */
  address: z.string(),
  /** What is typed to log in. */
  login: z.string(),
  domain: z.string(),
  /** Display name; null: none, or nowhere to keep one. */
  name: z.string().nullable(),
  backend: AccountBackend,
  /** Bytes; null: no limit of its own. */
  quota: z.number().nullable(),
  /** Bytes; null: not read, or the server does not count. */
  used: z.number().nullable(),
  messages: z.number().int().nullable(),
  /** used of quota, 0 and up; null when either is not known. */
  share: z.number().nullable(),
  /** ISO 8601; null: not known. */
  lastLogin: z.string().nullable(),
  blocks: AccountBlocks,
  blocked: z.boolean(),
  /** Last day it is meant for; null: no end. */
  expires: z.string().nullable(),
  expired: z.boolean(),
  /** Home directory as the server resolves it; null: not known. */
  home: z.string().nullable(),
});
export type Account = z.infer<typeof Account>;

export const AccountFilter = z.object({
  domain: z.string().max(255).optional(),
  /** A fragment of name or address. */
  text: z.string().max(255).optional(),
  blocked: z.boolean().optional(),
  /** used is at or past the quota. */
  overQuota: z.boolean().optional(),
  /** used is at 90 % of the quota or more. */
  nearQuota: z.boolean().optional(),
  expired: z.boolean().optional(),
  /** No login known since this many days. Accounts whose last login is not known are left out. */
  unusedDays: z.number().int().min(1).max(36_500).optional(),
});
export type AccountFilter = z.infer<typeof AccountFilter>;

export const AccountSortField = z.enum(['address', 'name', 'domain', 'used', 'quota', 'share', 'lastLogin', 'expires']);
export const AccountSort = z.object({ field: AccountSortField, descending: z.boolean().default(false) });
export type AccountSort = z.infer<typeof AccountSort>;

/** What an expiry date does to its account once it has passed. */
export const ExpiryEnforcement = z.object({
  /**
   * system: the login itself is refused, by PAM with shadow(5) or by a date in the password query. job: a daily job on the server locks the account (accounts.expiry).
   * marked: nothing does, the console only shows it. none: this server keeps no expiry dates.
   */
  by: z.enum(['system', 'job', 'marked', 'none']),
  /** accounts.expiry can switch the daily job on or off here. */
  able: z.boolean(),
  /** What runs the job, or why it cannot be had; null: nothing to say. */
  why: Text.nullable(),
});
export type ExpiryEnforcement = z.infer<typeof ExpiryEnforcement>;

/** What can be written where accounts live, and why not where it cannot. */
export const AccountAbilities = z.object({
  backend: AccountBackend,
  /** The file, or database and table. */
  place: z.string(),
  add: z.boolean(),
  password: z.boolean(),
  quota: z.boolean(),
  name: z.boolean(),
  expires: z.boolean(),
  block: z.boolean(),
  blockSending: z.boolean(),
  blockReceiving: z.boolean(),
  delete: z.boolean(),
  rename: z.boolean(),
  /** The server keeps times of last logins. */
  lastLogin: z.boolean(),
  expiry: ExpiryEnforcement,
  /** Why some of these are not possible; empty when all are. */
  why: z.array(Text),
});
export type AccountAbilities = z.infer<typeof AccountAbilities>;

const address = z.string().min(1).max(254);

/** A new account. Its password is never here: see accounts.prepare. */
export const NewAccount = z.object({
  address,
  name: z.string().max(255).nullable().default(null),
  /** Bytes; null: no limit. */
  quota: z.number().int().positive().nullable().default(null),
  expires: z.string().max(10).nullable().default(null),
});
export type NewAccount = z.infer<typeof NewAccount>;

/** Which accounts: by address, a whole domain, or every account of the server. */
export const AccountTarget = z.discriminatedUnion('by', [
  z.object({ by: z.literal('addresses'), addresses: z.array(address).min(1).max(100_000) }),
  z.object({ by: z.literal('domain'), domain: z.string().min(1).max(255) }),
  z.object({ by: z.literal('all') }),
]);
export type AccountTarget = z.infer<typeof AccountTarget>;

/** What becomes of the mail of a deleted account. */
export const MailFate = z.enum(['keep', 'aside', 'remove']);
export type MailFate = z.infer<typeof MailFate>;

/** Rows of one bulk change at most: plan, diff and undo are held in memory as one. */
export const MAX_BULK = 20_000;

const serverId = z.string();
/** Passwords kept in the console's memory under this id by accounts.prepare; never written into a change. */
const secretId = z.string().max(64);

export const AccountRequests = [
  z.object({ kind: z.literal('accounts.add'), serverId, accounts: z.array(NewAccount).min(1).max(MAX_BULK), secretId }),
  z.object({
    kind: z.literal('accounts.edit'),
    serverId,
    target: AccountTarget,
    name: z.string().max(255).nullable().optional(),
    quota: z.number().int().positive().nullable().optional(),
    expires: z.string().max(10).nullable().optional(),
    /** Set the passwords prepared under this id. */
    secretId: secretId.optional(),
  }),
  z.object({
    kind: z.literal('accounts.block'),
    serverId,
    target: AccountTarget,
    sending: z.boolean().default(false),
    receiving: z.boolean().default(false),
  }),
  z.object({ kind: z.literal('accounts.unblock'), serverId, target: AccountTarget }),
  z.object({
    kind: z.literal('accounts.delete'),
    serverId,
    target: AccountTarget,
    mail: MailFate.default('aside'),
  }),
  z.object({
    kind: z.literal('accounts.rename'),
    serverId,
    address,
    to: address,
    /** Leave an alias from the old address to the new one. */
    alias: z.boolean().default(true),
  }),
  /**
   * Switches the daily job on the server that locks accounts whose last day is over, or takes it away. Switching it on
   * locks those that have expired already.
   */
  z.object({ kind: z.literal('accounts.expiry'), serverId, on: z.boolean() }),
  z.object({ kind: z.literal('accounts.sieve'), serverId, address, settings: SieveSettings }),
  /** Preferences of one user in the server's own filter. */
  z.object({
    kind: z.literal('accounts.filter'),
    serverId,
    address,
    filter: FilterName,
    settings: FilterSettings,
  }),
] as const;
export type AccountRequest = z.infer<(typeof AccountRequests)[number]>;
