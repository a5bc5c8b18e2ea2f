/** The compiled program with its memory: the text of a block, the records of its lines, and what it keeps between them. */
import { engine } from '../../compiled/web-assembly.ts';
import { LIMITS } from '../../limits.ts';
import type { Outside } from '../outside.ts';
import type { Space } from '../read-lines.ts';
import type { Scan } from '../scan.ts';

interface Exports {
  memory: { buffer: ArrayBuffer; grow: (pages: number) => number };
  start: (seed: number) => void;
  next: (from: number, to: number, base: number) => number;
  lines: () => number;
  words: () => number;
  recordsAt: () => number;
  recordWords: () => number;
  stateAt: () => number;
  textAt: () => number;
}

const PAGE = 65536;
/** How far is looked behind the end of a line at most: to compare sixteen bytes at once, or to see what follows. */
const BEHIND = 256;

export class Compiled implements Space {
  private readonly wasm: Exports;
  private readonly scan: Scan;
  private readonly textAt: number;
  private memory: Uint8Array = new Uint8Array(0);
  private state: Int32Array = new Int32Array(0);
  private queue: Int32Array = new Int32Array(0);
  /** Room for text: what is read into it need not be copied. */
  buf: Buffer = Buffer.alloc(0);

  /** `scan` reads what the program leaves to `outside`, in the program's own memory. */
  constructor(program: object, scan: Scan, outside: Outside) {
    this.scan = scan;
    const world = {
      host: (from: number, to: number) => outside.host(from, to),
      program: (from: number, to: number) => outside.program(from, to),
      long: () => outside.long(),
      dialect: (number: number) => {
        this.heed();
        outside.dialect(number, scan);
        this.tell();
      },
      other: (p: number, parse: number) => {
        this.heed();
        outside.other(p, parse !== 0);
        this.tell();
      },
      intern: (at: number, length: number) => scan.dict.intern(scan.buf, scan.view, at, at + length),
      internAll: (count: number, queue: number) => {
        if (this.queue.byteOffset !== queue) this.queue = new Int32Array(this.memory.buffer, queue);
        scan.dict.internAll(scan.buf, scan.view, count, this.queue, scan.rec);
      },
    };
    this.wasm = new engine.Instance(program, { world }).exports as Exports;
    this.textAt = this.wasm.textAt();
    this.fit(LIMITS.readBytes + LIMITS.parsedLineBytes);
  }

  /** Makes room for so many bytes of text; what is there stays. */
  fit(bytes: number): void {
    const { memory } = this.wasm;
    const missing = this.textAt + bytes + BEHIND - memory.buffer.byteLength;
    if (missing > 0) memory.grow(Math.ceil(missing / PAGE));
    const { buffer } = memory;
    if (this.memory.buffer === buffer) return;
    this.memory = new Uint8Array(buffer);
    this.buf = Buffer.from(buffer, this.textAt, buffer.byteLength - this.textAt - BEHIND);
    this.state = new Int32Array(buffer, this.wasm.stateAt(), 16);
    this.queue = new Int32Array(0);
    this.scan.rec = new Uint32Array(buffer, this.wasm.recordsAt(), this.wasm.recordWords());
    this.scan.buf = this.memory;
    this.scan.view = new DataView(buffer);
  }

  start(): void {
    this.wasm.start(this.scan.dict.seed);
  }

  /** The address of `buf[from, to)`, which is copied unless it is in `this.buf` already. */
  place(buf: Buffer, from: number, to: number): number {
    let at = this.textAt + from;
    if (buf !== this.buf) {
      this.fit(to - from);
      at = this.textAt;
      buf.copy(this.memory, at, from, to); // `set` would copy from shared memory word by word
    }
    this.memory.fill(0, at + to - from, at + to - from + BEHIND);
    return at;
  }

  /** As `Usual.next`, from address to address; `records` are those of its lines. */
  next(from: number, to: number, base: number): number {
    const stop = this.wasm.next(from, to, base);
    this.scan.resolve();
    return stop;
  }

  get lines(): number {
    return this.wasm.lines();
  }

  get words(): number {
    return this.wasm.words();
  }

  /** The line is JavaScript's from now on; the order is that of `tell` in `outside.as`. */
  private heed(): void {
    const s = this.scan;
    const { state } = this;
    s.at = state[0];
    s.end = state[1];
    s.begin = state[2];
    s.line = state[3];
    s.time = state[4];
    s.clock = state[5];
    s.ms = state[6];
    s.host = state[7];
    s.pid = state[8];
    s.submission = state[9] !== 0;
    s.n = state[10];
    s.emitted = false;
  }

  /** And is the program's again. */
  private tell(): void {
    const s = this.scan;
    const { state } = this;
    state[4] = s.time;
    state[5] = s.clock;
    state[6] = s.ms;
    state[7] = s.host;
    state[8] = s.pid;
    state[10] = s.n;
    state[11] = s.start;
    state[12] = s.emitted ? 1 : 0;
    if (s.tokens.due) s.resolve();
  }
}
