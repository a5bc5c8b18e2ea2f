import { createHash, randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, linkSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from '#shared/model/failure.ts';
import { assertNever } from '#shared/model/assert-never.ts';
import { type Text, text } from '#shared/model/text.ts';
import type { SecretKeeper } from '../../console.ts';
import type { SafeRecord } from '../record.ts';
import { KEY_BYTES } from './seal.ts';

export interface SafeKey {
  key: Buffer;
  place: SafeRecord['key'];
  /** Tells keys apart without telling them: doors on one computer may have different keychains. */
  keyId: string;
}

/** Where a key can be other than in a file: the OS keychain, or the passphrase vault. */
type Kept = Exclude<SafeRecord['key'], 'file'>;

/**
 * The data key of the keychain or the vault: that for new copies (made when there is none), or the one at that place.
 * null: it is not there. Throws VAULT_LOCKED when it is in the vault, or belongs there, and the vault is locked.
 */
export type KeeperKey = (wanted: 'new' | Kept) => Promise<{ key: Buffer; place: Kept } | null>;

/** The vault, as far as the safe needs it. */
export interface KeyVault {
  readonly exists: boolean;
  readonly locked: boolean;
  get(name: string): string | null;
  /** Stores the secret unless there is one; answers with the one that stands. */
  keep(name: string, secret: string): Promise<string>;
}

/** The key for new copies: the keeper's where there is one, else that of a file which only its owner can read. */
export async function keyForNew(keeper: KeeperKey, dataDir: string): Promise<SafeKey> {
  const { key, place } = (await keeper('new')) ?? { key: fileKey(dataDir, true), place: 'file' as const };
  return { key, place, keyId: idOf(key) };
}

/** The key that opens copies made with that key. */
export async function keyForOld(
  { key: place, keyId }: Pick<SafeRecord, 'key' | 'keyId'>,
  keeper: KeeperKey,
  dataDir: string,
): Promise<Buffer> {
  const key = place === 'file' ? fileKey(dataDir, false) : ((await keeper(place))?.key ?? null);
  if (key !== null && idOf(key) === keyId) return key;
  throw new Failure('VAULT_LOCKED', otherKey(place), { hint: otherKeyHint(place) });
}

function otherKey(place: SafeRecord['key']): Text {
  switch (place) {
    case 'file':
      return text(
        /*i18n*/ { id: 'safe.other-key', message: 'safe.key in the data folder is not the key of these safe copies' },
      );
    case 'vault':
      return text(/*i18n*/ { id: 'safe.other-vault', message: 'The vault does not hold the key of these safe copies' });
    case 'keeper':
      return text(
        /*i18n*/ {
          id: 'safe.no-keeper',
          message: 'The key of these safe copies is in a keychain that is not reached from here',
        },
      );
    default:
      return assertNever(place, 'place of a key');
  }
}

function otherKeyHint(place: SafeRecord['key']): Text {
  if (place === 'keeper') {
    return text(/*i18n*/ { id: 'safe.no-keeper.hint', message: 'Use the program and the user that made the copies' });
  }
  return text(
    /*i18n*/ { id: 'safe.other-key.hint', message: 'Restore {file} in the data folder from a backup' },
    { file: place === 'vault' ? 'vault.json' : 'safe.key' },
  );
}

function idOf(key: Buffer): string {
  return createHash('sha256').update('postdeck key id').update(key).digest('hex').slice(0, 16);
}

/** Keys kept in the OS keychain; where there is none, in the vault, once somebody has made one. */
export function keptKey(keychain: SecretKeeper | null, vault: KeyVault): KeeperKey {
  return async (wanted) => {
    const place = wanted !== 'new' ? wanted : keychain === null ? 'vault' : 'keeper';
    const found = place === 'vault' ? await ofVault(vault, wanted) : await ofKeychain(keychain, wanted);
    return found === null ? null : { key: Buffer.from(found, 'base64'), place };
  };
}
const ACCOUNT = 'safe-copies-key';
const newKey = (): string => randomBytes(KEY_BYTES).toString('base64');

async function ofKeychain(keychain: SecretKeeper | null, wanted: 'new' | Kept): Promise<string | null> {
  if (keychain === null) return null;
  const known = await keychain.get(ACCOUNT);
  if (known !== null || wanted !== 'new') return known;
  await keychain.set(ACCOUNT, newKey());
  // Read back: another process may have stored one in the same moment, and then that one stands.
  return await keychain.get(ACCOUNT);
}

async function ofVault(vault: KeyVault, wanted: 'new' | Kept): Promise<string | null> {
  if (vault.locked) {
    if (!vault.exists) return null;
    // Whoever made a vault wants a passphrase between the copies and a thief: no quiet fall-back to a key file.
    throw locked(wanted === 'new');
  }
  return wanted === 'new' ? await vault.keep(ACCOUNT, newKey()) : vault.get(ACCOUNT);
}

function locked(making: boolean): Failure {
  return making
    ? new Failure(
        'VAULT_LOCKED',
        text(
          /*i18n*/ {
            id: 'safe.vault-locked.new',
            message: 'Safe copies are encrypted with a key in the vault, and the vault is locked; nothing was changed',
          },
        ),
        {
          hint: text(
            /*i18n*/ {
              id: 'safe.vault-locked.new.hint',
              message: 'Unlock the vault with its passphrase ({env} in a terminal), or delete without copies',
            },
            { env: 'POSTDECK_VAULT_PASSPHRASE' },
          ),
        },
      )
    : new Failure(
        'VAULT_LOCKED',
        text(
          /*i18n*/ {
            id: 'safe.vault-locked.old',
            message: 'The key of these safe copies is in the vault, and the vault is locked; nothing was changed',
          },
        ),
        {
          hint: text(
            /*i18n*/ {
              id: 'safe.vault-locked.old.hint',
              message: 'Unlock the vault with its passphrase ({env} in a terminal)',
            },
            { env: 'POSTDECK_VAULT_PASSPHRASE' },
          ),
        },
      );
}

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
