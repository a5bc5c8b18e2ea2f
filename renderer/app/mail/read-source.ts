import { consume } from '#shared/contract/consume.ts';
import type { Batch } from '#shared/contract/flow.ts';
import type { Client } from '../../api/wire.ts';

/** Where the raw bytes of a message come from. */
export interface RawSource {
  /** Names the message, for the cache. */
  key: readonly string[];
  /** Up to `limit` bytes; the rest is not read. */
  read: (limit: number, signal?: AbortSignal) => Promise<{ parts: Uint8Array<ArrayBuffer>[]; cut: boolean }>;
}

/** Takes a source stream up to `limit` bytes. */
export async function readSource(
  client: Client,
  stream: AsyncIterableIterator<Batch<string>>,
  limit: number,
): Promise<{ parts: Uint8Array<ArrayBuffer>[]; cut: boolean }> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let bytes = 0;
  for await (const chunks of consume(stream, (input) => client.flow.ack(input))) {
    for (const chunk of chunks) {
      const part = bytesOf(chunk);
      parts.push(part);
      bytes += part.length;
    }
    if (bytes >= limit) return { parts, cut: true };
  }
  return { parts, cut: false };
}

function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at += 1) bytes[at] = text.charCodeAt(at);
  return bytes;
}
