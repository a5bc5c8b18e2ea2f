import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { dropExpired } from '#core/changes/expire.ts';
import { openDemo } from '#drivers/index.ts';
import { deleteIds, demoWith, house, never, queueOf, SERVER, tempDir } from '../core/house.ts';

// Real files, a queue of 18,402 and more: seconds on a busy machine, where 5 s is no sign of a fault.
vi.setConfig({ testTimeout: 60_000 });

const some = async (session: ReturnType<typeof openDemo>, queue: string, count: number) =>
  (await queueOf(session)).filter((message) => message.queue === queue).slice(0, count);
const marks = (messages: { arrivalTime: string; sender: string; size: number }[]): string[] =>
  messages.map(({ arrivalTime, sender, size }) => `${arrivalTime} ${sender} ${size}`).sort();

describe('undoing a delete', () => {
  test('brings every message back as it was; what had been on hold returns on hold', async () => {
    using temp = tempDir();
    const session = openDemo({ stateFile: null });
    const h = await house(temp.dir, session);
    const before = await queueOf(session);
    const targets = [...(await some(session, 'deferred', 5)), ...(await some(session, 'hold', 2))];
    const { changeId } = await h.run(deleteIds(targets.map(({ id }) => id)));
    expect(h.history.change(changeId)).toMatchObject({
      status: 'done',
      undo: 'full',
      undoable: true,
      safeCopies: { count: 7, estimated: false },
    });
    expect(await queueOf(session)).toHaveLength(before.length - 7);
    await h.undo(changeId);
    const after = await queueOf(session);
    expect(marks(after)).toEqual(marks(before));
    const count = (messages: typeof before) => messages.filter(({ queue }) => queue === 'hold').length;
    expect(count(after)).toBe(count(before));
    await h.close();
  });

  test('may leave them on hold', async () => {
    using temp = tempDir();
    const session = openDemo({ stateFile: null });
    const h = await house(temp.dir, session);
    const held = (await some(session, 'hold', 10_000)).length;
    const targets = await some(session, 'deferred', 3);
    const { changeId } = await h.run(deleteIds(targets.map(({ id }) => id)));
    await h.run({ kind: 'queue.restore', serverId: SERVER.id, changeId, hold: true });
    expect(await some(session, 'hold', 10_000)).toHaveLength(held + 3);
    expect(h.history.change(changeId).status).toBe('undone');
    await h.close();
  });

  test('part by part: what one undo could not put back the next one does, and nothing comes back twice', async () => {
    using temp = tempDir();
    let fail = true;
    const session = demoWith((verbs) => ({
      restore: async (archive, targets, options, watch) => {
        const now = fail ? targets.slice(0, 2) : targets;
        const outcome = await verbs.restore(archive, now, options, watch);
        const why = { id: 'test.no', message: 'not taken', values: {} };
        return { ...outcome, failed: targets.slice(now.length).map((target) => ({ target, why })) };
      },
    }));
    const h = await house(temp.dir, session);
    const before = await queueOf(session);
    const targets = await some(session, 'deferred', 5);
    const { changeId } = await h.run(deleteIds(targets.map(({ id }) => id)));
    await h.undo(changeId);
    expect(h.history.change(changeId)).toMatchObject({ status: 'done', undoable: true });
    fail = false;
    const plan = await h.changes.planUndo(changeId, never());
    expect(plan.targets).toBe(3);
    await h.undo(changeId);
    expect(h.history.change(changeId)).toMatchObject({ status: 'undone', undoable: false });
    expect(marks(await queueOf(session))).toEqual(marks(before));
    await h.close();
  });

  test('planned twice and applied twice: the second is refused', async () => {
    using temp = tempDir();
    const session = openDemo({ stateFile: null });
    const h = await house(temp.dir, session);
    const before = await queueOf(session);
    const { changeId } = await h.run(deleteIds((await some(session, 'deferred', 3)).map(({ id }) => id)));
    const one = await h.changes.planUndo(changeId, never());
    const other = await h.changes.planUndo(changeId, never());
    const { job } = await h.changes.apply(one.id, null, true, never());
    await expect(h.changes.apply(other.id, null, true, never())).rejects.toMatchObject({ code: 'UNSAFE' });
    await h.jobs.ended(job.id);
    await expect(h.changes.apply(other.id, null, true, never())).rejects.toMatchObject({ code: 'UNSAFE' });
    expect(await queueOf(session)).toHaveLength(before.length);
    await h.close();
  });

  test('works in another process: another console on the same folder, after this one has ended', async () => {
    using temp = tempDir();
    const file = join(temp.dir, 'demo.json');
    const first = await house(temp.dir, openDemo({ stateFile: file }));
    const target = (await some(openDemo({ stateFile: file }), 'deferred', 1))[0];
    const { changeId } = await first.run(deleteIds([target?.id ?? '']));
    await first.close();
    const session = openDemo({ stateFile: file });
    const second = await house(temp.dir, session);
    await second.undo(changeId);
    expect(
      (await queueOf(session)).filter(
        ({ arrivalTime, sender }) => arrivalTime === target?.arrivalTime && sender === target.sender,
      ),
    ).not.toHaveLength(0);
    await second.close();
  });

  test('without copies there is none, and the plan says so', async () => {
    using temp = tempDir();
    const session = openDemo({ stateFile: null });
    const h = await house(temp.dir, session);
    const { changeId } = await h.run(
      deleteIds(
        (await some(session, 'deferred', 1)).map(({ id }) => id),
        false,
      ),
    );
    expect(h.history.change(changeId)).toMatchObject({ undo: 'none', undoable: false, safeCopies: null });
    await expect(h.changes.planUndo(changeId, never())).rejects.toMatchObject({ code: 'UNSAFE' });
    expect(readdirSync(join(temp.dir, 'safe'))).toEqual([]);
    await h.close();
  });
});

