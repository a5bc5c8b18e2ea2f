import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { lines, objects, openTerminal } from './terminal.ts';

const terminal = openTerminal();
const { cli, run, start, data } = terminal;

beforeAll(async () => {
  expect((await cli('servers', 'add', 'demo', '--demo')).exit).toBe(0);
});
afterAll(() => terminal.close());

describe('bad input: exit 2, one line, nothing done', () => {
  const refused: [string, string[], RegExp][] = [
    ['unknown command', ['frobnicate'], /BAD_INPUT: unknown command 'frobnicate'; See postdeck --help$/m],
    ['a command of a later build', ['blocklist', 'list'], /BAD_INPUT: unknown command 'blocklist'/],
    ['no sub-command', ['queue'], /BAD_INPUT: Expected a command, got none; See postdeck queue --help$/m],
    ['unknown option', ['queue', 'list', '--nope'], /unknown option '--nope'; See postdeck queue list --help$/m],
    [
      'a score beyond what a filter takes',
      ['accounts', 'filter', 'alice@alpha.test', '--threshold', '99999'],
      /expected a score from 0\.1 to 1000, or server; got 99999; See postdeck accounts filter --help$/m,
    ],
    ['duration', ['queue', 'list', '--older-than', 'soon'], /expected a duration such as 90s, 5m, 2h or 3d; got soon/],
    ['size', ['queue', 'list', '--min-size', 'big'], /expected a size such as 500k, 10M or 2G; got big/],
    ['queue name', ['queue', 'list', '--queue', 'spam'], /expected one of .*active.*; got spam/],
    ['sort field', ['queue', 'list', '--sort', 'colour'], /Allowed choices are .*arrivalTime/],
    ['summary without --by', ['queue', 'summary'], /required option '--by <property>'/],
    ['count', ['queue', 'list', '--limit', '-1'], /expected a whole number, 0 or more; got -1/],
    ['timeout', ['queue', 'list', '--timeout', '0'], /expected seconds, more than 0; got 0/],
    ['unknown server', ['queue', 'list', '--server', 'nope'], /NOT_FOUND: There is no server nope; There are: demo/],
    [
      'shell metacharacters as a queue id',
      ['queue', 'show', 'A;reboot'],
      /BAD_INPUT: queueId: expected a queue id; got "A;reboot"/,
    ],
    ['no target', ['queue', 'delete', '--yes'], /Expected queue ids, or filters, or --all; got none of them/],
    [
      'an empty variable as the sender',
      ['queue', 'delete', '--sender', '', '--yes'],
      /BAD_INPUT: request\.target\.filter\.sender: expected something to look for \(<> for the null sender\)/,
    ],
    ['two kinds of target', ['queue', 'delete', '--all', '--sender', 'a@b', '--yes'], /got more than one of them/],
    ['ids and filters', ['queue', 'hold', '4d1000zpw44', '--sender', 'a@b', '--yes'], /got more than one of them/],
    ['no ids on standard input', ['queue', 'hold', '-', '--yes'], /Expected queue ids on standard input, got none/],
    ['server without an address', ['servers', 'add', 'x'], /Expected either --ssh USER@HOST or --demo/],
    [
      'server with both',
      ['servers', 'add', 'x', '--demo', '--ssh', 'a@b'],
      /Expected either --ssh USER@HOST or --demo/,
    ],
    [
      'address without a user',
      ['servers', 'add', 'x', '--ssh', 'mx1'],
      /expected USER@HOST or USER@HOST:PORT; got mx1/,
    ],
    ['an option as a host', ['servers', 'add', 'x', '--ssh', 'a@-oProxyCommand=x'], /ssh\.host: expected a host name/],
    ['server name', ['servers', 'add', '../x', '--demo'], /name: expected letters, digits/],
    [
      'host key',
      ['servers', 'add', 'x', '--ssh', 'a@b', '--host-key', 'MD5:1'],
      /expected SHA256: and 43 base64 characters/,
    ],
    [
      'a key file that is not there',
      ['servers', 'add', 'x', '--ssh', 'a@b', '--identity', '/nosuch'],
      /expected a private key file; got \/nosuch: there is no such file/,
    ],
    [
      'a folder as a key file',
      ['servers', 'add', 'x', '--ssh', 'a@b', '--identity', '/tmp'],
      /expected a private key file; got \/tmp: it is no file/,
    ],
    ['missing argument', ['changes', 'undo'], /missing required argument 'id'/],
    ['one argument too many', ['servers', 'list', 'extra'], /too many arguments/],
  ];
  test.each(refused)('%s', async (_name, args, words) => {
    const { exit, stdout, stderr } = await cli(...args);
    expect({ exit, stdout }).toEqual({ exit: 2, stdout: '' });
    expect(lines(stderr)).toHaveLength(1);
    expect(stderr).toMatch(/^postdeck: [A-Z_]+: /);
    expect(stderr).toMatch(words);
  });

  test('with --json the error is an object too, also when the command line itself is wrong', async () => {
    for (const args of [['queue', 'list', '--older-than', 'soon'], ['nope'], ['queue', 'list', '--server', 'nope']]) {
      const { exit, stdout } = await cli(...args, '--json');
      expect(exit).toBe(2);
      const [{ error }] = objects(stdout) as unknown as [{ error: Record<string, unknown> }];
      expect(Object.keys(error)).toEqual(['code', 'message', 'hint', 'retryable']);
    }
    expect(lines((await cli('servers', 'list')).stdout)).toHaveLength(2);
  });
});

