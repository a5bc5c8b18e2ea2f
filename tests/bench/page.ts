import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chromium } from 'playwright';

const HOST = new URL('../../out/main/web.js', import.meta.url).pathname;
const CHROMIUM = '/usr/bin/chromium';

/** When a queue was seen on screen, in ms since its tab was chosen. */
export interface Seen {
  first: number;
  complete: number;
}

/**
 * Opens the built page in Chromium on a server's own screen, waits until the console is connected and has asked what the
 * server can do, and then chooses the queue, which has not been read yet: until its first rows, and until its whole count
 * are on screen.
 */
export async function seeQueue(dataDir: string, serverId: string, count: number): Promise<Seen> {
  const host = spawn(process.execPath, [HOST, '--no-open', '--port', '0', '--data', dataDir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-gpu'] });
  try {
    const [line] = (await once(host.stdout, 'data')) as [Buffer];
    const [, origin, token] = /(http:\/\/[^/]+)\/#token=(\S+)/.exec(line.toString('utf8')) ?? [];
    if (origin === undefined) throw new Error(`the web host said: ${line.toString('utf8')}`);
    const page = await browser.newPage({ locale: 'en-US', viewport: { width: 1280, height: 800 } });
    await page.addInitScript((value) => sessionStorage.setItem('postdeck.token', value), token ?? '');
    await page.goto(`${origin}/#/server/${serverId}`);
    await page.getByText('Postfix', { exact: true }).first().waitFor();
    const start = performance.now();
    await page.keyboard.press('Control+1');
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
