import { randomUUID } from 'node:crypto';
import {
  AsyncIteratorClass,
  ORPCError,
  ValidationError,
  implement,
  type ImplementerInternalWithMiddlewares,
} from '@orpc/server';
import { contract, type Contract } from '#shared/contract/index.ts';
import { storageFailure } from '#shared/model/failure-of.ts';
import { Failure } from '#shared/model/failure.ts';
import { text } from '#shared/model/text.ts';
import type { CallContext } from '../console.ts';
import { badInput } from './bad-input.ts';
import type { Log } from './log.ts';

/** Named, since the contract is too large for the compiler to write its type out. */
export type Edge = ImplementerInternalWithMiddlewares<Contract, CallContext, CallContext>;

/**
 * The contract, ready for handlers. Every method gets the same edge: may this door call it at all; is what was sent
 * what was asked for; and whatever goes wrong inside leaves as one failure of the closed list.
 */
export function edge(log: Log): Edge {
  return implement(contract)
    .$context<CallContext>()
    .use(async ({ next, context, path, procedure, signal }) => {
      const { access } = procedure['~orpc'].meta;
      if (access === 'write' && context.access !== 'write') throw toOrpc(forbidden(path.join('.')));
      const told = (error: unknown): ORPCError<string, unknown> => toOrpc(failureFrom(error, path, signal, log));
      try {
        const result = await next();
        return isIterator(result.output) ? { ...result, output: guarded(result.output, told) } : result;
      } catch (error) {
        throw told(error);
      }
    });
}

function toOrpc(failure: Failure): ORPCError<string, unknown> {
  // `defined`: validated again by oRPC against the method's own error map, which drops the mark where it is not so.
  return new ORPCError(failure.code, {
    defined: true,
    message: failure.message,
    data: failure.toData(),
    cause: failure,
  });
}

function forbidden(method: string): Failure {
  return new Failure(
    'FORBIDDEN',
    text(
      /*i18n*/ { id: 'edge.forbidden', message: '{method} changes something, and this door is open for reading only' },
      { method },
    ),
    { hint: text(/*i18n*/ { id: 'edge.forbidden.hint', message: 'Use a door that may write' }) },
  );
}

/** One failure for whatever was thrown. What nobody planned is a defect: it is logged here, and told without its words. */
export function failureFrom(
  error: unknown,
  path: readonly string[],
  signal: AbortSignal | undefined,
  log: Log,
): Failure {
  if (error instanceof Failure) return error;
  if (error instanceof ORPCError && error.cause instanceof Failure) return error.cause;
  if (error instanceof ORPCError && error.code === 'BAD_REQUEST' && error.cause instanceof ValidationError) {
    return badInput(path, error.cause.issues, error.cause.data);
  }
  if (signal?.aborted === true || (error instanceof Error && error.name === 'AbortError')) {
    return new Failure('CANCELLED', text(/*i18n*/ { id: 'edge.cancelled', message: 'Cancelled' }), {
      retryable: true,
      cause: error,
    });
  }
  const storage = storageFailure(error);
  if (storage !== null) return storage;
  const ref = randomUUID().slice(0, 8);
  log.error({ ref, method: path.join('.'), err: error }, 'defect');
  return new Failure(
    'INTERNAL',
    text(/*i18n*/ { id: 'edge.internal', message: 'The console failed inside {method}' }, { method: path.join('.') }),
    {
      hint: text(
        /*i18n*/ {
          id: 'edge.internal.hint',
          message: 'Look for {ref} in postdeck.log in the data folder, and report it',
        },
        { ref },
      ),
      detail: { ref },
      cause: error,
    },
  );
}

function isIterator(value: unknown): value is AsyncIteratorObject<unknown, unknown, void> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value && 'next' in value;
}

/** The same stream, with failures told like those of a plain call, and leaving passed on at once. */
function guarded(
  source: AsyncIteratorObject<unknown, unknown, void>,
  told: (error: unknown) => Error,
): AsyncIteratorObject<unknown, unknown, void> {
  return new AsyncIteratorClass<unknown, unknown, void>(
    async () => {
      try {
        return await source.next();
      } catch (error) {
        throw told(error);
      }
    },
    async (reason) => {
      if (reason !== 'next') await source.return?.();
    },
  );
}
