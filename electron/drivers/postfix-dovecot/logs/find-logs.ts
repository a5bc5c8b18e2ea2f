import type { Machine } from '#remote/machine.ts';
import type { LogPlace } from '../../logs.ts';
import { LIMITS } from '../limits.ts';
import { SURVEY } from './scripts.ts';

/** Where a server's mail logs are, and how they can be read. */
export interface LogFacts {
  places: LogPlace[];
  /** Reading needs root. */
  root: boolean;
  /** GNU stat and base64 are there; files are read with them. */
  tools: boolean;
  zone: string | null;
}

/** Before a server has been asked: where Debian logs. */
export const USUAL_LOGS: LogFacts = {
  places: [{ kind: 'file', path: '/var/log/mail.log' }],
  root: false,
  tools: true,
  zone: null,
};

/** Asks the server where it logs. Any user can. */
export async function findLogs(machine: Machine, signal: AbortSignal): Promise<LogFacts> {
  const { stdout } = await machine.run({
    name: 'look for mail logs',
    reads: true,
    argv: ['/bin/sh', '-c', SURVEY],
    maxOutput: LIMITS.SETTINGS_BYTES,
    deadline: LIMITS.PROBE_SECONDS,
    signal,
  });
  return parseLogSurvey(stdout.toString('utf8'), machine.user);
}

/**
 * From the survey to places. Postfix's own file (postconf(5) maillog_file) and the syslog daemon's mail file are both
 * read where both are: Dovecot and rspamd go on with syslog. The journal only where neither is: it holds the same.
 */
export function parseLogSurvey(output: string, user: string): LogFacts {
  const said = new Map<string, string[]>();
  for (const line of output.split('\n')) {
    const at = line.indexOf(' ');
    if (at < 0) continue;
    const value = line.slice(at + 1).trim();
    said.set(line.slice(0, at), [...(said.get(line.slice(0, at)) ?? []), value]);
  }
  const all = (name: string): string[] => said.get(name) ?? [];
  const plain = (path: string): boolean => /^\/[A-Za-z0-9._/-]+$/.test(path) && !path.split('/').includes('..');
  const readable = new Set(all('readable'));
  const there = new Set([...readable, ...all('there')]);
  const own = all('maillog').filter((path) => plain(path) && path !== '/dev/stdout');
  const daemons = all('daemon').length > 0;
  const conf = all('conf').filter(plain);
  const usual = [...there].filter((path) => !own.includes(path));
  const syslog = daemons
    ? (conf.find((path) => there.has(path)) ?? conf[0] ?? usual[0])
    : own.length > 0
      ? usual[0]
      : undefined;
  const paths = [...new Set([...own, ...(syslog === undefined ? [] : [syslog])])];
  const zones = all('zone').filter(
    (zone) => /^[A-Za-z_+-]+(?:\/[A-Za-z0-9_+-]+)*$/.test(zone) && !zone.startsWith('/'),
  );
  const facts = { tools: all('tools').length > 0, zone: zones[0] === 'localtime' ? null : (zones[0] ?? null) };
  if (paths.length > 0) {
    const places = paths.map((path) => ({ kind: 'file' as const, path }));
    // A file that is not there yet will be made by root, for whoever may read the others.
    return { ...facts, places, root: user !== 'root' && paths.some((path) => !readable.has(path)) };
  }
  const journal = all('journal')[0];
  if (journal !== undefined) {
    const [uid, ...groups] = journal.split(' ');
    const may = uid === '0' || groups.some((group) => ['adm', 'systemd-journal', 'wheel'].includes(group));
    return { ...facts, places: [{ kind: 'journal' }], root: !may };
  }
  const [left] = usual;
  const places = left === undefined ? [] : [{ kind: 'file' as const, path: left }];
  return { ...facts, places, root: left !== undefined && !readable.has(left) };
}
