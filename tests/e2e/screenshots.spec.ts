import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright/test';
import { type Lab, LAB_START_TIMEOUT, labAvailable, startLab } from '../lab/index.ts';
import { expect, test } from './console.ts';

/**
 * The README's pictures, of a real lab server. They go beside the other results; with POSTDECK_SCREENSHOTS=docs they
 * replace the ones in docs/screenshots.
 */
const available = labAvailable();
const FOLDER = join(import.meta.dirname, '..', '..', 'docs', 'screenshots');
let lab: Lab;

test.use({ viewport: { width: 1280, height: 800 } });
test.skip(!available.ok, available.ok ? '' : available.why);

test.beforeAll(async () => {
  test.setTimeout(LAB_START_TIMEOUT);
  if (!available.ok) return;
  lab = await startLab();
  await lab.reset();
  const mx1 = lab.host('mx1');
  await mx1.fillQueue(1180, {
    senders: ['anna@alpha.test', 'anna@alpha.test', 'biuro@alpha.test', 'sklep@beta.test', ''],
    recipients: ['k.wrona{n}@a.down.test', 'd.mazur{n}@b.down.test', 'p.adamczyk{n}@c.down.test'],
    reasons: [
      'host mx.a.down.test[192.0.2.26] said: 421 4.7.0 Try again later, rate limit (in reply to MAIL FROM command)',
      'host mx.b.down.test[192.0.2.40] said: 450 4.2.0 Greylisted, see postgrey (in reply to RCPT TO command)',
      'connect to mx.c.down.test[192.0.2.71]:25: Connection timed out',
    ],
    spread: 36_000,
  });
  await mx1.fillQueue(37, { queue: 'hold', senders: ['sklep@beta.test'], spread: 7200 });
});

/** Pages only have to be settled: figures, fonts and the plot are in place. */
async function shoot(page: Page, name: string): Promise<void> {
  await page.evaluate(async () => {
    await document.fonts.ready;
  });
  const docs = process.env.POSTDECK_SCREENSHOTS === 'docs';
  if (docs) mkdirSync(FOLDER, { recursive: true });
  await page.screenshot({ path: docs ? join(FOLDER, `${name}.png`) : test.info().outputPath(`${name}.png`) });
}

async function addServer(page: Page, address: string): Promise<void> {
  const mx1 = lab.host('mx1');
  await page.goto(address);
  await expect(page.getByRole('button', { name: /^Add a server…/ })).toBeVisible();
  await page.keyboard.press('1');
  await page.getByLabel('Host and port').fill(mx1.address);
  await page.getByLabel('User', { exact: true }).fill('root');
  await page.getByLabel('Name', { exact: true }).fill('mx1');
  await page.getByLabel('Key file').fill(mx1.keyFile);
  await page.keyboard.press('Control+Enter');
  await expect(page.getByRole('dialog', { name: /^Is this the host key of/ })).toBeVisible();
  await page.keyboard.press('Control+Enter');
  await expect(page.getByRole('rowheader', { name: 'Postfix' })).toBeVisible();
  await page.keyboard.press('Control+1');
  await expect(page.getByText('1,217 in the queue')).toBeVisible();
}

test('the queue, a delete and the journal of a real server', async ({ page, console: running }) => {
  test.setTimeout(120_000);
  await addServer(page, running.address);
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await expect(page.getByText('Envelope', { exact: true })).toBeVisible();
  await shoot(page, 'queue-light');

  await page.emulateMedia({ colorScheme: 'dark' });
  await page.keyboard.press('/');
  await page.keyboard.type('sender:anna@alpha.test ');
  await expect(page.getByText('472 of 1,217')).toBeVisible();
  await page.keyboard.press('Enter');
  await page.keyboard.press('Control+a');
  await page.keyboard.press('Delete');
  await expect(page.getByRole('button', { name: /^Delete 472 messages/ })).toBeEnabled();
  await page.keyboard.type('Mailing from a stolen password, ticket 4471');
  await shoot(page, 'delete-dark');
  await page.keyboard.press('Control+Enter');
  const tray = page.getByRole('complementary', { name: 'Jobs' });
  await expect(tray.getByRole('button', { name: /^Undo/ })).toBeVisible({ timeout: 60_000 });
  await shoot(page, 'job-dark');

  await page.emulateMedia({ colorScheme: 'light' });
  await page.keyboard.press('Control+4');
  const entry = page.getByRole('row').filter({ hasText: 'Delete' });
  await expect(entry).toContainText('Done');
  await entry.click();
  await expect(page.getByText('What ran')).toBeVisible();
  await shoot(page, 'journal-light');
});
