/** Starts and ends instances. Everything of an instance lives below one process (host/switch.sh), which owns its names. */
import { spawn } from 'node:child_process';
import {
  appendFileSync,
  closeSync,
  cpSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { cacheOf, ensureBase, rootOf } from './base.ts';
import {
  DEFAULT_HOSTS,
  type HostName,
  type Init,
  type InstanceRecord,
  knownInstances,
  MARK,
  net6,
  preferredNet,
  readRecord,
  runDir,
  running,
  stateDir,
  uplink,
  writeRecord,
} from './instance.ts';
import { ensureSqlLayer } from './layer.ts';
import { installPrerequisites, labAvailable } from './machine.ts';
import {
  argvOf,
  childrenOf,
  end,
  isAlive,
  must,
  type Proc,
  procOf,
  procsWithEnv,
  run,
  until,
  withLock,
} from './proc.ts';

const hostScripts = join(import.meta.dirname, 'host');

export type UpOptions = {
  name: string;
  /** Default: dns, mx1, mx2, cli. mx3 (journald only) needs `systemd`. */
  hosts?: readonly HostName[];
  /** How the mail hosts start their services. dns and cli are always plain. Default: plain. */
  init?: Init;
  /** Hosts have MariaDB and PostfixAdmin installed too (host/variant-sql.sh uses them). Default: no. */
  sql?: boolean;
  /** The instance goes when this process does: the next `up` or test run removes it. */
  owner?: Proc | undefined;
  say?: (line: string) => void;
  /** Gives up a base layer that is being built; a start itself takes seconds and is let finish. */
  signal?: AbortSignal;
};

/**
 * Brings an instance up. One that runs is kept and only gets the hosts it lacks; what a killed run left under this name
 * is removed first. When this returns, every service of every host answers.
 */
export async function up(options: UpOptions): Promise<InstanceRecord> {
  const available = labAvailable();
  if (!available.ok) throw new Error(available.why);
  // a test run that could not start its lab says so once, instead of every suite trying again for minutes
  if (process.env.POSTDECK_LAB_FAILED) throw new Error(`the lab did not start: ${process.env.POSTDECK_LAB_FAILED}`);
  const { name, hosts = DEFAULT_HOSTS, init = 'plain', say = () => {} } = options;
  if (hosts.includes('mx3') && init !== 'systemd') throw new Error('mx3 logs to journald only: it needs --systemd');
  await installPrerequisites(say);
  await removeOrphans(say);
  const base = await ensureBase(say, options.signal);
  mkdirSync(runDir(name), { recursive: true });
  return withLock(`${runDir(name)}.lock`, async () => {
    let record = running(name);
    if (record === undefined) {
      await removeRest(name, say);
      const layer = options.sql ? await ensureSqlLayer(base, say) : (process.env.POSTDECK_LAB_LAYER ?? '');
      record = await startSwitch(name, base, layer, options.owner);
      say(`subnet ${record.net}.0/24`);
    }
    const other = Object.entries(record.hosts).find(([h, v]) => /^mx[12]/.test(h) && v.init !== init);
    if (other)
      throw new Error(`the running lab "${name}" has ${other[0]} in ${other[1].init} mode: bring it down first`);
    await startHosts(record, hosts, init, say);
    return record;
  });
}

/** Ends an instance and everything it made; leaves its keys and certificates, so that the next start has the same. */
export async function down(name: string, say: (line: string) => void = () => {}): Promise<void> {
  if (!existsSync(runDir(name))) return;
  const owned = readRecord(name)?.owner !== undefined;
  await withLock(`${runDir(name)}.lock`, () => removeRest(name, say));
  // nobody will ask for the keys of a test run's own instance again
  if (owned) rmSync(runDir(name), { recursive: true, force: true });
  if (owned) rmSync(`${runDir(name)}.lock`, { force: true });
}

/** Removes instances whose owner (a test run) was killed before it could do so itself. */
export async function removeOrphans(say: (line: string) => void): Promise<void> {
  for (const name of knownInstances()) {
    const record = readRecord(name);
    if (record?.owner === undefined || isAlive(record.owner)) continue;
    say(`removing lab "${name}", left by a test run that was killed`);
    await down(name, say);
  }
}

/** What of an instance is still on the machine, in words. Empty after `down`. */
export async function remains(name: string): Promise<string[]> {
  const found = procsWithEnv(MARK, runDir(name)).map((proc) => `process ${proc.pid}: ${argvOf(proc.pid).join(' ')}`);
  if (networkInterfaces()[uplink(name)] !== undefined) found.push(`interface ${uplink(name)}`);
  const mounts = readFileSync('/proc/self/mountinfo', 'utf8');
  if (mounts.includes(`${runDir(name)}/`)) found.push(`a mount under ${runDir(name)}`);
  for (const dir of await cgroups(name, 'list')) found.push(`cgroup ${dir}`);
  return found;
}

async function removeRest(name: string, say: (line: string) => void): Promise<void> {
  const record = readRecord(name);
  if (isAlive(record?.switch)) await end([record.switch]);
  // A run killed between starting and recording leaves processes without a record. Their environment names this run
  // directory, which nothing but the lab sets.
  const rest = procsWithEnv(MARK, runDir(name));
  if (rest.length > 0) {
    if (record === undefined) say(`ending ${rest.length} processes a killed run left`);
    await end(rest);
  }
  await run(['ip', 'link', 'del', uplink(name)]); // gone already when its namespace is
  await cgroups(name, 'remove');
  for (const file of ['instance.json', 'lab.env', 'control', 'switch.ready']) {
    rmSync(join(runDir(name), file), { force: true });
  }
}

/** cgroups live in a tree of the machine, so they do not go with a namespace: looked up and removed by name. */
async function cgroups(name: string, what: 'list' | 'remove'): Promise<string[]> {
  const script = `
    mount -t cgroup2 cgroup2 "$0" 2> /dev/null || exit 0
    for host in mx1 mx2 mx3; do
      dir=$0/pdlab-$1-$host
      [ -d "$dir" ] || continue
      # the kernel lets go of a killed process a moment after it is gone
      if [ "$2" = remove ]; then for _ in $(seq 100); do find "$dir" -depth -type d -exec rmdir {} + 2> /dev/null; [ -d "$dir" ] || break; sleep 0.05; done; fi
      if [ -d "$dir" ]; then echo "pdlab-$1-$host"; fi
    done`;
  const mountPoint = join(stateDir(), 'cgroup'); // only ever mounted on in a namespace of its own
  mkdirSync(mountPoint, { recursive: true });
  const unshare = ['unshare', '--mount', '--propagation', 'private', '/bin/bash', '-c', script];
  const { stdout } = await run([...unshare, mountPoint, name, what]);
  return stdout.split('\n').filter(Boolean);
}

async function startSwitch(
  name: string,
  base: string,
  layer: string,
  owner: Proc | undefined,
): Promise<InstanceRecord> {
  const dir = runDir(name);
  await makeKeys(dir);
  // hosts run a copy: bash reads a script as it goes, so an edit in the working tree would break what is running
  rmSync(join(dir, 'host'), { recursive: true, force: true });
  cpSync(hostScripts, join(dir, 'host'), { recursive: true });
  // the subnet is taken once its address is on an interface: one instance at a time chooses
  return withLock(join(stateDir(), 'net.lock'), async () => {
    const net = freeNet(name);
    const token = `${process.pid}-${Math.random().toString(36).slice(2)}`;
    const settings = {
      LAB_NAME: name,
      LAB_TOKEN: token,
      NET: net,
      NET6: net6(net),
      REV: net.split('.').reverse().join('.'),
      BASE: rootOf(base),
      // packages of a variant (e.g. accounts in SQL): a directory that is laid above the base layer
      LAYER: layer,
      CACHE: cacheOf(base),
    };
    const lines = Object.entries(settings).map(([key, value]) => `${key}='${value}'\n`);
    writeFileSync(join(dir, 'lab.env'), lines.join(''));
    await must(['mkfifo', join(dir, 'control')]);
    const proc = await startProcess(name, dir);
    const record: InstanceRecord = { name, net, token, base, switch: proc, hosts: {}, owner };
    writeRecord(record);
    const ready = (): boolean => read(join(dir, 'switch.ready')).trim() === token;
    await untilReady(ready, 'the switch', proc, join(dir, 'switch.log'), 20_000);
    const [inner] = childrenOf(proc.pid);
    const up = uplink(name);
    await must(['ip', 'link', 'add', up, 'type', 'veth', 'peer', 'name', 'uplink', 'netns', String(inner)]);
    appendFileSync(join(dir, 'control'), 'join uplink\n');
    await must(['ip', 'addr', 'add', `${net}.1/24`, 'dev', up]);
    await run(['ip', '-6', 'addr', 'add', `${net6(net)}1/64`, 'dev', up, 'nodad']); // a kernel without IPv6 is fine
    await must(['ip', 'link', 'set', up, 'up']);
    return record;
  });
}

function startProcess(name: string, dir: string): Promise<Proc> {
  const log = openSync(join(dir, 'switch.log'), 'w');
  const namespaces = [
    '--mount',
    '--net',
    '--pid',
    '--fork',
    '--kill-child',
    '--mount-proc',
    '--propagation',
    'private',
  ];
  const child = spawn('unshare', [...namespaces, '/bin/bash', join(dir, 'host', 'switch.sh')], {
    detached: true, // its own session: a Ctrl-C at the terminal is for the caller, not for the lab
    stdio: ['ignore', log, log],
    env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', RUN: dir, [MARK]: dir },
  });
  closeSync(log);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('spawn', () => {
      child.unref();
      const proc = child.pid === undefined ? undefined : procOf(child.pid);
      if (proc === undefined)
        reject(new Error(`the switch of lab "${name}" ended at once: ${join(dir, 'switch.log')}`));
      else resolve(proc);
    });
  });
}

