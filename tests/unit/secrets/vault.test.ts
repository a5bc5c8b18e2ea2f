import { mkdtemp, readFile, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import type { SecretKeeper } from '#core/console.ts';
import { Secrets } from '#core/secrets/secrets.ts';
import { Vault } from '#core/secrets/vault.ts';

/** The least that a vault accepts: these tests are not about the cost of a guess. */
const CHEAP = { N: 1024, r: 8, p: 1 };

let dir: string;
let file: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'vault-'));
  file = join(dir, 'vault.json');
});
const name = { serverId: 's1', kind: 'password', hop: null } as const;

describe('the vault', () => {
  it('makes a guess cost 128 MiB of memory, unless told otherwise', async () => {
    await new Vault(file).unlock('correct horse');
    expect(JSON.parse(await readFile(file, 'utf8'))).toMatchObject({ kdf: { name: 'scrypt', N: 131_072, r: 8, p: 1 } });
  });

  it('gives back what was put in, after being closed and opened again', async () => {
    const vault = new Vault(file, CHEAP);
    await vault.unlock('correct horse');
    await vault.set('s1/password', 'hunter2 ąę');
    const again = new Vault(file, CHEAP);
    expect(again.locked).toBe(true);
    await again.unlock('correct horse');
    expect(again.get('s1/password')).toBe('hunter2 ąę');
    expect(again.get('s1/sudo')).toBeNull();
  });

  it('keeps nothing readable in the file, and the file to its owner', async () => {
    const vault = new Vault(file, CHEAP);
    await vault.unlock('correct horse');
    await vault.set('s1/password', 'hunter2hunter2');
    const raw = await readFile(file, 'utf8');
    expect(raw).not.toContain('hunter2');
    expect(raw).not.toContain(Buffer.from('hunter2hunter2').toString('base64').slice(0, 12));
    expect((await stat(file)).mode & 0o777).toBe(0o600);
  });

  it('refuses a wrong passphrase, and stays as it was', async () => {
    const vault = new Vault(file, CHEAP);
    await vault.unlock('correct horse');
    await vault.set('a', 'b');
    const before = await readFile(file, 'utf8');
    await expect(new Vault(file, CHEAP).unlock('wrong horse')).rejects.toMatchObject({ code: 'AUTH_FAILED' });
    expect(await readFile(file, 'utf8')).toBe(before);
  });

  it.each(['sealed', 'tag', 'nonce'])('notices a changed %s', async (field) => {
    const vault = new Vault(file, CHEAP);
    await vault.unlock('correct horse');
    await vault.set('a', 'b');
    const content = JSON.parse(await readFile(file, 'utf8')) as Record<string, string>;
    const bytes = Buffer.from(content[field] ?? '', 'base64');
    bytes[0] = (bytes[0] ?? 0) ^ 1;
    await writeFile(file, JSON.stringify({ ...content, [field]: bytes.toString('base64') }));
    await expect(new Vault(file, CHEAP).unlock('correct horse')).rejects.toMatchObject({ code: 'AUTH_FAILED' });
  });

  it('notices names added to its readable head', async () => {
    const vault = new Vault(file, CHEAP);
    await vault.unlock('correct horse');
    const content = JSON.parse(await readFile(file, 'utf8')) as object;
    await writeFile(file, JSON.stringify({ ...content, names: ['x'] }));
    await expect(new Vault(file, CHEAP).unlock('correct horse')).rejects.toMatchObject({ code: 'AUTH_FAILED' });
  });

  it('refuses a file that asks for more memory than a vault needs', async () => {
    const vault = new Vault(file, CHEAP);
    await vault.unlock('correct horse');
    const content = JSON.parse(await readFile(file, 'utf8')) as { kdf: object };
    await writeFile(file, JSON.stringify({ ...content, kdf: { ...content.kdf, N: 2 ** 30 } }));
    await expect(new Vault(file, CHEAP).unlock('correct horse')).rejects.toMatchObject({ code: 'VAULT_LOCKED' });
  });

  it('uses a new nonce at each write', async () => {
    const vault = new Vault(file, CHEAP);
    await vault.unlock('correct horse');
    const nonces = new Set<unknown>();
    for (let i = 0; i < 5; i += 1) {
      await vault.set('a', 'same');
      nonces.add((JSON.parse(await readFile(file, 'utf8')) as { nonce: string }).nonce);
    }
    expect(nonces.size).toBe(5);
  });

  it('keeps what another process wrote meanwhile', async () => {
    const one = new Vault(file, CHEAP);
    await one.unlock('correct horse');
    const two = new Vault(file, CHEAP);
    await two.unlock('correct horse');
    await one.set('a', '1');
    await Promise.all([two.set('b', '2'), two.set('c', '3')]);
    expect(['a', 'b', 'c'].map((key) => one.get(key))).toEqual(['1', '2', '3']);
  });
});

