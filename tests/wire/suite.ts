import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { consume } from '#shared/contract/consume.ts';
import { CREDIT } from '#shared/contract/flow.ts';
import { failureOf } from '#shared/model/failure-of.ts';
import type { FailureData } from '#shared/model/failure.ts';
import { text } from '#shared/model/text.ts';
import { type Client, type Door, type Fixture, type OpenDoor, openFixture } from './fixture.ts';

const LISTING = { serverId: 'any' };

async function failing(call: Promise<unknown>, signal?: AbortSignal): Promise<FailureData> {
  return await call.then(
    () => expect.fail('the call was answered'),
    (error: unknown) => failureOf(error, signal),
  );
}

/** What every door must do alike. Run over each of the three. */
export function wireSuite(name: string, open: OpenDoor): void {
  describe(`wire: ${name}`, () => {
    let fixture: Fixture;
    let door: Door;
    let client: Client;

    beforeAll(async () => {
      fixture = await openFixture();
      door = await open(fixture.router);
      client = await door.client('write');
    });
    afterAll(async () => {
      await door.close();
      await fixture.close();
    });

    test('answers a question with what the contract says', async () => {
      expect(await client.app.info()).toMatchObject({ version: '0.0.0-test', host: 'web' });
    });

    test('a failure arrives with its code, words, hint and detail, whatever the door', async () => {
      const failure = await failing(client.servers.show({ serverId: 'nobody' }));
      expect(failure.code).toBe('NOT_FOUND');
      expect(failure.message.values).toEqual({ serverId: 'nobody' });
      expect(failure).toEqual(await failing(inProcessShow(fixture)));
    });

    test('bad input is refused with field, expected and got', async () => {
      const failure = await failing(client.queue.show({ serverId: 'any', queueId: 'A;rm -rf /' }));
      expect(failure.code).toBe('BAD_INPUT');
      expect(failure.message.values).toMatchObject({ field: 'queueId', expected: 'expected a queue id' });
      expect(failure.detail).toMatchObject({ method: 'queue.show' });
    });

    test('a door opened for reading refuses every method that writes, and answers the others', async () => {
      const reader = await door.client('read');
      expect((await failing(reader.servers.add({ name: 'new', demo: true }))).code).toBe('FORBIDDEN');
      expect((await failing(reader.app.saveSettings({ theme: 'dark' }))).code).toBe('FORBIDDEN');
      expect((await failing(reader.jobs.cancel({ jobId: 'x' }))).code).toBe('FORBIDDEN');
      expect(await reader.servers.list()).toEqual([]);
      expect(await client.app.settings()).toMatchObject({ theme: 'auto' });
    });

    test('a consumer that says nothing is held at the credit window, and goes on when it acknowledges', async () => {
      const stream = await client.queue.list(LISTING);
      let streamId = '';
      for (let seq = 1; seq <= CREDIT; seq++) {
        const { value } = await stream.next();
        expect(value?.seq).toBe(seq);
        streamId = value?.streamId ?? '';
      }
      let ninth = false;
      const next = stream.next().then((result) => {
        ninth = true;
        return result;
      });
      // Many answers overtake it: it is held, not merely slow.
      for (let i = 0; i < 50; i++) await client.app.settings();
      expect(ninth).toBe(false);
      expect(fixture.produced()).toBeLessThanOrEqual(CREDIT + 1);
      await client.flow.ack({ streamId, seq: 1 });
      expect((await next).value?.seq).toBe(CREDIT + 1);
      await stream.return?.();
      await fixture.stopped();
    });

    test('a consumer that keeps up gets every batch in order', async () => {
      const stream = consume(await client.queue.list(LISTING), (ack) => client.flow.ack(ack));
      let seen = 0;
      for await (const [first] of stream) {
        expect(first?.size).toBe(++seen);
        if (seen === 100) break;
      }
      expect(seen).toBe(100);
      await fixture.stopped();
    });

    test('leaving a stream early stops its producer', async () => {
      for await (const batch of await client.queue.list(LISTING)) {
        expect(batch.seq).toBe(1);
        break;
      }
      await fixture.stopped();
    });

    test('aborting a call stops its producer and is told as cancelled', async () => {
      const abort = new AbortController();
      const stream = await client.queue.list(LISTING, { signal: abort.signal });
      await stream.next();
      abort.abort();
      const failure = await failing(drain(stream), abort.signal);
      expect(failure.code).toBe('CANCELLED');
      await fixture.stopped();
    });

    test('one who joins a watch late is told the state first, then what changes', async () => {
      const work = fixture.jobs.start({
        title: text({ id: 'test.job', message: 'A job' }),
        serverId: null,
        changeId: null,
        stages: [],
        cancelLeaves: null,
      });
      const stream = await client.jobs.watch();
      const first = await stream.next();
      if (first.done === true) expect.fail('the watch ended at once');
      expect(first.value.map(({ id, state }) => ({ id, state }))).toContainEqual({ id: work.id, state: 'running' });
      work.end('done');
      for await (const jobs of stream) if (jobs.some(({ id, state }) => id === work.id && state === 'done')) break;
      expect((await client.jobs.show({ jobId: work.id })).state).toBe('done');
    });

    test('a window of 1,000 rows of 4 KB comes whole', async () => {
      const window = await client.queue.window({ serverId: 'any', count: 1000, offset: 5 });
      expect(window.rows).toHaveLength(1000);
      expect(window.offset).toBe(5);
      const last = window.rows.at(-1);
      expect(last?.kind === 'message' && last.message.recipients[0]?.reason).toHaveLength(4000);
    });

    test('a request with 500,000 ids gets through', async () => {
      const ids = Array.from({ length: 500_000 }, (_, n) => (0x4f00000000 + n).toString(16).toUpperCase());
      const target = { by: 'ids' as const, ids };
      const failure = await failing(
        client.changes.plan({ request: { kind: 'queue.hold', serverId: 'nobody', target } }),
      );
      expect(failure).toMatchObject({ code: 'UNSAFE', detail: { ids: 500_000 } });
    });

    test('many calls at once each get their own answer', async () => {
      const windows = await Promise.all(
        Array.from({ length: 64 }, (_, offset) => client.queue.window({ serverId: 'any', count: 1, offset })),
      );
      expect(windows.map(({ offset }) => offset)).toEqual(Array.from({ length: 64 }, (_, n) => n));
    });
  });
}

async function drain(stream: AsyncIterable<unknown>): Promise<void> {
  for await (const item of stream) void item;
}

/** The same failure, taken where no transport is between. */
async function inProcessShow({ router }: Fixture): Promise<unknown> {
  const { createRouterClient } = await import('@orpc/server');
  return createRouterClient(router, { context: { access: 'write' } }).servers.show({ serverId: 'nobody' });
}
