import { describe, expect, test, vi } from 'vitest';
import type { QueueIdentity } from '#drivers/driver.ts';
import { openDemo } from '#drivers/index.ts';
import { cut, deleteIds, demoWith, house, never, onIds, queueOf, SERVER, tempDir } from '../core/house.ts';

// Real files, a queue of 18,402 and more: seconds on a busy machine, where 5 s is no sign of a fault.
vi.setConfig({ testTimeout: 60_000 });

const ofQueue = async (session: ReturnType<typeof openDemo>, queue: string, count: number) =>
  (await queueOf(session)).filter((message) => message.queue === queue).slice(0, count);

describe('a change', () => {
  test('is planned without altering anything, applied, read back and journalled', async () => {
    using temp = tempDir();
    const session = openDemo({ stateFile: null });
    const h = await house(temp.dir, session);
    const targets = await ofQueue(session, 'deferred', 3);
    const ids = targets.map(({ id }) => id);
    const plan = await h.changes.plan(onIds('queue.hold', ids), never());
    expect(plan).toMatchObject({
      targets: 3,
      undo: 'full',
      demo: true,
      serverName: 'mx1',
      steps: [{ command: 'demo: postsuper -h -' }],
    });
    expect((await session.queue.find(ids, never())).map(({ queue }) => queue)).toEqual([
      'deferred',
      'deferred',
      'deferred',
    ]);
    expect(h.history.list({ offset: 0, count: 10 }).total).toBe(0);

    const { changeId, job } = await h.changes.apply(plan.id, 'ticket 4471', false, never());
    expect(await h.jobs.ended(job.id)).toMatchObject({
      state: 'done',
      stages: [
        { id: 'hold', done: 3 },
        { id: 'verify', state: 'done' },
      ],
    });
    expect((await session.queue.find(ids, never())).map(({ queue }) => queue)).toEqual(['hold', 'hold', 'hold']);
    expect(h.history.change(changeId)).toMatchObject({
      status: 'done',
      applied: 3,
      verified: true,
      reason: 'ticket 4471',
      who: 'tester@here',
      undoable: true,
      commands: [{ command: 'demo: postsuper -h -', exit: 0 }],
    });
    expect(h.journal.entriesOf(changeId).map(({ type }) => type)).toEqual(['started', 'step', 'finished']);
    await h.close();
  });

  test('`started` is written, with its targets, before the first command runs', async () => {
    using temp = tempDir();
    let seen: string[] = [];
    const session = demoWith((verbs) => ({
      hold: (targets, watch) => {
        seen = [...h.history.records().keys()].flatMap((id) => h.journal.entriesOf(id).map(({ type }) => type));
        return verbs.hold(targets, watch);
      },
    }));
    const h = await house(temp.dir, session);
    const [target] = await ofQueue(session, 'deferred', 1);
    await h.run(onIds('queue.hold', [target?.id ?? '']));
    expect(seen).toEqual(['started']);
    await h.close();
  });

  test('runs once, and not after 15 minutes', async () => {
    using temp = tempDir();
    const session = openDemo({ stateFile: null });
    const h = await house(temp.dir, session);
    const [target] = await ofQueue(session, 'deferred', 1);
    const plan = await h.changes.plan(onIds('queue.hold', [target?.id ?? '']), never());
    await h.changes.apply(plan.id, null, false, never());
    await expect(h.changes.apply(plan.id, null, false, never())).rejects.toMatchObject({ code: 'NOT_FOUND' });

    const late = await h.changes.plan(onIds('queue.requeue', [target?.id ?? '']), never());
    late.expiresAt = new Date(Date.now() - 1).toISOString();
    await expect(h.changes.apply(late.id, null, true, never())).rejects.toMatchObject({ code: 'UNSAFE' });
    await h.close();
  });

  test('that cannot be undone needs somebody who says so, and the plan waits for them', async () => {
    using temp = tempDir();
    const session = openDemo({ stateFile: null });
    const h = await house(temp.dir, session);
    const [target] = await ofQueue(session, 'deferred', 1);
    const plan = await h.changes.plan(deleteIds([target?.id ?? ''], false), never());
    expect(plan.undo).toBe('none');
    await expect(h.changes.apply(plan.id, null, false, never())).rejects.toMatchObject({ code: 'CONFIRM_NEEDED' });
    expect(await session.queue.find([target?.id ?? ''], never())).toHaveLength(1);
    const { job } = await h.changes.apply(plan.id, null, true, never());
    expect(await h.jobs.ended(job.id)).toMatchObject({ state: 'done' });
    expect(await session.queue.find([target?.id ?? ''], never())).toHaveLength(0);
    await h.close();
  });

  test('an id that vanished after the plan is skipped and named; the rest is done', async () => {
    using temp = tempDir();
    const session = openDemo({ stateFile: null });
    const h = await house(temp.dir, session);
    const targets = await ofQueue(session, 'deferred', 3);
    const plan = await h.changes.plan(
      onIds(
        'queue.hold',
        targets.map(({ id }) => id),
      ),
      never(),
    );
    const gone = targets[1] as QueueIdentity;
    await session.queue.delete([gone], { signal: never(), ran: () => undefined, progress: () => undefined });
    const { changeId, job } = await h.changes.apply(plan.id, null, false, never());
    expect(await h.jobs.ended(job.id)).toMatchObject({ state: 'partial' });
    expect(h.history.change(changeId)).toMatchObject({
      status: 'partial',
      applied: 2,
      skippedTotal: 1,
      skipped: [{ target: gone.id }],
    });
    await h.close();
  });

  test('ids of which none is in the queue are not planned at all', async () => {
    using temp = tempDir();
    const h = await house(temp.dir, openDemo({ stateFile: null }));
    await expect(h.changes.plan(deleteIds(['DEADBEEF']), never())).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await h.close();
  });

  test.each([
    ['another arrival', { arrivalTime: '2026-01-01T00:00:00.000Z' }],
    ['another sender', { sender: 'somebody@else.example' }],
  ])('an id that now belongs to a message with %s is left alone, and that is told', async (_, now) => {
    using temp = tempDir();
    const demo = openDemo({ stateFile: null });
    const deleted: string[] = [];
    // The queue as it is a moment later: the id was given to another message between the plan and the command.
    const session = demoWith((verbs) => ({
      delete: async (targets, watch) => {
        const same = targets.filter(({ id }) => id !== reused);
        deleted.push(...same.map(({ id }) => id));
        const outcome = await verbs.delete(
          targets.map((target) => (target.id === reused ? { ...target, ...now } : target)),
          watch,
        );
        return outcome;
      },
    }));
    const h = await house(temp.dir, session);
    const targets = await ofQueue(demo, 'deferred', 3);
    const reused = targets[0]?.id ?? '';
    const { changeId } = await h.run(
      deleteIds(
        targets.map(({ id }) => id),
        false,
      ),
    );
    expect(h.history.change(changeId)).toMatchObject({
      status: 'partial',
      applied: 2,
      skipped: [{ target: reused, why: { id: 'queue.outcome.other' } }],
    });
    expect((await session.queue.find([reused], never())).map(({ id }) => id)).toEqual([reused]);
    await h.close();
  });

  test('an undo does not touch a message that got the id of one it held', async () => {
    using temp = tempDir();
    let renamed = '';
    const session = demoWith((verbs) => ({
      find: async (ids, signal) =>
        (await verbs.find(ids, signal)).map((message) =>
          message.id === renamed ? { ...message, sender: 'new@one.example' } : message,
        ),
    }));
    const h = await house(temp.dir, session);
    const targets = await ofQueue(session, 'deferred', 2);
    const { changeId } = await h.run(
      onIds(
        'queue.hold',
        targets.map(({ id }) => id),
      ),
    );
    renamed = targets[0]?.id ?? '';
    const plan = await h.changes.planUndo(changeId, never());
    expect(plan).toMatchObject({ request: { kind: 'queue.release' }, targets: 1 });
    expect(plan.warnings).toContainEqual(expect.objectContaining({ id: 'queue.plan.missing', values: { count: 1 } }));
    await h.close();
  });

  test('a sender full of shell metacharacters and of other scripts is matched, grouped and acted on as it stands', async () => {
    using temp = tempDir();
    const session = openDemo({ stateFile: null });
    const h = await house(temp.dir, session);
    for (const sender of ['"promo; $(reboot) `id`"@sklep.firma.example', 'żaneta@pączkarnia.example']) {
      const plan = await h.changes.plan(
        {
          kind: 'queue.hold',
          serverId: SERVER.id,
          target: { by: 'filter', filter: { sender, queue: ['deferred'] }, except: [] },
        },
        never(),
      );
      expect(plan.groups.map(({ key }) => key)).toEqual([sender]);
      const { changeId, job } = await h.changes.apply(plan.id, null, false, never());
      await h.jobs.ended(job.id);
      expect(h.history.change(changeId)).toMatchObject({ status: 'done', applied: plan.targets, verified: true });
      expect(h.journal.verify().ok).toBe(true);
    }
    await h.close();
  });

  test('messages on hold already are left out of a hold, so that its undo does not release them', async () => {
    using temp = tempDir();
    const session = openDemo({ stateFile: null });
    const h = await house(temp.dir, session);
    const held = await ofQueue(session, 'hold', 2);
    const free = await ofQueue(session, 'deferred', 2);
    const { changeId } = await h.run(
      onIds(
        'queue.hold',
        [...held, ...free].map(({ id }) => id),
      ),
    );
    expect(h.history.change(changeId)).toMatchObject({ targets: 2, applied: 2 });
    await h.undo(changeId);
    expect(
      (
        await session.queue.find(
          held.map(({ id }) => id),
          never(),
        )
      ).map(({ queue }) => queue),
    ).toEqual(['hold', 'hold']);
    expect(
      (
        await session.queue.find(
          free.map(({ id }) => id),
          never(),
        )
      ).map(({ queue }) => queue),
    ).toEqual(['deferred', 'deferred']);
    expect(h.history.change(changeId)).toMatchObject({ status: 'undone', undoable: false });
    await expect(h.changes.planUndo(changeId, never())).rejects.toMatchObject({ code: 'UNSAFE' });
    await h.close();
  });

  test('a filter plan on a listing that was cut short is refused when it destroys, and warns when it does not', async () => {
    using temp = tempDir();
    const session = demoWith((verbs) => ({
      async *list(options) {
        for await (const batch of verbs.list(options)) {
          yield batch;
          throw cut('BAD_OUTPUT');
        }
      },
    }));
    const h = await house(temp.dir, session);
    const target = { by: 'filter' as const, filter: { queue: ['deferred' as const] }, except: [] };
    for (const kind of ['queue.delete', 'queue.bounce'] as const) {
      const request =
        kind === 'queue.delete'
          ? { kind, serverId: SERVER.id, target, copies: true }
          : { kind, serverId: SERVER.id, target };
      await expect(h.changes.plan(request, never())).rejects.toMatchObject({ code: 'UNSAFE' });
    }
    const hold = await h.changes.plan({ kind: 'queue.hold', serverId: SERVER.id, target }, never());
    expect(hold.warnings.map(({ id }) => id)).toContain('queue.cut-short');
    await h.close();
  });

  test('reading back that finds otherwise is told: partial, not done', async () => {
    using temp = tempDir();
    const session = demoWith(() => ({
      // A server that says it did, and did not.
      hold: (targets) => Promise.resolve({ done: [...targets], skipped: [], failed: [] }),
    }));
    const h = await house(temp.dir, session);
    const [target] = await ofQueue(session, 'deferred', 1);
    const { changeId } = await h.run(onIds('queue.hold', [target?.id ?? '']));
    expect(h.history.change(changeId)).toMatchObject({ status: 'partial', verified: false });
    await h.close();
  });

  test('a capability that the server lacks is refused at the plan, with its own why', async () => {
    using temp = tempDir();
    const why = { id: 'test.why', message: 'postsuper needs root', values: {} };
    const session = openDemo({ stateFile: null });
    const h = await house(temp.dir, {
      ...session,
      capabilities: () => Promise.resolve([{ id: 'queue.hold', available: false, why, remedy: why }]),
    });
    const [target] = await ofQueue(session, 'deferred', 1);
    await expect(h.changes.plan(onIds('queue.hold', [target?.id ?? '']), never())).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      text: why,
      hint: why,
    });
    await h.close();
  });
});
