import { join } from 'node:path';
import type { ServerSession } from '#drivers/driver.ts';
import { openDemo } from '#drivers/index.ts';
import { Failure } from '#shared/model/failure.ts';
import type { Probe, ServerProfile, ServerStatus } from '#shared/model/server.ts';
import { text } from '#shared/model/text.ts';
import type { Edge } from './door/edge.ts';
import type { Sessions } from './servers/sessions.ts';

/** Demo servers alone, kept in memory: what the console has until core/servers stands. */
export function demoServers(dataDir: string) {
  const profiles = new Map<string, ServerProfile>();
  const open = new Map<string, ServerSession>();
  const counts = new Map<string, number>();
  const probes = new Map<string, Probe>();
  const profile = (serverId: string): ServerProfile => {
    const found = profiles.get(serverId) ?? [...profiles.values()].find(({ name }) => name === serverId);
    if (found === undefined) {
      throw new Failure(
        'NOT_FOUND',
        text(/*i18n*/ { id: 'servers.none', message: 'There is no server {serverId}' }, { serverId }),
      );
    }
    return found;
  };
  const status = (serverId: string): ServerStatus => ({
    serverId,
    state: open.has(serverId) ? 'connected' : 'not-contacted',
    why: null,
    since: profile(serverId).addedAt,
    retryAt: null,
    queueCount: counts.get(serverId) ?? null,
  });
  const sessions: Sessions = {
    sessionFor: async (serverId) => {
      const { id, demo } = profile(serverId);
      if (!demo)
        throw new Failure(
          'UNSUPPORTED',
          text(/*i18n*/ { id: 'servers.demo-only', message: 'Only demo servers so far' }),
        );
      const session = open.get(id) ?? openDemo({ stateFile: join(dataDir, 'demo', `${id}.json`) });
      open.set(id, session);
      return Promise.resolve(session);
    },
    current: (serverId) => open.get(serverId) ?? null,
    statuses: () => [...profiles.keys()].map(status),
    async *watch() {
      yield [...profiles.keys()].map(status);
      await Promise.resolve();
    },
    noteQueueCount: (serverId, count) => void counts.set(serverId, count),
    occupy: () => () => undefined,
    occupied: () => false,
    disconnect: (serverId) => {
      open.delete(serverId);
      return Promise.resolve(status(serverId));
    },
    dispose: () => Promise.resolve(),
  };
  const handlers = (os: Edge) => {
    const no = (): never => {
      throw new Failure('UNSUPPORTED', text(/*i18n*/ { id: 'servers.demo-only', message: 'Only demo servers so far' }));
    };
    return {
      list: os.servers.list.handler(() => [...profiles.values()]),
      show: os.servers.show.handler(({ input }) => profile(input.serverId)),
      add: os.servers.add.handler(({ input }) => {
        const made = { ...input, id: input.name, addedAt: new Date().toISOString() };
        profiles.set(made.id, made);
        return made;
      }),
      update: os.servers.update.handler(no),
      remove: os.servers.remove.handler(({ input }) => ({ removed: profiles.delete(input.serverId) })),
      test: os.servers.test.handler(async ({ input }) => {
        const session = await sessions.sessionFor(input.serverId, new AbortController().signal);
        const found = await session.probe(new AbortController().signal);
        const probe = {
          ...found,
          serverId: input.serverId,
          at: new Date().toISOString(),
          driver: session.driver,
          demo: true,
        };
        probes.set(input.serverId, probe);
        return probe;
      }),
      probe: os.servers.probe.handler(({ input }) => probes.get(profile(input.serverId).id) ?? null),
      disconnect: os.servers.disconnect.handler(({ input }) => sessions.disconnect(input.serverId)),
      watch: os.servers.watch.handler(async function* () {
        yield sessions.statuses();
        await Promise.resolve();
      }),
      trustHostKey: os.servers.trustHostKey.handler(no),
      setSecret: os.servers.setSecret.handler(no),
      forgetSecrets: os.servers.forgetSecrets.handler(no),
      sshConfigHosts: os.servers.sshConfigHosts.handler(() => []),
    };
  };
  return { sessions, profile, handlers };
}
