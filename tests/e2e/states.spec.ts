import { expect, openDemo, test } from './console.ts';

test('a search that finds nothing says which term excludes, and drops it', async ({ page, console: running }) => {
  await openDemo(page, running);
  await page.keyboard.press('/');
  await page.keyboard.type('status:deferred older:900d ');
  await expect(page.getByText('No message matches')).toBeVisible();
  await page.getByRole('button', { name: 'Drop older:900d', exact: true }).first().click();
  await expect(page.getByRole('row').nth(3)).toContainText('@');
  await expect(page.getByText('Deferred').first()).toBeVisible();
});

test('a term that cannot be read is marked and left out', async ({ page, console: running }) => {
  await openDemo(page, running);
  await page.keyboard.press('/');
  await page.keyboard.type('older:soon');
  await expect(page.getByText('Not a time: 30s, 5m, 2h, 3d or 1w')).toBeVisible();
  await expect(page.getByText('18,402 of 18,402')).toBeVisible();
});

test('a console that ends is told over the page; what was read stays', async ({ page, console: running, watched }) => {
  watched.expected.push(/WebSocket connection|ERR_CONNECTION_REFUSED|Failed to load resource/);
  await openDemo(page, running);
  await running.stop();
  await expect(page.getByRole('alert')).toContainText('The console is not reachable.');
  await expect(page.getByRole('row').nth(3)).toContainText('@');
});

test('an address without its token is refused, and says what to do', async ({ page, console: running, watched }) => {
  watched.expected.push(/401|WebSocket/);
  await page.goto(running.origin);
  await expect(page.getByText('The console does not accept this page')).toBeVisible();
  await expect(page.getByText(/Open the address that the console printed/)).toBeVisible();
});

test('theme and language change at once and are kept', async ({ page, console: running }) => {
  await openDemo(page, running);
  await page.keyboard.press('Control+,');
  await page.getByRole('radio', { name: 'Dark' }).click();
  await expect(page.locator('html')).toHaveAttribute('data-mantine-color-scheme', 'dark');
  await page
    .getByRole('textbox', { name: 'Language' })
    .or(page.getByRole('combobox', { name: 'Language' }))
    .first()
    .click();
  await page.getByRole('option', { name: 'Polski' }).click();
  await expect(page.getByRole('heading', { name: 'Ustawienia' })).toBeVisible();
  await page.keyboard.press('Escape');
  await page.reload();
  await expect(page.getByRole('navigation', { name: 'Widoki' })).toContainText('Kolejka');
  await expect(page.locator('html')).toHaveAttribute('data-mantine-color-scheme', 'dark');
  await expect(page.locator('html')).toHaveAttribute('lang', 'pl');
});

test('single letters act outside fields only, and can be turned off', async ({ page, console: running }) => {
  await openDemo(page, running);
  await page.keyboard.press('/');
  await page.keyboard.type('h');
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await page.keyboard.press('Escape');
  await page.keyboard.press('Control+,');
  const letters = page.getByRole('checkbox', { name: /Act on single letters/ });
  await letters.click();
  await expect(letters).not.toBeChecked();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await page.getByRole('grid').focus();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('h');
  await page.keyboard.press('?');
  await expect(page.getByRole('dialog')).toContainText('Keys');
});

test('an empty form says what each field expects', async ({ page, console: running }) => {
  await page.goto(running.address);
  await page.getByRole('button', { name: /^Add a server…/ }).click();
  await page.getByRole('button', { name: /^Add and connect/ }).click();
  await expect(page.getByText('A host name or an IP address')).toBeVisible();
  await expect(page.getByText('A user name, without blanks or @')).toBeVisible();
  await expect(page.getByText('Letters, digits, dot, dash or underscore; at most 64')).toBeVisible();
});

test('a screen whose file broke off on the way is asked for again, with its styles', async ({
  page,
  console: running,
  watched,
}) => {
  watched.expected.push(/ERR_INTERNET_DISCONNECTED/);
  const left = new Map([
    ['js', 2],
    ['css', 1],
  ]);
  await page.route(/\/journal-screen[^/]*\.(js|css)$/, async (route) => {
    const kind = route.request().url().endsWith('.css') ? 'css' : 'js';
    const more = left.get(kind) ?? 0;
    left.set(kind, more - 1);
    await (more > 0 ? route.abort('internetdisconnected') : route.continue());
  });
  await openDemo(page, running);
  await page.keyboard.press('Control+4');
  await expect(page.getByText('Journal empty').first()).toBeVisible();
  const search = page.getByRole('textbox', { name: 'Search the journal' });
  await expect(search).toBeVisible();
  await expect(search).toHaveCSS('font-size', '12.5px');
  expect(left.get('js')).toBeLessThan(1);
});
