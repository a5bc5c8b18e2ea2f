import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import AxeBuilder from '@axe-core/playwright';
import { test as base, expect, type Page } from 'playwright/test';

const ROOT = join(import.meta.dirname, '..', '..');

/** A console on loopback, with data and a home of its own. */
export interface RunningConsole {
  /** The printed address, token included. */
  address: string;
  origin: string;
  /** True for where this console serves or served: a page left open still asks the address before the last start. */
  owns(url: URL): boolean;
  home: string;
  /** Ends it; what is on the page then is all the page has. */
  stop(): Promise<void>;
  /** Ends it, or kills it as a power cut would, and starts it again on the same data. Its address is another one. */
  again(how: 'end' | 'kill'): Promise<void>;
}

async function startConsole(): Promise<RunningConsole> {
  const home = mkdtempSync(join(tmpdir(), 'postdeck-e2e-'));
  mkdirSync(join(home, '.ssh'), { mode: 0o700 });
  let now = await startOn(home);
  const hosts = new Set([new URL(now.address).host]);
  return {
    get address() {
      return now.address;
    },
    get origin() {
      return new URL(now.address).origin;
    },
    owns: (url) => hosts.has(url.host),
    home,
    stop: async () => {
      await now.end('SIGTERM');
      rmSync(home, { recursive: true, force: true });
    },
    again: async (how) => {
      await now.end(how === 'kill' ? 'SIGKILL' : 'SIGTERM');
      now = await startOn(home);
      hosts.add(new URL(now.address).host);
    },
  };
}

async function startOn(home: string): Promise<{ address: string; end: (signal: NodeJS.Signals) => Promise<void> }> {
  const child = spawn(
    process.execPath,
    [
      join(ROOT, 'electron/hosts/launch.mjs'),
      'start',
      '--web',
      '--no-open',
      '--port',
      '0',
      '--data',
      join(home, 'data'),
    ],
    {
      env: { ...process.env, HOME: home, SSH_AUTH_SOCK: '', POSTDECK_KEYRING: 'off' },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  const address = await printedAddress(child);
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  return {
    address,
    end: async (signal) => {
      if (child.exitCode === null && child.signalCode === null) {
        // A power cut takes the console behind the launcher too, which would otherwise live on.
        if (signal === 'SIGKILL') for (const pid of childrenOf(child.pid)) process.kill(pid, signal);
        child.kill(signal);
      }
      await ended;
    },
  };
}

/** Processes that this one started (proc(5)). */
function childrenOf(pid: number | undefined): number[] {
  if (pid === undefined) return [];
  const listed = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  return listed === '' ? [] : listed.split(' ').map(Number);
}

function printedAddress(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = '';
    const take = (chunk: Buffer) => {
      said += chunk.toString('utf8');
      const found = /Postdeck: (http:\/\/\S+)/.exec(said)?.[1];
      if (found !== undefined) resolve(found);
    };
    child.stdout?.on('data', take);
    child.stderr?.on('data', take);
    child.once('exit', (code) =>
      reject(new Error(`the console ended with ${String(code)} before it served:\n${said}`)),
    );
  });
}

/** What a page must never do: write errors, break its policy, reach out. */
export interface Watched {
  errors: string[];
  /** Errors that a test brings about on purpose. */
  expected: RegExp[];
}

interface Fixtures {
  console: RunningConsole;
  watched: Watched;
}

export const test = base.extend<Fixtures>({
  // oxlint-disable-next-line no-empty-pattern -- playwright reads the fixture's needs from this pattern
  console: async ({}, use) => {
    const running = await startConsole();
    await use(running);
    await running.stop();
  },
  watched: [
    async ({ page, console: running }, use) => {
      const watched: Watched = { errors: [], expected: [] };
      page.on('console', (message) => {
        if (message.type() === 'error') watched.errors.push(message.text());
      });
      page.on('pageerror', (error) => watched.errors.push(error.message));
      page.on('request', (request) => {
        const url = new URL(request.url());
        const own = ['data:', 'blob:'].includes(url.protocol) || running.owns(url);
        if (!own) watched.errors.push(`reached out: ${request.url()}`);
      });
      await page.addInitScript(() => {
        document.addEventListener('securitypolicyviolation', (event) => {
          console.error(`policy broken: ${event.violatedDirective} ${event.blockedURI}`);
        });
      });
      await use(watched);
      expect(watched.errors.filter((error) => !watched.expected.some((known) => known.test(error)))).toEqual([]);
    },
    { auto: true },
  ],
});

export { expect };

/** Opens the page and starts the demo; the queue is read when this returns. */
export async function openDemo(page: Page, running: RunningConsole): Promise<void> {
  await page.goto(running.address);
  await page.getByRole('button', { name: /Start the demo|Uruchom demo/ }).click();
  await queueIsRead(page);
}

export async function queueIsRead(page: Page): Promise<void> {
  await expect(page.getByRole('row').nth(3)).toContainText('@');
}

/** Serious and critical violations, in words. */
export async function axe(page: Page): Promise<string[]> {
  const found = await new AxeBuilder({ page }).analyze();
  return found.violations
    .filter((violation) => violation.impact === 'serious' || violation.impact === 'critical')
    .map((violation) => `${violation.id}: ${violation.nodes.map((node) => node.html.slice(0, 160)).join(' | ')}`);
}
