import type { Failure } from '#shared/model/failure.ts';
import type { SecretKind } from '#shared/model/server.ts';
import type { Machine } from '../machine.ts';
import type { HostKeys } from './host-keys.ts';

/** A secret that logging in needs, or sudo. */
export interface SecretAsk {
  kind: SecretKind;
  /** The jump host it is for, as HOST:PORT; null: the server itself. */
  hop: string | null;
  user: string;
  host: string;
  port: number;
  /** The key file a passphrase is for. */
  file?: string;
  /** What the server asks, for keyboard-interactive: one answer each, joined by newlines. */
  prompts?: readonly { prompt: string; echo: boolean }[];
}

/** Answers with the secret, or null when there is none: the call then fails with AUTH_NEEDED. */
export type SecretSource = (ask: SecretAsk, signal: AbortSignal) => Promise<string | null>;

export type MachineState =
  | { state: 'connecting' }
  | { state: 'connected' }
  /** The connection is gone. It is made again on the next command, or at retryAt when the machine is kept. */
  | { state: 'lost'; failure: Failure; retryAt: Date | null }
  | { state: 'closed' };

export interface OpenMachineOptions {
  secrets: SecretSource;
  hostKeys: HostKeys;
  /** Called at each change of state, in order. */
  onState?: (state: MachineState) => void;
  /** Ends the opening. Does not end the machine later: that is close(). */
  signal?: AbortSignal;
  /** Seconds for the whole way in, every hop and login included. Default: limits.ts CONNECT_SECONDS. */
  connectSeconds?: number;
  /** ssh-agent socket or pipe; null: none. Default: SSH_AUTH_SOCK, on Windows the OpenSSH agent's pipe, then Pageant. */
  agent?: string | null;
  /** Folder of the key files to try when none is named. Default: ~/.ssh. */
  sshDir?: string;
}

/** A machine over SSH. It connects again by itself when a command needs it. */
export interface SshMachine extends Machine {
  readonly state: MachineState;
  /** While true, a lost connection is made again without being asked, waiting longer each time. */
  keep(on: boolean): void;
  /** Ends commands under way and the connection. The machine cannot be used again. */
  close(): Promise<void>;
}
