/**
 * Finds a needle in bytes, 32 places at a time: WebAssembly's vector instructions are the only ones that JavaScript
 * reaches, and `Buffer.indexOf` knows no case folding and trips over needles that begin with a frequent letter.
 *
 * Two bytes of the needle that are rare in this log are compared at all places at once; only where both fit is the whole
 * needle looked at. Folding sets bit 5 of the bytes where the needle has a letter, which maps exactly A-Z to a-z.
 */

import { engine } from '../compiled/web-assembly.ts';

/** Longest needle in bytes: more than people look for, and it fits before the text. */
export const NEEDLE_BYTES = 4096;
const MASKS_AT = NEEDLE_BYTES;
/** Where the text begins in `memory`, and how much fits. */
export const TEXT_AT = 65536;
export const TEXT_BYTES = 512 << 10;
const PAGES = (TEXT_AT + TEXT_BYTES) / 65536 + 1; // one more, as 32 places behind the end are loaded, too

type Find = (
  from: number,
  to: number,
  length: number,
  a: number,
  b: number,
  byteA: number,
  byteB: number,
  maskA: number,
  maskB: number,
) => number;

interface Exports {
  memory: { buffer: ArrayBuffer };
  find: Find;
}

export class Finder {
  /** Text is put here, from TEXT_AT on. */
  readonly memory: Buffer;
  private readonly find: Find;
  private length = 0;
  private a = 0;
  private b = 0;

  constructor() {
    const { memory, find } = new engine.Instance(new engine.Module(program())).exports as Exports;
    this.memory = Buffer.from(memory.buffer);
    this.find = find;
  }

  /** Takes a needle; `fold` ignores the case of ASCII letters. `sample`: text that shows which bytes are rare. */
  aim(needle: Uint8Array, fold: boolean, sample: Uint8Array): void {
    if (needle.length === 0 || needle.length > NEEDLE_BYTES)
      throw new RangeError(`text: expected 1 to ${NEEDLE_BYTES} bytes, got ${needle.length}`);
    this.length = needle.length;
    const { memory } = this;
    for (let i = 0; i < needle.length; i++) {
      const letter = (needle[i] | 32) >= 97 && (needle[i] | 32) <= 122;
      memory[MASKS_AT + i] = fold && letter ? 32 : 0;
      memory[i] = needle[i] | memory[MASKS_AT + i];
    }
    const counts = new Uint32Array(256);
    for (const byte of sample) counts[byte]++;
    const often = (i: number): number => counts[memory[i]] + (memory[MASKS_AT + i] === 0 ? 0 : counts[memory[i] ^ 32]);
    this.a = 0;
    for (let i = 1; i < needle.length; i++) if (often(i) < often(this.a)) this.a = i;
    this.b = this.a === 0 ? needle.length - 1 : 0;
    for (let i = 0; i < needle.length; i++) if (i !== this.a && often(i) < often(this.b)) this.b = i;
  }

  /** The first place in `memory[from, to)` where the whole needle stands, or -1. */
  next(from: number, to: number): number {
    const { a, b, memory } = this;
    const end = to - this.length + 1;
    if (from >= end) return -1;
    return this.find(from, end, this.length, a, b, memory[a], memory[b], memory[MASKS_AT + a], memory[MASKS_AT + b]);
  }
}

const I32 = 0x7f;
const V128 = 0x7b;
/** Opcodes by their names in the WebAssembly text format. */
const OP = {
  block: [0x02, 0x40],
  loop: [0x03, 0x40],
  end: [0x0b],
  return: [0x0f],
  'i32.eqz': [0x45],
  'i32.eq': [0x46],
  'i32.ne': [0x47],
  'i32.ge_u': [0x4f],
  'i32.ctz': [0x68],
  'i32.add': [0x6a],
  'i32.sub': [0x6b],
  'i32.and': [0x71],
  'i32.or': [0x72],
  'i32.shl': [0x74],
  'i8x16.splat': [0xfd, 0x0f],
  'i8x16.eq': [0xfd, 0x23],
  'v128.and': [0xfd, 0x4e],
  'v128.or': [0xfd, 0x50],
  'i8x16.bitmask': [0xfd, 0x64],
} as const;

