/**
 * What scanning is made of, here as JavaScript has it. The files that are also compiled use nothing of the language but
 * this, numbers, booleans and classes; `compiled/machine.as` is the same for WebAssembly.
 */

/** An ASCII literal, made once at load. */
export type Literal = Uint8Array;
/** Bytes of one's own, beside those of the log. */
export type Block = Uint8Array;

export function bytes(literal: string): Literal {
  return new Uint8Array(Buffer.from(literal, 'latin1'));
}

/** Position of `byte` in `buf[from, to)`, or the larger of `from` and `to`. */
export function seek(buf: Uint8Array, byte: number, from: number, to: number): number {
  let i = from;
  while (i < to && buf[i] !== byte) i++;
  return i;
}

/** Where the line ends that begins at `from`: its newline, or `to`. */
export function lineEnd(buf: Uint8Array, from: number, to: number): number {
  const nl = (buf as Buffer).indexOf(10, from); // the compiled code of Node, quicker than any loop here
  return nl < 0 || nl > to ? to : nl;
}

/** The bytes of `buf` at `at` are these; there must be as many. */
export function equals(buf: Uint8Array, at: number, text: Literal): boolean {
  for (let i = 0; i < text.length; i++) if (buf[at + i] !== text[i]) return false;
  return true;
}

/** Keeps `len` bytes, four at least, as words from `words[at]` on. */
export function keep(words: Int32Array, at: number, view: DataView, from: number, len: number): void {
  const last = (len - 1) >> 2;
  for (let i = 0; i < last; i++) words[at + i] = view.getInt32(from + (i << 2), true);
  words[at + last] = view.getInt32(from + len - 4, true);
}

/** These are the bytes that `keep` kept there; there must be as many. */
export function isKept(words: Int32Array, at: number, view: DataView, from: number, len: number): boolean {
  const last = (len - 1) >> 2;
  for (let i = 0; i < last; i++) if (words[at + i] !== view.getInt32(from + (i << 2), true)) return false;
  return words[at + last] === view.getInt32(from + len - 4, true);
}
