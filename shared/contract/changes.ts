import { z } from 'zod';
import { Change, ChangeRequest, ChangeStatus, JournalCheck, JournalEntry, Plan } from '../model/change.ts';
import { Job } from '../model/job.ts';
import { failures, ON_SERVER } from './errors.ts';
import { reads, writes } from './method.ts';

const byId = z.object({ changeId: z.string() });

export const changes = {
  /** Works out what a request would do, reading the server. Changes nothing. */
  plan: reads
    .errors(failures(...ON_SERVER, 'UNSAFE'))
    .input(z.object({ request: ChangeRequest }))
    .output(Plan),
  /** A plan's targets, all of them, a page at a time. */
  planTargets: reads
    .errors(failures('NOT_FOUND'))
    .input(
      z.object({
        planId: z.string(),
        offset: z.number().int().nonnegative().default(0),
        count: z.number().int().min(1).max(1000).default(200),
      }),
    )
    .output(z.object({ total: z.number().int(), targets: z.array(z.string()) })),
  /** Starts a plan as a job. A plan runs once. */
  apply: writes
    .errors(failures(...ON_SERVER, 'UNSAFE', 'CONFIRM_NEEDED', 'JOURNAL_BROKEN'))
    .input(
      z.object({
        planId: z.string(),
        /** Kept in the journal. */
        reason: z.string().max(2000).nullable().default(null),
        /** Must be true for a plan that cannot be undone. */
        understood: z.boolean().default(false),
      }),
    )
    .output(z.object({ changeId: z.string(), job: Job })),
  /** Drops a plan that nobody will run. */
  discard: reads
    .errors(failures())
    .input(z.object({ planId: z.string() }))
    .output(z.object({ discarded: z.boolean() })),
  list: reads
    .errors(failures())
    .input(
      z.object({
        serverId: z.string().optional(),
        status: z.array(ChangeStatus).optional(),
        undoable: z.boolean().optional(),
        /** A fragment of title, server, person, reason or a command. */
        text: z.string().max(512).optional(),
        offset: z.number().int().nonnegative().default(0),
        count: z.number().int().min(0).max(1000).default(200),
      }),
    )
    .output(z.object({ total: z.number().int(), changes: z.array(Change) })),
  show: reads.errors(failures('NOT_FOUND')).input(byId).output(Change),
  /** The chain's links that tell of this change. */
  entries: reads.errors(failures('NOT_FOUND')).input(byId).output(z.array(JournalEntry)),
  /** Plans the recorded inverse. It is applied like any plan. */
  planUndo: reads
    .errors(failures(...ON_SERVER, 'UNSAFE'))
    .input(byId)
    .output(Plan),
  /** Reads the server to tell how far an interrupted change got, and writes that down. Repeats nothing. */
  reconcile: writes
    .errors(failures(...ON_SERVER, 'UNSAFE'))
    .input(byId)
    .output(Change),
  /** Checks every link of the hash chain. */
  verify: reads.errors(failures()).output(JournalCheck),
};
