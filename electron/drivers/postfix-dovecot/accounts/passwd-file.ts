/**
 * Dovecot passwd-file (user:password:uid:gid:(gecos):home:(shell):extra fields). Everything not edited stays byte for
 * byte: files are handled as latin1 text, a byte a character; values meant for people are decoded as UTF-8.
 */

export interface PasswdEntry {
  user: string;
  /** `{SCHEME}hash`, or a bare hash in the passdb's default scheme. */
  password: string;
  uid: string;
  gid: string;
  gecos: string;
  home: string;
  shell: string;
  /** Extra fields in their order; a field without `=` has the value null. */
  extra: [name: string, value: string | null][];
}

/** A line of the file with its end of line; `entry` is null for comments, empty lines and lines without a user. */
export interface PasswdLine {
  raw: string;
  entry: PasswdEntry | null;
}

/** Lines as Dovecot reads them: the first entry of a user counts, a later one is an error in its log. */
export function parsePasswdFile(content: string): PasswdLine[] {
  const lines = content.match(/[^\n]*\n|[^\n]+$/g) ?? [];
  return lines.map((raw) => ({ raw, entry: parsePasswdLine(raw) }));
}

export function parsePasswdLine(raw: string): PasswdEntry | null {
  const line = raw.replace(/\r?\n$/, '');
  if (line === '' || line.startsWith('#') || line.startsWith(':')) return null;
  const fields = line.split(':');
  // extra fields hold colons themselves (userdb_quota_rule=*:storage=1G): all that follows the seventh belongs to them
  const extra = fields.slice(7).join(':');
  return {
    user: fields[0] ?? '',
    password: fields[1] ?? '',
    uid: fields[2] ?? '',
    gid: fields[3] ?? '',
    gecos: fields[4] ?? '',
    home: fields[5] ?? '',
    shell: fields[6] ?? '',
    extra: extra.split(' ').flatMap((field): [string, string | null][] => {
      if (field === '') return [];
      const eq = field.indexOf('=');
      return [eq < 0 ? [field, null] : [field.slice(0, eq), field.slice(eq + 1)]];
    }),
  };
}

/** Throws when a value would end its field: nothing may slip from one field into the next, or into a line of its own. */
export function formatPasswdEntry(entry: PasswdEntry): string {
  const plain = [entry.user, entry.password, entry.uid, entry.gid, entry.gecos, entry.home, entry.shell];
  const bad = plain.find((value) => /[:\n\r\0]/.test(value));
  if (bad !== undefined) throw new RangeError('a passwd-file field cannot hold a colon, a line end or NUL');
  const extra = entry.extra.map(([name, value]) => (value === null ? name : `${name}=${value}`));
  if (extra.some((field) => field === '' || /[\s\0]/.test(field))) {
    throw new RangeError('a passwd-file extra field cannot hold white space or NUL');
  }
  return `${[...plain, extra.join(' ')].join(':')}\n`;
}

/** The raw line of `raw` with some fields changed; every other byte of it stays. */
export function editPasswdLine(raw: string, change: Partial<PasswdEntry>): string {
  const entry = parsePasswdLine(raw);
  if (!entry) throw new RangeError('not an entry');
  const end = /\r?\n$/.exec(raw)?.[0] ?? '\n';
  const fields = raw.replace(/\r?\n$/, '').split(':');
  const extraRaw = fields.slice(7).join(':');
  const names = ['user', 'password', 'uid', 'gid', 'gecos', 'home', 'shell'] as const;
  // checks every changed value, and the ones that stay are already fields
  formatPasswdEntry({ ...entry, ...change });
  const out = names.map((name, i) => change[name] ?? fields[i] ?? '');
  const extra = change.extra === undefined ? extraRaw : editExtra(extraRaw, entry.extra, change.extra);
  return `${[...out, extra].join(':')}${end}`;
}

/** Keeps the exact text of extra fields when they did not change. */
function editExtra(raw: string, before: PasswdEntry['extra'], after: PasswdEntry['extra']): string {
  if (JSON.stringify(before) === JSON.stringify(after)) return raw;
  return after.map(([name, value]) => (value === null ? name : `${name}=${value}`)).join(' ');
}

export function extraField(entry: PasswdEntry, name: string): string | null {
  return entry.extra.find(([key]) => key === name)?.[1] ?? null;
}

/** `value` null removes the field; a new field goes last, a known one keeps its place. */
export function withExtra(extra: PasswdEntry['extra'], name: string, value: string | null): PasswdEntry['extra'] {
  if (value === null) return extra.filter(([key]) => key !== name);
  if (extra.some(([key]) => key === name)) {
    return extra.map(([key, old]): [string, string | null] => (key === name ? [key, value] : [key, old]));
  }
  return [...extra, [name, value]];
}

/** Bytes of the storage limit in a quota rule (`*:storage=1G:messages=100`, `*:bytes=…`); null: no limit or no rule. */
export function quotaOfRule(rule: string | null): number | null {
  if (rule === null) return null;
  for (const part of rule.split(':').slice(1)) {
    const match = /^(storage|bytes)=(\d+)([bkmgt]?)$/i.exec(part);
    if (!match) continue;
    // storage counts KiB when no unit is given, bytes counts bytes (Dovecot wiki: Quota/Configuration)
    const unit = match[3]?.toLowerCase() || (match[1]?.toLowerCase() === 'storage' ? 'k' : 'b');
    const size = Number(match[2]) * 1024 ** 'bkmgt'.indexOf(unit);
    return size === 0 ? null : size;
  }
  return null;
}

/** The rule with another storage limit; other parts (messages=, the mailbox mask) stay. */
export function ruleWithQuota(rule: string | null, bytes: number | null): string {
  const parts = (rule ?? '*').split(':');
  const storage =
    bytes === null ? 'storage=0' : bytes % 1024 === 0 ? `storage=${formatKib(bytes / 1024)}` : `bytes=${bytes}`;
  const rest = parts.slice(1).filter((part) => !/^(storage|bytes)=/i.test(part));
  return [parts[0] || '*', storage, ...rest].join(':');
}

function formatKib(kib: number): string {
  if (kib > 0 && kib % 1024 ** 2 === 0) return `${kib / 1024 ** 2}G`;
  if (kib > 0 && kib % 1024 === 0) return `${kib / 1024}M`;
  return `${kib}K`;
}

/**
 * A locked password: `!` before the hash, after its scheme, as shadow(5) locks. No password matches it, and the hash is
 * kept for the unlock.
 */
export function lockPassword(password: string): string {
  if (isLocked(password)) return password;
  const scheme = /^\{[^}]*\}/.exec(password)?.[0] ?? '';
  return `${scheme}!${password.slice(scheme.length)}`;
}

export function unlockPassword(password: string): string {
  if (!isLocked(password)) return password;
  const scheme = /^\{[^}]*\}/.exec(password)?.[0] ?? '';
  return `${scheme}${password.slice(scheme.length + 1)}`;
}

export function isLocked(password: string): boolean {
  return /^(\{[^}]*\})?!/.test(password);
}
