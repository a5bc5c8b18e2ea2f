import type { Failure } from '#shared/model/failure.ts';
import { isFailure } from '#shared/model/failure.ts';

export interface PendingKey {
  host: string;
  port: number;
  hop: string | null;
  fingerprint: string;
  key: Buffer;
  /** Other keys are on record, or it is revoked: it cannot be accepted with a click. */
  refused: Failure | null;
}

/**
 * Host keys that servers have shown and nobody has accepted yet. Kept so that accepting a fingerprint accepts the very
 * key that was shown, without connecting in between.
 */
export class PendingKeys {
  readonly #keys = new Map<string, PendingKey>();

  /** Remembers the key of a HOST_KEY_UNKNOWN or HOST_KEY_CHANGED failure; other failures are none of its business. */
  note(serverId: string, failure: Failure): void {
    if (!isFailure(failure, 'HOST_KEY_UNKNOWN', 'HOST_KEY_CHANGED')) return;
    const { host, port, hop, fingerprint, key } = failure.detail as Record<string, string | number | null>;
    if (typeof host !== 'string' || typeof port !== 'number' || typeof fingerprint !== 'string') return;
    this.#keys.set(`${serverId} ${host}:${port}`, {
      host,
      port,
      hop: typeof hop === 'string' ? hop : null,
      fingerprint,
      key: Buffer.from(String(key), 'base64'),
      refused: failure.code === 'HOST_KEY_CHANGED' ? failure : null,
    });
  }

  /** By the host as the failure told it, with or without its port. */
  find(serverId: string, host: string): PendingKey | null {
    for (const [name, key] of this.#keys) {
      if (!name.startsWith(`${serverId} `)) continue;
      if (host === key.host || host === `${key.host}:${key.port}` || host === `[${key.host}]:${key.port}`) return key;
    }
    return null;
  }

  forget(serverId: string): void {
    for (const name of this.#keys.keys()) if (name.startsWith(`${serverId} `)) this.#keys.delete(name);
  }
}
