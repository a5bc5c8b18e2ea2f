import { type QueueMessage, QueueName } from '#shared/model/queue.ts';
import { Failure } from '#shared/model/failure.ts';
import { text } from '#shared/model/text.ts';
import { LIMITS } from '../limits.ts';

const QUEUES: ReadonlySet<string> = new Set(QueueName.options);
const ID = /^[0-9A-Za-z]{4,64}$/;

/**
 * What showq(8) writes for the null sender (empty_address_recipient). Only the bare word: MAILER-DAEMON@domain is a
 * mailbox like any other, and a bare MAILER-DAEMON given to sendmail(1) becomes the null sender itself.
 */
const NULL_SENDER = 'MAILER-DAEMON';

/**
 * Reads `postqueue -j`: one JSON object a line (postqueue(1)), in chunks cut anywhere. Members it does not know are
 * passed over. Anything else than whole, well-formed lines is BAD_OUTPUT: a listing is never silently shorter.
 */
export class PostqueueParser {
  #rest: Buffer[] = [];
  #restBytes = 0;
  #read = 0;

  /** Messages read so far. */
  get read(): number {
    return this.#read;
  }

  push(chunk: Buffer): QueueMessage[] {
    const messages: QueueMessage[] = [];
    let from = 0;
    for (let end = chunk.indexOf(10, from); end !== -1; end = chunk.indexOf(10, from)) {
      let line = chunk.subarray(from, end);
      if (this.#restBytes > 0) {
        line = Buffer.concat([...this.#rest, line]);
        this.#rest = [];
        this.#restBytes = 0;
      }
      from = end + 1;
      if (line.length === 0) continue;
      messages.push(readLine(line));
    }
    if (from < chunk.length) {
      this.#rest.push(chunk.subarray(from));
      this.#restBytes += chunk.length - from;
      if (this.#restBytes > LIMITS.LISTING_LINE_BYTES) throw new Failure('LIMIT', TOO_LONG);
    }
    this.#read += messages.length;
    return messages;
  }

  /** Call at the end of the output: throws when it ended within a line. */
  end(): void {
    if (this.#restBytes > 0) throw cutShort(this.#read);
  }
}

const TOO_LONG = text(
  /*i18n*/ {
    id: 'postfix.listing.long-line',
    message: 'The queue listing holds a line longer than any message needs; reading was stopped',
  },
);

/** The listing ended before its end: how many messages came, and why (when known). */
export function cutShort(read: number, why = '', cause?: unknown): Failure {
  return new Failure(
    'BAD_OUTPUT',
    text(
      /*i18n*/ {
        id: 'postfix.listing.cut',
        message:
          'The queue listing was cut short after {read, plural, one {# message} other {# messages}}; the rest is not known',
      },
      { read },
    ),
    { hint: AGAIN, retryable: true, detail: { read, why }, cause },
  );
}

const AGAIN = text(/*i18n*/ { id: 'postfix.listing.again', message: 'Read the queue again' });

function readLine(line: Buffer): QueueMessage {
  // Invalid UTF-8 becomes U+FFFD: with smtputf8_enable=no postqueue prints what it got (Postfix before 3.0).
  const words = line.toString('utf8');
  let raw: unknown;
  try {
    raw = JSON.parse(words);
  } catch (error) {
    throw malformed(words, error);
  }
  const message = toMessage(raw);
  if (message === null) throw malformed(words);
  return message;
}

function malformed(line: string, cause?: unknown): Failure {
  return new Failure(
    'BAD_OUTPUT',
    text(
      /*i18n*/ {
        id: 'postfix.listing.malformed',
        message: 'The queue listing holds a line that is not one of postqueue; the listing was given up',
      },
    ),
    { hint: AGAIN, retryable: true, detail: { line: line.slice(0, 200) }, cause },
  );
}

function toMessage(raw: unknown): QueueMessage | null {
  if (typeof raw !== 'object' || raw === null) return null;
  const o = raw as Record<string, unknown>;
  const { queue_name: queue, queue_id: id, arrival_time: arrival, message_size: size, sender, recipients } = o;
  if (typeof queue !== 'string' || !QUEUES.has(queue)) return null;
  if (typeof id !== 'string' || !ID.test(id)) return null;
  if (!isCount(arrival) || arrival > 8.64e12 || !isCount(size) || typeof sender !== 'string') return null;
  if (!Array.isArray(recipients)) return null;
  const to: QueueMessage['recipients'] = [];
  for (const item of recipients as unknown[]) {
    if (typeof item !== 'object' || item === null) return null;
    const r = item as Record<string, unknown>;
    if (typeof r['address'] !== 'string') return null;
    // delay_reason, and from Postfix 3.11 bounce_reason or other_reason in its place; orig_address is not shown here.
    const reason = [r['delay_reason'], r['bounce_reason'], r['other_reason']].find((w) => typeof w === 'string');
    to.push({ address: r['address'], reason: typeof reason === 'string' ? reason : null });
  }
  return {
    id,
    queue: queue as QueueMessage['queue'],
    arrivalTime: new Date(arrival * 1000).toISOString(),
    size,
    sender: sender === NULL_SENDER ? '' : sender,
    recipients: to,
    forcedExpire: o['forced_expire'] === true,
    login: null,
  };
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
