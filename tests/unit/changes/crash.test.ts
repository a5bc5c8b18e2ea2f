import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { openDemo } from '#drivers/index.ts';
import { house, never, queueOf, tempDir } from '../core/house.ts';

// Real files, a queue of 18,402 and more: seconds on a busy machine, where 5 s is no sign of a fault.
vi.setConfig({ testTimeout: 60_000 });

/** Starts a change in a process of its own and waits until it stands in the middle. */
async function stopIn(dir: string, place: string, ids: string[]): Promise<ChildProcess> {
  const child = fork(join(import.meta.dirname, 'crash-child.ts'), [dir, place, ...ids], {
    execArgv: ['--no-warnings'],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const [said] = (await Promise.race([once(child, 'message'), once(child, 'exit')])) as unknown[];
  expect(said).toBe('here');
  return child;
}

async function kill(child: ChildProcess): Promise<void> {
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}

async function prepared(dir: string) {
  const session = openDemo({ stateFile: join(dir, 'demo.json') });
  const messages = (await queueOf(session)).filter(({ queue }) => queue === 'deferred').slice(0, 6);
  return { session, ids: messages.map(({ id }) => id) };
}

/** The whole queue, as it is told apart when ids have changed. */
async function marksOf(session: ReturnType<typeof openDemo>): Promise<string[]> {
  const all = await queueOf(session);
  return all.map(({ queue, arrivalTime, sender, size }) => `${queue} ${arrivalTime} ${sender} ${size}`).sort();
}

describe('a console that is killed in the middle of a change', () => {
  test('while it lives, another console on the same data folder sees the change running and leaves it alone', async () => {
    using temp = tempDir();
    const { session, ids } = await prepared(temp.dir);
    const child = await stopIn(temp.dir, 'hold', ids);
    const h = await house(temp.dir, session);
    const [change] = h.history.list({ offset: 0, count: 10 }).changes;
    expect(change).toMatchObject({ kind: 'queue.hold', status: 'running' });
    await expect(h.changes.reconcile(change?.id ?? '', never())).rejects.toMatchObject({ code: 'UNSAFE' });

    await kill(child);
    h.changes.markInterrupted();
    expect(h.history.change(change?.id ?? '')).toMatchObject({ status: 'interrupted' });
    await h.close();
  });

  test('half held: found interrupted at the next start, reconciled by reading, then undone', async () => {
    using temp = tempDir();
    const { session, ids } = await prepared(temp.dir);
    await kill(await stopIn(temp.dir, 'hold', ids));
    const h = await house(temp.dir, session);
    const [change] = h.history.list({ offset: 0, count: 10 }).changes;
    expect(change).toMatchObject({ status: 'interrupted', undoable: false });
    // Found, told, and nothing else: it is not repeated.
    expect((await session.queue.find(ids, never())).filter(({ queue }) => queue === 'hold')).toHaveLength(3);

    const id = change?.id ?? '';
    await h.changes.reconcile(id, never());
    expect(h.history.change(id)).toMatchObject({ status: 'partial', applied: 3, skippedTotal: 3, undoable: true });
    await h.undo(id);
    expect((await session.queue.find(ids, never())).map(({ queue }) => queue)).toEqual(
      Array<string>(6).fill('deferred'),
    );
    expect(h.journal.verify().ok).toBe(true);
    await h.close();
  });

  test('copied and half deleted: what is gone comes back from the safe, what is held is released', async () => {
    using temp = tempDir();
    const { session, ids } = await prepared(temp.dir);
    const before = await marksOf(session);
    await kill(await stopIn(temp.dir, 'delete', ids));
    const h = await house(temp.dir, session);
    const id = h.history.list({ offset: 0, count: 10 }).changes[0]?.id ?? '';
    await h.changes.reconcile(id, never());
    expect(h.history.change(id)).toMatchObject({
      status: 'partial',
      applied: 3,
      undoable: true,
      safeCopies: { count: 6 },
    });
    const undo = await h.undo(id);
    expect(undo.job.state).toBe('done');
    expect(await marksOf(session)).toEqual(before);
    await h.close();
  });

  test('copied and nothing deleted yet: undo only lets go', async () => {
    using temp = tempDir();
    const { session, ids } = await prepared(temp.dir);
    await kill(await stopIn(temp.dir, 'before-delete', ids));
    const h = await house(temp.dir, session);
    const id = h.history.list({ offset: 0, count: 10 }).changes[0]?.id ?? '';
    await h.changes.reconcile(id, never());
    expect(h.history.change(id)).toMatchObject({ applied: 0, undoable: true });
    await h.undo(id);
    expect((await session.queue.find(ids, never())).map(({ queue }) => queue)).toEqual(
      Array<string>(6).fill('deferred'),
    );
    await h.close();
  });

  test('half deleted without copies: what is gone may be its doing, so it is not told as failed', async () => {
    using temp = tempDir();
    const { session, ids } = await prepared(temp.dir);
    await kill(await stopIn(temp.dir, 'delete-bare', ids));
    const h = await house(temp.dir, session);
    const id = h.history.list({ offset: 0, count: 10 }).changes[0]?.id ?? '';
    await h.changes.reconcile(id, never());
    const change = h.history.change(id);
    expect(change).toMatchObject({ status: 'partial', applied: 0, verified: null, undoable: false, skippedTotal: 6 });
    expect(change.notes.find(({ id: note }) => note === 'queue.note.untold')?.values).toEqual({ count: 3 });
    await h.close();
  });

  test('two consoles that find it write it down once', async () => {
    using temp = tempDir();
    const { session, ids } = await prepared(temp.dir);
    await kill(await stopIn(temp.dir, 'hold', ids));
    const one = await house(temp.dir, session);
    const other = await house(temp.dir, session);
    const id = one.history.list({ offset: 0, count: 10 }).changes[0]?.id ?? '';
    expect(other.journal.entriesOf(id).filter(({ type }) => type === 'interrupted')).toHaveLength(1);
    await one.close();
    await other.close();
  });
});
