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
