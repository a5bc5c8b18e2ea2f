import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

/** A line of a known_hosts file (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT). */
export interface KnownHost {
  marker: 'none' | 'revoked' | 'cert-authority';
  /** Patterns as written, or the one hashed name. */
  hosts: string;
  algorithm: string;
  key: Buffer;
  /** FILE:LINE, for errors. */
  where: string;
}

export interface KnownHostsFile {
  entries: KnownHost[];
  /** Lines that could not be read, by number: OpenSSH skips them as well. */
  skipped: number[];
}

/** Reads a known_hosts file. Lines that make no sense are skipped, as OpenSSH does. */
export function parseKnownHosts(content: string, file: string): KnownHostsFile {
  const entries: KnownHost[] = [];
  const skipped: number[] = [];
  content.split(/\r?\n/).forEach((raw, index) => {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) return;
    const words = line.split(/[ \t]+/);
    const first = words[0] ?? '';
    const marked = first.startsWith('@');
    const [hosts, algorithm, base64] = marked ? words.slice(1) : words;
    const marker = !marked ? 'none' : MARKERS.get(first);
    const key = base64 ? Buffer.from(base64, 'base64') : Buffer.alloc(0);
    if (!hosts || !algorithm || marker === undefined || algorithmOf(key) !== algorithm) {
      skipped.push(index + 1);
      return;
    }
    entries.push({ marker, hosts, algorithm, key, where: `${file}:${index + 1}` });
  });
  return { entries, skipped };
}

const MARKERS = new Map<string, KnownHost['marker']>([
  ['@revoked', 'revoked'],
  ['@cert-authority', 'cert-authority'],
]);

/** The algorithm's name inside a public key blob (RFC 4253 6.6); empty when it is not one. */
export function algorithmOf(key: Buffer): string {
  if (key.length < 8) return '';
  const length = key.readUInt32BE(0);
  if (length > 64 || key.length < 4 + length) return '';
  return key.toString('latin1', 4, 4 + length);
}

/** Fingerprint as ssh-keygen -l prints it. */
export function fingerprintOf(key: Buffer): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;
}

/** The name a host goes by in known_hosts: `host`, or `[host]:port` when the port is not 22. */
export function knownName(host: string, port: number): string {
  const bare = host.replace(/^\[(.*)\]$/, '$1').toLowerCase();
  return port === 22 ? bare : `[${bare}]:${port}`;
}

/** Whether a line speaks of this host. */
export function matchesHost(entry: KnownHost, name: string): boolean {
  if (entry.hosts.startsWith('|')) return matchesHashed(entry.hosts, name);
  let matched = false;
  for (const pattern of entry.hosts.split(',')) {
    const negated = pattern.startsWith('!');
    if (!matchesPattern(negated ? pattern.slice(1) : pattern, name)) continue;
    // A negated pattern takes the host out of the line, whatever else matches (sshd(8)).
    if (negated) return false;
    matched = true;
  }
  return matched;
}

/** `|1|salt|hash`: HMAC-SHA1 of the name, keyed with the salt. */
function matchesHashed(hashed: string, name: string): boolean {
  const [, version, salt, hash] = hashed.split('|');
  if (version !== '1' || !salt || !hash) return false;
  const want = Buffer.from(hash, 'base64');
  const got = createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest();
  return want.length === got.length && timingSafeEqual(want, got);
}

/** `*` and `?` of ssh_config(5) PATTERNS. Walked by hand: a pattern must not be able to make matching slow. */
export function matchesPattern(pattern: string, name: string): boolean {
  const p = pattern.toLowerCase();
  const n = name.toLowerCase();
  let i = 0;
  let j = 0;
  let star = -1;
  let mark = 0;
  while (j < n.length) {
    if (i < p.length && (p[i] === '?' || p[i] === n[j]) && p[i] !== '*') {
      i += 1;
      j += 1;
    } else if (i < p.length && p[i] === '*') {
      star = i;
      mark = j;
      i += 1;
    } else if (star >= 0) {
      i = star + 1;
      mark += 1;
      j = mark;
    } else return false;
  }
  while (p[i] === '*') i += 1;
  return i === p.length;
}
