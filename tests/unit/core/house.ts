import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Changes } from '#core/changes/changes.ts';
import { History } from '#core/changes/history.ts';
import { Journal } from '#core/changes/journal.ts';
import type { KeeperKey } from '#core/changes/safe/key.ts';
import { Safe } from '#core/changes/safe/safe.ts';
import { openLog } from '#core/door/log.ts';
import { Jobs } from '#core/jobs/jobs.ts';
import { queueKinds } from '#core/queue/kinds/index.ts';
import { QueueReadings } from '#core/queue/readings.ts';
import type { Sessions } from '#core/servers/sessions.ts';
import { openStore, type Store } from '#core/store/store.ts';
import type { QueueVerbs, ServerSession } from '#drivers/driver.ts';
import { openDemo } from '#drivers/index.ts';
import { Failure } from '#shared/model/failure.ts';
import type { Job } from '#shared/model/job.ts';
import type { ChangeRequest } from '#shared/model/change.ts';
import type { ServerProfile } from '#shared/model/server.ts';
import { text } from '#shared/model/text.ts';

export const SERVER: ServerProfile = {
  id: 'srv',
  name: 'mx1',
  group: null,
  demo: true,
  ssh: null,
  addedAt: '2026-11-22T00:00:00.000Z',
};

export const never = (): AbortSignal => new AbortController().signal;

export function tempDir(): { dir: string; [Symbol.dispose](): void } {
  const dir = mkdtempSync(join(tmpdir(), 'postdeck-'));
  return { dir, [Symbol.dispose]: () => rmSync(dir, { recursive: true, force: true }) };
}

/** A demo session with some of its verbs replaced, to stop, cut or watch a change at one place. */
export function demoWith(
  change: (verbs: QueueVerbs) => Partial<QueueVerbs>,
  stateFile: string | null = null,
): ServerSession {
  const session = openDemo({ stateFile });
  return { ...session, queue: { ...session.queue, ...change(session.queue) } };
}

export function sessionsOf(session: ServerSession | (() => ServerSession)): Sessions {
  return {
    sessionFor: () => Promise.resolve(typeof session === 'function' ? session() : session),
    current: () => (typeof session === 'function' ? session() : session),
    statuses: () => [],
    async *watch() {},
    noteQueueCount: () => undefined,
    occupy: () => () => undefined,
    occupied: () => false,
    disconnect: () => Promise.reject(new Error('not here')),
    dispose: () => Promise.resolve(),
  };
}

export interface House {
  store: Store;
  readings: QueueReadings;
  journal: Journal;
  safe: Safe;
  history: History;
  jobs: Jobs;
  changes: Changes;
  /** Plans, applies and waits for the job's end. */
  run(request: ChangeRequest): Promise<{ changeId: string; job: Job }>;
  undo(changeId: string): Promise<{ changeId: string; job: Job }>;
  close(): Promise<void>;
}

/** Changes over one session, with everything below them real: store, journal, safe, jobs. */
export async function house(
  dir: string,
  session: ServerSession | (() => ServerSession),
  keepDays = 30,
  keys: KeeperKey = () => Promise.resolve(null),
): Promise<House> {
  const store = openStore(dir);
  const sessions = sessionsOf(session);
  const readings = new QueueReadings(sessions, store);
  const journal = new Journal(store, dir);
  const safe = new Safe(dir, keys);
  const history = new History(journal, () => safe.free());
  const kinds = queueKinds({ readings, safe, journal, keepDays: () => keepDays });
  const jobs = new Jobs();
  const profile = (): ServerProfile => SERVER;
  const changes = new Changes({
    kinds,
    journal,
    history,
    safe,
    store,
    jobs,
    sessions,
    profile,
    log: openLog(dir),
    who: 'tester@here',
  });
  await changes.start();
  return {
    store,
    readings,
    journal,
    safe,
    history,
    jobs,
    changes,
    async run(request: ChangeRequest): Promise<{ changeId: string; job: Job }> {
      const plan = await changes.plan(request, never());
      const { changeId, job } = await changes.apply(plan.id, null, true, never());
      return { changeId, job: await jobs.ended(job.id) };
    },
    async undo(changeId: string): Promise<{ changeId: string; job: Job }> {
      const plan = await changes.planUndo(changeId, never());
      const { changeId: undoId, job } = await changes.apply(plan.id, null, true, never());
      return { changeId: undoId, job: await jobs.ended(job.id) };
    },
    async close(): Promise<void> {
      await jobs.dispose();
      await changes.dispose();
      await readings.dispose();
      store.close();
    },
  };
}

/** All messages of a session's queue. */
export async function queueOf(session: ServerSession) {
  return (await Array.fromAsync(session.queue.list({ signal: never() }))).flat();
}

export function cut(code: Failure['code'] = 'CONNECTION_LOST'): Failure {
  return new Failure(code, text({ id: 'test.cut', message: 'cut' }));
}

/** A request on the messages with these ids. */
export function onIds(
  kind: 'queue.hold' | 'queue.release' | 'queue.requeue' | 'queue.flush' | 'queue.bounce',
  ids: string[],
): ChangeRequest {
  return { kind, serverId: SERVER.id, target: { by: 'ids', ids } };
}

export function deleteIds(ids: string[], copies = true): ChangeRequest {
  return { kind: 'queue.delete', serverId: SERVER.id, target: { by: 'ids', ids }, copies };
}
