import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { objects } from './terminal.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const HERE = mkdtempSync(join(tmpdir(), 'postdeck-full-'));
/** A disk of its own, of some megabytes, that nobody else sees and that goes with the shell. */
const inDisk = (script: string) =>
  spawnSync(
    'unshare',
    ['-m', 'sh', '-euc', `mount -t tmpfs -o size=4m tmpfs "$1"; cd "$1"; shift; ${script}`, 'sh', HERE, ...ARGS],
    {
      encoding: 'utf8',
      env: { ...process.env, POSTDECK_DATA: join(HERE, 'data'), POSTDECK_KEYRING: 'off', NODE_NO_WARNINGS: '1' },
    },
  );
const ARGS = [
  process.execPath,
  join(ROOT, 'electron', 'hosts', 'cli.ts'),
  join(import.meta.dirname, 'full-disk-child.ts'),
];
const FILL = '{ dd if=/dev/zero of=fill bs=4k 2>/dev/null || :; }';
const able = process.platform === 'linux' && inDisk(':').status === 0;

describe.skipIf(!able)('a data folder whose disk is full', () => {
  const ran: Record<string, { exit: number; stdout: string; stderr: string }> = {};

  beforeAll(() => {
    const ask = (name: string, args: string): string =>
      `exit=0; "$1" "$2" ${args} >out 2>err || exit=$?; printf '%s\\0%s\\0' ${name} $exit; cat out; printf '\\0'; cat err; printf '\\0'`;
    // The answers are kept beside the full disk's data: made before it is filled, and overwritten in place.
    const { stdout, stderr, status } = inDisk(
      [
        '"$1" "$2" servers add demo --demo >&2',
        '"$1" "$2" queue hold --sender anna@firma.example --yes --server demo >&2',
        'mkdir answers && mount -t tmpfs -o size=4m tmpfs answers',
        FILL,
        'cd answers',
        ask('list', 'changes list --json'),
        ask('verify', 'changes verify --json'),
        ask('servers', 'servers list --json'),
        ask('test', 'servers test demo --json'),
        ask('queue', 'queue list --server demo --limit 3 --json'),
        ask('write', 'queue release --all --yes --server demo --json'),
        ask('add', 'servers add second --demo'),
      ].join('\n'),
    );
    expect({ status, stderr }).toMatchObject({ status: 0 });
    const parts = stdout.split('\0');
    for (let at = 0; at + 4 <= parts.length; at += 4) {
      const [name = '', exit = '', out = '', err = ''] = parts.slice(at, at + 4);
      ran[name] = { exit: Number(exit), stdout: out, stderr: err };
    }
  });
  afterAll(() => rmSync(HERE, { recursive: true, force: true }));

  test('what is kept there can be read: journal, servers, and the servers themselves', () => {
    expect(ran['list']).toMatchObject({ exit: 0, stderr: '' });
    expect(objects(ran['list']?.stdout ?? '')).toMatchObject([{ kind: 'queue.hold', status: 'done' }]);
    expect(objects(ran['verify']?.stdout ?? '')).toMatchObject([{ ok: true }]);
    expect(objects(ran['servers']?.stdout ?? '')).toMatchObject([{ name: 'demo' }]);
    expect(objects(ran['test']?.stdout ?? '')).toMatchObject([{ demo: true }]);
    expect(objects(ran['queue']?.stdout ?? '')).toHaveLength(3);
  });

  test('a write is refused with what to do, and does nothing', () => {
    for (const name of ['write', 'add']) {
      expect(ran[name]?.exit).toBe(1);
      expect(ran[name]?.stderr).toMatch(/postdeck: LIMIT: The disk of the data folder is full; .*; Free some space/);
    }
    expect(ran['write']?.stdout).not.toContain('"change"');
  });

  test('when there is room again, a console that was started without can write, and so can others beside it', () => {
    const { stdout, stderr } = inDisk(`"$1" "$3" "$PWD"`);
    expect(stderr).toBe('');
    expect(stdout.trim().split('\n')).toEqual(['read', 'LIMIT', 'alone', 'shared', 'written by both']);
  });
});
