/** Three hosts, one a way of keeping accounts, as a driver reaches them: root over SSH, host keys taken from the lab. */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DirectoryPlan, DirectoryRequest } from '#drivers/accounts.ts';
import { PostfixDovecotAccounts } from '#drivers/postfix-dovecot/accounts/index.ts';
import { hostKeysFrom } from '#remote/ssh/host-keys.ts';
import { openMachine } from '#remote/ssh/open-machine.ts';
import type { SshMachine } from '#remote/ssh/types.ts';
import type { LabHost } from '../lab/host.ts';
import { type Lab, startLab } from '../lab/index.ts';
import { instanceName } from '../lab/instance.ts';

/** Ways of keeping accounts, by host; mx2 is turned from one database to the other by use(). */
const VARIANTS = [
  ['mx2', 'sql'],
  ['mx3', 'system'],
] as const;

/**
 * An instance of its own: these hosts are changed too deeply to be put back. Under `npm test` the files that need it share
 * one, which ends with the run.
 */
export async function startAccountsLab(): Promise<Lab> {
  const name = `${instanceName().slice(0, 8)}acc`;
  const lab = await startLab({ name, hosts: ['dns', 'mx1', 'mx2', 'mx3'], init: 'systemd', sql: true });
  await Promise.all(VARIANTS.map(([host, variant]) => use(lab.host(host), variant)));
  return lab;
}

export async function endAccountsLab(lab: Lab | undefined): Promise<void> {
  const kept = process.env.POSTDECK_LAB_KEEP !== undefined || process.env.POSTDECK_LAB_OWNER !== undefined;
  if (!kept) await lab?.down();
}

/** Has a host keep its accounts that way, unless it does so already. */
export async function use(host: LabHost, variant: 'sql' | 'pgsql' | 'system'): Promise<void> {
  const mark = '/run/postdeck-variant';
  if ((await host.exec(['cat', mark])).stdout === variant) return;
  await host.ok(['bash', `/lab/host/variant-${variant}.sh`], { timeout: 120_000 });
  await host.ok(['tee', mark], { stdin: variant });
}

export type Login = 'root' | 'ops' | 'opsn' | 'limited';

/** As root, or as a user who becomes root by sudo: with the password, without, or for the commands a test allows. */
export function machineOf(host: LabHost, user: Login = 'root'): Promise<SshMachine> {
  const known = join(mkdtempSync(join(tmpdir(), 'postdeck-test-')), 'known_hosts');
  writeFileSync(known, host.hostKeys.map((key) => `${key.knownHosts}\n`).join(''));
  const { address, keyFile } = host;
  const sudo = user === 'root' ? 'none' : user === 'ops' ? 'password' : 'passwordless';
  return openMachine(
    { host: address, port: 22, user, identityFile: keyFile, agent: false, jump: [], sudo, hostKey: null },
    {
      secrets: ({ kind }) => Promise.resolve(kind === 'sudo' ? 'opspw' : null),
      hostKeys: hostKeysFrom(known, []),
      agent: null,
    },
  );
}

type Asked = DirectoryRequest extends infer R ? (R extends DirectoryRequest ? Omit<R, 'serverId'> : never) : never;

/** Plans, applies and takes back as the console does, and says how the server stands after each. */
export class Desk {
  readonly machine: SshMachine;
  readonly accounts: PostfixDovecotAccounts;
  readonly #signal = new AbortController().signal;

  constructor(machine: SshMachine) {
    this.machine = machine;
    this.accounts = new PostfixDovecotAccounts(machine);
  }

  static async at(host: LabHost, user: Login = 'root'): Promise<Desk> {
    return new Desk(await machineOf(host, user));
  }

  plan(request: Asked): Promise<DirectoryPlan> {
    return this.accounts.plan({ ...request, serverId: 'lab' }, this.#signal);
  }

  async apply(request: Asked, plan: DirectoryPlan, passwords: Record<string, string> = {}): Promise<string> {
    const changeId = randomUUID();
    const options = { changeId, seen: plan.seen, passwords: new Map(Object.entries(passwords)) };
    await this.accounts.apply({ ...request, serverId: 'lab' }, options, this.#watch());
    return changeId;
  }

  /** Plans and applies; throws unless everything reads back as asked. */
  async change(request: Asked, passwords: Record<string, string> = {}): Promise<string> {
    const changeId = await this.apply(request, await this.plan(request), passwords);
    await this.expectWhole(changeId);
    return changeId;
  }

  async undo(undone: string): Promise<string> {
    const plan = await this.accounts.planUndo(undone, this.#signal);
    const changeId = randomUUID();
    await this.accounts.applyUndo(undone, { changeId, seen: plan.seen }, this.#watch());
    await this.expectWhole(changeId);
    return changeId;
  }

  async expectWhole(changeId: string): Promise<void> {
    const state = await this.accounts.state(changeId, this.#signal);
    if (!state.recorded || state.before > 0 || state.neither.length > 0 || state.after === 0) {
      throw new Error(`read back: ${JSON.stringify(state)}`);
    }
  }

  state(changeId: string) {
    return this.accounts.state(changeId, this.#signal);
  }
  list(usage = false) {
    return this.accounts.list({ usage, signal: this.#signal });
  }
  mailbox(address: string) {
    return this.accounts.mailbox(address, this.#signal);
  }
  route(address: string, from?: string) {
    return this.accounts.route(address, this.#signal, from);
  }

  #watch() {
    return { signal: this.#signal, ran: () => {}, progress: () => {} };
  }
}
