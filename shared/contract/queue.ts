import { eventIterator, type } from '@orpc/contract';
import { z } from 'zod';
import {
  QueueFilter,
  QueueGroup,
  QueueGroupBy,
  QueueId,
  QueueLevel,
  type QueueMessage,
  QueueMessageDetail,
  QueueReading,
  QueueSort,
  QueueWindow,
} from '../model/queue.ts';
import { failures, ON_SERVER } from './errors.ts';
import type { Batch } from './flow.ts';
import { reads } from './method.ts';

const onServer = z.object({ serverId: z.string() });
const view = onServer.extend({ filter: QueueFilter.default({}) });

export const queue = {
  /**
   * Reads the queue from the server, or joins a reading under way, and tells how it goes; the last event is the
   * finished reading. Ending the stream early cancels the reading when nobody else watches it.
   */
  read: reads
    .errors(failures(...ON_SERVER))
    .input(
      onServer.extend({
        /** Take a reading not older than this many seconds instead of a new one. */
        maxAge: z.number().nonnegative().default(0),
      }),
    )
    .output(eventIterator(QueueReading)),
  /** The last reading, without contacting the server. */
  reading: reads.errors(failures('NOT_FOUND')).input(onServer).output(QueueReading),
  /** A window of the last reading (also of one under way): filtered, sorted, grouped behind the page. */
  window: reads
    .errors(failures('NOT_FOUND'))
    .input(
      view.extend({
        sort: QueueSort.default({ field: 'arrivalTime', descending: false }),
        group: QueueGroupBy.nullable().default(null),
        /** Keys of groups shown closed. */
        collapsed: z.array(z.string()).max(10_000).default([]),
        offset: z.number().int().nonnegative().default(0),
        count: z.number().int().min(1).max(1000).default(200),
      }),
    )
    .output(QueueWindow),
  /** Messages matching, gathered by one property, largest group first. Reads the queue when there is no reading. */
  summary: reads
    .errors(failures(...ON_SERVER))
    .input(view.extend({ by: QueueGroupBy, maxAge: z.number().nonnegative().default(0) }))
    .output(z.array(QueueGroup)),
  /** Every message matching, freshly read, in batches under the credit window. limit 0: all. */
  list: reads
    .errors(failures(...ON_SERVER))
    .input(
      view.extend({
        /** null: in the order the server tells them, and rows come while it is still telling. */
        sort: QueueSort.nullable().default(null),
        limit: z.number().int().nonnegative().default(0),
      }),
    )
    .output(type<AsyncIteratorObject<Batch<QueueMessage>, void, void>>()),
  /** Opens one message: envelope, headers, decoded body, attachments. */
  show: reads
    .errors(failures(...ON_SERVER))
    .input(onServer.extend({ queueId: QueueId }))
    .output(QueueMessageDetail),
  /** The raw source (RFC 5322), base64 in batches under the credit window. */
  source: reads
    .errors(failures(...ON_SERVER))
    .input(onServer.extend({ queueId: QueueId }))
    .output(type<AsyncIteratorObject<Batch<string>, void, void>>()),
  /** Levels of the queue over time, from the readings made here, at most `points` of them (min and max kept). */
  levels: reads
    .errors(failures('NOT_FOUND'))
    .input(
      onServer.extend({
        hours: z.number().min(1).max(720).default(24),
        points: z.number().int().min(2).max(2000).default(600),
      }),
    )
    .output(z.array(QueueLevel)),
};
