import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright/test';
import { canLogIn } from '../drivers/mail-check.ts';
import { type Lab, LAB_START_TIMEOUT, labAvailable, SECRETS, startLab, until } from '../lab/index.ts';
import { axe, expect, type RunningConsole, test } from './console.ts';

/** Accounts, aliases and domains of a real mail host; what happened is checked by logging in over IMAP. */

const available = labAvailable();
let lab: Lab;

test.beforeAll(async () => {
  test.setTimeout(LAB_START_TIMEOUT);
  if (!available.ok) return;
  lab = await startLab();
});

test.beforeEach(async () => {
  test.skip(!available.ok, available.ok ? '' : available.why);
  test.setTimeout(180_000);
  await lab.reset();
});

const ALICE = 'alice@alpha.test';

/** Adds mx1 with its key known, by keyboard, and opens its accounts. */
async function openAccounts(page: Page, running: RunningConsole): Promise<void> {
  const mx1 = lab.host('mx1');
  writeFileSync(join(running.home, '.ssh', 'known_hosts'), mx1.hostKeys.map((key) => `${key.knownHosts}\n`).join(''));
  await page.goto(running.address);
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  await page.keyboard.press('1');
  const host = page.locator('input').first();
  await expect(host).toBeFocused();
  await page.keyboard.type(mx1.address);
  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab');
  await page.keyboard.type('root');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Control+a');
  await page.keyboard.type('mx1');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab');
  await page.keyboard.type(mx1.keyFile);
  await page.keyboard.press('Control+Enter');
  await expect(page.getByRole('rowheader', { name: 'Postfix' })).toBeVisible();
  await page.getByRole('button', { name: 'Accounts', exact: true }).click();
  await expect(row(page, ALICE)).toBeVisible();
}

const row = (page: Page, text: string) => page.getByRole('row').filter({ hasText: text });
const tray = (page: Page) => page.getByRole('complementary', { name: 'Jobs' });
const reason = (page: Page) => page.getByRole('textbox', { name: 'Reason, kept in the journal' });

/** Confirms the change dialog by keyboard, as soon as its plan is there. */
async function confirm(page: Page, button: RegExp): Promise<void> {
  await expect(reason(page)).toBeFocused();
  await expect(page.getByRole('dialog').getByRole('button', { name: button })).toBeEnabled();
  await page.keyboard.press('Control+Enter');
  await expect(page.getByRole('dialog')).toHaveCount(0);
}

const login = (address: string, password: string) => canLogIn(lab.host('mx1'), address, password);

test('by mouse: an account is found, blocked and, by undo, let in again', async ({ page, console: running }) => {
  await openAccounts(page, running);
  expect(await login(ALICE, SECRETS.mailbox)).toBe(true);

  await page.getByRole('textbox', { name: 'Search the accounts' }).fill('alice');
  await expect(row(page, 'bob@alpha.test')).toHaveCount(0);
  await expect(row(page, ALICE)).toContainText('Active');
  await row(page, ALICE).getByRole('gridcell').first().click();
  await page.getByRole('toolbar').getByRole('button', { name: 'Block…', exact: true }).click();
  const change = page.getByRole('dialog');
  await expect(change.getByText(ALICE).first()).toBeVisible();
  await expect(change.getByRole('checkbox', { name: 'receiving' })).not.toBeChecked();
  await change.getByRole('button', { name: /^Block 1 account/ }).click();
  await expect(tray(page).getByRole('button', { name: /^Undo/ })).toBeVisible({ timeout: 60_000 });
  await until(async () => !(await login(ALICE, SECRETS.mailbox)), 'the login to be refused', 30_000);
  await expect(row(page, ALICE)).toContainText('No login');
  await page.getByRole('radio', { name: /^Blocked/ }).click();
  await expect(row(page, ALICE)).toBeVisible();
  await page.getByRole('radio', { name: /^All/ }).click();

  await tray(page).getByRole('button', { name: /^Undo/ }).click();
  await change.getByRole('button', { name: /entr(y|ies) back$|back Ctrl Enter$/ }).click();
  await until(() => login(ALICE, SECRETS.mailbox), 'the login to be accepted again', 30_000);
  await expect(row(page, ALICE)).toContainText('Active');
});

