import { join } from 'node:path';
import { raceSignal } from '#remote/deadlines.ts';
import type { Machine } from '#remote/machine.ts';
import type { HostKeys } from '#remote/ssh/host-keys.ts';
import { type MachineState, openMachine, type SecretAsk, type SshMachine } from '#remote/ssh/open-machine.ts';
import type { Driver, ServerSession } from '#drivers/driver.ts';
import { assertNever } from '#shared/model/assert-never.ts';
import { Failure, isFailure } from '#shared/model/failure.ts';
import type { ServerProfile, ServerStatus, SshSettings } from '#shared/model/server.ts';
import { text } from '#shared/model/text.ts';
import type { Secrets } from '../secrets/secrets.ts';
import type { PendingKeys } from './pending-keys.ts';
import type { Profiles } from './profiles.ts';
import type { Sessions } from './sessions.ts';
import { stateAfter, StatusBoard } from './status.ts';

export interface PoolOptions {
  dataDir: string;
  profiles: Profiles;
  secrets: Secrets;
  hostKeys: HostKeys;
  pendingKeys: PendingKeys;
  drivers: readonly Driver[];
  openDemo: (options: { stateFile: string | null }) => ServerSession;
  /** Seconds for the way in. Default: limits.ts CONNECT_SECONDS. */
  connectSeconds?: number;
  /** Folder of the key files to try where none is named. */
  sshDir: string;
}

/** A server somebody has asked for. */
interface Entry {
  session: ServerSession;
  machine: SshMachine | null;
}

interface Opening {
  promise: Promise<Entry>;
  abort: AbortController;
  waiters: number;
}

/** Connected servers, opened on demand: one session and one connection each. */
export class SessionPool implements Sessions {
  readonly #options: PoolOptions;
  readonly #entries = new Map<string, Entry>();
  readonly #openings = new Map<string, Opening>();
  readonly #occupied = new Map<string, number>();
  /** Profiles that changed while a change ran there: their sessions end with it. */
  readonly #stale = new Set<string>();
  readonly #board: StatusBoard;

