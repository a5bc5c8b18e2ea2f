import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chromium } from 'playwright';

const HOST = new URL('../../out/main/web.js', import.meta.url).pathname;
const CHROMIUM = '/usr/bin/chromium';

/** When a queue was seen on screen, in ms since the page was asked for. */
export interface Seen {
  first: number;
  complete: number;
}

/**
 * Opens the built page in Chromium on a console that has not talked to the server yet, and waits until the queue's
 * first rows and then its whole count are on screen. Connecting over SSH is part of it.
 */
export async function seeQueue(dataDir: string, count: number): Promise<Seen> {
  const host = spawn(process.execPath, [HOST, '--no-open', '--port', '0', '--data', dataDir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-gpu'] });
  try {
    const [line] = (await once(host.stdout, 'data')) as [Buffer];
    const address = /http:\S+/.exec(line.toString('utf8'))?.[0];
    if (address === undefined) throw new Error(`the web host said: ${line.toString('utf8')}`);
    const page = await browser.newPage({ locale: 'en-US', viewport: { width: 1280, height: 800 } });
    const start = performance.now();
    await page.goto(address);
    await page.locator('[role=row][aria-rowindex="5"]').waitFor();
    const first = performance.now() - start;
    await page.getByText(`${count.toLocaleString('en-US')} in the queue`).waitFor();
    return { first, complete: performance.now() - start };
  } finally {
    await browser.close();
    host.kill('SIGTERM');
    await once(host, 'close');
  }
}
