/** A lab host as a driver reaches it: root over SSH, its host key taken from the lab. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hostKeysFrom } from '#remote/ssh/host-keys.ts';
import { openMachine } from '#remote/ssh/open-machine.ts';
import type { SshMachine } from '#remote/ssh/types.ts';
import type { LabHost } from '../lab/host.ts';

export function machineOf(host: LabHost): Promise<SshMachine> {
  const known = join(mkdtempSync(join(tmpdir(), 'postdeck-test-')), 'known_hosts');
  writeFileSync(known, host.hostKeys.map((key) => `${key.knownHosts}\n`).join(''));
  return openMachine(
    {
      host: host.address,
      port: 22,
      user: 'root',
      identityFile: host.keyFile,
      agent: false,
      jump: [],
      sudo: 'none',
      hostKey: null,
    },
    { secrets: () => Promise.resolve(null), hostKeys: hostKeysFrom(known, []), agent: null },
  );
}
