import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright';
import { p95 } from './tools.ts';

const HOST = new URL('../../../out/main/web.js', import.meta.url).pathname;
const CHROMIUM = '/usr/bin/chromium';

export interface Frames {
  /** Frames a second the page drew, and the time between two that 95 of 100 do not exceed. */
  perSecond: number;
  p95: number;
}

/** Indexes a log through the built page in Chromium and counts the frames it draws meanwhile; and as many when idle. */
export async function framesWhileIndexing(log: string): Promise<{ idle: Frames; busy: Frames }> {
  const data = mkdtempSync(join(tmpdir(), 'postdeck-bench-page-'));
  const host = spawn(process.execPath, [HOST, '--no-open', '--port', '0', '--data', data], {
    env: { ...process.env, POSTDECK_KEYRING: 'off' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-gpu'] });
  try {
    const [line] = (await once(host.stdout, 'data')) as [Buffer];
    const [, origin, token] = /(http:\/\/[^/]+)\/#token=(\S+)/.exec(line.toString('utf8')) ?? [];
    if (origin === undefined) throw new Error(`the web host said: ${line.toString('utf8')}`);
    const page = await browser.newPage({ locale: 'en-US', viewport: { width: 1280, height: 800 } });
    await page.addInitScript((value) => sessionStorage.setItem('postdeck.token', value), token ?? '');
    await page.goto(`${origin}/`);
    await page.getByRole('button', { name: /Choose files…/ }).waitFor();
    await page.keyboard.press('3');
    const field = page.getByRole('combobox', { name: /Or a path on the computer/ });
    await field.fill(log);
    const count = async (until: () => Promise<unknown>): Promise<Frames> => {
      await page.evaluate(() => {
        const times: number[] = [];
        const state = { times, on: true };
        const tick = (now: number): void => {
          times.push(now);
          if (state.on) requestAnimationFrame(tick);
        };
        requestAnimationFrame(tick);
        (globalThis as unknown as { frames: typeof state }).frames = state;
      });
      await until();
      const times = await page.evaluate(() => {
        const { frames } = globalThis as unknown as { frames: { times: number[]; on: boolean } };
        frames.on = false;
        return frames.times;
      });
      const between = times.slice(1).map((time, i) => time - (times[i] ?? time));
      const span = (times.at(-1) ?? 0) - (times[0] ?? 0);
      return { perSecond: (between.length / span) * 1000, p95: p95(between) };
    };
    const idle = await count(() => page.waitForTimeout(1500));
    await field.press('Enter');
    await page.getByRole('textbox', { name: 'Name of the set' }).press('Enter');
    // its lines name no zone: the one offered is taken
    await page.getByRole('button', { name: /^Index with / }).click();
    // A log whose lines name no zone is asked for one: the one offered is taken.
    const zone = page.getByRole('button', { name: /^Index with / });
    const running = page.getByRole('button', { name: 'Cancel', exact: true }).last();
    const open = page.getByRole('button', { name: 'Open', exact: true });
    await zone.or(running).or(open).first().waitFor();
    if (await zone.isVisible()) await zone.click();
    const busy = await count(() => open.waitFor({ timeout: 600_000 }));
    return { idle, busy };
  } finally {
    await browser.close();
    host.kill('SIGTERM');
    await once(host, 'close');
    rmSync(data, { recursive: true, force: true });
  }
}
