/**
 * IMAP over the SSH connection to a machine. The line ends in the machine whose host key was checked, so it needs no
 * second encryption and no certificate.
 */
import { Duplex } from 'node:stream';
import type { ReadableStream, WritableStream } from 'node:stream/web';
import { connect as connectTls } from 'node:tls';
import { createStreamsTransport, ImapFlow } from 'imapflow';
import { raceSignal } from './deadlines.ts';
import { LIMITS } from './limits.ts';
import type { Machine } from './machine.ts';

export type { FetchMessageObject } from 'imapflow';
export type Mailboxes = Pick<
  ImapFlow,
  'mailboxOpen' | 'fetch' | 'fetchOne' | 'search' | 'download' | 'close' | 'logout'
>;

/** What imapflow tells of a refused login. */
export interface ImapRefusal {
  authenticationFailed?: boolean;
  responseText?: string;
  /** RFC 5530: AUTHENTICATIONFAILED, AUTHORIZATIONFAILED … */
  serverResponseCode?: string;
  message?: string;
}

/**
 * Logs in at a port of the machine itself. The caller ends it by close() or logout(); a signal that aborts ends it, too.
 * Throws CONNECT_FAILED where the port is not reached, and ImapRefusal where the login is refused or the talk breaks off.
 * @param door.tls TLS from the first byte (993)
 */
export async function openImap(
  machine: Machine,
  door: { port: number; tls: boolean },
  auth: { user: string; pass: string },
  signal: AbortSignal,
): Promise<Mailboxes> {
  const line = await machine.connect(door.port, signal);
  const socket = door.tls ? inTls(line) : line;
  const client = new ImapFlow({
    host: '127.0.0.1',
    port: door.port,
    secure: false,
    doSTARTTLS: false,
    auth,
    transport: createStreamsTransport({ open: () => streamsOf(socket) }),
    logger: false,
    disableAutoIdle: true,
    disableCompression: true,
    clientInfo: { name: 'Postdeck' },
    greetingTimeout: LIMITS.FORWARD_SECONDS * 1000,
    socketTimeout: LIMITS.IMAP_SILENCE_SECONDS * 1000,
  });
  // errors come in any number and at any time; an emitter without a listener would end the program
  client.on('error', () => {});
  const end = (): void => {
    client.close();
    line.destroy();
  };
  signal.addEventListener('abort', end, { once: true });
  client.once('close', () => {
    signal.removeEventListener('abort', end);
    line.destroy();
  });
  try {
    await raceSignal(client.connect(), signal);
    return client;
  } catch (error) {
    end();
    throw error;
  }
}

function inTls(line: Duplex): Duplex {
  const socket = connectTls({ socket: line, rejectUnauthorized: false });
  socket.on('error', () => {});
  return socket;
}

function streamsOf(socket: Duplex) {
  const streams: { readable: ReadableStream<Uint8Array>; writable: WritableStream<Uint8Array> } = Duplex.toWeb(socket);
  return { opened: Promise.resolve(streams), close: () => socket.destroy() };
}
