import type { AppInfo } from '#shared/contract/app.ts';
import type { Edge } from '../door/edge.ts';
import type { SettingsKeeper } from './settings.ts';

export interface AppServices {
  info: () => AppInfo | Promise<AppInfo>;
  settings: SettingsKeeper;
  unlockVault: (passphrase: string) => Promise<void>;
}

export function appHandlers(os: Edge, { info, settings, unlockVault }: AppServices) {
  return {
    info: os.app.info.handler(() => info()),
    settings: os.app.settings.handler(() => settings.read()),
    saveSettings: os.app.saveSettings.handler(({ input }) => settings.save(input)),
    unlockVault: os.app.unlockVault.handler(async ({ input }) => {
      await unlockVault(input.passphrase);
      return info();
    }),
  };
}
