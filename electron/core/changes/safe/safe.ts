import { createHash } from 'node:crypto';
import { createReadStream, mkdirSync, statfsSync } from 'node:fs';
import { open, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { Failure } from '#shared/model/failure.ts';
import { text } from '#shared/model/text.ts';
import type { SafeRecord } from '../record.ts';
import { type KeeperKey, keyForNew, keyForOld } from './key.ts';
import { seal, unseal } from './seal.ts';

/**
 * The share of its size that mail is said to take in the safe, for the plan's estimate. Plain text packs better, but
 * most bytes of mail are base64 (RFC 2045 6.8) of things already packed, which can only lose its 4:3 overhead.
 */
const PACKED_SHARE = 0.75;

export interface Stored {
  file: string;
  sha256: string;
  bytes: number;
  key: SafeRecord['key'];
  keyId: string;
}

/** The local encrypted safe: what a delete copied, one file a change, kept until it expires. */
export class Safe {
  readonly #dir: string;
  readonly #dataDir: string;
  readonly #keeper: KeeperKey;

  constructor(dataDir: string, keeper: KeeperKey) {
    this.#dataDir = dataDir;
    this.#dir = join(dataDir, 'safe');
    this.#keeper = keeper;
    mkdirSync(this.#dir, { recursive: true, mode: 0o700 });
  }

  /** Where the key for new copies would be. Throws VAULT_LOCKED when it cannot be had now. */
  async keyPlace(): Promise<SafeRecord['key']> {
    return (await keyForNew(this.#keeper, this.#dataDir)).place;
  }

  estimate(unpacked: number): number {
    return Math.ceil(unpacked * PACKED_SHARE);
  }

  /** Bytes free where the safe lives, for this user. */
  free(): number {
    const { bavail, bsize } = statfsSync(this.#dir);
    return bavail * bsize;
  }

  /** Seals an archive into the safe; it is whole and on the disk when this resolves, else there is no file. */
  async store(changeId: string, archive: Readable, signal: AbortSignal): Promise<Stored> {
    const { key, place, keyId } = await keyForNew(this.#keeper, this.#dataDir);
    const file = `${changeId}.safe`;
    const part = join(this.#dir, `${file}.part`);
    const hash = createHash('sha256');
    let bytes = 0;
    const handle = await open(part, 'w', 0o600);
    try {
      for await (const piece of seal(archive, key, changeId)) {
        signal.throwIfAborted();
        hash.update(piece);
        bytes += piece.length;
        await handle.writeFile(piece);
      }
      await handle.sync();
      await handle.close();
      await rename(part, join(this.#dir, file));
      await this.#syncDir();
    } catch (error) {
      archive.destroy();
      await handle.close().catch(() => undefined);
      await rm(part, { force: true });
      throw (error as NodeJS.ErrnoException).code === 'ENOSPC' ? full(this.#dir) : error;
    }
    return { file, sha256: hash.digest('hex'), bytes, key: place, keyId };
  }

  /**
   * Reads the whole file: is it what the journal says, and does every frame open? Throws BAD_OUTPUT when not,
   * NOT_FOUND when there is no such file. Resolves to the bytes of the archive inside.
   */
  async check(
    changeId: string,
    stored: Pick<SafeRecord, 'file' | 'sha256' | 'key' | 'keyId'>,
    signal: AbortSignal,
  ): Promise<number> {
    let unpacked = 0;
    const key = await keyForOld(stored, this.#keeper, this.#dataDir);
    const hash = createHash('sha256');
    const file = await this.#read(stored.file);
    const hashed = async function* (): AsyncGenerator<Buffer> {
      for await (const part of file as AsyncIterable<Buffer>) {
        hash.update(part);
        yield part;
      }
    };
    for await (const plain of unseal(hashed(), key, changeId)) {
      signal.throwIfAborted();
      unpacked += plain.length;
    }
    if (hash.digest('hex') === stored.sha256) return unpacked;
    throw new Failure(
      'BAD_OUTPUT',
      text(/*i18n*/ { id: 'safe.damaged', message: 'The safe copies are damaged or were altered' }),
      {
        hint: text(
          /*i18n*/ {
            id: 'safe.damaged.hint',
            message: 'Nothing was put back. Take the file from a backup of the data folder',
          },
        ),
      },
    );
  }

  /** The archive as it was stored. Call check() first: nothing may be put back from a file that does not hold. */
  async open(changeId: string, stored: Pick<SafeRecord, 'file' | 'key' | 'keyId'>): Promise<Readable> {
    const key = await keyForOld(stored, this.#keeper, this.#dataDir);
    return Readable.from(unseal((await this.#read(stored.file)) as AsyncIterable<Buffer>, key, changeId), {
      objectMode: false,
    });
  }

  async has(file: string): Promise<boolean> {
    return stat(join(this.#dir, file)).then(
      () => true,
      () => false,
    );
  }

  /** Removes a file. false: it was not there. */
  async drop(file: string): Promise<boolean> {
    const there = await this.has(file);
    await rm(join(this.#dir, file), { force: true });
    return there;
  }

  async #read(file: string): Promise<Readable> {
    if (await this.has(file)) return createReadStream(join(this.#dir, file), { highWaterMark: 256 * 1024 });
    throw new Failure(
      'NOT_FOUND',
      text(/*i18n*/ { id: 'safe.gone', message: 'The safe copies are no longer in the data folder' }),
      {
        hint: text(
          /*i18n*/ { id: 'safe.gone.hint', message: 'Take safe/{file} from a backup of the data folder' },
          { file },
        ),
      },
    );
  }

  async #syncDir(): Promise<void> {
    // A folder cannot be opened for this on Windows, where renames are journalled by the file system.
    if (process.platform === 'win32') return;
    const dir = await open(this.#dir, 'r');
    await dir.sync().finally(() => dir.close());
  }
}

function full(dir: string): Failure {
  return new Failure(
    'LIMIT',
    text(/*i18n*/ { id: 'safe.full', message: 'The disk of {dir} is full; the copies could not be kept' }, { dir }),
    {
      hint: text(/*i18n*/ { id: 'safe.full.hint', message: 'Free some space, or choose fewer messages' }),
    },
  );
}
