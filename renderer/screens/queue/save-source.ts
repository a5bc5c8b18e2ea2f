import { consume } from '#shared/contract/consume.ts';
import type { Client } from '../../api/wire.ts';
import { saveFile } from '../../ui/save-file.ts';

/** Raw source of a message, up to `limit` bytes; the rest is not read. */
export async function readSource(
  client: Client,
  serverId: string,
  queueId: string,
  limit: number,
  signal?: AbortSignal,
): Promise<{ parts: Uint8Array<ArrayBuffer>[]; cut: boolean }> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let bytes = 0;
  const stream = await client.queue.source({ serverId, queueId }, signal === undefined ? {} : { signal });
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

/** Saves a message as ID.eml, through the browser's own download. */
export async function saveSource(client: Client, serverId: string, queueId: string): Promise<void> {
  const { parts } = await readSource(client, serverId, queueId, Number.POSITIVE_INFINITY);
  saveFile(new Blob(parts, { type: 'message/rfc822' }), `${queueId}.eml`);
}
