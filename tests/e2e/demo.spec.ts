import { expect, openDemo, queueIsRead, test } from './console.ts';

const SEARCH = 'sender:anna@sklep.firma.example status:deferred older:2h';

test('by mouse: first run, demo, search, select, delete, journal, undo', async ({ page, console: running }) => {
  await page.goto(running.address);
  await expect(page.getByRole('heading', { name: 'Where is the mail you look after?' })).toBeVisible();
  expect(new URL(page.url()).hash).not.toContain('token');
  await page.getByRole('button', { name: /Start the demo/ }).click();
  await queueIsRead(page);
  await expect(page.getByText('18,402 in the queue')).toBeVisible();

  const search = page.getByRole('combobox', { name: 'Search the queue' });
  await search.fill('sender:anna@sklep');
  await page.getByRole('option', { name: /anna@sklep\.firma\.example/ }).click();
  await search.fill('status:');
  await page.getByRole('option', { name: 'deferred' }).click();
  const count = page.getByRole('status').filter({ hasText: 'of 18,402' });
  await expect(count).toBeVisible();
  await expect(page.getByRole('row').nth(3)).toContainText('anna@sklep.firma.example');
  const matches = Number(((await count.textContent()) ?? '').split(' of ')[0]?.replace(/\D/g, ''));
  expect(matches).toBeGreaterThan(100);

  // One message, opened: inert, with its envelope.
  await page.getByRole('row').nth(3).click();
  const pane = page.getByRole('complementary', { name: /^Message / });
  await expect(pane.getByRole('heading', { name: 'Envelope' })).toBeVisible();
  await expect(pane.getByText('Inert: no images, links or scripts load')).toBeVisible();
  await expect(pane.locator('a')).toHaveCount(0);
  await pane.getByRole('button', { name: 'Close the message' }).click();

  await page.getByRole('checkbox', { name: /^All .* matches$/ }).click();
  const toolbar = page.getByRole('toolbar', { name: 'Actions on ticked messages' });
  await expect(toolbar).toContainText(`${matches.toLocaleString('en')} selected`);
  await toolbar.getByRole('button', { name: /^Delete/ }).click();

  const dialog = page.getByRole('dialog');
  const confirm = dialog.getByRole('button', { name: /^Delete [\d,]+ messages/ });
  await expect(confirm).toBeEnabled();
  await expect(dialog.getByRole('heading', { name: /^Delete [\d,]+ messages on demo/ })).toBeVisible();
  await expect(dialog.getByText('postsuper -d -')).toBeVisible();
  await expect(dialog.getByRole('textbox', { name: 'Reason, kept in the journal' })).toBeFocused();
  await dialog.getByRole('textbox', { name: 'Reason, kept in the journal' }).fill('stolen password');
  await confirm.click();

  const tray = page.getByRole('complementary', { name: 'Jobs' });
  await expect(tray.getByRole('button', { name: /^Undo/ })).toBeVisible();
  await expect(page.getByText('No message matches')).toBeVisible();

  await page.getByRole('navigation', { name: 'Views' }).getByRole('button', { name: 'Journal' }).click();
  const row = page.getByRole('row').filter({ hasText: 'Delete' });
  await expect(row).toContainText('Done');
  await row.click();
  const change = page.getByRole('complementary', { name: 'Change' });
  await expect(change).toContainText('stolen password');
  await expect(change).toContainText('it is as asked for');
  await change.getByRole('button', { name: /^Undo/ }).click();
  const back = page.getByRole('dialog').getByRole('button', { name: /^Put [\d,]+ messages back/ });
  await expect(back).toBeDisabled();
  await page.getByRole('checkbox', { name: 'I have read that this cannot be undone' }).check();
  await back.click();
  await expect(page.getByRole('row').filter({ hasText: 'Undone' }).first()).toBeVisible();
  await expect(page.getByRole('navigation', { name: 'Views' })).toContainText('18,402');
});