describe('help', () => {
  test('names what this build has and nothing else, and the variables that carry secrets', async () => {
    const { exit, stdout } = await cli('--help');
    expect(exit).toBe(0);
    for (const word of [
      'servers',
      'queue',
      'changes',
      'open',
      'POSTDECK_PASSWORD',
      'POSTDECK_VAULT_PASSPHRASE',
      '--dry-run',
    ]) {
      expect(stdout).toContain(word);
    }
    expect(stdout).not.toMatch(/^\s+(blocklist|policies|archive|backups)\b/m);
    const queue = await cli('queue', 'delete', '--help');
    expect(queue.exit).toBe(0);
    for (const option of ['--older-than', '--all', '--no-copies', '--server', '--yes'])
      expect(queue.stdout).toContain(option);
  });
});

describe('the queue of a demo server', () => {
  const first = async (...filters: string[]) =>
    (objects((await cli('queue', 'list', '--json', '--limit', '1', ...filters)).stdout)[0] as unknown as { id: string })
      .id;

  test('a listing is NDJSON with the fields of the model, and the limit holds', async () => {
    const all = objects((await cli('queue', 'list', '--json', '--limit', '0')).stdout);
    expect(all.length).toBeGreaterThan(1000);
    expect(Object.keys(all[0] ?? {})).toEqual([
      'id',
      'queue',
      'arrivalTime',
      'size',
      'sender',
      'recipients',
      'forcedExpire',
      'login',
    ]);
    expect(objects((await cli('queue', 'list', '--json', '--limit', '7')).stdout)).toHaveLength(7);
    const held = objects((await cli('queue', 'list', '--json', '--queue', 'hold')).stdout);
    expect(new Set(held.map(({ queue }) => queue))).toEqual(new Set(['hold']));
  });

  test('a summary gathers every message once', async () => {
    const groups = objects((await cli('queue', 'summary', '--by', 'queue', '--json')).stdout) as unknown as {
      count: number;
    }[];
    const total = objects((await cli('queue', 'list', '--json')).stdout).length;
    expect(groups.reduce((sum, { count }) => sum + count, 0)).toBe(total);
  });

  test('a write without --yes and without a terminal prints its plan, changes nothing, exit 3', async () => {
    const id = await first('--queue', 'deferred');
    const { exit, stdout, stderr } = await cli('queue', 'delete', id, '--json');
    expect(exit).toBe(3);
    expect(stderr).toMatch(/^postdeck: CONFIRM_NEEDED: .*; Give --yes/);
    const [{ plan }, { error }] = objects(stdout) as unknown as [{ plan: object }, { error: { code: string } }];
    expect(Object.keys(plan)).toEqual(['id', 'kind', 'server', 'title', 'steps', 'targets', 'warnings', 'undo']);
    expect(plan).toMatchObject({ kind: 'queue.delete', server: 'demo', targets: 1, undo: 'full' });
    expect(error.code).toBe('CONFIRM_NEEDED');
    expect(await first('--queue', 'deferred')).toBe(id);
  });

  test('--dry-run plans only, exit 0', async () => {
    const id = await first('--queue', 'deferred');
    const { exit, stdout } = await cli('queue', 'delete', id, '--json', '--dry-run', '--yes');
    expect(exit).toBe(0);
    expect(objects(stdout).map((object) => Object.keys(object))).toEqual([['plan']]);
    expect(await first('--queue', 'deferred')).toBe(id);
    for (const args of [
      ['servers', 'remove', 'demo'],
      ['servers', 'add', 'other', '--demo'],
    ]) {
      expect((await cli(...args, '--dry-run')).exit).toBe(0);
    }
    const names = objects((await cli('servers', 'list', '--json')).stdout).map(({ name }) => name as unknown as string);
    expect(names).toEqual(['demo']);
  });

  test('delete with --yes, its change object, undo, and the journal holds', async () => {
    const ids = objects((await cli('queue', 'list', '--json', '--limit', '5', '--queue', 'deferred')).stdout).map(
      ({ id }) => id as unknown as string,
    );
    const deleted = await run(['queue', 'delete', '-', '--yes', '--json', '--note', 'a test'], {
      input: `${ids.join('\n')}\n`,
    });
    expect(deleted.exit).toBe(0);
    const { change } = objects(deleted.stdout)[1] as unknown as { change: { id: string } };
    expect(Object.keys(change)).toEqual(['id', 'status', 'applied', 'failed', 'verified']);
    expect(change).toMatchObject({ status: 'done', applied: 5, failed: [], verified: true });
    const left = objects((await cli('queue', 'list', '--json')).stdout).map(({ id }) => id as unknown as string);
    expect(left.filter((id) => ids.includes(id))).toEqual([]);

    const shown = objects((await cli('changes', 'show', change.id, '--json')).stdout)[0];
    expect(shown).toMatchObject({ id: change.id, kind: 'queue.delete', reason: 'a test', undoable: true });
    const undone = await cli('changes', 'undo', change.id, '--yes', '--json');
    expect(undone.exit).toBe(0);
    expect(objects(undone.stdout)[1]).toMatchObject({ change: { status: 'done', applied: 5 } });
    expect(objects((await cli('queue', 'list', '--json')).stdout)).toHaveLength(left.length + 5);
    const verified = await cli('changes', 'verify', '--json');
    expect({ exit: verified.exit, ok: objects(verified.stdout)[0]?.['ok'] }).toEqual({ exit: 0, ok: true });
  });

  test('a message that is not there: exit 1', async () => {
    const { exit, stderr } = await cli('queue', 'show', 'ABCDEF');
    expect(exit).toBe(1);
    expect(stderr).toMatch(/^postdeck: NOT_FOUND: /);
    for (const verb of ['show', 'undo', 'reconcile']) {
      const unknown = await cli('changes', verb, 'nope');
      expect(unknown.exit).toBe(2);
      expect(unknown.stderr).toMatch(/NOT_FOUND: There is no change nope; List the changes/);
    }
  });

  test('a reader that has seen enough ends the listing quietly', async () => {
    const child = start(['queue', 'list', '--json', '--limit', '0']);
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.stdin.end();
    child.stdout.once('data', () => child.stdout.destroy());
    const exit = await new Promise((resolve) => child.once('close', resolve));
    expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' });
  });

  test('Ctrl-C during a change: exit 130, and the journal tells how it ended', async () => {
    const child = start(['queue', 'delete', '--queue', 'deferred', '--yes', '--json']);
    let stdout = '';
    child.stdin.end();
    // The plan is printed just before it is applied.
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      if (stdout === '') child.kill('SIGINT');
      stdout += text;
    });
    const exit = await new Promise((resolve) => child.once('close', resolve));
    expect(exit).toBe(130);
    const newest = objects((await cli('changes', 'list', '--json', '--limit', '1')).stdout)[0] as unknown as {
      status: string;
      applied: number;
    };
    const inQueue = objects((await cli('queue', 'list', '--json')).stdout).length;
    expect(inQueue).toBeGreaterThan(0);
    if (objects(stdout).some((object) => 'change' in object)) expect(['cancelled', 'partial']).toContain(newest.status);
    expect((await cli('changes', 'verify')).exit).toBe(0);
  });

  test('--timeout: exit 1 and TIMEOUT', async () => {
    const { exit, stderr } = await cli('queue', 'list', '--timeout', '0.001');
    expect(exit).toBe(1);
    expect(stderr).toMatch(/^postdeck: TIMEOUT: .*; Look at postdeck changes list/);
  });
});

