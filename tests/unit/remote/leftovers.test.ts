import { expect, it, vi } from 'vitest';
import { isAlive, type Leftover, settleLeftovers } from '#remote/ssh/leftovers.ts';

const left = (more: Partial<Leftover> = {}): Leftover => ({
  outer: 100,
  inner: 100,
  streaming: false,
  elevated: false,
  lostAt: 0,
  ...more,
});
const NEVER = new AbortController().signal;

it('a process group that a later process leads is another one', () => {
  // Lost 10 s ago.
  expect(isAlive(left(), '  100   100   60\n    1     1  900\n', 10_000)).toBe(true);
  expect(isAlive(left(), '  100   100    3\n', 10_000)).toBe(false);
  // Its leader has gone, a child goes on: the number cannot have been given away.
  expect(isAlive(left(), '  177   100    3\n', 10_000)).toBe(true);
  expect(isAlive(left(), '  100     1   60\n  10   10  60\n', 10_000)).toBe(false);
  expect(isAlive(left({ outer: null, inner: null }), '0 0 60\n', 10_000)).toBe(false);
  expect(isAlive(left({ inner: 200 }), '  200   200   60\n', 10_000)).toBe(true);
});

it('only what streamed is ended, and once; the rest is waited for', async () => {
  const tables = [' 100 100 60\n 200 200 60\n', ' 100 100 60\n 200 200 61\n', ' 100 100 61\n', ''];
  const kill = vi.fn(() => Promise.resolve());
  const gone = await settleLeftovers(
    [
      left({ lostAt: performance.now() }),
      left({ outer: 150, inner: 200, streaming: true, elevated: true, lostAt: performance.now() }),
    ],
    { list: () => Promise.resolve(tables.shift() ?? ''), kill },
    NEVER,
  );
  expect(gone).toBe(true);
  expect(tables).toEqual([]);
  expect(kill.mock.calls).toEqual([
    [200, 'TERM', true],
    [150, 'KILL', false],
  ]);
});

it('a server that cannot be asked, or a caller who gives up, does not hold up the connection', async () => {
  const kill = (): Promise<void> => Promise.resolve();
  const now = [left({ lostAt: performance.now() })];
  expect(await settleLeftovers(now, { list: () => Promise.reject(new Error('cut')), kill }, NEVER)).toBe(false);
  const list = (): Promise<string> => Promise.resolve(' 100 100 60\n');
  expect(await settleLeftovers(now, { list, kill }, AbortSignal.abort())).toBe(false);
});
