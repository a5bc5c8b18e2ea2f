import { execFileSync } from 'node:child_process';
import { createHmac, randomBytes } from 'node:crypto';
import { mkdtemp, readFile, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { hostKeysFrom } from '#remote/ssh/host-keys.ts';
import { fingerprintOf, knownName, matchesHost, matchesPattern, parseKnownHosts } from '#remote/ssh/known-hosts.ts';

function makeKey(type = 'ssh-ed25519'): Buffer {
  const name = Buffer.from(type);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(name.length);
  return Buffer.concat([length, name, Buffer.from([0, 0, 0, 32]), randomBytes(32)]);
}

function hashed(name: string): string {
  const salt = randomBytes(20);
  const hash = createHmac('sha1', salt).update(name).digest('base64');
  return `|1|${salt.toString('base64')}|${hash}`;
}

const KEY = makeKey();
const OTHER = makeKey();
const RSA = makeKey('ssh-rsa');
const line = (hosts: string, key = KEY, marker = ''): string =>
  `${marker}${marker ? ' ' : ''}${hosts} ${key.toString('latin1', 4, 4 + key.readUInt32BE(0))} ${key.toString('base64')}\n`;

let dir: string;
let user: string;
let own: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'known-'));
  user = join(dir, 'user');
  own = join(dir, 'own');
});
const verdict = async (content: string, host = 'mx1.example', port = 22, key = KEY) => {
  await writeFile(user, content);
  return hostKeysFrom(own, [user]).check(host, port, key);
};

