import type { FailureData } from '#shared/model/failure.ts';

/** The key that a HOST_KEY_UNKNOWN failure tells of, in the form that servers.trustHostKey takes. */
export function offeredKey({ detail }: FailureData): { host: string; fingerprint: string } | null {
  const { host, fingerprint, port } = detail;
  if (typeof host !== 'string' || typeof fingerprint !== 'string') return null;
  return { host: typeof port === 'number' ? `${host}:${port}` : host, fingerprint };
}
