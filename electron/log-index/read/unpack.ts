/** Compressed inputs as pieces of whole lines. Damage is reported, and what came before it is kept. */
import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';
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
  if (packing === 'gz') stream = file.pipe(createGunzip({ chunkSize: CODEC_CHUNK }));
  else if (packing === 'zst') stream = file.pipe(createZstdDecompress({ chunkSize: CODEC_CHUNK }));
  else if (packing === 'bz2')
    stream = new Readable().wrap(file.pipe(bz2())); // a stream of the old kind
  else if (packing === 'xz')
    stream = new xz.XzReadableStream(
      Readable.toWeb(file) as ReadableStream<Uint8Array>,
    ) as unknown as AsyncIterable<Uint8Array>;
  else stream = file;
  if (stream !== file && stream instanceof Readable) file.on('error', (error) => (stream as Readable).destroy(error));
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
