import { type } from '@orpc/contract';
import { z } from 'zod';
import { failures } from './errors.ts';
import { reads } from './method.ts';

/**
 * A batch of a stream. Transports have no backpressure from end to end, so the producer stops at CREDIT batches
 * that the consumer has not acknowledged with `flow.ack`.
 */
export interface Batch<T> {
  streamId: string;
  /** Counts from 1. */
  seq: number;
  items: T[];
}

/** Batches on the way at most. 8 keeps a fast consumer busy over a socket and a slow one at a few MB. */
export const CREDIT = 8;

export const flow = {
  /** Says that every batch up to `seq` has been used. An unknown stream (already ended) is no error. */
  ack: reads
    .errors(failures())
    .input(z.object({ streamId: z.string(), seq: z.number().int().positive() }))
    .output(type<void>()),
};
