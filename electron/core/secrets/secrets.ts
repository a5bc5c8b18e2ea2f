import { join } from 'node:path';
import type { AppInfo } from '#shared/contract/app.ts';
import { Failure } from '#shared/model/failure.ts';
import type { SecretKind, SshSettings } from '#shared/model/server.ts';
import { text } from '#shared/model/text.ts';
import type { SecretKeeper } from '../console.ts';
import { type ScryptCost, Vault } from './vault.ts';

/** Which secret: of which server, for what, and for which jump host (HOST:PORT; null: the server itself). */
export interface SecretName {
  serverId: string;
  kind: SecretKind | 'imap-master';
  hop: string | null;
}

/** `imap-master`: name and password of the mail server's own master user, which no login over SSH asks for. */
const KINDS: readonly SecretName['kind'][] = ['password', 'passphrase', 'sudo', 'keyboard-interactive', 'imap-master'];

/**
 * Where secrets are. This session's memory first, then the OS keychain, or where there is none the vault. Never the
 * database, never a log; and no method gives one out but get().
 */
export class Secrets {
  readonly #session = new Map<string, string>();
  readonly #keychain: SecretKeeper | null;
  readonly #vault: Vault;

  constructor(dataDir: string, keychain: SecretKeeper | null, vaultCost?: ScryptCost) {
    this.#keychain = keychain;
    this.#vault = new Vault(join(dataDir, 'vault.json'), vaultCost);
  }

  /** The vault itself, for what is no server's secret. */
  get vault(): Pick<Vault, 'exists' | 'locked' | 'get' | 'keep'> {
    return this.#vault;
  }

  /** For the settings page: where a secret would be stored now. */
  info(): AppInfo['secrets'] {
    if (this.#keychain) return { keeper: 'keychain', locked: false };
    if (this.#vault.exists || !this.#vault.locked) return { keeper: 'vault', locked: this.#vault.locked };
    return { keeper: 'session', locked: false };
  }

  /** Opens the vault, or makes it. Throws AUTH_FAILED. */
  unlockVault(passphrase: string): Promise<void> {
    return this.#vault.unlock(passphrase);
  }

  /** null: not known. Throws VAULT_LOCKED when it is in the locked vault. */
  async get(name: SecretName): Promise<string | null> {
    const account = accountOf(name);
    const remembered = this.#session.get(account);
    if (remembered !== undefined) {
      // Answers to prompts are one-time codes as a rule: a second use would be refused.
      if (name.kind === 'keyboard-interactive') this.#session.delete(account);
      return remembered;
    }
    return this.#keychain ? await this.#keychain.get(account) : this.#vault.get(account);
  }

  /** Throws VAULT_LOCKED when it should be stored and there is nowhere to. */
  async set(name: SecretName, secret: string, keep: 'session' | 'stored'): Promise<'session' | 'keychain' | 'vault'> {
    const account = accountOf(name);
    // Prompts' answers are used once, so there is nothing to store.
    if (keep === 'session' || name.kind === 'keyboard-interactive') {
      this.#session.set(account, secret);
      return 'session';
    }
    if (this.#keychain) await this.#keychain.set(account, secret);
    else if (this.#vault.locked) throw nowhere(this.#vault.exists);
    else await this.#vault.set(account, secret);
    // An older one in memory would hide it.
    this.#session.delete(account);
    return this.#keychain ? 'keychain' : 'vault';
  }

  /** Forgets all secrets of a server and of these hops; tells how many there were. */
  forget(serverId: string, hops: readonly string[]): Promise<number> {
    return this.#forget(serverId, [null, ...hops]);
  }

  /** Forgets the secrets of these hops alone. */
  forgetHops(serverId: string, hops: readonly string[]): Promise<number> {
    return this.#forget(serverId, hops);
  }

  /** Forgets one; tells whether there was any. */
  async forgetOne({ serverId, kind, hop }: SecretName): Promise<boolean> {
    return (await this.#forget(serverId, [hop], [kind])) > 0;
  }

  async #forget(serverId: string, hops: readonly (string | null)[], kinds = KINDS): Promise<number> {
    let forgotten = 0;
    for (const kind of kinds) {
      for (const hop of hops) {
        const account = accountOf({ serverId, kind, hop });
        const remembered = this.#session.delete(account);
        const stored = this.#keychain ? await this.#keychain.delete(account) : await this.#vault.delete(account);
        if (remembered || stored) forgotten += 1;
      }
    }
    return forgotten;
  }

  /** Forgets what is in memory. */
  dispose(): void {
    this.#session.clear();
    this.#vault.lock();
  }
}

/** HOST:PORT of each jump host, as secrets are named by. */
export function hopsOf(ssh: SshSettings | null): string[] {
  return (ssh?.jump ?? []).map((hop) => `${hop.host}:${hop.port}`);
}

function accountOf({ serverId, kind, hop }: SecretName): string {
  return hop === null ? `${serverId}/${kind}` : `${serverId}/${kind}/${hop}`;
}

function nowhere(vaultExists: boolean): Failure {
  return new Failure(
    'VAULT_LOCKED',
    vaultExists
      ? text(/*i18n*/ { id: 'secrets.vault-locked', message: 'The vault is locked; the secret was not stored' })
      : text(
          /*i18n*/ {
            id: 'secrets.nowhere',
            message:
              'This computer has no keychain the console can use, and there is no vault; the secret was not stored',
          },
        ),
    {
      hint: vaultExists
        ? text(/*i18n*/ { id: 'vault.locked.hint', message: 'Unlock the vault with its passphrase' })
        : text(
            /*i18n*/ {
              id: 'secrets.nowhere.hint',
              message: 'Make a vault by choosing a passphrase for it, or keep the secret for this session only',
            },
          ),
    },
  );
}
