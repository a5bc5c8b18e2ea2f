import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { RPCHandler } from '@orpc/server/ws';
import { WebSocketServer, type WebSocket } from 'ws';
import type { CallContext, Console } from '#core/console.ts';
import { pageFile } from './files.ts';
import {
  accessOf,
  bearerToken,
  HEADERS,
  refuseStranger,
  socketToken,
  SUBPROTOCOL,
  type Refusal,
  type WebToken,
} from './guard.ts';
import { WEB_LIMITS, type WebLimits } from './limits.ts';
import { paced } from './paced.ts';

export interface WebServerOptions {
  router: Console['router'];
  /** Folder of the built page. */
  page: string;
  tokens: readonly WebToken[];
  /** 0: any free one. */
  port: number;
  limits?: Partial<WebLimits>;
  /** Called when a page has come in with its token. */
  onPage?: () => void;
}

export interface WebServer {
  port: number;
  /** Pages connected now. */
  pages(): number;
  /** Tells the pages, ends their calls, frees the port. */
  close(): Promise<void>;
}

/**
 * The browser's door: the built page and one WebSocket, on 127.0.0.1 alone. Nothing behind it is answered before
 * Host, Origin and token have been checked, in this order.
 */
export async function serveWeb(options: WebServerOptions): Promise<WebServer> {
  const limits = { ...WEB_LIMITS, ...options.limits };
  const server = createServer({
    maxHeaderSize: limits.headerBytes,
    headersTimeout: limits.headersMs,
    requestTimeout: limits.requestMs,
    keepAliveTimeout: limits.idleMs,
    connectionsCheckingInterval: limits.checkMs,
  });
  server.maxConnections = limits.connections;
  const port = () => (server.address() as AddressInfo).port;

  server.on('request', (request, response) => {
    answer(request)
      .then(({ status, type, body }) => {
        response.writeHead(status, { ...HEADERS, 'content-type': type, 'content-length': Buffer.byteLength(body) });
        response.end(request.method === 'HEAD' ? undefined : body);
        return undefined;
      })
      .catch(() => response.destroy());
  });

  async function answer(request: IncomingMessage): Promise<{ status: number; type: string; body: string | Buffer }> {
    const plain = (status: number, body: string) => ({ status, type: 'text/plain; charset=utf-8', body: `${body}\n` });
    const refusal = refuseStranger(request, port(), false);
    if (refusal !== null) return plain(refusal.status, refusal.reason);
    if (request.method !== 'GET' && request.method !== 'HEAD') return plain(405, 'Only GET is answered here.');
    const path = (request.url ?? '/').split('?', 1)[0] ?? '/';
    if (path === '/session') {
      const access = accessOf(bearerToken(request), options.tokens);
      if (access === null) return plain(401, NO_TOKEN);
      return { status: 200, type: 'application/json', body: JSON.stringify({ access }) };
    }
    const file = await pageFile(options.page, path);
    if (file === null) return plain(404, 'No such page.');
    return { status: 200, ...file };
  }

  const handler = new RPCHandler<CallContext>(options.router);
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: limits.frameBytes,
    perMessageDeflate: false,
    handleProtocols: (offered) => (offered.has(SUBPROTOCOL) ? SUBPROTOCOL : false),
  });

  server.on('upgrade', (request, socket, head) => {
    const admitted = admit(request);
    if (typeof admitted === 'object') {
      refuse(socket, admitted);
      return;
    }
    sockets.handleUpgrade(request, socket, head, (page) => {
      // An oversized or broken frame; ws has already answered 1009 or 1002 and closes.
      page.on('error', () => undefined);
      watch(page, limits.pingMs);
      void handler.upgrade(paced(page, limits.bufferedBytes), { context: { access: admitted } });
      options.onPage?.();
    });
  });

  function admit(request: IncomingMessage): CallContext['access'] | Refusal {
    const refusal = refuseStranger(request, port(), true);
    if (refusal !== null) return refusal;
    const access = accessOf(socketToken(request), options.tokens);
    if (access === null) return { status: 401, reason: NO_TOKEN };
    if ((request.url ?? '').split('?', 1)[0] !== '/wire') return { status: 404, reason: 'The link is at /wire.' };
    if (sockets.clients.size >= limits.sockets) return { status: 503, reason: 'Too many pages are open.' };
    return access;
  }

  await listen(server, options.port);
  return {
    port: port(),
    pages: () => sockets.clients.size,
    async close() {
      for (const page of sockets.clients) page.close(1001, 'the console is closing');
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      // Upgraded connections are no longer the server's; a page that does not answer the close must not keep us.
      setTimeout(() => {
        for (const page of sockets.clients) page.terminate();
      }, 500).unref();
      await closed;
    },
  };
}

const NO_TOKEN = 'Open the address that the console printed: its token is missing or not the right one.';

function refuse(socket: Duplex, { status, reason }: Refusal): void {
  socket.on('error', () => undefined);
  const body = `${reason}\n`;
  const head = [`HTTP/1.1 ${status} Refused`, 'connection: close', 'content-type: text/plain; charset=utf-8'];
  socket.end(`${head.join('\r\n')}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
}

/** Cuts a page that is gone without a word: a laptop put to sleep, a killed browser. */
function watch(page: WebSocket, everyMs: number): void {
  let answered = true;
  page.on('pong', () => (answered = true));
  const timer = setInterval(() => {
    if (!answered) page.terminate();
    answered = false;
    page.ping();
  }, everyMs);
  timer.unref();
  page.on('close', () => clearInterval(timer));
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve();
    });
  });
}
