/** Finds out from the server's own configuration where accounts, aliases and domains live. */
import { type Text, text } from '#shared/model/text.ts';
import type { Machine } from '#remote/machine.ts';
import { parseSqlConf, placeOfDovecot, placeOfPostfix, queryOfPostfix, type SqlPlace } from '../sql/conf.ts';
import { type Lookup, parseQuery, type Until } from '../sql/query.ts';
import {
  type AuthDb,
  authDbs,
  type ConfSection,
  FILE_TYPES,
  parseDoveconf,
  parsePostconf,
  parseTables,
  restrictionTables,
  type TableRef,
} from './config.ts';
import { rootScript, runScript } from '../root-script.ts';
import { FRAME_SH, parseFrames } from './frames.ts';

/** A table of the database: what holds the key, and what is written where. */
export interface SqlTable {
  place: SqlPlace;
  /** The configuration file with its credentials. */
  conf: string;
  table: string;
  key: string;
  /** The value the look-up answers with: password, goto, domain … */
  value: string | null;
  active: { column: string; on: string } | null;
}

export interface SqlAccounts extends SqlTable {
  password: string;
  /** Holds bytes; null: the query builds quota from something else. */
  quota: string | null;
  /** The column that the password query wants in the future. */
  until: Until | null;
  home: { column: string; prefix: string } | null;
}

export type AccountStore =
  | { kind: 'passwd-file'; path: string; scheme: string; keyed: 'address' | 'local' }
  | { kind: 'sql'; accounts: SqlAccounts; scheme: string }
  | { kind: 'system' };

/** A table we can read whole: a file we can edit, or SQL. */
export type Store =
  | { kind: 'file'; ref: TableRef }
  | { kind: 'sql'; table: SqlTable }
  | { kind: 'words'; words: string[] }
  | { kind: 'other'; ref: TableRef };

export interface Layout {
  accounts: AccountStore | null;
  /** virtual_mailbox_maps as files: each account has an entry there. SQL ones read the accounts' table. */
  mailboxes: TableRef | null;
  aliases: Store[];
  /** PostfixAdmin's table of alias domains, where a query of virtual_alias_maps reads it. */
  aliasDomains: SqlTable | null;
  localAliases: TableRef[];
  domains: Store[];
  deny: { users: string | null; domains: string | null };
  senderAccess: TableRef | null;
  recipientAccess: TableRef | null;
  /** Postfix's own files; null: not told by postconf. */
  mainCf: string | null;
  masterCf: string | null;
  usernameChars: string;
  ownDomain: string;
  localDomains: string[];
  postconf: Map<string, string>;
  dovecot: ConfSection;
  /** Sieve plugin for delivery is on. */
  sieve: boolean;
  quota: boolean;
  /** Where Dovecot's last_login plugin keeps its times, when that can be listed whole; null: nowhere we can. */
  lastLogins: string | null;
  firstUid: number;
  lastUid: number;
  mailUid: string;
  mailGid: string;
  mailHome: string;
  why: Text[];
}

const PARAMETERS =
  'myhostname mydomain myorigin mydestination virtual_mailbox_domains virtual_mailbox_maps virtual_alias_maps virtual_alias_domains alias_maps smtpd_sender_restrictions smtpd_recipient_restrictions smtpd_relay_restrictions smtpd_client_restrictions transport_maps relay_domains sender_dependent_default_transport_maps default_transport virtual_transport recipient_delimiter config_directory default_database_type inet_protocols smtp_bind_address smtp_bind_address6 relayhost sender_dependent_relayhost_maps relay_transport local_transport mailbox_transport';
const DEFAULTS = 'auth_username_chars first_valid_uid last_valid_uid mail_uid mail_gid mail_home';

