/**
 * Traces: what the log index says about a message, a refusal, a login. The JSON of `postdeck logs traces`, word for
 * word: unknown values are null, never guessed.
 */
import { z } from 'zod';
import { Text } from './text.ts';

export const RecipientStatus = z.enum([
  'sent',
  'deferred',
  'bounced',
  'expired',
  'rejected',
  'greylisted',
  'discarded',
  'held',
]);
export type RecipientStatus = z.infer<typeof RecipientStatus>;

export const TraceRecipient = z.object({
  to: z.string(),
  /** The address before aliases. */
  originalTo: z.string().nullable(),
  /** The last word on this recipient; null while nothing was tried. */
  status: RecipientStatus.nullable(),
  dsn: z.string().nullable(),
  relay: z.string().nullable(),
  /** What the other side said, as it said it. */
  reply: z.string().nullable(),
  attempts: z.number(),
  time: z.string().nullable(),
});
export type TraceRecipient = z.infer<typeof TraceRecipient>;

export const Verdict = z.object({
  engine: z.string(),
  action: z.string().nullable(),
  score: z.number().nullable(),
});
export type Verdict = z.infer<typeof Verdict>;

export const MessageTrace = z.object({
  id: z.string(),
  kind: z.literal('message'),
  origin: z.enum(['inbound', 'submission', 'local', 'notification', 'forward']),
  host: z.string().nullable(),
  start: z.string(),
  end: z.string(),
  /** False when the log does not hold the beginning or the end. */
  complete: z.boolean(),
  queueIds: z.array(z.object({ id: z.string(), role: z.enum(['in', 'after-filter', 'notification', 'forward']) })),
  messageId: z.string().nullable(),
  clientIp: z.string().nullable(),
  clientName: z.string().nullable(),
  helo: z.string().nullable(),
  login: z.string().nullable(),
  tls: z.string().nullable(),
  /** Envelope sender; '' is the null sender of notifications. */
  from: z.string().nullable(),
  /** Bytes, as the queue manager of the last queue id counts them. */
  size: z.number().nullable(),
  recipients: z.array(TraceRecipient),
  verdict: Verdict.nullable(),
  /** Trace ids: the message this one was made for, those made for it, earlier greylisted attempts. */
  parent: z.string().nullable(),
  children: z.array(z.string()),
  prior: z.array(z.string()),
  explanation: Text,
});
export type MessageTrace = z.infer<typeof MessageTrace>;

export const RejectTrace = z.object({
  id: z.string(),
  kind: z.literal('reject'),
  /** What refused: `relay`, `unknown-user`, `dnsbl`, `greylist`, `helo`, `sender`, `client`, `postscreen` ... */
  by: z.string(),
  host: z.string().nullable(),
  start: z.string(),
  clientIp: z.string().nullable(),
  clientName: z.string().nullable(),
  helo: z.string().nullable(),
  from: z.string().nullable(),
  to: z.string().nullable(),
  code: z.number().nullable(),
  dsn: z.string().nullable(),
  reason: z.string().nullable(),
  explanation: Text,
});
export type RejectTrace = z.infer<typeof RejectTrace>;

export const LoginTrace = z.object({
  id: z.string(),
  kind: z.literal('login'),
  protocol: z.string(),
  ok: z.boolean(),
  host: z.string().nullable(),
  start: z.string(),
  /** Null while the session lasts, or when its end is not in the log. */
  end: z.string().nullable(),
  clientIp: z.string().nullable(),
  user: z.string().nullable(),
  session: z.string().nullable(),
});
export type LoginTrace = z.infer<typeof LoginTrace>;

export const OtherTrace = z.object({
  id: z.string(),
  kind: z.enum(['probe', 'session', 'ban', 'update', 'account', 'delivery', 'scan']),
  by: z.string(),
  host: z.string().nullable(),
  start: z.string(),
  clientIp: z.string().nullable(),
  reason: z.string().nullable(),
});
export type OtherTrace = z.infer<typeof OtherTrace>;

export const Trace = z.discriminatedUnion('kind', [MessageTrace, RejectTrace, LoginTrace, OtherTrace]);
export type Trace = z.infer<typeof Trace>;

/** One raw line of a trace. */
export const TraceLine = z.object({
  file: z.string(),
  /** Number in the file, from 1, and its offset in bytes. */
  line: z.number(),
  offset: z.number(),
  time: z.string().nullable(),
  program: z.string().nullable(),
  text: z.string(),
});
export type TraceLine = z.infer<typeof TraceLine>;
