/** Can this machine run the lab, and the few packages it needs. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { dockerProblem, wantsDocker } from './docker.ts';
import { run } from './proc.ts';

export type Availability = { ok: true } | { ok: false; why: string };

let answer: Availability | undefined;
let systemd: Availability | undefined;

/** Whether a lab can be started here; if not, the reason in words, for the list of skipped tests. */
export function labAvailable(): Availability {
  answer ??= look();
  return answer;
}

/** Whether hosts may run systemd here as well: that takes a cgroup2 tree to give them a part of. */
export function systemdAvailable(): Availability {
  const lab = labAvailable();
  if (!lab.ok) return lab;
  if (wantsDocker()) return { ok: false, why: 'the lab in Docker has no host with systemd' };
  systemd ??= trySystemd();
  return systemd;
}

function trySystemd(): Availability {
  const script = 'mount -t cgroup2 cgroup2 /mnt && mkdir /mnt/pdlab-probe-$$ && rmdir /mnt/pdlab-probe-$$';
  const probe = spawnSync('unshare', ['--mount', '--propagation', 'private', 'sh', '-c', script], { encoding: 'utf8' });
  if (probe.status === 0) return { ok: true };
  return { ok: false, why: `hosts with systemd need cgroup2 (${probe.stderr.trim()})` };
}

function look(): Availability {
  const no = (why: string): Availability => ({ ok: false, why: `the lab needs ${why}` });
  if (wantsDocker()) {
    const problem = dockerProblem();
    return problem === undefined ? { ok: true } : no(problem);
  }
  if (process.platform !== 'linux') return no(`Linux (this is ${process.platform})`);
  if (process.getuid?.() !== 0) return no('root');
  let release = '';
  try {
    release = readFileSync('/etc/os-release', 'utf8');
  } catch {
    // answered below
  }
  if (!/^(ID|ID_LIKE)=.*\b(debian|ubuntu)\b/m.test(release)) return no('Debian or Ubuntu');
  if (!has('apt-get')) return no('apt-get');
  const probe = spawnSync('unshare', ['--mount', '--net', '--uts', '--ipc', '--pid', '--fork', 'true'], {
    encoding: 'utf8',
  });
  if (probe.error) return no('unshare (util-linux)');
  if (probe.status !== 0) return no(`the right to make namespaces (unshare: ${probe.stderr.trim()})`);
  return { ok: true };
}

export function has(program: string): boolean {
  const path = `${process.env.PATH ?? ''}${delimiter}/usr/sbin${delimiter}/sbin`;
  return path.split(delimiter).some((dir) => dir !== '' && existsSync(join(dir, program)));
}

/** What the lab needs on the machine itself: program and the package it comes from. */
const PROGRAMS: Record<string, string> = {
  ip: 'iproute2',
  nsenter: 'util-linux',
  flock: 'util-linux',
  mount: 'mount',
  openssl: 'openssl',
  'ssh-keygen': 'openssh-client',
  wget: 'wget', // debootstrap downloads with it
  gpgv: 'gpgv', // and checks signatures with it
};

/** Installs by apt-get what is missing, and nothing when nothing is. Only clients: no package here starts a service. */
export async function installPrerequisites(say: (line: string) => void): Promise<void> {
  const missing = Object.entries(PROGRAMS).flatMap(([program, name]) => (has(program) ? [] : [name]));
  await aptInstall([...new Set(missing)], say);
}

export async function aptInstall(packages: readonly string[], say: (line: string) => void): Promise<void> {
  if (packages.length === 0) return;
  say(`installing ${packages.join(' ')}`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  // another apt-get may be at work on the machine: wait for its lock
  const install = [
    'apt-get',
    'install',
    '-y',
    '-q',
    '-o',
    'DPkg::Lock::Timeout=300',
    '--no-install-recommends',
    ...packages,
  ];
  let result = await run(install, { env });
  if (result.code !== 0) {
    await run(['apt-get', 'update', '-q'], { env });
    result = await run(install, { env });
  }
  if (result.code !== 0)
    throw new Error(`apt-get install ${packages.join(' ')}: exit ${result.code}\n${result.stderr}`);
}