/** Secrets are cut out before the files leave the server. */
export const LAYOUT = rootScript(
  'postdeck-accounts-layout',
  ['accounts.read'],
  `${FRAME_SH}
p=$(postconf -x ${PARAMETERS} 2>/dev/null); d=$(doveconf -n 2>/dev/null)
s postconf printf '%s\\n' "$p"
s doveconf printf '%s\\n' "$d"
s defaults doveconf -h ${DEFAULTS}
printf '%s\\n%s\\n' "$p" "$d" | grep -oE '(mysql|pgsql):/[^ ,]+|args = /[^ ]+' | sed -E 's/^(mysql|pgsql):|^args = //' | sort -u |
while IFS= read -r f; do
  case $f in *passwd|*users|*.db) continue ;; esac
  [ -f "$f" ] && grep -qE '^(connect|dbname|query|password_query) *=' "$f" &&
  s "conf:$f" sed -E "/^ *(connect|password) *=/s/(password *= *)('[^']*'|\\"[^\\"]*\\"|[^ ]*)/\\1-/g" "$f"
done
exit 0
`,
);

/** One remote command. */
export async function readLayout(machine: Machine, signal: AbortSignal): Promise<Layout> {
  const { stdout } = await runScript(machine, LAYOUT, { name: 'find where accounts live', signal });
  return interpretLayout(parseFrames(stdout));
}

/** Pure: the sections of the probe as a layout. */
export function interpretLayout(frames: Map<string, string>): Layout {
  const postconf = parsePostconf(frames.get('postconf') ?? '');
  const dovecot = parseDoveconf(frames.get('doveconf') ?? '');
  const value = (name: string): string => postconf.get(name) ?? '';
  const defaults = (frames.get('defaults') ?? '').split('\n');
  // doveconf -h: a line a setting, in the order asked for
  const fallback = (name: string): string => defaults[DEFAULTS.split(' ').indexOf(name)] ?? '';
  const why: Text[] = [];
  const files = new Map<string, Map<string, string>>();
  for (const [name, content] of frames) if (name.startsWith('conf:')) files.set(name.slice(5), parseSqlConf(content));
  const passdbs = authDbs(dovecot, 'passdb');
  const mailboxTables = parseTables(value('virtual_mailbox_maps')).tables;
  const domainParts = parseTables(`${value('virtual_mailbox_domains')} ${value('virtual_alias_domains')}`);
  const stores = (tables: TableRef[]): Store[] => tables.map((ref) => storeOf(ref, files));
  return {
    accounts: accountStore(passdbs, authDbs(dovecot, 'userdb'), files, why),
    mailboxes: mailboxTables.find((ref) => ref.type in FILE_TYPES) ?? null,
    aliases: stores(parseTables(value('virtual_alias_maps')).tables),
    aliasDomains: aliasDomainTable(parseTables(value('virtual_alias_maps')).tables, files),
    localAliases: parseTables(value('alias_maps')).tables.filter((ref) => ref.type in FILE_TYPES),
    domains: [
      ...stores(domainParts.tables),
      ...(domainParts.words.length > 0 ? [{ kind: 'words' as const, words: domainParts.words }] : []),
    ],
    deny: {
      users: denyFile(passdbs, (format) => format === '%u' || format === '%Lu' || format === ''),
      domains: denyFile(passdbs, (format) => format === '%d' || format === '%Ld'),
    },
    senderAccess: accessTable(postconf, 'check_sender_access'),
    recipientAccess: accessTable(postconf, 'check_recipient_access'),
    mainCf: confFile(value('config_directory'), 'main.cf'),
    masterCf: confFile(value('config_directory'), 'master.cf'),
    usernameChars: fallback('auth_username_chars'),
    ownDomain: value('myorigin').startsWith('/') ? value('myhostname') : value('myorigin') || value('myhostname'),
    localDomains: parseTables(value('mydestination')).words.map((word) => word.toLowerCase()),
    postconf,
    dovecot,
    sieve: /\bsieve\b/.test(
      dovecot.sections.find((s) => s.kind === 'protocol' && s.name === 'lmtp')?.values.get('mail_plugins') ?? '',
    ),
    quota: dovecot.sections.some((s) => s.kind === 'plugin' && s.values.has('quota')),
    lastLogins: lastLogins(dovecot),
    firstUid: Number(fallback('first_valid_uid')) || 500,
    lastUid: Number(fallback('last_valid_uid')) || 0,
    mailUid: fallback('mail_uid'),
    mailGid: fallback('mail_gid'),
    mailHome: fallback('mail_home'),
    why,
  };
}

