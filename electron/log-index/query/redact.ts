/** Secrets that programs write into logs: they are never shown, and never leave the index room. */

const SECRETS: [RegExp, string][] = [
  // vpopmail --enable-logging=v|p: "password fail (pass: 'secret')"
  [/\(pass: '.*?'\)/g, "(pass: '…')"],
  // dovecot auth_verbose_passwords=plain: "(given password: secret)"
  [/\(given password: [^)]*\)/g, '(given password: …)'],
  // smtpd with debug_peer_list: "AUTH PLAIN <base64>" is the password
  [/(AUTH (?:PLAIN|LOGIN) )[A-Za-z0-9+/=]{4,}/g, '$1…'],
  // Exim +smtp_protocol_error, qmail auth debugging
  [/\b(pass(?:word|wd)?=)[^\s,;]+/gi, '$1…'],
  // sudo: vpopmail's tools and doveadm pw take a password as an argument
  [/(COMMAND=\S*\b(?:vadduser|vpasswd) (?:-\S+ )*\S+ )\S.*/g, '$1…'],
  [/(COMMAND=\S*\bvmoduser .*?-C )\S+/g, '$1…'],
  [/(COMMAND=\S*\bdoveadm pw .*?-p )\S+/g, '$1…'],
];

/** What every one of them has in it: most lines have none. */
const HINT = /pass|COMMAND=/i;

/** The text with clear passwords taken out. */
export function redact(text: string): string {
  if (!text.includes('AUTH ') && !HINT.test(text)) return text;
  let out = text;
  for (const [pattern, by] of SECRETS) out = out.replace(pattern, by);
  return out;
}
