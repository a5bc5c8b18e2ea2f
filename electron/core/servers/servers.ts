import { join } from 'node:path';
import { homedir } from 'node:os';
import { type HostKeys, hostKeysFrom } from '#remote/ssh/host-keys.ts';
import { sshConfigHosts } from '#remote/ssh/ssh-config.ts';
import type { Driver, ServerSession } from '#drivers/driver.ts';
import { storageFailure } from '#shared/model/failure-of.ts';
import type { Probe, ServerInput, ServerProfile, SshConfigHost, SshSettings } from '#shared/model/server.ts';
import { hopsOf, type Secrets } from '../secrets/secrets.ts';
import type { Store } from '../store/store.ts';
import { PendingKeys } from './pending-keys.ts';
import { SessionPool } from './pool.ts';
import { Profiles } from './profiles.ts';
import { trustHostKey } from './trust.ts';

export interface ServersOptions {
  dataDir: string;
  store: Store;
  secrets: Secrets;
  /** Families of mail server, in the order in which a machine is asked. */
  drivers: readonly Driver[];
  openDemo: (options: { stateFile: string | null }) => ServerSession;
  /** The user's OpenSSH folder. Default: ~/.ssh. */
  sshDir?: string;
  /** known_hosts files that are only read. Default: the user's, and the system's. */
  knownHosts?: readonly string[];
  /** Seconds for the way in. Default: limits.ts CONNECT_SECONDS. */
  connectSeconds?: number;
}

/** The servers of this console: profiles, connections, keys, secrets, probes. */
export class Servers {
  readonly profiles: Profiles;
  readonly sessions: SessionPool;
  readonly #secrets: Secrets;
  readonly #hostKeys: HostKeys;
  readonly #pendingKeys = new PendingKeys();
  readonly #sshDir: string;

  constructor(options: ServersOptions) {
    this.#sshDir = options.sshDir ?? join(homedir(), '.ssh');
    this.#secrets = options.secrets;
    const others = options.knownHosts ?? [
      join(this.#sshDir, 'known_hosts'),
      join(this.#sshDir, 'known_hosts2'),
      '/etc/ssh/ssh_known_hosts',
    ];
    this.#hostKeys = hostKeysFrom(join(options.dataDir, 'known_hosts'), others);
    this.profiles = new Profiles(options.store);
    this.sessions = new SessionPool({
      dataDir: options.dataDir,
      profiles: this.profiles,
      secrets: options.secrets,
      hostKeys: this.#hostKeys,
      pendingKeys: this.#pendingKeys,
      drivers: options.drivers,
      openDemo: options.openDemo,
      connectSeconds: options.connectSeconds,
      sshDir: this.#sshDir,
    });
  }

  add(input: ServerInput): ServerProfile {
    const profile = this.profiles.add(input);
    this.sessions.announce(profile.id);
    return profile;
  }

  async update(idOrName: string, input: ServerInput): Promise<ServerProfile> {
    const before = this.profiles.get(idOrName);
    const after = this.profiles.update(before.id, input);
    if (JSON.stringify(before.ssh) !== JSON.stringify(after.ssh) || before.demo !== after.demo) {
      await this.sessions.renew(after.id);
      const gone = hopsOf(before.ssh).filter((hop) => !hopsOf(after.ssh).includes(hop));
      if (gone.length > 0) await this.#secrets.forgetHops(after.id, gone);
    }
    return after;
  }

  /** Throws UNSAFE while a change runs there. */
  async remove(idOrName: string): Promise<boolean> {
    const profile = this.profiles.get(idOrName);
    await this.sessions.drop(profile);
    await this.#secrets.forget(profile.id, hopsOf(profile.ssh));
    this.#pendingKeys.forget(profile.id);
    const removed = this.profiles.remove(profile.id);
    await this.#forgetKeys(profile.ssh);
    return removed;
  }

  /** Connects if needed, asks the server what it is, and keeps the answer. */
  async test(idOrName: string, signal: AbortSignal): Promise<Probe> {
    const { id } = this.profiles.get(idOrName);
    const session = await this.sessions.sessionFor(id, signal);
    const found = await session.probe(signal);
    const { driver, demo } = session;
    const probe: Probe = { ...found, serverId: id, at: new Date().toISOString(), driver, demo };
    try {
      this.profiles.saveProbe(probe);
    } catch (error) {
      // The answer is here; that a full disk does not keep it for next time is no reason to withhold it.
      if (storageFailure(error) === null) throw error;
    }
    return probe;
  }

  async trustHostKey(idOrName: string, host: string, fingerprint: string): Promise<ServerProfile> {
    const profile = this.profiles.get(idOrName);
    const trusted = await trustHostKey(
      profile,
      { host, fingerprint },
      { hostKeys: this.#hostKeys, pendingKeys: this.#pendingKeys, profiles: this.profiles },
    );
    this.#pendingKeys.forget(profile.id);
    return trusted;
  }

  forgetSecrets(idOrName: string): Promise<number> {
    const { id, ssh } = this.profiles.get(idOrName);
    return this.#secrets.forget(id, hopsOf(ssh));
  }

  sshConfigHosts(file: string | null): Promise<SshConfigHost[]> {
    return sshConfigHosts(file, this.#sshDir);
  }

  dispose(): Promise<void> {
    return this.sessions.dispose();
  }

  /** Keys accepted for a removed server, unless another server is reached by the same name. */
  async #forgetKeys(ssh: SshSettings | null): Promise<void> {
    const still = new Set(this.profiles.list().flatMap(({ ssh }) => placesOf(ssh).map(nameOf)));
    for (const place of placesOf(ssh))
      if (!still.has(nameOf(place))) await this.#hostKeys.forget(place.host, place.port);
  }
}

type Place = { host: string; port: number };
const placesOf = (ssh: SshSettings | null): Place[] => (ssh === null ? [] : [ssh, ...ssh.jump]);
const nameOf = ({ host, port }: Place): string => `${host}:${port}`;
