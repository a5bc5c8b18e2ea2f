import { eventIterator } from '@orpc/contract';
import { z } from 'zod';
import { Probe, SecretKind, ServerInput, ServerProfile, ServerStatus, SshConfigHost } from '../model/server.ts';
import { failures, ON_SERVER } from './errors.ts';
import { reads, writes } from './method.ts';

const byId = z.object({ serverId: z.string() });

export const servers = {
  list: reads.errors(failures()).output(z.array(ServerProfile)),
  show: reads.errors(failures('NOT_FOUND')).input(byId).output(ServerProfile),
  /** Saves the profile. Contacts nothing. */
  add: writes.errors(failures()).input(ServerInput).output(ServerProfile),
  update: writes
    .errors(failures('NOT_FOUND'))
    .input(byId.extend({ profile: ServerInput }))
    .output(ServerProfile),
  /** Forgets the profile, its secrets and its pinned key. The journal and the safe keep what they have. */
  remove: writes
    .errors(failures('NOT_FOUND', 'UNSAFE', 'VAULT_LOCKED'))
    .input(byId)
    .output(z.object({ removed: z.boolean() })),
  /** Connects if needed and asks the server what it is and what can be done there. */
  test: reads
    .errors(failures(...ON_SERVER))
    .input(byId)
    .output(Probe),
  /** The last probe, without contacting the server; null: never probed. */
  probe: reads.errors(failures('NOT_FOUND')).input(byId).output(Probe.nullable()),
  disconnect: writes.errors(failures('NOT_FOUND', 'UNSAFE')).input(byId).output(ServerStatus),
  /** States of all servers: all of them first, then each change. */
  watch: reads.errors(failures()).output(eventIterator(z.array(ServerStatus))),
  /** Accepts exactly this key for this server, after a person has compared the fingerprint. */
  trustHostKey: writes
    .errors(failures('NOT_FOUND', 'UNSAFE'))
    .input(byId.extend({ host: z.string(), fingerprint: z.string() }))
    .output(ServerProfile),
  /** Hands over a secret that AUTH_NEEDED asked for. `session` keeps it in memory only. */
  setSecret: writes
    .errors(failures('NOT_FOUND', 'VAULT_LOCKED'))
    .input(
      byId.extend({
        kind: SecretKind,
        /** The hop it is for, as HOST:PORT; null: the server itself. */
        hop: z.string().nullable().default(null),
        value: z.string().max(4096),
        keep: z.enum(['session', 'stored']),
      }),
    )
    .output(z.object({ kept: z.enum(['session', 'keychain', 'vault']) })),
  forgetSecrets: writes
    .errors(failures('NOT_FOUND', 'VAULT_LOCKED'))
    .input(byId)
    .output(z.object({ forgotten: z.number().int() })),
  /** Hosts of ~/.ssh/config (or of a file). Nothing in it is run. */
  sshConfigHosts: reads
    .errors(failures('NOT_FOUND'))
    .input(z.object({ file: z.string().max(4096).nullable().default(null) }))
    .output(z.array(SshConfigHost)),
};
