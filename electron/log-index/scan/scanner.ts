/**
 * Reads chunks of log into records: `Usual` reads the lines that logs are made of, `Unusual` what else there is. Where
 * WebAssembly can be had, a compiled `Usual` runs and calls back for the rest.
 */
import { LIMITS } from '../limits.ts';
import { Compiled } from './compiled/instance.ts';
import type { Dictionary } from './dictionary.ts';
import { COMMON, type Space } from './read-lines.ts';
import { Scan } from './scan.ts';
import { Unusual } from './unusual.ts';
import { Usual } from './usual.ts';

/** Shared numbers of the host names of a set: [0] unused, then dictionary numbers in order of appearance. */
export type HostMemory = SharedArrayBuffer;
export function hostMemory(): HostMemory {
  return new SharedArrayBuffer((LIMITS.hosts + 1) * 4);
}

export class Scanner {
  private readonly world: Unusual;
  private readonly usual: Usual;
  private readonly compiled: Compiled | undefined;
  /** Records of the chunk, and how many words of them there are. */
  rec: Uint32Array;
  words = 0;

  /** `program`: the compiled `Usual`, see `moduleOf`; without it JavaScript does it all. */
  constructor(dictionary: Dictionary, hosts: HostMemory, program?: object) {
    const scan = new Scan(dictionary);
    this.rec = new Uint32Array(1 << 16);
    this.world = new Unusual(scan, hosts);
    this.usual = new Usual(scan, this.world);
    this.world.serve(this.usual);
    if (program !== undefined) this.compiled = new Compiled(program, scan, this.world);
  }

  /** Where blocks are best read into: `next` then need not copy them. */
  get space(): Space {
    return this.compiled ?? COMMON;
  }

  /** Lines of the chunk longer than LIMITS.parsedLineBytes. */
  get longLines(): number {
    return this.world.longLines;
  }

  /** Another, larger copy of the same dictionary: numbers stay. */
  use(dictionary: Dictionary): void {
    this.usual.scan.dict = dictionary;
    this.usual.scan.tokens.use(dictionary);
  }

  /**
   * Reads a chunk that is in memory as a whole, `buf[from, to)`, as `start` and `next` do; offsets are relative to
   * `from`. Returns the number of lines.
   */
  run(buf: Buffer, from: number, to: number): number {
    this.start(this.rec);
    return this.next(buf, from, to, 0);
  }

  /** Starts a chunk: what follows is written to `rec`, or to a larger array where that does not suffice. */
  start(rec: Uint32Array): void {
    this.rec = rec;
    this.words = 0;
    this.usual.scan.tokens.clear();
    this.usual.start();
    this.compiled?.start();
    this.world.longLines = 0;
  }

  /**
   * Reads the next lines of the chunk, `buf[from, to)`; the last one may lack its newline. Records are in
   * `rec[0, words)` and give the offset of the line: that of `from` is `base`. Returns the number of lines.
   * Throws DictionaryFull: then nothing of the chunk counts.
   */
  next(buf: Buffer, from: number, to: number, base: number): number {
    const { compiled } = this;
    let lines = 0;
    for (let p = from; p < to; ) {
      const end = compiled === undefined ? to : sliceEnd(buf, p, to);
      const offset = base + p - from;
      lines += compiled === undefined ? this.plain(buf, p, end, offset) : this.fast(compiled, buf, p, end, offset);
      p = end;
    }
    return lines;
  }

  private plain(buf: Buffer, from: number, to: number, base: number): number {
    const s = this.usual.scan;
    if (s.buf !== buf) {
      s.buf = buf;
      s.view = new DataView(buf.buffer, buf.byteOffset, buf.byteLength);
    }
    let lines = 0;
    for (let p = from; p < to; ) {
      s.n = 0;
      p = this.usual.next(p, to, base + p - from);
      lines += this.usual.lines;
      this.keep(s.n);
    }
    return lines;
  }

  private fast(compiled: Compiled, buf: Buffer, from: number, to: number, base: number): number {
    let lines = 0;
    const at = compiled.place(buf, from, to);
    const end = at + to - from;
    for (let p = at; p < end; ) {
      p = compiled.next(p, end, base + p - at);
      lines += compiled.lines;
      this.keep(compiled.words);
    }
    return lines;
  }

  /** Adds the first `n` words of the scan's records to those of the chunk. */
  private keep(n: number): void {
    const { rec } = this.usual.scan;
    if (this.rec.length < this.words + n) {
      const grown = new Uint32Array(Math.max(this.rec.length * 2, this.words + n));
      grown.set(this.rec.subarray(0, this.words));
      this.rec = grown;
    }
    this.rec.set(rec.subarray(0, n), this.words);
    this.words += n;
  }
}

/** Where the lines end that begin within the next LIMITS.readBytes: they stay in a core's own cache while they are read. */
function sliceEnd(buf: Buffer, from: number, to: number): number {
  if (to - from <= LIMITS.readBytes) return to;
  const nl = buf.indexOf(10, from + LIMITS.readBytes);
  return nl < 0 || nl >= to ? to : nl + 1;
}
