/** Log sets, questions about them, and the live log of a server. Traces themselves are in trace.ts. */
import { z } from 'zod';
import { FailureData } from './failure.ts';
import { Text } from './text.ts';
import { RecipientStatus, Trace, TraceLine } from './trace.ts';

/** Name of a log set: it is also the name of a folder. */
export const SetName = z
  .string()
  .min(1)
  .max(100)
  .regex(/^[\p{L}\p{N}][\p{L}\p{N} ._@-]*$/u, 'expected letters, digits, spaces and ._@-, a letter or digit first');

/** What a question is asked of: a set of files, or the mirrored log of a server. */
export const LogSource = z.discriminatedUnion('from', [
  z.object({ from: z.literal('set'), name: SetName }),
  z.object({ from: z.literal('server'), serverId: z.string().min(1).max(100) }),
]);
export type LogSource = z.infer<typeof LogSource>;

export const LogSet = z.object({
  name: z.string(),
  /** `outdated`: made by another version of the index; it must be built again, see its `paths`. */
  state: z.enum(['ready', 'outdated']),
  created: z.string().nullable(),
  /** IANA zone of lines that name none. */
  zone: z.string().nullable(),
  /** Files in it, lines and bytes of log, bytes that the index takes on disk. */
  sources: z.number(),
  lines: z.number(),
  bytes: z.number(),
  diskBytes: z.number(),
  /** Times of the first and the last line. */
  first: z.string().nullable(),
  last: z.string().nullable(),
  /** What it was made from, as it was given; empty when that is not known. */
  paths: z.array(z.string()),
});
export type LogSet = z.infer<typeof LogSet>;

/** A file or folder of this computer that a typed path could become. */
export const PathOffer = z.object({ path: z.string(), folder: z.boolean() });
export type PathOffer = z.infer<typeof PathOffer>;

/** Whether the times in a log name their zone, by the beginnings of its files. */
export const ZoneFound = z.object({
  /** `unknown`: no beginning could be read, or none looks like a log's. */
  zone: z.enum(['named', 'none', 'unknown']),
  /** A line whose time names no zone; null unless `zone` is `none`. */
  sample: z.string().nullable(),
});
export type ZoneFound = z.infer<typeof ZoneFound>;

/** One file of a set. */
export const LogSourceFile = z.object({
  name: z.string(),
  lines: z.number(),
  bytes: z.number(),
  /** What was wrong with it, and how often: `long-line`, `truncated`, ...; in words by `troubleText`. */
  troubles: z.record(z.string(), z.number()),
});
export type LogSourceFile = z.infer<typeof LogSourceFile>;

/** How indexing ended. */
export const LogIndexed = LogSet.extend({
  /** Inputs that could not be read, and why. */
  refused: z.array(z.object({ path: z.string(), why: z.string() })),
  files: z.array(LogSourceFile),
});
export type LogIndexed = z.infer<typeof LogIndexed>;

const criterion = z.string().max(1000);

/** Which traces: all criteria at once. Addresses whole and in any case; `part`, `relay`, `reason` are fragments. */
export const LogFilter = z.object({
  /** Envelope sender; '' is the null sender. */
  from: criterion.optional(),
  /** Recipient, also the one before aliases. */
  to: criterion.optional(),
  /** Sender, recipient or login. */
  address: criterion.optional(),
  domain: criterion.optional(),
  part: criterion.optional(),
  /** Client address or CIDR block. */
  ip: criterion.optional(),
  login: criterion.optional(),
  queueId: criterion.optional(),
  messageId: criterion.optional(),
  relay: criterion.optional(),
  status: RecipientStatus.optional(),
  reason: criterion.optional(),
  minScore: z.number().optional(),
  maxScore: z.number().optional(),
  minSize: z.number().nonnegative().optional(),
  maxSize: z.number().nonnegative().optional(),
  /** true: with TLS; false: without; or a version such as TLSv1.3. */
  tls: z.union([z.boolean(), z.string().max(20)]).optional(),
  host: criterion.optional(),
  kind: z.enum(['message', 'reject', 'login', 'other']).optional(),
  /** Traces with a line at or after, at or before: ISO 8601. */
  since: z.iso.datetime({ offset: true }).optional(),
  until: z.iso.datetime({ offset: true }).optional(),
  /** A raw line of the trace holds this; case of ASCII letters is ignored. */
  text: criterion.min(1).optional(),
});
export type LogFilter = z.infer<typeof LogFilter>;

export const TraceSort = z.object({
  by: z.enum(['start', 'size', 'score', 'from', 'delay', 'attempts']),
  descending: z.boolean(),
});
export type TraceSort = z.infer<typeof TraceSort>;

