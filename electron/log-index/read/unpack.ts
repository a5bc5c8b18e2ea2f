/** Compressed inputs as pieces of whole lines. Damage is reported, and what came before it is kept. */
import { createReadStream } from 'node:fs';
import type { Transform } from 'node:stream';
import { createGunzip, createZstdDecompress, type Zlib } from 'node:zlib';
import bz2 from 'unbzip2-stream';
import xz from 'xz-decompress';
import { LIMITS } from '../limits.ts';
import type { Packing } from './expand.ts';

/** Bytes read at once from a packed file that is only looked into. */
const FILE_CHUNK = 256 << 10;

/** A codec's own 16 KiB chunks make inflating 2.6 times slower than 1 MiB ones. */
const CODEC_CHUNK = 1 << 20;

/** Frees memory that a codec took, of this size, and nobody reads any more. */
export function giveBack(memory: ArrayBufferLike, size: number): void {
  if (memory instanceof ArrayBuffer && memory.byteLength === size) memory.transfer(0);
}

/** What went wrong with an input; counted per source. */
export type Trouble = 'truncated' | 'corrupt' | 'trailing-bytes' | 'unsupported' | 'too-large' | 'cut-line';

/**
 * The inflated bytes of a file. Errors of the codec end the stream after reporting. `fleeting`: a piece is good only
 * until the next is asked for; its memory is given back at once. The number is that of bytes that are read from the file
 * at once. Not beside code that must be quick: once memory was taken from a thread, its code checks every access to every
 * other.
 */
export async function* inflate(
  path: string,
  packing: Packing,
  size: number,
  report: (t: Trouble) => void,
  fleeting?: number,
): AsyncGenerator<Buffer> {
  const file = createReadStream(path, { highWaterMark: fleeting ?? FILE_CHUNK });
  const chunks = fleeting === undefined ? file : passing(file, fleeting);
  const chunkSize = Math.min(fleeting ?? CODEC_CHUNK, CODEC_CHUNK);
  let stream: AsyncIterable<Uint8Array>;
  if (packing === 'gz')
    stream = salvaging(path, chunks, (bytes) => codec(bytes, () => createGunzip({ chunkSize }), fleeting && chunkSize));
  else if (packing === 'zst')
    stream = salvaging(path, chunks, (bytes) =>
      codec(bytes, () => createZstdDecompress({ chunkSize }), fleeting && chunkSize),
    );
  else if (packing === 'bz2') stream = bunzip(file);
  else if (packing === 'xz') stream = salvaging(path, file, unxz);
  else stream = chunks;
  let total = 0;
  try {
    for await (const chunk of stream) {
      total += chunk.length;
      if (total > LIMITS.inflatedBytes || total > Math.max(size, 1 << 20) * LIMITS.inflationRatio) {
        report('too-large');
        return;
      }
      yield Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    }
  } catch (error) {
    const text = error instanceof Error ? `${error.message} ${(error as NodeJS.ErrnoException).code ?? ''}` : '';
    if ((error as NodeJS.ErrnoException).code === 'ENOENT' || (error as NodeJS.ErrnoException).code === 'EACCES')
      throw error;
    report(troubleOf(text, total > 0));
  } finally {
    file.destroy();
  }
}

/** The chunks of a file for a reader that has done with one when it asks for the next. */
async function* passing(file: AsyncIterable<Buffer>, size: number): AsyncGenerator<Buffer> {
  for await (const chunk of file) {
    yield chunk;
    giveBack(chunk.buffer, size);
  }
}

/** What the words of a codec mean; those of xz are numbers of `enum xz_ret`. */
function troubleOf(words: string, begun: boolean): Trouble {
  if (/unexpected end|Z_BUF_ERROR|EOF|truncated|end of file|error code 8\b/i.test(words)) return 'truncated';
  // a whole stream came before, and what follows begins none: padding of a tape, or another file behind it
  if (begun && /incorrect header check|prefix_unknown|unknown frame|no magic number|error code 5\b/i.test(words))
    return 'trailing-bytes';
  // a check sum or filter that the decoder does not know
  if (/error code [246]\b/.test(words)) return 'unsupported';
  return 'corrupt';
}

/** A codec has failed in a stretch of its input: what came before the place is lost with what it held. */
class Failed extends Error {
  readonly from: number;
  constructor(cause: Error, from: number) {
    super(`${cause.message} ${(cause as NodeJS.ErrnoException).code ?? ''}`, { cause });
    this.from = from;
  }
}

