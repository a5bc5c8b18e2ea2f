import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright/test';
import { DEFAULTS, generate } from '../bench/genlog/generate.ts';
import { type Lab, LAB_START_TIMEOUT, labAvailable, startLab } from '../lab/index.ts';
import { addByKey } from './add-server.ts';
import { expect, test } from './console.ts';

/**
 * The README's pictures, of a real lab server. They go beside the other results. With POSTDECK_SCREENSHOTS=all every
 * screen is taken in both languages, both schemes and two sizes, to be looked at; with =docs those that the README shows
 * replace the ones in docs/screenshots.
 */
const available = labAvailable();
const wanted = process.env.POSTDECK_SCREENSHOTS;
const FOLDER = join(import.meta.dirname, '..', '..', 'docs', 'screenshots');
const folder = mkdtempSync(join(tmpdir(), 'postdeck-shots-'));
const log = join(folder, 'mail.log');
let lab: Lab;

interface Look {
  locale: 'en-US' | 'pl-PL';
  scheme: 'light' | 'dark';
  width: 1280 | 1920;
}
const FIRST: Look = { locale: 'en-US', scheme: 'light', width: 1280 };
const EVERY: readonly Look[] = (['en-US', 'pl-PL'] as const).flatMap((locale) =>
  (['light', 'dark'] as const).flatMap((scheme) =>
    ([1280, 1920] as const).map((width): Look => ({ locale, scheme, width })),
  ),
);
/** What the README shows, and under which name. */
const SHOWN: Readonly<Record<string, string>> = {
  'queue-en-light-1280': 'queue-light',
  'delete-en-dark-1280': 'delete-dark',
  'job-en-dark-1280': 'job-dark',
  'journal-en-light-1280': 'journal-light',
  'story-en-light-1280': 'story-light',
  'report-en-dark-1280': 'report-dark',
  'accounts-en-light-1280': 'accounts-light',
  'queue-pl-dark-1280': 'queue-pl-dark',
};

test.use({ viewport: { width: 1280, height: 800 } });
test.skip(!available.ok, available.ok ? '' : available.why);
test.afterAll(() => rmSync(folder, { recursive: true, force: true }));