test('by keyboard alone: the same way', async ({ page, console: running }) => {
  await page.goto(running.address);
  await expect(page.getByRole('button', { name: /Start the demo/ })).toBeVisible();
  await page.keyboard.press('2');
  await queueIsRead(page);

  await page.keyboard.press('/');
  await page.keyboard.type(`${SEARCH} `);
  await expect(page.getByText(/^[\d,]+ of 18,402$/)).toBeVisible();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('grid')).toBeFocused();

  // Rows: focus moves, a tick, a range, the message opens and closes.
  await expect(page.getByRole('row').nth(2)).toContainText('anna@sklep.firma.example');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Space');
  await page.keyboard.press('Shift+ArrowDown');
  await page.keyboard.press('Shift+ArrowDown');
  const toolbar = page.getByRole('toolbar', { name: 'Actions on ticked messages' });
  await expect(toolbar).toContainText('3 selected');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('complementary', { name: /^Message / })).toBeVisible();
  // Panes in their order: the rows, their actions, the message; and back.
  await page.keyboard.press('F6');
  await expect(toolbar.locator(':focus')).toHaveCount(1);
  await page.keyboard.press('F6');
  await expect(page.getByRole('button', { name: 'Save as .eml' })).toBeFocused();
  await page.keyboard.press('Shift+F6');
  await page.keyboard.press('Shift+F6');
  await expect(page.getByRole('grid')).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('complementary', { name: /^Message / })).toHaveCount(0);
  await expect(toolbar).toContainText('3 selected');
  await page.keyboard.press('Escape');
  await expect(toolbar).toHaveCount(0);

  await page.keyboard.press('Control+a');
  await expect(toolbar).toContainText('all matches');
  await page.keyboard.press('Delete');
  const dialog = page.getByRole('dialog');
  await expect(dialog.getByRole('textbox', { name: 'Reason, kept in the journal' })).toBeFocused();
  await page.keyboard.type('by keyboard');
  await page.keyboard.press('Control+Enter');
  await expect(dialog).toHaveCount(0);
  await expect(page.getByText('No message matches')).toBeVisible();

  await page.keyboard.press('Control+4');
  await expect(page.getByRole('grid')).toBeVisible();
  await expect(page.getByRole('row').filter({ hasText: 'Delete' })).toContainText('Done');
  await page.keyboard.press('Control+z');
  await expect(dialog.getByRole('textbox', { name: 'Reason, kept in the journal' })).toBeFocused();
  // A dialog that is left gives the keyboard back, also where it was opened with none in the rows.
  await page.keyboard.press('Escape');
  await expect(dialog).toHaveCount(0);
  await expect(page.getByRole('grid')).toBeFocused();
  await page.keyboard.press('Control+z');
  await expect(dialog.getByRole('textbox', { name: 'Reason, kept in the journal' })).toBeFocused();
  // What confirms leads to the tick that a change without undo asks for.
  await page.keyboard.press('Control+Enter');
  await expect(dialog.getByRole('checkbox', { name: 'I have read that this cannot be undone' })).toBeFocused();
  await page.keyboard.press('Space');
  await page.keyboard.press('Control+Enter');
  await expect(dialog).toHaveCount(0);
  await expect(page.getByRole('grid')).toBeFocused();
  await expect(page.getByRole('row').filter({ hasText: 'Undone' }).first()).toBeVisible();

  await page.keyboard.press('Control+1');
  await expect(page.getByText('18,402 in the queue')).toBeVisible();
});

test('refreshing keeps the focused row and the ticks', async ({ page, console: running }) => {
  await openDemo(page, running);
  await page.getByRole('grid').focus();
  for (let i = 0; i < 5; i += 1) await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Space');
  const active = page.locator('[role="row"][data-active="true"]');
  const before = await active.textContent();
  await page.keyboard.press('F5');
  await expect(page.getByText(/^Queue read 0 s ago|^Queue read 1 s ago/)).toBeVisible();
  expect(await active.textContent()).toBe(before);
  await expect(active).toHaveAttribute('aria-selected', 'true');
});

test('a group is ticked as a whole and folds', async ({ page, console: running }) => {
  await openDemo(page, running);
  await page.getByRole('grid').focus();
  await page.keyboard.press('Home');
  const head = page.locator('[role="row"][data-head="true"]').first();
  const inGroup = ((await head.textContent()) ?? '').match(/[\d,]+$/)?.[0] ?? '';
  await page.keyboard.press('Space');
  await expect(page.getByRole('toolbar')).toContainText(`${inGroup} selected`);
  await page.keyboard.press('x');
  await expect(head.getByRole('gridcell', { expanded: false })).toBeVisible();
  await expect(page.locator('[role="row"]').nth(2)).toHaveAttribute('data-head', 'true');
});

test('the end of a queue of 18,402 is reached and drawn', async ({ page, console: running }) => {
  await openDemo(page, running);
  await page.getByRole('radio', { name: 'None' }).click();
  await expect(page.getByText(/rows 1 to \d+ of 18,402/)).toBeVisible();
  await page.getByRole('grid').focus();
  await page.keyboard.press('End');
  await expect(page.locator('[role="row"][aria-rowindex="18403"]')).toContainText('@');
});
