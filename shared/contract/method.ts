import { oc } from '@orpc/contract';

/**
 * What a door must be allowed to call a method. Being let in at a door does not authorise every method behind it:
 * a door opened for reading only answers FORBIDDEN to `write`.
 */
export interface MethodMeta {
  access: 'read' | 'write';
}

/** The start of a method that only looks. */
export const reads = oc.$meta<MethodMeta>({ access: 'read' });

/** The start of a method that alters something: a server, a profile, a secret, a setting. */
export const writes = oc.$meta<MethodMeta>({ access: 'write' });
