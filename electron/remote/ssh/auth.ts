import { readFile, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { AnyAuthMethod, AuthHandlerMiddleware, ParsedKey } from 'ssh2';
import ssh2 from 'ssh2';
import { Failure } from '#shared/model/failure.ts';
import { text } from '#shared/model/text.ts';
import { LIMITS } from '../limits.ts';
import type { SecretAsk, SecretSource } from './types.ts';

/** Who logs in where, and with what. */
export interface Login {
  user: string;
  host: string;
  port: number;
  /** HOST:PORT when this is a jump host, else null. */
  hop: string | null;
  identityFile: string | null;
  /** Agent socket or pipe; null: do not ask an agent. */
  agent: string | null;
}

export interface AuthRun {
  handler: AuthHandlerMiddleware;
  /** Why it did not work, once the server has refused. */
  failure(): Failure;
}

type Way = 'key' | 'agent' | 'password' | 'keyboard-interactive';
const METHOD = {
  key: 'publickey',
  agent: 'publickey',
  password: 'password',
  'keyboard-interactive': 'keyboard-interactive',
} as const satisfies Record<Way, string>;

/**
 * Logs in by every way there is, in the order key, agent, password, keyboard-interactive, each once, also where the
 * server wants several of them (sshd's AuthenticationMethods). What is missing is remembered and told at the end:
 * a key whose passphrase is not known may be in the agent.
 * @param used Told each secret that was used, so that it can be redacted from then on.
 * @param abort Ends the login at once, for what cannot go on.
 */
export function loginBy(
  login: Login,
  secrets: SecretSource,
  signal: AbortSignal,
  used: (secret: string) => void,
  abort: (failure: Failure) => void,
): AuthRun {
  const untried: Way[] = [];
  if (login.identityFile !== null) untried.push('key');
  if (login.agent !== null) untried.push('agent');
  untried.push('password', 'keyboard-interactive');

  const tried: Way[] = [];
  const missing: SecretAsk[] = [];
  let offered: string[] = [];
  let keyProblem: Failure | null = null;
  let password: string | null = null;

  const ask = async (kind: SecretAsk['kind'], more: Partial<SecretAsk> = {}): Promise<string | null> => {
    const wanted: SecretAsk = { kind, hop: login.hop, user: login.user, host: login.host, port: login.port, ...more };
    const secret = await secrets(wanted, signal);
    if (secret === null) missing.push(wanted);
    else used(secret);
    return secret;
  };

  const make = async (way: Way): Promise<AnyAuthMethod | null> => {
    const username = login.user;
    switch (way) {
      case 'key': {
        const key = await readKey(login, (file) => ask('passphrase', { file })).catch((error: unknown) => {
          if (!(error instanceof Failure)) throw error;
          keyProblem = error;
          return null;
        });
        return key && { type: 'publickey', username, key };
      }
      case 'agent':
        return { type: 'agent', username, agent: login.agent ?? '' };
      case 'password':
        password = await ask('password');
        return password === null ? null : { type: 'password', username, password };
      case 'keyboard-interactive':
        // Asked for a password already, or refused with it: the same prompt again would only use up an attempt.
        if (missing.some((one) => one.kind === 'password')) return null;
        return {
          type: 'keyboard-interactive',
          username,
          prompt: (_name, _instructions, _lang, prompts, finish) => {
            answer(prompts.map((p) => ({ prompt: clean(p.prompt), echo: p.echo ?? false }))).then(finish, abort);
          },
        };
    }
  };

  const answer = async (prompts: { prompt: string; echo: boolean }[]): Promise<string[]> => {
    if (prompts.length > LIMITS.PROMPTS) throw tooManyPrompts(login, prompts.length);
    const [only] = prompts;
    if (prompts.length === 1 && only && !only.echo && /passwor[dt]|passcode|has[lł]o/i.test(only.prompt)) {
      if (tried.includes('password')) {
        // The server has already refused this password: the same one here would only use up an attempt.
        tried.splice(tried.indexOf('keyboard-interactive'), 1);
        throw failure();
      }
      const secret = await ask('password', { prompts });
      if (secret !== null) return [secret];
    } else {
      const answers = await ask('keyboard-interactive', { prompts });
      if (answers !== null) {
        const lines = answers.split('\n');
        return prompts.map((_, i) => lines[i] ?? '');
      }
    }
    throw failure();
  };

  const failure = (): Failure => {
    // The key was chosen by a person: that it cannot be used comes before what else could have been tried.
    if (keyProblem && tried.every((way) => way === 'key' || way === 'agent')) return keyProblem;
    const [need] = missing;
    if (need) return needed(need, login);
    return refused(login, tried, offered);
  };

  const next = async (): Promise<AnyAuthMethod | false> => {
    for (;;) {
      const index = untried.findIndex((way) => offered.includes(METHOD[way]));
      const [way] = index < 0 ? [] : untried.splice(index, 1);
      if (way === undefined) return false;
      const method = await make(way);
      if (method === null) continue;
      tried.push(way);
      return method;
    }
  };

  const handler: AuthHandlerMiddleware = (left, partial, done) => {
    // The first call knows nothing yet: `none` makes the server name what it takes (RFC 4252 5.2).
    if (left === null || left === undefined) {
      done({ type: 'none', username: login.user });
      return;
    }
    offered = left;
    // One factor was accepted: what was missing for another way no longer matters.
    if (partial) missing.length = 0;
    const step = async () => {
      // @types/ssh2 leaves out false, which ends the login.
      done((await next()) as AnyAuthMethod);
    };
    step().catch((error: unknown) => abort(error as Failure));
  };
  return { handler, failure };
}

/** Reads and, if needed, decrypts the private key. null: its passphrase is not known. */
async function readKey(
  login: Login,
  passphraseFor: (file: string) => Promise<string | null>,
): Promise<ParsedKey | null> {
  const file = (login.identityFile ?? '').replace(/^~(?=[/\\])/, homedir());
  let content: Buffer;
  try {
    const { size } = await stat(file);
    if (size > LIMITS.KEY_FILE_BYTES) throw new Error(`larger than ${LIMITS.KEY_FILE_BYTES} bytes`);
    content = await readFile(file);
  } catch (error) {
    throw badKey(file, (error as NodeJS.ErrnoException).code ?? (error as Error).message);
  }
  const bare = parse(content);
  if (!(bare instanceof Error)) return bare;
  if (!/encrypted/i.test(bare.message)) throw badKey(file, bare.message);
  const passphrase = await passphraseFor(file);
  if (passphrase === null) return null;
  const key = parse(content, passphrase);
  if (key instanceof Error) throw wrongPassphrase(login, file);
  return key;
}

function parse(content: Buffer, passphrase?: string): ParsedKey | Error {
  const parsed = ssh2.utils.parseKey(content, passphrase);
  const key = Array.isArray(parsed) ? parsed[0] : parsed;
  if (key === undefined) return new Error('no key in it');
  if (key instanceof Error) return key;
  return key.isPrivateKey() ? key : new Error('a public key, not a private one');
}

/** Agents to try: the environment's, on Windows OpenSSH's pipe. */
export function defaultAgent(): string | null {
  const named = process.env['SSH_AUTH_SOCK'];
  if (named) return named;
  return process.platform === 'win32' ? '\\\\.\\pipe\\openssh-ssh-agent' : null;
}

/** Whether the agent answers; a stale SSH_AUTH_SOCK must not end a login that a password could make. */
export async function liveAgent(path: string | null): Promise<string | null> {
  if (path === null) return null;
  const found = await new Promise<boolean>((resolve) => {
    ssh2.createAgent(path).getIdentities((error, keys) => resolve(!error && (keys?.length ?? 0) > 0));
  });
  if (found) return path;
  if (process.platform === 'win32' && path !== 'pageant') return liveAgent('pageant');
  return null;
}

/** The user's OpenSSH folder. */
export function userSshDir(): string {
  return join(homedir(), '.ssh');
}

/** A prompt comes from the server and is shown to a person: no control characters, not endless. */
function clean(prompt: string): string {
  return prompt.replace(/[\p{Cc}\p{Cf}]+/gu, ' ').slice(0, LIMITS.PROMPT_CHARS);
}

const at = (login: Login) => `${login.user}@${login.host}:${login.port}`;

function needed(need: SecretAsk, login: Login): Failure {
  const detail = {
    kind: need.kind,
    hop: need.hop,
    user: need.user,
    host: need.host,
    port: need.port,
    ...(need.file === undefined ? {} : { file: need.file }),
    ...(need.prompts === undefined ? {} : { prompts: need.prompts }),
  };
  const hint = text(/*i18n*/ { id: 'ssh.auth.needed.hint', message: 'Enter it, then connect again' });
  switch (need.kind) {
    case 'passphrase':
      return new Failure(
        'AUTH_NEEDED',
        text(
          /*i18n*/ {
            id: 'ssh.auth.needed.passphrase',
            message: 'The key {file} is encrypted and its passphrase is not known; {target} was not logged in to',
          },
          { file: need.file ?? '', target: at(login) },
        ),
        { hint, detail },
      );
    case 'password':
    case 'sudo':
      return new Failure(
        'AUTH_NEEDED',
        text(
          /*i18n*/ {
            id: 'ssh.auth.needed.password',
            message: '{target} asks for a password and none is known; it was not logged in to',
          },
          { target: at(login) },
        ),
        { hint, detail },
      );
    case 'keyboard-interactive':
      return new Failure(
        'AUTH_NEEDED',
        text(
          /*i18n*/ {
            id: 'ssh.auth.needed.prompts',
            message: '{target} asks: {prompts}',
          },
          { target: at(login), prompts: (need.prompts ?? []).map((p) => p.prompt.trim()).join(' / ') },
        ),
        { hint, detail },
      );
  }
}

function refused(login: Login, tried: Way[], offered: string[]): Failure {
  const detail = {
    hop: login.hop,
    user: login.user,
    host: login.host,
    port: login.port,
    tried,
    accepts: offered,
    kind: tried.includes('password') ? 'password' : (tried.at(-1) ?? null),
  };
  if (tried.length === 0) {
    return new Failure(
      'AUTH_FAILED',
      text(
        /*i18n*/ {
          id: 'ssh.auth.nothing',
          message:
            '{target} was not logged in to: it takes {accepts}, and there is nothing of that kind to log in with',
        },
        { target: at(login), accepts: offered.join(', ') || 'no way to log in' },
      ),
      {
        hint: text(
          /*i18n*/ {
            id: 'ssh.auth.nothing.hint',
            message: 'Name a private key file for this server, or add the key to the agent',
          },
        ),
        detail,
      },
    );
  }
  return new Failure(
    'AUTH_FAILED',
    text(
      /*i18n*/ {
        id: 'ssh.auth.refused',
        message: '{target} refused to log in with {tried}; nothing was run',
      },
      { target: at(login), tried: tried.join(', ') },
    ),
    {
      hint: text(
        /*i18n*/ {
          id: 'ssh.auth.refused.hint',
          message: 'Check the user name, and enter the password or choose the key that this server accepts',
        },
      ),
      detail,
    },
  );
}

function wrongPassphrase(login: Login, file: string): Failure {
  return new Failure(
    'AUTH_FAILED',
    text(
      /*i18n*/ {
        id: 'ssh.auth.passphrase',
        message: 'The passphrase does not open the key {file}; {target} was not logged in to',
      },
      { file, target: at(login) },
    ),
    {
      hint: text(/*i18n*/ { id: 'ssh.auth.passphrase.hint', message: 'Enter the passphrase of this key again' }),
      detail: { kind: 'passphrase', file, hop: login.hop, user: login.user, host: login.host, port: login.port },
    },
  );
}

function badKey(file: string, why: string): Failure {
  return new Failure(
    'AUTH_FAILED',
    text(/*i18n*/ { id: 'ssh.auth.key', message: 'The private key {file} cannot be read: {why}' }, { file, why }),
    {
      hint: text(
        /*i18n*/ {
          id: 'ssh.auth.key.hint',
          message: 'Choose a private key in OpenSSH or PEM form that you may read',
        },
      ),
      detail: { kind: 'key', file, why },
    },
  );
}

function tooManyPrompts(login: Login, count: number): Failure {
  return new Failure(
    'LIMIT',
    text(
      /*i18n*/ {
        id: 'ssh.auth.prompts',
        message: '{target} asks {count} questions at once, more than {limit}; it was not logged in to',
      },
      { target: at(login), count, limit: LIMITS.PROMPTS },
    ),
  );
}
