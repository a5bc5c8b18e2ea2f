/** Passwords between being given or made and being hashed. Only in this process's memory, for an hour at most. */
import { randomInt, randomUUID } from 'node:crypto';
import { Failure } from '#shared/model/failure.ts';
import { checkPassword, printable } from '#shared/model/mail-address.ts';
import { text } from '#shared/model/text.ts';

/** Long enough to look at a plan of thousands; a console left open overnight forgets them. */
const KEPT_MS = 60 * 60_000;
/** Sets kept at once; the oldest goes. */
const SETS = 20;

interface Prepared {
  passwords: Map<string, string>;
  generated: Set<string>;
  at: number;
}

export class Passwords {
  readonly #sets = new Map<string, Prepared>();

  /** Takes passwords, or makes them where `password` is null. Throws BAD_INPUT. */
  prepare(entries: readonly { address: string; password: string | null }[]): { secretId: string; generated: number } {
    const passwords = new Map<string, string>();
    const generated = new Set<string>();
    for (const entry of entries) {
      const address = entry.address.trim().toLowerCase();
      if (entry.password === null) generated.add(address);
      else {
        const checked = checkPassword(entry.password);
        if (!checked.ok) {
          throw new Failure('BAD_INPUT', checked.problem, { detail: { address: printable(address) } });
        }
      }
      passwords.set(address, entry.password ?? randomPassword());
    }
    this.#forgetOld();
    const secretId = randomUUID();
    this.#sets.set(secretId, { passwords, generated, at: Date.now() });
    return { secretId, generated: generated.size };
  }

  /** Throws NOT_FOUND when they are forgotten. */
  take(secretId: string): ReadonlyMap<string, string> {
    return this.#find(secretId).passwords;
  }

  has(secretId: string, addresses: readonly string[]): boolean {
    const { passwords } = this.#find(secretId);
    return addresses.every((address) => passwords.has(address));
  }

  /** The passwords that were made here, once: they are not told again. */
  tellGenerated(secretId: string): { address: string; password: string }[] {
    const { passwords, generated } = this.#find(secretId);
    const told = [...generated].map((address) => ({ address, password: passwords.get(address) ?? '' }));
    generated.clear();
    return told;
  }

  forget(secretId: string): void {
    const prepared = this.#sets.get(secretId);
    // what was made here is kept until it has been told
    if (prepared && prepared.generated.size === 0) this.#sets.delete(secretId);
  }

  #find(secretId: string): Prepared {
    this.#forgetOld();
    const found = this.#sets.get(secretId);
    if (found) return found;
    throw new Failure(
      'NOT_FOUND',
      text(/*i18n*/ { id: 'accounts.passwords-gone', message: 'The prepared passwords are no longer in memory' }),
      {
        hint: text(/*i18n*/ { id: 'accounts.passwords-gone.hint', message: 'Give them again, or have new ones made' }),
      },
    );
  }

  #forgetOld(): void {
    const limit = Date.now() - KEPT_MS;
    for (const [id, prepared] of this.#sets) {
      if (prepared.at < limit || this.#sets.size >= SETS) this.#sets.delete(id);
    }
  }
}

/** No characters that are mistaken for each other, and none that a mail program or a telephone makes hard. */
const LETTERS = 'abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789';

/** 20 of 56 letters, in groups of five: 116 bits. */
export function randomPassword(): string {
  const letters = Array.from({ length: 20 }, () => LETTERS[randomInt(LETTERS.length)] ?? '');
  return [0, 5, 10, 15].map((at) => letters.slice(at, at + 5).join('')).join('-');
}
