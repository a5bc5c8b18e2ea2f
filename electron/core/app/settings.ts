import { DEFAULT_SETTINGS, Settings } from '#shared/model/settings.ts';
import { readSettings, writeSettings } from '../store/settings-rows.ts';
import type { Store } from '../store/store.ts';

/** What was saved over the defaults. A stored value that this version does not know falls back to its default. */
export class SettingsKeeper {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  read(): Settings {
    const saved = readSettings(this.#store);
    const good = Object.fromEntries(
      Object.entries(saved).filter(([key, value]) => {
        const field = Settings.shape[key as keyof Settings] as (typeof Settings.shape)[keyof Settings] | undefined;
        return field?.safeParse(value).success === true;
      }),
    );
    return { ...DEFAULT_SETTINGS, ...good };
  }

  save(changed: Partial<Settings>): Settings {
    writeSettings(this.#store, changed);
    return this.read();
  }
}