/** Bytes that a codec is given at once in the stretch where it failed, and then in the step where it fails again. */
const STEPS = [2048, 1] as const;

/**
 * What a codec makes of a file, up to the very byte at which it fails. A codec that fails throws away what it made of
 * the bytes it was just given, up to a megabyte; so the file is read again, and in that place in ever smaller steps.
 */
async function* salvaging(
  path: string,
  file: AsyncIterable<Buffer>,
  decode: (bytes: AsyncIterable<Buffer>) => AsyncGenerator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  let given = 0;
  let failed: Failed | undefined;
  try {
    for await (const piece of decode(file)) {
      given += piece.length;
      yield piece;
    }
    return;
  } catch (error) {
    if (!(error instanceof Failed) || troubleOf(error.message, true) === 'truncated') throw error;
    failed = error;
  }
  for (const step of STEPS) {
    let passed = 0;
    try {
      for await (const piece of decode(inSteps(path, failed.from, step))) {
        const known = Math.max(0, Math.min(piece.length, given - passed));
        passed += piece.length;
        if (known === piece.length) continue;
        given = passed;
        yield piece.subarray(known);
      }
      return; // the file has changed meanwhile
    } catch (error) {
      if (!(error instanceof Failed)) throw error;
      failed = error;
    }
  }
  throw failed;
}

/** A file in usual pieces up to `from`, then in small ones. */
async function* inSteps(path: string, from: number, step: number): AsyncGenerator<Buffer> {
  if (from > 0) yield* createReadStream(path, { highWaterMark: FILE_CHUNK, end: from - 1 });
  for await (const chunk of createReadStream(path, { highWaterMark: FILE_CHUNK, start: from }) as AsyncIterable<Buffer>)
    for (let at = 0; at < chunk.length; at += step) yield chunk.subarray(at, at + step);
}

/**
 * What a codec of zlib makes of a file. A codec that fails throws away what waits in it, so nothing waits: every chunk
 * is taken at once, and while one is at work the pieces of the one before are handed on. One of zstd ends with its
 * frame; files of several frames (pzstd, or `cat a.zst b.zst`) go on with another where it stopped. `fleeting`: size of
 * the codec's buffers, which are given back.
 */
async function* codec(
  file: AsyncIterable<Buffer>,
  create: () => Transform & Zlib,
  fleeting: number | undefined,
): AsyncGenerator<Buffer> {
  const out: Buffer[] = [];
  let used: ArrayBufferLike | undefined;
  /** Hands on what came. A codec has done with a buffer when it gives a piece of another, and so has its reader then. */
  const handOn = function* (): Generator<Buffer> {
    for (const piece of out.splice(0)) {
      yield piece;
      const { buffer } = piece;
      if (fleeting && used !== buffer && used instanceof ArrayBuffer && used.byteLength === CODEC_CHUNK)
        used.transfer(0);
      used = buffer;
    }
  };
  let failed: Error | undefined;
  let ended = false;
  let given = 0;
  let at = 0;
  const start = (): Transform & Zlib => {
    ended = false;
    given = 0;
    const through = create();
    through.on('data', (piece: Buffer) => out.push(piece));
    through.on('end', () => (ended = true));
    through.on('error', (error) => (failed ??= error));
    return through;
  };
  /** Until the codec has taken what it was given, or has failed. */
  const over = (through: Transform, work: (done: () => void) => void): Promise<void> =>
    new Promise((resolve) => {
      const broken = (): void => resolve();
      through.once('error', broken);
      work(() => {
        through.removeListener('error', broken);
        setImmediate(resolve); // its end is told a moment later
      });
    });
  let through = start();
  try {
    let before = 0;
    for await (const chunk of file) {
      for (let rest = chunk; rest.length > 0 && failed === undefined; ) {
        if (ended) {
          through.destroy();
          through = start();
        }
        given += rest.length;
        at = before + chunk.length - rest.length;
        const part = rest;
        const written = over(through, (done) => through.write(part, done));
        yield* handOn();
        await written;
        rest = ended ? rest.subarray(rest.length - (given - through.bytesWritten)) : rest.subarray(rest.length);
      }
      if (failed !== undefined) break;
      before += chunk.length;
    }
    if (failed === undefined && !ended) await over(through, (done) => through.on('end', done).end());
    yield* handOn();
    if (failed !== undefined) throw new Failed(failed, at);
  } finally {
    through.destroy();
  }
}

/**
 * What xz makes of a file. A stream that fails drops what waits in it: two reads are always asked for, so that nothing
 * waits.
 */
