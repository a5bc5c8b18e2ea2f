import { Failure, type FailureData } from '#shared/model/failure.ts';
import { SecretKind, type ServerProfile } from '#shared/model/server.ts';
import { text } from '#shared/model/text.ts';
import { ask, askSecret, canAsk } from './ask.ts';
import { UsageFailure } from './exit.ts';
import { offeredKey } from './offered-key.ts';
import type { Output } from './output.ts';
import { renderText } from './render-text.ts';
import type { Client } from './session.ts';

/** Environment variables that carry a secret, and what it is. Never kept beyond the command. */
export const SECRET_ENV: Readonly<Record<string, { kind: SecretKind; what: string }>> = {
  POSTDECK_PASSWORD: { kind: 'password', what: 'password for the SSH login' },
  POSTDECK_PASSPHRASE: { kind: 'passphrase', what: 'passphrase of the private key' },
  POSTDECK_SUDO_PASSWORD: { kind: 'sudo', what: 'password for sudo' },
};
/** The same for jump hosts: of each by its place on the way (1: the first one), or of all of them. */
export const JUMP_ENV: Readonly<Record<string, { kind: SecretKind; what: string }>> = {
  POSTDECK_JUMP_PASSWORD: {
    kind: 'password',
    what: 'password for the jump hosts; POSTDECK_JUMP2_PASSWORD: for the second alone',
  },
  POSTDECK_JUMP_PASSPHRASE: { kind: 'passphrase', what: "passphrase of the jump hosts' key; likewise" },
};

/** The variable with the secret of one jump host, counted from 1. */
export const jumpVariable = (name: string, place: number): string => name.replace('JUMP', `JUMP${place}`);
export const VAULT_ENV = 'POSTDECK_VAULT_PASSPHRASE';

/** Brings secrets to the console from where a terminal has them: the environment, standard input, a person. */
export class SecretDesk {
  readonly #client: Client;
  readonly #out: Output;
  readonly #signal: AbortSignal;
  readonly #done = new Set<string>();
  #asked = false;
  #opened = false;

  constructor(client: Client, out: Output, signal: AbortSignal) {
    this.#client = client;
    this.#out = out;
    this.#signal = signal;
  }

  /** Opens a locked vault with the passphrase of the environment, if there is one. */
  async unlock(): Promise<void> {
    const passphrase = process.env[VAULT_ENV];
    if (passphrase === undefined || passphrase === '') return;
    const { secrets } = await this.#client.app.info();
    if (secrets.keeper === 'vault' && secrets.locked) await this.#client.app.unlockVault({ passphrase });
  }

  /** Gives the environment's secrets for this server to the console, once a command, in memory only. */
  async handOver(server: ServerProfile): Promise<void> {
    if (server.demo || this.#done.has(server.id)) return;
    this.#done.add(server.id);
    const give = async (kind: SecretKind, hop: string | null, value: string | undefined): Promise<void> => {
      if (value === undefined || value === '') return;
      await this.#client.servers.setSecret({ serverId: server.id, kind, hop, value, keep: 'session' });
    };
    for (const [name, { kind }] of Object.entries(SECRET_ENV)) await give(kind, null, process.env[name]);
    for (const [i, { host, port }] of (server.ssh?.jump ?? []).entries()) {
      for (const [name, { kind }] of Object.entries(JUMP_ENV)) {
        await give(kind, `${host}:${port}`, process.env[jumpVariable(name, i + 1)] || process.env[name]);
      }
    }
  }

  /** Makes sure that secrets can be kept; opens or makes the vault when there is no OS keychain. */
  async makeKeeper(): Promise<void> {
    const { secrets } = await this.#client.app.info();
    if (secrets.keeper === 'keychain' || (secrets.keeper === 'vault' && !secrets.locked)) return;
    const env = process.env[VAULT_ENV];
    if (env === undefined && !canAsk()) {
      throw new Failure(
        'VAULT_LOCKED',
        text(
          /*i18n*/ {
            id: 'cli.no-keeper',
            message: 'There is no OS keychain here to keep the secret in; nothing was saved',
          },
        ),
        {
          hint: text(
            /*i18n*/ {
              id: 'cli.no-keeper.hint',
              message: 'Give the passphrase of the vault in {env}, or give the secret in the environment at each call',
            },
            { env: VAULT_ENV },
          ),
        },
      );
    }
    const made = secrets.keeper === 'vault';
    const asked = (question: string): Promise<string> => askSecret(question, this.#signal);
    const passphrase =
      env ?? (await asked(made ? 'Passphrase of the vault:' : 'New passphrase for the vault of secrets:'));
    // A slip of the finger that nobody saw would shut the vault for good.
    if (env === undefined && !made && (await asked('The same passphrase again:')) !== passphrase) throw differ();
    await this.#client.app.unlockVault({ passphrase });
  }

  /**
   * Asks the person for what a failed login needs. Answers false when there is nobody to ask, or asking cannot help:
   * then the failure stands.
   */
  async help(server: ServerProfile, failure: FailureData): Promise<boolean> {
    if (failure.code === 'VAULT_LOCKED') return await this.#openVault(failure);
    if (!canAsk()) return false;
    if (failure.code === 'HOST_KEY_UNKNOWN') return await this.#trust(server, failure);
    // A mistyped answer is asked for again; a refused stored or environment secret is for the person to look at.
    const mistyped = failure.code === 'AUTH_FAILED' && this.#asked;
    if (failure.code !== 'AUTH_NEEDED' && !mistyped) return false;
    const kind = SecretKind.safeParse(failure.detail['kind']);
    if (!kind.success) return false;
    const hop = typeof failure.detail['hop'] === 'string' ? failure.detail['hop'] : null;
    this.#out.note(renderText(failure.message));
    const value = await askSecret(`${label(kind.data)} for ${hop ?? server.name}:`, this.#signal);
    this.#asked = true;
    if (value === '') return false;
    await this.#client.servers.setSecret({ serverId: server.id, kind: kind.data, hop, value, keep: 'session' });
    return true;
  }

  /** Opens the vault that something needs: with the environment's passphrase, else one that is typed in. */
  async #openVault(failure: FailureData): Promise<boolean> {
    if (this.#opened) return false;
    const env = process.env[VAULT_ENV];
    if ((env === undefined || env === '') && !canAsk()) return false;
    this.#out.note(renderText(failure.message));
    const passphrase = env || (await askSecret('Passphrase of the vault:', this.#signal));
    if (passphrase === '') return false;
    await this.#client.app.unlockVault({ passphrase });
    this.#opened = true;
    return true;
  }

  async #trust(server: ServerProfile, failure: FailureData): Promise<boolean> {
    const key = offeredKey(failure);
    if (key === null) return false;
    this.#out.note(renderText(failure.message));
    const answer = await ask(`Is ${key.fingerprint} the key of ${key.host}? Type yes to trust it:`, this.#signal);
    if (answer.trim() !== 'yes') return false;
    await this.#client.servers.trustHostKey({ serverId: server.id, ...key });
    return true;
  }
}

function differ(): UsageFailure {
  return new UsageFailure(
    text(
      /*i18n*/ { id: 'cli.vault-differ', message: 'The two passphrases differ; no vault was made, nothing was saved' },
    ),
    { hint: text(/*i18n*/ { id: 'cli.vault-differ.hint', message: 'Give the same command again' }) },
  );
}

function label(kind: SecretKind): string {
  return {
    password: 'Password',
    passphrase: 'Passphrase of the key',
    sudo: 'Password for sudo',
    'keyboard-interactive': 'Answer',
  }[kind];
}
