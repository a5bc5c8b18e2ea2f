/** Compressed inputs as pieces of whole lines. Damage is reported, and what came before it is kept. */
import { createReadStream } from 'node:fs';
import type { Transform } from 'node:stream';
import { createGunzip, createZstdDecompress, type Zlib } from 'node:zlib';
import bz2 from 'unbzip2-stream';
import xz from 'xz-decompress';
import { LIMITS } from '../limits.ts';
import type { Packing } from './expand.ts';

/** A codec's own 16 KiB chunks make inflating 2.6 times slower than 1 MiB ones. */
const CODEC_CHUNK = 1 << 20;

/** What went wrong with an input; counted per source. */
export type Trouble = 'truncated' | 'corrupt' | 'too-large' | 'cut-line';

/** The inflated bytes of a file. Errors of the codec end the stream after reporting. */
export async function* inflate(
  path: string,
  packing: Packing,
  size: number,
  report: (t: Trouble) => void,
): AsyncGenerator<Buffer> {
  const file = createReadStream(path, { highWaterMark: 256 << 10 });
  let stream: AsyncIterable<Uint8Array>;
  if (packing === 'gz') stream = codec(file, () => createGunzip({ chunkSize: CODEC_CHUNK }));
  else if (packing === 'zst') stream = codec(file, () => createZstdDecompress({ chunkSize: CODEC_CHUNK }));
  else if (packing === 'bz2') stream = bunzip(file);
  else if (packing === 'xz') {
    // not Readable.toWeb: a reader that leaves early would make it throw where nobody can catch it
    stream = new xz.XzReadableStream(ReadableStream.from(file));
  } else stream = file;
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
    report(/unexpected end|Z_BUF_ERROR|EOF|truncated|end of file/i.test(text) ? 'truncated' : 'corrupt');
  } finally {
    file.destroy();
  }
}

/**
 * What a codec of zlib makes of a file. A codec that fails throws away what waits in it, so nothing waits: every chunk
 * is taken at once, and while one is at work the pieces of the one before are handed on. One of zstd ends with its
 * frame; files of several frames (pzstd, or `cat a.zst b.zst`) go on with another where it stopped.
 */
async function* codec(file: AsyncIterable<Buffer>, create: () => Transform & Zlib): AsyncGenerator<Buffer> {
  const out: Buffer[] = [];
  let failed: Error | undefined;
  let ended = false;
  let given = 0;
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
    for await (const chunk of file) {
      for (let rest = chunk; rest.length > 0 && failed === undefined; ) {
        if (ended) {
          through.destroy();
          through = start();
        }
        given += rest.length;
        const part = rest;
        const written = over(through, (done) => through.write(part, done));
        yield* out.splice(0);
        await written;
        rest = ended ? rest.subarray(rest.length - (given - through.bytesWritten)) : rest.subarray(rest.length);
      }
      if (failed !== undefined) break;
    }
    if (failed === undefined && !ended) await over(through, (done) => through.on('end', done).end());
    yield* out.splice(0);
    if (failed !== undefined) throw failed;
  } finally {
    through.destroy();
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
  // every whole block came before: what is left is a piece of one
  if (failed !== undefined) throw new Error('unexpected end of file', { cause: failed });
}

/** Cuts a stream of bytes into buffers of whole lines, each its own memory, about `target` bytes long. */
export async function* wholeLines(
  stream: AsyncIterable<Buffer>,
  target: number,
  report: (t: Trouble) => void,
): AsyncGenerator<Uint8Array> {
  let parts: Buffer[] = [];
  let have = 0;
  const join = (upTo: number): Uint8Array => {
    const out = new Uint8Array(new ArrayBuffer(upTo));
    let at = 0;
    const rest: Buffer[] = [];
    for (const part of parts) {
      const room = upTo - at;
      const take = Math.min(room, part.length);
      out.set(part.subarray(0, take), at);
      at += take;
      if (take < part.length) rest.push(Buffer.from(part.subarray(take)));
    }
    parts = rest;
    have -= upTo;
    return out;
  };
  for await (const chunk of stream) {
    parts.push(chunk);
    have += chunk.length;
    if (have < target) continue;
    const nl = chunk.lastIndexOf(10);
    if (nl >= 0) yield join(have - chunk.length + nl + 1);
    else if (have > LIMITS.lineBytes) {
      report('cut-line');
      yield join(have);
    }
  }
  if (have > 0) yield join(have);
}
