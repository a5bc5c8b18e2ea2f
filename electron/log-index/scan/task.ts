/** What passes between the owner of a set and its workers. */
import type { DictionaryMemory } from './dictionary.ts';

export type ToWorker =
  | { type: 'memory'; dictionary: DictionaryMemory; hosts: SharedArrayBuffer }
  /** Lines that start in `[from, to)` of a file. It stays open at its owner: a path may lead elsewhere any moment. */
  | { type: 'file'; id: number; fd: number; from: number; to: number; records: Uint32Array }
  /** Whole lines in memory. */
  | { type: 'bytes'; id: number; bytes: SharedArrayBuffer; length: number; records: Uint32Array }
  | SearchTask;

/** In which lines a needle stands. */
export interface SearchTask {
  type: 'search';
  id: number;
  path: string;
  /** Bytes of the file: whole lines, or with `packed` one zstd frame of whole lines each. */
  parts: {
    from: number;
    to: number;
    /** Of a frame: bytes that it unpacks to. */
    bytes?: number;
  }[];
  packed: boolean;
  needle: Uint8Array;
  /** Ignore the case of ASCII letters. */
  fold: boolean;
  /** Lines of each part that are enough. */
  most: number;
  /** Instead: `counts` are those of `damageOf` for each part. */
  inspect?: boolean;
}

/** How many lines of each part hold the needle, and where they begin, counted from the beginning of their part. */
export interface Found {
  counts: Uint32Array;
  at: Uint32Array;
}

export interface Parsed {
  type: 'parsed';
  id: number;
  /** Offset in the file (or in the bytes) of the first line, and the end of the last one. */
  start: number;
  end: number;
  lines: number;
  /** The records, when they did not fit the task's `records`. */
  rec?: Uint32Array;
  longLines: number;
}
export type FromWorker =
  | Parsed
  /** The dictionary has no room: the task must be given again with a larger one. */
  | { type: 'full'; id: number }
  | ({ type: 'found'; id: number } & Found)
  | { type: 'failed'; id: number; message: string };
