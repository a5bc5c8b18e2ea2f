import { MessageChannel } from 'node:worker_threads';
import { createORPCClient } from '@orpc/client';
import { RPCLink as PortLink } from '@orpc/client/message-port';
import { RPCLink as SocketLink } from '@orpc/client/websocket';
import { createRouterClient } from '@orpc/server';
import { RPCHandler } from '@orpc/server/message-port';
import { WebSocket } from 'ws';
import type { CallContext } from '#core/console.ts';
import { makeToken, SUBPROTOCOL } from '#hosts/web/guard.ts';
import { serveWeb } from '#hosts/web/server.ts';
import type { Client, OpenDoor } from './fixture.ts';

/** The terminal's door: calls in process, through the contract. */
export const inProcess: OpenDoor = (router) =>
  Promise.resolve({
    client: (access) => Promise.resolve(createRouterClient(router, { context: { access } satisfies CallContext })),
    close: () => Promise.resolve(),
  });

/** The desktop's door: the adapter that the utility process uses, over Node's own MessagePort. */
export const messagePort: OpenDoor = (router) => {
  const channels: MessageChannel[] = [];
  const handler = new RPCHandler<CallContext>(router);
  return Promise.resolve({
    client(access) {
      const channel = new MessageChannel();
      channels.push(channel);
      handler.upgrade(channel.port1, { context: { access } });
      channel.port1.start();
      channel.port2.start();
      return Promise.resolve(createORPCClient<Client>(new PortLink({ port: channel.port2 })));
    },
    close() {
      for (const { port1, port2 } of channels) {
        port2.close();
        port1.close();
      }
      return Promise.resolve();
    },
  });
};

/** The browser's door: the web host itself, with the headers a browser sends. */
export const webSocket: OpenDoor = async (router) => {
  const tokens = { write: makeToken('write'), read: makeToken('read') };
  const server = await serveWeb({ router, page: import.meta.dirname, tokens: [tokens.read, tokens.write], port: 0 });
  const sockets: WebSocket[] = [];
  return {
    client(access) {
      const socket = new WebSocket(`ws://127.0.0.1:${server.port}/wire`, [SUBPROTOCOL, `tok.${tokens[access].value}`], {
        origin: `http://127.0.0.1:${server.port}`,
      });
      sockets.push(socket);
      return new Promise((resolve, reject) => {
        socket.once('error', reject);
        socket.once('open', () => {
          const link = new SocketLink({ websocket: socket });
          resolve(createORPCClient<Client>(link));
        });
      });
    },
    async close() {
      for (const socket of sockets) socket.terminate();
      await server.close();
    },
  };
};
