import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Page } from 'playwright/test';
import { DEFAULTS, generate } from '../bench/genlog/generate.ts';
import { axe, expect, type RunningConsole, test } from './console.ts';

const folder = mkdtempSync(join(tmpdir(), 'postdeck-logs-'));
const log = join(folder, 'mail.log');

test.beforeAll(() => {
  generate({ ...DEFAULTS, bytes: 2e6, seed: 7 }, log, join(folder, 'truth.jsonl'), join(folder, 'lines.u32'));
});
test.afterAll(() => rmSync(folder, { recursive: true, force: true }));

const search = (page: Page) => page.getByRole('combobox', { name: 'Search the log' });
const found = (page: Page) => page.getByRole('status').filter({ hasText: /found$/ });

/** Opens the generated log by its path, with the keyboard alone; its messages are on view when this returns. */
async function openLog(page: Page, running: RunningConsole): Promise<void> {
  await page.goto(running.address);
  await expect(page.getByRole('button', { name: /Choose files…/ })).toBeVisible();
  await page.keyboard.press('3');
  await page.getByRole('textbox', { name: /Or a path on the computer/ }).focus();
  await page.keyboard.type(log);
  await page.keyboard.press('Enter');
  await page.getByRole('textbox', { name: 'Name of the set' }).focus();
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'Open', exact: true }).focus();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('row').nth(3)).toContainText('@');
}

test('by mouse: files are sent, indexed and searched; a story is told; the set is renamed and dropped', async ({
  page,
  console: running,
}) => {
  await page.goto(running.address);
  await page.getByRole('button', { name: /Choose files…/ }).click();
  await page.getByLabel('Log files', { exact: true }).setInputFiles(log);
  await page.getByRole('textbox', { name: 'Name of the set' }).fill('night');
  await page.getByRole('button', { name: 'Index 1 input' }).click();
  await page.getByRole('button', { name: 'Open', exact: true }).click();
  await expect(found(page)).toBeVisible();

  await search(page).fill('status:');
  await page.getByRole('option', { name: 'bounced' }).click();
  await expect(page.getByRole('row').nth(1)).toContainText('Bounced');
  await page.getByRole('row').nth(2).click();
  const story = page.getByRole('region', { name: 'Story' });
  await expect(story.getByRole('heading', { level: 2 })).not.toBeEmpty();
  const chosen = story.locator('[aria-current="step"]');
  await expect(chosen).toContainText(/status=bounced|reject/);
  await expect(chosen).toContainText('mail.log:');
  await story
    .getByRole('button', { name: /^Accepted|^Written/ })
    .first()
    .click();
  await expect(chosen).toContainText(/Accepted|Written/);
  await story.getByRole('button', { name: 'Close the story' }).click();
  await expect(story).toHaveCount(0);

  await page.getByRole('button', { name: 'Log files: night' }).click();
  await page.getByRole('button', { name: 'Rename night' }).click();
  await page.getByRole('textbox', { name: 'New name of night' }).fill('morning');
  await page.getByRole('button', { name: 'Rename', exact: true }).click();
  await expect(page.getByRole('navigation', { name: 'Servers' })).toContainText('morning');
  await page.getByRole('button', { name: 'Drop morning' }).click();
  await page.getByRole('button', { name: 'Drop 1 set' }).click();
  await expect(page.getByRole('button', { name: 'Drop morning' })).toHaveCount(0);
});

test('by keyboard alone: index, search with completion, story, report, lines', async ({ page, console: running }) => {
  await openLog(page, running);

  await page.keyboard.press('/');
  await page.keyboard.type('status:bou');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('grid')).toBeFocused();
  await expect(page.getByRole('row').nth(1)).toContainText('Bounced');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  const story = page.getByRole('region', { name: 'Story' });
  const chosen = story.locator('[aria-current="step"]');
  await expect(chosen).toBeVisible();
  const before = await chosen.textContent();
  await page.keyboard.press('p');
  await expect(chosen).not.toHaveText(before ?? '');
  await page.keyboard.press('n');
  await expect(chosen).toHaveText(before ?? '');
  await page.keyboard.press('t');
  await expect(story.getByRole('button', { name: /^Hide time/ })).toBeVisible();
  await page.keyboard.press('w');
  await expect(story.getByRole('button', { name: /^Clamp/ })).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(story).toHaveCount(0);
  await page.keyboard.press('Escape');
  await expect(search(page)).toHaveValue('');

  await page.keyboard.press('g');
  await page.keyboard.press('r');
  await expect(page.getByRole('region', { name: 'Top senders' }).getByRole('row').nth(1)).toBeVisible();
  await page.keyboard.press('d');
  await expect(page.getByRole('columnheader', { name: 'Bounced, expired' })).toBeVisible();

  await page.keyboard.press('g');
  await page.keyboard.press('l');
  await page.keyboard.press('/');
  await page.keyboard.type('status=bounced');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('region', { name: 'Lines' }).locator('mark').first()).toHaveText('status=bounced');
});