/** An unsigned number as LEB128. */
function leb(n: number): number[] {
  const out: number[] = [];
  for (let rest = n; ; rest >>>= 7) {
    if (rest < 128) return [...out, rest];
    out.push((rest & 127) | 128);
  }
}

const get = (local: number): number[] => [0x20, local];
const set = (local: number): number[] => [0x21, local];
const brIf = (depth: number): number[] => [0x0d, depth];
const br = (depth: number): number[] => [0x0c, depth];
/** Numbers under 64 only: they are one byte of signed LEB128. */
const constant = (n: number): number[] => [0x41, n];
const load8 = (offset: number): number[] => [0x2d, 0, ...leb(offset)];
const load128 = (offset: number): number[] => [0xfd, 0x00, 0, ...leb(offset)];

function program(): Uint8Array<ArrayBuffer> {
  // parameters, then locals
  const [p, end, n, a, b, byteA, byteB, maskA, maskB] = [0, 1, 2, 3, 4, 5, 6, 7, 8];
  const [bits, at, j, wantA, wantB, orA, orB] = [9, 10, 11, 12, 13, 14, 15];
  /** Bits of the 16 places from p + `offset` on where both rare bytes stand. */
  const fits = (offset: number): number[] =>
    [
      [get(p), get(a), OP['i32.add'], load128(offset), get(orA), OP['v128.or']],
      [get(wantA), OP['i8x16.eq']],
      [get(p), get(b), OP['i32.add'], load128(offset), get(orB), OP['v128.or']],
      [get(wantB), OP['i8x16.eq']],
      [OP['v128.and'], OP['i8x16.bitmask']],
    ].flat(2);
  const body = [
    [get(byteA), OP['i8x16.splat'], set(wantA), get(byteB), OP['i8x16.splat'], set(wantB)],
    [get(maskA), OP['i8x16.splat'], set(orA), get(maskB), OP['i8x16.splat'], set(orB)],
    [OP.block, OP.loop],
    [get(p), get(end), OP['i32.ge_u'], brIf(1)],
    [fits(0), fits(16), constant(16), OP['i32.shl'], OP['i32.or'], set(bits)],
    // each place that may be one
    [OP.block, OP.loop],
    [get(bits), OP['i32.eqz'], brIf(1)],
    [get(p), get(bits), OP['i32.ctz'], OP['i32.add'], set(at)],
    [get(at), get(end), OP['i32.ge_u'], brIf(1)],
    [get(bits), get(bits), constant(1), OP['i32.sub'], OP['i32.and'], set(bits)],
    [constant(0), set(j)],
    // byte by byte
    [OP.block, OP.loop],
    [get(at), get(j), OP['i32.add'], load8(0), get(j), load8(MASKS_AT), OP['i32.or']],
    [get(j), load8(0), OP['i32.ne'], brIf(1)],
    [get(j), constant(1), OP['i32.add'], set(j)],
    [get(j), get(n), OP['i32.ne'], brIf(0)],
    [get(at), OP.return],
    [OP.end, OP.end],
    [br(0), OP.end, OP.end],
    [get(p), constant(32), OP['i32.add'], set(p)],
    [br(0), OP.end, OP.end],
    [[0x41, 0x7f], OP.end], // -1
  ].flat(2);
  const locals = [2, 3, I32, 4, V128];
  const section = (id: number, bytes: number[]): number[] => [id, ...leb(bytes.length), ...bytes];
  const name = (text: string): number[] => [text.length, ...Buffer.from(text)];
  const code = [...locals, ...body];
  return Uint8Array.from([
    0x00,
    0x61,
    0x73,
    0x6d,
    1,
    0,
    0,
    0,
    ...section(1, [1, 0x60, 9, ...Array.from<number>({ length: 9 }).fill(I32), 1, I32]),
    ...section(3, [1, 0]),
    ...section(5, [1, 0, ...leb(PAGES)]),
    ...section(7, [2, ...name('memory'), 2, 0, ...name('find'), 0, 0]),
    ...section(10, [1, ...leb(code.length), ...code]),
  ]);
}
