import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { _electron } from 'playwright';
import { expect, test } from 'playwright/test';

const root = join(import.meta.dirname, '..', '..');

/** Electron's program; null: its runtime was not fetched. Resolving `electron` itself would start the download. */
function runtime(): string | null {
  const home = dirname(createRequire(import.meta.url).resolve('electron/package.json'));
  const name = join(home, 'path.txt');
  if (!existsSync(name)) return null;
  const program = join(home, 'dist', readFileSync(name, 'utf8'));
  return existsSync(program) ? program : null;
}

test('the desktop app in real Electron opens its window, sandboxed, and the contract answers', async () => {
  const executablePath = runtime();
  const display = process.platform !== 'linux' || Boolean(process.env['DISPLAY'] || process.env['WAYLAND_DISPLAY']);
  test.skip(executablePath === null, "Electron's runtime is not here: run `npx install-electron`");
  test.skip(!display, 'there is no display');
  const data = mkdtempSync(join(tmpdir(), 'postdeck-electron-'));
  const app = await _electron.launch({
    executablePath: executablePath ?? '',
    args: [root, `--user-data-dir=${join(data, 'chromium')}`],
    env: { ...process.env, POSTDECK_DATA: join(data, 'data') },
  });
  try {
    const page = await app.firstWindow();
    await expect(page).toHaveURL(/^app:\/\/console\//);
    await expect(page).toHaveTitle(/Postdeck/);
    const seen = await page.evaluate(() => ({
      host: typeof (window as { host?: unknown }).host,
      node: typeof (globalThis as { require?: unknown }).require,
      process: typeof (globalThis as { process?: unknown }).process,
    }));
    expect(seen).toEqual({ host: 'object', node: 'undefined', process: 'undefined' });
    expect((await page.locator('body').innerText()).length).toBeGreaterThan(20);
    const windows = await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().length);
    expect(windows).toBe(1);
  } finally {
    await app.close();
    rmSync(data, { recursive: true, force: true });
  }
});
