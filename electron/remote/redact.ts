/**
 * Takes secrets out of text that servers and libraries print, before it reaches an error, a log or the journal.
 * Postfix prints the base64 of AUTH PLAIN at debug_peer_level 2, Dovecot passwords with auth_debug_passwords.
 */
export const REDACTED = '[redacted]';

/** Passwords shorter than this are not searched for: replacing every `a` tells more than it hides. */
const SHORTEST = 3;

const PATTERNS: readonly [RegExp, string][] = [
  // SMTP, IMAP, POP3, ManageSieve: the argument is base64 of the name and the password (RFC 4616, draft LOGIN).
  [/\b(AUTH(?:ENTICATE)?[ \t]+"?(?:PLAIN|LOGIN|XOAUTH2|OAUTHBEARER)"?[ \t]+)"?[A-Za-z0-9+/=]{4,}"?/gi, `$1${REDACTED}`],
  // scheme://user:password@host
  [/\b([a-z][a-z0-9+.-]{1,20}:\/\/[^\s:/@]{0,256}:)[^\s/@]{1,256}@/gi, `$1${REDACTED}@`],
  // Dovecot with auth_verbose_passwords=plain
  [/(\((?:given password|pass(?:word)?): ?)[^)]{0,1024}\)/gi, `$1${REDACTED})`],
  [
    /(\b(?:pass(?:word|phrase)?|passwd|secret|api[_-]?key)["']?[ \t]{0,4}[=:][ \t]{0,4})(?:"[^"\n]{0,1024}"|'[^'\n]{0,1024}'|[^\s,;)"']{1,1024})/gi,
    `$1${REDACTED}`,
  ],
  [/\b(Authorization:[ \t]*[A-Za-z0-9-]{1,32}[ \t]+)[^\s]{1,4096}/gi, `$1${REDACTED}`],
  [
    /-----BEGIN ([A-Z ]{0,40}PRIVATE KEY)-----[\s\S]{0,65536}?(?:-----END \1-----|$)/g,
    `-----BEGIN $1----- ${REDACTED}`,
  ],
];

/** Strips known secret values, and whatever looks like one, from text. */
export function redact(words: string, secrets: Iterable<string> = []): string {
  let out = words;
  // Longest first: a secret that holds another one must go as a whole.
  for (const secret of [...secrets].filter((s) => s.length >= SHORTEST).sort((a, b) => b.length - a.length)) {
    out = out.replaceAll(secret, REDACTED);
    const base64 = Buffer.from(secret, 'utf8').toString('base64');
    if (base64.length >= 8) out = out.replaceAll(base64, REDACTED);
  }
  for (const [pattern, replacement] of PATTERNS) out = out.replace(pattern, replacement);
  return out;
}
