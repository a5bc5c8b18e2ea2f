import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
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
  await page.getByRole('combobox', { name: /Or a path on the computer/ }).focus();
  await page.keyboard.type(log);
  await page.keyboard.press('Enter');
  await page.getByRole('textbox', { name: 'Name of the set' }).focus();
  await page.keyboard.press('Enter');
  // Its lines name no zone: the one offered is taken.
  await expect(page.getByRole('button', { name: 'Index with UTC' })).toBeVisible();
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'Open', exact: true }).focus();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('row').nth(3)).toContainText('@');
}

test('by mouse: files are sent, indexed and searched; a story is told; the set is renamed and dropped', async ({
  page,
  console: running,
}) => {
  test.slow(); // the longest way through the screen
  await page.goto(running.address);
  await page.getByRole('button', { name: /Choose files…/ }).click();
  await page.getByLabel('Log files', { exact: true }).setInputFiles(log);
  await page.getByRole('textbox', { name: 'Name of the set' }).fill('night');
  await page.getByRole('button', { name: 'Index 1 input' }).click();
  await page.getByRole('button', { name: 'Index with UTC' }).click();
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
  test.slow(); // three reports, each of twenty questions
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

  await page.keyboard.press('Escape');
  await page.getByRole('radio', { name: 'Report' }).click();
  const delays = page.getByRole('region', { name: 'Delay to the last word' }).locator('.recharts-surface').first();
  await expect(delays.locator('.recharts-line-curve').first()).toBeAttached();
  await delays.hover();
  await expect(page.locator('.recharts-tooltip-cursor')).toBeAttached();
  await delays.click();
  await expect(page.getByRole('button', { name: /^Drop since:/ })).toBeVisible();
  await expect(page.getByRole('button', { name: /^Drop until:/ })).toBeVisible();
});

/** Drops a file made of this text on what is in the middle of the page. */
async function dropText(page: Page, name: string, text: string): Promise<void> {
  const data = await page.evaluateHandle(
    ([file, words]) => {
      const transfer = new DataTransfer();
      transfer.items.add(new File([words], file, { type: 'text/plain' }));
      return transfer;
    },
    [name, text] as const,
  );
  const target = page.getByRole('grid');
  await target.dispatchEvent('dragover', { dataTransfer: data });
  await expect(page.getByText('Drop log files or folders to index them')).toBeVisible();
  await target.dispatchEvent('drop', { dataTransfer: data });
}

test('files are dropped on any view; a zone is asked for once, where the log names none', async ({
  page,
  console: running,
}) => {
  await openLog(page, running);
  const line = 'Nov 22 12:00:00 mx1 postfix/qmgr[1]: 4F00000001: removed';
  await dropText(page, 'old.log', `${line}\n`);
  await expect(page.getByRole('listitem').filter({ hasText: 'old.log' })).toBeVisible();
  await page.getByRole('button', { name: 'Index 1 input' }).click();
  const asked = page.getByRole('alert').filter({ hasText: 'In which time zone was this log written?' });
  await expect(asked).toContainText(line);
  await page.getByLabel('Time zone of the log').first().fill('Europe/Warsaw');
  await page.getByRole('option', { name: 'Europe/Warsaw' }).click();
  await page.getByRole('button', { name: 'Index with Europe/Warsaw' }).click();
  await page.getByRole('button', { name: 'Open', exact: true }).click();
  await expect(page.getByRole('contentinfo')).toContainText('Europe/Warsaw');
  await expect(page.getByRole('row').nth(1)).toBeVisible();
  // The set has its zone: built again, it is not asked for.
  await page.getByRole('button', { name: 'Log files: old.log' }).click();
  await page.getByRole('button', { name: 'Index old.log again' }).click();
  await expect(asked).toHaveCount(0);
});

test('a path is completed while it is typed', async ({ page, console: running }) => {
  await page.goto(running.address);
  await page.getByRole('button', { name: /Choose files…/ }).click();
  const field = page.getByRole('combobox', { name: /Or a path on the computer/ });
  await field.fill(folder.slice(0, -2));
  await page.getByRole('option', { name: folder.split('/').at(-1) }).click();
  await expect(field).toHaveValue(`${folder}/`);
  await field.pressSequentially('MAIL');
  await page.getByRole('option', { name: 'mail.log' }).click();
  await expect(field).toHaveValue(log);
  await page.getByRole('button', { name: 'Add', exact: true }).click();
  await expect(page.getByRole('listitem').filter({ hasText: log })).toBeVisible();
});

test('mail that waits is told when it is tried again', async ({ page, console: running }) => {
  const at = (ago: number) => new Date(Date.now() - ago * 1000).toISOString().replace('Z', '+00:00');
  const path = join(folder, 'waiting.log');
  const id = '4dF9TnC4xzPk7';
  writeFileSync(
    path,
    [
      `${at(600)} mx1 postfix/pickup[1]: ${id}: uid=0 from=<alice@alpha.example>`,
      `${at(600)} mx1 postfix/cleanup[2]: ${id}: message-id=<1@alpha.example>`,
      `${at(600)} mx1 postfix/qmgr[3]: ${id}: from=<alice@alpha.example>, size=300, nrcpt=1 (queue active)`,
      `${at(60)} mx1 postfix/smtp[4]: ${id}: to=<bob@gmail.example>, relay=mx.gmail.example[192.0.2.1]:25, delay=540, delays=539/0/0.5/0.1, dsn=4.7.0, status=deferred (host mx.gmail.example[192.0.2.1] said: 421 4.7.0 Try again later (in reply to MAIL FROM command))`,
      '',
    ].join('\n'),
  );
  await page.goto(running.address);
  await page.getByRole('button', { name: /Choose files…/ }).click();
  await page.getByRole('combobox', { name: /Or a path on the computer/ }).fill(path);
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'Index 1 input' }).click();
  await page.getByRole('button', { name: 'Open', exact: true }).click();
  await page.getByRole('row').filter({ hasText: 'bob@gmail.example' }).click();
  const story = page.getByRole('region', { name: 'Story' });
  await expect(story).toContainText('Try 2, planned');
  await expect(story).toContainText(/about \d\d:\d\d/);
  await expect(story).toContainText('no line yet; estimated from Postfix’s default retry settings');
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
  await page.getByRole('combobox', { name: /Or a path on the computer/ }).fill('/nowhere/mail.log');
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
