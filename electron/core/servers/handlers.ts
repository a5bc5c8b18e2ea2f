import type { Edge } from '../door/edge.ts';
import type { Secrets } from '../secrets/secrets.ts';
import type { Servers } from './servers.ts';

/** The contract's area `servers`. */
export function serverHandlers(os: Edge, { servers, secrets }: { servers: Servers; secrets: Secrets }) {
  const { profiles, sessions } = servers;
  return {
    list: os.servers.list.handler(() => profiles.list()),
    show: os.servers.show.handler(({ input }) => profiles.get(input.serverId)),
    add: os.servers.add.handler(({ input }) => servers.add(input)),
    update: os.servers.update.handler(({ input }) => servers.update(input.serverId, input.profile)),
    remove: os.servers.remove.handler(async ({ input }) => ({ removed: await servers.remove(input.serverId) })),
    test: os.servers.test.handler(({ input, signal = never() }) => servers.test(input.serverId, signal)),
    probe: os.servers.probe.handler(({ input }) => profiles.probe(profiles.get(input.serverId).id)),
    disconnect: os.servers.disconnect.handler(({ input }) => sessions.disconnect(input.serverId)),
    watch: os.servers.watch.handler(({ signal = never() }) => sessions.watch(signal)),
    trustHostKey: os.servers.trustHostKey.handler(({ input }) =>
      servers.trustHostKey(input.serverId, input.host, input.fingerprint),
    ),
    setSecret: os.servers.setSecret.handler(async ({ input }) => {
      const { id: serverId } = profiles.get(input.serverId);
      return { kept: await secrets.set({ serverId, kind: input.kind, hop: input.hop }, input.value, input.keep) };
    }),
    forgetSecrets: os.servers.forgetSecrets.handler(async ({ input }) => ({
      forgotten: await servers.forgetSecrets(input.serverId),
    })),
    sshConfigHosts: os.servers.sshConfigHosts.handler(({ input }) => servers.sshConfigHosts(input.file)),
  };
}

const never = (): AbortSignal => new AbortController().signal;