test('by keyboard alone: an account with a random password logs in, and its form counts what is typed', async ({
  page,
  console: running,
}) => {
  await openAccounts(page, running);
  await page.getByRole('grid').focus();
  await page.keyboard.press('n');
  await expect(page.getByLabel('Address', { exact: true })).toBeFocused();
  await page.keyboard.type('zoë@alpha.test');
  await expect(page.getByRole('alert').filter({ hasText: 'outside ASCII' })).toBeVisible();
  await page.keyboard.press('Control+a');
  await page.keyboard.type('dave@alpha.test');
  await page.keyboard.press('Tab');
  await page.keyboard.type('Dave Ż');
  const password = await page.getByLabel('Password', { exact: true }).inputValue();
  expect(password).toMatch(/^([A-Za-z2-9]{5}-){3}[A-Za-z2-9]{5}$/);
  await page.keyboard.press('Control+s');
  await confirm(page, /^Add 1 account/);
  const told = page.getByRole('complementary', { name: 'New account' });
  await expect(told.locator('code')).toHaveText(password, { timeout: 60_000 });
  await until(() => login('dave@alpha.test', password), 'the new account to log in', 30_000);
  // The first Esc leaves the field, the second one closes.
  await page.keyboard.press('Escape');
  await page.keyboard.press('Escape');
  await expect(told).toHaveCount(0);

  await page.keyboard.press('/');
  await page.keyboard.type('dave');
  await expect(row(page, ALICE)).toHaveCount(0);
  await page.keyboard.press('Enter');
  await page.keyboard.press('Enter');
  const drawer = page.getByRole('complementary', { name: 'Account dave@alpha.test' });
  await drawer.getByLabel('Quota', { exact: true }).focus();
  await page.keyboard.press('Control+a');
  await page.keyboard.type('lots');
  await expect(drawer.getByText(/is not a quota/)).toBeVisible();
  await page.keyboard.press('Control+a');
  await page.keyboard.type('2G');
  await expect(drawer.getByText('1 change, not applied')).toBeVisible();
  await page.keyboard.press('Control+s');
  await confirm(page, /^Edit 1 account/);
  await expect(drawer.getByText('Nothing changed')).toBeVisible({ timeout: 60_000 });
  await expect(row(page, 'dave@alpha.test')).toContainText('2 GiB');
});

test('rules of a user, an alias and the way mail takes are written and read back', async ({
  page,
  console: running,
}) => {
  await openAccounts(page, running);
  await row(page, ALICE).getByText(ALICE).click();
  const drawer = page.getByRole('complementary', { name: `Account ${ALICE}` });
  await drawer.getByRole('tab', { name: /^General/ }).focus();
  await page.keyboard.press('Control+Tab');
  await expect(drawer.getByRole('tab', { name: /^Forwarding/ })).toHaveAttribute('aria-selected', 'true');
  await drawer.getByLabel('Forward to').fill('bob@alpha.test');
  await drawer.getByRole('button', { name: /^Review/ }).click();
  await confirm(page, /^Set rules of 1 account/);
  await expect(drawer.getByText('Nothing changed')).toBeVisible({ timeout: 60_000 });
  await drawer.getByRole('button', { name: 'Close' }).click();

  await page.getByRole('radio', { name: 'Aliases' }).click();
  await page.getByRole('button', { name: /^Add alias/ }).click();
  const form = page.getByRole('complementary', { name: 'New alias' });
  await form.getByLabel('Alias', { exact: true }).fill('team@alpha.test');
  await form.getByLabel('Leads to').fill(`${ALICE}\nnobody-there@alpha.test`);
  await form.getByRole('button', { name: /^Review/ }).click();
  await confirm(page, /^Add 1 alias/);
  await expect(row(page, 'team@alpha.test')).toContainText('Dead end', { timeout: 60_000 });

  await page.getByRole('button', { name: 'More actions' }).click();
  await page.getByRole('menuitem', { name: 'Where would mail go?' }).click();
  const way = page.getByRole('complementary', { name: 'Where mail goes' });
  await way.getByRole('textbox', { name: 'Address' }).fill('team@alpha.test');
  await page.keyboard.press('Enter');
  const ways = way.getByRole('list', { name: 'Way of mail to team@alpha.test' });
  await expect(ways.getByText('nobody: refused')).toBeVisible();
  await expect(ways.getByText('forwarded by the user’s rules')).toBeVisible();
  await expect(ways.getByText('bob@alpha.test').first()).toBeVisible();

  await page.getByRole('radio', { name: 'Domains' }).click();
  await expect(row(page, 'beta.test')).toContainText('3');
});

