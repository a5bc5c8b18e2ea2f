import type { Batch } from './flow.ts';

/**
 * Reads a stream that runs under the credit window: hands out each batch's items and acknowledges the batch once
 * the consumer asks for the next one. Ending the loop early ends the stream and its producer.
 *
 * @param ack `client.flow.ack`
 */
export async function* consume<T>(
  stream: AsyncIterable<Batch<T>>,
  ack: (input: { streamId: string; seq: number }) => Promise<unknown>,
): AsyncGenerator<T[], void, void> {
  for await (const batch of stream) {
    yield batch.items;
    // Not awaited: a round trip per batch would empty the window. A lost ack means a lost link, and then the
    // stream itself fails.
    ack({ streamId: batch.streamId, seq: batch.seq }).catch(() => undefined);
  }
}
