/**
 * One lab instance: its name, where its files are, which subnet it has, and the record of what runs.
 * Several instances may run side by side on one machine (POSTDECK_LAB_NAME); they share nothing but the base layer.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, statfsSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { isAlive, type Proc } from './proc.ts';

export const HOST_NAMES = ['dns', 'mx1', 'mx2', 'mx3', 'cli'] as const;
export type HostName = (typeof HOST_NAMES)[number];
export const DEFAULT_HOSTS: readonly HostName[] = ['dns', 'mx1', 'mx2', 'cli'];

/** plain: services started by a script, as before systemd. systemd: the real one as PID 1, with journald. */
export type Init = 'plain' | 'systemd';

const LAST_OCTET: Record<HostName, number> = { dns: 53, mx1: 11, mx2: 12, mx3: 13, cli: 200 };

export const DOMAINS: Record<HostName, readonly string[]> = {
  dns: [],
  mx1: ['alpha.test', 'beta.test'],
  mx2: ['gamma.test'],
  mx3: ['epsilon.test'],
  cli: [],
};

/** What `run/instance.json` holds while an instance is up. */
export type InstanceRecord = {
  name: string;
  /** First three numbers of the IPv4 subnet, e.g. `10.77.0`. */
  net: string;
  token: string;
  base: string;
  /** The process everything else of the instance lives below. */
  switch: Proc;
  hosts: Partial<Record<HostName, { init: Init; proc: Proc }>>;
  /** Set by a test run: the instance is removed by the next run or `up` once this process is gone. */
  owner?: Proc | undefined;
  /** The hosts are containers: see docker.ts. */
  docker?: true;
};

const OVERLAYFS = 0x794c7630;

/** Where base layer and run files are kept, outside the repository. */
export function stateDir(): string {
  const given = process.env.POSTDECK_LAB_STATE;
  if (given) return given;
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
  mkdirSync(cache, { recursive: true });
  // the kernel stacks overlays two deep only: with the base layer itself on one, there is little left
  if (statfsSync(cache).type === OVERLAYFS && statfsSync('/var/tmp').type !== OVERLAYFS) return '/var/tmp/postdeck-lab';
  return join(cache, 'postdeck-lab');
}

export function instanceName(): string {
  const name = process.env.POSTDECK_LAB_NAME || 'pd';
  // it becomes part of an interface name, which may have 15 characters
  if (!/^[a-z][a-z0-9]{0,10}$/.test(name)) {
    throw new Error(`POSTDECK_LAB_NAME: expected a-z and 0-9, a letter first, at most 11; got "${name}"`);
  }
  return name;
}

export const runDir = (name: string): string => join(stateDir(), 'run', name);
const recordFile = (name: string): string => join(runDir(name), 'instance.json');
export const uplink = (name: string): string => `${name}-up`;
export const address = (net: string, host: HostName): string => `${net}.${LAST_OCTET[host]}`;
export const net6 = (net: string): string => `fd77:0:0:${Number(net.split('.')[2]).toString(16)}::`;

/** Set to the run directory in the environment of an instance's processes: the proof that the lab started them. */
export const MARK = 'POSTDECK_LAB_RUN';

/** The third number of the subnet an instance asks for first: 0 for the default name, else from the name. */
export function preferredNet(name: string): string {
  const given = process.env.POSTDECK_LAB_NET;
  if (given) {
    const match = /^(\d+\.\d+\.\d+)(\.0\/24)?$/.exec(given);
    if (!match?.[1]) throw new Error(`POSTDECK_LAB_NET: expected like 10.77.5 or 10.77.5.0/24; got "${given}"`);
    return match[1];
  }
  if (name === 'pd') return '10.77.0';
  let hash = 0;
  for (const char of name) hash = (hash * 31 + char.charCodeAt(0)) % 254;
  return `10.77.${1 + hash}`;
}

export function readRecord(name: string): InstanceRecord | undefined {
  try {
    return JSON.parse(readFileSync(recordFile(name), 'utf8')) as InstanceRecord;
  } catch {
    return undefined;
  }
}

export function writeRecord(record: InstanceRecord): void {
  const file = recordFile(record.name);
  writeFileSync(`${file}.new`, `${JSON.stringify(record, null, 2)}\n`);
  renameSync(`${file}.new`, file); // never half written, even when this process is killed here
}

/** The record of an instance whose switch is running, else undefined. */
export function running(name: string): InstanceRecord | undefined {
  const record = readRecord(name);
  return isAlive(record?.switch) ? record : undefined;
}

/** Names of all instances that have a run directory, running or not. */
export function knownInstances(): string[] {
  const dir = join(stateDir(), 'run');
  return existsSync(dir) ? readdirSync(dir).filter((name) => !name.includes('.')) : [];
}
