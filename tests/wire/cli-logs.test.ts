/** `postdeck logs` as a script uses it: words of the JSON, exit codes, what strangers wrote into a log. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { STORY } from '../unit/logs-core/fixture.ts';
import { lines, objects, openTerminal } from './terminal.ts';

const { cli, close } = openTerminal();
const folder = mkdtempSync(join(tmpdir(), 'postdeck-cli-logs-'));
const log = join(folder, 'mail.log');
/** A client that calls itself what a terminal obeys: ESC, the one-byte CSI, a bidirectional override. */
const HOSTILE =
  '2026-11-22T14:03:00+00:00 mx1 postfix/smtpd[9]: NOQUEUE: reject: RCPT from unknown[192.0.2.9]: 554 5.7.1 <bob@alpha.test>: Relay access denied; from=<\u001b]0;x\u0007\u009b2J\u202ea@b.test> to=<bob@alpha.test> proto=ESMTP helo=<x>\n';

beforeAll(async () => {
  writeFileSync(log, STORY + HOSTILE);
  const done = await cli('logs', 'index', log, '--set', 'one', '--timezone', 'Etc/UTC', '--json');
  expect(done).toMatchObject({ exit: 0, stderr: '' });
  expect(objects(done.stdout)).toMatchObject([{ name: 'one', lines: 10, sources: 1, zone: 'Etc/UTC', refused: [] }]);
});
afterAll(() => {
  close();
  rmSync(folder, { recursive: true, force: true });
});

test('a message in JSON has the words of the manual, and unknown values are null', async () => {
  const [message] = objects(
    (await cli('logs', 'traces', '--set', 'one', '--address', 'ANNA@example.org', '--limit', '0', '--json')).stdout,
  );
  expect(Object.keys(message ?? {}).join(' ')).toBe(
    'id kind origin host start end complete queueIds messageId clientIp clientName helo login tls from size ' +
      'recipients verdict parent children prior explanation',
  );
  expect(message).toMatchObject({
    complete: true,
    queueIds: [{ id: '9CA0E2C6', role: 'in' }],
    login: null,
    size: 452,
    explanation: expect.stringContaining('no such mailbox') as string,
    recipients: [
      { to: 'bob@alpha.test', originalTo: null, status: 'sent', dsn: '2.0.0', attempts: 1 },
      { to: 'gone@beta.test', status: 'bounced', dsn: '5.1.1' },
    ],
  });
});

test('raw lines of a trace tell file, line, offset, time, program and text', async () => {
  const [found] = objects<{ id: string }>(
    (await cli('logs', 'traces', '--set', 'one', '--status', 'bounced', '--json')).stdout,
  );
  const shown = objects((await cli('logs', 'trace', found?.id ?? '', '--lines', '--json')).stdout);
  expect(shown).toHaveLength(9);
  expect(shown[1]).toEqual({
    file: log,
    line: 2,
    offset: STORY.indexOf('\n') + 1,
    time: '2026-11-22T14:02:20.700Z',
    program: 'postfix/smtpd',
    text: lines(STORY)[1],
  });
});

test('attribution names the trace of every line, - for none', async () => {
  const { stdout, exit } = await cli('logs', 'attribution', '--set', 'one', log);
  expect(exit).toBe(0);
  expect(lines(stdout)).toHaveLength(10);
  expect(new Set(lines(stdout).slice(0, 9)).size).toBe(1);
});

describe('what strangers wrote', () => {
  test.each([
    ['traces', ['logs', 'traces', '--set', 'one']],
    ['traces in JSON', ['logs', 'traces', '--set', 'one', '--limit', '0', '--json']],
    ['lines', ['logs', 'lines', 'Relay access denied', '--set', 'one']],
    ['lines in JSON', ['logs', 'lines', 'Relay access denied', '--set', 'one', '--json']],
  ])('reaches the terminal inert: %s', async (_name, args) => {
    const { stdout, exit } = await cli(...args);
    expect(exit).toBe(0);
    expect(stdout).toContain('b.test');
    // oxlint-disable-next-line no-control-regex -- controls are what is looked for
    expect(stdout).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e]/);
  });
});

test('a packed log that is cut is named, with the byte from which on its lines are missing', async () => {
  const cut = join(folder, 'cut.gz');
  const whole = gzipSync(`${STORY}${'x'.repeat(80)}\n`.repeat(2000), { level: 1 });
  writeFileSync(cut, whole.subarray(0, whole.length / 2));
  const [set] = objects<{ files: { bytes: number }[] }>(
    (await cli('logs', 'index', cut, '--timezone', 'UTC', '--json')).stdout,
  );
  const missing = (set?.files[0]?.bytes ?? 0).toLocaleString('en');
  const { exit, stdout } = await cli('logs', 'index', cut, '--timezone', 'UTC');
  expect(exit).toBe(0);
  expect(stdout).toContain(`${cut}: ends before its packed end: the log in it is missing from byte ${missing} on`);
  expect((await cli('logs', 'drop', 'cut.gz')).exit).toBe(0);
});

test('what cannot be read is named with the reason, where nothing else was given and beside a log', async () => {
  const packed = join(folder, 'b.7z');
  writeFileSync(packed, Buffer.from('377abcaf271c0004ffffffffffffffffffffffff', 'hex'));
  const alone = await cli('logs', 'index', packed);
  expect(alone).toMatchObject({ exit: 2, stdout: '' });
  expect(alone.stderr).toMatch(/BAD_INPUT: No log was found in what was given: \S+b\.7z: 7z files are not read here/);
  const both = await cli('logs', 'index', log, packed, '--set', 'both', '--timezone', 'UTC');
  expect(both.exit).toBe(5);
  expect(both.stdout).toMatch(/not read: \S+b\.7z: 7z files are not read here/);
  expect((await cli('logs', 'drop', 'both')).exit).toBe(0);
});

test.each([
  ['an absent file', ['logs', 'index', join(folder, 'absent')], 2, /BAD_INPUT: Cannot read .*there is no such file/],
  ['a zone that is none', ['logs', 'index', log, '--timezone', 'Mars/X'], 2, /BAD_INPUT: Expected an IANA time zone/],
  ['an unknown set', ['logs', 'traces', '--set', 'none'], 1, /NOT_FOUND: There is no log set none/],
  [
    'an address that is none',
    ['logs', 'traces', '--set', 'one', '--ip', '999'],
    2,
    /BAD_INPUT: ip: expected an IP address/,
  ],
  ['an unknown status', ['logs', 'traces', '--status', 'lost'], 2, /Allowed choices are sent, deferred/],
  ['a time that is none', ['logs', 'traces', '--since', 'soon'], 2, /expected a time such as 2h/],
  [
    'a file that is not in the set',
    ['logs', 'attribution', '--set', 'one', '/etc/hosts'],
    2,
    /BAD_INPUT: attribution: expected a file of the set/,
  ],
])('%s ends with its exit code and one line', async (_name, args, exit, words) => {
  const ended = await cli(...args);
  expect(ended.exit).toBe(exit);
  expect(lines(ended.stderr)).toHaveLength(1);
  expect(ended.stderr).toMatch(words);
});
