import { createHash, randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, linkSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from '#shared/model/failure.ts';
import { text } from '#shared/model/text.ts';
import type { SecretKeeper } from '../../console.ts';
import type { SafeRecord } from '../record.ts';
import { KEY_BYTES } from './seal.ts';

export interface SafeKey {
  key: Buffer;
  place: SafeRecord['key'];
  /** Tells keys apart without telling them: doors on one computer may have different keychains. */
  keyId: string;
}

/** The data key of the keychain or the vault; null: neither is there. Throws VAULT_LOCKED when it is shut. */
export type KeeperKey = () => Promise<Buffer | null>;

/** The key for new copies: the keeper's where there is one, else that of a file which only its owner can read. */
export async function keyForNew(keeper: KeeperKey, dataDir: string): Promise<SafeKey> {
  const kept = await keeper();
  const key = kept ?? fileKey(dataDir, true);
  return { key, place: kept === null ? 'file' : 'keeper', keyId: idOf(key) };
}

/** The key that opens copies made with that key. */
export async function keyForOld(
  { key: place, keyId }: Pick<SafeRecord, 'key' | 'keyId'>,
  keeper: KeeperKey,
  dataDir: string,
): Promise<Buffer> {
  const key = place === 'file' ? fileKey(dataDir, false) : await keeper();
  if (key !== null && idOf(key) === keyId) return key;
  throw new Failure(
    'VAULT_LOCKED',
    place === 'file'
      ? text(
          /*i18n*/ { id: 'safe.other-key', message: 'safe.key in the data folder is not the key of these safe copies' },
        )
      : text(
          /*i18n*/ {
            id: 'safe.no-keeper',
            message: 'The key of these safe copies is in a keychain that is not reached from here',
          },
        ),
    {
      hint: text(
        /*i18n*/ {
          id: 'safe.no-keeper.hint',
          message: 'Use the program and the user that made the copies, or restore safe.key from a backup',
        },
      ),
    },
  );
}

function idOf(key: Buffer): string {
  return createHash('sha256').update('postdeck key id').update(key).digest('hex').slice(0, 16);
}

/** A key kept in the OS keychain, made at first use. */
export function keychainKey(keychain: SecretKeeper | null): KeeperKey {
  return async () => {
    if (keychain === null) return null;
    const known = await keychain.get(ACCOUNT);
    if (known !== null) return Buffer.from(known, 'base64');
    await keychain.set(ACCOUNT, randomBytes(KEY_BYTES).toString('base64'));
    // Read back: another process may have stored one in the same moment, and then that one stands.
    const stored = await keychain.get(ACCOUNT);
    return stored === null ? null : Buffer.from(stored, 'base64');
  };
}
const ACCOUNT = 'safe-copies-key';

function fileKey(dataDir: string, make: boolean): Buffer {
  const file = join(dataDir, 'safe.key');
  try {
    return checked(readFileSync(file));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || !make) throw error;
  }
  // Made beside it and linked into place: of two processes that make one, both then read the first one's.
  const part = `${file}.${process.pid}.${randomBytes(4).toString('hex')}`;
  const handle = openSync(part, 'wx', 0o600);
  try {
    writeSync(handle, randomBytes(KEY_BYTES));
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  try {
    linkSync(part, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(part, { force: true });
  }
  return checked(readFileSync(file));
}

function checked(key: Buffer): Buffer {
  if (key.length === KEY_BYTES) return key;
  throw new Failure(
    'INTERNAL',
    text(
      /*i18n*/ { id: 'safe.bad-key', message: 'safe.key in the data folder has {bytes} bytes, not {wanted}' },
      {
        bytes: key.length,
        wanted: KEY_BYTES,
      },
    ),
    {
      hint: text(
        /*i18n*/ { id: 'safe.bad-key.hint', message: 'Take it from a backup; without it safe copies cannot be opened' },
      ),
    },
  );
}
