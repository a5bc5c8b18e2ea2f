/** One open set: its tables, its dictionary, its lines, and the files they came from. */
import { closeSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { zstdDecompressSync } from 'node:zlib';
import type { Dictionary, StringTable } from '../scan/dictionary.ts';
import { BLOCK_BYTES, BlockCache } from './blocks.ts';
import { openSource } from './source-file.ts';
import type { LineFile, LinePlace } from './lines.ts';
import type { Tables } from './tables.ts';

export interface Source {
  /** What the person gave: a path, or `archive.tar!member`. */
  name: string;
  /** The file itself. */
  path: string;
  /** Bytes indexed: of the file when plain, of the text when it had to be inflated or transcoded. */
  bytes: number;
  lines: number;
  /** Plain files are read where they are; others from the set's own frames. */
  plain: boolean;
  size: number;
  mtimeMs: number;
  inode: number;
  /** Hash of the first `headBytes` bytes: the same file under another name is known again. */
  head: string;
  headBytes: number;
  /** What was wrong with it, in words for a report: code and how often. */
  troubles: Record<string, number>;
}

export interface SetInfo {
  name: string;
  zone: string;
  created: string;
  sources: Source[];
  /** First and last time, Unix seconds. */
  first: number;
  last: number;
  /** Processes with something open at the end, for appending: see correlate/restore.ts. */
  processes?: number[][];
}

/** A file that was not there is looked for again after this: a mount may come back. Milliseconds. */
const AGAIN_MS = 5000;

/** 16 MB of raw log. */
const BLOCKS = 4096;

export class LogSet {
  readonly info: SetInfo;
  /** For questions that look at every row. */
  readonly t: Tables;
  /** The same for those that look at some: columns can be read by row and not otherwise. */
  few: Tables;
  /** Its strings: in memory when the set may grow, else on disk. */
  strings: StringTable;
  readonly hosts: Int32Array;
  readonly lines: LineFile;
  dir: string;
  readonly writable: boolean;
  /** Open files by path, and plain sources by number: where they were found, or when they were not. */
  private readonly fds = new Map<string, number>();
  private readonly found = new Map<number, { fd: number; path: string } | { missing: number }>();
  private readonly frames = new Map<number, Buffer>();
  private readonly blocks = new BlockCache(BLOCKS);

  constructor(
    info: SetInfo,
    t: Tables,
    strings: StringTable,
    hosts: Int32Array,
    lines: LineFile,
    dir: string,
    writable = false,
  ) {
    this.info = info;
    this.t = t;
    this.few = t;
    this.strings = strings;
    this.hosts = hosts;
    this.lines = lines;
    this.dir = dir;
    this.writable = writable;
  }

  /** The strings of a set that may grow. */
  get dict(): Dictionary {
    if (!('intern' in this.strings)) throw new RangeError('expected a set opened for appending');
    return this.strings as Dictionary;
  }

  set dict(dictionary: Dictionary) {
    this.strings = dictionary;
  }

  /** The directory of the set has another name now. */
  moved(dir: string): void {
    this.closeFiles();
    this.dir = dir;
  }

  hostName(number: number): string {
    return this.strings.text(this.hosts[number]);
  }

  root(node: number): number {
    const { up } = this.few.nodes;
    let r = node;
    while (up[r] !== r) r = up[r];
    return r;
  }

  /** The node that stands for the trace of `node`: its number is the trace's id. */
  head(node: number): number {
    return this.few.nodes.head[this.root(node)];
  }

  /** Every node of a trace, in the order they were first seen. */
  members(node: number): number[] {
    const { ring } = this.few.nodes;
    const out: number[] = [];
    let n = node;
    do {
      out.push(n);
      n = ring[n];
    } while (n !== node);
    return out.sort((a, b) => a - b);
  }

  /** Line numbers of a node, oldest first. */
  linesOf(node: number): number[] {
    const out: number[] = [];
    for (let line = this.few.nodes.last[node]; line !== 0; ) {
      out.push(line - 1);
      line = this.lines.before(line - 1);
    }
    return out.reverse();
  }

  /** The raw bytes of a line without its newline, good until the next are read; none when the file is gone or shorter. */
  raw(line: number): Buffer {
    const place = this.lines.place(line);
    return place === undefined ? Buffer.alloc(0) : this.rawAt(place);
  }

  rawAt(place: LinePlace): Buffer {
    let bytes: Buffer;
    if (place.chunk.frameLength > 0) {
      const frame = this.frame(place.chunk.frameAt, place.chunk.frameLength);
      bytes = frame.subarray(place.offset, place.offset + place.length);
    } else {
      bytes = this.near(place.chunk.source, place.chunk.offset + place.offset, place.length);
    }
    let end = bytes.length;
    if (end > 0 && bytes[end - 1] === 10) end--;
    if (end > 0 && bytes[end - 1] === 13) end--;
    return bytes.subarray(0, end);
  }

  /** The text of a line; invalid UTF-8 shows as U+FFFD. */
  text(line: number): string {
    return this.raw(line).toString('utf8');
  }

  /** Bytes of a plain source, by way of a small cache of blocks: the lines of a trace stand close together. */
  private near(source: number, at: number, length: number): Buffer {
    const first = Math.floor(at / BLOCK_BYTES);
    const inside = at - first * BLOCK_BYTES;
    const fd = this.plain(source)?.fd;
    if (fd === undefined) return Buffer.alloc(0); // rotated out of sight: the trace stands, its raw lines do not
    try {
      if (inside + length <= BLOCK_BYTES)
        return this.blocks
          .bytes(source * 2 ** 32 + first, fd, first, inside + length)
          .subarray(inside, inside + length);
      const bytes = Buffer.allocUnsafe(length);
      return bytes.subarray(0, readSync(fd, bytes, 0, length, at));
    } catch {
      return Buffer.alloc(0); // no longer readable
    }
  }

  /** Where the file of a plain source is now: undefined when it is gone, or when another log has taken its place. */
  pathOf(source: number): string | undefined {
    return this.plain(source)?.path;
  }

  private plain(source: number): { fd: number; path: string } | undefined {
    const known = this.found.get(source);
    if (known !== undefined && ('fd' in known || known.missing + AGAIN_MS > performance.now()))
      return 'fd' in known ? known : undefined;
    if (this.found.size >= 32) this.closeFiles();
    const here = openSource(this.info.sources[source]);
    this.found.set(source, here ?? { missing: performance.now() });
    return here;
  }

  private descriptor(path: string): number {
    let fd = this.fds.get(path);
    if (fd === undefined) {
      fd = openSync(path, 'r');
      this.fds.set(path, fd);
    }
    return fd;
  }

  /** One inflated chunk of a compressed source. */
  frame(at: number, length: number): Buffer {
    let frame = this.frames.get(at);
    if (frame === undefined) {
      const packed = Buffer.allocUnsafe(length);
      readSync(this.descriptor(join(this.dir, 'frames.bin')), packed, 0, length, at);
      frame = zstdDecompressSync(packed);
      if (this.frames.size >= 8) {
        const oldest = this.frames.keys().next().value;
        if (oldest !== undefined) this.frames.delete(oldest);
      }
      this.frames.set(at, frame);
    }
    return frame;
  }

  private closeFiles(): void {
    for (const fd of this.fds.values()) closeSync(fd);
    for (const file of this.found.values()) if ('fd' in file) closeSync(file.fd);
    this.fds.clear();
    this.found.clear();
  }

  /** Gives back memory of tables that one question took and the next may not need. */
  trim: () => void = () => {};

  /** What else ends with the set. */
  onClose: () => void = () => {};

  close(): void {
    this.onClose();
    this.closeFiles();
    this.lines.close();
  }
}
