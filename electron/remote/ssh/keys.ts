import { readFile, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { KnownPublicKeys, ParsedKey, SignCallback, SigningRequestOptions } from 'ssh2';
import ssh2 from 'ssh2';
import { LIMITS } from '../limits.ts';

/** The user's OpenSSH folder. */
export function userSshDir(): string {
  return join(homedir(), '.ssh');
}

/** Key files that OpenSSH tries when none is named, in its order of preference here (ssh_config(5), IdentityFile). */
export const DEFAULT_KEYS = ['id_ed25519', 'id_ecdsa', 'id_rsa'] as const;

/** A key file as far as it can be read without its passphrase. */
export type KeyFile =
  | { state: 'open'; file: string; key: ParsedKey }
  /** Encrypted; `pub` is its public half, null when that is nowhere in clear. */
  | { state: 'encrypted'; file: string; content: Buffer; pub: ParsedKey | null }
  | { state: 'unusable'; file: string; why: string }
  | { state: 'absent'; file: string };

/** Reads a private key file, and its public half when it is encrypted. */
export async function readKeyFile(named: string): Promise<KeyFile> {
  const file = named.replace(/^~(?=[/\\])/, homedir());
  let content: Buffer;
  try {
    const { size } = await stat(file);
    if (size > LIMITS.KEY_FILE_BYTES) throw new Error(`larger than ${LIMITS.KEY_FILE_BYTES} bytes`);
    content = await readFile(file);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return code === 'ENOENT' ? { state: 'absent', file } : { state: 'unusable', file, why: code ?? message };
  }
  const bare = parsePrivate(content);
  if (!(bare instanceof Error)) return { state: 'open', file, key: bare };
  if (!/encrypted/i.test(bare.message)) return { state: 'unusable', file, why: bare.message };
  return { state: 'encrypted', file, content, pub: publicHalf(content) ?? (await publicBeside(file)) };
}

/** Reads a private key. An Error says why it is none, or that the passphrase does not open it. */
export function parsePrivate(content: Buffer, passphrase?: string): ParsedKey | Error {
  const key = parsed(content, passphrase);
  if (key instanceof Error) return key;
  return key.isPrivateKey() ? key : new Error('a public key, not a private one');
}

function parsed(content: Buffer | string, passphrase?: string): ParsedKey | Error {
  const all = ssh2.utils.parseKey(content, passphrase);
  return (Array.isArray(all) ? all[0] : all) ?? new Error('no key in it');
}

/** OpenSSH's own form keeps the public key in clear, before the encrypted part (PROTOCOL.key). */
function publicHalf(content: Buffer): ParsedKey | null {
  const pem = /-----BEGIN OPENSSH PRIVATE KEY-----([A-Za-z0-9+/=\s]+)-----END/.exec(content.toString('latin1'));
  if (pem?.[1] === undefined) return null;
  const blob = Buffer.from(pem[1], 'base64');
  const magic = 'openssh-key-v1\0';
  if (blob.toString('latin1', 0, magic.length) !== magic) return null;
  let at = magic.length;
  const field = (): Buffer | null => {
    if (at + 4 > blob.length) return null;
    const end = at + 4 + blob.readUInt32BE(at);
    if (end > blob.length) return null;
    const value = blob.subarray(at + 4, end);
    at = end;
    return value;
  };
  // Cipher, key derivation and its options; then how many keys there are.
  for (let skipped = 0; skipped < 3; skipped += 1) if (field() === null) return null;
  at += 4;
  const pub = field();
  if (pub === null || pub.length < 4) return null;
  const type = pub.toString('latin1', 4, 4 + pub.readUInt32BE(0));
  const key = parsed(`${type} ${pub.toString('base64')}`);
  return key instanceof Error ? null : key;
}

async function publicBeside(file: string): Promise<ParsedKey | null> {
  try {
    const { size } = await stat(`${file}.pub`);
    if (size > LIMITS.KEY_FILE_BYTES) return null;
    const key = parsed(await readFile(`${file}.pub`));
    return key instanceof Error ? null : key;
  } catch {
    return null;
  }
}

/** Agents to try: the environment's, on Windows OpenSSH's pipe. */
export function defaultAgent(): string | null {
  const named = process.env['SSH_AUTH_SOCK'];
  if (named) return named;
  return process.platform === 'win32' ? '\\\\.\\pipe\\openssh-ssh-agent' : null;
}

/** Keys of the agent; none where it does not answer: a stale SSH_AUTH_SOCK must not end a login by other ways. */
export async function agentKeys(path: string): Promise<ParsedKey[]> {
  return await new Promise((resolve) => {
    ssh2.createAgent(path).getIdentities((error, found) => {
      if (error) resolve([]);
      else resolve((found ?? []).flatMap(asKey));
    });
  });
}

function asKey(held: KnownPublicKeys[number]): ParsedKey[] {
  const data = (isBare(held) ? held : held.pubKey) as Buffer | string | ParsedKey;
  if (typeof data === 'object' && 'getPublicSSH' in data) return [data];
  const key = parsed(data);
  return key instanceof Error ? [] : [key];
}

function isBare(held: KnownPublicKeys[number]): held is Buffer | string | ParsedKey {
  return typeof held !== 'object' || !('pubKey' in held);
}

/** The agent that answers with a key; on Windows also Pageant. null: none. */
export async function liveAgent(path: string | null): Promise<string | null> {
  if (path === null) return null;
  if ((await agentKeys(path)).length > 0) return path;
  if (process.platform === 'win32' && path !== 'pageant') return liveAgent('pageant');
  return null;
}

/** How a key signs: the private half may be in an agent, or not decrypted yet. */
export type Signer = (data: Buffer, options: SigningRequestOptions) => Promise<Buffer>;

/**
 * One public key, whose private half is asked for only when the server would accept it (RFC 4252 7). An agent to ssh2,
 * with one key each: of a real one's keys it would try all, without telling the server's answers between them.
 */
export class OneKey extends ssh2.BaseAgent<ParsedKey> {
  /** The server would take the key, and got a signature. */
  signed = false;
  readonly #pub: ParsedKey;
  readonly #signer: Signer;

  constructor(pub: ParsedKey, signer: Signer) {
    super();
    this.#pub = pub;
    this.#signer = signer;
  }

  getIdentities(done: (error: Error | undefined, keys?: ParsedKey[]) => void): void {
    done(undefined, [this.#pub]);
  }

  sign(_pub: ParsedKey, data: Buffer, options: SigningRequestOptions | SignCallback, done?: SignCallback): void {
    const [given, answer] = typeof options === 'function' ? [{}, options] : [options, done];
    this.#signer(data, given).then(
      (signature) => {
        this.signed = true;
        answer?.(undefined, signature);
      },
      (error: unknown) => answer?.(error as Error),
    );
  }
}

/** Signs with a key of the agent. */
export function agentSigner(path: string, pub: ParsedKey): Signer {
  return (data, options) =>
    new Promise((resolve, reject) => {
      ssh2.createAgent(path).sign(pub, data, options, (error, signature) => {
        if (error || signature === undefined) reject(error ?? new Error('the agent did not sign'));
        else resolve(Buffer.from(signature));
      });
    });
}
