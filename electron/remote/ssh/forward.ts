import type { Duplex } from 'node:stream';
import type { Client } from 'ssh2';
import { Failure } from '#shared/model/failure.ts';
import { text } from '#shared/model/text.ts';
import type { Deadline } from '../deadlines.ts';

/** A connection that the SSH server makes to a port of its own machine. */
export async function toLoopback(client: Client, host: string, port: number, deadline: Deadline): Promise<Duplex> {
  const opening = new Promise<Duplex>((resolve, reject) => {
    client.forwardOut('127.0.0.1', 0, '127.0.0.1', port, (error, stream) => {
      if (error) reject(refused(error, host, port));
      else resolve(stream);
    });
  });
  try {
    return await deadline.race(opening, `connecting to port ${port} of ${host}`);
  } catch (error) {
    // one that comes after the deadline is nobody's
    opening.then(
      (late) => late.destroy(),
      () => {},
    );
    throw error;
  }
}

function refused(error: Error, host: string, port: number): Failure {
  return new Failure(
    'CONNECT_FAILED',
    text(
      /*i18n*/ {
        id: 'ssh.forward.refused',
        message: 'The SSH server of {host} made no connection to its port {port} ({why})',
      },
      { host, port, why: error.message.replace(/^\(SSH\) /, '').slice(0, 200) },
    ),
    {
      hint: text(
        /*i18n*/ {
          id: 'ssh.forward.refused.hint',
          message: 'Check that the service listens there, and that sshd allows forwarding (AllowTcpForwarding)',
        },
      ),
      retryable: true,
      detail: { host, port, reason: error.message },
      cause: error,
    },
  );
}
