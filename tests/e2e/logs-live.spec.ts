import { readFileSync } from 'node:fs';
import type { Page } from 'playwright/test';
import { type Lab, type LabHost, LAB_START_TIMEOUT, labAvailable, startLab } from '../lab/index.ts';
import { addByKey } from './add-server.ts';
import { axe, expect, type RunningConsole, test } from './console.ts';

/** Live on real mail servers: what they write is on screen, and what is on screen is what they wrote. */

const available = labAvailable();
let lab: Lab;
/** Marks of this run: a lab that is joined still holds the lines of earlier runs. */
let run = 0;
const mark = (name: string) => `${name}${Date.now().toString(36)}${(run += 1)}`;

test.beforeAll(async () => {
  test.setTimeout(LAB_START_TIMEOUT);
  if (!available.ok) return;
  lab = await startLab();
  await lab.reset();
});

test.beforeEach(() => {
  test.skip(!available.ok, available.ok ? '' : available.why);
  test.setTimeout(180_000);
});

/** A console with mx1, its live log in view and at its end. */
async function openLive(page: Page, running: RunningConsole): Promise<LabHost> {
  await page.goto(running.address);
  await page.getByRole('button', { name: /^Add a server…/ }).click();
  await addByKey(page, lab.host('mx1'));
  await page.keyboard.press('Control+2');
  await page.getByRole('button', { name: 'Follow mx1 live' }).click();
  await page.getByRole('button', { name: 'Follow mx1', exact: true }).click();
  await expect(page.getByText(/^live, last line/)).toBeVisible();
  return lab.host('mx1');
}

const write = (host: LabHost, words: string, count: number) =>
  host.sh('seq -f "$1 %06g end" 1 "$2" | logger -p mail.info -t postfix/probe', words, String(count));
const grid = (page: Page) => page.getByRole('grid');
const rows = (page: Page) => page.locator('[role="row"][data-index]');
const line = (page: Page, words: string) => rows(page).filter({ hasText: words });

/** Every line with a mark that the view holds, as the export of what is shown says. */
async function exported(page: Page, words: string): Promise<string[]> {
  const coming = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Export' }).click();
  await page.getByRole('menuitem', { name: 'Lines as they are (.log)' }).click();
  const text = readFileSync(await (await coming).path(), 'utf8');
  return text.split('\n').filter((each) => each.includes(words));
}

test('by mouse: lines and messages appear, lead to their story, are filtered, copied out and cleared', async ({
  page,
  console: running,
}) => {
  const mx1 = await openLive(page, running);
  await mx1.inject({ from: 'alice@alpha.test', to: 'bob@alpha.test', subject: 'live' });
  const delivered = line(page, 'status=sent').filter({ hasText: 'bob@alpha.test' }).last();
  const story = page.getByRole('region', { name: 'Story' });
  // Lines that still come move the rows: the click may meet the next one.
  await expect(async () => {
    await delivered.click();
    await expect(story.getByRole('heading', { level: 2 })).toContainText('bob@alpha.test', { timeout: 2000 });
  }).toPass();
  await expect(story.locator('[aria-current="step"]')).toContainText('status=sent');
  await story.getByRole('button', { name: 'Close the story' }).click();
  await expect(page.getByRole('region', { name: 'The chosen line' })).toContainText('status=sent');

  await page.getByRole('radio', { name: 'Messages' }).last().click();
  const messages = page.getByRole('grid', { name: 'Live messages and sessions' });
  await expect(messages.getByRole('row').filter({ hasText: 'bob@alpha.test' }).last()).toContainText('Delivered');
  await messages.getByRole('row').filter({ hasText: 'bob@alpha.test' }).last().click();
  await expect(story.getByRole('heading', { level: 2 })).toContainText('bob@alpha.test');
  await story.getByRole('button', { name: 'Close the story' }).click();
  await page.getByRole('radio', { name: 'Lines' }).last().click();

  const words = mark('needle');
  await page.getByRole('combobox', { name: 'Filter the live log' }).fill(words);
  await expect(page.getByText('No line matches yet')).toBeVisible();
  await write(mx1, `hay${words.slice(6)}`, 3);
  await write(mx1, words, 5);
  await expect(line(page, words)).toHaveCount(5);
  await expect(rows(page).locator('mark').first()).toHaveText(words);
  expect(await exported(page, '')).toHaveLength(6); // five, and what is after the last line's end

  await page.getByRole('button', { name: 'Clear the view' }).click();
  await expect(line(page, words)).toHaveCount(0);
  await page.getByRole('button', { name: 'Stop following' }).click();
  await expect(page.getByRole('button', { name: 'Follow mx1', exact: true })).toBeVisible();
});

