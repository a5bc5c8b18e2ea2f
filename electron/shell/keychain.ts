import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { app, safeStorage } from 'electron';
import { assertNever } from '#shared/model/assert-never.ts';
import type { KeychainAnswer, KeychainAsk } from '#shared/model/shell-link.ts';

/**
 * Can the operating system keep secrets here? On Linux without a keyring, Electron would encrypt with a key that is
 * printed in its own source (`basic_text`): that is no keychain, and the host then uses its passphrase vault.
 */
export async function keychainAvailable(): Promise<boolean> {
  if (!(await safeStorage.isAsyncEncryptionAvailable())) return false;
  return process.platform !== 'linux' || !['basic_text', 'unknown'].includes(safeStorage.getSelectedStorageBackend());
}

type Kept = Record<string, string>;

const file = () => join(app.getPath('userData'), 'secrets.json');
let turn: Promise<unknown> = Promise.resolve();

/** Answers one question of the host. One at a time, so that two writes never lose one another. */
export function askKeychain(ask: KeychainAsk): Promise<KeychainAnswer> {
  const answer = turn.then(() => act(ask)).catch((error: unknown) => told(error, ask.op));
  turn = answer;
  return answer;
}

async function act(ask: KeychainAsk): Promise<KeychainAnswer> {
  const kept = await read();
  switch (ask.op) {
    case 'get': {
      const sealed = kept[ask.account];
      if (sealed === undefined) return { ok: true, value: null, deleted: false };
      const { result, shouldReEncrypt } = await safeStorage.decryptStringAsync(Buffer.from(sealed, 'base64'));
      if (shouldReEncrypt) await write({ ...kept, [ask.account]: await seal(result) });
      return { ok: true, value: result, deleted: false };
    }
    case 'set':
      await write({ ...kept, [ask.account]: await seal(ask.secret) });
      return { ok: true, value: null, deleted: false };
    case 'delete': {
      const { [ask.account]: gone, ...rest } = kept;
      if (gone !== undefined) await write(rest);
      return { ok: true, value: null, deleted: gone !== undefined };
    }
    default:
      return assertNever(ask, 'question to the keychain');
  }
}

const seal = async (secret: string) => (await safeStorage.encryptStringAsync(secret)).toString('base64');

async function read(): Promise<Kept> {
  try {
    return JSON.parse(await readFile(file(), 'utf8')) as Kept;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw error;
  }
}

/** Through a second file, so that a full disk or a crash leaves the old one whole. */
async function write(kept: Kept): Promise<void> {
  const next = `${file()}.new`;
  await writeFile(next, JSON.stringify(kept), { mode: 0o600 });
  await rename(next, file());
}

/** Only the operation and the system's code: a library's words might quote what they failed on. */
function told(error: unknown, op: KeychainAsk['op']): KeychainAnswer {
  const code = (error as NodeJS.ErrnoException).code ?? 'refused';
  return { ok: false, words: `the operating system's keychain did not ${op} the secret (${code})` };
}
