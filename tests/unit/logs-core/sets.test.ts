import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { lockSet } from '#core/logs/lock.ts';
import type { Failure } from '#shared/model/failure.ts';
import { desk, STORY } from './fixture.ts';

const failure = (fields: object): Failure => expect.objectContaining(fields) as Failure;

describe('a set of logs', { timeout: 60_000 }, () => {
  test('is indexed by a job, asked, renamed and dropped; the log itself stays', async () => {
    await using d = desk();
    const log = d.file('mail.log', STORY);
    const indexed = await d.indexed('a', [log]);
    expect(indexed).toMatchObject({ name: 'a', state: 'ready', lines: 9, paths: [log], refused: [] });
    const window = await d.sets.thread.call('traces', ['a', {}, { by: 'start', descending: true }, 0, 10]);
    expect(window.total).toBe(1);
    expect(window.traces[0]).toMatchObject({ kind: 'message', from: 'anna@example.org', messageId: 'one@example.org' });
    expect((await d.sets.rename('a', 'b')).map(({ name }) => name)).toEqual(['b']);
    expect(await d.sets.drop('b')).toEqual([]);
    expect(readFileSync(log, 'utf8')).toBe(STORY);
  });

  test('keeps the zone it was once given when it is indexed anew without one', async () => {
    await using d = desk();
    const log = d.file('mail.log', 'Jul  2 12:00:00 mx1 postfix/qmgr[12]: 0A1B2C3D4E: removed\n');
    const index = async (zone?: string): Promise<string | null> => {
      const { id } = await d.jobs.ended(d.sets.index({ name: 'a', paths: [log], year: 2026, zone }).id);
      return d.sets.indexed(id).first;
    };
    expect(await index('Asia/Tokyo')).toBe('2026-07-02T03:00:00.000Z');
    expect(await index()).toBe('2026-07-02T03:00:00.000Z');
    expect(await index('UTC')).toBe('2026-07-02T12:00:00.000Z');
  });

  test('an input that cannot be read is refused before the job, one found on the way is named in its result', async () => {
    await using d = desk();
    expect(() => d.sets.index({ name: 'a', paths: [join(d.dir, 'absent')] })).toThrow(failure({ code: 'BAD_INPUT' }));
    expect(() => d.sets.index({ name: 'a', paths: [d.dir], zone: 'Mars/Olympus' })).toThrow(
      failure({ code: 'BAD_INPUT' }),
    );
    expect(d.jobs.list()).toEqual([]);
  });

  test('a failed or empty indexing leaves no lock behind', async () => {
    await using d = desk();
    const empty = join(d.dir, 'logs', 'nothing');
    const log = d.file('mail.log', STORY);
    expect((await d.index('a', [log])).state).toBe('done');
    expect((await d.index('a', [log])).state).toBe('done');
    expect(existsSync(empty)).toBe(false);
    lockSet(join(d.dir, 'logs'), 'a')();
  });

  test('is not written by two at once, and a lock whose process is gone is taken over', async () => {
    await using d = desk();
    const log = d.file('mail.log', STORY);
    await d.index('a', [log]);
    const release = lockSet(join(d.dir, 'logs'), 'a');
    expect(() => d.sets.index({ name: 'a', paths: [log] })).toThrow(failure({ code: 'UNSAFE', retryable: true }));
    await expect(d.sets.drop('a')).rejects.toMatchObject({ code: 'UNSAFE' });
    release();
    const file = join(d.dir, 'logs', '.locks', 'a.lock');
    const { host } = JSON.parse(JSON.stringify({ host: (await import('node:os')).hostname() })) as { host: string };
    // pid_max is 2^22 on Linux: no process has this number.
    writeFileSync(file, JSON.stringify({ host, pid: 4_194_999, started: '' }));
    expect((await d.index('a', [log])).state).toBe('done');
  });

  test('made by another version is built again when it is asked, from what it was made from', async () => {
    await using d = desk();
    const log = d.file('mail.log', STORY);
    await d.index('a', [log]);
    const manifest = join(d.dir, 'logs', 'a', 'manifest.json');
    writeFileSync(manifest, readFileSync(manifest, 'utf8').replace(/"format":\d+/, '"format":0'));
    expect(await d.sets.list()).toMatchObject([{ name: 'a', state: 'outdated', paths: [log] }]);
    const report = await d.sets.ask('a', () => d.sets.thread.call('report', ['a', 'status', {}, 0, undefined]));
    expect(report.rows).toEqual(
      expect.arrayContaining([
        ['sent', 1],
        ['bounced', 1],
      ]),
    );
    expect(await d.sets.list()).toMatchObject([{ name: 'a', state: 'ready' }]);
  });

  test('that another process built anew is seen by one that has it open', async () => {
    await using d = desk();
    const log = d.file('mail.log', STORY);
    await d.index('a', [log]);
    const lines = async () => (await d.sets.thread.call('extent', ['a'])).lines;
    expect(await lines()).toBe(9);
    writeFileSync(log, STORY + STORY.replaceAll('9CA0E2C6', 'B0B0B0B0').replaceAll('14:02', '15:02'));
    await d.index('a', [log]); // a thread of its own, as another process has
    expect(await lines()).toBe(18);
  });

  test('an indexing that is cancelled leaves the set as it was', async () => {
    await using d = desk();
    const log = d.file('mail.log', STORY);
    await d.index('a', [log]);
    const large = d.file('large.log', STORY.repeat(40_000));
    const started = d.sets.index({ name: 'a', paths: [large] });
    d.jobs.cancel(started.id);
    expect((await d.jobs.ended(started.id)).state).toBe('cancelled');
    expect(await d.sets.list()).toMatchObject([{ name: 'a', lines: 9 }]);
    lockSet(join(d.dir, 'logs'), 'a')();
  });

  test('bad criteria are the caller’s fault, in words; an unknown set or trace is not found', async () => {
    await using d = desk();
    await d.index('a', [d.file('mail.log', STORY)]);
    const { thread } = d.sets;
    const sort = { by: 'start' as const, descending: true };
    await expect(thread.call('traces', ['a', { ip: 'x' }, sort, 0, 1])).rejects.toMatchObject({ code: 'BAD_INPUT' });
    await expect(thread.call('traces', ['none', {}, sort, 0, 1])).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(thread.call('trace', ['a', '4000000000'])).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(thread.call('traces', ['../a', {}, sort, 0, 1])).rejects.toMatchObject({ code: 'BAD_INPUT' });
  });

  test('values of a field are offered by prefix, the most frequent first', async () => {
    await using d = desk();
    await d.index('a', [d.file('mail.log', STORY)]);
    const values = (field: 'to' | 'domain' | 'status', prefix: string) =>
      d.sets.thread.call('values', ['a', field, prefix, 10]);
    expect(await values('to', 'B')).toEqual([{ value: 'bob@alpha.test', count: 1 }]);
    expect((await values('domain', '')).map(({ value }) => value).sort()).toEqual([
      'alpha.test',
      'beta.test',
      'example.org',
    ]);
    expect((await values('status', 'b')).map(({ value }) => value)).toEqual(['bounced']);
  });
});

describe('an upload', { timeout: 60_000 }, () => {
  test('comes in parts, a part sent twice changes nothing, a missing one is refused, and it goes with its set', async () => {
    await using d = desk();
    const { uploads } = d.sets;
    const part = (text: string): string => Buffer.from(text).toString('base64');
    const { uploadId, path } = uploads.part(null, '../../etc/mail.log', 0, part(STORY.slice(0, 300)));
    expect(path.startsWith(join(d.dir, 'logs', '.uploads'))).toBe(true);
    expect(() => uploads.part(uploadId, 'mail.log', 999, part('x'))).toThrow(failure({ code: 'BAD_INPUT' }));
    uploads.part(uploadId, 'mail.log', 300, part(STORY.slice(300)));
    uploads.part(uploadId, 'mail.log', 300, part(STORY.slice(300)));
    expect(readFileSync(path, 'utf8')).toBe(STORY);
    expect((await d.indexed('up', [path])).lines).toBe(9);
    await d.sets.drop('up');
    expect(existsSync(path)).toBe(false);
    expect(() => uploads.part('nobody', 'x', 0, '')).toThrow(failure({ code: 'NOT_FOUND' }));
  });
});
