/**
 * The lab, for tests:
 *
 *     const available = labAvailable();
 *     describe.skipIf(!available.ok)('…', () => {
 *       let lab: Lab;
 *       beforeAll(async () => { lab = await startLab(); await lab.reset(); }, LAB_START_TIMEOUT);
 *
 * Addresses differ from instance to instance: take them from `lab.host('mx1').address`, never write them down.
 */
import { address, DEFAULT_HOSTS, type HostName, type Init, instanceName, type InstanceRecord } from './instance.ts';
import { LabHost } from './host.ts';
import { isAlive, type Proc, type RunResult } from './proc.ts';
import { down, up } from './updown.ts';
import { dockerRecord, wantsDocker } from './docker.ts';
import { labAvailable } from './machine.ts';

export {
  type ExecOptions,
  type FillOptions,
  type HostKey,
  type InjectOptions,
  LabHost,
  type QueueEntry,
} from './host.ts';
export type { HostName, Init } from './instance.ts';
export { type Availability, labAvailable, systemdAvailable } from './machine.ts';
export { type RunResult, until } from './proc.ts';

/** For `beforeAll`: a first run builds the base layer. */
export const LAB_START_TIMEOUT = 600_000;

/** The logins of every host but dns. Keys: all but kbd take {@link LabHost.keyFile} and {@link Lab.encryptedKey}. */
export const USERS = {
  root: { password: 'rootpw', sudo: 'root' },
  /** sudo asks for the password. */
  ops: { password: 'opspw', sudo: 'password' },
  /** sudo without a password. */
  opsn: { password: 'opsnpw', sudo: 'nopasswd' },
  /** No sudo; reads logs as a member of adm. */
  plain: { password: 'plainpw', sudo: 'none' },
  /** No sudo until a test writes /etc/sudoers.d/limited. */
  limited: { password: 'limitedpw', sudo: 'none' },
  /** mx1 only: logs in by keyboard-interactive and by nothing else. */
  kbd: { password: 'kbdpw', sudo: 'none' },
} as const;

/** Mailboxes alice, bob and carol at each domain, archive at each host's first domain, and the services' own secrets. */
export const SECRETS = {
  mailbox: 'pw',
  archive: 'archpw',
  /** IMAP login as `alice@alpha.test*master`. */
  master: 'masterpw',
  doveadmApiKey: 'labkey',
  doveadmPassword: 'labdoveadm',
  rspamd: 'labpw',
  encryptedKey: 'keypass',
} as const;

export type StartOptions = {
  /** Default: dns, mx1, mx2, cli. A running lab gets the ones it lacks. */
  hosts?: readonly HostName[];
  /** Default: plain. A running lab in the other mode is an error: use another name. */
  init?: Init;
  /** Instance name. Default: POSTDECK_LAB_NAME, else `pd`. */
  name?: string;
  /** Hosts have MariaDB and PostfixAdmin installed too. Default: no. */
  sql?: boolean;
  say?: (line: string) => void;
};

export class Lab {
  readonly name: string;
  /** First three numbers of the subnet. */
  readonly net: string;
  /** The machine's own address in the lab: where connections from tests come from. Never banned by fail2ban. */
  readonly testerAddress: string;
  readonly #record: InstanceRecord;
  readonly #hosts = new Map<HostName, LabHost>();

  constructor(record: InstanceRecord) {
    this.#record = record;
    this.name = record.name;
    this.net = record.net;
    this.testerAddress = `${record.net}.1`;
  }

  host(name: HostName): LabHost {
    let host = this.#hosts.get(name);
    if (host === undefined) {
      host = new LabHost(this.#record, name);
      this.#hosts.set(name, host);
    }
    return host;
  }

  get hosts(): LabHost[] {
    return (Object.keys(this.#record.hosts) as HostName[]).map((name) => this.host(name));
  }

  get mailHosts(): LabHost[] {
    return this.hosts.filter((host) => host.domains.length > 0);
  }

  /** Private key with the passphrase {@link SECRETS}.encryptedKey, accepted like the plain one. */
  get encryptedKey(): string {
    return this.host('mx1').keyFile.replace(/id_ed25519$/, 'id_encrypted');
  }

  /** Addresses swaks can send from (`--local-interface`). fail2ban may ban `bannable`; `listed` is on rbl.lab.test. */
  get clientAddresses(): { trusted: string; bannable: readonly [string, string, string]; listed: string } {
    const at = (n: number): string => `${this.net}.${n}`;
    return { trusted: at(200), bannable: [at(202), at(204), at(205)], listed: at(203) };
  }

  /** Runs swaks on the client host; stdout is the SMTP dialogue. Ends after 15 s where the server does not answer. */
  swaks(args: readonly string[], options: { server?: HostName; timeout?: number } = {}): Promise<RunResult> {
    const server = address(this.net, options.server ?? 'mx1');
    const seconds = String(Math.ceil((options.timeout ?? 15_000) / 1000));
    return this.host('cli').exec(['swaks', '--timeout', seconds, '--server', server, ...args]);
  }

  /** All mail hosts back to the state after their start: see {@link LabHost.reset}. */
  async reset(options: { logs?: boolean } = {}): Promise<void> {
    await Promise.all(this.mailHosts.map((host) => host.reset(options)));
  }

  /** Whether its processes are still there. */
  get alive(): boolean {
    return this.#record.docker === true || isAlive(this.#record.switch);
  }

  /** Ends the lab. Tests leave a shared one running: `npm test` brings its own down at the end. */
  async down(): Promise<void> {
    if (!this.#record.docker) await down(this.name);
  }
}

/**
 * Starts the lab of this instance name, or joins the one that runs, and resolves when every service answers.
 * Under `npm test` the instance belongs to the run (POSTDECK_LAB_OWNER) and goes with it.
 */
export async function startLab(options: StartOptions = {}): Promise<Lab> {
  const { name = instanceName(), hosts = DEFAULT_HOSTS, init = 'plain', sql = false, say } = options;
  if (wantsDocker()) {
    const available = labAvailable();
    if (!available.ok) throw new Error(available.why);
    if (init === 'systemd' || hosts.includes('mx3')) throw new Error('the lab in Docker has no host with systemd');
    if (sql) throw new Error('the lab in Docker has no SQL layer');
    return new Lab(dockerRecord());
  }
  return new Lab(await up({ name, hosts, init, sql, say, owner: ownerFromEnv() }));
}

function ownerFromEnv(): Proc | undefined {
  const [pid, start] = (process.env.POSTDECK_LAB_OWNER ?? '').split(':').map(Number);
  return pid && start ? { pid, start } : undefined;
}
