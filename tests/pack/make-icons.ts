/**
 * Makes the icons of the packages from the page's mark: `node tests/pack/make-icons.ts`. Needs Chromium, which draws
 * them; the result is committed, so that packing needs nothing.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright';
import { CHROMIUM } from '../sim/app.ts';
import { icns, ico } from './icon-files.ts';

const root = join(import.meta.dirname, '..', '..');
const FOLDER = join(root, 'resources', 'icons');
const SIZES = [16, 24, 32, 48, 64, 128, 256, 512, 1024];

if (CHROMIUM === null) throw new Error('Chromium is needed: install it, or name it in CHROMIUM_PATH');
const svg = readFileSync(join(root, 'renderer', 'public', 'icon.svg'));
const browser = await chromium.launch({ executablePath: CHROMIUM });
try {
  const drawn = new Map<number, Buffer>();
  for (const size of SIZES) {
    const page = await browser.newPage({ viewport: { width: size, height: size } });
    const source = `data:image/svg+xml;base64,${svg.toString('base64')}`;
    await page.setContent(
      `<style>body{margin:0}img{display:block}</style><img src="${source}" width="${size}" height="${size}">`,
    );
    await page.locator('img').evaluate((img) => (img as unknown as { decode(): Promise<void> }).decode());
    const png = await page.screenshot({ omitBackground: true, type: 'png' });
    drawn.set(size, png);
    writeFileSync(join(FOLDER, `${size}x${size}.png`), png);
    await page.close();
  }
  // Packed with the program, where the packer's own folder is not.
  writeFileSync(join(root, 'electron', 'shell', 'icon.png'), drawn.get(256) ?? '');
  writeFileSync(join(FOLDER, 'icon.ico'), ico(drawn));
  writeFileSync(join(FOLDER, 'icon.icns'), icns(drawn));
} finally {
  await browser.close();
}
