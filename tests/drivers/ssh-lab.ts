import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type HostKeys, hostKeysFrom } from '#remote/ssh/host-keys.ts';
import {
  type MachineState,
  openMachine,
  type OpenMachineOptions,
  type SecretAsk,
  type SshMachine,
} from '#remote/ssh/open-machine.ts';
import type { SecretKind, SshSettings } from '#shared/model/server.ts';
import { type LabHost, until } from '../lab/index.ts';
import { newKey } from '../ssh-key.ts';

export type Secrets = Partial<Record<SecretKind, string>>;

/** Opens machines for tests, remembers what was asked for, and closes everything at the end. */
export class Desk {
  readonly asked: SecretAsk[] = [];
  readonly states: MachineState[] = [];
  readonly #machines: SshMachine[] = [];
  #dir = '';

  /** Host keys that know these hosts, at these ports, and nobody else. */
  async keys(...known: { host: LabHost; port?: number }[]): Promise<HostKeys> {
    return this.keysFrom(known.map(({ host, port = 22 }) => lines(host, port)).join(''));
  }

  async keysFrom(content: string): Promise<HostKeys> {
    const { own, user } = await this.files();
    await writeFile(user, content);
    return hostKeysFrom(own, [user]);
  }

  /** An empty folder, which goes at the end. */
  async folder(): Promise<string> {
    this.#dir ||= await mkdtemp(join(tmpdir(), 'ssh-test-'));
    return mkdtemp(join(this.#dir, 'folder-'));
  }

  async files(): Promise<{ own: string; user: string }> {
    this.#dir ||= await mkdtemp(join(tmpdir(), 'ssh-test-'));
    const unique = randomBytes(4).toString('hex');
    return { own: join(this.#dir, `own-${unique}`), user: join(this.#dir, `user-${unique}`) };
  }

  async open(
    settings: Partial<SshSettings> & Pick<SshSettings, 'host' | 'user'>,
    hostKeys: HostKeys,
    secrets: Secrets = {},
    more: Partial<OpenMachineOptions> = {},
  ): Promise<SshMachine> {
    const full: SshSettings = {
      port: 22,
      identityFile: null,
      agent: false,
      jump: [],
      sudo: 'none',
      hostKey: null,
      ...settings,
    };
    const machine = await openMachine(full, {
      hostKeys,
      secrets: (ask) => {
        this.asked.push(ask);
        return Promise.resolve(secrets[ask.kind] ?? null);
      },
      onState: (state) => this.states.push(state),
      agent: null,
      // Not the keys of whoever runs the tests.
      sshDir: this.#dir,
      ...more,
    });
    this.#machines.push(machine);
    return machine;
  }

  async closeAll(): Promise<void> {
    await Promise.all(this.#machines.splice(0).map((machine) => machine.close()));
    this.asked.length = 0;
    this.states.length = 0;
    if (this.#dir) await rm(this.#dir, { recursive: true, force: true });
    this.#dir = '';
  }
}

/** known_hosts lines of a host; at another port under the name that port gives it. */
export function lines(host: LabHost, port = 22): string {
  return host.hostKeys
    .map(({ type, key }) => `${port === 22 ? host.address : `[${host.address}]:${port}`} ${type} ${key}\n`)
    .join('');
}

/** A second sshd on this host, with settings of its own; the first one is left alone. */
export async function ownSshd(host: LabHost, port: number, ...settings: string[]): Promise<() => Promise<void>> {
  const file = `/run/sshd-${port}`;
  const config = [`Port ${port}`, `PidFile ${file}.pid`, ...settings].join('\n');
  // Its own settings first: sshd takes the first value it meets.
  await host.sh(
    `{ cat; cat /etc/ssh/sshd_config; } > "$1.conf" <<'Y'\n${config}\nY\n/usr/sbin/sshd -f "$1.conf"`,
    file,
  );
  await until(
    async () => (await host.exec(['test', '-s', `${file}.pid`])).code === 0,
    `sshd on port ${port} of ${host.name}`,
  );
  return async () => {
    await cutConnections(host, port);
    await host.sh('kill "$(cat "$1.pid")"; rm -f "$1".*', file);
  };
}

/** Kills what serves connections of an own sshd, both halves of each: to the client that is a cut cable. */
export async function cutConnections(host: LabHost, port: number): Promise<void> {
  await host.sh(
    'for monitor in $(pgrep -P "$(cat "$1")"); do pkill -KILL -P "$monitor" sshd || :; kill -KILL "$monitor" || :; done',
    `/run/sshd-${port}.pid`,
  );
}

/** Processes of a host whose command line holds this text, those of lookup itself left out. */
export async function running(host: LabHost, needle: string): Promise<string[]> {
  const { stdout } = await host.exec(['ps', '-eo', 'pid=,args=', 'ww']);
  return stdout.split('\n').filter((line) => line.includes(needle));
}

/** A number no other process on the host carries, for finding a command again. */
export const tag = (): string => String(10_000_000 + randomBytes(3).readUIntBE(0, 3));

/** A real ssh-agent with so many keys that nobody knows, and after them those of these files. */
export async function agentWith(count: number, ...files: string[]): Promise<{ socket: string; end(): Promise<void> }> {
  const dir = await mkdtemp(join(tmpdir(), 'agent-'));
  const socket = join(dir, 'socket');
  const agent = spawn('ssh-agent', ['-D', '-a', socket], { stdio: 'ignore' });
  const add = (file: string): void => {
    const { status, stderr } = spawnSync('ssh-add', ['-q', file], { env: { ...process.env, SSH_AUTH_SOCK: socket } });
    if (status !== 0) throw new Error(`ssh-add: ${String(stderr)}`);
  };
  await until(() => Promise.resolve(existsSync(socket)), 'ssh-agent');
  for (let i = 0; i < count; i += 1) {
    const file = join(dir, `key${i}`);
    await writeFile(file, newKey().private, { mode: 0o600 });
    add(file);
  }
  for (const file of files) add(file);
  return {
    socket,
    async end() {
      agent.kill();
      await once(agent, 'exit');
      await rm(dir, { recursive: true, force: true });
    },
  };
}