test('by mouse: a domain becomes the alias of another, and the way of mail depends on who sends it', async ({
  page,
  console: running,
}) => {
  const mx1 = lab.host('mx1');
  const second = `${mx1.address.slice(0, mx1.address.lastIndexOf('.'))}.111`;
  const plain = (ip: string) => new RegExp(`^${ip.replaceAll('.', '\\.')}`);
  await openAccounts(page, running);
  await page.getByRole('radio', { name: 'Domains' }).click();
  await page.getByRole('button', { name: /^Add domain/ }).click();
  const form = page.getByRole('complementary', { name: 'New domain' });
  await form.getByLabel('Domain', { exact: true }).fill('not a domain');
  await expect(form.getByRole('alert')).toBeVisible();
  await form.getByLabel('Domain', { exact: true }).fill('gamma.test');
  await form.getByRole('radio', { name: 'alias of another' }).click();
  await expect(form.getByRole('button', { name: /^Review/ })).toBeDisabled();
  await form.getByRole('combobox', { name: 'Mail goes to' }).click();
  await page.getByRole('option', { name: 'alpha.test' }).click();
  await form.getByRole('button', { name: /^Review/ }).click();
  await expect(reason(page)).toBeFocused();
  await page.keyboard.press('Control+Enter');
  await expect(row(page, 'gamma.test')).toContainText('→ alpha.test', { timeout: 60_000 });

  await row(page, 'beta.test').getByText('beta.test').click();
  const pane = page.getByRole('complementary', { name: 'Domain beta.test' });
  await pane
    .getByRole('combobox')
    .or(pane.getByRole('textbox', { name: 'Mail leaves from' }))
    .first()
    .click();
  await page.getByRole('option', { name: plain(second) }).click();
  await pane.getByRole('button', { name: /^Review/ }).click();
  await expect(reason(page)).toBeFocused();
  await page.keyboard.press('Control+Enter');
  await expect(row(page, 'beta.test')).toContainText(second, { timeout: 60_000 });

  await page.getByRole('button', { name: 'More actions' }).click();
  await page.getByRole('menuitem', { name: 'Where would mail go?' }).click();
  const way = page.getByRole('complementary', { name: 'Where mail goes' });
  await way.getByRole('textbox', { name: 'Address' }).fill('bob@gamma.test');
  await way.getByRole('button', { name: 'Ask the server' }).click();
  await expect(way.getByRole('list', { name: 'Way of mail to bob@gamma.test' })).toContainText('bob@alpha.test');
  await way.getByRole('textbox', { name: 'Address' }).fill('someone@down.test');
  await way.getByRole('button', { name: 'Ask the server' }).click();
  const out = way.getByRole('list', { name: 'Way of mail to someone@down.test' });
  await expect(out).toContainText('to another host');
  await expect(out).not.toContainText(second);
  await way.getByRole('textbox', { name: 'Sender' }).fill('carol@beta.test');
  await way.getByRole('button', { name: 'Ask the server' }).click();
  await expect(out).toContainText(`from ${second}`);
});

