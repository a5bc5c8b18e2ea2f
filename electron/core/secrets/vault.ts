import { createCipheriv, createDecipheriv, randomBytes, scrypt } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { promisify } from 'node:util';
import { z } from 'zod';
import { Failure } from '#shared/model/failure.ts';
import { text } from '#shared/model/text.ts';

const derive = promisify<Buffer, Buffer, number, { N: number; r: number; p: number; maxmem: number }, Buffer>(scrypt);

export interface ScryptCost {
  N: number;
  r: number;
  p: number;
}

/** 128 MiB and about half a second: what a guess costs somebody who has the file. */
const COST: ScryptCost = { N: 2 ** 17, r: 8, p: 1 };
/** A file asking for more than this would stop the program instead of opening (it may have been put there). */
const COST_LIMIT = { N: 2 ** 20, r: 16, p: 4 };
const BYTES_LIMIT = 4 * 1024 * 1024;

/** The file's head is readable, and sealed with the content: its parameters and names cannot be changed unseen. */
const VaultHead = z.object({
  version: z.literal(1),
  kdf: z.object({
    name: z.literal('scrypt'),
    N: z.number().int().min(1024).max(COST_LIMIT.N),
    r: z.number().int().min(1).max(COST_LIMIT.r),
    p: z.number().int().min(1).max(COST_LIMIT.p),
    salt: z.base64(),
  }),
  cipher: z.literal('aes-256-gcm'),
  /** Which secrets are inside, so that a locked vault is asked for only when it holds the one that is needed. */
  names: z.array(z.string()),
});
type VaultHead = z.infer<typeof VaultHead>;
const VaultFile = VaultHead.extend({ nonce: z.base64(), tag: z.base64(), sealed: z.base64() });
type VaultFile = z.infer<typeof VaultFile>;

/**
 * Secrets in a file under a passphrase: scrypt (RFC 7914) makes the key, AES-256-GCM seals and proves the content.
 * Written whole each time, with a new nonce, beside the old file and then renamed over it.
 */
export class Vault {
  readonly #file: string;
  readonly #cost: ScryptCost;
  #key: { key: Buffer; kdf: VaultHead['kdf'] } | null = null;
  /** Writes one after the other: each reads the file first, for another process may have written meanwhile. */
  #turn: Promise<unknown> = Promise.resolve();

  /** @param cost What a new vault's key costs to make; an existing one says so itself. */
  constructor(file: string, cost: ScryptCost = COST) {
    this.#file = file;
    this.#cost = cost;
  }

  get exists(): boolean {
    return existsSync(this.#file);
  }

  get locked(): boolean {
    return this.#key === null;
  }

  /** Opens the vault, or makes an empty one. Throws AUTH_FAILED on a passphrase that does not open it. */
  async unlock(passphrase: string): Promise<void> {
    const stored = this.#read();
    if (stored !== null) {
      const key = await deriveKey(passphrase, stored.kdf);
      this.#unseal(stored, key);
      this.#key = { key, kdf: stored.kdf };
      return;
    }
    const kdf = { name: 'scrypt' as const, ...this.#cost, salt: randomBytes(32).toString('base64') };
    this.#key = { key: await deriveKey(passphrase, kdf), kdf };
    await this.#write(new Map());
  }

  lock(): void {
    this.#key?.key.fill(0);
    this.#key = null;
  }

  /** Whether the vault holds this secret; can be told while it is locked. */
  has(name: string): boolean {
    return this.#read()?.names.includes(name) ?? false;
  }

  /** Throws VAULT_LOCKED when the secret is there and the vault is locked. */
  get(name: string): string | null {
    const stored = this.#read();
    if (!stored?.names.includes(name)) return null;
    return this.#content(stored).get(name) ?? null;
  }

  async set(name: string, secret: string): Promise<void> {
    await this.#change((content) => content.set(name, secret));
  }

  /** Stores a secret unless there is one by that name; answers with the one that stands. Throws VAULT_LOCKED. */
  async keep(name: string, secret: string): Promise<string> {
    const known = this.get(name);
    if (known !== null) return known;
    await this.#change((content) => {
      if (!content.has(name)) content.set(name, secret);
    });
    return this.get(name) ?? secret;
  }

  async delete(name: string): Promise<boolean> {
    if (!this.has(name)) return false;
    await this.#change((content) => content.delete(name));
    return true;
  }