async function startHosts(
  record: InstanceRecord,
  hosts: readonly HostName[],
  init: Init,
  say: (line: string) => void,
): Promise<void> {
  const dir = runDir(record.name);
  const started = performance.now();
  const missing = hosts.filter((host) => !isAlive(record.hosts[host]?.proc));
  for (const host of missing) {
    appendFileSync(join(dir, 'control'), `start ${host} ${host.startsWith('mx') ? init : 'plain'}\n`);
  }
  await Promise.all(
    missing.map(async (host) => {
      const log = join(dir, `${host}.log`);
      const pid = await until(() => initOf(record, host), `${host} to start\n${read(log)}`, 20_000, 20);
      const proc = procOf(pid);
      if (proc === undefined) throw new Error(`${host} ended at once\n${read(log)}`);
      const readyFile = `/proc/${pid}/root/run/lab.ready`;
      const ready = (): boolean => read(readyFile).startsWith(`token=${record.token}\n`);
      // a first start compiles rspamd's patterns, half a minute on an idle machine
      await untilReady(ready, host, proc, log, 300_000);
      const problems = read(readyFile).split('\n').slice(1).join('\n').trim();
      if (problems !== '') throw new Error(`${host}: ${problems}\n${read(log)}`);
      record.hosts[host] = { init: host.startsWith('mx') ? init : 'plain', proc };
      writeRecord(record);
      say(`${host} ready after ${((performance.now() - started) / 1000).toFixed(1)} s`);
    }),
  );
}

