import { z } from 'zod';

/** Languages offered on screen. Norwegian Bokmål is prepared in resources/locales and joins when it is complete. */
export const LOCALES = ['en', 'pl'] as const;

/** A search of the queue that somebody wants again; it is asked of whichever server is on view. */
export const SavedSearch = z.object({
  name: z.string().trim().min(1).max(60),
  /** As it stands in the search bar. */
  query: z.string().trim().min(1).max(2000),
});
export type SavedSearch = z.infer<typeof SavedSearch>;

/** Choices that follow a person across windows. View state stays in the page. */
export const Settings = z.object({
  theme: z.enum(['auto', 'light', 'dark']),
  /** null: as the system or browser says. */
  locale: z.enum(LOCALES).nullable(),
  /** Act on single letters (h, u, r, ...) outside fields. */
  singleKeys: z.boolean(),
  /** Days safe copies are kept. */
  keepCopiesDays: z.number().int().min(1).max(3650),
  /** Seconds between readings of a queue that is on screen; 0: only when asked. */
  refreshSeconds: z.number().int().min(0).max(3600),
  /** In the order they are shown. */
  savedSearches: z.array(SavedSearch).max(50),
});
export type Settings = z.infer<typeof Settings>;

export const DEFAULT_SETTINGS: Settings = {
  theme: 'auto',
  locale: null,
  singleKeys: true,
  keepCopiesDays: 30,
  refreshSeconds: 15,
  savedSearches: [],
};
