import type { AnyAuthMethod, AuthHandlerMiddleware } from 'ssh2';
import { Failure } from '#shared/model/failure.ts';
import { LIMITS } from '../limits.ts';
import { needed, refused, tooManyPrompts } from './auth-failures.ts';
import { keysFor } from './key-tries.ts';
import { OneKey } from './keys.ts';
import type { SecretAsk, SecretSource } from './types.ts';

/** Who logs in where, and with what. */
export interface Login {
  user: string;
  host: string;
  port: number;
  /** HOST:PORT when this is a jump host, else null. */
  hop: string | null;
  /** Private key file; null: those that OpenSSH tries when none is named. */
  identityFile: string | null;
  /** Folder of the keys to try when none is named. */
  keyDir: string;
  /** Agent socket or pipe; null: do not ask an agent. */
  agent: string | null;
}

export interface AuthRun {
  handler: AuthHandlerMiddleware;
  /** Why it did not work, once the server has refused. */
  failure(): Failure;
  /** As many attempts were made as a server allows: it may have hung up instead of refusing the last one. */
  spent(): boolean;
}

export type Way = 'key' | 'agent' | 'password' | 'keyboard-interactive';
const METHOD = {
  key: 'publickey',
  agent: 'publickey',
  password: 'password',
  'keyboard-interactive': 'keyboard-interactive',
} as const satisfies Record<Way, string>;

/** After a step of which ssh2 does not tell the server's answer, any way may be taken. */
const ANY = ['password', 'keyboard-interactive', 'publickey'];

/**
 * Logs in by every way there is, as OpenSSH does: keys, then password, then keyboard-interactive, each once, also where
 * the server wants several of them (sshd's AuthenticationMethods). What is missing is remembered and told at the end:
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
  const untried: Exclude<Way, 'key' | 'agent'>[] = ['password', 'keyboard-interactive'];
  const tried: Way[] = [];
  const missing: SecretAsk[] = [];
  let offered: readonly string[] = [];
  let attempts = 0;
  let signing: OneKey | null = null;
  let password: string | null = null;

  const ask = async (kind: SecretAsk['kind'], more: Partial<SecretAsk> = {}): Promise<string | null> => {
    const wanted: SecretAsk = { kind, hop: login.hop, user: login.user, host: login.host, port: login.port, ...more };
    const secret = await secrets(wanted, signal);
    if (secret === null) missing.push(wanted);
    else used(secret);
    return secret;
  };
  const keys = keysFor(login, (file) => ask('passphrase', { file }));

  const make = async (way: (typeof untried)[number]): Promise<AnyAuthMethod | null> => {
    const username = login.user;
    switch (way) {
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
    if (keys.problem && tried.every((way) => way === 'key' || way === 'agent')) return keys.problem;
    const tries = { ways: tried, offered, closed: keys.closed, left: keys.left() };
    const [need] = missing;
    if (need) return needed(need, login, tries);
    return refused(login, tries);
  };

  const nextKey = async (): Promise<AnyAuthMethod | null> => {
    if (!offered.includes('publickey')) return null;
    // A password has its turn, too: the last attempt is kept for it.
    const kept = untried.some((way) => offered.includes(METHOD[way])) ? 1 : 0;
    if (attempts + kept >= LIMITS.AUTH_ATTEMPTS) return null;
    const key = await keys.next();
    if (key === null) return null;
    tried.push(key.way);
    signing = key.method.type === 'agent' ? key.method.agent : null;
    return { ...key.method, username: login.user };
  };

  const nextOther = async (): Promise<AnyAuthMethod | null> => {
    for (;;) {
      const index = untried.findIndex((way) => offered.includes(METHOD[way]));
      const [way] = index < 0 ? [] : untried.splice(index, 1);
      if (way === undefined) return null;
      const method = await make(way);
      if (method === null) continue;
      tried.push(way);
      return method;
    }
  };

  const next = async (): Promise<AnyAuthMethod | false> => {
    const keysFirst = offered !== ANY;
    signing = null;
    const method = keysFirst ? ((await nextKey()) ?? (await nextOther())) : ((await nextOther()) ?? (await nextKey()));
    return method ?? false;
  };

  const handler: AuthHandlerMiddleware = (left, partial, done) => {
    // The first call knows nothing yet: `none` makes the server name what it takes (RFC 4252 5.2).
    if (left === null || left === undefined) {
      done({ type: 'none', username: login.user });
      return;
    }
    // ssh2 repeats an older answer after an agent's key. A signature that did not end the login was one factor of it.
    const signed = signing?.signed === true;
    offered = signed ? ANY : left;
    if (signed || partial) missing.length = 0;
    else if (tried.length > 0) attempts += 1;
    const step = async () => {
      // @types/ssh2 leaves out false, which ends the login.
      done((await next()) as AnyAuthMethod);
    };
    step().catch((error: unknown) => abort(error as Failure));
  };
  return { handler, failure, spent: () => attempts + 1 >= LIMITS.AUTH_ATTEMPTS };
}

/** A prompt comes from the server and is shown to a person: no control characters, not endless. */
function clean(prompt: string): string {
  return prompt.replace(/[\p{Cc}\p{Cf}]+/gu, ' ').slice(0, LIMITS.PROMPT_CHARS);
}
