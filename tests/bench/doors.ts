import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MessageChannel, Worker } from 'node:worker_threads';
import { createORPCClient } from '@orpc/client';
import { RPCLink as PortLink } from '@orpc/client/message-port';
import { RPCLink as SocketLink } from '@orpc/client/websocket';
import { createRouterClient, type RouterClient } from '@orpc/server';
import { WebSocket } from 'ws';
import { compose } from '#core/compose.ts';
import type { Console } from '#core/console.ts';
import { SUBPROTOCOL } from '#hosts/web/guard.ts';
import { consume } from '#shared/contract/consume.ts';
import type { Suite } from './bench.ts';
import { median, type Row } from './report.ts';

type Client = RouterClient<Console['router']>;

const ROUNDS = 5;
const CALLS = 5000;
const AT_ONCE = 64;
const LISTINGS = 5;

async function callsPerSecond(client: Client): Promise<number> {
  let left = CALLS;
  const start = performance.now();
  const caller = async () => {
    while (left-- > 0) await client.app.settings();
  };
  await Promise.all(Array.from({ length: AT_ONCE }, caller));
  return CALLS / ((performance.now() - start) / 1000);
}

async function linesPerSecond(client: Client, serverId: string): Promise<number> {
  let lines = 0;
  const start = performance.now();
  for (let round = 0; round < LISTINGS; round++) {
    for await (const rows of consume(await client.queue.list({ serverId }), client.flow.ack)) lines += rows.length;
  }
  return lines / ((performance.now() - start) / 1000);
}

const thousands = (value: number) => `${(value / 1000).toFixed(1)} k`;

export const doors: Suite = {
  title: 'Calls and lines through each door',
  method:
    'The console runs in a thread of its own behind the desktop door (MessagePort) and the browser door (WebSocket on ' +
    'loopback), and in the caller for the terminal. Calls: `app.settings`, 64 at once. Lines: queued messages of the ' +
    'demo server, streamed by `queue.list` in batches under the credit window. Ratios are against the terminal door.',
  async run() {
    const dataDir = mkdtempSync(join(tmpdir(), 'postdeck-bench-'));
    const local = await compose({ dataDir, door: 'cli', version: '0.0.0-bench', keychain: null });
    const worker = new Worker(new URL('./console-worker.ts', import.meta.url));
    const [{ webPort, token }] = (await once(worker, 'message')) as [{ webPort: number; token: string }];
    const channel = new MessageChannel();
    worker.postMessage({ port: channel.port1 }, [channel.port1]);
    channel.port2.start();
    const socket = new WebSocket(`ws://127.0.0.1:${webPort}/wire`, [SUBPROTOCOL, `tok.${token}`], {
      origin: `http://127.0.0.1:${webPort}`,
    });
    await once(socket, 'open');

    const clients: [string, Client][] = [
      ['terminal (in process)', createRouterClient(local.router, { context: { access: 'write' } })],
      ['desktop (MessagePort)', createORPCClient<Client>(new PortLink({ port: channel.port2 }))],
      ['browser (WebSocket)', createORPCClient<Client>(new SocketLink({ websocket: socket }))],
    ];
    const figures = new Map(clients.map(([name]) => [name, { calls: [] as number[], lines: [] as number[] }]));
    const servers = new Map<string, string>();
    for (const [name, client] of clients.slice(0, 2)) {
      const { id } = await client.servers.add({ name: 'bench', demo: true });
      servers.set(name, id);
    }
    servers.set(clients[2]![0], servers.get(clients[1]![0])!);
    for (let round = 0; round <= ROUNDS; round++) {
      for (const [name, client] of clients) {
        const calls = await callsPerSecond(client);
        const lines = await linesPerSecond(client, servers.get(name)!);
        if (round === 0) continue; // warm-up
        figures.get(name)!.calls.push(calls);
        figures.get(name)!.lines.push(lines);
      }
    }
    socket.close();
    channel.port2.close();
    worker.postMessage('end');
    await once(worker, 'exit');
    await local.dispose();
    rmSync(dataDir, { recursive: true, force: true });

    const first = figures.get(clients[0]![0])!;
    const rows: Row[] = [];
    for (const [name] of clients) {
      const { calls, lines } = figures.get(name)!;
      for (const [what, unit, own, base] of [
        ['calls', 'calls/s', median(calls), median(first.calls)],
        ['lines', 'lines/s', median(lines), median(first.lines)],
      ] as const) {
        rows.push({
          what: `${name}: ${what}`,
          ours: `${thousands(own)} ${unit}`,
          beside: `${thousands(base)} ${unit}`,
          ratio: `${(own / base).toFixed(2)}x`,
          aim: '',
        });
      }
    }
    return rows;
  },
};
