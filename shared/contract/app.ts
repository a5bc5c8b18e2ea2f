import { z } from 'zod';
import { Settings } from '../model/settings.ts';
import { failures } from './errors.ts';
import { reads, writes } from './method.ts';

export const AppInfo = z.object({
  version: z.string(),
  /** Which door this is. */
  host: z.enum(['desktop', 'web', 'cli']),
  platform: z.string(),
  dataDir: z.string(),
  /** Who the journal names: login and host of this computer. */
  who: z.string(),
  /** Where secrets go: the OS keychain, the passphrase vault, or only this session's memory. */
  secrets: z.object({
    keeper: z.enum(['keychain', 'vault', 'session']),
    /** The vault exists and needs its passphrase. */
    locked: z.boolean(),
  }),
});
export type AppInfo = z.infer<typeof AppInfo>;

export const app = {
  info: reads.errors(failures()).output(AppInfo),
  settings: reads.errors(failures()).output(Settings),
  saveSettings: writes.errors(failures()).input(Settings.partial()).output(Settings),
  /** Opens the vault, or makes it when there is none yet. */
  unlockVault: writes
    .errors(failures('AUTH_FAILED'))
    .input(z.object({ passphrase: z.string().min(8).max(1024) }))
    .output(AppInfo),
};
