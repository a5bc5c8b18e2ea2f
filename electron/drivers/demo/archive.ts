import { createHash } from 'node:crypto';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { createGunzip, createGzip } from 'node:zlib';
import { Failure } from '#shared/model/failure.ts';
import { text } from '#shared/model/text.ts';
import type { DemoMessage } from './world.ts';

/** Characters handed to gzip at once: a write costs a turn of the event loop, which thousands of lines must not. */
const PART_CHARS = 65_536;

/**
 * Packs messages: gzip over one JSON line each. A demo message's source is made from its record, so the record is all
 * there is to keep; a digest proves on the way back that it is the same.
 */
export function pack(messages: readonly DemoMessage[]): Readable {
  const parts = function* (): Generator<string> {
    let part = '';
    for (const demo of messages) {
      const content = JSON.stringify(demo);
      part += `{"demo":${content},"digest":"${digestOf(content)}"}\n`;
      if (part.length < PART_CHARS) continue;
      yield part;
      part = '';
    }
    if (part !== '') yield part;
  };
  const zip = createGzip();
  const source = Readable.from(parts(), { objectMode: false });
  source.on('error', (error) => zip.destroy(error));
  zip.on('close', () => source.destroy());
  return source.pipe(zip);
}

/** The messages of an archive, in its order. */
export async function* unpack(archive: Readable): AsyncGenerator<DemoMessage, void, void> {
  const unzip = createGunzip();
  archive.on('error', (error) => unzip.destroy(error));
  const lines = createInterface({ input: archive.pipe(unzip), crlfDelay: Number.POSITIVE_INFINITY });
  // readline does not tell its reader of an error of what it reads: it would look like the end.
  const broken = Promise.withResolvers<never>();
  broken.promise.catch(() => undefined);
  unzip.on('error', broken.reject);
  const each = lines[Symbol.asyncIterator]();
  try {
    for (;;) {
      const { value: line, done } = await Promise.race([each.next(), broken.promise]);
      if (done === true) return;
      const { demo, digest } = JSON.parse(line) as { demo: DemoMessage; digest: string };
      if (digestOf(JSON.stringify(demo)) !== digest) throw altered(demo.message.id);
      yield demo;
    }
  } finally {
    lines.close();
    archive.destroy();
  }
}

function digestOf(content: string): string {
  return createHash('sha256').update(content).digest('hex');
}

function altered(queueId: string): Failure {
  return new Failure(
    'BAD_OUTPUT',
    text(/*i18n*/ { id: 'demo.archive', message: 'The copy of {queueId} is not what was stored' }, { queueId }),
  );
}
