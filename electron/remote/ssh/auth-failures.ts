import { Failure } from '#shared/model/failure.ts';
import { type Text, text } from '#shared/model/text.ts';
import { LIMITS } from '../limits.ts';
import type { Login, Way } from './auth.ts';
import type { SecretAsk } from './types.ts';

/** What was tried to log in, and what was left out. */
export interface Tries {
  ways: readonly Way[];
  /** Ways the server takes. */
  offered: readonly string[];
  /** Encrypted key files whose public half is not known: asking for a passphrase the server may not want is no use. */
  closed: readonly string[];
  /** Keys left out, because the server would have ended the login. */
  left: number;
}

const at = (login: Login) => `${login.user}@${login.host}:${login.port}`;

export function needed(need: SecretAsk, login: Login, tries: Tries): Failure {
  const detail = {
    kind: need.kind,
    hop: need.hop,
    user: need.user,
    host: need.host,
    port: need.port,
    ...(need.file === undefined ? {} : { file: need.file }),
    ...(need.prompts === undefined ? {} : { prompts: need.prompts }),
    ...(tries.closed.length === 0 ? {} : { closed: tries.closed }),
  };
  const hint =
    (need.kind === 'passphrase' ? null : closedKeys(tries)) ??
    text(/*i18n*/ { id: 'ssh.auth.needed.hint', message: 'Enter it, then connect again' });
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

export function refused(login: Login, tries: Tries): Failure {
  const tried = [...new Set(tries.ways)];
  const { offered } = tries;
  const detail = {
    hop: login.hop,
    user: login.user,
    host: login.host,
    port: login.port,
    tried,
    accepts: offered,
    kind: tried.includes('password') ? 'password' : (tried.at(-1) ?? null),
    ...(tries.closed.length === 0 ? {} : { closed: tries.closed }),
    ...(tries.left === 0 ? {} : { keysLeft: tries.left }),
  };
  const left = closedKeys(tries) ?? keysLeft(tries);
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
        hint:
          left ??
          text(
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
      hint:
        left ??
        text(
          /*i18n*/ {
            id: 'ssh.auth.refused.hint',
            message: 'Check the user name, and enter the password or choose the key that this server accepts',
          },
        ),
      detail,
    },
  );
}

/** null: no key was left out for being encrypted. */
function closedKeys({ closed }: Tries): Text | null {
  if (closed.length === 0) return null;
  return text(
    /*i18n*/ {
      id: 'ssh.auth.closed.hint',
      message:
        'Not tried: {files}, encrypted and without a .pub file beside it. To use it, name it as the key file of this server',
    },
    { files: closed.join(', ') },
  );
}

/** null: every key there is was tried. */
function keysLeft({ left }: Tries): Text | null {
  if (left === 0) return null;
  return text(
    /*i18n*/ {
      id: 'ssh.auth.left.hint',
      message:
        '{count, plural, one {# more key was} other {# more keys were}} not tried, because servers end a login after {limit} attempts. Name the key file of this server',
    },
    { count: left, limit: LIMITS.AUTH_ATTEMPTS },
  );
}

export function wrongPassphrase(login: Login, file: string): Failure {
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

export function badKey(file: string, why: string): Failure {
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

export function tooManyPrompts(login: Login, count: number): Failure {
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
