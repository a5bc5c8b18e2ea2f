import { z } from 'zod';

/** Text of a rule or an autoresponder: sizes that fit a Sieve script of 1 MiB with room to spare. */
const line = (max: number) =>
  z
    .string()
    .max(max)
    .regex(/^\P{Cc}*$/u, 'expected no control characters');
const body = z
  .string()
  .max(16_384)
  .refine((value) => !value.includes('\0'), 'expected no NUL');

const day = z.string().regex(/^\d{4}-\d{2}-\d{2}$/, 'expected a date like 2027-01-31');

export const SieveForward = z.object({
  to: z.array(line(254).min(3)).min(1).max(50),
  /** Also keep each message here. */
  keep: z.boolean().default(true),
});
export type SieveForward = z.infer<typeof SieveForward>;

/** RFC 5230, with dates of RFC 5260. */
export const SieveVacation = z.object({
  subject: line(255).min(1),
  text: body.min(1),
  /** First and last day it answers, in the server's time zone; null: open. */
  from: day.nullable().default(null),
  until: day.nullable().default(null),
  /** A sender is answered once in this many days. */
  days: z.number().int().min(1).max(365).default(7),
  /** Further addresses of this mailbox that mail may be addressed to; RFC 5230 4.5 answers no other mail. */
  addresses: z.array(line(254).min(3)).max(50).default([]),
});
export type SieveVacation = z.infer<typeof SieveVacation>;

export const SieveTest = z.object({
  field: z.enum(['from', 'to', 'subject']),
  op: z.enum(['is', 'contains', 'matches']),
  value: line(512).min(1),
});
export type SieveTest = z.infer<typeof SieveTest>;

export const SieveAction = z.discriminatedUnion('type', [
  z.object({ type: z.literal('folder'), folder: line(200).min(1) }),
  z.object({ type: z.literal('forward'), to: line(254).min(3), keep: z.boolean() }),
  z.object({ type: z.literal('discard') }),
  z.object({ type: z.literal('keep') }),
]);
export type SieveAction = z.infer<typeof SieveAction>;

/** One sorting rule. The first that matches decides. */
export const SieveRule = z.object({
  name: line(100).min(1),
  enabled: z.boolean().default(true),
  match: z.enum(['all', 'any']).default('all'),
  tests: z.array(SieveTest).min(1).max(20),
  action: SieveAction,
});
export type SieveRule = z.infer<typeof SieveRule>;

/** Stars of X-Spam-Level at most: filters write no more than this many. */
export const MAX_SPAM_LEVEL = 50;

/** Mail whose spam score reaches the user's own threshold. Senders let in by name are not judged. */
export const SieveSpam = z.object({
  /** The score, in whole points: filters write it as so many stars into X-Spam-Level. */
  level: z.number().int().min(1).max(MAX_SPAM_LEVEL),
  /** Where it goes; null: thrown away without an answer. */
  folder: line(200).min(1).nullable(),
});
export type SieveSpam = z.infer<typeof SieveSpam>;

/** What a user's own panel would offer, kept as one Sieve script (RFC 5228) of our own. */
export const SieveSettings = z.object({
  forward: SieveForward.nullable().default(null),
  vacation: SieveVacation.nullable().default(null),
  /** Senders (address or @domain) whose mail always stays in the inbox, before any rule. */
  allow: z.array(line(254).min(3)).max(500).default([]),
  /** Senders whose mail is thrown away without an answer. */
  deny: z.array(line(254).min(3)).max(500).default([]),
  /** The user's own spam threshold; null: the server's alone. */
  spam: SieveSpam.nullable().default(null),
  /** A short notice of each new message goes here; null: none. */
  notify: line(254).min(3).nullable().default(null),
  /** A program of the server's sieve_pipe_bin_dir gets each new message on its standard input; null: none. */
  hook: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'expected the name of a program, without a path')
    .nullable()
    .default(null),
  rules: z.array(SieveRule).max(100).default([]),
});
export type SieveSettings = z.infer<typeof SieveSettings>;

export const NO_SIEVE: SieveSettings = {
  forward: null,
  vacation: null,
  allow: [],
  deny: [],
  spam: null,
  notify: null,
  hook: null,
  rules: [],
};
