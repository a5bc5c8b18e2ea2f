/** What passes between the console and a thread that answers questions about logs. */
import type { FailureData } from '#shared/model/failure.ts';

export interface ThreadData {
  /** Folder of the sets. */
  dir: string;
  /** Worker threads for parsing and searching; undefined: as many as the engine chooses. */
  workers: number | undefined;
}

export type ToThread =
  | { type: 'call'; id: number; method: string; args: unknown[] }
  /** The next part of a stream that `call` opened. */
  | { type: 'next'; id: number }
  /** Nobody wants the answer, or the rest of the stream, any more. */
  | { type: 'abort'; id: number };

export type FromThread =
  | { type: 'done'; id: number; value: unknown }
  | { type: 'part'; id: number; value: unknown; end: boolean }
  | { type: 'progress'; id: number; value: unknown }
  | { type: 'failed'; id: number; failure: FailureData | null; words: string; stack: string };
