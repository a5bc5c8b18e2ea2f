import { platform } from 'node:os';
import { join, resolve } from 'node:path';
import { drivers, openDemo } from '#drivers/index.ts';
import type { ServerProfile } from '#shared/model/server.ts';
import { accountHandlers, aliasHandlers, domainHandlers } from './accounts/handlers.ts';
import { accountKinds } from './accounts/kinds.ts';
import { Listings } from './accounts/listings.ts';
import { mailboxHandlers } from './accounts/mailboxes.ts';
import { Passwords } from './accounts/passwords.ts';
import { appHandlers } from './app/handlers.ts';
import { SettingsKeeper } from './app/settings.ts';
import { whoIsHere } from './app/who.ts';
import { Changes } from './changes/changes.ts';
import { changeHandlers } from './changes/handlers.ts';
import { History } from './changes/history.ts';
import { Journal } from './changes/journal.ts';
import { Looks } from './changes/looks.ts';
import { keptKey } from './changes/safe/key.ts';
import { Safe } from './changes/safe/safe.ts';
import type { Console, ConsoleOptions } from './console.ts';
import { Credits } from './door/credit.ts';
import { edge } from './door/edge.ts';
import { openLog } from './door/log.ts';
import { jobHandlers } from './jobs/handlers.ts';
import { Jobs } from './jobs/jobs.ts';
import { logHandlers } from './logs/handlers.ts';
import { LiveLogs } from './logs/live/live-logs.ts';
import { LogSets } from './logs/sets.ts';
import { queueHandlers } from './queue/handlers.ts';
import { queueKinds } from './queue/kinds/index.ts';
import { QueueReadings } from './queue/readings.ts';
import { Secrets } from './secrets/secrets.ts';
import { serverHandlers } from './servers/handlers.ts';
import { Servers } from './servers/servers.ts';
import { makePrivateDir, openStore } from './store/store.ts';

/** Builds the whole console, top to bottom: what stands lower uses what stands higher. */
export async function compose(options: ConsoleOptions): Promise<Console> {
  const dataDir = resolve(options.dataDir);
  makePrivateDir(dataDir);
  const log = openLog(dataDir);
  const store = openStore(dataDir);
  const settings = new SettingsKeeper(store);
  const credits = new Credits();
  const jobs = new Jobs();
  const secrets = new Secrets(dataDir, options.keychain);
  const servers = new Servers({ dataDir, store, secrets, drivers, openDemo, sshDir: options.sshDir });
  const { sessions, profiles } = servers;
  const readings = new QueueReadings(sessions, store);
  const journal = new Journal(store, dataDir);
  const safe = new Safe(dataDir, keptKey(options.keychain, secrets.vault));
  const history = new History(journal, () => safe.free());
  const keepDays = (): number => settings.read().keepCopiesDays;
  const listings = new Listings(sessions);
  const passwords = new Passwords();
  const logSets = new LogSets({ dir: join(dataDir, 'logs'), jobs });
  const kinds = [...queueKinds({ readings, safe, journal, keepDays }), ...accountKinds({ listings, passwords })];
  const who = whoIsHere();
  const profile = (server: string): ServerProfile => profiles.get(server);
  const liveLogs = new LiveLogs({ dir: join(dataDir, 'logs', '.live'), sessions, jobs, profile });
  const changes = new Changes({ kinds, journal, history, safe, store, jobs, sessions, profile, log, who });
  await changes.start();

  const directory = { sessions, listings, passwords, profile };
  const os = edge(log);
  const router = os.router({
    app: appHandlers(os, {
      settings,
      info: () => ({
        version: options.version,
        host: options.door,
        platform: platform(),
        dataDir,
        who,
        secrets: secrets.info(),
      }),
      unlockVault: (passphrase) => secrets.unlockVault(passphrase),
    }),
    servers: serverHandlers(os, { servers, secrets }),
    queue: queueHandlers(os, { readings, sessions, store, credits, idOf: (server) => profile(server).id }),
    changes: changeHandlers(os, changes, journal),
    jobs: jobHandlers(os, jobs),
    accounts: accountHandlers(os, directory),
    aliases: aliasHandlers(os, directory),
    domains: domainHandlers(os, directory),
    mailboxes: mailboxHandlers(os, { sessions, listings, credits, looks: new Looks(journal, who), secrets, profile }),
    logs: logHandlers(os, { sets: logSets, live: liveLogs, credits }),
    flow: {
      ack: os.flow.ack.handler(({ input }) => credits.ack(input.streamId, input.seq)),
    },
  });

  let disposed: Promise<void> | null = null;
  const dispose = async (): Promise<void> => {
    await jobs.dispose();
    await changes.dispose();
    await readings.dispose();
    await liveLogs.dispose();
    await logSets.dispose();
    await servers.dispose();
    secrets.dispose();
    store.close();
    log.flush();
  };
  return {
    router,
    dispose: () => {
      disposed ??= dispose();
      return disposed;
    },
  };
}