describe('known_hosts', () => {
  it('knows a plain name, among several', async () => {
    expect(await verdict(line('other,mx1.example,192.0.2.7'))).toEqual({ state: 'known', where: `${user}:1` });
  });

  it('ignores the case of a host name', async () => {
    expect((await verdict(line('MX1.example'), 'mx1.EXAMPLE')).state).toBe('known');
  });

  it('knows a hashed name, and no other by it', async () => {
    expect((await verdict(line(hashed('mx1.example')))).state).toBe('known');
    expect((await verdict(line(hashed('mx2.example')))).state).toBe('unknown');
  });

  it('keeps ports apart', async () => {
    expect((await verdict(line('[mx1.example]:2222'), 'mx1.example', 2222)).state).toBe('known');
    expect((await verdict(line('[mx1.example]:2222'))).state).toBe('unknown');
    expect((await verdict(line('mx1.example'), 'mx1.example', 2222)).state).toBe('unknown');
    expect((await verdict(line(hashed('[mx1.example]:2222')), 'mx1.example', 2222)).state).toBe('known');
  });

  it('knows IPv6 addresses with and without brackets', () => {
    expect(knownName('[2001:DB8::1]', 22)).toBe('2001:db8::1');
    expect(knownName('2001:db8::1', 2222)).toBe('[2001:db8::1]:2222');
  });

  it('follows patterns, and leaves out what a negated one names', async () => {
    expect((await verdict(line('*.example'))).state).toBe('known');
    expect((await verdict(line('mx?.example'))).state).toBe('known');
    expect((await verdict(line('*.example,!mx1.example'))).state).toBe('unknown');
  });

  it('tells a changed key with where the known one stands', async () => {
    expect(await verdict(`# a comment\n${line('mx1.example', OTHER)}`)).toEqual({
      state: 'changed',
      known: [{ algorithm: 'ssh-ed25519', fingerprint: fingerprintOf(OTHER), where: `${user}:2` }],
    });
  });

  it('takes a key of another type than those on record for changed: an attacker may offer only that type', async () => {
    expect((await verdict(line('mx1.example', RSA))).state).toBe('changed');
  });

  it('accepts any of several keys', async () => {
    expect((await verdict(line('mx1.example', OTHER) + line('mx1.example', RSA) + line('mx1.example'))).state).toBe(
      'known',
    );
  });

  it('refuses a revoked key, also where another line trusts it', async () => {
    const content = line('mx1.example') + line('*', KEY, '@revoked');
    expect(await verdict(content)).toEqual({ state: 'revoked', where: `${user}:2` });
  });

  it('does not let a revoked line speak for other keys', async () => {
    expect((await verdict(line('mx1.example', OTHER, '@revoked') + line('mx1.example'))).state).toBe('known');
  });

  it('takes no plain key for an authority, and no authority for a changed key', async () => {
    // Told where that line is, so that whoever counts on it learns why the key is unknown all the same.
    const authority = expect.stringMatching(/user:1$/) as string;
    expect(await verdict(line('*.example', KEY, '@cert-authority'))).toEqual({ state: 'unknown', authority });
    expect(await verdict(line('*.other', KEY, '@cert-authority'))).toEqual({ state: 'unknown', authority: null });
    expect((await verdict(line('*.example', OTHER, '@cert-authority') + line('mx1.example'))).state).toBe('known');
  });

  it('skips lines that make no sense, and says which', () => {
    const bad = ['mx1.example', 'mx1.example ssh-ed25519 %%%', 'mx1.example ssh-rsa AAAA', '@unknown a b c'];
    const content = `${bad.join('\n')}\nmx1.example ssh-rsa ${KEY.toString('base64')}\n${line('mx1.example')}`;
    const { entries, skipped } = parseKnownHosts(content, 'f');
    expect(skipped).toEqual([1, 2, 3, 4, 5]);
    expect(entries).toHaveLength(1);
  });

  it('asks first for the key types on record, not for those of authorities or revoked lines', async () => {
    const content = line('mx1.example', RSA) + line('*', OTHER, '@cert-authority') + line('*', KEY, '@revoked');
    await writeFile(user, content);
    expect(await hostKeysFrom(own, [user]).algorithms('mx1.example', 22)).toEqual(['ssh-rsa']);
  });

  it('writes accepted keys to the own file alone, once, private', async () => {
    await writeFile(user, '');
    const keys = hostKeysFrom(own, [user]);
    await keys.trust('mx1.example', 22, KEY);
    await keys.trust('mx1.example', 22, KEY);
    await keys.trust('mx1.example', 2222, OTHER);
    expect(await readFile(own, 'utf8')).toBe(line('mx1.example') + line('[mx1.example]:2222', OTHER));
    expect(await readFile(user, 'utf8')).toBe('');
    expect((await stat(own)).mode & 0o777).toBe(0o600);
    expect((await keys.check('mx1.example', 22, KEY)).state).toBe('known');
  });

  it('forgets the own lines of a host, and keeps the rest', async () => {
    const keys = hostKeysFrom(own, []);
    await keys.trust('mx1.example', 22, KEY);
    await keys.trust('mx2.example', 22, KEY);
    expect(await keys.forget('mx1.example', 22)).toBe(1);
    expect((await keys.check('mx1.example', 22, KEY)).state).toBe('unknown');
    expect((await keys.check('mx2.example', 22, KEY)).state).toBe('known');
  });

  it('does not take a file that cannot be read for an empty one', async () => {
    await expect(hostKeysFrom(own, [dir]).check('mx1.example', 22, KEY)).rejects.toThrow(/EISDIR/);
  });

  it('matches patterns without growing slow on an evil one', () => {
    expect(matchesPattern(`${'*a'.repeat(60)}b`, 'a'.repeat(255))).toBe(false);
    expect(matchesPattern('*', '')).toBe(true);
    expect(matchesPattern('a*c', 'abbc')).toBe(true);
    expect(matchesPattern('a*c', 'abb')).toBe(false);
  });

  it('agrees with ssh-keygen on hashed names and fingerprints', async () => {
    const key = join(dir, 'id');
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key]);
    const [type = '', base64 = ''] = (await readFile(`${key}.pub`, 'utf8')).split(' ');
    await writeFile(user, `mx1.example ${type} ${base64}\n`);
    execFileSync('ssh-keygen', ['-q', '-H', '-f', user], { stdio: 'ignore' });
    const content = await readFile(user, 'utf8');
    expect(content).toMatch(/^\|1\|/);
    const [entry] = parseKnownHosts(content, user).entries;
    expect(entry && matchesHost(entry, 'mx1.example')).toBe(true);
    const printed = execFileSync('ssh-keygen', ['-lf', `${key}.pub`], { encoding: 'utf8' });
    expect(printed.split(' ')[1]).toBe(fingerprintOf(Buffer.from(base64, 'base64')));
  });
});
