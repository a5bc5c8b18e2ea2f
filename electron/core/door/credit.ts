import { randomUUID } from 'node:crypto';
import { AsyncIteratorClass } from '@orpc/server';
import { type Batch, CREDIT } from '#shared/contract/flow.ts';

interface Window {
  /** Highest batch the consumer said it has used. */
  acked: number;
  /** Wakes the producer that waits for credit. */
  wake: () => void;
}

/** The streams under way and how far each consumer has come. One per console. */
export class Credits {
  readonly #windows = new Map<string, Window>();

  ack(streamId: string, seq: number): void {
    const window = this.#windows.get(streamId);
    if (window === undefined || seq <= window.acked) return;
    window.acked = seq;
    window.wake();
  }

  /**
   * Hands batches of `produce` to one consumer, never more than CREDIT ahead of what it has acknowledged: no
   * transport between here and the page slows a producer down by itself. Empty batches are not sent. When the
   * consumer leaves, or `signal` aborts, the signal given to `produce` aborts, and with it the remote command.
   */
  stream<T>(
    produce: (signal: AbortSignal) => AsyncIterable<T[]>,
    signal?: AbortSignal,
  ): AsyncIteratorObject<Batch<T>, void, void> {
    const gone = new AbortController();
    const stop = signal === undefined ? gone.signal : AbortSignal.any([signal, gone.signal]);
    const streamId = randomUUID();
    const window: Window = { acked: 0, wake: () => undefined };
    this.#windows.set(streamId, window);
    const batches = this.#batches(streamId, window, produce(stop), stop);
    return new AsyncIteratorClass<Batch<T>, void, void>(
      async () => {
        try {
          const result = await batches.next();
          return result.done === true ? { done: true, value: undefined } : result;
        } catch (error) {
          // It was the consumer who left: that is an end, not a failure.
          if (gone.signal.aborted) return { done: true, value: undefined };
          throw error;
        }
      },
      async () => {
        this.#windows.delete(streamId);
        gone.abort();
        // Not awaited: a producer that hangs must not hold the consumer's leaving.
        batches.return(undefined).catch(() => undefined);
        await Promise.resolve();
      },
    );
  }

  async *#batches<T>(
    streamId: string,
    window: Window,
    source: AsyncIterable<T[]>,
    stop: AbortSignal,
  ): AsyncGenerator<Batch<T>, void, void> {
    let seq = 0;
    for await (const items of source) {
      if (items.length === 0) continue;
      while (seq - window.acked >= CREDIT) await credit(window, stop);
      stop.throwIfAborted();
      seq += 1;
      yield { streamId, seq, items };
    }
  }
}

function credit(window: Window, stop: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (stop.aborted) {
      reject(stop.reason as Error);
      return;
    }
    const abort = (): void => reject(stop.reason as Error);
    stop.addEventListener('abort', abort, { once: true });
    window.wake = () => {
      stop.removeEventListener('abort', abort);
      window.wake = () => undefined;
      resolve();
    };
  });
}
