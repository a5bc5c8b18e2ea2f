import type { Machine } from '#remote/machine.ts';
import { Failure } from '#shared/model/failure.ts';
import { text } from '#shared/model/text.ts';
import { LIMITS } from './limits.ts';
import { findLogs, type LogFacts, USUAL_LOGS } from './logs/find-logs.ts';
import { listValue, parsePostconf } from './parse/postconf.ts';

/** Programs that the verbs run, and that the probe looks at. */
const PROGRAMS = [
  'postqueue',
  'postsuper',
  'postcat',
  'postconf',
  'sh',
  'grep',
  'xargs',
  'find',
  'stat',
  'tar',
  'zstd',
  'gzip',
  'sudo',
  'dovecot',
  'rspamd',
  'fail2ban-client',
  'nft',
  'iptables',
  'rsyslogd',
  'journalctl',
  'redis-server',
  'opendkim',
] as const;
export type Program = (typeof PROGRAMS)[number];

/** What the verbs need to know about a server. Read once a session, and again with every probe. */
export interface Facts {
  /** Absolute paths of what was found. */
  paths: Partial<Record<Program, string>>;
  /** Programs that are the GNU ones: their options are used. */
  gnu: { grep: boolean; find: boolean; tar: boolean };
  version: string;
  queueDirectory: string;
  /** Queues whose files stand in directories named by the first characters of the id (postconf(5) hash_queue_names). */
  hashedQueues: readonly string[];
  hashDepth: number;
  mailOwner: string;
  multiInstance: readonly string[];
  logs: LogFacts;
}

/** Debian's, RHEL's and FreeBSD's places are the same for these; used until a server has been asked. */
export const USUAL_PATHS: Partial<Record<Program, string>> = {
  postqueue: '/usr/sbin/postqueue',
  postsuper: '/usr/sbin/postsuper',
  postcat: '/usr/sbin/postcat',
  postconf: '/usr/sbin/postconf',
  sh: '/bin/sh',
};

/** Facts before a server has been asked: what Postfix is built with by default. For previews only. */
export const USUAL_FACTS: Facts = {
  paths: { ...USUAL_PATHS, zstd: '/usr/bin/zstd' },
  gnu: { grep: true, find: true, tar: true },
  version: '3.5',
  queueDirectory: '/var/spool/postfix',
  hashedQueues: ['deferred', 'defer'],
  hashDepth: 1,
  mailOwner: 'postfix',
  multiInstance: [],
  logs: USUAL_LOGS,
};

/** A user's PATH has no sbin on Debian, and the ports' own on FreeBSD. */
const SEARCH =
  'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/usr/lib/postfix/sbin; ' +
  'for p; do command -v "$p" 2>/dev/null | while read -r at; do echo "$p $at"; done; done; ' +
  'for p in grep find tar; do echo "--$p $("$p" --version 2>/dev/null </dev/null | head -n 1)"; done; exit 0';

/** Where programs are. Any user can ask. */
export async function findPrograms(machine: Machine, signal: AbortSignal): Promise<Pick<Facts, 'paths' | 'gnu'>> {
  const found = await machine.run({
    name: 'look for programs',
    argv: ['/bin/sh', '-c', SEARCH, 'sh', ...PROGRAMS],
    maxOutput: LIMITS.SETTINGS_BYTES,
    deadline: LIMITS.PROBE_SECONDS,
    signal,
  });
  const paths: Partial<Record<Program, string>> = {};
  const gnu = { grep: false, find: false, tar: false };
  for (const line of found.stdout.toString('utf8').split('\n')) {
    const [name = '', at = ''] = line.split(' ');
    if (name.startsWith('--')) {
      const program = name.slice(2);
      if (program === 'grep' || program === 'find' || program === 'tar') gnu[program] = line.includes('GNU');
    } else if (at.startsWith('/') && (PROGRAMS as readonly string[]).includes(name)) paths[name as Program] ??= at;
  }
  return { paths, gnu };
}

/** Asks the server for its facts. UNSUPPORTED when Postfix is not there or cannot tell its settings. */
export async function readFacts(machine: Machine, signal: AbortSignal): Promise<Facts> {
  const programs = await findPrograms(machine, signal);
  const { postconf } = programs.paths;
  if (postconf === undefined) {
    throw new Failure(
      'UNSUPPORTED',
      text(/*i18n*/ { id: 'postfix.absent', message: 'Postfix was not found on this server: there is no postconf' }),
      { hint: text(/*i18n*/ { id: 'postfix.absent.hint', message: 'Check that this is the mail server you meant' }) },
    );
  }
  const names = ['mail_version', 'queue_directory', 'hash_queue_names', 'hash_queue_depth', 'mail_owner'];
  const [output, logs] = await Promise.all([
    machine.run({
      name: 'read Postfix settings',
      argv: [postconf, ...names, 'multi_instance_directories'],
      maxOutput: LIMITS.SETTINGS_BYTES,
      deadline: LIMITS.PROBE_SECONDS,
      signal,
    }),
    findLogs(machine, signal),
  ]);
  const settings = parsePostconf(output.stdout.toString('utf8'));
  const queueDirectory = settings.get('queue_directory') ?? '';
  const depth = Number(settings.get('hash_queue_depth') ?? '1');
  const mailOwner = settings.get('mail_owner') ?? '';
  // These become arguments of commands run as root: nothing but a plain path and a plain name is taken.
  const plain = /^\/[A-Za-z0-9._/-]+$/.test(queueDirectory) && !queueDirectory.split('/').includes('..');
  if (!plain || !/^[a-z_][a-z0-9_-]*\$?$/i.test(mailOwner) || !(depth >= 1 && depth <= 32)) {
    throw new Failure(
      'BAD_OUTPUT',
      text(
        /*i18n*/ {
          id: 'postfix.settings.odd',
          message: 'Postfix tells a queue directory, owner or hash depth that cannot be right: {directory}, {owner}',
        },
        { directory: queueDirectory.slice(0, 200), owner: mailOwner.slice(0, 60) },
      ),
      {
        hint: text(/*i18n*/ { id: 'postfix.settings.odd.hint', message: 'Check the output of postconf on the server' }),
      },
    );
  }
  return {
    ...programs,
    version: settings.get('mail_version') ?? '',
    queueDirectory,
    hashedQueues: listValue(settings.get('hash_queue_names')),
    hashDepth: depth,
    mailOwner,
    multiInstance: listValue(settings.get('multi_instance_directories')),
    logs,
  };
}
