import { PassThrough, Transform } from 'node:stream';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Machine } from '#remote/machine.ts';
import type { MailItem } from '#shared/model/mailbox.ts';
import { startScript } from '../root-script.ts';
import { folderOf, gone, itemsOf } from './page.ts';
import { MAIL, question } from './script.ts';

/** Bytes of one message at most: what a mailbox takes is bounded by the server's own message_size_limit. */
const MAX_SOURCE = 512 * 1024 * 1024;
const SOURCE_SECONDS = 600;
/** doveadm names the field before its bytes, and adds nothing behind them. */
const TITLE = Buffer.from('text:\n');

/** One message: what the list knows of it, and its bytes as they are stored. */
export async function openMail(
  machine: Machine,
  place: { login: string; folder: string; uid: number },
  signal: AbortSignal,
): Promise<{ item: MailItem; source: Readable }> {
  const { login, folder, uid } = place;
  const found = await folderOf(machine, login, folder, signal);
  const [item] = await itemsOf(machine, login, found, ['UID', String(uid)], signal);
  if (!item) throw gone(folder, uid);
  const process = await startScript(machine, MAIL, {
    name: 'read a message of a mailbox',
    reads: true,
    data: question('text', login, ...found.query, 'UID', String(uid)),
    deadline: SOURCE_SECONDS,
    maxOutput: MAX_SOURCE,
    signal,
  });
  const source = new PassThrough();
  const copied = pipeline(process.stdout, withoutTitle(), source, { end: false }).then(
    () => null,
    (error: unknown) => error,
  );
  const ended = process.ended.then(
    () => null,
    (error: unknown) => error,
  );
  const finish = async (): Promise<void> => {
    // a message cut short must not look like a whole one
    const failure = (await ended) ?? (await copied);
    if (failure === null) source.end();
    else source.destroy(failure as Error);
  };
  void finish();
  source.once('close', () => {
    if (!source.writableFinished) void process.stop();
  });
  return { item, source };
}

/** Takes the field's title off the front. */
function withoutTitle(): Transform {
  let left = TITLE.length;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      const cut = Math.min(left, chunk.length);
      left -= cut;
      done(null, chunk.subarray(cut));
    },
  });
}