async function untilReady(ready: () => boolean, what: string, proc: Proc, log: string, within: number): Promise<void> {
  await until(
    () => {
      if (!isAlive(proc)) throw new Error(`${what} ended while starting\n${read(log)}`);
      return ready();
    },
    `${what} to be ready\n${read(log)}`,
    within,
    25,
  );
}

/** The pid (as this machine sees it) of a host's PID 1: switch -> its PID 1 -> `unshare … init.sh HOST` -> that. */
function initOf(record: InstanceRecord, host: HostName): number | undefined {
  const [inner] = childrenOf(record.switch.pid);
  if (inner === undefined) return undefined;
  for (const pid of childrenOf(inner)) {
    const argv = argvOf(pid);
    if (argv[0] === 'unshare' && argv.includes('--uts') && argv.includes(host)) return childrenOf(pid)[0];
  }
  return undefined;
}

/** The key all logins take, and a second one with a passphrase (`keypass`). Made once per instance name. */
async function makeKeys(dir: string): Promise<void> {
  const keys = { id_ed25519: '', id_encrypted: 'keypass' };
  for (const [file, passphrase] of Object.entries(keys)) {
    const path = join(dir, file);
    if (existsSync(`${path}.pub`)) continue;
    rmSync(path, { force: true });
    await must(['ssh-keygen', '-q', '-t', 'ed25519', '-N', passphrase, '-C', 'lab', '-f', path]);
  }
}

/** The preferred subnet, or the next one that no interface of this machine has an address in. */
function freeNet(name: string): string {
  const taken = Object.values(networkInterfaces())
    .flat()
    .map((info) => info?.address.split('.').slice(0, 3).join('.'));
  const preferred = preferredNet(name);
  if (process.env.POSTDECK_LAB_NET) {
    if (taken.includes(preferred)) throw new Error(`POSTDECK_LAB_NET: ${preferred}.0/24 is in use on this machine`);
    return preferred;
  }
  const [a, b, first] = preferred.split('.').map(Number);
  for (let i = 0; i < 255; i++) {
    const net = `${a}.${b}.${((first ?? 0) + i) % 255}`;
    if (!taken.includes(net)) return net;
  }
  throw new Error('no free subnet in 10.77.0.0/16');
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