describe('secrets', () => {
  const address = ['--ssh', 'ops@127.0.0.1:1'];

  test('a password to keep, and nowhere safe to keep it: refused before anything is saved', async () => {
    const { exit, stderr } = await run(['servers', 'add', 'mx', ...address, '--password-stdin'], {
      input: 'hunter2\n',
    });
    expect(exit).toBe(4);
    expect(stderr).toMatch(/^postdeck: VAULT_LOCKED: .*POSTDECK_VAULT_PASSPHRASE/);
    expect((await cli('servers', 'show', 'mx')).exit).toBe(2);
  });

  test('a password to keep goes to the vault, and is in no file in clear', async () => {
    const env = { POSTDECK_VAULT_PASSPHRASE: 'correct horse' };
    const added = await run(['servers', 'add', 'mx', ...address, '--password-stdin'], {
      input: 'hunter2-in-clear\n',
      env,
    });
    expect(added).toMatchObject({ exit: 0, stderr: '' });
    for (const entry of readdirSync(data, { recursive: true, withFileTypes: true })) {
      if (entry.isFile())
        expect(readFileSync(join(entry.parentPath, entry.name)).includes('hunter2-in-clear'), entry.name).toBe(false);
    }
    const wrong = await run(['servers', 'list'], { env: { POSTDECK_VAULT_PASSPHRASE: 'wrong horse' } });
    expect(wrong.exit).toBe(4);
    expect(wrong.stderr).toMatch(/^postdeck: AUTH_FAILED: /);
  });

  test('editing changes what is named and nothing else', async () => {
    const shown = async () => objects((await cli('servers', 'show', 'mx', '--json')).stdout)[0];
    const before = await shown();
    const key = join(data, 'key');
    writeFileSync(key, '');
    const edited = await cli('servers', 'edit', 'mx', '--group', 'Acme', '--identity', key, '--no-agent', '--sudo');
    expect(edited).toMatchObject({ exit: 0, stderr: '' });
    expect(await shown()).toMatchObject({
      group: 'Acme',
      ssh: { ...(before as unknown as { ssh: object }).ssh, identityFile: key, agent: false, sudo: 'password' },
    });
    const back = ['--no-group', '--no-identity', '--agent', '--no-sudo'];
    expect((await cli('servers', 'edit', 'mx', ...back)).exit).toBe(0);
    expect(await shown()).toEqual(before);
    const moved = ['--ssh', 'root@192.0.2.1:2222', '--jump', 'gate@192.0.2.2', '--rename', 'mail'];
    expect((await cli('servers', 'edit', 'mx', ...moved)).stdout).toContain('root@192.0.2.1:2222 via gate@192.0.2.2');
    expect((await cli('servers', 'edit', 'mail', '--rename', 'mx', '--no-jump', ...address)).exit).toBe(0);
    expect(await shown()).toEqual(before);
  });

  test('--dry-run edits nothing; a demo server has no address to edit', async () => {
    const planned = await cli('servers', 'edit', 'mx', '--rename', 'other', '--dry-run');
    expect(planned).toMatchObject({ exit: 0, stdout: expect.stringContaining('Would: Change the profile of mx') });
    expect((await cli('servers', 'show', 'other')).exit).toBe(2);
    const refused = await cli('servers', 'edit', 'demo', '--sudo');
    expect(refused).toMatchObject({ exit: 2, stderr: expect.stringContaining('demo server in memory') });
  });

  test('stored secrets are forgotten, with the passphrase of their vault', async () => {
    expect((await cli('servers', 'forget-secrets', 'mx')).stderr).toMatch(/^postdeck: VAULT_LOCKED: /);
    const env = { POSTDECK_VAULT_PASSPHRASE: 'correct horse' };
    const forgotten = await run(['servers', 'forget-secrets', 'mx', '--json'], { env });
    expect(objects(forgotten.stdout)).toEqual([{ forgotten: 1 }]);
    expect(objects((await cli('servers', 'forget-secrets', 'mx', '--json')).stdout)).toEqual([{ forgotten: 0 }]);
    const kept = await run(['servers', 'edit', 'mx', '--password-stdin'], { input: 'hunter2-in-clear\n', env });
    expect(kept).toMatchObject({ exit: 0, stderr: '' });
    expect(objects((await run(['servers', 'forget-secrets', 'mx', '--json'], { env })).stdout)).toEqual([
      { forgotten: 1 },
    ]);
    const help = await cli('servers', '--help');
    for (const word of ['edit', 'forget-secrets']) expect(help.stdout).toContain(word);
  });

  test('a delete with copies needs the vault: refused with what to do, and done with the passphrase', async () => {
    const args = ['queue', 'delete', '--all', '--dry-run', '--server', 'demo'];
    const refused = await cli(...args);
    expect(refused.exit).toBe(4);
    expect(refused.stderr).toMatch(/^postdeck: VAULT_LOCKED: .*POSTDECK_VAULT_PASSPHRASE/);
    const planned = await run(args, { env: { POSTDECK_VAULT_PASSPHRASE: 'correct horse' } });
    expect(planned).toMatchObject({ exit: 0, stderr: '' });
    expect(planned.stdout).toContain('key kept in the vault');
    expect((await cli(...args, '--no-copies')).exit).toBe(0);
  });

  test('nothing listens there: exit 4', async () => {
    const { exit, stderr } = await cli('servers', 'test', 'mx');
    expect(exit).toBe(4);
    expect(stderr).toMatch(/^postdeck: CONNECT_FAILED: .*; /);
    // Forgetting a secret would need the vault open.
    const env = { POSTDECK_VAULT_PASSPHRASE: 'correct horse' };
    expect((await run(['servers', 'remove', 'mx'], { env })).exit).toBe(0);
  });

  test('--password-stdin without a line: exit 2', async () => {
    const { exit, stderr } = await cli('servers', 'add', 'mx', ...address, '--password-stdin');
    expect(exit).toBe(2);
    expect(stderr).toContain('Expected a line on standard input, got 0');
  });
});