async function* unxz(file: AsyncIterable<Buffer>): AsyncGenerator<Uint8Array> {
  let taken = 0;
  let before = 0;
  const counted = async function* (): AsyncGenerator<Buffer> {
    let at = 0;
    for await (const chunk of file) {
      before = taken;
      taken = at;
      at += chunk.length;
      yield chunk;
    }
  };
  // not Readable.toWeb: a reader that leaves early would make it throw where nobody can catch it
  const reader = new xz.XzReadableStream(ReadableStream.from(counted())).getReader();
  const ask = (): ReturnType<typeof reader.read> => {
    const answer = reader.read();
    answer.catch(() => undefined); // met when its turn comes
    return answer;
  };
  let left = true;
  try {
    for (let now = ask(), next = ask(); ; now = next, next = ask()) {
      const { done, value } = await now;
      if (done) break;
      if (value.length > 0) yield value;
    }
    left = false;
  } catch (error) {
    left = false;
    // it reads one piece ahead: the place is in the last or the one before
    throw error instanceof Error ? new Failed(error, before) : error;
  } finally {
    if (left) await reader.cancel().catch(() => undefined);
  }
}

/** What bzip2 makes of a file: its stream is of the old kind and gives each block while it is written to. */
async function* bunzip(file: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const out: Buffer[] = [];
  let failed: Error | undefined;
  const through = bz2();
  through.on('data', (piece: Buffer) => out.push(piece));
  through.on('error', (error: Error) => (failed ??= error));
  for await (const chunk of file) {
    through.write(chunk);
    yield* out.splice(0);
    if (failed !== undefined) throw failed;
  }
  through.end();
  yield* out.splice(0);
  // every whole block came before; where its bits end in the middle of one, it reads from nothing
  if (failed instanceof TypeError || failed?.message.includes('prematurely') === true)
    throw new Error('unexpected end of file', { cause: failed });
  if (failed !== undefined) throw failed;
}

/** Whole lines of a stream, in memory that workers share: given back, it serves for others. */
export interface Lines {
  bytes: Uint8Array<SharedArrayBuffer>;
  release: () => void;
}

/**
 * Shared buffers that go round. A buffer for each piece would be 1 GB of them for 1 GB of log, and V8 looks through the
 * heap of every thread each time that so many have come together: a quarter of the whole work.
 */
class Round {
  private readonly free: SharedArrayBuffer[] = [];
  private readonly usual: number;

  constructor(usual: number) {
    this.usual = usual;
  }

  /** At least so many bytes. */
  take(bytes: number): SharedArrayBuffer {
    const there = bytes <= this.usual ? this.free.pop() : undefined;
    return there ?? new SharedArrayBuffer(Math.max(bytes, this.usual));
  }

  giveBack(memory: SharedArrayBuffer): void {
    if (memory.byteLength === this.usual) this.free.push(memory);
  }
}

/** Cuts a stream of bytes, which come so many at a time, into pieces of whole lines, about `target` bytes long. */
export async function* wholeLines(
  stream: AsyncIterable<Buffer>,
  target: number,
  chunkBytes: number,
  report: (t: Trouble) => void,
): AsyncGenerator<Lines> {
  const round = new Round(target + chunkBytes);
  let memory = round.take(0);
  let bytes = new Uint8Array(memory);
  let have = 0;
  const room = (more: number): void => {
    if (have + more <= bytes.length) return;
    const before = bytes.subarray(0, have);
    const larger = round.take(2 * (have + more));
    bytes = new Uint8Array(larger);
    bytes.set(before);
    round.giveBack(memory);
    memory = larger;
  };
  /** The first `length` bytes; the rest begins the next piece. */
  const cut = (length: number): Lines => {
    const done = memory;
    const piece = { bytes: bytes.subarray(0, length), release: () => round.giveBack(done) };
    const rest = bytes.subarray(length, have);
    memory = round.take(rest.length);
    bytes = new Uint8Array(memory);
    bytes.set(rest);
    have = rest.length;
    return piece;
  };
  for await (const chunk of stream) {
    room(chunk.length);
    // `set` would copy to shared memory word by word
    Buffer.from(memory).fill(chunk, have, have + chunk.length);
    have += chunk.length;
    if (have < target) continue;
    const nl = chunk.lastIndexOf(10);
    if (nl >= 0) yield cut(have - chunk.length + nl + 1);
    else if (have > LIMITS.lineBytes) {
      report('cut-line');
      yield cut(have);
    }
  }
  if (have > 0) yield cut(have);
}