const confFile = (folder: string, name: string): string | null => (folder.startsWith('/') ? `${folder}/${name}` : null);

/**
 * PostfixAdmin's documentation joins alias_domain with alias, so that only names that exist at the target are taken in. No
 * other join is read here: which table is written follows from the name alone.
 */
function aliasDomainTable(tables: readonly TableRef[], files: Map<string, Map<string, string>>): SqlTable | null {
  for (const ref of tables) {
    const conf = files.get(ref.spec);
    if (!conf || (ref.type !== 'mysql' && ref.type !== 'pgsql')) continue;
    const query = queryOfPostfix(conf) ?? '';
    if (!/\balias_domain\.alias_domain\s*=/i.test(query) || !/\btarget_domain\b/i.test(query)) continue;
    const on = /\balias_domain\.active\s*=\s*'?(\w+)'?/i.exec(query)?.[1] ?? null;
    return {
      place: placeOfPostfix(conf, ref.type),
      conf: ref.spec,
      table: 'alias_domain',
      key: 'alias_domain',
      value: 'target_domain',
      active: on === null ? null : { column: 'active', on },
    };
  }
  return null;
}

/** Other dictionaries (redis, sql) cannot be listed by doveadm, and a key of one's own cannot be told apart. */
function lastLogins(dovecot: ConfSection): string | null {
  const plugin = dovecot.sections.find((section) => section.kind === 'plugin');
  const dict = plugin?.values.get('last_login_dict') ?? '';
  const ownKey = plugin?.values.has('last_login_key') ?? false;
  return /^file:\/[^%\s]+$/.test(dict) && !ownKey ? dict : null;
}

function accessTable(
  postconf: Map<string, string>,
  check: 'check_sender_access' | 'check_recipient_access',
): TableRef | null {
  for (const stage of ['client', 'sender', 'relay', 'recipient']) {
    const found = restrictionTables(postconf.get(`smtpd_${stage}_restrictions`) ?? '', check);
    const file = found.find((ref) => ref.type in FILE_TYPES);
    if (file) return file;
  }
  return null;
}

function denyFile(passdbs: readonly AuthDb[], keyed: (format: string) => boolean): string | null {
  const found = passdbs.find(
    (db) =>
      db.deny &&
      db.driver === 'passwd-file' &&
      keyed(db.options.get('username_format') ?? '') &&
      !db.path.includes('%'),
  );
  return found?.path ?? null;
}

function accountStore(
  passdbs: readonly AuthDb[],
  userdbs: readonly AuthDb[],
  files: Map<string, Map<string, string>>,
  why: Text[],
): AccountStore | null {
  const own = passdbs.filter((db) => !db.deny && !db.master);
  if (own.length > 1) {
    why.push(
      text(
        /*i18n*/ {
          id: 'accounts.layout.many',
          message: 'Dovecot asks {count} password databases; accounts of the first ({driver}) are shown',
        },
        { count: own.length, driver: own[0]?.driver ?? '' },
      ),
    );
  }
  const db: AuthDb = own[0] ?? { driver: '-', path: '', options: new Map(), deny: false, master: false };
  switch (db.driver) {
    case 'passwd-file': {
      if (db.path.includes('%') || !db.path.startsWith('/')) {
        why.push(
          text(
            /*i18n*/ { id: 'accounts.layout.path', message: 'The passwd-file has a path with variables: {path}' },
            { path: db.path },
          ),
        );
        return null;
      }
      const keyed = /%L?n$/.test(db.options.get('username_format') ?? '') ? 'local' : 'address';
      return { kind: 'passwd-file', path: db.path, scheme: db.options.get('scheme') ?? 'CRYPT', keyed };
    }
    case 'sql':
      return sqlAccounts(db, userdbs, files, why);
    case 'pam':
    case 'passwd':
    case 'shadow':
      return { kind: 'system' };
    default:
      why.push(
        text(
          /*i18n*/ {
            id: 'accounts.layout.driver',
            message: 'Accounts are in a password database this console cannot read ({driver})',
          },
          { driver: db.driver },
        ),
      );
      return null;
  }
}

