import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import type { QueueIdentity, VerbOutcome, Watch } from '#drivers/driver.ts';
import { unpack } from '#drivers/demo/archive.ts';
import { openDemo } from '#drivers/index.ts';
import type { RanCommand } from '#shared/model/change.ts';
import { QueueMessage } from '#shared/model/queue.ts';
import { never, queueOf, tempDir } from '../core/house.ts';

// Real files, a queue of 18,402 and more: seconds on a busy machine, where 5 s is no sign of a fault.
vi.setConfig({ testTimeout: 60_000 });

function watching(signal: AbortSignal = never()): Watch & { commands: RanCommand[]; steps: number[] } {
  const commands: RanCommand[] = [];
  const steps: number[] = [];
  return { signal, commands, steps, ran: (command) => commands.push(command), progress: (done) => steps.push(done) };
}
const fresh = () => openDemo({ stateFile: null });
const some = async (session: ReturnType<typeof openDemo>, queue: string, count: number): Promise<QueueIdentity[]> =>
  (await queueOf(session)).filter((message) => message.queue === queue).slice(0, count);
const identity = ({ id, arrivalTime, sender, queue, size }: QueueMessage): QueueIdentity => ({
  id,
  arrivalTime,
  sender,
  queue,
  size,
});
const now = async (session: ReturnType<typeof openDemo>, targets: readonly QueueIdentity[]) =>
  (
    await session.queue.find(
      targets.map(({ id }) => id),
      never(),
    )
  ).map(({ queue }) => queue);
const ids = (outcome: VerbOutcome): string[] => outcome.done.map(({ id }) => id);

describe('the demo server', () => {
  test('says everywhere that it is one', async () => {
    const session = fresh();
    expect(session.demo).toBe(true);
    const probe = await session.probe(never());
    expect(probe.hostname).toBe('demo.postdeck.example');
    expect(probe.warnings[0]?.message).toContain('demo server');
    expect(session.queue.listCommand).toMatch(/^demo: /);
    for (const verb of ['hold', 'release', 'requeue', 'flush', 'bounce', 'delete', 'copyOut', 'restore'] as const) {
      for (const { command } of session.queue.preview(verb, 1)) expect(command).toMatch(/^demo: /);
    }
  });

  test('holds 18,402 messages, each one as the model has it, ids all different', async () => {
    const messages = await queueOf(fresh());
    expect(messages).toHaveLength(18_402);
    expect(new Set(messages.map(({ id }) => id)).size).toBe(18_402);
    for (const message of messages) QueueMessage.parse(message);
    for (const { queue, recipients } of messages) {
      if (queue === 'deferred') expect(recipients.every(({ reason }) => reason !== null)).toBe(true);
      if (queue === 'active') expect(recipients.every(({ reason }) => reason === null)).toBe(true);
    }
  });

  test('is the same on every computer but for the hour', async () => {
    const shape = async () =>
      (await queueOf(fresh())).map(({ id, sender, size, queue }) => `${id} ${sender} ${size} ${queue}`);
    expect(await shape()).toEqual(await shape());
  });

  test('every source is as long as the queue says', async () => {
    const session = fresh();
    const messages = await queueOf(session);
    for (let i = 0; i < messages.length; i += 97) {
      const message = messages[i];
      if (message === undefined) continue;
      const source = Buffer.concat(await Array.fromAsync(await session.queue.readSource(message.id, never())));
      expect(source.length, message.id).toBe(message.size);
    }
  });

  test('logins are read from envelopes, not told by the listing', async () => {
    const session = fresh();
    const messages = await queueOf(session);
    expect(messages.every(({ login }) => login === null)).toBe(true);
    const logins = await session.queue.logins(never());
    expect([...logins.values()].filter((login) => login === 'anna@firma.example').length).toBeGreaterThan(10_000);
    const [id = '', login] = [...logins][0] ?? [];
    expect((await session.queue.entry(id, never())).envelope.login).toBe(login);
  });
});

