import { readFileSync } from 'node:fs';
import { axe, expect, openDemo, queueIsRead, test } from './console.ts';

/** Searches that are kept, what is left out, lists that are taken along, and commands by name. */

test('a search is kept under a name, counted, asked again, renamed and removed', async ({ page, console: running }) => {
  await openDemo(page, running);
  await page.keyboard.press('/');
  await page.keyboard.type('status:held ');
  const count = page.getByRole('status').filter({ hasText: 'of 18,402' });
  await expect(page.getByText(/^217 of 18,402$/)).toBeVisible();
  await page.getByRole('button', { name: 'Save search' }).click();
  const dialog = page.getByRole('dialog', { name: 'Save this search' });
  await expect(dialog.getByLabel('Name')).toBeFocused();
  await page.keyboard.type('On hold');
  await page.keyboard.press('Control+Enter');
  await expect(dialog).toHaveCount(0);

  const rail = page.getByRole('navigation', { name: 'Servers' });
  const saved = rail.getByRole('button', { name: /^On hold/ });
  await expect(saved).toContainText('217');
  await expect(saved).toHaveAttribute('aria-current', 'true');
  await expect(page.getByRole('button', { name: 'Save search' })).toHaveCount(0);
  await page.getByRole('button', { name: 'Drop status:held', exact: true }).click();
  await expect(page.getByText('18,402 in the queue')).toBeVisible();

  // It outlives the page, and leads to the queue from any tab.
  await page.reload();
  await expect(saved).toBeVisible();
  await page.keyboard.press('Control+4');
  await saved.click();
  await expect(count).toHaveText('217 of 18,402');

  await rail.getByRole('button', { name: 'Actions for On hold' }).click();
  await page.getByRole('menuitem', { name: 'Rename…' }).click();
  await page.getByRole('dialog').getByLabel('Name').fill('Held');
  await page.keyboard.press('Control+Enter');
  await expect(rail.getByRole('button', { name: /^Held/ })).toBeVisible();
  await rail.getByRole('button', { name: 'Actions for Held' }).click();
  await page.getByRole('menuitem', { name: 'Remove' }).click();
  await expect(rail.getByText('Saved searches')).toHaveCount(0);
});

test('a group is left out of the search from its row, by the menu key too', async ({ page, console: running }) => {
  await openDemo(page, running);
  await page.getByRole('radio', { name: 'Sender' }).click();
  const head = page.locator('[role="row"][data-head="true"]').first();
  await expect(head).toContainText('anna@firma.example');
  const inGroup = Number((((await head.textContent()) ?? '').match(/[\d,]+$/)?.[0] ?? '').replaceAll(',', ''));
  await page.getByRole('grid').focus();
  await page.keyboard.press('Home');
  await page.keyboard.press('ContextMenu');
  await expect(page.getByRole('menu', { name: 'Actions for the row' })).toBeVisible();
  expect(await axe(page)).toEqual([]);
  await page.getByRole('menuitem', { name: 'Leave this group out' }).click();
  await expect(page.getByText(`${(18_402 - inGroup).toLocaleString('en')} of 18,402`)).toBeVisible();
  await expect(page.getByRole('button', { name: 'Drop -sender:anna@firma.example' })).toBeVisible();
  await expect(head).not.toContainText('anna@firma.example');

  const row = page.getByRole('row').nth(3);
  await expect(row).toContainText('@');
  await row.click({ button: 'right' });
  await page.getByRole('menuitem', { name: /^Only @/ }).click();
  await expect(page.getByRole('button', { name: /^Drop to:@/ })).toBeVisible();
});

test('a sender is left out of a change in its dialog, and put back', async ({ page, console: running }) => {
  await openDemo(page, running);
  await page.keyboard.press('Control+a');
  await page.keyboard.press('Delete');
  const dialog = page.getByRole('dialog');
  await expect(dialog.getByRole('button', { name: /^Delete 18,402 messages/ })).toBeEnabled();
  const row = dialog.getByRole('row').filter({ hasText: 'promo; $(reboot)' });
  const count = Number(((await row.getByRole('cell').nth(1).textContent()) ?? '').replaceAll(',', ''));
  expect(count).toBeGreaterThan(0);
  await row.hover();
  await row.getByRole('button', { name: /^Leave out/ }).click();
  await expect(
    dialog.getByRole('button', { name: `Delete ${(18_402 - count).toLocaleString('en')} messages` }),
  ).toBeEnabled();
  await expect(row).toHaveCount(0);
  await dialog.getByRole('button', { name: /^Put back/ }).click();
  await expect(dialog.getByRole('button', { name: /^Delete 18,402 messages/ })).toBeEnabled();
  await expect(row).toHaveCount(1);
});

