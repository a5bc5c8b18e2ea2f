import { PassThrough, type Readable } from 'node:stream';
import { isFailure } from '#shared/model/failure.ts';
import { text } from '#shared/model/text.ts';
import type { QueueIdentity, Watch } from '../driver.ts';
import { archiveHeader, decompressor, readEntries } from './archive.ts';
import { codecFor, rootCommands } from './commands.ts';
import { asFailed, asRan, type Context, startRoot } from './context.ts';
import { LIMITS } from './limits.ts';
import { queuePath } from './queue-path.ts';

const PATHS = text(/*i18n*/ { id: 'postfix.stdin.paths', message: 'paths of queue files, a NUL after each' });

/**
 * Streams held messages out as one compressed tar (archive.ts says how it begins). The archive is read here as it
 * passes: `stored` names the messages whose whole file is in it and whose first records say that it is they. So it
 * cannot name one that vanished meanwhile, was released, or stands for another message under the same id.
 */
export async function copyOut(
  context: Context,
  targets: readonly QueueIdentity[],
  watch: Watch,
): Promise<{ archive: Readable; stored: Promise<string[]> }> {
  const facts = await context.facts(watch.signal);
  const codec = codecFor(facts);
  const command = `copyOut.${codec}` as const;
  const stdin = targets.map(({ id }) => `${queuePath(facts, 'hold', id).slice('hold/'.length)}\0`).join('');
  const note = { what: PATHS, bytes: Buffer.byteLength(stdin) };
  const since = performance.now();
  const failed = (error: unknown): void => {
    const { argv } = rootCommands(facts)[command];
    watch.ran(asFailed(context.machine.describe({ argv, root: true }), note, since, error));
  };
  const process = await startRoot(context, command, {
    name: 'copy messages out',
    stdin,
    signal: watch.signal,
    deadline: LIMITS.ARCHIVE_SECONDS,
    maxOutput: LIMITS.ARCHIVE_BYTES,
  }).catch((error: unknown) => {
    failed(error);
    throw error;
  });

  const inspector = new PassThrough();
  const unpack = decompressor(codec);
  const plain = unpack ? inspector.pipe(unpack) : inspector;
  const wanted = new Map(targets.map((target) => [target.id, target]));
  const reading = (async () => {
    const stored: string[] = [];
    for await (const entry of readEntries(plain)) {
      const target = wanted.get(entry.id);
      let bytes = 0;
      for await (const chunk of entry.content) bytes += chunk.length;
      if (!target || bytes !== entry.header.size || !entry.is(target)) continue;
      wanted.delete(entry.id);
      stored.push(entry.id);
      watch.progress(stored.length);
    }
    return stored;
  })();
  reading.catch((error: unknown) => inspector.destroy(error as Error));

  const archive = new PassThrough();
  archive.write(archiveHeader(codec));
  process.stdout.on('error', () => {}); // told by `ended`
  // Two pipes from one source go at the pace of the slower one.
  process.stdout.pipe(archive, { end: false });
  process.stdout.pipe(inspector, { end: false });
  const drained = new Promise<void>((resolve) => process.stdout.once('close', resolve).once('end', resolve));

  const stored = (async () => {
    try {
      const result = await process.ended;
      watch.ran(asRan(result, note));
      await drained;
      archive.end();
      inspector.end();
      return await reading;
    } catch (error) {
      if (isFailure(error)) failed(error);
      archive.destroy(error as Error);
      inspector.destroy();
      throw error;
    }
  })();
  stored.catch(() => {}); // the reader of the archive gets the same error
  archive.once('close', () => {
    if (!archive.writableFinished) void process.stop();
  });
  return { archive, stored };
}
