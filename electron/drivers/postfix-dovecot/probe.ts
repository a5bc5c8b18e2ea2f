import type { Component, Probe } from '#shared/model/server.ts';
import { type Text, text } from '#shared/model/text.ts';
import { capabilitiesOf } from './capabilities.ts';
import { codecFor } from './commands.ts';
import type { Context } from './context.ts';
import type { Facts } from './facts.ts';
import { LIMITS } from './limits.ts';
import { parsePostconf, retryTimes } from './parse/postconf.ts';
import { parseOsRelease, parseVersion } from './parse/system.ts';
import { askPrivileges } from './privileges.ts';
import { sudoersLines } from './sudoers.ts';

/** Everything that any user may ask about a machine, in one go; a line `=== name` before each answer. */
const SURVEY =
  'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin; ' +
  'say() { echo "=== $1"; shift; "$@" 2>&1 </dev/null; }; ' +
  'say hostname uname -n; say kernel uname -sr; say os cat /etc/os-release; say processes ps -e -o comm=; ' +
  'say Dovecot dovecot --version; say rspamd rspamd --version; say fail2ban fail2ban-client --version; ' +
  'say nftables nft --version; say iptables iptables --version; say rsyslog rsyslogd -v; ' +
  'say journald journalctl --version; say Redis redis-server --version; say OpenDKIM opendkim -V; ' +
  'say logs ls -d /var/log/mail.log /var/log/maillog; ' +
  'say main postconf; say services postconf -M; exit 0';

/** What else runs beside a mail server: its program, and the names of its processes. */
const BESIDE: readonly { name: string; program: keyof Facts['paths']; processes: readonly string[] }[] = [
  { name: 'Dovecot', program: 'dovecot', processes: ['dovecot'] },
  { name: 'rspamd', program: 'rspamd', processes: ['rspamd'] },
  { name: 'fail2ban', program: 'fail2ban-client', processes: ['fail2ban-server'] },
  { name: 'rsyslog', program: 'rsyslogd', processes: ['rsyslogd'] },
  { name: 'journald', program: 'journalctl', processes: ['systemd-journal', 'systemd-journald'] },
  { name: 'Redis', program: 'redis-server', processes: ['redis-server'] },
  { name: 'OpenDKIM', program: 'opendkim', processes: ['opendkim'] },
];

/** Packet filters have no process: whether they have rules, only root can see. */
const FILTERS: readonly { name: string; program: keyof Facts['paths'] }[] = [
  { name: 'nftables', program: 'nft' },
  { name: 'iptables', program: 'iptables' },
];

export type ProbeFindings = Omit<Probe, 'serverId' | 'at' | 'driver' | 'demo'>;

/** Says what the machine is, what runs there, and what the console can do there, by asking it. */
export async function probe(context: Context, signal: AbortSignal): Promise<ProbeFindings> {
  const facts = await context.facts(signal, true);
  const { machine } = context;
  const [survey, privileges] = await Promise.all([
    machine.run({
      name: 'survey the machine',
      argv: [facts.paths.sh ?? '/bin/sh', '-c', SURVEY],
      maxOutput: LIMITS.SETTINGS_BYTES,
      deadline: LIMITS.PROBE_SECONDS,
      signal,
    }),
    askPrivileges(context, signal),
  ]);
  const answers = parseSurvey(survey.stdout.toString('utf8'));
  const main = parsePostconf(answers.get('main') ?? '');
  return {
    hostname: answers.get('hostname')?.trim() || (main.get('myhostname') ?? ''),
    os: parseOsRelease(answers.get('os') ?? '') ?? answers.get('kernel')?.trim() ?? '',
    kernel: answers.get('kernel')?.trim() || null,
    user: machine.user,
    privilege: machine.privilege,
    components: componentsOf(facts, answers, main),
    capabilities: capabilitiesOf(facts, machine, privileges),
    sudoers: sudoersLines(facts, machine, privileges),
    retry: retryTimes(main),
    warnings: warningsOf(facts),
  };
}

/** Answers of SURVEY by name. */
export function parseSurvey(output: string): Map<string, string> {
  const answers = new Map<string, string>();
  for (const part of output.split(/^=== /m).slice(1)) {
    const end = part.indexOf('\n');
    if (end !== -1) answers.set(part.slice(0, end), part.slice(end + 1));
  }
  return answers;
}

export function componentsOf(
  facts: Facts,
  answers: ReadonlyMap<string, string>,
  main: ReadonlyMap<string, string>,
): Component[] {
  const processes = new Set((answers.get('processes') ?? '').split('\n').map((line) => line.trim()));
  // With hidepid (proc(5)) a user sees only its own processes: then a missing one says nothing.
  const seesAll = ['master', 'systemd', 'init', 'sshd', 'dovecot'].some((name) => processes.has(name));
  const state = (names: readonly string[]): Component['state'] =>
    names.some((name) => processes.has(name)) ? 'running' : seesAll ? 'stopped' : 'unknown';
  const log =
    main.get('maillog_file') ||
    answers
      .get('logs')
      ?.split('\n')
      .find((line) => line.startsWith('/var/log/'));
  const found: Component[] = [
    {
      name: 'Postfix',
      version: facts.version || null,
      state: state(['master']),
      detail: log ? `log: ${log}` : 'log: journal',
    },
  ];
  const services = answers.get('services') ?? '';
  if (/^smtp\s+inet\s.*\bpostscreen$/m.test(services)) {
    found.push({ name: 'postscreen', version: null, state: state(['master']), detail: 'smtp inet' });
  }
  for (const { name, program, processes: names } of BESIDE) {
    if (facts.paths[program] === undefined) continue;
    found.push({ name, version: parseVersion(answers.get(name) ?? ''), state: state(names), detail: null });
  }
  for (const { name, program } of FILTERS) {
    const at = facts.paths[program];
    if (at === undefined) continue;
    found.push({ name, version: parseVersion(answers.get(name) ?? ''), state: 'unknown', detail: at });
  }
  return found;
}

function warningsOf(facts: Facts): Text[] {
  const warnings: Text[] = [];
  if (facts.multiInstance.length > 0) {
    warnings.push(
      text(
        /*i18n*/ {
          id: 'postfix.warning.instances',
          message:
            'There {count, plural, one {is # more Postfix instance} other {are # more Postfix instances}} on this server; the console shows the first one only',
        },
        { count: facts.multiInstance.length },
      ),
    );
  }
  if (codecFor(facts) !== 'zstd') {
    warnings.push(
      text(
        /*i18n*/ {
          id: 'postfix.warning.zstd',
          message: 'zstd is not installed on this server; copies of messages are compressed with {codec} instead',
        },
        { codec: codecFor(facts) },
      ),
    );
  }
  return warnings;
}