describe('secrets', () => {
  it('with neither keychain nor vault are kept for the session, and refused when they should be stored', async () => {
    const secrets = new Secrets(dir, null, CHEAP);
    expect(secrets.info()).toEqual({ keeper: 'session', locked: false });
    await expect(secrets.set(name, 'x', 'stored')).rejects.toMatchObject({ code: 'VAULT_LOCKED' });
    expect(await secrets.set(name, 'x', 'session')).toBe('session');
    expect(await secrets.get(name)).toBe('x');
    expect(await new Secrets(dir, null, CHEAP).get(name)).toBeNull();
  });

  it('in a locked vault are asked for by VAULT_LOCKED, others are simply not there', async () => {
    const first = new Secrets(dir, null, CHEAP);
    await first.unlockVault('correct horse');
    expect(await first.set(name, 'x', 'stored')).toBe('vault');
    const second = new Secrets(dir, null, CHEAP);
    expect(second.info()).toEqual({ keeper: 'vault', locked: true });
    await expect(second.get(name)).rejects.toMatchObject({ code: 'VAULT_LOCKED' });
    expect(await second.get({ ...name, kind: 'sudo' })).toBeNull();
    await second.unlockVault('correct horse');
    expect(await second.get(name)).toBe('x');
  });

  it('of a server and its hops are all forgotten, those of others are not', async () => {
    const stored = new Map<string, string>();
    const keychain: SecretKeeper = {
      kind: 'keychain',
      get: (account) => Promise.resolve(stored.get(account) ?? null),
      set: (account, secret) => Promise.resolve(void stored.set(account, secret)),
      delete: (account) => Promise.resolve(stored.delete(account)),
    };
    const secrets = new Secrets(dir, keychain, CHEAP);
    expect(await secrets.set(name, 'x', 'stored')).toBe('keychain');
    await secrets.set({ ...name, hop: 'gate:22' }, 'y', 'stored');
    await secrets.set({ ...name, kind: 'sudo' }, 'z', 'session');
    await secrets.set({ ...name, serverId: 's2' }, 'w', 'stored');
    expect(await secrets.forget('s1', ['gate:22'])).toBe(3);
    expect(await secrets.get(name)).toBeNull();
    expect(await secrets.get({ ...name, serverId: 's2' })).toBe('w');
  });

  it('that answer a prompt are used once and never stored', async () => {
    const secrets = new Secrets(dir, null, CHEAP);
    await secrets.unlockVault('correct horse');
    const otp = { ...name, kind: 'keyboard-interactive' } as const;
    expect(await secrets.set(otp, '123456', 'stored')).toBe('session');
    expect(await secrets.get(otp)).toBe('123456');
    expect(await secrets.get(otp)).toBeNull();
  });

  it('stored anew replace the one remembered for the session', async () => {
    const secrets = new Secrets(dir, null, CHEAP);
    await secrets.unlockVault('correct horse');
    await secrets.set(name, 'old', 'session');
    await secrets.set(name, 'new', 'stored');
    expect(await secrets.get(name)).toBe('new');
  });
});
