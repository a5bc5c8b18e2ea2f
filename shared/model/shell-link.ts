import type { Settings } from './settings.ts';

/**
 * What the desktop shell and the desktop host say to each other over the host's parent port. The page's own calls do
 * not pass here: the shell only hands the host a port for each page.
 */

/** From the shell (Electron's main process) to the host (its utility process). */
export type ToHost =
  /** First of all. `keychain`: the operating system keeps secrets, through the shell. */
  | { type: 'start'; version: string; keychain: boolean }
  /** A page wants in; its MessagePort comes with the message. */
  | { type: 'port' }
  | { type: 'keychain-answer'; id: number; answer: KeychainAnswer }
  /** Cancel what runs, journal it, close everything, answer `stopped`. */
  | { type: 'stop' };

/** From the host to the shell. */
export type FromHost =
  | { type: 'ready' }
  /** The host cannot start; it ends by itself. */
  | { type: 'failed'; words: string }
  | { type: 'keychain'; id: number; ask: KeychainAsk }
  /** The language in the settings, once read and after each change; null: as the system says. */
  | { type: 'locale'; locale: Settings['locale'] }
  /** How many jobs run, at each change: the shell asks before it quits. */
  | { type: 'busy'; jobs: number }
  | { type: 'stopped' };

export type KeychainAsk =
  | { op: 'get'; account: string }
  | { op: 'set'; account: string; secret: string }
  | { op: 'delete'; account: string };

export type KeychainAnswer =
  | { ok: true; value: string | null; deleted: boolean }
  /** `words` never holds a secret. */
  | { ok: false; words: string };