describe('the safe', () => {
  test('its files are private and hold nothing readable', async () => {
    using temp = tempDir();
    const session = openDemo({ stateFile: null });
    const h = await house(temp.dir, session);
    const [target] = await some(session, 'deferred', 1);
    await h.run(deleteIds([target?.id ?? '']));
    const [file = ''] = readdirSync(join(temp.dir, 'safe'));
    const path = join(temp.dir, 'safe', file);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(join(temp.dir, 'safe.key')).mode & 0o777).toBe(0o600);
    expect(readFileSync(path).includes(target?.id ?? '')).toBe(false);
    await h.close();
  });

  const damages: [string, (bytes: Buffer) => Buffer][] = [
    [
      'one bit turned',
      (bytes) => Buffer.concat([bytes.subarray(0, 100), Buffer.from([(bytes[100] ?? 0) ^ 1]), bytes.subarray(101)]),
    ],
    ['the end cut off', (bytes) => bytes.subarray(0, -20)],
    ['something appended', (bytes) => Buffer.concat([bytes, Buffer.from('x')])],
    ['emptied', () => Buffer.alloc(0)],
  ];
  test.each(damages)('a copy with %s puts nothing back', async (_, damage) => {
    using temp = tempDir();
    const session = openDemo({ stateFile: null });
    const h = await house(temp.dir, session);
    const before = await queueOf(session);
    const { changeId } = await h.run(deleteIds((await some(session, 'deferred', 2)).map(({ id }) => id)));
    const [file = ''] = readdirSync(join(temp.dir, 'safe'));
    const path = join(temp.dir, 'safe', file);
    writeFileSync(path, damage(readFileSync(path)));
    const { job } = await h.undo(changeId);
    expect(job).toMatchObject({ state: 'failed', failure: { code: 'BAD_OUTPUT' } });
    expect(await queueOf(session)).toHaveLength(before.length - 2);
    // It may be tried again with the file from a backup.
    expect(h.history.change(changeId)).toMatchObject({ status: 'done', undoable: true });
    await h.close();
  });

  test('another change’s copy in its place puts nothing back', async () => {
    using temp = tempDir();
    const session = openDemo({ stateFile: null });
    const h = await house(temp.dir, session);
    const [a, b] = await some(session, 'deferred', 2);
    const one = await h.run(deleteIds([a?.id ?? '']));
    const other = await h.run(deleteIds([b?.id ?? '']));
    const at = (id: string): string => join(temp.dir, 'safe', `${id}.safe`);
    writeFileSync(at(one.changeId), readFileSync(at(other.changeId)));
    expect((await h.undo(one.changeId)).job).toMatchObject({ state: 'failed', failure: { code: 'BAD_OUTPUT' } });
    await h.close();
  });

  test('a key that is not the one that made the copy is told, not taken for damage', async () => {
    using temp = tempDir();
    const session = openDemo({ stateFile: null });
    const h = await house(temp.dir, session);
    const { changeId } = await h.run(deleteIds((await some(session, 'deferred', 1)).map(({ id }) => id)));
    rmSync(join(temp.dir, 'safe.key'));
    writeFileSync(join(temp.dir, 'safe.key'), Buffer.alloc(32, 7), { mode: 0o600 });
    expect((await h.undo(changeId)).job).toMatchObject({ state: 'failed', failure: { code: 'VAULT_LOCKED' } });
    await h.close();
  });

  test('copies past their time are dropped, once, and the journal says so', async () => {
    using temp = tempDir();
    const session = openDemo({ stateFile: null });
    const h = await house(temp.dir, session, 7);
    const { changeId } = await h.run(deleteIds((await some(session, 'deferred', 1)).map(({ id }) => id)));
    await dropExpired(h.journal, h.history, h.safe, Date.now() + 6 * 86_400_000);
    expect(h.history.change(changeId).undoable).toBe(true);
    for (let i = 0; i < 2; i += 1) await dropExpired(h.journal, h.history, h.safe, Date.now() + 8 * 86_400_000);
    expect(readdirSync(join(temp.dir, 'safe'))).toEqual([]);
    expect(h.history.change(changeId)).toMatchObject({ undoable: false, safeCopies: null });
    expect(h.journal.entriesOf(changeId).filter(({ type }) => type === 'copies-dropped')).toHaveLength(1);
    await expect(h.changes.planUndo(changeId, never())).rejects.toMatchObject({ code: 'UNSAFE' });
    await h.close();
  });
});
