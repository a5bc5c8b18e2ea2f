import { join } from 'node:path';
import type { ParsedKey } from 'ssh2';
import type { Failure } from '#shared/model/failure.ts';
import type { Login } from './auth.ts';
import { badKey, wrongPassphrase } from './auth-failures.ts';
import { agentKeys, agentSigner, DEFAULT_KEYS, type KeyFile, OneKey, parsePrivate, readKeyFile } from './keys.ts';

/** One attempt with a key. */
export interface KeyTry {
  way: 'key' | 'agent';
  method: { type: 'publickey'; key: ParsedKey } | { type: 'agent'; agent: OneKey };
}

/** The keys of one login, in order. */
export interface KeyTries {
  /** null: no more. */
  next(): Promise<KeyTry | null>;
  /** Why a key that could have worked cannot be used; null: none so far. */
  readonly problem: Failure | null;
  /** Encrypted files left out because their public half is not known. */
  readonly closed: readonly string[];
  /** Keys not taken yet; 0 before the first was. */
  left(): number;
}

type Lazy = () => Promise<KeyTry | null>;

/**
 * The keys to log in with. A file that is named comes first, then the agent's keys. Without one it is as in OpenSSH:
 * the agent's keys, those first that are also among the default files, then the default files that are not in the agent.
 * @param passphraseFor Asked for the passphrase of a file; null: not known.
 */
export function keysFor(login: Login, passphraseFor: (file: string) => Promise<string | null>): KeyTries {
  const closed: string[] = [];
  const state = { problem: null as Failure | null };
  let waiting: Lazy[] | null = null;
  let used: ParsedKey | null = null;

  const note = (failure: Failure): null => {
    state.problem ??= failure;
    return null;
  };
  const decrypt = async ({ file, content }: Extract<KeyFile, { state: 'encrypted' }>): Promise<ParsedKey | null> => {
    const passphrase = await passphraseFor(file);
    if (passphrase === null) return null;
    const key = parsePrivate(content, passphrase);
    return key instanceof Error ? note(wrongPassphrase(login, file)) : key;
  };

  /** A file somebody named: its passphrase is asked for right away. */
  const named = async (name: string): Promise<KeyTry | null> => {
    const read = await readKeyFile(name);
    if (read.state === 'absent') return note(badKey(read.file, 'ENOENT'));
    if (read.state === 'unusable') return note(badKey(read.file, read.why));
    const key = read.state === 'open' ? read.key : await decrypt(read);
    used = key;
    return key && { way: 'key', method: { type: 'publickey', key } };
  };

  /** A default file: its passphrase is asked for only when the server would take the key. */
  const found = (read: KeyFile): Lazy[] => {
    if (read.state === 'open') {
      return [() => Promise.resolve({ way: 'key', method: { type: 'publickey', key: read.key } })];
    }
    if (read.state !== 'encrypted') return [];
    const { pub } = read;
    if (pub === null) {
      closed.push(read.file);
      return [];
    }
    const agent = new OneKey(pub, async (data, { hash }) => {
      const key = await decrypt(read);
      if (key === null) throw new Error('its passphrase is not known');
      return key.sign(data, hash);
    });
    return [() => Promise.resolve({ way: 'key', method: { type: 'agent', agent } })];
  };

  const collect = async (): Promise<Lazy[]> => {
    const { identityFile, agent } = login;
    const held = agent === null ? [] : await agentKeys(agent);
    const ofAgent = (pub: ParsedKey): Lazy => {
      const one = new OneKey(pub, agentSigner(agent ?? '', pub));
      return () => Promise.resolve(isSame(pub, used) ? null : { way: 'agent', method: { type: 'agent', agent: one } });
    };
    if (identityFile !== null) return [() => named(identityFile), ...held.map(ofAgent)];
    const files = await Promise.all(DEFAULT_KEYS.map((name) => readKeyFile(join(login.keyDir, name))));
    const inAgent = (read: KeyFile): boolean => held.some((key) => isSame(key, publicOf(read)));
    const first = held.filter((key) => files.some((read) => isSame(key, publicOf(read))));
    return [
      ...first.map(ofAgent),
      ...held.filter((key) => !first.includes(key)).map(ofAgent),
      ...files.filter((read) => !inAgent(read)).flatMap(found),
    ];
  };

  return {
    async next() {
      waiting ??= await collect();
      for (;;) {
        const make = waiting.shift();
        if (make === undefined) return null;
        const made = await make();
        if (made !== null) return made;
      }
    },
    get problem() {
      return state.problem;
    },
    closed,
    left: () => waiting?.length ?? 0,
  };
}

function publicOf(read: KeyFile): ParsedKey | null {
  return read.state === 'open' ? read.key : read.state === 'encrypted' ? read.pub : null;
}

function isSame(key: ParsedKey, other: ParsedKey | null): boolean {
  return other !== null && key.getPublicSSH().equals(other.getPublicSSH());
}
