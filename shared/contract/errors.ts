import { FailureData, type FailureCode } from '../model/failure.ts';

const declared = { data: FailureData };
type Declared = typeof declared;

/** Failures any call can end with, whatever it does. */
const ANYWHERE = ['BAD_INPUT', 'FORBIDDEN', 'CANCELLED', 'LIMIT', 'INTERNAL'] as const satisfies FailureCode[];

/** Failures of any call that talks to a server. */
export const ON_SERVER = [
  'NOT_FOUND',
  'CONNECT_FAILED',
  'AUTH_FAILED',
  'AUTH_NEEDED',
  'HOST_KEY_UNKNOWN',
  'HOST_KEY_CHANGED',
  'CONNECTION_LOST',
  'SUDO_REFUSED',
  'UNSUPPORTED',
  'REMOTE_FAILED',
  'BAD_OUTPUT',
  'TIMEOUT',
  'VAULT_LOCKED',
] as const satisfies FailureCode[];

/** The error map of a method: what can happen anywhere, and the codes it names. Goes into `.errors()`. */
export function failures<const Codes extends readonly FailureCode[]>(
  ...codes: Codes
): Record<Codes[number] | (typeof ANYWHERE)[number], Declared> {
  return Object.fromEntries([...ANYWHERE, ...codes].map((code) => [code, declared])) as Record<
    Codes[number] | (typeof ANYWHERE)[number],
    Declared
  >;
}
