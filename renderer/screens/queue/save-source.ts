import type { Client } from '../../api/wire.ts';
import { type RawSource, readSource } from '../../app/mail/read-source.ts';
import { saveFile } from '../../ui/save-file.ts';

/** Raw source of a queued message. */
export function sourceOf(client: Client, serverId: string, queueId: string): RawSource {
  return {
    key: [serverId, queueId],
    read: async (limit, signal) => {
      const stream = await client.queue.source({ serverId, queueId }, signal === undefined ? {} : { signal });
      return readSource(client, stream, limit);
    },
  };
}

/** Saves a message as ID.eml, through the browser's own download. */
export async function saveSource(client: Client, serverId: string, queueId: string): Promise<void> {
  const { parts } = await sourceOf(client, serverId, queueId).read(Number.POSITIVE_INFINITY);
  saveFile(new Blob(parts, { type: 'message/rfc822' }), `${queueId}.eml`);
}
