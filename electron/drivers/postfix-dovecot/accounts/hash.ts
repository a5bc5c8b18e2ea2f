/** Password hashes in the scheme the server uses, made by its own programs; passwords go over standard input only. */
import type { Machine } from '#remote/machine.ts';
import { Failure } from '#shared/model/failure.ts';
import { checkPassword } from '#shared/model/mail-address.ts';
import { text } from '#shared/model/text.ts';
import { rootScript, runScript } from '../root-script.ts';

/** What openssl passwd can make, and many in one process; the rest comes from doveadm pw. */
const OPENSSL: Record<string, string> = { 'SHA512-CRYPT': '-6', 'SHA256-CRYPT': '-5' };

/** Schemes of doveadm pw that are safe to store a new password in. A server with an older one gets SHA512-CRYPT. */
const STRONG = new Set(['SHA512-CRYPT', 'SHA256-CRYPT', 'BLF-CRYPT', 'ARGON2ID', 'ARGON2I', 'SCRAM-SHA-256', 'PBKDF2']);

/**
 * The scheme for new passwords: the one most entries name, else the configured default. Weak or unknown ones are not
 * followed: Dovecot takes every entry's own `{SCHEME}`, so a stronger one works beside them.
 */
export function schemeFor(existing: Iterable<string>, configured: string): string {
  const counts = new Map<string, number>();
  for (const password of existing) {
    const scheme = /^\{([A-Z0-9.-]+)\}/i.exec(password)?.[1]?.toUpperCase() ?? cryptScheme(password);
    if (scheme && STRONG.has(scheme)) counts.set(scheme, (counts.get(scheme) ?? 0) + 1);
  }
  const [best] = [...counts].sort((a, b) => b[1] - a[1]);
  if (best) return best[0];
  const fallback = configured.toUpperCase();
  return STRONG.has(fallback) ? fallback : 'SHA512-CRYPT';
}

function cryptScheme(password: string): string | null {
  if (/^!?\$6\$/.test(password)) return 'SHA512-CRYPT';
  if (/^!?\$5\$/.test(password)) return 'SHA256-CRYPT';
  return /^!?\$2[aby]\$/.test(password) ? 'BLF-CRYPT' : null;
}

/** Reads the scheme, then passwords. printf is a builtin of sh: the password is in no process's arguments. */
export const HASH = rootScript(
  'postdeck-accounts-hash',
  ['accounts.change'],
  `PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin; export PATH
IFS= read -r scheme
case $scheme in ''|*[!A-Z0-9.-]*|-*) exit 64 ;; esac
while IFS= read -r p; do printf '%s\\n%s\\n' "$p" "$p" | doveadm pw -s "$scheme" || exit; done
`,
);
const OPENSSL_SH = 'command -v openssl > /dev/null || exit 69; exec openssl passwd "$1" -stdin';

/** Thousands are hashed by this many processes at once: hashing is meant to be slow, and a server has more than one core. */
const AT_ONCE = 2;
const MANY = 200;

/**
 * `{SCHEME}hash` of each password, in one remote command, or two for very many.
 * @param passwords refused (BAD_INPUT) when one is empty, too long, or holds NUL or a line end
 */
export async function hashPasswords(
  machine: Machine,
  scheme: string,
  passwords: readonly string[],
  signal: AbortSignal,
): Promise<string[]> {
  for (const password of passwords) {
    const checked = checkPassword(password);
    if (!checked.ok) throw new Failure('BAD_INPUT', checked.problem);
  }
  const size = passwords.length < MANY ? passwords.length : Math.ceil(passwords.length / AT_ONCE);
  const parts: string[][] = [];
  for (let i = 0; i < passwords.length; i += size) parts.push(passwords.slice(i, i + size));
  return (await Promise.all(parts.map((part) => hashPart(machine, scheme, part, signal)))).flat();
}

async function hashPart(
  machine: Machine,
  scheme: string,
  passwords: readonly string[],
  signal: AbortSignal,
): Promise<string[]> {
  const flag = OPENSSL[scheme];
  const stdin = `${passwords.join('\n')}\n`;
  const rest = {
    name: 'hash passwords',
    signal,
    deadline: 900,
    maxOutput: 16 * 1024 * 1024,
  };
  const viaOpenssl = flag
    ? await machine.run({ ...rest, stdin, argv: ['/bin/sh', '-c', OPENSSL_SH, 'hash', flag], okExit: [0, 69] })
    : null;
  const result =
    viaOpenssl && viaOpenssl.exit === 0
      ? viaOpenssl
      : await runScript(machine, HASH, { ...rest, data: `${scheme}\n${stdin}` });
  const hashes = result.stdout
    .toString('latin1')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => (line.startsWith('{') ? line : `{${scheme}}${line}`));
  const sound =
    hashes.length === passwords.length &&
    hashes.every((hash) => /^\{[A-Z0-9.-]+\}[\x21-\x7e]{20,}$/.test(hash) && !hash.includes(':'));
  if (!sound) {
    throw new Failure(
      'BAD_OUTPUT',
      text(
        /*i18n*/ {
          id: 'accounts.hash',
          message: 'The server made {count} of {wanted} password hashes. Nothing was written.',
        },
        { count: hashes.length, wanted: passwords.length },
      ),
    );
  }
  return hashes;
}