test('by keyboard alone: rows of every list are reached, opened and ticked as a range', async ({
  page,
  console: running,
}) => {
  await openAccounts(page, running);
  // A tooltip under the mouse would take the first Esc for itself.
  await page.mouse.move(700, 700);
  await expect(page.getByRole('tooltip')).toHaveCount(0);
  await page.keyboard.press('/');
  await page.keyboard.press('ArrowDown');
  const list = page.getByRole('grid', { name: 'Accounts on mx1' });
  await expect(list).toBeFocused();
  await page.keyboard.press('Home');
  await page.keyboard.press('Space');
  await page.keyboard.press('Shift+ArrowDown');
  await page.keyboard.press('Shift+ArrowDown');
  await expect(page.getByRole('toolbar', { name: 'Actions on ticked accounts' })).toContainText('3 selected');
  await page.keyboard.press('Escape');
  await expect(page.getByRole('toolbar', { name: 'Actions on ticked accounts' })).toHaveCount(0);
  await page.keyboard.press('End');
  await page.keyboard.press('Enter');
  const drawer = page.getByRole('complementary', { name: /^Account / });
  const last = await drawer.getByRole('heading').textContent();
  await page.keyboard.press('k');
  await expect(drawer.getByRole('heading')).not.toHaveText(last ?? '');
  await page.keyboard.press('Escape');
  await expect(drawer).toHaveCount(0);
  await expect(list).toBeFocused();

  for (const [view, opened] of [
    ['Aliases', /^Alias /],
    ['Domains', /^Domain /],
  ] as const) {
    await page.getByRole('radio', { name: view }).focus();
    await page.keyboard.press('Space');
    const grid = page.getByRole('grid', { name: `${view} on mx1` });
    await expect(grid.getByRole('row').nth(1)).toContainText('.test');
    await grid.focus();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await expect(page.getByRole('complementary', { name: opened })).toBeVisible();
    await page.keyboard.press('Escape');
    await expect(page.getByRole('complementary', { name: opened })).toHaveCount(0);
  }
});

test('expired accounts are locked by a daily job, and no longer when it is taken away', async ({
  page,
  console: running,
}) => {
  const mx1 = lab.host('mx1');
  const job = '/etc/cron.d/postdeck-expiry';
  const there = async () => (await mx1.exec(['test', '-e', job])).code === 0;
  // The plain lab runs no scheduler. What matters here is that one is there to be found, and what is written for it.
  await mx1.ok([
    'sh',
    '-c',
    'cp /bin/sleep /tmp/crond; setsid /tmp/crond 900 < /dev/null > /dev/null 2>&1 & echo $! > /tmp/crond.pid',
  ]);
  try {
    await openAccounts(page, running);
    await page.getByRole('button', { name: 'More actions' }).click();
    await page.getByRole('menuitem', { name: 'Lock expired accounts daily…' }).click();
    await expect(reason(page)).toBeFocused();
    await page.keyboard.press('Control+Enter');
    await until(there, 'the job to be written', 60_000);
    await expect(tray(page).getByRole('button', { name: /^Undo/ })).toBeVisible({ timeout: 60_000 });

    await page.getByRole('button', { name: 'More actions' }).click();
    await page.getByRole('menuitem', { name: 'Stop locking expired accounts…' }).click();
    await expect(reason(page)).toBeFocused();
    await page.keyboard.press('Control+Enter');
    await until(async () => !(await there()), 'the job to be gone', 60_000);
  } finally {
    await mx1.ok(['sh', '-c', 'kill "$(cat /tmp/crond.pid)"; rm -f /tmp/crond /tmp/crond.pid']);
  }
});

