import type { FromHost, ToHost } from '#shared/model/shell-link.ts';

/** Electron's MessagePortMain, as much of it as a host needs. */
export interface HandedPort {
  on: (event: string, callback: (event?: { data: unknown }) => void) => void;
  postMessage(message: unknown, transfer?: unknown[]): void;
  start(): void;
  close(): void;
}

/** `process.parentPort` of a utility process. Typed here, since only the shell may import electron. */
export interface ParentPort {
  on(event: 'message', listener: (event: { data: ToHost; ports: HandedPort[] }) => void): void;
  postMessage(message: FromHost): void;
}

/** Tells the shell something. */
export type Tell = (message: FromHost) => void;

/** The port to the shell. Throws outside a utility process. */
export function parentPort(): ParentPort {
  const port = (process as { parentPort?: ParentPort }).parentPort;
  if (port === undefined) throw new Error('the desktop host runs only as a utility process of the desktop app');
  return port;
}
