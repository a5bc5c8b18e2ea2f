import { setTimeout as after } from 'node:timers/promises';
import { describe, expect, test, vi } from 'vitest';
import { Jobs } from '#core/jobs/jobs.ts';
import { text } from '#shared/model/text.ts';

const title = text({ id: 'test.job', message: 'A job' });
const leaves = text({ id: 'test.leaves', message: 'Nothing' });

function start(jobs: Jobs, cancelLeaves: typeof leaves | null = leaves) {
  const stages = ['hold', 'delete'].map((id) => ({ id, title, unit: 'messages' as const, total: 10 }));
  return jobs.start({ title, serverId: 's', changeId: 'c', stages, cancelLeaves });
}

describe('jobs', () => {
  test('stages go from waiting to done; those never reached are skipped', () => {
    const jobs = new Jobs();
    const job = start(jobs);
    expect(jobs.show(job.id).stages.map(({ state }) => state)).toEqual(['waiting', 'waiting']);
    job.stage('hold');
    job.progress(4);
    expect(jobs.show(job.id).stages[0]).toMatchObject({ state: 'running', done: 4, total: 10, ms: null });
    job.end('cancelled');
    expect(jobs.show(job.id)).toMatchObject({
      state: 'cancelled',
      stages: [{ state: 'failed', done: 4 }, { state: 'skipped' }],
      cancelLeaves: null,
    });
    expect(jobs.show(job.id).endedAt).not.toBeNull();
  });

  test('who comes late gets the last state first', async () => {
    const jobs = new Jobs();
    const job = start(jobs);
    job.stage('hold');
    job.progress(7);
    const { value } = await jobs.watch().next();
    expect(value).toMatchObject([{ id: job.id, stages: [{ done: 7 }, {}] }]);
  });

  test('a watcher is told of many steps at once, and always of the last', async () => {
    const jobs = new Jobs();
    const job = start(jobs);
    const watch = jobs.watch();
    await watch.next();
    job.stage('hold');
    for (let done = 0; done <= 10_000; done += 1) job.progress(done);
    job.end('done');
    const told = [];
    for (;;) {
      const { value } = await watch.next();
      told.push(value?.[0]);
      if (value?.[0]?.endedAt) break;
    }
    expect(told.length).toBeLessThan(5);
    expect(told.at(-1)).toMatchObject({ state: 'done', stages: [{ done: 10_000 }, {}] });
  });

  test('progress alone is told at most ten times a second', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    try {
      const jobs = new Jobs();
      const job = start(jobs);
      let told = 0;
      const watch = jobs.watch();
      const done = (async () => {
        for await (const _ of watch) told += 1;
      })();
      job.stage('hold');
      for (let i = 0; i < 100; i += 1) {
        job.progress(i);
        await vi.advanceTimersByTimeAsync(10);
      }
      await watch.return?.();
      await done;
      expect(told).toBeGreaterThan(5);
      expect(told).toBeLessThanOrEqual(12);
    } finally {
      vi.useRealTimers();
    }
  });

  test('cancel aborts the work’s signal once; it ends when the work says so', async () => {
    const jobs = new Jobs();
    const job = start(jobs);
    expect(jobs.cancel(job.id).state).toBe('cancelling');
    expect(job.signal.aborted).toBe(true);
    expect(job.signal.reason).toMatchObject({ code: 'CANCELLED' });
    job.end('cancelled');
    expect((await jobs.ended(job.id)).state).toBe('cancelled');
    expect(jobs.cancel(job.id).state).toBe('cancelled');
  });

  test('what can no longer be cancelled is not', () => {
    const jobs = new Jobs();
    const job = start(jobs, null);
    expect(jobs.cancel(job.id).state).toBe('running');
    expect(job.signal.aborted).toBe(false);
  });

  test('an unknown job is NOT_FOUND', () => {
    expect(() => new Jobs().show('x')).toThrow(expect.objectContaining({ code: 'NOT_FOUND' }));
  });

  test('a job stays for 24 hours after its end', () => {
    const jobs = new Jobs();
    const job = start(jobs);
    job.end('done');
    const running = start(jobs);
    const ended = Date.parse(jobs.show(job.id).endedAt ?? '');
    const now = vi.spyOn(Date, 'now');
    try {
      now.mockReturnValue(ended + 24 * 3_600_000);
      expect(jobs.list()).toHaveLength(2);
      now.mockReturnValue(ended + 24 * 3_600_000 + 1);
      expect(jobs.list().map(({ id }) => id)).toEqual([running.id]);
    } finally {
      now.mockRestore();
    }
  });

  test('a watcher that leaves is let go at once', async () => {
    const jobs = new Jobs();
    start(jobs);
    const watch = jobs.watch();
    await watch.next();
    const waiting = watch.next();
    await watch.return?.();
    expect(await Promise.race([waiting, after(5_000, 'hangs', { ref: false })])).toEqual({
      done: true,
      value: undefined,
    });
  });

  test('closing waits until what runs has ended', async () => {
    const jobs = new Jobs();
    const job = start(jobs);
    let ended = false;
    job.signal.addEventListener('abort', () => {
      setImmediate(() => {
        ended = true;
        job.end('cancelled');
      });
    });
    await jobs.dispose();
    expect(ended).toBe(true);
  });
});
