/**
 * One dialect: how one family of programs writes its lines. A dialect is a file of this folder with its sample lines
 * and what must be read from them; one without samples does not pass the tests.
 */
import type { KindName } from '../scan/records.ts';
import type { Scan } from '../scan/scan.ts';

export interface Sample {
  /** A whole line as the program writes it. */
  line: string;
  kind: KindName;
  /** Every field that is not empty. DSNs, statuses and actions as text, times in milliseconds. */
  fields?: Record<string, string | number | string[]>;
}

export interface Dialect {
  name: string;
  /** Names in the program field of syslog; for Postfix the last part of the name (`postfix/submission/smtpd`). */
  programs: readonly string[];
  /** `programs` are daemons of Postfix: they are known by the last part after a slash. */
  postfix?: boolean;
  /** Its lines are usual ones: `parse` is also compiled to WebAssembly, and keeps to what AssemblyScript takes. */
  compiled?: true;
  /**
   * Reads the message `[scan.at, scan.end)` and emits at most one record. Emitting none leaves a plain line.
   * Must not throw, must not look outside the line, and must do bounded work per byte.
   */
  parse: (scan: Scan) => void;
  samples: readonly Sample[];
}
