import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { createRouterClient } from '@orpc/server';
import { describe, expect, test } from 'vitest';
import { compose } from '#core/compose.ts';
import { failureFrom } from '#core/door/edge.ts';
import { openLog } from '#core/door/log.ts';
import { FailureData } from '#shared/model/failure.ts';
import { cut, tempDir } from './house.ts';

async function opened(dir: string) {
  const console = await compose({
    dataDir: dir,
    door: 'cli',
    version: '0.0.0',
    keychain: null,
    sshDir: join(dir, 'ssh'),
  });
  const at = (access: 'read' | 'write') => createRouterClient(console.router, { context: { access } });
  return { console, reader: at('read'), writer: at('write') };
}

const data = (error: unknown): FailureData => FailureData.parse((error as { data?: unknown }).data);
const failureOf = (call: Promise<unknown>): Promise<FailureData> =>
  call.then(() => expect.fail('it did not fail'), data);

describe('the edge of every method', () => {
  test('a door open for reading may not call what writes, whatever it sends', async () => {
    using temp = tempDir();
    const { console, reader } = await opened(temp.dir);
    for (const call of [
      () => reader.servers.add({ name: 'x', demo: true }),
      () => reader.app.saveSettings({ theme: 'dark' }),
      () => reader.changes.apply({ planId: 'none', understood: true }),
      () => reader.jobs.cancel({ jobId: 'none' }),
      // Wrong input too: what may not be called does not tell what it would take.
      () => reader.servers.add({ name: '' }),
    ]) {
      expect(await failureOf(call())).toMatchObject({ code: 'FORBIDDEN' });
    }
    expect(await reader.servers.list()).toEqual([]);
    await console.dispose();
  });

  test('bad input is told as expected and got, and a secret in it is not repeated', async () => {
    using temp = tempDir();
    const { console, writer } = await opened(temp.dir);
    const server = await writer.servers.add({ name: 'demo', demo: true });
    const bad = await failureOf(writer.queue.show({ serverId: server.id, queueId: '../../etc/passwd' }));
    expect(bad).toMatchObject({
      code: 'BAD_INPUT',
      message: { values: { field: 'queueId', expected: 'expected a queue id', got: '"../../etc/passwd"' } },
    });
    const secret = await failureOf(writer.app.unlockVault({ passphrase: 'short' }));
    expect(secret.code).toBe('BAD_INPUT');
    expect(JSON.stringify(secret)).not.toContain('short"');
    await console.dispose();
  });

  test('an empty filter never means everything', async () => {
    using temp = tempDir();
    const { console, writer } = await opened(temp.dir);
    const server = await writer.servers.add({ name: 'demo', demo: true });
    const request = {
      kind: 'queue.delete' as const,
      serverId: server.id,
      target: { by: 'filter' as const, filter: {} },
    };
    expect(await failureOf(writer.changes.plan({ request }))).toMatchObject({ code: 'BAD_INPUT' });
    for (const field of ['sender', 'recipient', 'reason', 'login', 'text']) {
      const target = { by: 'filter' as const, filter: { [field]: ' ' } };
      const failure = await failureOf(writer.changes.plan({ request: { ...request, target } }));
      expect(failure, field).toMatchObject({ code: 'BAD_INPUT' });
    }
    await console.dispose();
  });

  test('a stream fails with the same failure as a call', async () => {
    using temp = tempDir();
    const { console, reader } = await opened(temp.dir);
    const failed = await failureOf(
      (async () => {
        for await (const _ of await reader.queue.list({ serverId: 'nobody' })) expect.fail('a batch');
      })(),
    );
    expect(failed).toMatchObject({ code: 'NOT_FOUND' });
    await console.dispose();
  });

  test('what nobody planned is INTERNAL: logged in the data folder, its words not told', () => {
    using temp = tempDir();
    const log = openLog(temp.dir);
    const defect = new Error('cannot read /root/secret of undefined');
    const failure = failureFrom(defect, ['queue', 'show'], undefined, log);
    expect(failure.code).toBe('INTERNAL');
    expect(JSON.stringify(failure.toData())).not.toContain('/root/secret');
    const lines = readFileSync(join(temp.dir, 'postdeck.log'), 'utf8');
    expect(lines).toContain('/root/secret');
    expect(lines).toContain(String(failure.detail['ref']));
    expect(statSync(join(temp.dir, 'postdeck.log')).mode & 0o777).toBe(0o600);
  });

  test('secrets in what is logged are removed', () => {
    using temp = tempDir();
    openLog(temp.dir).info({ password: 'hunter2', input: { value: 'hunter2', passphrase: 'hunter2' } }, 'x');
    expect(readFileSync(join(temp.dir, 'postdeck.log'), 'utf8')).not.toContain('hunter2');
  });

  test('a cancelled call is CANCELLED, a planned failure stays what it is', () => {
    using temp = tempDir();
    const log = openLog(temp.dir);
    const gone = new AbortController();
    gone.abort();
    expect(failureFrom(gone.signal.reason, ['x'], gone.signal, log).code).toBe('CANCELLED');
    expect(failureFrom(cut('TIMEOUT'), ['x'], gone.signal, log).code).toBe('TIMEOUT');
  });
});

describe('settings', () => {
  test('what was saved stands over the defaults, also in the next console', async () => {
    using temp = tempDir();
    const first = await opened(temp.dir);
    expect(await first.writer.app.saveSettings({ keepCopiesDays: 7 })).toMatchObject({
      keepCopiesDays: 7,
      theme: 'auto',
    });
    await first.console.dispose();
    const second = await opened(temp.dir);
    expect(await second.reader.app.settings()).toMatchObject({ keepCopiesDays: 7, theme: 'auto' });
    await second.console.dispose();
  });
});