test.beforeAll(async () => {
  test.setTimeout(LAB_START_TIMEOUT);
  if (!available.ok) return;
  generate(
    { ...DEFAULTS, bytes: 4e6, rate: 0.12, ids: 'long', seed: 7 },
    log,
    join(folder, 'truth.jsonl'),
    join(folder, 'lines.u32'),
  );
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

const nameOf = (look: Look) => `${look.locale.slice(0, 2)}-${look.scheme}-${look.width}`;

/** Pages only have to be settled: figures, fonts and the plot are in place. */
async function shoot(page: Page, screen: string, look: Look): Promise<void> {
  await page.evaluate(async () => {
    await document.fonts.ready;
    // neither what is under way for ever ends, nor what follows the scrolling of a list
    const ending = document
      .getAnimations()
      .filter((each) => each.timeline === document.timeline && each.effect?.getComputedTiming().endTime !== Infinity);
    await Promise.all(ending.map((each) => each.finished.catch(() => undefined)));
  });
  const name = `${screen}-${nameOf(look)}`;
  const shown = SHOWN[name];
  if (wanted !== 'docs') await page.screenshot({ path: test.info().outputPath(`${name}.png`) });
  else if (shown !== undefined) {
    mkdirSync(FOLDER, { recursive: true });
    await page.screenshot({ path: join(FOLDER, `${shown}.png`) });
  }
}

const firstRows = (page: Page) => expect(page.getByRole('row').nth(3)).toContainText('@');

async function addServer(page: Page, address: string): Promise<void> {
  await page.goto(address);
  await expect(page.getByRole('button', { name: /^Add a server…/ })).toBeVisible();
  await page.keyboard.press('1');
  await addByKey(page, lab.host('mx1'));
}

/** A set of log files, so that the screen of logs has something to tell. */
async function openLog(page: Page): Promise<void> {
  await page.goto(`${page.url().split('#')[0] ?? ''}#/logs?view=files`);
  await page.getByRole('combobox', { name: /Or a path on the computer/ }).fill(log);
  await page.keyboard.press('Enter');
  await page.getByRole('textbox', { name: 'Name of the set' }).fill('november');
  await page.keyboard.press('Enter');
  // Its lines name no zone: the one offered is taken.
  await page.getByRole('button', { name: 'Index with UTC' }).click();
  await page.getByRole('button', { name: 'Open', exact: true }).click();
  await firstRows(page);
}

/** Every screen in one language, scheme and size. */
async function tour(browser: Browser, address: string, look: Look): Promise<void> {
  const context = await browser.newContext({
    locale: look.locale,
    timezoneId: 'UTC',
    colorScheme: look.scheme,
    viewport: { width: look.width, height: look.width === 1280 ? 800 : 1080 },
  });
  const page = await context.newPage();
  await page.goto(address);
  await firstRows(page);
  await page.getByRole('grid').focus();
  for (const key of ['Home', 'ArrowDown', 'ArrowDown', 'Enter']) await page.keyboard.press(key);
  await expect(page.locator('aside h3').first()).toBeVisible();
  await shoot(page, 'queue', look);

  await page.keyboard.press('Escape');
  await page.keyboard.press('/');
  await page.keyboard.type('sender:anna@alpha.test ');
  await expect(page.getByText(/^472 (of|z) /)).toBeVisible();
  await page.keyboard.press('Enter');
  await page.keyboard.press('Control+a');
  await page.keyboard.press('Delete');
  await expect(page.getByRole('dialog').getByRole('table')).toBeVisible();
  await expect(page.getByRole('dialog').locator('footer button').last()).toBeEnabled();
  await page.keyboard.type(
    look.locale === 'en-US' ? 'Stolen password, ticket 4471' : 'Skradzione hasło, zgłoszenie 4471',
  );
  await shoot(page, 'delete', look);
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toHaveCount(0);

  await page.keyboard.press('Control+4');
  await page.getByRole('row').nth(2).click();
  await expect(page.locator('aside h3').first()).toBeVisible();
  await shoot(page, 'journal', look);

  await page.keyboard.press('Control+3');
  await firstRows(page);
  await page.getByRole('row').nth(2).click();
  await expect(page.locator('aside').getByRole('textbox').first()).toBeVisible();
  await shoot(page, 'accounts', look);
  await page.keyboard.press('Escape');

  await page.keyboard.press('Control+2');
  await page
    .getByRole('button', { name: /november/ })
    .first()
    .click();
  await firstRows(page);
  await page.keyboard.press('/');
  await page.keyboard.type('status:bounced ');
  await page.keyboard.press('Enter');
  await firstRows(page);
  for (const key of ['Home', 'ArrowDown', 'ArrowDown', 'Enter']) await page.keyboard.press(key);
  await expect(page.locator('[aria-current="step"]').first()).toBeVisible();
  await shoot(page, 'story', look);
  // The story closes, then the search is cleared.
  await page.keyboard.press('Escape');
  await page.keyboard.press('Escape');
  await expect(page.getByRole('button', { name: /status:bounced/ })).toHaveCount(0);
  await page.keyboard.press('g');
  await page.keyboard.press('r');
  await expect(page.locator('.recharts-bar-rectangle path').first()).toBeVisible();
  await expect(page.locator('.recharts-line-curve').first()).toBeVisible();
  await expect(page.getByRole('table').first()).toBeVisible();
  await shoot(page, 'report', look);
  await context.close();
}

test('every screen of a real server', async ({ browser, page, console: running }) => {
  test.setTimeout(wanted === undefined ? 180_000 : 900_000);
  await addServer(page, running.address);
  await openLog(page);
  await page.emulateMedia({ colorScheme: 'dark' });
  await page.keyboard.press('Control+1');
  await expect(page.getByText('1,217 in the queue')).toBeVisible();
  await page.keyboard.press('/');
  await page.keyboard.type('sender:sklep@beta.test ');
  await expect(page.getByText('273 of 1,217')).toBeVisible();
  await page.keyboard.press('Enter');
  await page.keyboard.press('Control+a');
  await page.keyboard.press('Delete');
  await expect(page.getByRole('button', { name: /^Delete 273 messages/ })).toBeEnabled();
  await page.keyboard.type('Mailing from a stolen password, ticket 4471');
  await page.keyboard.press('Control+Enter');
  const tray = page.getByRole('complementary', { name: 'Jobs' });
  await expect(tray.getByRole('button', { name: /^Undo/ })).toBeVisible({ timeout: 60_000 });
  await page.keyboard.press('Escape');
  await page.keyboard.press('Escape');
  await expect(page.getByText('944 in the queue')).toBeVisible();
  await shoot(page, 'job', { ...FIRST, scheme: 'dark' });
  const shown = EVERY.filter((look) => Object.keys(SHOWN).some((name) => name.endsWith(nameOf(look))));
  const looks = wanted === 'docs' ? shown : wanted === undefined ? [FIRST] : EVERY;
  for (const look of looks) await tour(browser, running.address, look);
});
