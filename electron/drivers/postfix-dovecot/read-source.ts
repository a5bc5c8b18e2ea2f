import type { Readable } from 'node:stream';
import { PassThrough } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Context, startRoot } from './context.ts';
import { goneFailure } from './entry.ts';
import { LIMITS } from './limits.ts';

/**
 * Raw header and body of a message as the queue file holds it (postcat -qhb), streamed. NOT_FOUND when it is gone.
 * The stream ends with an error when the message could not be read to its end.
 */
export async function readSource(context: Context, id: string, signal: AbortSignal): Promise<Readable> {
  const process = await startRoot(context, 'source', {
    name: 'read the message',
    stdin: `${id}\n`,
    signal,
    deadline: LIMITS.SOURCE_SECONDS,
    maxOutput: LIMITS.SOURCE_BYTES,
  });
  const source = new PassThrough();
  // The end is passed on only when the command ended well: a cut message must not look like a whole one.
  const ended = process.ended.then(
    () => null,
    (error: unknown) => error,
  );
  const copied = pipeline(process.stdout, source, { end: false }).then(
    () => null,
    (error: unknown) => error,
  );
  const finish = async (): Promise<void> => {
    const failure = (await ended) ?? (await copied);
    if (failure === null) source.end();
    else source.destroy(goneFailure(id, failure) as Error);
  };
  void finish();
  source.once('close', () => {
    if (!source.writableFinished) void process.stop();
  });
  const first = await Promise.race([ended, readable(source)]);
  if (first !== null && first !== undefined) {
    const failure = goneFailure(id, first);
    source.once('error', () => {}); // told by the throw below
    throw failure;
  }
  return source;
}

/** Resolves when there is something to read: until then a failure can be thrown instead of streamed. */
function readable(source: Readable): Promise<undefined> {
  return new Promise((resolve) => {
    source.once('readable', () => resolve(undefined));
    source.once('close', () => resolve(undefined));
  });
}
