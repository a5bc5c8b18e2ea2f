import type { Readable } from 'node:stream';
import { SOURCE_CHUNK } from '../limits.ts';

/** A source in base64, a batch a chunk; ending it early destroys the source, and so ends its remote command. */
export async function* base64Chunks(source: Readable, stop: AbortSignal): AsyncGenerator<string[], void, void> {
  let rest = Buffer.alloc(0);
  try {
    for await (const part of source as AsyncIterable<Buffer>) {
      stop.throwIfAborted();
      rest = rest.length === 0 ? Buffer.from(part) : Buffer.concat([rest, part]);
      // A multiple of three, so that the base64 of the parts joins to that of the whole.
      for (; rest.length >= SOURCE_CHUNK; rest = rest.subarray(SOURCE_CHUNK)) {
        yield [rest.subarray(0, SOURCE_CHUNK).toString('base64')];
      }
    }
    if (rest.length > 0) yield [rest.toString('base64')];
  } finally {
    source.destroy();
  }
}
