import { Readable, type Transform } from 'node:stream';
import zlib from 'node:zlib';
import { extract as tarExtract, type Header } from 'tar-stream';
import { Failure } from '#shared/model/failure.ts';
import { text } from '#shared/model/text.ts';
import type { QueueIdentity } from '../driver.ts';
import { type Codec, CODECS } from './commands.ts';
import { LIMITS } from './limits.ts';
import { seconds } from './look.ts';
import { isSender, readHead } from './parse/queue-head.ts';
import { idOf } from './queue-path.ts';

/**
 * An archive of queue files: this line, the codec, a newline, then a tar of the files, compressed with that codec. The
 * codec stands there because it is the server that compresses, with what it has.
 */
const HEADER = 'POSTDECK QUEUE 1 ';

export function archiveHeader(codec: Codec): Buffer {
  return Buffer.from(`${HEADER}${codec}\n`, 'latin1');
}

/** A file of an archive, with its first bytes read. */
export interface ArchiveEntry {
  header: Header;
  /** The id that names it. */
  id: string;
  /** Whether its first records are those of this message. */
  is(target: QueueIdentity): boolean;
  /** The whole file, the bytes already looked at included. Must be read to its end, or destroyed. */
  content: AsyncIterable<Buffer>;
}

/** Reads the files of an uncompressed tar; ends with an error when it is cut short. */
export async function* readEntries(plain: Readable): AsyncGenerator<ArchiveEntry> {
  const extract = tarExtract();
  plain.once('error', (error) => extract.destroy(error));
  plain.pipe(extract);
  for await (const entry of extract) {
    const { header } = entry;
    const chunks: Buffer[] = [];
    let bytes = 0;
    const parts = (entry as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
    let over = false;
    while (bytes < LIMITS.ARCHIVE_HEAD_BYTES && !over) {
      const next = await parts.next();
      over = next.done === true;
      if (!next.done) {
        chunks.push(next.value);
        bytes += next.value.length;
      }
    }
    const start = Buffer.concat(chunks);
    const head = readHead(header.name, start.subarray(0, LIMITS.ARCHIVE_HEAD_BYTES));
    let read = false;
    async function* content(): AsyncGenerator<Buffer> {
      read = true;
      if (start.length > 0) yield start;
      for (let next = over ? null : await parts.next(); next && !next.done; next = await parts.next()) yield next.value;
    }
    const id = idOf(header.name);
    yield {
      header,
      id,
      is: (target) =>
        header.type === 'file' &&
        id === target.id &&
        head.arrival === seconds(target.arrivalTime) &&
        head.size === target.size &&
        head.sender !== null &&
        isSender(head.sender, target.sender),
      content: content(),
    };
    if (!read) for await (const _ of content()) continue;
  }
}

export function decompressor(codec: Codec): Transform | null {
  if (codec === 'none') return null;
  if (codec === 'gzip') return zlib.createGunzip();
  if (typeof zlib.createZstdDecompress !== 'function') {
    throw new Failure(
      'UNSUPPORTED',
      text(
        /*i18n*/ {
          id: 'postfix.archive.zstd',
          message: 'These copies are compressed with zstd, which this version of Node cannot read',
        },
      ),
      { hint: text(/*i18n*/ { id: 'postfix.archive.zstd.hint', message: 'Use Node 22.15 or newer' }) },
    );
  }
  return zlib.createZstdDecompress();
}

export function compressor(codec: Codec): Transform | null {
  if (codec === 'none') return null;
  return codec === 'gzip' ? zlib.createGzip({ level: 1 }) : zlib.createZstdCompress();
}

/** Reads the header off an archive, and hands out the codec and the uncompressed tar. */
export async function openArchive(archive: Readable): Promise<{ codec: Codec; plain: Readable }> {
  const chunks = (archive as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
  let start = Buffer.alloc(0);
  const longest = HEADER.length + 8;
  while (start.indexOf(10) === -1 && start.length < longest) {
    const next = await chunks.next();
    if (next.done) break;
    start = Buffer.concat([start, next.value]);
  }
  const end = start.indexOf(10);
  const line = start.subarray(0, Math.max(end, 0)).toString('latin1');
  const codec = CODECS.find((one) => line === HEADER + one);
  if (codec === undefined) throw notAnArchive();
  const rest = Readable.from(
    (async function* () {
      if (end + 1 < start.length) yield start.subarray(end + 1);
      for (let next = await chunks.next(); !next.done; next = await chunks.next()) yield next.value;
    })(),
    { objectMode: false },
  );
  const unpack = decompressor(codec);
  if (unpack === null) return { codec, plain: rest };
  rest.once('error', (error) => unpack.destroy(error));
  return { codec, plain: rest.pipe(unpack) };
}

export function notAnArchive(cause?: unknown): Failure {
  return new Failure(
    'BAD_INPUT',
    text(
      /*i18n*/ {
        id: 'postfix.archive.odd',
        message: 'The copies cannot be read: they are damaged, or not copies of queue files. Nothing was put back',
      },
    ),
    { cause },
  );
}
