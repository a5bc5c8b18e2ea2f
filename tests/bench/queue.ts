import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRouterClient, type RouterClient } from '@orpc/server';
import { compose } from '#core/compose.ts';
import type { Console } from '#core/console.ts';
import { consume } from '#shared/contract/consume.ts';
import type { Change, ChangeRequest } from '#shared/model/change.ts';
import { type LabHost, startLab } from '../lab/index.ts';
import type { Suite } from './bench.ts';
import { seeQueue } from './page.ts';
import { median, type Row, seconds, timed } from './report.ts';

const LISTED = 50_000;
const DELETED = 20_000;
const ROUNDS = 5;

type Client = RouterClient<Console['router']>;

/** OpenSSH's own client over one kept connection, as an administrator with ControlMaster would run it. */
export class BareSsh {
  readonly #options: string[];
  readonly #target: string;

  constructor(host: LabHost, folder: string) {
    this.#target = `root@${host.address}`;
    this.#options = ['-i', host.keyFile, '-o', 'BatchMode=yes', '-o', 'StrictHostKeyChecking=no'];
    this.#options.push('-o', `UserKnownHostsFile=${join(folder, 'known_hosts')}`, '-o', 'LogLevel=ERROR');
    this.#options.push('-o', 'ControlMaster=auto', '-o', 'ControlPersist=yes', '-o', `ControlPath=${folder}/ssh`);
  }

