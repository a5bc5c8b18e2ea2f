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
  const storage = storageFailure(error);
  if (storage !== null) return storage.toData();
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

/**
 * The failure of a disk that is full or unwell, whoever met it: told by errno and by SQLite's extended codes. null: it
 * is something else.
 */
export function storageFailure(error: unknown): Failure | null {
  const { code, message }: ErrorLike = typeof error === 'object' && error !== null ? error : {};
  if (typeof code !== 'string') return null;
  if (FULL.test(code)) {
    return new Failure(
      'LIMIT',
      text(/*i18n*/ { id: 'storage.full', message: 'The disk of the data folder is full; nothing could be written' }),
      {
        hint: text(
          /*i18n*/ { id: 'storage.full.hint', message: 'Free some space, then try again. What is kept can be read' },
        ),
        detail: { code },
        cause: error,
      },
    );
  }
  if (BUSY.test(code)) {
    return new Failure(
      'LIMIT',
      text(
        /*i18n*/ { id: 'storage.busy', message: 'Another Postdeck that uses this data folder did not let go of it' },
      ),
      {
        hint: text(/*i18n*/ { id: 'storage.busy.hint', message: 'Try again, or end the other one' }),
        retryable: true,
        detail: { code },
        cause: error,
      },
    );
  }
  if (!UNWELL.test(code)) return null;
  return new Failure(
    'LIMIT',
    text(
      /*i18n*/ { id: 'storage.unwell', message: 'The data folder cannot be read or written: {words}' },
      { words: typeof message === 'string' ? message : code },
    ),
    {
      hint: text(
        /*i18n*/ {
          id: 'storage.unwell.hint',
          message: 'Check that its disk has space and no errors, and that this user may write there',
        },
      ),
      detail: { code },
      cause: error,
    },
  );
}

/** A disk without room, and not another trouble of storage. */
export function isDiskFull(error: unknown): boolean {
  const { code }: ErrorLike = typeof error === 'object' && error !== null ? error : {};
  return typeof code === 'string' && FULL.test(code);
}

/** SHMSIZE: the index of the write-ahead log, which a first reader makes, found no room. */
const FULL = /^(ENOSPC|EDQUOT|SQLITE_FULL|SQLITE_IOERR_SHMSIZE)$/;
const BUSY = /^SQLITE_(BUSY|LOCKED)/;
const UNWELL = /^(EIO|EROFS|SQLITE_(IOERR|READONLY|CANTOPEN)\w*)$/;

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
