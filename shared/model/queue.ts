import { z } from 'zod';

/** Queues of postqueue(1), and corrupt (postsuper(1) moves unreadable files there). */
export const QueueName = z.enum(['maildrop', 'incoming', 'active', 'deferred', 'hold', 'corrupt']);
export type QueueName = z.infer<typeof QueueName>;

/** Short (hex, reused) and long (base 52) Postfix ids. Other families bring their own, of the same alphabet. */
export const QueueId = z.string().regex(/^[0-9A-Za-z]{4,64}$/, 'expected a queue id');

export const QueueRecipient = z.object({
  /** Envelope recipient, as the server wrote it. */
  address: z.string(),
  /** The remote side's or the queue manager's words; null: not tried yet. */
  reason: z.string().nullable(),
});
export type QueueRecipient = z.infer<typeof QueueRecipient>;

/** One message in a queue, as postqueue -j tells it. */
export const QueueMessage = z.object({
  id: QueueId,
  queue: QueueName,
  /** ISO 8601 with zone. With the id and the sender this tells apart two messages that were given the same id. */
  arrivalTime: z.string(),
  /** Bytes. */
  size: z.number().int().nonnegative(),
  /** Envelope sender; empty for the null sender of bounces (RFC 5321 4.5.5). */
  sender: z.string(),
  recipients: z.array(QueueRecipient),
  /** The administrator has expired it (postsuper -e or -f): it bounces at its next delivery attempt. */
  forcedExpire: z.boolean(),
  /** SASL login that submitted it; null: none, or not read yet. */
  login: z.string().nullable(),
});
export type QueueMessage = z.infer<typeof QueueMessage>;

/** Words to look for. None at all would be found in every message: a script's empty variable would choose them all. */
const wanted = (max: number) =>
  z
    .string()
    .max(max)
    .refine((words) => words.trim() !== '', { message: 'expected something to look for (<> for the null sender)' });

/**
 * Which messages. Fields are joined by and. Address fields take an exact address, `@domain`, `local@`,
 * `<>` for the null sender, a pattern with `*`, or (without any of those marks) a fragment; case does not matter.
 * `=ADDRESS` is that address to the letter: a stranger may well send as `*@example.org`.
 */
const QueueFields = z.object({
  queue: z.array(QueueName).optional(),
  sender: wanted(512).optional(),
  recipient: wanted(512).optional(),
  /** A fragment of the reason of any recipient. */
  reason: wanted(1024).optional(),
  /** The cluster of reasons a message belongs to: QueueGroup.key of a summary by reason. */
  reasonKey: z.string().max(1024).optional(),
  login: wanted(512).optional(),
  /** Any field: id, sender, recipients, reasons. */
  text: wanted(1024).optional(),
  /** Seconds since arrival, at least. */
  olderThan: z.number().nonnegative().optional(),
  /** Seconds since arrival, at most. */
  newerThan: z.number().nonnegative().optional(),
  /** Bytes, at least. */
  minSize: z.number().int().nonnegative().optional(),
  /** Bytes, at most. */
  maxSize: z.number().int().nonnegative().optional(),
});

/** Messages to leave out: those that any of these match. One that asks for nothing would leave out everything. */
const Without = z
  .array(
    QueueFields.refine((fields) => Object.values(fields).some((value) => value !== undefined), {
      message: 'expected something to leave out',
    }),
  )
  .max(50);

export const QueueFilter = QueueFields.extend({ without: Without.optional() });
export type QueueFilter = z.infer<typeof QueueFilter>;

export const QueueSortField = z.enum(['arrivalTime', 'size', 'sender', 'recipient', 'reason', 'queue', 'id']);
export const QueueSort = z.object({ field: QueueSortField, descending: z.boolean().default(false) });
export type QueueSort = z.infer<typeof QueueSort>;

export const QueueGroupBy = z.enum(['sender', 'sender-domain', 'recipient-domain', 'reason', 'age', 'login', 'queue']);
export type QueueGroupBy = z.infer<typeof QueueGroupBy>;

export const QueueGroup = z.object({
  /** What the group is: an address, a domain, a normalised reason, an age bucket (`1h`), a queue. */
  key: z.string(),
  /** Enhanced status code (RFC 3463) or reply code the group's reasons share; null: none or not by reason. */
  code: z.string().nullable(),
  count: z.number().int(),
  /** Bytes. */
  size: z.number().int(),
  /** ISO 8601; arrival of the oldest message. */
  oldest: z.string(),
  /** An unshortened reason of one of its messages; null unless grouped by reason. */
  sample: z.string().nullable(),
});
export type QueueGroup = z.infer<typeof QueueGroup>;