test('what is clicked in a report is searched for', async ({ page, console: running }) => {
  await openLog(page, running);
  await page.getByRole('radio', { name: 'Report' }).click();
  const senders = page.getByRole('region', { name: 'Top senders' });
  const row = senders.getByRole('row').nth(1);
  const name = (await row.getByRole('rowheader').getByRole('button').textContent()) ?? '';
  await row.getByRole('rowheader').getByRole('button').click();
  await expect(page.getByRole('button', { name: `Drop from:${name}` })).toBeVisible();
  await expect(page.getByRole('row').nth(1)).toContainText(name);

  await page.keyboard.press('Escape');
  await page.getByRole('radio', { name: 'Report' }).click();
  await page.getByRole('region', { name: 'Top reasons' }).getByRole('rowheader').first().getByRole('button').click();
  await expect(page.getByRole('button', { name: /^Drop reason:/ })).toBeVisible();
  await expect(found(page)).toHaveText(/^[1-9][\d,]* found$/);
});

test('a report is exported as CSV and JSON', async ({ page, console: running }) => {
  await openLog(page, running);
  await page.getByRole('radio', { name: 'Report' }).click();
  for (const kind of ['CSV', 'JSON'] as const) {
    await page.getByRole('button', { name: 'Export' }).click();
    const coming = page.waitForEvent('download');
    await page.getByRole('menuitem', { name: `As ${kind}` }).click();
    const download = await coming;
    expect(download.suggestedFilename()).toBe(`mail.log-report.${kind.toLowerCase()}`);
  }
});

test('a search that finds nothing says which term excludes, and drops it', async ({ page, console: running }) => {
  await openLog(page, running);
  await page.keyboard.press('/');
  await page.keyboard.type('status:sent from:nobody@nowhere.example ');
  await expect(page.getByText('No message matches')).toBeVisible();
  await page.getByRole('button', { name: 'Drop from:nobody@nowhere.example', exact: true }).last().click();
  await expect(page.getByRole('row').nth(1)).toContainText('Delivered');
});

test('what cannot be read is said under the form, and nothing is made of it', async ({ page, console: running }) => {
  await page.goto(running.address);
  await page.getByRole('button', { name: /Choose files…/ }).click();
  await page.getByRole('textbox', { name: /Or a path on the computer/ }).fill('/nowhere/mail.log');
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'Index 1 input' }).click();
  await expect(page.getByRole('alert')).toContainText('Cannot read /nowhere/mail.log');
});

for (const scheme of ['light', 'dark'] as const) {
  test(`no serious accessibility problems, ${scheme}`, async ({ page, console: running }) => {
    test.slow(); // six passes of axe over hundreds of rows
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
    await openLog(page, running);
    expect(await axe(page), 'messages').toEqual([]);
    await page.getByRole('row').nth(2).click();
    await expect(page.getByRole('region', { name: 'Story' }).locator('[aria-current="step"]')).toBeVisible();
    expect(await axe(page), 'story').toEqual([]);
    await page.getByRole('radio', { name: 'Report' }).click();
    await expect(page.getByRole('region', { name: 'Top senders' }).getByRole('row').nth(1)).toBeVisible();
    expect(await axe(page), 'report').toEqual([]);
    await page.keyboard.press('d');
    expect(await axe(page), 'report as tables').toEqual([]);
    await page.getByRole('radio', { name: 'Lines' }).click();
    expect(await axe(page), 'lines').toEqual([]);
    await page.getByRole('button', { name: /^Log files:/ }).click();
    await expect(page.getByRole('heading', { name: 'Open log files' })).toBeVisible();
    expect(await axe(page), 'files').toEqual([]);
  });
}
