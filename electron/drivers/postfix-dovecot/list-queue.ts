import { Failure, isFailure } from '#shared/model/failure.ts';
import type { QueueMessage } from '#shared/model/queue.ts';
import { text } from '#shared/model/text.ts';
import type { Context } from './context.ts';
import { USUAL_PATHS } from './facts.ts';
import { LIMITS } from './limits.ts';
import { cutShort, PostqueueParser } from './parse/postqueue.ts';

/** The command that lists the queue. postqueue is set-group-id: it needs no root. */
export function listArgv(paths: { postqueue?: string }): string[] {
  return [paths.postqueue ?? USUAL_PATHS.postqueue ?? 'postqueue', '-j'];
}

/**
 * Streams the queue. The first rows are handed on as soon as they are there, later ones in batches.
 * Throws BAD_OUTPUT when the listing did not come to its end: what was handed on until then is true, but not all.
 */
export async function* listQueue(
  context: Context,
  { signal }: { signal: AbortSignal },
): AsyncGenerator<QueueMessage[], void, void> {
  const { paths } = await context.facts(signal);
  const process = await context.machine.start({
    name: 'list the queue',
    reads: true,
    argv: listArgv(paths),
    stdin: '',
    deadline: LIMITS.LISTING_SECONDS,
    signal,
  });
  // Taken at once, so that a failure before the output ends is not an unhandled one; it is thrown below.
  const ended = process.ended.then(
    (result) => ({ result, error: null }),
    (error: unknown) => ({ result: null, error }),
  );
  const parser = new PostqueueParser();
  let whole = false;
  try {
    let batch: QueueMessage[] = [];
    let since = 0;
    let malformed: unknown = null;
    try {
      for await (const chunk of process.stdout) {
        let rows: QueueMessage[];
        try {
          rows = parser.push(chunk as Buffer);
        } catch (error) {
          malformed = error;
          throw error;
        }
        batch = batch.length === 0 ? rows : batch.concat(rows);
        const now = performance.now();
        if (batch.length >= LIMITS.LISTING_BATCH || (batch.length > 0 && now - since > LIMITS.LISTING_BATCH_MS)) {
          yield batch;
          batch = [];
          since = now;
        }
      }
    } catch (error) {
      // What came until then is true.
      if (batch.length > 0) yield batch;
      // What the parser refuses is told as that; what broke the stream as a listing cut short.
      if (malformed !== null) throw malformed;
      throw listingFailure((await ended).error ?? error, parser.read);
    }
    const { result, error } = await ended;
    if (batch.length > 0) yield batch;
    if (result === null) throw listingFailure(error, parser.read);
    if (result.exit !== 0 || /^postqueue: (fatal|panic):/m.test(result.stderr)) {
      throw cutShort(parser.read, result.stderr.slice(-500));
    }
    parser.end();
    whole = true;
  } finally {
    if (!whole) await process.stop();
  }
}

/** A listing that failed: one that had begun was cut short; one that had not failed for the reason it gives. */
function listingFailure(error: unknown, read: number): unknown {
  if (isFailure(error, 'CANCELLED', 'LIMIT')) return error;
  const stderr = isFailure(error) && typeof error.detail['stderr'] === 'string' ? error.detail['stderr'] : '';
  if (read > 0) return cutShort(read, isFailure(error) ? `${error.code} ${stderr}`.trim() : String(error), error);
  if (/mail system is down/i.test(stderr)) {
    return new Failure(
      'REMOTE_FAILED',
      text(
        /*i18n*/ {
          id: 'postfix.listing.down',
          message: 'Postfix is not running on this server, and only root can read its queue then',
        },
      ),
      {
        hint: text(/*i18n*/ { id: 'postfix.listing.down.hint', message: 'Start Postfix, or connect as root' }),
        retryable: true,
        detail: { stderr },
        cause: error,
      },
    );
  }
  return error;
}
