import { journal } from './002-journal.ts';
import { levels } from './003-levels.ts';
import { servers } from './004-servers.ts';
import { settings } from './001-settings.ts';

/**
 * The store's history, in order; the position is the version. A migration that has been released is never edited:
 * a change of the tables is a new file and a new line.
 */
export const MIGRATIONS: readonly { name: string; sql: string }[] = [
  { name: 'settings', sql: settings },
  { name: 'journal', sql: journal },
  { name: 'levels', sql: levels },
  { name: 'servers', sql: servers },
];
