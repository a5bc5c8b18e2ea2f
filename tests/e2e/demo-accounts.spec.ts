import { axe, expect, openDemo, test } from './console.ts';

/** The accounts screen with the demo server: nothing is needed to try it out. */

test('the demo’s accounts are searched, blocked and let in again, and its mail is read', async ({
  page,
  console: running,
}) => {
  test.setTimeout(120_000);
  await openDemo(page, running);
  await page.getByRole('button', { name: 'Accounts', exact: true }).click();
  const row = (text: string) => page.getByRole('row').filter({ hasText: text });
  await page.getByRole('textbox', { name: 'Search the accounts' }).fill('anna@');
  await expect(row('anna@firma.example')).toContainText('Active');
  await row('anna@firma.example').getByText('anna@firma.example').click();
  const drawer = page.getByRole('complementary', { name: 'Account anna@firma.example' });
  await drawer.getByRole('tab', { name: /^Folders/ }).click();
  await drawer.getByRole('button', { name: 'INBOX' }).click();
  await drawer.getByRole('list', { name: 'Messages' }).getByRole('button').first().click();
  await expect(drawer.getByText('This message is invented, like everything on the demo server.')).toBeVisible();
  expect(await axe(page)).toEqual([]);
  await drawer.getByRole('button', { name: 'Close' }).click();

  await row('anna@firma.example').getByRole('gridcell').first().click();
  await page.keyboard.press('Control+k');
  await page.getByRole('textbox', { name: 'Go to or run a command' }).fill('Block the chosen');
  await page.keyboard.press('Enter');
  const change = page.getByRole('dialog');
  await expect(change.getByRole('textbox', { name: 'Reason, kept in the journal' })).toBeFocused();
  await page.keyboard.press('Control+Enter');
  await expect(row('anna@firma.example')).toContainText('No login', { timeout: 30_000 });
  await page.getByRole('complementary', { name: 'Jobs' }).getByRole('button', { name: /^Undo/ }).click();
  await change.getByRole('button', { name: /back Ctrl Enter$|back$/ }).click();
  await expect(row('anna@firma.example')).toContainText('Active', { timeout: 30_000 });

  await page.getByRole('radio', { name: 'Aliases' }).click();
  await expect(row('dawny@firma.example')).toContainText('Dead end');
  await page.getByRole('radio', { name: 'Domains' }).click();
  await expect(row('targi2027.example')).toContainText('targi.example');

  await page.getByRole('button', { name: 'Journal', exact: true }).click();
  await expect(row('Looked into folder INBOX of anna@firma.example')).toBeVisible();
});
