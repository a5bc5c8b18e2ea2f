import { Failure } from '#shared/model/failure.ts';
import { text } from '#shared/model/text.ts';

/** setTimeout counts in a signed 32-bit integer; longer than this is as good as none. */
const LONGEST_MS = 2 ** 31 - 1;

/**
 * The one deadline of an operation. It covers every layer (name lookup, hops, login, waiting for a channel, the command
 * itself), so that no layer's own time-out adds up to more than was asked for, and every expiry is one TIMEOUT.
 */
export class Deadline {
  readonly name: string;
  readonly seconds: number;
  /** Aborted when the time is up or the caller gave up; its reason is always a Failure. */
  readonly signal: AbortSignal;
  /** What is being waited for, in words for an error; set by the layers as they go. */
  stage = '';
  readonly #abort = new AbortController();
  readonly #outer: AbortSignal | undefined;
  readonly #onOuter: () => void;
  readonly #timer: NodeJS.Timeout | undefined;

  /**
   * @param name What the operation is for, as in RemoteCommand.name.
   * @param seconds Whole operation; 0 or Infinity: no deadline, only the signal.
   */
  constructor(name: string, seconds: number, signal?: AbortSignal) {
    this.name = name;
    this.seconds = seconds;
    this.signal = this.#abort.signal;
    this.#outer = signal;
    this.#onOuter = () => this.#abort.abort(cancelled(name, signal));
    if (signal?.aborted) this.#onOuter();
    else signal?.addEventListener('abort', this.#onOuter, { once: true });
    const ms = seconds * 1000;
    if (ms > 0 && ms < LONGEST_MS) this.#timer = setTimeout(() => this.#abort.abort(this.#timeout()), ms);
  }

  /** Ends the deadline. Call it when the operation is over, whatever came of it. */
  clear(): void {
    clearTimeout(this.#timer);
    this.#outer?.removeEventListener('abort', this.#onOuter);
  }

  /** Waits for the promise, or rejects with the deadline's Failure. The promise's later fate is ignored. */
  async race<T>(promise: Promise<T>, stage?: string): Promise<T> {
    if (stage !== undefined) this.stage = stage;
    return raceSignal(promise, this.signal);
  }

  #timeout(): Failure {
    return new Failure(
      'TIMEOUT',
      text(
        /*i18n*/ {
          id: 'remote.timeout',
          message: 'No answer within {seconds, plural, one {# second} other {# seconds}}: {name} was stopped ({stage})',
        },
        { seconds: this.seconds, name: this.name, stage: this.stage || this.name },
      ),
      {
        hint: text(
          /*i18n*/ {
            id: 'remote.timeout.hint',
            message:
              'Check that the server is up and reachable from here, then try again, with a longer time limit if it is slow',
          },
        ),
        retryable: true,
        detail: { name: this.name, seconds: this.seconds, stage: this.stage },
      },
    );
  }
}

/** The failure of an operation whose signal was aborted. */
export function cancelled(name: string, signal?: AbortSignal): Failure {
  if (signal?.reason instanceof Failure) return signal.reason;
  return new Failure('CANCELLED', text(/*i18n*/ { id: 'remote.cancelled', message: 'Cancelled: {name}' }, { name }), {
    detail: { name },
  });
}

/** Rejects with the signal's reason as soon as it aborts, else settles as the promise does. */
export function raceSignal<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const onAbort = () => reject(signal.reason as Error);
    if (signal.aborted) {
      promise.catch(() => {});
      onAbort();
      return;
    }
    signal.addEventListener('abort', onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
