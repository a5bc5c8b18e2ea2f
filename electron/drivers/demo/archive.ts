import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { createGunzip, createGzip } from 'node:zlib';
import { Failure } from '#shared/model/failure.ts';
import { text } from '#shared/model/text.ts';
import type { DemoMessage } from './world.ts';
import { sourceOf } from './source.ts';

/** Packs messages with their sources: gzip over one JSON line each. */
export function pack(messages: readonly DemoMessage[]): Readable {
  const lines = function* (): Generator<string> {
    for (const demo of messages) yield `${JSON.stringify({ demo, source: sourceOf(demo).toString('base64') })}\n`;
  };
  const zip = createGzip({ level: 1 });
  const source = Readable.from(lines(), { objectMode: false });
  source.on('error', (error) => zip.destroy(error));
  zip.on('close', () => source.destroy());
  return source.pipe(zip);
}

/** The messages of an archive, in its order. */
export async function* unpack(archive: Readable): AsyncGenerator<DemoMessage, void, void> {
  const unzip = createGunzip();
  archive.on('error', (error) => unzip.destroy(error));
  const lines = createInterface({ input: archive.pipe(unzip), crlfDelay: Number.POSITIVE_INFINITY });
  try {
    for await (const line of lines) {
      const { demo, source } = JSON.parse(line) as { demo: DemoMessage; source: string };
      if (!sourceOf(demo).equals(Buffer.from(source, 'base64'))) {
        throw new Failure(
          'BAD_OUTPUT',
          text(
            /*i18n*/ { id: 'demo.archive', message: 'The copy of {queueId} is not what was stored' },
            { queueId: demo.message.id },
          ),
        );
      }
      yield demo;
    }
  } finally {
    lines.close();
    archive.destroy();
  }
}
