import type { Router } from '@orpc/server';
import type { Contract } from '#shared/contract/index.ts';
import type { AppInfo } from '#shared/contract/app.ts';

/** Where secrets are kept outside the console's own files: the OS keychain, as the host reaches it. */
export interface SecretKeeper {
  readonly kind: 'keychain';
  get(account: string): Promise<string | null>;
  set(account: string, secret: string): Promise<void>;
  delete(account: string): Promise<boolean>;
}

export interface ConsoleOptions {
  /** Folder of profiles, journal, safe copies and indexes. Made with mode 0700 when absent. */
  dataDir: string;
  door: AppInfo['host'];
  version: string;
  /** null: no keychain here; secrets go to the passphrase vault, or stay in this session's memory. */
  keychain: SecretKeeper | null;
  /** The user's OpenSSH folder, for known_hosts and config. Default: ~/.ssh. */
  sshDir?: string;
}

/** What a door knows about the caller of a method. */
export interface CallContext {
  access: 'read' | 'write';
}

/** The whole console behind a door. */
export interface Console {
  router: Router<Contract, CallContext>;
  /** Ends jobs, connections and files. Running changes are cancelled and journalled first. */
  dispose(): Promise<void>;
}