describe('its verbs', () => {
  test('hold and release move between hold and deferred', async () => {
    const session = fresh();
    const targets = await some(session, 'deferred', 3);
    const watch = watching();
    expect(ids(await session.queue.hold(targets, watch))).toEqual(targets.map(({ id }) => id));
    expect(await now(session, targets)).toEqual(['hold', 'hold', 'hold']);
    expect(watch.commands).toMatchObject([{ exit: 0, output: 'postsuper: Placed on hold: 3 messages' }]);
    await session.queue.release(targets, watching());
    expect(await now(session, targets)).toEqual(['deferred', 'deferred', 'deferred']);
  });

  test('requeue gives a new id, keeps arrival and sender, and adds a Received header', async () => {
    const session = fresh();
    const [target] = (await some(session, 'deferred', 1)) as [QueueIdentity];
    const before = new Set((await queueOf(session)).map(({ id }) => id));
    await session.queue.requeue([target], watching());
    const again = (await queueOf(session)).find(({ id }) => !before.has(id));
    expect(again).toMatchObject({ arrivalTime: target.arrivalTime, sender: target.sender, queue: 'incoming' });
    const source = Buffer.concat(await Array.fromAsync(await session.queue.readSource(again?.id ?? '', never())));
    expect(source.length).toBe(again?.size);
    expect(source.toString()).toMatch(/^Received: by demo/);
    expect(await now(session, [target])).toEqual([]);
  });

  test('flush leaves held messages alone and says why', async () => {
    const session = fresh();
    const [held] = (await some(session, 'hold', 1)) as [QueueIdentity];
    const [free] = (await some(session, 'deferred', 1)) as [QueueIdentity];
    const outcome = await session.queue.flush([held, free], watching());
    expect(ids(outcome)).toEqual([free.id]);
    expect(outcome.skipped).toMatchObject([{ target: held, why: { id: 'queue.outcome.held' } }]);
    expect(await now(session, [held, free])).toEqual(['hold', 'active']);
  });

  test('delete and bounce take messages away; what is gone is skipped and named', async () => {
    const session = fresh();
    const targets = await some(session, 'deferred', 2);
    await session.queue.delete(targets.slice(0, 1), watching());
    const outcome = await session.queue.bounce(targets, watching());
    expect(ids(outcome)).toEqual([targets[1]?.id]);
    expect(outcome.skipped).toMatchObject([{ target: targets[0], why: { id: 'queue.outcome.gone' } }]);
    expect(await now(session, targets)).toEqual([]);
  });

  test('another message under the same id is left alone', async () => {
    const session = fresh();
    const [target] = (await some(session, 'deferred', 1)) as [QueueIdentity];
    for (const other of [
      { ...target, sender: 'x@y.test' },
      { ...target, arrivalTime: '2020-01-01T00:00:00.000Z' },
    ]) {
      expect((await session.queue.delete([other], watching())).skipped).toMatchObject([
        { why: { id: 'queue.outcome.other' } },
      ]);
    }
    expect(await now(session, [target])).toEqual(['deferred']);
  });

  test('a cancel stops between two handfuls; what was done stays done and is told as cut off', async () => {
    const session = fresh();
    const targets = await some(session, 'deferred', 5_000);
    const abort = new AbortController();
    const watch = watching(abort.signal);
    watch.progress = () => abort.abort();
    await expect(session.queue.hold(targets, watch)).rejects.toMatchObject({ name: 'AbortError' });
    expect((await now(session, targets)).filter((queue) => queue === 'hold')).toHaveLength(2_000);
    expect(watch.commands).toMatchObject([{ exit: null, signal: 'TERM' }]);
  });

  test('only held messages are copied out; they come back as they were, held ones on hold', async () => {
    const session = fresh();
    const [held] = (await some(session, 'hold', 1)) as [QueueIdentity];
    const [was, free] = (await some(session, 'deferred', 2)) as [QueueIdentity, QueueIdentity];
    await session.queue.hold([was], watching());
    const { archive, stored } = await session.queue.copyOut([held, was, free], watching());
    const bytes = Buffer.concat(await Array.fromAsync(archive));
    expect(await stored).toEqual([held.id, was.id]);
    await session.queue.delete([held, was], watching());

    const { Readable } = await import('node:stream');
    const before = new Set((await queueOf(session)).map(({ id }) => id));
    const outcome = await session.queue.restore(Readable.from([bytes]), [held, was, free], { hold: false }, watching());
    expect(ids(outcome)).toEqual([held.id, was.id]);
    expect(outcome.failed).toMatchObject([{ target: free }]);
    const back = (await queueOf(session)).filter(({ id }) => !before.has(id));
    expect(back.map(({ queue, sender, size }) => ({ queue, sender, size }))).toEqual([
      { queue: 'hold', sender: held.sender, size: held.size },
      { queue: 'deferred', sender: was.sender, size: was.size },
    ]);
  });

  test('copies of the whole queue hold every message once, in its order', async () => {
    const session = fresh();
    const all = await queueOf(session);
    await session.queue.hold(all.map(identity), watching());
    const { archive, stored } = await session.queue.copyOut(all.map(identity), watching());
    const copied = (await Array.fromAsync(unpack(archive))).map(({ message }) => message.id);
    expect(copied).toEqual(all.map(({ id }) => id));
    expect(await stored).toEqual(copied);
  });

  test('a damaged archive restores nothing', async () => {
    const session = fresh();
    const { Readable } = await import('node:stream');
    const targets = await some(session, 'hold', 200);
    const { archive } = await session.queue.copyOut(targets, watching());
    const bytes = Buffer.concat(await Array.fromAsync(archive));
    await session.queue.delete(targets, watching());
    const count = (await queueOf(session)).length;
    for (const damaged of [bytes.subarray(0, bytes.length / 2), Buffer.from('not gzip')]) {
      await expect(
        session.queue.restore(Readable.from([damaged]), targets, { hold: false }, watching()),
      ).rejects.toThrow();
      expect(await queueOf(session)).toHaveLength(count);
    }
  });
});

