import { type Page } from 'playwright/test';
import { axe, expect, openDemo, test } from './console.ts';

/** The screens and dialogs one can come to, by keyboard, from the demo's queue. */
const PLACES: { name: string; go: (page: Page) => Promise<void> }[] = [
  {
    name: 'queue',
    go: async (page) => {
      await page.getByRole('grid').focus();
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('Enter');
      await expect(page.locator('aside h3').first()).toBeVisible();
      await page.keyboard.press('Control+a');
      await expect(page.getByRole('toolbar')).toBeVisible();
    },
  },
  {
    name: 'palette',
    go: async (page) => {
      await page.keyboard.press('Control+k');
      await expect(page.locator('input.mantine-Spotlight-search')).toBeVisible();
    },
  },
  {
    name: 'change',
    go: async (page) => {
      await page.keyboard.press('Escape');
      await expect(page.locator('input.mantine-Spotlight-search')).toHaveCount(0);
      await page.keyboard.press('Delete');
      await expect(page.getByRole('dialog').getByRole('table')).toBeVisible();
    },
  },
  {
    name: 'journal',
    go: async (page) => {
      await page.keyboard.press('Control+Enter');
      await expect(page.getByRole('dialog')).toHaveCount(0);
      await page.keyboard.press('Control+4');
      await page.getByRole('row').nth(2).click();
      await expect(page.locator('aside h3').first()).toBeVisible();
    },
  },
  {
    name: 'settings',
    go: async (page) => {
      await page.keyboard.press('Control+,');
      await expect(page.getByRole('dialog')).toBeVisible();
    },
  },
  {
    name: 'keys',
    go: async (page) => {
      await page.keyboard.press('Escape');
      await expect(page.getByRole('dialog')).toHaveCount(0);
      await page.keyboard.press('?');
      await expect(page.getByRole('dialog')).toBeVisible();
    },
  },
  {
    name: 'server',
    go: async (page) => {
      await page.keyboard.press('Escape');
      await expect(page.getByRole('dialog')).toHaveCount(0);
      await page.getByRole('contentinfo').getByRole('button').last().focus();
      await page.keyboard.press('Control+1');
      await page.getByRole('contentinfo').getByRole('button').first().click();
      await expect(page.getByRole('heading', { level: 2 }).first()).toBeVisible();
    },
  },
  {
    name: 'add-server',
    go: async (page) => {
      await page.getByRole('navigation').last().getByRole('button').first().click();
      await expect(page.getByRole('dialog')).toBeVisible();
    },
  },
];

/** Buttons whose words take two lines or are cut off. */
function misfits(page: Page): Promise<string[]> {
  return page.evaluate(() =>
    [...document.querySelectorAll<HTMLElement>('.mantine-Button-root, [role="radio"]')]
      .filter((button) => button.offsetParent !== null)
      .filter((button) => button.offsetHeight > 30 || button.scrollWidth > button.clientWidth + 1)
      .map((button) => button.textContent ?? ''),
  );
}

/**
 * One tour for each thing that can differ: colours are judged once in each scheme, room in every size and in the longer
 * language; together they see each screen in both schemes.
 */
const TOURS = [
  { scheme: 'light', language: 'en-US', width: 1440, height: 900, colours: true },
  { scheme: 'dark', language: 'en-US', width: 1280, height: 800, colours: true },
  { scheme: 'light', language: 'pl-PL', width: 1280, height: 800, colours: false },
  { scheme: 'dark', language: 'en-US', width: 1920, height: 1080, colours: false },
  { scheme: 'dark', language: 'pl-PL', width: 1024, height: 680, colours: false },
] as const;

for (const { scheme, language, width, height, colours } of TOURS) {
  test.describe(`${scheme} ${language} ${width}`, () => {
    test.use({ colorScheme: scheme, locale: language, viewport: { width, height } });

    const judged = colours ? 'no serious axe violation, and every button fits' : 'every button fits';
    test(`${judged} (${scheme}, ${language}, ${width}x${height})`, async ({ page, console: running }, info) => {
      test.setTimeout(120_000);
      const look = async (name: string) => {
        await page.screenshot({ path: info.outputPath(`${name}-${scheme}-${language}-${width}.png`) });
        expect(await misfits(page), name).toEqual([]);
        if (colours) expect(await axe(page), name).toEqual([]);
      };
      await page.goto(running.address);
      await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
      await look('start');
      await openDemo(page, running);
      for (const place of PLACES) {
        await place.go(page);
        await look(place.name);
      }
    });
  });
}
