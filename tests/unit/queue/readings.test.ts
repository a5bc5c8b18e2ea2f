import { describe, expect, test } from 'vitest';
import { QueueReadings } from '#core/queue/readings.ts';
import { openStore } from '#core/store/store.ts';
import { openDemo } from '#drivers/index.ts';
import type { QueueMessage } from '#shared/model/queue.ts';
import { cut, demoWith, never, queueOf, sessionsOf, tempDir } from '../core/house.ts';

type Step = { batch: QueueMessage[] } | { fail: Error } | 'end';

/** A server whose listing goes on only when the test says so. */
async function stepped(dir: string) {
  const messages = (await queueOf(openDemo({ stateFile: null }))).slice(0, 30);
  const state = { started: 0, stopped: 0 };
  let steps: PromiseWithResolvers<Step>[] = [Promise.withResolvers<Step>()];
  const session = demoWith(() => ({
    async *list({ signal }) {
      state.started += 1;
      const mine = steps;
      try {
        for (let i = 0; ; i += 1) {
          const gone = new Promise<never>((_, reject) => {
            signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
          });
          const step = await Promise.race([(mine[i] ??= Promise.withResolvers<Step>()).promise, gone]);
          if (step === 'end') return;
          if ('fail' in step) throw step.fail;
          yield step.batch;
        }
      } finally {
        state.stopped += 1;
      }
    },
  }));
  const readings = new QueueReadings(sessionsOf(session), openStore(dir));
  let at = 0;
  return {
    readings,
    state,
    messages,
    say: (step: Step): void => {
      (steps[at] ??= Promise.withResolvers<Step>()).resolve(step);
      at += 1;
    },
    renew: (): void => {
      steps = [];
      at = 0;
    },
  };
}

/** Bounded polling for something that is about to be so. */
async function until(test: () => boolean): Promise<void> {
  for (let i = 0; i < 2_000 && !test(); i += 1) await new Promise((resolve) => setTimeout(resolve, 1));
  expect(test()).toBe(true);
}

describe('reading a queue', () => {
  test('tells how it goes; what has come is seen before the end', async () => {
    using temp = tempDir();
    const { readings, messages, say } = await stepped(temp.dir);
    const all = Array.fromAsync(readings.watch('srv', 0));
    say({ batch: messages.slice(0, 10) });
    await until(() => readings.reading('srv').read === 10);
    expect(readings.reading('srv').state).toBe('reading');
    expect(readings.shown('srv')?.messages).toHaveLength(10);
    say({ batch: messages.slice(10) });
    say('end');
    expect((await all).at(-1)).toMatchObject({
      state: 'complete',
      generation: 1,
      read: 30,
      size: messages.reduce((sum, { size }) => sum + size, 0),
    });
  });

  test('who asks meanwhile joins: the server is read once', async () => {
    using temp = tempDir();
    const { readings, state, messages, say } = await stepped(temp.dir);
    const one = Array.fromAsync(readings.watch('srv', 0));
    await until(() => state.started === 1);
    const other = Array.fromAsync(readings.watch('srv', 0));
    const third = readings.read('srv', 0, never());
    say({ batch: messages });
    say('end');
    expect((await one).at(-1)?.generation).toBe(1);
    expect((await other).at(-1)?.generation).toBe(1);
    expect((await third).reading.generation).toBe(1);
    expect(state.started).toBe(1);
  });

  test('one watcher leaving does not stop the others; the last one does, and the command with it', async () => {
    using temp = tempDir();
    const { readings, state, messages, say } = await stepped(temp.dir);
    const one = readings.watch('srv', 0);
    const other = readings.watch('srv', 0);
    say({ batch: messages });
    await one.next();
    await other.next();
    await one.return?.();
    expect(state.stopped).toBe(0);
    await other.return?.();
    await until(() => state.stopped === 1);
    expect(readings.reading('srv').state).toBe('failed');
  });

  test('what came before the listing stalls is told', async () => {
    using temp = tempDir();
    const { readings, messages, say } = await stepped(temp.dir);
    const watch = readings.watch('srv', 0);
    expect((await watch.next()).value).toMatchObject({ read: 0 });
    say({ batch: messages.slice(0, 5) });
    expect((await watch.next()).value).toMatchObject({ state: 'reading', read: 5 });
    say({ batch: messages.slice(5, 7) });
    expect((await watch.next()).value).toMatchObject({ state: 'reading', read: 7 });
    await watch.return?.();
  });

  test('a listing cut short keeps what was read, marked', async () => {
    using temp = tempDir();
    const { readings, messages, say } = await stepped(temp.dir);
    const all = Array.fromAsync(readings.watch('srv', 0));
    say({ batch: messages.slice(0, 5) });
    say({ fail: cut('BAD_OUTPUT') });
    expect((await all).at(-1)).toMatchObject({ state: 'cut-short', read: 5 });
    expect(readings.shown('srv')?.messages).toHaveLength(5);
  });

  test('a reading that fails throws why, and leaves the earlier one on screen', async () => {
    using temp = tempDir();
    const { readings, messages, say, renew } = await stepped(temp.dir);
    say({ batch: messages });
    say('end');
    await readings.read('srv', 0, never());
    renew();
    say({ fail: cut('CONNECT_FAILED') });
    await expect(Array.fromAsync(readings.watch('srv', 0))).rejects.toMatchObject({ code: 'CONNECT_FAILED' });
    expect(readings.reading('srv')).toMatchObject({ state: 'failed', generation: 2 });
    expect(readings.shown('srv')).toMatchObject({ reading: { generation: 1, state: 'complete' } });
  });

  test('while it is read again, the earlier reading stays on screen until the new one is whole', async () => {
    using temp = tempDir();
    const { readings, messages, say, renew } = await stepped(temp.dir);
    say({ batch: messages });
    say('end');
    await readings.read('srv', 0, never());
    renew();
    const again = readings.read('srv', 0, never());
    say({ batch: messages.slice(0, 1) });
    await until(() => readings.reading('srv').read === 1);
    expect(readings.reading('srv')).toMatchObject({ state: 'reading', generation: 2, expected: 30 });
    expect(readings.shown('srv')?.messages).toHaveLength(30);
    say('end');
    expect((await again).messages).toHaveLength(1);
    expect(readings.shown('srv')?.messages).toHaveLength(1);
  });

  test('a reading young enough is taken instead of a new one', async () => {
    using temp = tempDir();
    const { readings, state, messages, say } = await stepped(temp.dir);
    say({ batch: messages });
    say('end');
    await readings.read('srv', 0, never());
    expect((await readings.read('srv', 60, never())).reading.generation).toBe(1);
    expect(await Array.fromAsync(readings.watch('srv', 60))).toMatchObject([{ generation: 1 }]);
    expect(state.started).toBe(1);
  });
});