describe('its state', () => {
  test('is kept in a private file: the next process sees what this one did', async () => {
    using temp = tempDir();
    const stateFile = join(temp.dir, 'demo', 'srv.json');
    const one = openDemo({ stateFile });
    const targets = await some(one, 'deferred', 3);
    const [a, b, c] = targets as [QueueIdentity, QueueIdentity, QueueIdentity];
    await one.queue.delete([a], watching());
    await one.queue.hold([b], watching());
    await one.queue.requeue([c], watching());
    expect(await queueOf(openDemo({ stateFile }))).toEqual(await queueOf(one));
    expect(statSync(stateFile).mode & 0o777).toBe(0o600);
  });

  test('what was added and then moved or removed stays so in the next process', async () => {
    using temp = tempDir();
    const stateFile = join(temp.dir, 'srv.json');
    const one = openDemo({ stateFile });
    const before = new Set((await queueOf(one)).map(({ id }) => id));
    await one.queue.requeue(await some(one, 'deferred', 3), watching());
    const added = (await queueOf(one)).filter(({ id }) => !before.has(id)).map(identity);
    const [held, gone, left] = added as [QueueIdentity, QueueIdentity, QueueIdentity];
    await one.queue.hold([held], watching());
    await one.queue.delete([gone], watching());
    const other = openDemo({ stateFile });
    expect(await queueOf(other)).toEqual(await queueOf(one));
    expect(await now(other, [held, gone, left])).toEqual(['hold', 'incoming']);
  });

  test('is shared while both live', async () => {
    using temp = tempDir();
    const stateFile = join(temp.dir, 'srv.json');
    const one = openDemo({ stateFile });
    const other = openDemo({ stateFile });
    const targets = await some(one, 'deferred', 2);
    await one.queue.hold(targets.slice(0, 1), watching());
    await other.queue.hold(targets.slice(1), watching());
    expect(await now(one, targets)).toEqual(['hold', 'hold']);
    expect(await now(other, targets)).toEqual(['hold', 'hold']);
  });

  test.each(['', '{', '{"version":2}'])('a file that is none (%j) starts the demo over', async (content) => {
    using temp = tempDir();
    const stateFile = join(temp.dir, 'srv.json');
    writeFileSync(stateFile, content);
    expect(await queueOf(openDemo({ stateFile }))).toHaveLength(18_402);
  });
});
