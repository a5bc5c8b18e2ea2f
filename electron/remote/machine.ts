import type { Duplex, Readable, Writable } from 'node:stream';

/**
 * A command for a machine: an argv array, never a string. Quoting for the remote shell lives in ssh/quote.ts alone.
 * Values that can be data (ids, addresses, scripts, secrets) go over standard input.
 */
export interface RemoteCommand {
  /** What it is for, for logs and errors: `read the queue`. */
  name: string;
  /** Program by absolute path, then its arguments. Any bytes but NUL. */
  argv: readonly string[];
  /** It changes nothing there: lost with the connection, it leaves nothing to look after. Default false. */
  reads?: boolean;
  /** Run as root: directly, or through sudo as the profile says. Default false. */
  root?: boolean;
  /** Written to standard input, which is then closed. Streams are piped with backpressure. */
  stdin?: string | Uint8Array | Readable;
  /** Exit statuses that are not a failure. Default [0]. */
  okExit?: readonly number[];
  /** Seconds for the whole operation, connection included. Default: limits.ts COMMAND_SECONDS. */
  deadline?: number;
  /** Bytes of standard output kept or passed on before the command is stopped with LIMIT. Default: limits.ts. */
  maxOutput?: number;
  signal?: AbortSignal;
}

export interface RemoteResult {
  /** The command as shown to people: quoted, with sudo, without secrets. */
  command: string;
  exit: number | null;
  signal: string | null;
  stdout: Buffer;
  /** Redacted and capped. */
  stderr: string;
  ms: number;
}

/** A command under way. */
export interface RemoteProcess {
  command: string;
  stdout: Readable;
  stdin: Writable;
  /** Resolves when the command has ended and its output was read; rejects with a Failure. */
  ended: Promise<RemoteResult>;
  /** Ends the remote command (TERM, then closing the channel) and resolves when it is gone. */
  stop(): Promise<void>;
}

/** One machine reached over one connection. */
export interface Machine {
  /** How it is reached, for the status bar: `ssh ops@mx1.example`. */
  readonly label: string;
  readonly user: string;
  /** `root`: commands with root:true run as they are. `sudo`: through sudo. `none`: they fail with SUDO_REFUSED. */
  readonly privilege: 'root' | 'sudo' | 'none';
  /** Runs to the end. Throws a Failure on an exit status not in okExit, a lost connection, a deadline, a cancel. */
  run(command: RemoteCommand): Promise<RemoteResult>;
  /** Starts and hands out the streams, for output too large to keep. */
  start(command: RemoteCommand): Promise<RemoteProcess>;
  /**
   * A connection to a port of the machine's own loopback address, made by its SSH server (direct-tcpip, RFC 4254 7.2).
   * Throws CONNECT_FAILED where nobody listens there, or the server does not forward.
   */
  connect(port: number, signal: AbortSignal): Promise<Duplex>;
  /** How `command` will be shown and run, sudo included, without running it. */
  describe(command: Pick<RemoteCommand, 'argv' | 'root'>): string;
}
