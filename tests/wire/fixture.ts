import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compose } from '#core/compose.ts';
import type { CallContext, Console } from '#core/console.ts';
import { Credits } from '#core/door/credit.ts';
import { edge } from '#core/door/edge.ts';
import { openLog } from '#core/door/log.ts';
import { jobHandlers } from '#core/jobs/handlers.ts';
import { Jobs } from '#core/jobs/jobs.ts';
import type { RouterClient } from '@orpc/server';
import { Failure } from '#shared/model/failure.ts';
import type { QueueMessage, QueueWindow } from '#shared/model/queue.ts';
import { text } from '#shared/model/text.ts';

export type Client = RouterClient<Console['router']>;
export type Access = CallContext['access'];

export const message = (n: number): QueueMessage => ({
  id: `4f${n.toString(16).toUpperCase().padStart(8, '0')}`,
  queue: 'deferred',
  arrivalTime: '2026-11-22T12:00:00.000Z',
  size: n,
  sender: `sender${n}@example.org`,
  recipients: [{ address: `to${n}@example.net`, reason: 'x'.repeat(4000) }],
  forcedExpire: false,
  login: null,
});

/**
 * The real console with its real edge, and three producers that a test can watch: an endless listing, a window as
 * large as they come, and jobs of the test's own making.
 */
export interface Fixture {
  router: Console['router'];
  jobs: Jobs;
  /** Batches the endless listing has been asked for. */
  produced(): number;
  /** Resolves when the listing's producer has been told to stop. */
  stopped(): Promise<void>;
  close(): Promise<void>;
}

export async function openFixture(): Promise<Fixture> {
  const dataDir = mkdtempSync(join(tmpdir(), 'postdeck-wire-'));
  const real = await compose({ dataDir, door: 'web', version: '0.0.0-test', keychain: null });
  const os = edge(openLog(dataDir));
  const credits = new Credits();
  const jobs = new Jobs();
  let produced = 0;
  let stop = Promise.withResolvers<void>();
  const router = {
    ...real.router,
    queue: {
      ...real.router.queue,
      list: os.queue.list.handler(({ signal }) =>
        credits.stream(async function* (ended) {
          produced = 0;
          stop = Promise.withResolvers();
          const { resolve } = stop;
          ended.addEventListener('abort', () => resolve());
          for (let n = 1; ; n++) {
            produced = n;
            yield await Promise.resolve([message(n)]);
          }
        }, signal),
      ),
      window: os.queue.window.handler(({ input }): QueueWindow => {
        const rows = Array.from({ length: input.count }, (_, n) => ({ kind: 'message' as const, message: message(n) }));
        const total = 1_000_000;
        return { generation: 1, rows, offset: input.offset, totalRows: total, matched: total, matchedSize: 0, total };
      }),
    },
    changes: {
      ...real.router.changes,
      // Refuses every plan, and says how many ids it was given.
      plan: os.changes.plan.handler(({ input: { request } }) => {
        const ids = 'target' in request && request.target.by === 'ids' ? request.target.ids.length : 0;
        throw new Failure('UNSAFE', text({ id: 'test.refused', message: 'Refused' }), { detail: { ids } });
      }),
    },
    jobs: jobHandlers(os, jobs),
    flow: { ack: os.flow.ack.handler(({ input }) => credits.ack(input.streamId, input.seq)) },
  } as Console['router'];
  return {
    router,
    jobs,
    produced: () => produced,
    stopped: () => stop.promise,
    async close() {
      await jobs.dispose();
      await real.dispose();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/** A door opened on a router: makes clients of either access. */
export interface Door {
  client(access: Access): Promise<Client>;
  close(): Promise<void>;
}
export type OpenDoor = (router: Console['router']) => Promise<Door>;
