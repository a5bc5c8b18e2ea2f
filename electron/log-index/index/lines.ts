/**
 * Where every line is: three words per line (offset in its chunk, node, previous line of the node), in a file that only
 * grows. Chunks say which source and which bytes a run of lines came from. Nothing of it is kept in memory but a small
 * cache of pages: a trace touches a few dozen lines.
 */
import { closeSync, fstatSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';
import { BLOCK_BYTES, BlockCache } from './blocks.ts';

export interface Chunk {
  source: number;
  /** Offset of its first line in the source (or in the inflated source), and its length in bytes. */
  offset: number;
  length: number;
  firstLine: number;
  lines: number;
  /** Number of its first line in its file, from 1. */
  fileLine: number;
  /** Place of its block in the line file, in words. */
  at: number;
  /** Place and length of its own compressed frame; 0 length for a plain file. */
  frameAt: number;
  frameLength: number;
}

export interface LinePlace {
  chunk: Chunk;
  offset: number;
  length: number;
  node: number;
  prev: number;
}

/** 8 MB. */
const BLOCKS = 2048;

export class LineFile {
  readonly chunks: Chunk[] = [];
  /** Lines in all. */
  count = 0;
  private readonly fd: number;
  private words = 0;
  private readonly cache = new BlockCache(BLOCKS);
  private lastChunk: Chunk | undefined;

  constructor(path: string, writable: boolean) {
    this.fd = openSync(path, writable ? 'a+' : 'r');
    this.words = Math.floor(fstatSync(this.fd).size / 4);
  }

  /** Forgets what was written after a snapshot of `words` words. */
  truncate(words: number): void {
    ftruncateSync(this.fd, words * 4);
    this.words = words;
    this.cache.clear();
  }

  get usedWords(): number {
    return this.words;
  }

  /** Reserves the numbers of a chunk's lines; its block follows with `write`. */
  open(chunk: Omit<Chunk, 'firstLine' | 'at'>): Chunk {
    const opened = { ...chunk, firstLine: this.count, at: -1 };
    this.count += chunk.lines;
    this.chunks.push(opened);
    return opened;
  }

  /** Writes the block of a chunk whose lines have all been handled. */
  write(chunk: Chunk, block: Uint32Array): void {
    chunk.at = this.words;
    const bytes = Buffer.from(block.buffer, block.byteOffset, block.byteLength);
    let done = 0;
    while (done < bytes.length) done += writeSync(this.fd, bytes, done, bytes.length - done);
    this.cache.forget(Math.floor((this.words * 4) / BLOCK_BYTES)); // the block at the old end was short
    this.words += block.length;
  }

  chunkOf(line: number): Chunk | undefined {
    const last = this.lastChunk;
    if (last !== undefined && line >= last.firstLine && line < last.firstLine + last.lines) return last;
    let low = 0;
    let high = this.chunks.length - 1;
    while (low <= high) {
      const mid = (low + high) >> 1;
      const chunk = this.chunks[mid];
      if (line < chunk.firstLine) high = mid - 1;
      else if (line >= chunk.firstLine + chunk.lines) low = mid + 1;
      else {
        this.lastChunk = chunk;
        return chunk;
      }
    }
    return undefined;
  }

  private word(at: number): number {
    return this.cache.word(this.fd, at);
  }

  /** Place, node and predecessor of a line; undefined for a number nobody gave out. */
  place(line: number): LinePlace | undefined {
    const chunk = this.chunkOf(line);
    if (chunk === undefined || chunk.at < 0) return undefined;
    const i = line - chunk.firstLine;
    const at = chunk.at + i * 3;
    const offset = this.word(at);
    const end = i + 1 < chunk.lines ? this.word(at + 3) : chunk.length;
    return { chunk, offset, length: end - offset, node: this.word(at + 1), prev: this.word(at + 2) };
  }

  /** Number of the line at this offset of a chunk. */
  lineAt(chunk: Chunk, offset: number): number {
    let low = 0;
    let high = chunk.lines - 1;
    while (low < high) {
      const mid = (low + high + 1) >> 1;
      if (this.word(chunk.at + mid * 3) <= offset) low = mid;
      else high = mid - 1;
    }
    return chunk.firstLine + low;
  }

  /** The line of the same node before a line, plus one; 0 for none, or a line nobody gave out. */
  before(line: number): number {
    const chunk = this.chunkOf(line);
    return chunk === undefined || chunk.at < 0 ? 0 : this.word(chunk.at + (line - chunk.firstLine) * 3 + 2);
  }

  /** The nodes of lines, which come lowest number first; 0 for lines of none. */
  nodesOf(lines: Uint32Array): Uint32Array {
    const nodes = new Uint32Array(lines.length);
    for (let i = 0; i < lines.length; ) {
      const chunk = this.chunkOf(lines[i]);
      if (chunk === undefined || chunk.at < 0) {
        i++;
        continue;
      }
      let end = i;
      while (end < lines.length && lines[end] < chunk.firstLine + chunk.lines) end++;
      const block = end - i > 64 ? this.block(chunk) : undefined;
      for (; i < end; i++) {
        const at = (lines[i] - chunk.firstLine) * 3 + 1;
        nodes[i] = block === undefined ? this.word(chunk.at + at) : block[at];
      }
    }
    return nodes;
  }

  /** The whole block of a chunk. */
  block(chunk: Chunk): Uint32Array {
    const words = new Uint32Array(chunk.lines * 3);
    readSync(this.fd, words, 0, words.byteLength, chunk.at * 4);
    return words;
  }

  close(): void {
    closeSync(this.fd);
  }
}
