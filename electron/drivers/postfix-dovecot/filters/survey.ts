/** How this server's SpamAssassin keeps preferences of users, asked from the daemon that runs and its configuration. */
import type { Machine } from '#remote/machine.ts';
import { parseFrames, utf8 } from '../accounts/frames.ts';
import { asks } from '../accounts/read-script.ts';
import { runScript } from '../root-script.ts';
import type { SqlPlace } from '../sql/conf.ts';
import { FILTERS } from './script.ts';

/** As long as the accounts' layout: a filter set up meanwhile is seen with the next account opened. */
const KEPT_MS = 30_000;
const kept = new WeakMap<Machine, { at: number; setup: Promise<SpamAssassin | null> }>();

/** Where spamd looks for a user's preferences. */
export type PrefsStore =
  /** user_prefs in a folder made from the user's name by a pattern; all belong to the user spamd runs as. */
  | { kind: 'folders'; pattern: string; owner: string }
  /** ~/.spamassassin/user_prefs of system users. */
  | { kind: 'homes' }
  | { kind: 'sql'; place: SqlPlace; conf: string; table: string }
  /** Somewhere that cannot be written from here. */
  | { kind: 'other'; what: 'query' | 'ldap' | 'database' | 'pattern' };

export interface SpamAssassin {
  store: PrefsStore;
  /** What stands for a user's name where mail is handed to spamd; null: nothing here hands mail over by name. */
  named: 'address' | 'local' | null;
  /** Names of SpamAssassin 4 are known: welcomelist_from, blocklist_from. */
  modern: boolean;
  /** required_score of the server. */
  usual: number;
  /** Where spamc reaches this spamd; null: there is no spamc. */
  reach: { socket: string; port: string } | null;
}

/** What SpamAssassin counts as spam where nothing is said (Mail::SpamAssassin::Conf, required_score). */
const USUAL = 5;

/** null: no spamd runs here, or it knows no preferences of users. */
export async function surveySpamAssassin(machine: Machine, signal: AbortSignal): Promise<SpamAssassin | null> {
  const known = kept.get(machine);
  if (known && performance.now() - known.at < KEPT_MS) return known.setup;
  const setup = read(machine, signal);
  kept.set(machine, { at: performance.now(), setup });
  // a failed reading is not kept: the next account opened asks again
  setup.catch(() => kept.delete(machine));
  return setup;
}

async function read(machine: Machine, signal: AbortSignal): Promise<SpamAssassin | null> {
  const { stdout } = await runScript(machine, FILTERS, { name: 'look for SpamAssassin', data: asks('survey'), signal });
  return spamAssassinOf(parseFrames(stdout));
}

/** Pure: the sections of the survey. */
export function spamAssassinOf(frames: ReadonlyMap<string, string>): SpamAssassin | null {
  const section = (name: string): string => utf8(frames.get(name) ?? '');
  const processes = section('processes')
    .split('\n')
    .map((line) => /^(\S+)\s+(.*)$/.exec(line)?.[2] ?? '');
  const daemon = processes.find((args) => /(^|\/)spamd( |$)/.test(args) && !args.startsWith('spamd child'));
  if (daemon === undefined) return null;
  // gone to the background by itself, it shows its name alone: then its start-up file says how it was started
  const words = daemon === 'spamd' ? optionsOf(section('defaults')) : daemon.split(/\s+/);
  const settings = settingsOf(section('settings'));
  const store = storeOf(words, settings, section('secrets').split('\n')[0] ?? '');
  if (store === null) return null;
  const client = /Client version (\d+)/.exec(section('client'));
  return {
    store,
    named: nameOf(section('services'), processes),
    // old names work in every version
    modern: Number(client?.[1] ?? 0) >= 4,
    usual: numberOf(settings.get('required_score') ?? settings.get('required_hits')) ?? USUAL,
    reach: client === null ? null : reach(words),
  };
}

/** OPTIONS of Debian's file, SPAMDOPTIONS of RHEL's. */
function optionsOf(files: string): string[] {
  const match = /^(?:OPTIONS|SPAMDOPTIONS)=(?:"([^"]*)"|'([^']*)'|(\S*))/m.exec(files);
  return (match?.[1] ?? match?.[2] ?? match?.[3] ?? '').split(/\s+/);
}

/** `name value` lines; the last one counts, as in SpamAssassin. */
function settingsOf(lines: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const line of lines.split('\n')) {
    const match = /^\s*(\S+)\s+(.*?)\s*$/.exec(line);
    if (match?.[1] !== undefined) found.set(match[1], match[2] ?? '');
  }
  return found;
}