  constructor(options: PoolOptions) {
    this.#options = options;
    this.#board = new StatusBoard((watched) => {
      for (const { machine } of this.#entries.values()) machine?.keep(watched);
    });
  }

  async sessionFor(idOrName: string, signal: AbortSignal): Promise<ServerSession> {
    signal.throwIfAborted();
    const profile = this.#options.profiles.get(idOrName);
    const entry = this.#entries.get(profile.id);
    if (entry) return entry.session;
    let opening = this.#openings.get(profile.id);
    if (opening === undefined) {
      const abort = new AbortController();
      opening = { abort, waiters: 0, promise: this.#open(profile, abort.signal) };
      this.#openings.set(profile.id, opening);
      const over = this.#overWith.bind(this, profile.id, opening);
      opening.promise.then(over, over);
    }
    opening.waiters += 1;
    try {
      return (await raceSignal(opening.promise, signal)).session;
    } finally {
      opening.waiters -= 1;
      // Nobody waits any more: the attempt ends with the last of them, and whoever comes next starts another.
      if (opening.waiters === 0 && signal.aborted) {
        this.#overWith(profile.id, opening);
        opening.abort.abort(signal.reason);
      }
    }
  }

  current(idOrName: string): ServerSession | null {
    return this.#entries.get(this.#options.profiles.get(idOrName).id)?.session ?? null;
  }

  statuses(): ServerStatus[] {
    return this.#options.profiles.list().map(({ id }) => this.#board.get(id));
  }

  status(serverId: string): ServerStatus {
    return this.#board.get(serverId);
  }

  watch(signal: AbortSignal): AsyncIterableIterator<ServerStatus[]> & AsyncIteratorObject<ServerStatus[], void, void> {
    return this.#board.watch(this.statuses(), signal);
  }

  /** Tells watchers of a server that was added. */
  announce(serverId: string): void {
    this.#board.announce(serverId);
  }

  noteQueueCount(idOrName: string, count: number): void {
    this.#board.count(this.#options.profiles.get(idOrName).id, count);
  }

  occupy(idOrName: string): () => void {
    const { id } = this.#options.profiles.get(idOrName);
    this.#occupied.set(id, (this.#occupied.get(id) ?? 0) + 1);
    let released = false;
    return () => {
      if (released) return;
      released = true;
      const left = (this.#occupied.get(id) ?? 1) - 1;
      if (left > 0) this.#occupied.set(id, left);
      else {
        this.#occupied.delete(id);
        if (this.#stale.delete(id)) void this.#close(id);
      }
    };
  }

  occupied(idOrName: string): boolean {
    return this.#occupied.has(this.#options.profiles.get(idOrName).id);
  }

  async disconnect(idOrName: string): Promise<ServerStatus> {
    const { id, name } = this.#options.profiles.get(idOrName);
    if (this.occupied(id)) throw busy(name);
    await this.#close(id);
    return this.#board.get(id);
  }

  /** The profile changed: the next use connects anew. A change that runs there keeps its session until it ends. */
  async renew(serverId: string): Promise<void> {
    if (this.occupied(serverId)) this.#stale.add(serverId);
    else await this.#close(serverId);
  }

  /** Ends the session of a server that is being removed. Throws UNSAFE while a change runs there. */
  async drop(profile: ServerProfile): Promise<void> {
    if (this.occupied(profile.id)) throw busy(profile.name);
    await this.#close(profile.id);
    this.#board.drop(profile.id);
  }

  async dispose(): Promise<void> {
    const ids = new Set([...this.#entries.keys(), ...this.#openings.keys()]);
    await Promise.all([...ids].map((id) => this.#close(id)));
  }

  async #close(serverId: string): Promise<void> {
    const opening = this.#openings.get(serverId);
    opening?.abort.abort();
    await opening?.promise.catch(() => {});
    const entry = this.#entries.get(serverId);
    this.#entries.delete(serverId);
    await entry?.machine?.close();
    this.#board.set(serverId, { state: 'not-contacted' });
  }

  async #open(profile: ServerProfile, signal: AbortSignal): Promise<Entry> {
    try {
      const entry = profile.ssh === null ? this.#openDemo(profile) : await this.#openSsh(profile, profile.ssh, signal);
      if (signal.aborted) {
        await entry.machine?.close();
        signal.throwIfAborted();
      }
      this.#entries.set(profile.id, entry);
      entry.machine?.keep(this.#board.watched);
      return entry;
    } catch (error) {
      const given = signal.aborted && this.#openings.has(profile.id);
      if (!given) this.#board.set(profile.id, isFailure(error) ? stateAfter(error) : { state: 'not-contacted' });
      throw error;
    }
  }

  #overWith(serverId: string, opening: Opening): void {
    if (this.#openings.get(serverId) === opening) this.#openings.delete(serverId);
  }

  #openDemo({ id }: ServerProfile): Entry {
    const session = this.#options.openDemo({ stateFile: join(this.#options.dataDir, 'demo', `${id}.json`) });
    this.#board.set(id, { state: 'connected' });
    return { session, machine: null };
  }

  async #openSsh(profile: ServerProfile, ssh: SshSettings, signal: AbortSignal): Promise<Entry> {
    const machine = await openMachine(ssh, {
      secrets: (ask) => this.#secret(profile, ssh, ask),
      hostKeys: this.#options.hostKeys,
      onState: (state) => this.#onState(profile.id, state),
      signal,
      connectSeconds: this.#options.connectSeconds,
      sshDir: this.#options.sshDir,
    });
    try {
      const driver = await this.#driverFor(machine, signal);
      if (driver === null) throw noDriver(profile, this.#options.drivers);
      return { session: driver.open(machine), machine };
    } catch (error) {
      await machine.close();
      throw error;
    }
  }

  async #driverFor(machine: Machine, signal: AbortSignal): Promise<Driver | null> {
    for (const driver of this.#options.drivers) if (await driver.recognises(machine, signal)) return driver;
    return null;
  }

  /** A key file is often the same for all hops: its passphrase is asked for once. */
  async #secret({ id }: ServerProfile, ssh: SshSettings, { kind, hop, file }: SecretAsk): Promise<string | null> {
    const own = await this.#options.secrets.get({ serverId: id, kind, hop });
    if (own !== null || hop === null || kind !== 'passphrase') return own;
    const at = ssh.jump.find(({ host, port }) => `${host}:${port}` === hop);
    // Neither names one: both try the same default files.
    const isShared =
      ssh.identityFile === null ? at?.identityFile === null : file !== undefined && sameFile(file, ssh.identityFile);
    return isShared ? this.#options.secrets.get({ serverId: id, kind, hop: null }) : null;
  }

  #onState(serverId: string, state: MachineState): void {
    switch (state.state) {
      case 'connecting':
      case 'connected':
        this.#board.set(serverId, { state: state.state });
        return;
      case 'lost':
        this.#options.pendingKeys.note(serverId, state.failure);
        this.#board.set(serverId, stateAfter(state.failure, state.retryAt));
        return;
      case 'closed':
        return;
      default:
        assertNever(state, 'state of a machine');
    }
  }
}

const sameFile = (expanded: string, written: string): boolean =>
  expanded === written || (written.startsWith('~') && expanded.endsWith(written.slice(1)));

function busy(name: string): Failure {
  return new Failure(
    'UNSAFE',
    text(
      /*i18n*/ { id: 'servers.busy', message: 'A change is running on {name}; its connection was left alone' },
      { name },
    ),
    {
      hint: text(/*i18n*/ { id: 'servers.busy.hint', message: 'Wait until it ends, or cancel it first' }),
      retryable: true,
    },
  );
}

function noDriver(profile: ServerProfile, drivers: readonly Driver[]): Failure {
  return new Failure(
    'UNSUPPORTED',
    text(
      /*i18n*/ {
        id: 'servers.no-driver',
        message: 'Logged in to {name}, but found no mail server there that the console knows (it knows {known})',
      },
      { name: profile.name, known: drivers.map((driver) => driver.title).join(', ') },
    ),
    {
      hint: text(
        /*i18n*/ {
          id: 'servers.no-driver.hint',
          message: 'Check that this is the right machine, and that its mail server is installed',
        },
      ),
    },
  );
}