test('with a server and no log open, every view is in reach and says what it needs; the status bar tells of the log', async ({
  page,
  console: running,
}) => {
  await page.goto(running.address);
  await page.getByRole('button', { name: /^Add a server…/ }).click();
  await addByKey(page, lab.host('mx1'));
  await page.keyboard.press('Control+2');
  const status = page.getByRole('contentinfo', { name: 'Status' });
  await expect(page.getByText(/No log is open, so there are no messages/)).toBeVisible();
  await expect(status).toContainText('Log files on this computer, 0 sets');
  await page.keyboard.press('g');
  await page.keyboard.press('r');
  await expect(page.getByText(/No log is open, so there is nothing to report/)).toBeVisible();
  await page.getByRole('radio', { name: 'Lines' }).click();
  await expect(page.getByText(/No log is open, so there are no lines/)).toBeVisible();
  await page.keyboard.press('g');
  await page.keyboard.press('v');
  await expect(status).toContainText('Nothing is followed yet');
  await page.getByRole('button', { name: 'Follow mx1', exact: true }).click();
  await expect(status).toContainText('nothing behind');
  await expect(status).toContainText(/\d lines\/s/);
  await expect(status).toContainText(/last line .+ old/);
  await grid(page).focus();
  await page.keyboard.press('Space');
  await write(lab.host('mx1'), mark('waits'), 40);
  await expect(status).toContainText(/Paused, [4-9]\d lines wait/);
  await page.getByRole('radio', { name: 'Messages' }).first().click();
  await expect(status).toContainText(/mx1.*lines? here.*newest line/);
});

test('by keyboard alone: pause and go on without loss, filter by field, follow the end', async ({
  page,
  console: running,
}) => {
  const mx1 = await openLive(page, running);
  await grid(page).focus();
  await page.keyboard.press('Space');
  await expect(page.getByText('Paused.')).toBeVisible();
  const held = mark('held');
  await write(mx1, held, 700);
  await expect(page.getByText(/^7\d\d lines were written since/)).toBeVisible();
  await expect(line(page, held)).toHaveCount(0);
  await page.keyboard.press('Space');
  await expect(line(page, `${held} 000700 end`)).toBeVisible();
  const lines = await exported(page, held);
  expect(lines).toHaveLength(700);
  expect(new Set(lines.map((each) => each.slice(each.indexOf(held)))).size).toBe(700);

  // Up from the end: what is in sight stays, and what is new is counted.
  await grid(page).focus();
  for (let press = 0; press < 4; press += 1) await page.keyboard.press('PageUp');
  const top = rows(page).nth(20);
  const seen = await top.textContent();
  const fresh = mark('fresh');
  await write(mx1, fresh, 30);
  await expect(page.getByRole('button', { name: /^30 new/ })).toBeVisible();
  await expect(top).toHaveText(seen ?? '');
  await page.keyboard.press('End');
  await expect(line(page, `${fresh} 000030 end`)).toBeVisible();
  await expect(page.getByRole('button', { name: /new/ })).toHaveCount(0);
  await write(mx1, mark('after'), 3);
  await expect(rows(page).last()).toContainText('after');

  await mx1.inject({ from: 'alice@alpha.test', to: 'bob@alpha.test', subject: 'field' });
  await page.keyboard.press('/');
  await page.keyboard.type('to:bob@alpha.test status:sent ');
  await expect(rows(page).last()).toContainText(/removed|Disconnect|status=sent/);
  await expect(line(page, fresh)).toHaveCount(0);
  await page.keyboard.press('Enter');
  await expect(grid(page)).toBeFocused();
  await page.keyboard.press('Home');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('region', { name: 'Story' }).getByRole('heading', { level: 2 })).toContainText('bob@');
  await page.keyboard.press('Escape');
  await expect(page.getByRole('region', { name: 'Story' })).toHaveCount(0);
});

test('a connection that is cut is said, and what was missed is fetched: no line missing, none twice', async ({
  page,
  console: running,
}) => {
  const mx1 = await openLive(page, running);
  const words = mark('cut');
  await write(mx1, words, 10);
  await expect(line(page, `${words} 000010 end`)).toBeVisible();
  await mx1.sh('kill -9 $(pgrep -f "^sshd: root@notty")');
  await expect(page.getByText('connection lost; what is written meanwhile')).toBeVisible();
  const later = mark('later');
  await write(mx1, later, 400);
  await expect(line(page, `${later} 000400 end`)).toBeVisible({ timeout: 60_000 });
  await expect(page.getByText(/^live, last line/)).toBeVisible({ timeout: 60_000 });
  const found = [...(await exported(page, words)), ...(await exported(page, later))];
  expect(found).toHaveLength(410);
  expect(new Set(found).size).toBe(410);
});

