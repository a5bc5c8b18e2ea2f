import { eventIterator, type } from '@orpc/contract';
import { z } from 'zod';
import { Job } from '../model/job.ts';
import {
  LiveState,
  LogField,
  LogFilter,
  LogIndexed,
  LogReport,
  LogReportKind,
  LogSet,
  LogSource,
  LogValue,
  PathOffer,
  SetName,
  TraceSort,
  TraceStory,
  TraceWindow,
  ZoneFound,
  type LiveEvent,
} from '../model/log.ts';
import type { TraceLine } from '../model/trace.ts';
import { failures, ON_SERVER } from './errors.ts';
import type { Batch } from './flow.ts';
import { reads, writes } from './method.ts';

const ofLog = z.object({ source: LogSource });
const onServer = z.object({ serverId: z.string() });
const view = ofLog.extend({ filter: LogFilter.default({}) });
/** Of a set: there is none, or its format is older. Of a server: it was never mirrored. */
const asked = failures('NOT_FOUND', 'UNSAFE', 'UNSUPPORTED');

/** Bytes of one part of an upload, before base64: a socket takes 8 MiB, eight parts are on the way at most. */
export const UPLOAD_PART = 512 * 1024;

export const logs = {
  /** Every set of files; those of servers are told by `liveState`. */
  sets: reads.errors(failures()).output(z.array(LogSet)),
  /** One set and its files. */
  set: reads
    .errors(asked)
    .input(z.object({ name: SetName }))
    .output(LogIndexed),
  /**
   * Indexes files, folders and archives on this computer into a set, as a job with progress in bytes. A set of that
   * name is replaced when the new one is complete. Cancelling leaves what was there before.
   */
  index: writes
    .errors(asked)
    .input(
      z.object({
        name: SetName,
        paths: z.array(z.string().min(1).max(4096)).min(1).max(1000),
        /** Year of the earliest line, for logs that name none. Default: from the files' own dates. */
        year: z.number().int().min(1970).max(9999).optional(),
        /** IANA zone of lines that name none. Default: this computer's. */
        zone: z.string().max(100).optional(),
      }),
    )
    .output(Job),
  /** What a path that is being typed could become: files and folders on this computer, folders first. */
  paths: reads
    .errors(failures())
    .input(z.object({ typed: z.string().max(4096), limit: z.number().int().min(1).max(100).default(20) }))
    .output(z.array(PathOffer)),
  /** Whether inputs name the zone of their times; where none does, `index` should be told. */
  zoneOf: reads
    .errors(failures())
    .input(z.object({ paths: z.array(z.string().min(1).max(4096)).min(1).max(1000) }))
    .output(ZoneFound),
  /** How a job of `index` ended. */
  indexed: reads
    .errors(failures('NOT_FOUND'))
    .input(z.object({ jobId: z.string() }))
    .output(LogIndexed),
  /** A part of a file that the page has and this computer's disk has not (a browser's). Parts come in their order. */
  upload: writes
    .errors(failures('NOT_FOUND', 'UNSAFE'))
    .input(
      z.object({
        /** null: the first part of a new file. */
        uploadId: z.string().max(40).nullable(),
        /** The file's name; only its last part counts. */
        name: z.string().min(1).max(255),
        /** Bytes sent before this part. */
        offset: z.number().int().nonnegative(),
        part: z.string().max(Math.ceil((UPLOAD_PART * 4) / 3) + 4),
      }),
    )
    /** `path` goes into `index`; the file is removed with its set. */
    .output(z.object({ uploadId: z.string(), path: z.string() })),
  rename: writes
    .errors(asked)
    .input(z.object({ name: SetName, to: SetName }))
    .output(z.array(LogSet)),
  /** Deletes a set's index. The logs themselves are not touched. */
  drop: writes
    .errors(asked)
    .input(z.object({ name: SetName }))
    .output(z.array(LogSet)),

  /** A window of the traces that match, newest first unless sorted otherwise. */
  traces: reads
    .errors(asked)
    .input(
      view.extend({
        sort: TraceSort.default({ by: 'start', descending: true }),
        offset: z.number().int().nonnegative().default(0),
        count: z.number().int().min(0).max(1000).default(200),
      }),
    )
    .output(type<z.infer<typeof TraceWindow>>()),
  /** One trace: what happened in order, and the raw lines. */
  trace: reads
    .errors(asked)
    .input(ofLog.extend({ id: z.string().max(20) }))
    .output(type<z.infer<typeof TraceStory>>()),
  /**
   * The traces that match as NDJSON, explanations as English sentences: each item is a block of whole lines.
   * Oldest first unless sorted. limit 0: all.
   */
  export: reads
    .errors(asked)
    .input(
      view.extend({
        sort: TraceSort.nullable().default(null),
        limit: z.number().int().nonnegative().default(0),
      }),
    )
    .output(type<AsyncIteratorObject<Batch<string>, void, void>>()),
  /** Raw lines that hold a text, in the order of the log. limit 0: all. */
  lines: reads
    .errors(asked)
    .input(
      ofLog.extend({
        text: z.string().min(1).max(1000),
        /** Whether the case of ASCII letters counts. */
        exact: z.boolean().default(false),
        limit: z.number().int().nonnegative().default(1000),
      }),
    )
    .output(type<AsyncIteratorObject<Batch<TraceLine>, void, void>>()),
  /** The trace id of every line of a file, in order, `-` for none: each item is a block of whole lines. */
  attribution: reads
    .errors(asked)
    .input(ofLog.extend({ file: z.string().min(1).max(4096) }))
    .output(type<AsyncIteratorObject<Batch<string>, void, void>>()),
  report: reads
    .errors(asked)
    .input(
      view.extend({
        by: LogReportKind,
        /** Rows, largest first; 0: all. */
        limit: z.number().int().nonnegative().default(50),
        /** Seconds per row of `volume`. Default: chosen for about 100 rows. */
        bucket: z.number().int().min(1).optional(),
      }),
    )
    .output(LogReport),
  /** Values that a field has in this log, the most frequent first; `prefix` in any case. */
  values: reads
    .errors(asked)
    .input(
      ofLog.extend({
        field: LogField,
        prefix: z.string().max(1000).default(''),
        limit: z.number().int().min(1).max(1000).default(20),
      }),
    )
    .output(z.array(LogValue)),

  /** How the mirror of a server's log stands, without contacting the server. */
  liveState: reads.errors(failures('NOT_FOUND')).input(onServer).output(LiveState),
  /** The state first, then whenever it changes, at most ten times a second. Does not follow the log by itself. */
  liveWatch: reads.errors(failures('NOT_FOUND')).input(onServer).output(eventIterator(LiveState)),
  /** Fetches what is new on the server into the mirror and its index, once, as a job. */
  pull: reads
    .errors(failures(...ON_SERVER, 'UNSAFE'))
    .input(onServer)
    .output(Job),
  /**
   * Follows the log of a server for as long as this stream is read. A reader that stops acknowledging pauses it: the
   * mirror goes on, and the reader continues where it stopped.
   */
  tail: reads
    .errors(failures(...ON_SERVER, 'UNSAFE'))
    .input(
      onServer.extend({
        /** Only lines that hold this, in any case of ASCII letters, and only traces that match. */
        filter: LogFilter.default({}),
        lines: z.boolean().default(true),
        traces: z.boolean().default(true),
        /** Lines of the past to begin with. */
        last: z.number().int().min(0).max(10_000).default(0),
        /** Goes on where an earlier tail was, instead of `last`: the `next` that it told. */
        from: z.number().int().nonnegative().optional(),
      }),
    )
    .output(type<AsyncIteratorObject<Batch<LiveEvent>, void, void>>()),
  /** Deletes the mirror of a server's log and its index. Nothing changes on the server. */
  liveForget: writes.errors(failures('NOT_FOUND', 'UNSAFE')).input(onServer).output(LiveState),
};
