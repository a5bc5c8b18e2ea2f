import { setImmediate as breathe } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { Credits } from '#core/door/credit.ts';
import { consume } from '#shared/contract/consume.ts';
import { CREDIT } from '#shared/contract/flow.ts';

/** Lets everything that can go on without an acknowledgement go on. */
async function settle(): Promise<void> {
  for (let i = 0; i < 50; i += 1) await breathe();
}

function counted(batches: number, items = 1) {
  const state = { produced: 0, aborted: false, closed: false };
  const produce = async function* (signal: AbortSignal): AsyncGenerator<number[]> {
    signal.addEventListener('abort', () => {
      state.aborted = true;
    });
    try {
      for (let i = 0; i < batches; i += 1) {
        state.produced += 1;
        yield Array.from({ length: items }, () => i);
        await breathe();
      }
    } finally {
      state.closed = true;
    }
  };
  return { state, produce };
}

describe('a stream under the credit window', () => {
  test('a consumer that acknowledges gets everything in order', async () => {
    const credits = new Credits();
    const { produce } = counted(100, 3);
    const got: number[] = [];
    const ack = (input: { streamId: string; seq: number }) => Promise.resolve(credits.ack(input.streamId, input.seq));
    for await (const items of consume(credits.stream(produce), ack)) got.push(...items);
    expect(got).toEqual(Array.from({ length: 300 }, (_, i) => Math.floor(i / 3)));
  });

  test('a slow consumer is held at 8 batches, and goes on from where it acknowledged', async () => {
    const credits = new Credits();
    const { state, produce } = counted(1_000);
    const stream = credits.stream(produce);
    const got: { streamId: string; seq: number }[] = [];
    // A transport: it pulls as fast as it can and has nobody to slow it down.
    const pump = (async () => {
      for await (const batch of stream) got.push(batch);
    })();
    await settle();
    expect(got.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(CREDIT).toBe(8);
    // One more may be made and wait; none is sent.
    expect(state.produced).toBeLessThanOrEqual(CREDIT + 1);

    credits.ack(got[0]?.streamId ?? '', 3);
    await settle();
    expect(got).toHaveLength(11);
    credits.ack(got[0]?.streamId ?? '', 2);
    credits.ack('no such stream', 100);
    await settle();
    expect(got).toHaveLength(11);

    await stream.return?.();
    await pump;
    expect(state).toMatchObject({ aborted: true });
  });

  test('leaving early stops the producer, also while it waits for credit', async () => {
    const credits = new Credits();
    const { state, produce } = counted(1_000);
    const stream = credits.stream(produce);
    for (let i = 0; i < CREDIT; i += 1) await stream.next();
    const waiting = stream.next();
    waiting.catch(() => undefined);
    await settle();
    await stream.return?.();
    await settle();
    expect(state).toMatchObject({ aborted: true, closed: true });
  });

  test('an aborted call stops the producer', async () => {
    const credits = new Credits();
    const { state, produce } = counted(1_000);
    const abort = new AbortController();
    const stream = credits.stream(produce, abort.signal);
    await stream.next();
    abort.abort(new Error('enough'));
    await expect(
      (async () => {
        for (;;) if ((await stream.next()).done === true) break;
      })(),
    ).rejects.toThrow('enough');
    await settle();
    expect(state).toMatchObject({ aborted: true, closed: true });
  });

  test('a failure of the producer reaches the consumer after what came before it', async () => {
    const credits = new Credits();
    const stream = credits.stream(async function* () {
      yield [1];
      await breathe();
      throw new Error('cut');
    });
    expect((await stream.next()).value).toMatchObject({ seq: 1, items: [1] });
    await expect(stream.next()).rejects.toThrow('cut');
  });

  test('empty batches cost no credit', async () => {
    const credits = new Credits();
    const stream = credits.stream(async function* () {
      for (let i = 0; i < 100; i += 1) yield [];
      await breathe();
      yield [1];
    });
    expect((await stream.next()).value).toMatchObject({ seq: 1, items: [1] });
    expect((await stream.next()).done).toBe(true);
  });
});