test('the list is saved as CSV and JSON, and never as formulas', async ({ page, console: running }) => {
  await openDemo(page, running);
  await page.keyboard.press('/');
  await page.keyboard.type('older:3d ');
  await page.keyboard.press('Enter');
  await expect(page.getByText(/^[\d,]+ of 18,402$/)).not.toHaveText('18,402 of 18,402');
  const count = page.getByRole('status').filter({ hasText: 'of 18,402' });
  const matches = Number(((await count.textContent()) ?? '').split(' of ')[0]?.replaceAll(',', ''));
  const save = async (name: string): Promise<string> => {
    await page.getByRole('button', { name: 'Save or copy the list' }).click();
    const download = page.waitForEvent('download');
    await page.getByRole('menuitem', { name }).click();
    return readFileSync(await (await download).path(), 'utf8');
  };
  const lines = (await save('Save as CSV')).trimEnd().split('\r\n');
  expect(lines[0]).toBe('id,queue,arrival,size,sender,recipients,reason,login');
  expect(lines).toHaveLength(matches + 1);
  for (const line of lines) expect(line).not.toMatch(/(^|,)"?[=+@-]/);
  const messages = JSON.parse(await save('Save as JSON')) as { id: string }[];
  expect(messages).toHaveLength(matches);

  // Ticked messages alone, where some are ticked.
  await page.getByRole('radio', { name: 'None' }).click();
  await page.getByRole('grid').focus();
  await page.keyboard.press('Home');
  await page.keyboard.press('Space');
  await page.keyboard.press('Shift+ArrowDown');
  await expect(page.getByRole('toolbar')).toContainText('2 selected');
  expect(JSON.parse(await save('Save as JSON'))).toEqual(messages.slice(0, 2));
});

test('the palette does what the screen can do, and leads to accounts and logs', async ({ page, console: running }) => {
  await openDemo(page, running);
  const run = async (typed: string) => {
    await page.keyboard.press('Control+k');
    await page.getByRole('textbox', { name: 'Go to or run a command' }).fill(typed);
    await page.keyboard.press('Enter');
    await expect(page.getByRole('textbox', { name: 'Go to or run a command' })).toHaveCount(0);
  };
  await run('Group by: Sender');
  await expect(page.getByRole('radio', { name: 'Sender' })).toBeChecked();
  await page.getByRole('grid').focus();
  await page.keyboard.press('ArrowDown');
  await run('Hold…');
  await expect(page.getByRole('dialog').getByRole('button', { name: /^Hold 1 message/ })).toBeEnabled();
  await page.keyboard.press('Escape');
  await run('Accounts on demo');
  await expect(page).toHaveURL(/#\/accounts\//);
  await run('Aliases');
  await expect(page).toHaveURL(/view=aliases/);
  await run('What demo is and can do');
  await expect(page).toHaveURL(/#\/server\//);
  await page.keyboard.press('Control+2');
  await expect(page.getByText('Drop log files or folders here')).toBeVisible();
  await expect(page.getByText('Logs of servers')).toHaveCount(0); // a demo server writes no log
});

test('choosing another server keeps the tab', async ({ page, console: running }) => {
  await openDemo(page, running);
  await page.getByRole('button', { name: 'Add a server' }).click();
  const dialog = page.getByRole('dialog', { name: 'Add a server' });
  await dialog.getByLabel('Host and port').fill('192.0.2.1');
  await dialog.getByLabel('User', { exact: true }).fill('root');
  await dialog.getByLabel('Name', { exact: true }).fill('far');
  await page.keyboard.press('Control+Enter');
  const rail = page.getByRole('navigation', { name: 'Servers' });
  const far = rail.getByRole('button', { name: /far/ }).first();
  const demo = rail.getByRole('button', { name: /demo/ }).first();
  await expect(far).toBeVisible();
  await page.keyboard.press('Control+4');
  await far.click();
  await page.getByRole('button', { name: 'Changes of every server' }).click();
  await expect(page).toHaveURL(/#\/journal$/);
  await page.keyboard.press('Control+3');
  await demo.click();
  await expect(page).toHaveURL(/#\/accounts\//);
  const { hash } = new URL(page.url());
  await far.click();
  await expect(page).toHaveURL(/#\/accounts\//);
  await expect.poll(() => new URL(page.url()).hash).not.toBe(hash);
  await page.keyboard.press('Control+1');
  await demo.click();
  await queueIsRead(page);
});