  #change(edit: (content: Map<string, string>) => void): Promise<void> {
    const change = async (): Promise<void> => {
      const stored = this.#read();
      const content = stored === null ? new Map<string, string>() : this.#content(stored);
      edit(content);
      await this.#write(content);
    };
    const done = this.#turn.then(change);
    this.#turn = done.catch(() => {});
    return done;
  }

  #content(stored: VaultFile): Map<string, string> {
    if (this.#key === null) throw vaultLocked();
    return this.#unseal(stored, this.#key.key);
  }

  #read(): VaultFile | null {
    let raw: string;
    try {
      raw = readFileSync(this.#file, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
      throw error;
    }
    if (raw.length > BYTES_LIMIT) throw damaged(this.#file);
    try {
      return VaultFile.parse(JSON.parse(raw));
    } catch (error) {
      throw damaged(this.#file, error);
    }
  }

  #unseal({ nonce, tag, sealed, ...head }: VaultFile, key: Buffer): Map<string, string> {
    try {
      const decipher = createDecipheriv('aes-256-gcm', key, Buffer.from(nonce, 'base64'), { authTagLength: 16 });
      decipher.setAAD(Buffer.from(canonical(head)));
      decipher.setAuthTag(Buffer.from(tag, 'base64'));
      const plain = Buffer.concat([decipher.update(Buffer.from(sealed, 'base64')), decipher.final()]);
      const content = z.record(z.string(), z.string()).parse(JSON.parse(plain.toString('utf8')));
      plain.fill(0);
      return new Map(Object.entries(content));
    } catch (error) {
      // GCM does not tell a wrong key from a changed file, and neither can this message.
      throw new Failure(
        'AUTH_FAILED',
        text(
          /*i18n*/ {
            id: 'vault.wrong',
            message: 'The passphrase does not open the vault, or its file was altered; nothing was changed',
          },
        ),
        {
          hint: text(
            /*i18n*/ {
              id: 'vault.wrong.hint',
              message:
                'Try the passphrase again. If it is lost, move {file} away and enter the secrets anew; safe copies made with it stay shut',
            },
            { file: this.#file },
          ),
          detail: { kind: 'vault' },
          cause: error,
        },
      );
    }
  }

  async #write(content: Map<string, string>): Promise<void> {
    if (this.#key === null) throw vaultLocked();
    const head: VaultHead = {
      version: 1,
      kdf: this.#key.kdf,
      cipher: 'aes-256-gcm',
      names: [...content.keys()].sort(),
    };
    const nonce = randomBytes(12);
    const cipher = createCipheriv('aes-256-gcm', this.#key.key, nonce);
    cipher.setAAD(Buffer.from(canonical(head)));
    const sealed = Buffer.concat([cipher.update(JSON.stringify(Object.fromEntries(content)), 'utf8'), cipher.final()]);
    const file: VaultFile = {
      ...head,
      nonce: nonce.toString('base64'),
      tag: cipher.getAuthTag().toString('base64'),
      sealed: sealed.toString('base64'),
    };
    const beside = `${this.#file}.${randomBytes(6).toString('hex')}`;
    try {
      const handle = await open(beside, 'wx', 0o600);
      try {
        await handle.writeFile(`${JSON.stringify(file, null, 2)}\n`);
        await handle.sync();
      } finally {
        await handle.close();
      }
      await rename(beside, this.#file);
    } catch (error) {
      await rm(beside, { force: true });
      throw error;
    }
  }
}

/** The same bytes for the same head, whatever order a parser put its fields in. */
function canonical({ version, kdf, cipher, names }: VaultHead): string {
  return JSON.stringify([version, kdf.name, kdf.N, kdf.r, kdf.p, kdf.salt, cipher, names]);
}

function deriveKey(passphrase: string, { N, r, p, salt }: VaultHead['kdf']): Promise<Buffer> {
  // The same characters may be typed in two forms (a composed or a decomposed accent).
  const words = Buffer.from(passphrase.normalize('NFKC'), 'utf8');
  return derive(words, Buffer.from(salt, 'base64'), 32, { N, r, p, maxmem: 256 * N * r });
}

export function vaultLocked(): Failure {
  return new Failure(
    'VAULT_LOCKED',
    text(/*i18n*/ { id: 'vault.locked', message: 'The secret is in the vault, and the vault is locked' }),
    { hint: text(/*i18n*/ { id: 'vault.locked.hint', message: 'Unlock the vault with its passphrase' }) },
  );
}

function damaged(file: string, cause?: unknown): Failure {
  return new Failure(
    'VAULT_LOCKED',
    text(/*i18n*/ { id: 'vault.damaged', message: 'The file {file} is not a vault this version can read' }, { file }),
    {
      hint: text(
        /*i18n*/ {
          id: 'vault.damaged.hint',
          message: 'Put back a copy of it, or move it away and enter the secrets anew',
        },
        { file },
      ),
      cause,
    },
  );
}
