/** A lab host with a session of the Postfix driver over SSH, for the tests of this folder. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { QueueIdentity, ServerSession, Watch } from '#drivers/driver.ts';
import { openSession } from '#drivers/postfix-dovecot/session.ts';
import { hostKeysFrom } from '#remote/ssh/host-keys.ts';
import { openMachine, type SshMachine } from '#remote/ssh/open-machine.ts';
import type { RanCommand } from '#shared/model/change.ts';
import type { QueueMessage } from '#shared/model/queue.ts';
import { type LabHost, USERS } from '../lab/index.ts';

export interface Connected {
  machine: SshMachine;
  session: ServerSession;
  close: () => Promise<void>;
}

/** Connects as one of the lab's users, with sudo as that user has it unless told otherwise. */
export async function connectAs(
  host: LabHost,
  user: keyof typeof USERS,
  sudo: 'none' | 'passwordless' | 'password' = 'none',
): Promise<Connected> {
  const folder = mkdtempSync(join(tmpdir(), 'postdeck-driver-'));
  writeFileSync(join(folder, 'known_hosts'), host.hostKeys.map((key) => `${key.knownHosts}\n`).join(''));
  const machine = await openMachine(
    {
      host: host.address,
      port: host.port,
      user,
      identityFile: host.keyFile,
      agent: false,
      jump: [],
      sudo,
      hostKey: null,
    },
    {
      secrets: (ask) => Promise.resolve(ask.kind === 'sudo' ? USERS[user].password : null),
      hostKeys: hostKeysFrom(join(folder, 'known_hosts'), []),
      agent: null,
    },
  );
  return {
    machine,
    session: openSession(machine),
    close: async () => {
      await machine.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Records what a verb tells. */
export function watching(signal: AbortSignal = new AbortController().signal) {
  const commands: RanCommand[] = [];
  const progress: number[] = [];
  const watch: Watch = {
    signal,
    ran: (command) => void commands.push(command),
    progress: (done) => void progress.push(done),
  };
  return { watch, commands, progress };
}

export const NEVER = new AbortController().signal;

export async function listAll(session: ServerSession): Promise<QueueMessage[]> {
  const all: QueueMessage[] = [];
  for await (const batch of session.queue.list({ signal: NEVER })) all.push(...batch);
  return all;
}

export function identityOf({ id, arrivalTime, sender, queue, size }: QueueMessage): QueueIdentity {
  return { id, arrivalTime, sender, queue, size };
}

export async function identities(session: ServerSession): Promise<QueueIdentity[]> {
  return (await listAll(session)).map(identityOf);
}
