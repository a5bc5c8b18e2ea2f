import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { objects, openTerminal } from './terminal.ts';

const terminal = openTerminal();
const { cli } = terminal;

beforeAll(async () => {
  expect((await cli('servers', 'add', 'demo', '--demo')).exit).toBe(0);
});
afterAll(() => terminal.close());

const ANNA = 'anna@firma.example';

describe('a user’s mail from the terminal', () => {
  test('is listed newest first and opened; the journal has each look, and no look that found nothing', async () => {
    const listed = await cli('accounts', 'messages', ANNA, '--server', 'demo', '--limit', '3', '--json');
    expect(listed.exit).toBe(0);
    expect(objects(listed.stdout)).toMatchObject([{ uid: 144 }, { uid: 143 }, { uid: 142 }]);
    const opened = await cli('accounts', 'message', ANNA, '144', '--server', 'demo', '--json');
    expect(objects(opened.stdout)).toMatchObject([{ item: { uid: 144 }, mail: { truncated: false } }]);
    const raw = await cli('accounts', 'message', ANNA, '144', '--server', 'demo', '--source');
    expect(raw.stdout).toContain('Message-ID: <144.');
    const gone = await cli('accounts', 'message', ANNA, '4000', '--server', 'demo');
    expect([gone.exit, gone.stderr]).toEqual([1, expect.stringContaining('NOT_FOUND: Message 4000')]);

    const looks = objects((await cli('changes', 'list', '--json')).stdout);
    expect(looks.map(({ kind }) => kind)).toEqual(['mailbox.look', 'mailbox.look', 'mailbox.look']);
    const undo = await cli('changes', 'undo', String(looks[0]?.['id']), '--yes');
    expect([undo.exit, undo.stderr]).toEqual([3, expect.stringContaining('UNSAFE: Looking changed nothing')]);
  });

  test('what is no message number, and a folder that is not there, are said so', async () => {
    for (const bad of ['x', '0', '-1', '4294967296', '1;2']) {
      const { exit, stderr } = await cli('accounts', 'message', '--server', 'demo', '--', ANNA, bad);
      expect([exit, stderr]).toEqual([2, expect.stringMatching(/xpected a message number.*; got /)]);
    }
    const { exit, stderr } = await cli('accounts', 'messages', ANNA, '--server', 'demo', '--folder', 'INBOX*');
    expect([exit, stderr]).toEqual([1, expect.stringContaining('has no folder “INBOX*”')]);
  });
});

describe('a user’s settings in the server’s filter, from the terminal', () => {
  const filter = (...more: string[]) => cli('accounts', 'filter', ANNA, '--server', 'demo', ...more);

  test('are shown, set, taken off one list with the other, and undone', async () => {
    expect((await filter()).stdout).toContain("spam from the server's own score, 6");
    const set = await filter(
      '--threshold',
      '4.5',
      '--allow',
      'joe@sink.test',
      '--deny',
      '@evil.test',
      '--yes',
      '--json',
    );
    expect([set.exit, set.stderr]).toEqual([0, expect.not.stringContaining('BAD_INPUT')]);
    expect(objects((await filter('--json')).stdout)).toMatchObject([
      { name: 'rspamd', settings: { threshold: 4.5, allow: ['joe@sink.test'], deny: ['@evil.test'] } },
    ]);
    expect((await filter('--deny', 'JOE@sink.test', '--threshold', 'server', '--yes')).exit).toBe(0);
    expect(objects((await filter('--json')).stdout)).toMatchObject([
      { settings: { threshold: null, allow: [], deny: ['@evil.test', 'joe@sink.test'] } },
    ]);
    const [last] = objects((await cli('changes', 'list', '--json')).stdout);
    expect((await cli('changes', 'undo', String(last?.['id']), '--yes')).exit).toBe(0);
    expect((await filter()).stdout).toContain('never spam: joe@sink.test');
  });

  test('a score that is none is refused, and a server that lets nobody in as another says so', async () => {
    for (const bad of ['0', '-3', 'many', '']) expect((await filter('--threshold', bad)).exit).toBe(2);
    const way = await cli('accounts', 'master', '--server', 'demo');
    expect(way.stdout).toContain('through doveadm');
    expect((await cli('accounts', 'master', 'boss', '--server', 'demo')).exit).toBe(2);
    const set = await cli('accounts', 'master', '--forget', '--server', 'demo', '--json');
    expect(objects(set.stdout)).toEqual([{ forgotten: false }]);
  });
});

test('a limit of space is set and taken away by the word for none', async () => {
  const quota = async () => objects((await cli('accounts', 'show', ANNA, '--server', 'demo', '--json')).stdout)[0];
  for (const [size, bytes] of [
    ['3G', 3 * 1024 ** 3],
    ['unlimited', null],
  ] as const) {
    expect((await cli('accounts', 'edit', ANNA, '--server', 'demo', '--quota', size, '--yes')).exit).toBe(0);
    expect(await quota()).toMatchObject({ account: { quota: bytes } });
  }
});