test('another view and back: the lines written meanwhile are there, none twice', async ({ page, console: running }) => {
  const mx1 = await openLive(page, running);
  const words = mark('away');
  await write(mx1, words, 20);
  await expect(line(page, `${words} 000020 end`)).toBeVisible();
  await page.keyboard.press('Control+4');
  await expect(page.getByRole('grid', { name: 'Live lines' })).toHaveCount(0);
  await write(mx1, `${words}b`, 20);
  await page.goBack();
  await expect(line(page, `${words}b 000020 end`)).toBeVisible();
  const found = await exported(page, words);
  expect(found).toHaveLength(40);
  expect(new Set(found.map((each) => each.slice(each.indexOf(words)))).size).toBe(40);

  // The same log, searched like a set.
  await page.getByRole('radio', { name: 'Lines' }).first().click();
  await page.keyboard.press('/');
  await page.keyboard.type(`${words}b`);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('region', { name: 'Lines' }).locator('mark')).toHaveCount(20);
});

test('two servers at once: each line says whose it is', async ({ page, console: running }) => {
  const mx1 = await openLive(page, running);
  await page.getByRole('button', { name: 'Add a server', exact: true }).click();
  await addByKey(page, lab.host('mx2'));
  await page.goBack();
  await page.getByRole('button', { name: /^Servers followed:/ }).click();
  await page.getByRole('menuitemcheckbox', { name: /^mx2/ }).click();
  await page.keyboard.press('Escape');
  await expect(page.getByText(/^live, last line/)).toHaveCount(2);
  const words = mark('both');
  await write(mx1, words, 2);
  await write(lab.host('mx2'), words, 2);
  await expect(line(page, words).filter({ hasText: 'mx1' })).toHaveCount(2);
  await expect(line(page, words).filter({ hasText: 'mx2' })).toHaveCount(2);
});

for (const scheme of ['light', 'dark'] as const) {
  test(`no serious accessibility problems, and every button fits in both languages, ${scheme}`, async ({
    page,
    console: running,
  }, info) => {
    test.slow();
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
    const mx1 = await openLive(page, running);
    const deliver = () => mx1.inject({ from: 'alice@alpha.test', to: 'bob@alpha.test', subject: 'look' });
    await deliver();
    const sent = line(page, 'status=sent').filter({ hasText: 'bob@alpha.test' }).last();
    await expect(sent).toBeVisible();
    const story = page.getByRole('region').filter({ has: page.locator('[aria-current="step"]') });
    for (const language of ['en', 'pl'] as const) {
      if (language === 'pl') {
        await page.keyboard.press('Control+,');
        await page
          .getByRole('dialog')
          .getByLabel(/^Language/)
          .click();
        await page.getByRole('option', { name: 'Polski' }).click();
        await page.keyboard.press('Escape');
        await expect(page.getByRole('grid', { name: 'Wiersze na żywo' })).toBeVisible();
      }
      for (const [width, height] of [
        [1280, 800],
        [1920, 1080],
      ] as const) {
        await page.setViewportSize({ width, height });
        const shoot = (name: string) =>
          page.screenshot({ path: info.outputPath(`${name}-${scheme}-${language}-${width}.png`) });
        await shoot('lines');
        expect(await misfits(page), `lines ${language} ${width}`).toEqual([]);
        if (width === 1280) expect(await axe(page), 'lines').toEqual([]);
        // what came meanwhile may have moved the first one out of sight
        await deliver();
        await sent.click();
        await expect(story.first()).toBeVisible();
        await shoot('story');
        expect(await misfits(page), `story ${language} ${width}`).toEqual([]);
        await page.keyboard.press('Escape');
        await grid(page).focus();
        await page.keyboard.press('Space');
        await shoot('paused');
        expect(await misfits(page), `paused ${language} ${width}`).toEqual([]);
        if (width === 1280) expect(await axe(page), 'paused').toEqual([]);
        await page.keyboard.press('Space');
      }
    }
  });
}

/** Buttons whose words take two lines or are cut off. */
function misfits(page: Page): Promise<string[]> {
  return page.evaluate(() =>
    [...document.querySelectorAll<HTMLElement>('.mantine-Button-root, [role="radio"]')]
      .filter((button) => button.offsetParent !== null)
      .filter((button) => button.offsetHeight > 30 || button.scrollWidth > button.clientWidth + 1)
      .map((button) => button.textContent ?? ''),
  );
}
