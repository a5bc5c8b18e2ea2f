import { describe, expect, it } from 'vitest';
import { Deadline, raceSignal } from '#remote/deadlines.ts';
import { Failure } from '#shared/model/failure.ts';

const never = new Promise<never>(() => {});

describe('a deadline', () => {
  it('ends every wait of the operation with one TIMEOUT that says what was waited for', async () => {
    const deadline = new Deadline('read the queue', 0.02);
    await expect(deadline.race(never, 'logging in')).rejects.toMatchObject({
      code: 'TIMEOUT',
      retryable: true,
      detail: { name: 'read the queue', stage: 'logging in' },
    });
    // The same one, for a layer that starts to wait only now.
    await expect(deadline.race(never, 'running')).rejects.toMatchObject({ detail: { stage: 'logging in' } });
  });

  it('passes the value on when it is in time', async () => {
    const deadline = new Deadline('x', 60);
    await expect(deadline.race(Promise.resolve(7))).resolves.toBe(7);
    deadline.clear();
  });

  it.each([0, Infinity, 1e9])('%d seconds are no deadline', (seconds) => {
    const deadline = new Deadline('x', seconds);
    expect(deadline.signal.aborted).toBe(false);
    deadline.clear();
  });

  it('ends with CANCELLED when the caller gives up, before or after', async () => {
    const early = new Deadline('x', 60, AbortSignal.abort());
    await expect(early.race(never)).rejects.toMatchObject({ code: 'CANCELLED' });
    const abort = new AbortController();
    const late = new Deadline('x', 60, abort.signal);
    const waiting = late.race(never);
    abort.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'CANCELLED' });
    early.clear();
    late.clear();
  });

  it('keeps a Failure that the caller gave as the reason', async () => {
    const reason = new Failure('UNSAFE', { id: 'x', message: 'x', values: {} });
    const deadline = new Deadline('x', 60, AbortSignal.abort(reason));
    await expect(deadline.race(never)).rejects.toBe(reason);
    deadline.clear();
  });

  it('leaves no unhandled rejection behind', async () => {
    const failing = Promise.reject(new Error('late'));
    await expect(raceSignal(failing, AbortSignal.abort(new Error('first')))).rejects.toThrow('first');
  });
});
