/** What postconf and doveconf say about where accounts, aliases and domains live. Pure. */

/** A lookup table of Postfix: `hash:/etc/postfix/virtual`, behind `proxy:` or not. */
export interface TableRef {
  type: string;
  /** Path, or for other types whatever follows the colon. */
  spec: string;
  proxied: boolean;
}

/** `name = value` lines of postconf(1), one a parameter. */
export function parsePostconf(output: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const line of output.split('\n')) {
    const match = /^([A-Za-z0-9_]+) =(?: (.*))?$/.exec(line);
    if (match?.[1] !== undefined) found.set(match[1], (match[2] ?? '').trim());
  }
  return found;
}

/** Tables and plain words of a value such as virtual_mailbox_domains; `{…}` and restrictions are for other readers. */
export function parseTables(value: string): { tables: TableRef[]; words: string[] } {
  const tables: TableRef[] = [];
  const words: string[] = [];
  for (const part of value.match(/\{[^}]*\}|[^,\s]+/g) ?? []) {
    const match = /^(proxy:)?([a-z0-9]+):(.*)$/i.exec(part);
    if (match?.[2] !== undefined)
      tables.push({ type: match[2], spec: match[3] ?? '', proxied: match[1] !== undefined });
    else words.push(part);
  }
  return { tables, words };
}

/** The tables that one kind of check uses, in the order of smtpd_*_restrictions. */
export function restrictionTables(value: string, check: 'check_sender_access' | 'check_recipient_access'): TableRef[] {
  const words = value.split(/[,\s]+/);
  return words.flatMap((word, i) => (words[i - 1] === check ? parseTables(word).tables : []));
}

/** Types whose source is a text file that we can edit; their maps are built by postmap, texthash is read at start. */
export const FILE_TYPES: Record<string, { suffix: string | null }> = {
  hash: { suffix: '.db' },
  btree: { suffix: '.db' },
  lmdb: { suffix: '.lmdb' },
  cdb: { suffix: '.cdb' },
  texthash: { suffix: null },
};
export const SQL_TYPES = ['mysql', 'pgsql', 'sqlite'] as const;

export interface ConfSection {
  kind: string;
  name: string;
  values: Map<string, string>;
  sections: ConfSection[];
}

/** doveconf -n: nested `kind name {` … `}` blocks of `key = value`. */
export function parseDoveconf(output: string): ConfSection {
  const root: ConfSection = { kind: '', name: '', values: new Map(), sections: [] };
  const stack = [root];
  for (const line of output.split('\n')) {
    const text = line.trim();
    const top = stack.at(-1) ?? root;
    if (text === '' || text.startsWith('#')) continue;
    if (text === '}') {
      if (stack.length > 1) stack.pop();
      continue;
    }
    const open = /^([\w-]+)(?: (.*?))? \{$/.exec(text);
    if (open?.[1] !== undefined) {
      const section: ConfSection = { kind: open[1], name: open[2] ?? '', values: new Map(), sections: [] };
      top.sections.push(section);
      stack.push(section);
      continue;
    }
    const eq = text.indexOf(' =');
    if (eq > 0) top.values.set(text.slice(0, eq), text.slice(eq + 2).trim());
  }
  return root;
}

/** One passdb or userdb. */
export interface AuthDb {
  driver: string;
  /** passwd-file: the file. sql: its configuration file. */
  path: string;
  options: Map<string, string>;
  deny: boolean;
  master: boolean;
}

/** passdb or userdb blocks in their order. `args` of passwd-file are options, then the path (which may hold %d). */
export function authDbs(conf: ConfSection, kind: 'passdb' | 'userdb'): AuthDb[] {
  return conf.sections
    .filter((section) => section.kind === kind)
    .map((section) => {
      const words = (section.values.get('args') ?? '').split(/\s+/).filter((word) => word !== '');
      const options = new Map<string, string>();
      while (words.length > 0 && /^[a-z_]+=/.test(words[0] ?? '')) {
        const word = words.shift() ?? '';
        options.set(word.slice(0, word.indexOf('=')), word.slice(word.indexOf('=') + 1));
      }
      return {
        driver: section.values.get('driver') ?? '',
        path: words.join(' '),
        options,
        deny: section.values.get('deny') === 'yes',
        master: section.values.get('master') === 'yes',
      };
    });
}

/** A path with the domain (%d) and the local part (%n) put back as variables, the way the entry's own address reads. */
export function templateOf(path: string, address: string): string {
  const at = address.lastIndexOf('@');
  const [local, domain] = at < 0 ? [address, ''] : [address.slice(0, at), address.slice(at + 1)];
  const parts = path.split('/').map((part) => {
    if (part === address && at >= 0) return '%u';
    if (part === domain && domain !== '') return '%d';
    return part === local ? '%n' : part;
  });
  return parts.join('/');
}

export function fillTemplate(template: string, address: string): string {
  const at = address.lastIndexOf('@');
  const values: Record<string, string> = {
    u: address,
    n: at < 0 ? address : address.slice(0, at),
    d: at < 0 ? '' : address.slice(at + 1),
  };
  return template.replace(/%L?([und])/g, (_, name: string) => values[name] ?? '');
}

/** The value most entries share; null when there are none. */
export function mostCommon(values: Iterable<string>): string | null {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  let best: string | null = null;
  for (const [value, count] of counts) if (best === null || count > (counts.get(best) ?? 0)) best = value;
  return best;
}
