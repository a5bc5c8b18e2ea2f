/** The web host as a program: what it prints, how it ends. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createORPCClient } from '@orpc/client';
import { RPCLink } from '@orpc/client/websocket';
import { afterEach, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { hasDesktop, openerOf } from '#hosts/web/browser.ts';
import { SUBPROTOCOL } from '#hosts/web/guard.ts';
import { failureOf } from '#shared/model/failure-of.ts';
import type { Client } from './fixture.ts';

const HOST = join(import.meta.dirname, '..', '..', 'electron', 'hosts', 'web.ts');
const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0).reverse()) cleanup();
});

function start(...args: string[]) {
  const data = mkdtempSync(join(tmpdir(), 'postdeck-web-'));
  const env = { ...process.env, POSTDECK_DATA: data, POSTDECK_KEYRING: 'off' };
  const child = spawn(process.execPath, ['--no-warnings', HOST, '--no-open', ...args], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  cleanups.push(() => {
    child.kill('SIGKILL');
    rmSync(data, { recursive: true, force: true, maxRetries: 5 });
  });
  const ended = once(child, 'close') as Promise<[number | null, string | null]>;
  let stdout = '';
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const address = new Promise<{ port: number; token: string }>((resolve, reject) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
      const match = /^Postdeck: http:\/\/127\.0\.0\.1:(\d+)\/#token=([\w-]+)\n$/.exec(stdout);
      if (match !== null) resolve({ port: Number(match[1]), token: match[2] ?? '' });
    });
    void ended.then(([code]) => reject(new Error(`ended with ${code}: ${stderr}`)));
  });
  address.catch(() => undefined); // told by `ended` too
  return { child, ended, address, stderr: () => stderr };
}

async function connect({ port, token }: { port: number; token: string }) {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/wire`, [SUBPROTOCOL, `tok.${token}`], {
    origin: `http://127.0.0.1:${port}`,
  });
  cleanups.push(() => socket.terminate());
  await once(socket, 'open');
  return { socket, client: createORPCClient<Client>(new RPCLink({ websocket: socket })) };
}

test('prints one line with a token of 256 bits, serves, and ends cleanly on SIGTERM', async () => {
  const host = start();
  const address = await host.address;
  expect(Buffer.from(address.token, 'base64url')).toHaveLength(32);
  const { socket, client } = await connect(address);
  expect((await client.app.info()).host).toBe('web');
  const closed = once(socket, 'close');
  host.child.kill('SIGTERM');
  expect((await closed)[0]).toBe(1001);
  expect(await host.ended).toEqual([0, null]);
  expect(host.stderr()).toBe('');
});

test('--read-only: its token opens a door for looking only', async () => {
  const { client } = await connect(await start('--read-only').address);
  expect(await client.servers.list()).toEqual([]);
  const failure = await client.servers.add({ name: 'x', demo: true }).then(() => null, failureOf);
  expect(failure?.code).toBe('FORBIDDEN');
});

test('a port in use, and a port that is none: exit 2 and one line', async () => {
  const { port } = await start().address;
  const second = start('--port', String(port));
  expect(await second.ended).toEqual([2, null]);
  expect(second.stderr()).toMatch(
    /^postdeck: BAD_INPUT: that port is in use; choose another with --port, or 0 for any\n$/,
  );
  expect(await start('--port', '70000').ended).toEqual([2, null]);
});

test('the browser is opened only where the person would see it', () => {
  expect(hasDesktop({ DISPLAY: ':0' }, 'linux')).toBe(true);
  expect(hasDesktop({ WAYLAND_DISPLAY: 'wayland-0' }, 'linux')).toBe(true);
  expect(hasDesktop({}, 'linux')).toBe(false);
  expect(hasDesktop({ DISPLAY: ':0', SSH_CONNECTION: '1' }, 'linux')).toBe(false);
  expect(hasDesktop({}, 'darwin')).toBe(true);
  for (const platform of ['linux', 'darwin', 'win32'] as const)
    expect(openerOf('file:///a%20b', platform).at(-1)).toBe('file:///a%20b');
});
