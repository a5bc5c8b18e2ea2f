import { randomBytes } from 'node:crypto';
import { chmod, mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { LIMITS } from '../limits.ts';
import { algorithmOf, fingerprintOf, type KnownHost, knownName, matchesHost, parseKnownHosts } from './known-hosts.ts';

/** A key that is on record for a host. */
export interface KnownKey {
  algorithm: string;
  fingerprint: string;
  /** FILE:LINE */
  where: string;
}

export type HostKeyVerdict =
  | { state: 'known'; where: string }
  /** `authority`: FILE:LINE of a @cert-authority line for this host; null: there is none. */
  | { state: 'unknown'; authority: string | null }
  /** Other keys are on record for this host, and this one is not. */
  | { state: 'changed'; known: KnownKey[] }
  | { state: 'revoked'; where: string };

/** What is known about host keys, and what a person has accepted. */
export interface HostKeys {
  /** Key types on record for the host, so that the server is asked for one of those first. */
  algorithms(host: string, port: number): Promise<string[]>;
  check(host: string, port: number, key: Buffer): Promise<HostKeyVerdict>;
  /** The same for a key of which only the fingerprint is known (SHA256:...). */
  checkFingerprint(host: string, port: number, fingerprint: string): Promise<HostKeyVerdict>;
  /** Writes the key into the console's own file. The user's files are never written. */
  trust(host: string, port: number, key: Buffer): Promise<void>;
  /** Takes the host's lines out of the console's own file; tells how many. */
  forget(host: string, port: number): Promise<number>;
}

/**
 * Host keys from known_hosts files, read anew each time: another program may have added a line meanwhile.
 * @param own The console's own file, the only one written to.
 * @param others Read only, in this order: the user's and the system's.
 */
export function hostKeysFrom(own: string, others: readonly string[]): HostKeys {
  const load = async () => (await Promise.all([own, ...others].map(readEntries))).flat();
  const of = async (host: string, port: number) => {
    const name = knownName(host, port);
    return (await load()).filter((entry) => matchesHost(entry, name));
  };
  const judge = async (host: string, port: number, same: (entry: KnownHost) => boolean): Promise<HostKeyVerdict> => {
    const entries = await of(host, port);
    // A revoked key is refused for any host whose line says so, even when another line trusts it (sshd(8)).
    const revoked = entries.find((entry) => entry.marker === 'revoked' && same(entry));
    if (revoked) return { state: 'revoked', where: revoked.where };
    // Certificates are not used here, so an authority's line neither accepts nor contradicts a plain key.
    const plain = entries.filter((entry) => entry.marker === 'none');
    const known = plain.find(same);
    if (known) return { state: 'known', where: known.where };
    const authority = entries.find(({ marker }) => marker === 'cert-authority')?.where ?? null;
    if (plain.length === 0) return { state: 'unknown', authority };
    return { state: 'changed', known: plain.map(toKnownKey) };
  };
  return {
    async algorithms(host, port) {
      const entries = (await of(host, port)).filter((entry) => entry.marker === 'none');
      return [...new Set(entries.map((entry) => entry.algorithm))];
    },

    check: (host, port, key) => judge(host, port, (entry) => entry.key.equals(key)),

    checkFingerprint: (host, port, fingerprint) =>
      judge(host, port, (entry) => fingerprintOf(entry.key) === fingerprint),

    async trust(host, port, key) {
      const line = `${knownName(host, port)} ${algorithmOf(key)} ${key.toString('base64')}`;
      const before = await readOr(own, '');
      if (before.split('\n').includes(line)) return;
      const joined = before === '' || before.endsWith('\n') ? before : `${before}\n`;
      await replaceFile(own, `${joined}${line}\n`);
    },

    async forget(host, port) {
      const name = knownName(host, port);
      const lines = (await readOr(own, '')).split('\n');
      const kept = lines.filter((line) => {
        const [entry] = parseKnownHosts(line, own).entries;
        return !entry || entry.marker === 'revoked' || entry.hosts !== name;
      });
      if (kept.length < lines.length) await replaceFile(own, kept.join('\n'));
      return lines.length - kept.length;
    },
  };
}

function toKnownKey(entry: KnownHost): KnownKey {
  return { algorithm: entry.algorithm, fingerprint: fingerprintOf(entry.key), where: entry.where };
}

async function readEntries(file: string): Promise<KnownHost[]> {
  return parseKnownHosts(await readOr(file, ''), file).entries;
}

/** The file's content. An absent file is empty; one that cannot be read is an error, never "nothing is known". */
async function readOr(file: string, absent: string): Promise<string> {
  try {
    const { size } = await stat(file);
    if (size > LIMITS.KNOWN_HOSTS_BYTES) throw new Error(`${file} is larger than ${LIMITS.KNOWN_HOSTS_BYTES} bytes`);
    return await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return absent;
    throw error;
  }
}

/** Writes beside and renames, so that a crash leaves the old file or the new one, never half of it. */
async function replaceFile(file: string, content: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const beside = `${file}.${randomBytes(6).toString('hex')}`;
  try {
    const handle = await open(beside, 'wx', 0o600);
    try {
      await handle.writeFile(content);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await chmod(beside, 0o600);
    await rename(beside, file);
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
}
