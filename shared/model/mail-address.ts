import { type Text, text } from './text.ts';

/** Octets, RFC 5321 4.5.3.1: a longer local part or domain need not be accepted by anybody. */
export const MAX_LOCAL_BYTES = 64;
export const MAX_DOMAIN_BYTES = 255;
/** Octets of a whole path without its angle brackets (RFC 5321 4.5.3.1.3). */
export const MAX_ADDRESS_BYTES = 254;

export type Checked<T> = { ok: true; value: T } | { ok: false; problem: Text };

/** Length in UTF-8. */
function bytes(value: string): number {
  let count = 0;
  for (const char of value) {
    const code = char.codePointAt(0) ?? 0;
    count += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  }
  return count;
}

/** `U+202E` and the like, at most three, for a person who cannot see the character itself. */
function codePoints(chars: Iterable<string>): string {
  const names = [...new Set(chars)].map(
    (c) => `U+${(c.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`,
  );
  return names.slice(0, 3).join(', ');
}

/**
 * A domain as a server looks it up: lower case, LDH labels (RFC 1035 2.3.1), at least two of them. Names in other
 * scripts are taken in their ASCII form only (`xn--…`, RFC 5890): what looks like a Latin letter and is none would
 * otherwise stand in a list as a second, different domain.
 */
export function checkDomain(raw: string): Checked<string> {
  const value = raw.trim().toLowerCase().replace(/\.$/, '');
  if (value === '') return bad(text(/*i18n*/ { id: 'address.domain.empty', message: 'The domain is empty' }));
  const foreign = Array.from(value).filter((c) => c > '~' || c < ' ');
  if (foreign.length > 0) {
    return bad(
      text(
        /*i18n*/ {
          id: 'address.domain.foreign',
          message: 'The domain has characters outside ASCII ({characters}); write its xn-- form',
        },
        { characters: codePoints(foreign) },
      ),
    );
  }
  if (bytes(value) > MAX_DOMAIN_BYTES) {
    return bad(
      text(
        /*i18n*/ { id: 'address.domain.long', message: 'The domain has {bytes} bytes; at most {limit} are allowed' },
        { bytes: bytes(value), limit: MAX_DOMAIN_BYTES },
      ),
    );
  }
  const labels = value.split('.');
  const wrong = labels.find((label) => !/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(label));
  if (wrong !== undefined || labels.length < 2) {
    return bad(
      text(
        /*i18n*/ { id: 'address.domain.bad', message: '“{domain}” is not a domain name' },
        { domain: value.slice(0, 80) },
      ),
    );
  }
  return { ok: true, value };
}