test('a CSV of 20 rows with a bad one is refused whole; mended, it is one change, and the made passwords log in', async ({
  page,
  console: running,
}) => {
  const rows = Array.from({ length: 20 }, (_, at) => `import${at + 1}@alpha.test,Import ${at + 1},100M`);
  const csv = (lines: readonly string[]) => ['E-mail,Full name,quota', ...lines, ''].join('\n');
  const bad = rows.map((line, at) => (at === 6 ? 'import7@nowhere.test,Import 7,lots' : line));
  const file = join(running.home, 'people.csv');

  await openAccounts(page, running);
  await page.getByRole('button', { name: 'More actions' }).click();
  await page.getByRole('menuitem', { name: 'Import a CSV…' }).click();
  writeFileSync(file, csv(bad));
  await page.getByLabel('CSV file').setInputFiles(file);
  await expect(page.getByLabel(/^address/).first()).toHaveValue('E-mail');
  await page.getByRole('button', { name: 'Check every row' }).click();
  const problems = page.getByRole('group', { name: 'Problems by row' });
  await expect(problems.getByText(/is not a quota/)).toBeVisible();
  await expect(problems.getByText(/does not take mail for nowhere\.test/)).toBeVisible();
  await expect(page.getByRole('button', { name: /^Review/ })).toHaveCount(0);

  writeFileSync(file, csv(rows));
  await page.getByLabel('CSV file').setInputFiles(file);
  await page.getByRole('button', { name: 'Check every row' }).click();
  await expect(page.getByText('All 20 rows are good.')).toBeVisible();
  expect(await lab.host('mx1').exec(['grep', '-c', '^import', '/etc/dovecot/users'])).toMatchObject({ code: 1 });
  await page.getByRole('button', { name: /^Review/ }).click();
  await confirm(page, /^Add 20 accounts/);
  const save = page.getByRole('button', { name: /^Save 20 passwords/ });
  await expect(save).toBeVisible({ timeout: 60_000 });
  const saved = page.waitForEvent('download');
  await save.click();
  const passwords = readFileSync(await (await saved).path(), 'utf8')
    .trim()
    .split(/\r?\n/)
    .slice(1);
  expect(passwords).toHaveLength(20);
  const [address = '', password = ''] = (passwords[6] ?? '').split(',');
  expect(address).toBe('import7@alpha.test');
  await until(() => login(address, password), 'an imported account to log in', 30_000);

  await page
    .getByRole('button', { name: /^Back to the list/ })
    .first()
    .click();
  await page.getByRole('textbox', { name: 'Search the accounts' }).fill('import');
  await expect(page.getByText('20 of', { exact: false })).toBeVisible();
});

for (const scheme of ['light', 'dark'] as const) {
  test.describe(scheme, () => {
    test.use({ colorScheme: scheme });
    test(`no serious axe violation in any view of accounts (${scheme})`, async ({ page, console: running }) => {
      await openAccounts(page, running);
      await row(page, ALICE).getByText(ALICE).click();
      const drawer = page.getByRole('complementary', { name: `Account ${ALICE}` });
      await expect(drawer.getByLabel('Display name')).toBeVisible();
      await drawer.getByRole('radio', { name: 'Blocked' }).click();
      expect(await axe(page), 'drawer').toEqual([]);
      await drawer.getByRole('button', { name: /^Review/ }).click();
      await expect(page.getByRole('dialog').getByRole('button', { name: /^Block 1 account/ })).toBeEnabled();
      expect(await axe(page), 'change').toEqual([]);
      await page.keyboard.press('Escape');
      for (const tab of ['Forwarding', 'Auto-reply', 'Rules', 'Spam', 'Folders', 'Sessions']) {
        await drawer.getByRole('tab', { name: new RegExp(`^${tab}`) }).click();
        expect(await axe(page), tab).toEqual([]);
      }
      await page.getByRole('radio', { name: 'Aliases' }).click();
      await page.getByRole('button', { name: /^Add alias/ }).click();
      expect(await axe(page), 'aliases').toEqual([]);
      await page.getByRole('radio', { name: 'Domains' }).click();
      await row(page, 'beta.test').getByText('beta.test').click();
      expect(await axe(page), 'domains').toEqual([]);
      await page.getByRole('button', { name: 'More actions' }).click();
      await page.getByRole('menuitem', { name: 'Import a CSV…' }).click();
      await expect(page.getByRole('heading', { name: 'Import a CSV to mx1' })).toBeVisible();
      expect(await axe(page), 'import').toEqual([]);
    });
  });
}
