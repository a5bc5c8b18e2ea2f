/**
 * The lab as containers (compose.yml), on request by POSTDECK_LAB_DOCKER=1. The containers are started by hand: a test
 * run neither builds images nor ends containers. Same host scripts, hence the same hosts, logins and API.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import type { HostName, InstanceRecord } from './instance.ts';
import { stateDir } from './instance.ts';

const HOSTS: readonly HostName[] = ['dns', 'mx1', 'mx2', 'cli'];

export const wantsDocker = (): boolean => Boolean(process.env.POSTDECK_LAB_DOCKER);
export const containerOf = (host: HostName): string => `postdeck-lab-${host}-1`;

/** Why the containers cannot be used, or undefined when all are up and healthy. */
export function dockerProblem(): string | undefined {
  const format = '{{.State.Health.Status}}';
  const result = spawnSync('docker', ['inspect', '--format', format, ...HOSTS.map(containerOf)], { encoding: 'utf8' });
  if (result.error) return 'docker, which POSTDECK_LAB_DOCKER asks for';
  const healthy = result.stdout.split('\n').filter((line) => line === 'healthy').length;
  if (result.status === 0 && healthy === HOSTS.length) return undefined;
  return 'its containers: docker compose -f tests/lab/compose.yml up --build --wait';
}

export function dockerRecord(): InstanceRecord {
  const proc = { pid: process.pid, start: 0 };
  const hosts = Object.fromEntries(HOSTS.map((host) => [host, { init: 'plain' as const, proc }]));
  return { name: 'docker', net: '10.77.0', token: 'docker', base: '', switch: proc, hosts, docker: true };
}

export const dockerDir = (): string => join(stateDir(), 'docker');