function sqlAccounts(
  db: AuthDb,
  userdbs: readonly AuthDb[],
  files: Map<string, Map<string, string>>,
  why: Text[],
): AccountStore | null {
  const conf = files.get(db.path);
  const place = conf && placeOfDovecot(conf);
  const passwords = parseQuery(conf?.get('password_query') ?? '');
  if (!conf || !place || !passwords.ok || passwords.lookup.keyColumn === null) {
    why.push(
      text(
        /*i18n*/ {
          id: 'accounts.layout.query',
          message: 'The password query in {path} is not a plain look-up of one account in one table',
        },
        { path: db.path },
      ),
    );
    return null;
  }
  const password = passwords.lookup.items.find((item) => item.name === 'password' && item.plain);
  if (!password?.column) {
    why.push(
      text(
        /*i18n*/ {
          id: 'accounts.layout.password',
          message: 'The password query in {path} does not read the password from one column',
        },
        { path: db.path },
      ),
    );
    return null;
  }
  const userConf = files.get(userdbs.find((userdb) => userdb.driver === 'sql')?.path ?? '') ?? conf;
  const users = parseQuery(userConf.get('user_query') ?? '');
  const sameTable = users.ok && users.lookup.table === passwords.lookup.table ? users.lookup : null;
  return {
    kind: 'sql',
    scheme: conf.get('default_pass_scheme') ?? 'CRYPT',
    accounts: {
      place,
      conf: db.path,
      table: passwords.lookup.table,
      key: passwords.lookup.keyColumn,
      value: password.column,
      password: password.column,
      active: activeOf(passwords.lookup),
      quota: quotaColumn(sameTable),
      until: passwords.lookup.until,
      home: homeColumn(sameTable),
    },
  };
}

/** `active = '1'`: the one constant a look-up asks for; several, or other words, are left alone. */
function activeOf(lookup: Lookup): SqlTable['active'] {
  const [first, ...rest] = lookup.constants;
  if (!first || rest.length > 0 || !/^(1|y|yes|true|t)$/i.test(first.value)) return null;
  return { column: first.column, on: first.value };
}

/** quota_rule built as `*:bytes=` and a column holds bytes in that column; other forms are for reading by doveadm. */
function quotaColumn(lookup: Lookup | null): string | null {
  const item = lookup?.items.find((i) => /^(userdb_)?quota_rule$/.test(i.name));
  return item?.column && /^\*:bytes=$/.test(item.prefix ?? '') ? item.column : null;
}

function homeColumn(lookup: Lookup | null): SqlAccounts['home'] {
  const item = lookup?.items.find((i) => /^(userdb_)?home$/.test(i.name));
  return item?.column ? { column: item.column, prefix: item.prefix ?? '' } : null;
}

function storeOf(ref: TableRef, files: Map<string, Map<string, string>>): Store {
  if (ref.type in FILE_TYPES && ref.spec.startsWith('/')) return { kind: 'file', ref };
  const conf = files.get(ref.spec);
  if ((ref.type !== 'mysql' && ref.type !== 'pgsql') || !conf) return { kind: 'other', ref };
  const query = parseQuery(queryOfPostfix(conf) ?? '');
  if (!query.ok || query.lookup.keyColumn === null) return { kind: 'other', ref };
  return {
    kind: 'sql',
    table: {
      place: placeOfPostfix(conf, ref.type),
      conf: ref.spec,
      table: query.lookup.table,
      key: query.lookup.keyColumn,
      value: query.lookup.items[0]?.plain ? query.lookup.items[0].column : null,
      active: activeOf(query.lookup),
    },
  };
}
