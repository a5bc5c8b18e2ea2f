// What `../scan/machine.ts` is to compiled programs (AssemblyScript, not TypeScript). Bytes of the log are named by their
// address; everything else is reached through a pointer. Nothing is ever freed, so new memory is zero.

/** The bytes of the log: `b[i]` is the byte at address `i`. */
@unmanaged
export class Bytes {
  @inline @operator("[]") get(i: i32): i32 { return <i32>load<u8>(i); }
}

@unmanaged
export class View {
  @inline getInt32(i: i32, little: bool): i32 { return load<i32>(i); }
}

@unmanaged @final
export class Block {
  constructor(n: i32) {
    return changetype<Block>(heap.alloc(n));
  }
  @inline @operator("[]") get(i: i32): i32 { return <i32>load<u8>(changetype<usize>(this) + <usize>i); }
  @inline @operator("[]=") set(i: i32, v: i32): void { store<u8>(changetype<usize>(this) + <usize>i, v); }
}

/** 32-bit words, their number in front. */
@unmanaged @final
export class Words {
  /** On the beginning of a line of the processor's cache. */
  constructor(n: i32) {
    const at = (heap.alloc((n << 2) + 128) + 127) & ~63;
    store<i32>(at - 4, n);
    return changetype<Words>(at);
  }
  @inline get length(): i32 { return load<i32>(changetype<usize>(this) - 4); }
  @inline @operator("[]") get(i: i32): i32 { return load<i32>(changetype<usize>(this) + ((<usize>i) << 2)); }
  @inline @operator("[]=") put(i: i32, v: i32): void { store<i32>(changetype<usize>(this) + ((<usize>i) << 2), v); }
  fill(v: i32): void { for (let i = 0, n = this.length; i < n; i++) this[i] = v; }
  /** Copies all of others to the beginning. */
  set(words: Words): void { memory.copy(changetype<usize>(this), changetype<usize>(words), words.length << 2); }
}

/** 16-bit words. */
@unmanaged @final
export class Halves {
  @inline @operator("[]") get(i: i32): i32 { return <i32>load<u16>(changetype<usize>(this) + ((<usize>i) << 1)); }
  @inline @operator("[]=") put(i: i32, v: i32): void { store<u16>(changetype<usize>(this) + ((<usize>i) << 1), v); }
}

/** A larger copy of the first `n` rows of a column, each of `size` bytes. */
export function grown<T>(column: T, n: i32, capacity: i32, size: i32): T {
  const at = heap.alloc(capacity * size);
  memory.copy(at, changetype<usize>(column), n * size);
  return changetype<T>(at);
}

@unmanaged
export class Literal {
  @inline get length(): i32 { return load<i32>(changetype<usize>(this)); }
  @inline @operator("[]") get(i: i32): i32 { return <i32>load<u8>(changetype<usize>(this) + <usize>i, 4); }
}

export function bytes(text: string): Literal {
  const n = text.length;
  const at = heap.alloc(n + 20);
  store<i32>(at, n);
  for (let i = 0; i < n; i++) store<u8>(at + <usize>i, <u8>text.charCodeAt(i), 4);
  return changetype<Literal>(at);
}

/** The bytes at address `at` are these; there must be as many. */
export function equals(b: Bytes, at: i32, text: Literal): bool {
  const n = text.length;
  const t = changetype<usize>(text) + 4;
  const a = <usize>at;
  if (n >= 8) {
    const last = <usize>(n - 8);
    for (let k: usize = 0; k < last; k += 8) if (load<u64>(a + k) != load<u64>(t + k)) return false;
    return load<u64>(a + last) == load<u64>(t + last);
  }
  if (n >= 4) return load<u32>(a) == load<u32>(t) && load<u32>(a + <usize>n - 4) == load<u32>(t + <usize>n - 4);
  for (let k: usize = 0; k < <usize>n; k++) if (load<u8>(a + k) != load<u8>(t + k)) return false;
  return true;
}

export function keep(words: Words, at: i32, v: View, from: i32, len: i32): void {
  const to = changetype<usize>(words) + ((<usize>at) << 2);
  const a = <usize>from;
  const n = <usize>len;
  if (n >= 16) {
    for (let k: usize = 0; k < n - 16; k += 16) v128.store(to + k, v128.load(a + k));
    v128.store(to + n - 16, v128.load(a + n - 16));
  } else if (n >= 8) {
    store<u64>(to, load<u64>(a));
    store<u64>(to + n - 8, load<u64>(a + n - 8));
  } else {
    store<u32>(to, load<u32>(a));
    store<u32>(to + n - 4, load<u32>(a + n - 4));
  }
}

export function isKept(words: Words, at: i32, v: View, from: i32, len: i32): bool {
  const to = changetype<usize>(words) + ((<usize>at) << 2);
  const a = <usize>from;
  const n = <usize>len;
  if (n >= 16) {
    for (let k: usize = 0; k < n - 16; k += 16)
      if (v128.any_true(v128.xor(v128.load(to + k), v128.load(a + k)))) return false;
    return !v128.any_true(v128.xor(v128.load(to + n - 16), v128.load(a + n - 16)));
  }
  if (n >= 8) return load<u64>(to) == load<u64>(a) && load<u64>(to + n - 8) == load<u64>(a + n - 8);
  return load<u32>(to) == load<u32>(a) && load<u32>(to + n - 4) == load<u32>(a + n - 4);
}

export function seek(b: Bytes, byte: i32, from: i32, to: i32): i32 {
  let i = from;
  const many = i8x16.splat(<i8>byte);
  while (i + 16 <= to) {
    const hits = i8x16.bitmask(i8x16.eq(v128.load(i), many));
    if (hits != 0) return i + ctz(hits);
    i += 16;
  }
  while (i < to && load<u8>(i) != <u8>byte) i++;
  return i;
}

@inline
export function lineEnd(b: Bytes, from: i32, to: i32): i32 {
  return seek(b, 10, from, to);
}

/** Rows of a table made ready at once, and bytes that the system gives at once. */
export const AHEAD = 8192;
const PAGE = 4096;

/** Writes zeros to every page of `[from, to)` at `base`: see `addRow` in `../index/table.ts`. */
export function touchBytes(base: usize, from: i32, to: i32): void {
  for (let at = from; at < to; at += PAGE) store<u8>(base + <usize>at, 0);
  if (to > from) store<u8>(base + <usize>(to - 1), 0);
}

/** Math on whole numbers. */
export abstract class Whole {
  @inline static imul(a: i32, b: i32): i32 { return a * b; }
  @inline static min(a: i32, b: i32): i32 { return a < b ? a : b; }
  @inline static max(a: i32, b: i32): i32 { return a > b ? a : b; }
  @inline static floor(a: i32): i32 { return a; }
  @inline static round(a: i32): i32 { return a; }
}
