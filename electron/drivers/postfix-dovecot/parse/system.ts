/** PRETTY_NAME of os-release(5), or NAME and VERSION; null: neither. */
export function parseOsRelease(content: string): string | null {
  const values = new Map<string, string>();
  for (const line of content.split('\n')) {
    const [, name, value] = /^([A-Z_]+)=(.*)$/.exec(line.trim()) ?? [];
    if (name !== undefined && value !== undefined) values.set(name, value.replace(/^(["'])(.*)\1$/, '$2'));
  }
  const made = [values.get('NAME'), values.get('VERSION')].filter((word) => word !== undefined).join(' ');
  return values.get('PRETTY_NAME') ?? (made === '' ? null : made);
}

/** The first thing in a program's words that looks like a version: `3.7.11`, `2.3.19.1`, `9.2p1`. */
export function parseVersion(words: string): string | null {
  return /(?:^|[^0-9.])v?(\d+\.\d+(?:\.\d+)*(?:[a-z]\d+)?)/.exec(words)?.[1] ?? null;
}

/** Compares dotted versions by their numbers: negative when a is older. Words after the numbers are passed over. */
export function compareVersions(a: string, b: string): number {
  const [x, y] = [a, b].map((v) => v.split('.').map((part) => Number.parseInt(part, 10) || 0));
  for (let i = 0; i < Math.max(x?.length ?? 0, y?.length ?? 0); i += 1) {
    const d = (x?.[i] ?? 0) - (y?.[i] ?? 0);
    if (d !== 0) return d;
  }
  return 0;
}