export const TraceWindow = z.object({
  /** Traces that match. */
  total: z.number(),
  /** Grows when lines were added: windows of one generation belong together. */
  generation: z.number(),
  traces: z.array(Trace),
});
export type TraceWindow = z.infer<typeof TraceWindow>;

/** Where a mail is on its way. */
export const TraceStage = z.enum([
  'connect',
  'tls',
  'login',
  'policy',
  'refused',
  'accepted',
  'filter',
  'queue',
  'attempt',
  'mailbox',
  'notification',
  'done',
  'other',
]);
export type TraceStage = z.infer<typeof TraceStage>;

/** One thing that happened to a mail or session. */
export const TraceEvent = z.object({
  stage: TraceStage,
  time: z.string().nullable(),
  host: z.string().nullable(),
  program: z.string().nullable(),
  what: Text,
  queueId: z.string().nullable(),
  /** The recipient it is about. */
  to: z.string().nullable(),
  /** How an attempt or decision ended; null: nothing is decided by it. */
  outcome: RecipientStatus.nullable(),
  /** Seconds of a delivery attempt: before the queue manager, in it, connecting, sending (postconf(5) delay_logging). */
  delays: z.object({ before: z.number(), queue: z.number(), connect: z.number(), transfer: z.number() }).nullable(),
  /** Its raw line: place in `lines` of the story. */
  line: z.number().int(),
});
export type TraceEvent = z.infer<typeof TraceEvent>;

export const TraceStory = z.object({
  trace: Trace,
  events: z.array(TraceEvent),
  lines: z.array(TraceLine),
  /** Lines that the log holds beyond those shown. */
  linesLeftOut: z.number().int(),
});
export type TraceStory = z.infer<typeof TraceStory>;

export const LogReportKind = z.enum([
  'summary',
  'volume',
  'status',
  'sender',
  'sender-domain',
  'recipient',
  'recipient-domain',
  'ip',
  'login',
  'relay',
  'reason',
  'reject',
  'verdict',
  'tls',
  'delay',
  'greylisting',
  'auth-failure-ip',
  'auth-failure-login',
  'unusual-sender',
  'day',
  'hour',
  'connection',
  'problem',
  'deferral',
]);
export type LogReportKind = z.infer<typeof LogReportKind>;

/** A table: times are ISO 8601, sizes bytes, delays seconds. */
export const LogReport = z.object({
  by: LogReportKind,
  columns: z.array(z.string()),
  rows: z.array(z.array(z.union([z.string(), z.number()]))),
});
export type LogReport = z.infer<typeof LogReport>;

/** Fields that the index knows all values of. */
export const LogField = z.enum(['from', 'to', 'address', 'domain', 'ip', 'login', 'relay', 'reason', 'host', 'status']);
export type LogField = z.infer<typeof LogField>;

/** A value and how often it stands there. */
export const LogValue = z.object({ value: z.string(), count: z.number() });
export type LogValue = z.infer<typeof LogValue>;

/** How the mirror of a server's log stands. */
export const LiveState = z.object({
  serverId: z.string(),
  /** `off`: nobody follows it; what was mirrored stays. `retrying`: cut off, next try at `retryAt`. */
  state: z.enum(['off', 'starting', 'catching-up', 'live', 'retrying', 'failed']),
  /** The log's path on the server, or `journal`; null: not looked yet. */
  place: z.string().nullable(),
  /** Bytes on the server that are not here yet; null: not known. */
  behind: z.number().nullable(),
  /** What is mirrored. */
  lines: z.number(),
  bytes: z.number(),
  diskBytes: z.number(),
  first: z.string().nullable(),
  last: z.string().nullable(),
  /** Rotations followed since this console started. */
  rotations: z.number().int(),
  /** Stretches that could not be had, newest last. */
  gaps: z.array(z.object({ at: z.string(), what: Text })),
  failure: FailureData.nullable(),
  retryAt: z.string().nullable(),
});
export type LiveState = z.infer<typeof LiveState>;

/** A line of a tail, with the trace it belongs to; null: to none. */
export const LiveLine = TraceLine.extend({ trace: z.string().nullable() });
export type LiveLine = z.infer<typeof LiveLine>;

/** What a tail tells. */
export type LiveEvent =
  /** `next`: place of the line after these; a tail that begins there misses and doubles nothing. */
  | { kind: 'lines'; lines: LiveLine[]; next: number }
  /** Traces that new lines were added to, as they are now. */
  | { kind: 'traces'; traces: Trace[]; next: number }
  /** Its reader was so far behind that lines were left out here; they are in the index. */
  | { kind: 'skipped'; lines: number }
  | { kind: 'state'; state: LiveState };