/** One reading of a server's queue. The page shows its age; rows are a view of it. */
export const QueueReading = z.object({
  serverId: z.string(),
  /** Grows with each reading. 0: none yet. */
  generation: z.number().int(),
  state: z.enum(['none', 'reading', 'complete', 'cut-short', 'failed']),
  /** Messages read so far. */
  read: z.number().int(),
  /** About how many to expect, from the last reading; null: not known. */
  expected: z.number().int().nullable(),
  startedAt: z.string().nullable(),
  endedAt: z.string().nullable(),
  /** Milliseconds the reading took, or has taken. */
  ms: z.number(),
  /** What was asked of the server, for the status bar. */
  command: z.string(),
  counts: z.record(z.string(), z.number().int()),
  /** Bytes. */
  size: z.number().int(),
});
export type QueueReading = z.infer<typeof QueueReading>;

/** A row of the grid: a message, or the head of a group. */
export const QueueRow = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('message'), message: QueueMessage }),
  z.object({ kind: z.literal('group'), group: QueueGroup, collapsed: z.boolean() }),
]);
export type QueueRow = z.infer<typeof QueueRow>;

export const QueueWindow = z.object({
  generation: z.number().int(),
  rows: z.array(QueueRow),
  offset: z.number().int(),
  /** Rows in the whole view, group heads included, collapsed groups' messages not. */
  totalRows: z.number().int(),
  /** Messages that match the filter, and their bytes. */
  matched: z.number().int(),
  matchedSize: z.number().int(),
  /** Messages in the queue. */
  total: z.number().int(),
});
export type QueueWindow = z.infer<typeof QueueWindow>;

export const MessageHeader = z.object({ name: z.string(), value: z.string() });

export const MessageAttachment = z.object({
  filename: z.string().nullable(),
  mimeType: z.string(),
  size: z.number().int(),
  disposition: z.string().nullable(),
});

/** One queued message, opened. Everything in it was written by a stranger: it is shown as text, never run or loaded. */
export const QueueMessageDetail = z.object({
  message: QueueMessage,
  envelope: z.object({
    /** Client that handed it in; null: not recorded (local submission). */
    clientAddress: z.string().nullable(),
    clientName: z.string().nullable(),
    helo: z.string().nullable(),
    protocol: z.string().nullable(),
    login: z.string().nullable(),
    /** Recipient before alias expansion, for each final recipient that differs. */
    originalRecipients: z.record(z.string(), z.string()),
    /** Every other envelope record, as name and value. */
    records: z.array(MessageHeader),
  }),
  subject: z.string().nullable(),
  headers: z.array(MessageHeader),
  /** Decoded text/plain; null: none. */
  text: z.string().nullable(),
  /** Decoded text/html source, for showing as inert text; null: none. */
  html: z.string().nullable(),
  attachments: z.array(MessageAttachment),
  /** Bytes of the raw source, and how many of them were read to decode it. */
  rawSize: z.number().int(),
  readBytes: z.number().int(),
  /** The message is longer than the console reads to show it: body and attachments may be cut. */
  truncated: z.boolean(),
});
export type QueueMessageDetail = z.infer<typeof QueueMessageDetail>;

/** Which messages a change acts on. `all` needs its own word, so that an empty filter never means everything. */
export const QueueTarget = z.discriminatedUnion('by', [
  z.object({
    by: z.literal('ids'),
    ids: z.array(QueueId).min(1).max(500_000),
    /** Of these ids, what is left out. */
    without: Without.optional(),
  }),
  z.object({
    by: z.literal('filter'),
    filter: QueueFilter.refine((f) => Object.values(f).some((v) => v !== undefined), {
      message: 'an empty filter: say all',
    }),
    except: z.array(QueueId).max(100_000).default([]),
  }),
  z.object({
    by: z.literal('all'),
    except: z.array(QueueId).max(100_000).default([]),
    without: Without.optional(),
  }),
]);
export type QueueTarget = z.infer<typeof QueueTarget>;

/** One sample of a queue's levels, kept at each complete reading. */
export const QueueLevel = z.object({
  at: z.string(),
  active: z.number().int(),
  deferred: z.number().int(),
  hold: z.number().int(),
  incoming: z.number().int(),
});
export type QueueLevel = z.infer<typeof QueueLevel>;
