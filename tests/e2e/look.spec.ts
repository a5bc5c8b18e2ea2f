import { type Page } from 'playwright/test';
import { axe, expect, openDemo, type RunningConsole, test } from './console.ts';

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
    name: 'change',
    go: async (page) => {
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

for (const scheme of ['light', 'dark'] as const) {
  test.describe(scheme, () => {
    test.use({ colorScheme: scheme });

    test(`no serious axe violation on any screen (${scheme})`, async ({ page, console: running }) => {
      await page.goto(running.address);
      await expect(page.getByRole('button', { name: /Start the demo/ })).toBeVisible();
      expect(await axe(page), 'start').toEqual([]);
      await page.getByRole('button', { name: /Start the demo/ }).click();
      await expect(page.getByRole('row').nth(3)).toContainText('@');
      for (const place of PLACES) {
        await place.go(page);
        expect(await axe(page), place.name).toEqual([]);
      }
    });

    for (const [language, width, height] of [
      ['en-US', 1440, 900],
      ['en-US', 1920, 1080],
      ['pl-PL', 1280, 800],
      ['en-US', 1280, 800],
    ] as const) {
      test.describe(`${language} ${width}`, () => {
        test.use({ locale: language, viewport: { width, height } });
        test(`every button fits on one line (${scheme}, ${language}, ${width}x${height})`, async ({
          page,
          console: running,
        }, info) => {
          await page.goto(running.address);
          await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
          await shoot(page, running, 'start');
          expect(await misfits(page), 'start').toEqual([]);
          await openDemo(page, running);
          for (const place of PLACES) {
            await place.go(page);
            await shoot(page, running, place.name);
            expect(await misfits(page), place.name).toEqual([]);
          }

          async function shoot(on: Page, _running: RunningConsole, name: string) {
            await on.screenshot({ path: info.outputPath(`${name}-${scheme}-${language}-${width}.png`) });
          }
        });
      });
    }
  });
}