  /** Runs a command, discards its output, and tells when the first byte of it came. */
  async run(argv: string[], stdin = ''): Promise<{ ms: number; first: number }> {
    const start = performance.now();
    let first = Number.NaN;
    const child = spawn('ssh', [...this.#options, this.#target, ...argv], { stdio: ['pipe', 'pipe', 'ignore'] });
    child.stdin.end(stdin);
    child.stdout.on('data', () => {
      if (Number.isNaN(first)) first = performance.now() - start;
    });
    const [code] = (await once(child, 'close')) as [number];
    if (code !== 0) throw new Error(`ssh ${argv.join(' ')} ended with ${code}`);
    return { ms: performance.now() - start, first };
  }

  async close(): Promise<void> {
    const child = spawn('ssh', [...this.#options, '-O', 'exit', this.#target], { stdio: 'ignore' });
    await once(child, 'close');
  }
}

async function list(client: Client, serverId: string): Promise<{ ms: number; first: number; rows: number }> {
  const start = performance.now();
  let first = Number.NaN;
  let rows = 0;
  for await (const batch of consume(await client.queue.list({ serverId }), client.flow.ack)) {
    if (rows === 0) first = performance.now() - start;
    rows += batch.length;
  }
  return { ms: performance.now() - start, first, rows };
}

/** Plans and applies, and gives the change when its job has ended. */
async function apply(client: Client, request: ChangeRequest): Promise<{ plan: number; ms: number; change: Change }> {
  const planned = await timed(() => client.changes.plan({ request }));
  const applied = await timed(async () => {
    const { changeId, job } = await client.changes.apply({ planId: planned.value.id, understood: true });
    for await (const jobs of await client.jobs.watch()) {
      const now = jobs.find(({ id }) => id === job.id);
      if (now && now.state !== 'running' && now.state !== 'cancelling') break;
    }
    return client.changes.show({ changeId });
  });
  return { plan: planned.ms, ms: applied.ms, change: applied.value };
}

export const queue: Suite = {
  title: 'The queue of a real server over SSH',
  method:
    `A lab host with Postfix, reached over a virtual network link of the same machine. Listing: ${LISTED} messages, ` +
    'against `ssh HOST postqueue -j` (OpenSSH, connection kept open, output discarded). On screen: from ' +
    `choosing the queue of a connected server in Chromium, where it has not been read before. Deleting: ${DELETED} messages, against \`ssh HOST postsuper -d -\` with the same ids on ` +
    'standard input; ours re-checks every identity before, reads back after, and journals.',
  async run() {
    const lab = await startLab({ name: process.env.POSTDECK_LAB_NAME ?? 'bench' });
    const host = lab.host('mx1');
    const folder = mkdtempSync(join(tmpdir(), 'postdeck-bench-'));
    const bare = new BareSsh(host, folder);
    const dataDir = join(folder, 'data');
    const postdeck = await compose({ dataDir, door: 'cli', version: '0.0.0-bench', keychain: null });
    const client = createRouterClient(postdeck.router, { context: { access: 'write' } });
    try {
      const { id: serverId } = await client.servers.add({
        name: 'bench',
        ssh: {
          host: host.address,
          port: 22,
          user: 'root',
          identityFile: host.keyFile,
          hostKey: host.hostKeys.find((key) => key.type === 'ssh-ed25519')?.fingerprint ?? null,
        },
      });
      await client.servers.test({ serverId });
      await host.purgeQueue();
      await host.fillQueue(LISTED);

      const listed = { bare: [] as number[], ours: [] as number[], first: [] as number[] };
      for (let round = 0; round <= ROUNDS; round++) {
        const theirs = await bare.run(['postqueue', '-j']);
        const own = await list(client, serverId);
        if (own.rows !== LISTED) throw new Error(`${own.rows} of ${LISTED} messages were listed`);
        if (round === 0) continue; // warm-up
        listed.bare.push(theirs.ms);
        listed.ours.push(own.ms);
        listed.first.push(own.first);
      }
      const screen = { first: [] as number[], complete: [] as number[] };
      for (let round = 0; round <= ROUNDS; round++) {
        const seen = await seeQueue(dataDir, serverId, LISTED);
        if (round === 0) continue;
        screen.first.push(seen.first);
        screen.complete.push(seen.complete);
      }

      const deleted = { bare: [] as number[], plain: [] as number[], copies: [] as number[], plan: [] as number[] };
      for (let round = 0; round < 3; round++) {
        await host.purgeQueue();
        const ids = await host.fillQueue(DELETED);
        deleted.bare.push((await bare.run(['postsuper', '-d', '-'], `${ids.join('\n')}\n`)).ms);
        for (const copies of [false, true]) {
          await host.purgeQueue();
          await host.fillQueue(DELETED);
          const run = await apply(client, {
            kind: 'queue.delete',
            serverId,
            target: { by: 'all', except: [] },
            copies,
          });
          if (run.change.applied !== DELETED || run.change.verified !== true) {
            throw new Error(`deleted ${run.change.applied} of ${DELETED}: ${JSON.stringify(run.change.notes)}`);
          }
          deleted[copies ? 'copies' : 'plain'].push(run.ms);
          deleted.plan.push(run.plan);
        }
      }

      const ratio = (ours: number[], theirs: number[]) => `${(median(ours) / median(theirs)).toFixed(2)}x`;
      const row = (what: string, ours: number[], beside: string, theirs: number[] | null, aim: string): Row => ({
        what,
        ours: seconds(median(ours)),
        beside: theirs ? `${seconds(median(theirs))} ${beside}` : beside,
        ratio: theirs ? ratio(ours, theirs) : '',
        aim,
      });
      return [
        row(`list ${LISTED}, whole, at the core`, listed.ours, 'ssh postqueue -j', listed.bare, '1.3x'),
        row(`list ${LISTED}, first rows, at the core`, listed.first, '', null, ''),
        row(`list ${LISTED}, first rows on screen`, screen.first, '', null, '< 1 s'),
        row(`list ${LISTED}, whole, on screen`, screen.complete, 'ssh postqueue -j', listed.bare, '1.3x'),
        row(`plan a delete of ${DELETED}`, deleted.plan, '', null, ''),
        row(`delete ${DELETED}, no copies`, deleted.plain, 'ssh postsuper -d -', deleted.bare, '1.2x'),
        row(`delete ${DELETED}, safe copies`, deleted.copies, 'ssh postsuper -d -', deleted.bare, ''),
      ];
    } finally {
      await postdeck.dispose();
      await bare.close();
      await lab.down();
      rmSync(folder, { recursive: true, force: true });
    }
  },
};
