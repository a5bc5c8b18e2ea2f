import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { makeToken, SUBPROTOCOL } from '#hosts/web/guard.ts';
import { paced } from '#hosts/web/paced.ts';
import { serveWeb, type WebServer } from '#hosts/web/server.ts';
import { openFixture, type Fixture } from './fixture.ts';

const LIMITS = { headersMs: 300, requestMs: 300, checkMs: 50, frameBytes: 1024 * 1024, sockets: 3, headerBytes: 4096 };

describe('web host, against', () => {
  const token = makeToken('write');
  let folder: string;
  let fixture: Fixture;
  let server: WebServer;
  let own: string;
  const open: { terminate(): void }[] = [];

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'postdeck-page-'));
    mkdirSync(join(folder, 'page'));
    writeFileSync(join(folder, 'page', 'index.html'), '<!doctype html><title>page</title>');
    writeFileSync(join(folder, 'page', 'notes.txt'), 'not a file of a page');
    writeFileSync(join(folder, 'secret.json'), '{"secret":true}');
    symlinkSync(join(folder, 'secret.json'), join(folder, 'page', 'link.json'));
    fixture = await openFixture();
    const page = join(folder, 'page');
    server = await serveWeb({ router: fixture.router, page, tokens: [token], port: 0, limits: LIMITS });
    own = `127.0.0.1:${server.port}`;
  });
  afterEach(() => {
    for (const socket of open.splice(0)) socket.terminate();
  });
  afterAll(async () => {
    await server.close();
    await fixture.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Sends the path as it is; fetch and URL would tidy it first. */
  function get(path: string, headers: Record<string, string> = {}, method = 'GET') {
    return new Promise<{ status: number; body: string; headers: NodeJS.Dict<string | string[]> }>((resolve, reject) => {
      const sent = httpRequest(
        { host: '127.0.0.1', port: server.port, path, method, headers, agent: false },
        (answer) => {
          let body = '';
          answer.setEncoding('utf8');
          answer.on('data', (part: string) => (body += part));
          answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body, headers: answer.headers }));
        },
      );
      sent.on('error', reject);
      sent.end();
    });
  }

  /** Asks for a socket as a page would; answers the status, 101 when it was let in. */
  function knock(options: { token?: string; origin?: string; host?: string; path?: string }) {
    const { path = '/wire', host = own } = options;
    const protocols = [SUBPROTOCOL, ...(options.token === undefined ? [] : [`tok.${options.token}`])];
    const socket = new WebSocket(`ws://${own}${path}`, protocols, { origin: options.origin, headers: { host } });
    open.push(socket);
    return new Promise<{ status: number; socket: WebSocket }>((resolve) => {
      socket.on('error', () => undefined);
      socket.once('open', () => resolve({ status: 101, socket }));
      socket.once('unexpected-response', (_request, answer) => {
        answer.resume();
        resolve({ status: answer.statusCode ?? 0, socket });
      });
    });
  }
  const page = () => ({ token: token.value, origin: `http://${own}`, host: own });

  test('nobody: the page itself is let in, by address and by name', async () => {
    expect((await knock(page())).status).toBe(101);
    const localhost = `localhost:${server.port}`;
    expect((await knock({ ...page(), origin: `http://${localhost}`, host: localhost })).status).toBe(101);
  });

  test('a guessed, empty, shortened or missing token: 401, and the token is not echoed', async () => {
    for (const wrong of [makeToken('write').value, '', token.value.slice(0, -1), `${token.value}x`]) {
      expect((await knock({ ...page(), token: wrong })).status).toBe(401);
      expect((await get('/session', { authorization: `Bearer ${wrong}` })).status).toBe(401);
    }
    expect((await knock({ origin: `http://${own}` })).status).toBe(401);
    expect((await get('/session')).status).toBe(401);
    const { socket } = await knock(page());
    expect(socket.protocol).toBe(SUBPROTOCOL);
  });

  test('a page of another origin, or of none: 403 before the token is looked at', async () => {
    for (const origin of ['http://evil.example', `https://${own}`, `http://127.0.0.1:${server.port + 1}`, 'null']) {
      expect((await knock({ ...page(), origin })).status).toBe(403);
      expect((await get('/', { origin })).status).toBe(403);
    }
    expect((await knock({ ...page(), origin: undefined })).status).toBe(403);
  });

  test('a name rebound to 127.0.0.1: 421 for the page and for the socket', async () => {
    for (const host of [
      'evil.example',
      `evil.example:${server.port}`,
      '127.0.0.1',
      `127.0.0.1.nip.example:${server.port}`,
    ]) {
      expect((await get('/', { host })).status).toBe(421);
      expect((await knock({ ...page(), host, origin: `http://${host}` })).status).toBe(421);
    }
  });

  test('another address of this machine: nothing listens there', async () => {
    const socket = connect(server.port, '127.0.0.2');
    const [error] = (await once(socket, 'error')) as [NodeJS.ErrnoException];
    expect(['ECONNREFUSED', 'EADDRNOTAVAIL', 'ETIMEDOUT']).toContain(error.code);
  });

  test('paths that lead out of the page: 404, by dots, encodings, links and separators', async () => {
    expect((await get('/')).status).toBe(200);
    const paths = [
      '/../secret.json',
      '/%2e%2e/secret.json',
      '/..%2fsecret.json',
      '/%2e%2e%5csecret.json',
      '/link.json',
    ];
    paths.push(
      '//secret.json',
      '/notes.txt',
      '/.stamp',
      '/index.html%00.json',
      '/%E0%A4%A',
      '/C:/secret.json',
      '/x/../../secret.json',
    );
    for (const path of paths) {
      const answer = await get(path);
      expect({ path, status: answer.status }).toEqual({ path, status: 404 });
      expect(answer.body).not.toContain('secret');
    }
  });

  test('methods that write: 405', async () => {
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) expect((await get('/', {}, method)).status).toBe(405);
  });

  test('framing, sniffing, foreign scripts and caches: every answer carries the headers', async () => {
    for (const path of ['/', '/none', '/session']) {
      const { headers } = await get(path);
      expect(headers['content-security-policy']).toContain("default-src 'none'; script-src 'self'");
      expect(headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
        'referrer-policy': 'no-referrer',
        'cache-control': 'no-store',
        'cross-origin-resource-policy': 'same-origin',
      });
    }
  });

  test('an oversized frame: closed with 1009, and others go on', async () => {
    const { socket } = await knock(page());
    const other = await knock(page());
    const closed = once(socket, 'close');
    socket.send('x'.repeat(LIMITS.frameBytes + 1));
    expect((await closed)[0]).toBe(1009);
    expect(other.socket.readyState).toBe(WebSocket.OPEN);
  });

  test('frames that are no calls: the host stays up', async () => {
    const { socket } = await knock(page());
    for (const frame of ['', '{', '[]', '{"i":1}', Buffer.from([255, 0, 255])]) socket.send(frame);
    expect((await get('/session', { authorization: `Bearer ${token.value}` })).status).toBe(200);
    expect((await knock(page())).status).toBe(101);
  });

  test('more pages than allowed: 503', async () => {
    for (let i = 0; i < LIMITS.sockets; i++) expect((await knock(page())).status).toBe(101);
    expect((await knock(page())).status).toBe(503);
  });

  test('headers without end: 431', async () => {
    expect((await get('/', { 'x-long': 'x'.repeat(LIMITS.headerBytes) })).status).toBe(431);
  });

  test('a connection that sends its headers a byte at a time: cut at the deadline', async () => {
    const socket: Socket = connect(server.port, '127.0.0.1');
    open.push({ terminate: () => socket.destroy() });
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    socket.write('GET / HTTP/1.1\r\nHost: ');
    socket.resume();
    await once(socket, 'close');
  });
});

describe('paced socket, against a page that does not read', () => {
  test('send waits while much is buffered, and no longer than its own message', async () => {
    const flushed: (() => void)[] = [];
    const slow = {
      OPEN: 1,
      readyState: 1,
      bufferedAmount: 0,
      addEventListener: () => undefined,
      send: (_data: unknown, done: () => void) => flushed.push(done),
    };
    const socket = paced(slow as unknown as WebSocket, 100);
    const send = (data: string) => socket.send(data) as unknown as Promise<void>;
    await send('a'); // little is waiting: at once
    slow.bufferedAmount = 200;
    let went = false;
    const second = send('b').then(() => (went = true));
    await Promise.resolve();
    expect(went).toBe(false);
    flushed[1]?.();
    await second;
    slow.readyState = 3;
    await send('c'); // closed: nobody to wait for
    expect(flushed).toHaveLength(2);
  });
});