/** RFC 5322 atext, with dots between atoms. Quoted local parts are valid mail but no map or login takes them whole. */
const DOT_ATOM = /^[a-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/i;

function checkLocal(local: string): Text | null {
  if (local === '') return text(/*i18n*/ { id: 'address.local.empty', message: 'The part before @ is empty' });
  const foreign = Array.from(local).filter((c) => c > '~' || c < ' ');
  if (foreign.length > 0) {
    return text(
      /*i18n*/ {
        id: 'address.local.foreign',
        message: 'The part before @ has control characters or characters outside ASCII ({characters})',
      },
      { characters: codePoints(foreign) },
    );
  }
  if (bytes(local) > MAX_LOCAL_BYTES) {
    return text(
      /*i18n*/ {
        id: 'address.local.long',
        message: 'The part before @ has {bytes} bytes; at most {limit} are allowed',
      },
      { bytes: bytes(local), limit: MAX_LOCAL_BYTES },
    );
  }
  if (!DOT_ATOM.test(local)) {
    return text(
      /*i18n*/ { id: 'address.local.bad', message: '“{local}” cannot stand before @ without quotes' },
      { local: local.slice(0, 80) },
    );
  }
  return null;
}

/** An address of a mailbox or of a receiver of an alias. The answer is lower case, as maps and logins fold it. */
export function checkAddress(raw: string): Checked<string> {
  const value = raw.trim();
  const at = value.lastIndexOf('@');
  if (at < 0) {
    return bad(
      text(
        /*i18n*/ { id: 'address.no-at', message: '“{address}” has no @' },
        { address: printable(value).slice(0, 80) },
      ),
    );
  }
  const problem = checkLocal(value.slice(0, at));
  if (problem) return bad(problem);
  const domain = checkDomain(value.slice(at + 1));
  if (!domain.ok) return domain;
  const address = `${value.slice(0, at).toLowerCase()}@${domain.value}`;
  if (bytes(address) > MAX_ADDRESS_BYTES) {
    return bad(
      text(
        /*i18n*/ { id: 'address.long', message: 'The address has {bytes} bytes; at most {limit} are allowed' },
        { bytes: bytes(address), limit: MAX_ADDRESS_BYTES },
      ),
    );
  }
  return { ok: true, value: address };
}

/** What an alias may be called: an address, or `@domain` for everything nobody else takes (catch-all). */
export function checkAliasName(raw: string): Checked<string> {
  const value = raw.trim();
  if (!value.startsWith('@')) return checkAddress(value);
  const domain = checkDomain(value.slice(1));
  return domain.ok ? { ok: true, value: `@${domain.value}` } : domain;
}

/** Dovecot's default for auth_username_chars. A login with another character is refused before any password is looked at. */
export const DEFAULT_USERNAME_CHARS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ01234567890.-_@';

/**
 * An address that can also log in and own a directory.
 * @param usernameChars the server's auth_username_chars; empty: all characters
 */
export function checkAccountName(raw: string, usernameChars: string = DEFAULT_USERNAME_CHARS): Checked<string> {
  const address = checkAddress(raw);
  if (!address.ok) return address;
  const local = address.value.slice(0, address.value.lastIndexOf('@'));
  // these reach paths, variables (%u) and the master user's separator; no server's defaults let them log in
  const unsafe = Array.from(local).filter((c) => /[/%*$`{}|~?^#!&=']/.test(c));
  const refused =
    usernameChars === '' ? unsafe : [...unsafe, ...Array.from(local).filter((c) => !usernameChars.includes(c))];
  if (refused.length > 0 || local.startsWith('-') || local.startsWith('.')) {
    return bad(
      text(
        /*i18n*/ {
          id: 'address.no-login',
          message:
            'The server would refuse a login as “{address}” (auth_username_chars); use letters, digits, dot, dash and underscore',
        },
        { address: address.value },
      ),
    );
  }
  return address;
}

const CONTROL = /[\p{Cc}\u2028\u2029]/u;
const BIDI = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/;

/** A person's name or a note: any script; no control characters, and none that turn the reading direction around. */
export function checkDisplayName(raw: string): Checked<string> {
  if (CONTROL.test(raw) || BIDI.test(raw)) {
    const found = Array.from(raw).filter((c) => CONTROL.test(c) || BIDI.test(c));
    return bad(
      text(
        /*i18n*/ {
          id: 'display-name.control',
          message: 'The name has control characters or direction marks ({characters})',
        },
        { characters: codePoints(found) },
      ),
    );
  }
  if (bytes(raw) > 255) {
    return bad(
      text(
        /*i18n*/ { id: 'display-name.long', message: 'The name has {bytes} bytes; at most {limit} are allowed' },
        { bytes: bytes(raw), limit: 255 },
      ),
    );
  }
  return { ok: true, value: raw.trim() };
}

/** Passwords are stored exactly as given. NUL and line ends end a password in every hashing tool, so they are refused. */
export function checkPassword(raw: string): Checked<string> {
  if (raw === '') return bad(text(/*i18n*/ { id: 'password.empty', message: 'The password is empty' }));
  if (/[\0\r\n]/.test(raw)) {
    return bad(text(/*i18n*/ { id: 'password.line', message: 'The password has a NUL or a line end in it' }));
  }
  if (bytes(raw) > MAX_PASSWORD_BYTES) {
    return bad(
      text(
        /*i18n*/ { id: 'password.long', message: 'The password has {bytes} bytes; at most {limit} are allowed' },
        { bytes: bytes(raw), limit: MAX_PASSWORD_BYTES },
      ),
    );
  }
  return { ok: true, value: raw };
}
/** openssl passwd cuts at 256 bytes, bcrypt looks at 72 only: a password is never longer than what is really compared. */
export const MAX_PASSWORD_BYTES = 72;

/** `2G`, `500M`, `1.5 GB`, `0`, `unlimited`: bytes, or null for no limit. Units are powers of 1024, as Dovecot counts. */
export function parseQuota(raw: string): Checked<number | null> {
  const value = raw.trim().toLowerCase();
  if (value === '' || value === '-' || value === 'unlimited' || value === 'none' || value === '0')
    return { ok: true, value: null };
  const match = /^(\d{1,15}(?:\.\d{1,3})?)\s*([kmgt]?)(?:i?b)?$/.exec(value);
  const factor = 1024 ** ' kmgt'.indexOf(match?.[2] || ' ');
  const size = Math.round(Number(match?.[1]) * factor);
  if (!match || !Number.isSafeInteger(size) || size > 2 ** 50) {
    return bad(
      text(
        /*i18n*/ { id: 'quota.bad', message: '“{quota}” is not a quota; expected like 500M, 2G or unlimited' },
        { quota: printable(value).slice(0, 40) },
      ),
    );
  }
  return { ok: true, value: size };
}

/** A date without time, as account expiry is kept: it ends with that day. */
export function checkDate(raw: string): Checked<string> {
  const value = raw.trim();
  const date = /^\d{4}-\d{2}-\d{2}$/.test(value) ? new Date(`${value}T00:00:00Z`) : null;
  if (!date || Number.isNaN(date.getTime()) || date.toISOString().slice(0, 10) !== value) {
    return bad(
      text(
        /*i18n*/ { id: 'date.bad', message: '“{date}” is not a date; expected like 2027-01-31' },
        { date: printable(value).slice(0, 40) },
      ),
    );
  }
  return { ok: true, value };
}

/** For showing a refused value: control characters and direction marks by their code points. */
export function printable(value: string): string {
  return Array.from(value)
    .map((c) => (CONTROL.test(c) || BIDI.test(c) ? `<${codePoints([c])}>` : c))
    .join('');
}

function bad(problem: Text): { ok: false; problem: Text } {
  return { ok: false, problem };
}
