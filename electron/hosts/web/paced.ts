import type { WebSocket } from 'ws';

/**
 * A socket whose `send` resolves only once little is waiting to go out, so that a stream's producer stops when the
 * page does not read. ws itself buffers without bound.
 *
 * @param high Bytes waiting, from which on `send` waits until its own message has gone out.
 */
export function paced(socket: WebSocket, high: number): Pick<WebSocket, 'addEventListener' | 'send'> {
  return {
    addEventListener: socket.addEventListener.bind(socket),
    send: (data: Parameters<WebSocket['send']>[0]) => {
      // The close event ends every call of this page; what they still have to say is for nobody.
      if (socket.readyState !== socket.OPEN) return Promise.resolve();
      return new Promise<void>((resolve) => {
        socket.send(data, () => resolve());
        if (socket.bufferedAmount < high) resolve();
      });
    },
  };
}
