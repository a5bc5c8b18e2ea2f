import { Failure, FailureCode, FailureData } from './failure.ts';
import { text, type Text } from './text.ts';

/** What an unplanned error of a transport or library looks like, seen without its class. */
interface ErrorLike {
  name?: unknown;
  code?: unknown;
  message?: unknown;
  data?: unknown;
}

/**
 * What went wrong, whatever was thrown: a Failure in process, a typed error that came through a door, a broken
 * transport, an abort, or a defect. Every consumer of the contract tells failures with this alone.
 *
 * @param signal The signal given to the call: if it is aborted, the failure is that the caller cancelled.
 */
export function failureOf(error: unknown, signal?: { readonly aborted: boolean }): FailureData {
  if (error instanceof Failure) return error.toData();
  const like: ErrorLike = typeof error === 'object' && error !== null ? error : {};
  const told = FailureData.safeParse(like.data);
  if (told.success) return told.data;
  if (signal?.aborted === true) return CANCELLED;
  const message = typeof like.message === 'string' ? like.message : String(error);
  if (like.name === 'AbortError' && !message.startsWith('[AsyncIdQueue]')) return CANCELLED;
  // The transports reject pending calls with this when the port or socket closes.
  if (like.name === 'AbortError' || /websocket is not open/i.test(message)) return LINK_LOST;
  const code = like.code === 'BAD_REQUEST' ? 'BAD_INPUT' : FailureCode.safeParse(like.code).data;
  if (code !== undefined && code !== 'INTERNAL') {
    return plain(code, text(/*i18n*/ { id: 'failure.told', message: '{words}' }, { words: message }), null);
  }
  return plain(
    'INTERNAL',
    text(/*i18n*/ { id: 'failure.internal', message: 'The console failed: {words}' }, { words: message }),
    text(
      /*i18n*/ { id: 'failure.internal.hint', message: 'This is a defect of the console; report it with these words' },
    ),
  );
}

function plain(code: FailureCode, message: Text, hint: Text | null, retryable = false): FailureData {
  return { code, message, hint, retryable, detail: {} };
}

const CANCELLED = plain('CANCELLED', text(/*i18n*/ { id: 'failure.cancelled', message: 'Cancelled' }), null, true);

const LINK_LOST = plain(
  'CONNECTION_LOST',
  text(/*i18n*/ { id: 'failure.link-lost', message: 'The link to the console was cut before it answered' }),
  text(
    /*i18n*/ {
      id: 'failure.link-lost.hint',
      message: 'Wait until it is back, then look at Changes for what was done before asking again',
    },
  ),
  true,
);