/** The value of an option, `--name=value`, `--name value`, `-n value` or `-nvalue`. */
function option(words: readonly string[], long: string, short: string | null): string | null {
  for (const [i, word] of words.entries()) {
    if (word.startsWith(`--${long}=`)) return word.slice(long.length + 3);
    if (word === `--${long}` || (short !== null && word === `-${short}`)) return words[i + 1] ?? '';
    if (short !== null && word.startsWith(`-${short}`) && !word.startsWith('--')) return word.slice(2);
  }
  return null;
}

const has = (words: readonly string[], ...names: string[]): boolean => names.some((name) => words.includes(name));

function storeOf(words: readonly string[], settings: ReadonlyMap<string, string>, conf: string): PrefsStore | null {
  if (has(words, '--ldap-config', '--setuid-with-ldap')) return { kind: 'other', what: 'ldap' };
  if (has(words, '-q', '-Q', '--sql-config', '--setuid-with-sql')) return sqlStore(settings, conf);
  const pattern = option(words, 'virtual-config-dir', null);
  const owner = option(words, 'username', 'u');
  if (pattern !== null && owner !== null) {
    // %x stands for an address or for its domain, by whichever file is there
    const plain = pattern.startsWith('/') && !/%[^uld%]/.test(pattern) && /%[ul]/.test(pattern);
    return plain ? { kind: 'folders', pattern, owner } : { kind: 'other', what: 'pattern' };
  }
  // only root can become the user whose home it is
  if (has(words, '-x', '--nouser-config') || owner !== null) return null;
  return { kind: 'homes' };
}

/** What spamd asks where no query is configured (Mail::SpamAssassin::Conf::SQL). */
const PLAIN_QUERY =
  /^SELECT\s+preference\s*,\s*value\s+FROM\s+(_TABLE_|[A-Za-z_]\w*)\s+WHERE\s+username\s*=\s*_USERNAME_/i;

function sqlStore(settings: ReadonlyMap<string, string>, conf: string): PrefsStore {
  const place = placeOf(settings.get('user_scores_dsn') ?? '', settings.get('user_scores_sql_username') ?? '');
  if (place === null) return { kind: 'other', what: 'database' };
  const usual = settings.get('user_scores_sql_table') ?? 'userpref';
  const query = settings.get('user_scores_sql_custom_query');
  const asked = query === undefined ? '_TABLE_' : PLAIN_QUERY.exec(query)?.[1];
  if (asked === undefined) return { kind: 'other', what: 'query' };
  const table = asked === '_TABLE_' ? usual : asked;
  return /^[A-Za-z_]\w{0,62}$/.test(table) ? { kind: 'sql', place, conf, table } : { kind: 'other', what: 'query' };
}

/** `DBI:mysql:mail:localhost:3306`, `DBI:mysql:database=mail;host=…`, `DBI:Pg:dbname=mail;host=…`. */
function placeOf(dsn: string, user: string): SqlPlace | null {
  const match = /^DBI:(mysql|MariaDB|Pg):(.*)$/i.exec(dsn);
  if (!match) return null;
  const dialect = match[1]?.toLowerCase() === 'pg' ? ('pgsql' as const) : ('mysql' as const);
  const rest = match[2] ?? '';
  if (!rest.includes('=')) {
    const [database = '', host = '', port = ''] = rest.split(':');
    return { dialect, host, port, database, user };
  }
  const pairs = new Map(
    rest
      .split(';')
      .map((pair): [string, string] => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]),
  );
  const socket = pairs.get('mysql_socket') ?? pairs.get('mariadb_socket');
  const database = pairs.get('database') ?? pairs.get('dbname') ?? pairs.get('db') ?? '';
  return { dialect, host: socket ?? pairs.get('host') ?? '', port: pairs.get('port') ?? '', database, user };
}

/** The name that spamc, or the milter, gives spamd for a recipient. */
function nameOf(services: string, processes: readonly string[]): 'address' | 'local' | null {
  const given = /\bspamc\b.*?\s-u\s?(\S+)/.exec(services)?.[1];
  if (given !== undefined) {
    if (/recipient|mailbox.*@|\$\{?user\}?@/.test(given)) return 'address';
    return /\$\{?(user|mailbox)/.test(given) ? 'local' : null;
  }
  const milter = processes.find((args) => /(^|\/)spamass-milter( |$)/.test(args))?.split(/\s+/);
  if (milter === undefined || !milter.some((word) => word.startsWith('-u'))) return null;
  return milter.some((word) => word.startsWith('-e')) ? 'address' : 'local';
}

function reach(words: readonly string[]): { socket: string; port: string } {
  const socket = option(words, 'socketpath', null);
  if (socket?.startsWith('/') === true) return { socket, port: '' };
  const port = option(words, 'port', 'p');
  return { socket: '', port: port !== null && /^\d{1,5}$/.test(port) ? port : '' };
}

function numberOf(value: string | undefined): number | null {
  const number = Number(value);
  return value === undefined || !Number.isFinite(number) ? null : number;
}
