import { isFailure } from '#shared/model/failure.ts';

/**
 * True for a failure after which nobody knows what the server did: the command may have run on, and may be running
 * still. Reading at once could read a state that is about to change, so such a change is interrupted, not settled.
 */
export function isLost(error: unknown): boolean {
  return isFailure(error, 'CONNECTION_LOST', 'CONNECT_FAILED', 'TIMEOUT');
}
