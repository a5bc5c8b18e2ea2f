/** What can be read of a server's own logs. The core mirrors them by these verbs, whatever the family. */

/** One log of a server. */
export type LogPlace =
  /** A file that is rotated: written to a new file under the same name, or copied away and cut. */
  | { kind: 'file'; path: string }
  /** The systemd journal, as far as mail is in it. */
  | { kind: 'journal' };

/** A log file as it is now: the current one, or a rotated one beside it. */
export interface LogFile {
  name: string;
  inode: string;
  /** Bytes of the file; of a packed one, of the packed file. */
  size: number;
  /** When it was last written, seconds since 1970 with nanoseconds: more digits than a number holds. */
  changed: string;
  /** The first bytes of the log itself, unpacked: at most 1 KiB. They tell one log from the next under the same name. */
  head: Buffer;
  /** It was compressed after its rotation. */
  packed: boolean;
}

/** What a file was known as when it was last looked at: nothing is sent when it is still the same. */
export type Known = Pick<LogFile, 'inode' | 'size' | 'changed'>;

/** One log file of a server and its rotated ones, over one process that stays until close(). */
export interface LogFiles {
  /** The current file; null: there is none at the moment; 'same': as it is known. */
  look(known: Known | null): Promise<LogFile | 'same' | null>;
  /** The rotated files, in no order. */
  rotated(): Promise<LogFile[]>;
  /**
   * Bytes of a plain file from `offset`, at most `count`. 'moved': the name is another file now, or the file was cut
   * since `head` was read from it. Then nothing was read.
   */
  read(file: LogFile, offset: number, count: number): Promise<Buffer | 'moved'>;
  /** The log from `offset` (of the unpacked log) to its present end, in pieces; for what is too much for `read`. */
  stream(file: LogFile, offset: number, count: number, signal: AbortSignal): AsyncIterable<Buffer>;
  close(): Promise<void>;
}

export interface JournalEntry {
  cursor: string;
  /** Microseconds since 1970. */
  time: number;
  host: string;
  program: string;
  pid: string;
  message: string;
}

/** Thrown by `stream`: the name is another file now. Look again. */
export class MovedAway extends Error {}

export interface LogVerbs {
  /** Where this server writes mail logs. UNSUPPORTED where there is none, or this user may not read it. */
  places(signal: AbortSignal): Promise<LogPlace[]>;
  /** IANA zone of times without one; null: not told. */
  zone(signal: AbortSignal): Promise<string | null>;
  files(path: string, signal: AbortSignal): Promise<LogFiles>;
  /**
   * Mail's entries of the journal after a cursor, or since a time (Unix seconds); with `follow` the stream goes on
   * with new ones and does not end by itself.
   */
  journal(
    from: { cursor: string } | { since: number },
    options: { follow: boolean; signal: AbortSignal },
  ): AsyncIterable<JournalEntry[]>;
}
