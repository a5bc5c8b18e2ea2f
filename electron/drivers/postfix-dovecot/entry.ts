import { Failure, isFailure } from '#shared/model/failure.ts';
import { type QueueMessage, QueueName } from '#shared/model/queue.ts';
import { text } from '#shared/model/text.ts';
import type { QueueEntry } from '../driver.ts';
import { type Context, runRoot } from './context.ts';
import { LIMITS } from './limits.ts';
import { heads, places } from './look.ts';
import { parseDeferLog } from './parse/defer-log.ts';
import { type Envelope, parsePostcat, recordValue } from './parse/postcat.ts';
import { queuePath } from './queue-path.ts';

/** What the detail view has of its own; the other records are listed as they are. */
const SHOWN_APART = new Set(['sender', 'recipient', 'original_recipient', 'message_size', 'message_arrival_time']);

/** Envelope of one message, as postcat(1) and the message's defer log tell it. NOT_FOUND when it is gone. */
export async function entry(context: Context, id: string, signal: AbortSignal): Promise<QueueEntry> {
  const facts = await context.facts(signal);
  const [[head], output] = await Promise.all([
    heads(context, [id], signal),
    runRoot(context, 'envelope', {
      name: 'read the envelope',
      stdin: `${[id, queuePath(facts, 'defer', id), ...places(facts, id)].join(' ')}\n`,
      maxOutput: LIMITS.ENVELOPE_BYTES,
      signal,
    }).catch((error: unknown) => {
      throw goneFailure(id, error);
    }),
  ]);
  const [before = '', expired = '', log = ''] = splitAtNuls(output.stdout);
  const envelope = parsePostcat(before);
  if (!envelope || !head || head.arrival === null) throw unreadable(id);
  const reasons = parseDeferLog(log);
  const { recipients, originalRecipients } = readRecipients(envelope, reasons);
  const login = recordValue(envelope, 'sasl_username');
  const message: QueueMessage = {
    id,
    queue: QueueName.parse(envelope.path.split('/', 1)[0]),
    arrivalTime: new Date(head.arrival * 1000).toISOString(),
    size: head.size ?? 0,
    sender: recordValue(envelope, 'sender') ?? '',
    recipients,
    forcedExpire: expired.trim() === envelope.path,
    login,
  };
  return {
    envelope: {
      clientAddress: recordValue(envelope, 'log_client_address') ?? recordValue(envelope, 'client_address'),
      clientName: recordValue(envelope, 'log_client_name') ?? recordValue(envelope, 'client_name'),
      helo: recordValue(envelope, 'log_helo_name') ?? recordValue(envelope, 'helo_name'),
      protocol: recordValue(envelope, 'log_protocol_name') ?? recordValue(envelope, 'protocol_name'),
      login,
      originalRecipients,
      records: envelope.records.filter((record) => !SHOWN_APART.has(record.name)).map(asShown),
    },
    message,
  };
}

/** postcat writes attributes as `named_attribute: name=value`: the name is what a person looks for. */
function asShown(record: Envelope['records'][number]): Envelope['records'][number] {
  const at = record.name === 'named_attribute' ? record.value.indexOf('=') : -1;
  return at === -1 ? record : { name: record.value.slice(0, at), value: record.value.slice(at + 1) };
}

/**
 * Recipients still to be reached (a reached one becomes `done_recipient`), each with its original address where that
 * differs: it stands directly before.
 */
function readRecipients(envelope: Envelope, reasons: ReadonlyMap<string, string>) {
  const recipients: QueueMessage['recipients'] = [];
  const originalRecipients: Record<string, string> = {};
  let original: string | null = null;
  for (const { name, value } of envelope.records) {
    if (name === 'original_recipient') original = value;
    else if (name === 'recipient' || name === 'done_recipient') {
      if (name === 'recipient') {
        recipients.push({ address: value, reason: reasons.get(value) ?? null });
        if (original !== null && original !== value) originalRecipients[value] = original;
      }
      original = null;
    }
  }
  return { recipients, originalRecipients };
}

/** The three answers of the script. Only the first could hold a NUL of its own, so the last two are looked for. */
function splitAtNuls(output: Buffer): string[] {
  const second = output.lastIndexOf(0);
  const first = second > 0 ? output.lastIndexOf(0, second - 1) : -1;
  if (first === -1) return [output.toString('utf8')];
  return [output.subarray(0, first), output.subarray(first + 1, second), output.subarray(second + 1)].map((part) =>
    part.toString('utf8'),
  );
}

/** postcat's words for a message that is not there, as NOT_FOUND; any other failure as it is. */
export function goneFailure(id: string, error: unknown): unknown {
  const words = isFailure(error) ? error.detail['stderr'] : null;
  const stderr = typeof words === 'string' ? words : '';
  if (!/open queue file \S+: No such file or directory/.test(stderr)) return error;
  return new Failure(
    'NOT_FOUND',
    text(/*i18n*/ { id: 'postfix.message.gone', message: 'Message {id} is no longer in the queue' }, { id }),
    { hint: text(/*i18n*/ { id: 'postfix.message.gone.hint', message: 'Read the queue again' }), cause: error },
  );
}

function unreadable(id: string): Failure {
  return new Failure(
    'BAD_OUTPUT',
    text(
      /*i18n*/ { id: 'postfix.envelope.odd', message: 'The envelope of {id} was cut short or is not one of postcat' },
      { id },
    ),
    {
      hint: text(
        /*i18n*/ { id: 'postfix.envelope.odd.hint', message: 'Try again; the message may just have moved on' },
      ),
      retryable: true,
    },
  );
}
