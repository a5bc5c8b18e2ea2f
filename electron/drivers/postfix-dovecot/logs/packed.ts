import type { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { createGunzip, createZstdDecompress, gunzip, zstdDecompress } from 'node:zlib';
import type { Codec } from '../commands.ts';

/** One answer inflates to what was asked for, 1 MiB; a server that sends more is not trusted with memory. */
const MOST = { maxOutputLength: 64 * 1024 * 1024 };

/** Bytes that the server packed. */
export async function unpack(bytes: Buffer, codec: Codec): Promise<Buffer> {
  if (codec === 'none' || bytes.length === 0) return bytes;
  return codec === 'zstd' ? promisify(zstdDecompress)(bytes, MOST) : promisify(gunzip)(bytes, MOST);
}

/** The same for a stream. */
export async function* unpackStream(source: Readable, codec: Codec): AsyncGenerator<Buffer, void, void> {
  if (codec === 'none') {
    for await (const chunk of source) yield chunk as Buffer;
    return;
  }
  const inflate =
    codec === 'zstd' ? createZstdDecompress({ chunkSize: 1 << 20 }) : createGunzip({ chunkSize: 1 << 20 });
  source.once('error', (error) => inflate.destroy(error));
  for await (const chunk of source.pipe(inflate)) yield chunk as Buffer;
}
