import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { keptKey } from '#core/changes/safe/key.ts';
import { Safe } from '#core/changes/safe/safe.ts';
import type { SecretKeeper } from '#core/console.ts';
import { Secrets } from '#core/secrets/secrets.ts';
import { openDemo } from '#drivers/index.ts';
import { deleteIds, house, never, queueOf, tempDir } from '../core/house.ts';

/** The least that a vault accepts: these tests are not about the cost of a guess. */
const CHEAP = { N: 1024, r: 8, p: 1 };
const PASSPHRASE = 'correct horse';

let temp: ReturnType<typeof tempDir>;
beforeEach(() => {
  temp = tempDir();
});
afterEach(() => temp[Symbol.dispose]());

const secretsOf = (keychain: SecretKeeper | null = null) => new Secrets(temp.dir, keychain, CHEAP);
const safeOf = (secrets: Secrets, keychain: SecretKeeper | null = null) =>
  new Safe(temp.dir, keptKey(keychain, secrets.vault));
async function withVault(): Promise<Secrets> {
  const secrets = secretsOf();
  await secrets.unlockVault(PASSPHRASE);
  return secrets;
}
const store = (safe: Safe, id: string) => safe.store(id, Readable.from([Buffer.from(`mail of ${id}`)]), never());
const opened = async (safe: Safe, id: string, stored: Awaited<ReturnType<typeof store>>) => {
  await safe.check(id, stored, never());
  return Buffer.concat(await Array.fromAsync(await safe.open(id, stored))).toString();
};
function keychain(): SecretKeeper {
  const kept = new Map<string, string>();
  return {
    kind: 'keychain',
    get: (account) => Promise.resolve(kept.get(account) ?? null),
    set: (account, secret) => Promise.resolve(void kept.set(account, secret)),
    delete: (account) => Promise.resolve(kept.delete(account)),
  };
}

describe('the key of the safe', () => {
  test('neither keychain nor vault: a file beside the copies', async () => {
    const safe = safeOf(secretsOf());
    expect(await safe.keyPlace()).toBe('file');
    expect(existsSync(join(temp.dir, 'safe.key'))).toBe(true);
  });

  test('an open vault: in there, and no key file is made', async () => {
    const safe = safeOf(await withVault());
    const stored = await store(safe, 'c1');
    expect(stored.key).toBe('vault');
    expect(existsSync(join(temp.dir, 'safe.key'))).toBe(false);
    expect(await opened(safe, 'c1', stored)).toBe('mail of c1');
  });

  test('the next process that opens the vault reads the copies, and uses the same key', async () => {
    const stored = await store(safeOf(await withVault()), 'c1');
    const next = safeOf(await withVault());
    expect(await opened(next, 'c1', stored)).toBe('mail of c1');
    expect((await store(next, 'c2')).keyId).toBe(stored.keyId);
  });

  test('two processes that need a key at once end with one', async () => {
    const secrets = await withVault();
    const [a, b] = await Promise.all([store(safeOf(secrets), 'c1'), store(safeOf(secrets), 'c2')]);
    expect(a.keyId).toBe(b.keyId);
  });

  test('a locked vault: refused with what to do, never a key file instead', async () => {
    await withVault();
    const safe = safeOf(secretsOf());
    const refusal = {
      code: 'VAULT_LOCKED',
      text: { id: 'safe.vault-locked.new' },
      hint: { id: 'safe.vault-locked.new.hint' },
    };
    await expect(safe.keyPlace()).rejects.toMatchObject(refusal);
    await expect(store(safe, 'c1')).rejects.toMatchObject(refusal);
    expect(existsSync(join(temp.dir, 'safe.key'))).toBe(false);
  });

  test('a locked vault: copies under its key are not read', async () => {
    const stored = await store(safeOf(await withVault()), 'c1');
    await expect(safeOf(secretsOf()).check('c1', stored, never())).rejects.toMatchObject({
      code: 'VAULT_LOCKED',
      text: { id: 'safe.vault-locked.old' },
    });
  });

  test('copies made with the key file stay readable after a vault was made, locked or not', async () => {
    const stored = await store(safeOf(secretsOf()), 'c1');
    expect(await opened(safeOf(await withVault()), 'c1', stored)).toBe('mail of c1');
    expect(await opened(safeOf(secretsOf()), 'c1', stored)).toBe('mail of c1');
  });

  test('with a keychain: in there, and copies made under the vault by another door still open', async () => {
    const before = await store(safeOf(await withVault()), 'c1');
    const chain = keychain();
    const secrets = secretsOf(chain);
    const safe = safeOf(secrets, chain);
    expect((await store(safe, 'c2')).key).toBe('keeper');
    await expect(safe.check('c1', before, never())).rejects.toMatchObject({ code: 'VAULT_LOCKED' });
    await secrets.unlockVault(PASSPHRASE);
    expect(await opened(safe, 'c1', before)).toBe('mail of c1');
  });

  test('copies of a keychain that is not here: told so, and no new key is made', async () => {
    const chain = keychain();
    const stored = await store(safeOf(secretsOf(chain), chain), 'c1');
    await expect(safeOf(secretsOf()).check('c1', stored, never())).rejects.toMatchObject({
      text: { id: 'safe.no-keeper' },
    });
    const empty = keychain();
    await expect(safeOf(secretsOf(empty), empty).check('c1', stored, never())).rejects.toMatchObject({
      text: { id: 'safe.no-keeper' },
    });
    expect(await empty.get('safe-copies-key')).toBeNull();
  });

  test('a vault that was moved away: told which file to bring back', async () => {
    const stored = await store(safeOf(await withVault()), 'c1');
    const { rmSync } = await import('node:fs');
    rmSync(join(temp.dir, 'vault.json'));
    await expect(safeOf(await withVault()).check('c1', stored, never())).rejects.toMatchObject({
      code: 'VAULT_LOCKED',
      text: { id: 'safe.other-vault' },
      hint: { values: { file: 'vault.json' } },
    });
  });
});

describe('the plan of a delete', () => {
  const warnings = async (secrets: Secrets, chain: SecretKeeper | null = null) => {
    const session = openDemo({ stateFile: null });
    const [message] = await queueOf(session);
    const h = await house(temp.dir, session, 30, keptKey(chain, secrets.vault));
    try {
      const plan = await h.changes.plan(deleteIds([message?.id ?? '']), never());
      return plan.warnings.map(({ id }) => id);
    } finally {
      await h.close();
    }
  };

  test('says where the key is: a file, the vault; nothing with a keychain', async () => {
    expect(await warnings(secretsOf())).toContain('queue.delete.key-file');
    const vault = await withVault();
    expect(await warnings(vault)).toContain('queue.delete.key-vault');
    expect(await warnings(vault)).not.toContain('queue.delete.key-file');
    const chain = keychain();
    expect((await warnings(secretsOf(chain), chain)).filter((id) => id.includes('.key-'))).toEqual([]);
  });

  test('is refused while the vault is locked, and still possible without copies', async () => {
    await withVault();
    await expect(warnings(secretsOf())).rejects.toMatchObject({ code: 'VAULT_LOCKED' });
    const session = openDemo({ stateFile: null });
    const [message] = await queueOf(session);
    const h = await house(temp.dir, session, 30, keptKey(null, secretsOf().vault));
    const plan = await h.changes.plan(deleteIds([message?.id ?? ''], false), never());
    expect(plan.undo).toBe('none');
    await h.close();
  });
});
