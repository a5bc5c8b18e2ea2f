import { describe, expect, test, vi } from 'vitest';
import { Failure } from '#shared/model/failure.ts';
import { openDemo } from '#drivers/index.ts';
import { cut, deleteIds, demoWith, house, never, onIds, queueOf, tempDir } from '../core/house.ts';

// Real files, a queue of 18,402 and more: seconds on a busy machine, where 5 s is no sign of a fault.
vi.setConfig({ testTimeout: 60_000 });

const deferred = async (session: ReturnType<typeof openDemo>, count: number) =>
  (await queueOf(session)).filter(({ queue }) => queue === 'deferred').slice(0, count);

describe('a change that breaks off', () => {
  test('cancelled while it deletes: what was deleted is in the safe, what was held stays held, undo takes back both', async () => {
    using temp = tempDir();
    const session = demoWith((verbs) => ({
      delete: async (targets, watch) => {
        const outcome = await verbs.delete(targets.slice(0, 4), watch);
        const [running] = h.jobs.list();
        h.jobs.cancel(running?.id ?? '');
        // As a driver answers a cancel: with what was done, and the rest named.
        const why = { id: 'test.cancelled', message: 'Cancelled before it was its turn', values: {} };
        return { ...outcome, skipped: targets.slice(4).map((target) => ({ target, why })) };
      },
    }));
    const h = await house(temp.dir, session);
    const before = await deferred(session, 10);
    const ids = before.map(({ id }) => id);
    const { changeId, job } = await h.run(deleteIds(ids));
    expect(job.state).toBe('cancelled');
    expect(h.history.change(changeId)).toMatchObject({
      status: 'cancelled',
      applied: 4,
      skippedTotal: 6,
      undoable: true,
      safeCopies: { count: 10 },
    });
    const after = await session.queue.find(ids, never());
    expect(after.map(({ queue }) => queue)).toEqual(Array<string>(6).fill('hold'));

    const undone = await h.undo(changeId);
    expect(undone.job.state).toBe('done');
    const mark = ({ arrivalTime, sender }: { arrivalTime: string; sender: string }): string =>
      `${arrivalTime} ${sender}`;
    const now = (await queueOf(session)).filter(({ queue }) => queue === 'deferred').map(mark);
    for (const message of before) expect(now).toContain(mark(message));
    expect((await queueOf(session)).filter(({ queue, id }) => queue === 'hold' && ids.includes(id))).toEqual([]);
    expect(h.history.change(changeId)).toMatchObject({ status: 'undone' });
    await h.close();
  });

  test('cancelled by a verb that throws: read from the server, not guessed', async () => {
    using temp = tempDir();
    const session = demoWith((verbs) => ({
      hold: async (targets, watch) => {
        await verbs.hold(targets.slice(0, 2), watch);
        const [running] = h.jobs.list();
        h.jobs.cancel(running?.id ?? '');
        throw watch.signal.reason;
      },
    }));
    const h = await house(temp.dir, session);
    const { changeId } = await h.run(
      onIds(
        'queue.hold',
        (await deferred(session, 5)).map(({ id }) => id),
      ),
    );
    expect(h.history.change(changeId)).toMatchObject({
      status: 'cancelled',
      applied: 2,
      skippedTotal: 3,
      undoable: true,
    });
    await h.close();
  });

  test('the connection is lost: interrupted, not settled by itself; reconciling reads, repeats nothing, and then it can be undone', async () => {
    using temp = tempDir();
    const calls: string[] = [];
    const session = demoWith((verbs) => ({
      hold: async (targets, watch) => {
        calls.push('hold');
        const outcome = await verbs.hold(targets.slice(0, 3), watch);
        throw new Failure('CONNECTION_LOST', cut().text, { detail: { outcome } });
      },
    }));
    const h = await house(temp.dir, session);
    const targets = await deferred(session, 5);
    const { changeId, job } = await h.run(
      onIds(
        'queue.hold',
        targets.map(({ id }) => id),
      ),
    );
    expect(job).toMatchObject({ state: 'interrupted', failure: { code: 'CONNECTION_LOST', detail: {} } });
    expect(h.history.change(changeId)).toMatchObject({ status: 'interrupted', undoable: false });
    await expect(h.changes.planUndo(changeId, never())).rejects.toMatchObject({ code: 'UNSAFE' });

    await h.changes.reconcile(changeId, never());
    expect(calls).toEqual(['hold']);
    expect(h.history.change(changeId)).toMatchObject({
      status: 'partial',
      applied: 3,
      skippedTotal: 2,
      undoable: true,
    });
    expect(h.journal.entriesOf(changeId).map(({ type }) => type)).toEqual([
      'started',
      'step',
      'step',
      'interrupted',
      'reconciled',
    ]);
    await expect(h.changes.reconcile(changeId, never())).rejects.toMatchObject({ code: 'UNSAFE' });
    const undo = await h.undo(changeId);
    expect(undo.job.state).toBe('done');
    expect(
      (
        await session.queue.find(
          targets.map(({ id }) => id),
          never(),
        )
      ).map(({ queue }) => queue),
    ).toEqual(Array<string>(5).fill('deferred'));
    await h.close();
  });

  test('a verb that fails half-way keeps what it had done', async () => {
    using temp = tempDir();
    const session = demoWith((verbs) => ({
      flush: async (targets, watch) => {
        const outcome = await verbs.flush(targets.slice(0, 2), watch);
        throw new Failure('REMOTE_FAILED', cut().text, { detail: { outcome, stderr: 'postqueue: fatal' } });
      },
    }));
    const h = await house(temp.dir, session);
    const { changeId, job } = await h.run(
      onIds(
        'queue.flush',
        (await deferred(session, 4)).map(({ id }) => id),
      ),
    );
    expect(job.failure).toMatchObject({ code: 'REMOTE_FAILED', detail: { stderr: 'postqueue: fatal' } });
    expect(job.failure?.detail).not.toHaveProperty('outcome');
    expect(h.history.change(changeId)).toMatchObject({ status: 'partial', applied: 2 });
    await h.close();
  });

  test('sudo refused: nothing was done, and the change says failed', async () => {
    using temp = tempDir();
    const session = demoWith(() => ({ hold: () => Promise.reject(cut('SUDO_REFUSED')) }));
    const h = await house(temp.dir, session);
    const { changeId, job } = await h.run(
      onIds(
        'queue.hold',
        (await deferred(session, 2)).map(({ id }) => id),
      ),
    );
    expect(job).toMatchObject({ state: 'failed', failure: { code: 'SUDO_REFUSED' } });
    expect(h.history.change(changeId)).toMatchObject({ status: 'failed', applied: 0, undoable: false });
    await h.close();
  });

  test('a copy that fails lets go of what was held for it, and deletes nothing', async () => {
    using temp = tempDir();
    const session = demoWith((verbs) => ({
      copyOut: async (targets, watch) => {
        const { archive } = await verbs.copyOut(targets, watch);
        archive.destroy(cut('BAD_OUTPUT'));
        return { archive, stored: Promise.resolve([]) };
      },
    }));
    const h = await house(temp.dir, session);
    const targets = await deferred(session, 4);
    const { changeId, job } = await h.run(deleteIds(targets.map(({ id }) => id)));
    expect(job).toMatchObject({ state: 'failed', failure: { code: 'BAD_OUTPUT' } });
    expect(
      (
        await session.queue.find(
          targets.map(({ id }) => id),
          never(),
        )
      ).map(({ queue }) => queue),
    ).toEqual(Array<string>(4).fill('deferred'));
    expect(h.history.change(changeId)).toMatchObject({ status: 'failed', applied: 0, safeCopies: null });
    await h.close();
  });

  test('a message that is not in the archive is not deleted, is released again and is named', async () => {
    using temp = tempDir();
    const session = demoWith((verbs) => ({ copyOut: (targets, watch) => verbs.copyOut(targets.slice(1), watch) }));
    const h = await house(temp.dir, session);
    const targets = await deferred(session, 3);
    const left = targets[0]?.id ?? '';
    const { changeId } = await h.run(deleteIds(targets.map(({ id }) => id)));
    expect(h.history.change(changeId)).toMatchObject({
      status: 'partial',
      applied: 2,
      failedTotal: 1,
      failed: [{ target: left, why: { id: 'queue.delete.not-copied' } }],
    });
    expect(
      await session.queue.find(
        targets.map(({ id }) => id),
        never(),
      ),
    ).toMatchObject([{ id: left, queue: 'deferred' }]);
    await h.close();
  });

  test('closing the console cancels a running change and journals its end first', async () => {
    using temp = tempDir();
    const started = Promise.withResolvers<void>();
    const session = demoWith((verbs) => ({
      hold: async (_, watch) => {
        started.resolve();
        await new Promise((resolve) => watch.signal.addEventListener('abort', resolve, { once: true }));
        return verbs.hold([], { ...watch, signal: never() });
      },
    }));
    const h = await house(temp.dir, session);
    const plan = await h.changes.plan(
      onIds(
        'queue.hold',
        (await deferred(session, 1)).map(({ id }) => id),
      ),
      never(),
    );
    const { changeId } = await h.changes.apply(plan.id, null, false, never());
    await started.promise;
    await h.close();
    const again = await house(temp.dir, session);
    expect(again.history.change(changeId)).toMatchObject({ status: 'cancelled', applied: 0 });
    await again.close();
  });
});
