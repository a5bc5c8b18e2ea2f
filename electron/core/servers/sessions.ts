import type { ServerSession } from '#drivers/driver.ts';
import type { ServerStatus } from '#shared/model/server.ts';

/** The connected servers: one session each, opened on demand and kept. */
export interface Sessions {
  /**
   * The server's session. Connects first when needed; callers that come meanwhile join. A session outlives lost
   * connections: its commands connect again. Throws NOT_FOUND and whatever connecting can end with.
   */
  sessionFor(serverId: string, signal: AbortSignal): Promise<ServerSession>;
  /** The session when there is one now, without contacting anything. */
  current(serverId: string): ServerSession | null;
  statuses(): ServerStatus[];
  /** All statuses first, then those that changed. Ends with the signal. */
  watch(signal: AbortSignal): AsyncIterable<ServerStatus[]>;
  /** Tells the message count of the last queue reading, for the server list. */
  noteQueueCount(serverId: string, count: number): void;
  /** Marks a change running on the server; until released, the server cannot be removed or disconnected. */
  occupy(serverId: string): () => void;
  occupied(serverId: string): boolean;
  /** Ends the connection and forgets the session. */
  disconnect(serverId: string): Promise<ServerStatus>;
  dispose(): Promise<void>;
}
