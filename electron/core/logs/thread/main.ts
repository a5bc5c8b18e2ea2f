/** A thread's program: keeps sets open and answers one console. It ends when the console closes it. */
import { parentPort, workerData } from 'node:worker_threads';
import { Failure } from '#shared/model/failure.ts';
import type { FromThread, ThreadData, ToThread } from './protocol.ts';
import { SetService } from './service.ts';
import { startScanWorker } from './start.ts';

const port = parentPort;
if (port === null) throw new Error('logs/thread/main.ts runs as a worker thread only');
const { dir, workers } = workerData as ThreadData;
const service = new SetService(dir, { createWorker: startScanWorker, workers });

interface Call {
  abort: AbortController;
  stream: AsyncIterator<unknown> | Iterator<unknown> | null;
}
const calls = new Map<number, Call>();

// oxlint-disable-next-line unicorn/require-post-message-target-origin -- not a window: a port has no origin
const tell = (message: FromThread): void => port.postMessage(message);

port.on('message', (message: ToThread) => {
  switch (message.type) {
    case 'call':
      void answer(message.id, message.method, message.args);
      return;
    case 'next':
      void next(message.id);
      return;
    case 'abort':
      abort(message.id);
      return;
    default:
      message satisfies never;
  }
});

async function answer(id: number, method: string, args: unknown[]): Promise<void> {
  const call: Call = { abort: new AbortController(), stream: null };
  calls.set(id, call);
  const hand = { signal: call.abort.signal, progress: (value: unknown) => tell({ type: 'progress', id, value }) };
  try {
    const act = (service as unknown as Record<string, (...all: unknown[]) => unknown>)[method];
    if (act === undefined) throw new Error(`no method ${method}`);
    const value = await act.call(service, hand, ...args);
    if (isStream(value)) {
      call.stream = value;
      await next(id);
      return;
    }
    calls.delete(id);
    tell({ type: 'done', id, value });
  } catch (error) {
    calls.delete(id);
    fail(id, error);
  }
}

async function next(id: number): Promise<void> {
  const call = calls.get(id);
  if (call === undefined || call.stream === null) return;
  try {
    const part = await call.stream.next();
    if (part.done === true) calls.delete(id);
    tell({ type: 'part', id, value: part.value, end: part.done === true });
  } catch (error) {
    calls.delete(id);
    fail(id, error);
  }
}

function abort(id: number): void {
  const call = calls.get(id);
  if (call === undefined) return;
  call.abort.abort();
  if (call.stream === null) return;
  calls.delete(id);
  void Promise.resolve(call.stream.return?.(undefined)).catch(() => undefined);
}

function isStream(value: unknown): value is AsyncIterator<unknown> | Iterator<unknown> {
  return typeof value === 'object' && value !== null && 'next' in value && typeof value.next === 'function';
}

function fail(id: number, error: unknown): void {
  const failure = error instanceof Failure ? error.toData() : null;
  const words = error instanceof Error ? error.message : String(error);
  tell({ type: 'failed', id, failure, words, stack: error instanceof Error ? (error.stack ?? '') : '' });
}
