import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Page } from 'playwright/test';
import { endAccountsLab, startAccountsLab } from '../drivers/accounts-lab.ts';
import { type Lab, LAB_START_TIMEOUT, labAvailable } from '../lab/index.ts';
import { axe, expect, type RunningConsole, test } from './console.ts';

/** The accounts screen over each way of keeping accounts, and a user's mail looked at without being altered. */

const available = labAvailable();
const run = promisify(execFile);
const CLI = join(import.meta.dirname, '../../electron/hosts/launch.mjs');
let lab: Lab;

test.beforeAll(async () => {
  test.setTimeout(LAB_START_TIMEOUT + 120_000);
  if (!available.ok) return;
  lab = await startAccountsLab();
});
test.afterAll(() => endAccountsLab(lab));
test.beforeEach(({ watched }) => {
  // interfaces of lab hosts come and go beside the browser, which then asks again
  watched.expected.push(/ERR_NETWORK_CHANGED/);
  test.skip(!available.ok, available.ok ? '' : available.why);
  test.setTimeout(180_000);
});

const postdeck = async (running: RunningConsole, ...args: string[]): Promise<string> => {
  const env = { ...process.env, HOME: running.home, POSTDECK_KEYRING: 'off' };
  const { stdout } = await run(process.execPath, [CLI, 'cli', '--data', join(running.home, 'data'), ...args], { env });
  return stdout;
};

/** Adds a lab host by the terminal, and opens its accounts in the page. */
async function openAccounts(page: Page, running: RunningConsole, name: string): Promise<void> {
  const host = lab.host(name as 'mx1');
  const key = host.hostKeys.find(({ type }) => type === 'ssh-ed25519')?.fingerprint ?? '';
  await postdeck(
    running,
    'servers',
    'add',
    name,
    '--ssh',
    `root@${host.address}`,
    '--identity',
    host.keyFile,
    '--host-key',
    key,
  );
  await page.goto(running.address);
  await page.getByRole('button', { name: 'Accounts', exact: true }).click();
}

/** The newest is html that would run and load, were it not shown inert. */
const letter = (at: number, to: string): string => {
  const html = 'Content-Type: text/html\n\n<script>alert(1)</script><b>bold words</b><img src="http://evil.test/x">';
  return `From: joe${at}@sink.test\nTo: ${to}\nSubject: letter number ${at}\n${at === 60 ? html : `\nbody ${at}`}\n`;
};

const row = (page: Page, text: string) => page.getByRole('row').filter({ hasText: text });
const drawerOf = (page: Page, address: string) => page.getByRole('complementary', { name: `Account ${address}` });

for (const { kind, name, domain, quota, login } of [
  { kind: 'passwd-file', name: 'mx1', domain: 'alpha.test', quota: true, login: null },
  { kind: 'PostfixAdmin in MariaDB', name: 'mx2', domain: 'gamma.test', quota: true, login: null },
  { kind: 'system users', name: 'mx3', domain: 'epsilon.test', quota: false, login: 'carol' },
] as const) {
  test(`${kind}: lists and drawers offer what this server can do, and mail is read without being altered`, async ({
    page,
    console: running,
  }) => {
    const host = lab.host(name);
    const carol = `carol@${domain}`;
    const user = login ?? carol;
    await host.exec(['doveadm', 'expunge', '-u', user, 'mailbox', '*', 'ALL']);
    const letters = Array.from({ length: 60 }, (_, at) => letter(at + 1, carol));
    const save = 'while read -r mail; do echo "$mail" | base64 -d | doveadm save -u "$1" -m INBOX || exit 1; done';
    const stdin = letters.map((text) => `${Buffer.from(text).toString('base64')}\n`).join('');
    await host.ok(['sh', '-c', save, 'save', user], { stdin });
    await openAccounts(page, running, name);
    await expect(row(page, carol)).toBeVisible();
    await row(page, carol).getByText(carol).click();
    const drawer = drawerOf(page, carol);
    await expect(drawer.getByLabel('Password', { exact: true })).toBeVisible();
    await expect(drawer.getByLabel('Quota', { exact: true })).toHaveCount(quota ? 1 : 0);
    await expect(drawer.getByLabel('Address', { exact: true })).toBeVisible();

    await drawer.getByRole('tab', { name: /^Folders/ }).click();
    await drawer.getByRole('button', { name: 'INBOX' }).click();
    const messages = drawer.getByRole('list', { name: 'Messages' });
    await expect(messages.getByRole('listitem')).toHaveCount(50);
    await expect(messages.getByRole('listitem').first()).toContainText('letter number 60');
    await drawer.getByRole('button', { name: 'Older', exact: true }).click();
    await expect(messages.getByRole('listitem').first()).toContainText('letter number 10');
    await drawer.getByRole('textbox', { name: 'Search the folder' }).fill('number 60');
    await expect(messages.getByRole('listitem')).toHaveCount(1);
    await messages.getByRole('button', { name: /letter number 60/ }).click();
    await expect(drawer.getByText('bold words').first()).toBeVisible();
    expect(await axe(page)).toEqual([]);
    // one step back, with the row in focus again
    await page.keyboard.press('Escape');
    await expect(messages.getByRole('button', { name: /letter number 60/ })).toBeFocused();
    await page.keyboard.press('Escape');
    await expect(drawer.getByRole('button', { name: 'INBOX' })).toBeVisible();

    const seen = await host.ok(['doveadm', 'search', '-u', user, 'mailbox', 'INBOX', 'SEEN']);
    expect(seen.trim()).toBe('');
    const looks = (await postdeck(running, 'changes', 'list', '--json')).trim().split('\n');
    expect(looks.map((line) => (JSON.parse(line) as { kind: string }).kind)).toEqual(['mailbox.look', 'mailbox.look']);

    for (const view of ['Aliases', 'Domains']) {
      await page.getByRole('radio', { name: view }).click();
      await expect(page.getByRole('row').nth(1)).toBeVisible();
      expect(await axe(page)).toEqual([]);
    }
  });
}

test('a user’s own spam threshold is set, read back and taken back; a program is not offered where none may run', async ({
  page,
  console: running,
}) => {
  const bob = 'bob@alpha.test';
  const mx1 = lab.host('mx1');
  await mx1.exec(['doveadm', 'sieve', 'deactivate', '-u', bob]);
  await mx1.exec(['doveadm', 'sieve', 'delete', '-u', bob, 'postdeck']);
  await openAccounts(page, running, 'mx1');
  await row(page, bob).getByText(bob).click();
  const drawer = drawerOf(page, bob);
  await drawer.getByRole('tab', { name: /^Forwarding/ }).click();
  await expect(drawer.getByText(/Dovecot runs no programs for users’ scripts/)).toBeVisible();
  await drawer.getByRole('tab', { name: /^Spam/ }).click();
  await expect(drawer.getByText(/the server itself refuses at 15/)).toBeVisible();
  await drawer.getByRole('switch', { name: 'a threshold of its own' }).click();
  await drawer.getByLabel('From a score of', { exact: true }).fill('4');
  await expect(drawer.getByText('1 change, not applied')).toBeVisible();
  await drawer.getByRole('button', { name: /^Review/ }).click();
  await expect(page.getByRole('textbox', { name: 'Reason, kept in the journal' })).toBeFocused();
  await expect(page.getByRole('dialog').getByText('"X-Spam-Level" "****"')).toBeVisible();
  await page.keyboard.press('Control+Enter');
  await expect(drawer.getByText('Nothing changed')).toBeVisible({ timeout: 60_000 });
  await expect(drawer.getByLabel('From a score of', { exact: true })).toHaveValue('4');
  expect(await axe(page)).toEqual([]);
  expect(await mx1.ok(['doveadm', 'sieve', 'get', '-u', bob, 'postdeck'])).toContain('"****"');
  await page.getByRole('complementary', { name: 'Jobs' }).getByRole('button', { name: /^Undo/ }).click();
  await page
    .getByRole('dialog')
    .getByRole('button', { name: /back Ctrl Enter$|back$/ })
    .click();
  await expect(drawer.getByRole('switch', { name: 'a threshold of its own' })).not.toBeChecked({ timeout: 60_000 });
});

test('a master user of Dovecot is tried, becomes the way into mailboxes, and is forgotten again', async ({
  page,
  console: running,
}) => {
  const bob = 'bob@alpha.test';
  await openAccounts(page, running, 'mx1');
  await row(page, bob).getByText(bob).click();
  const drawer = drawerOf(page, bob);
  await drawer.getByRole('tab', { name: /^Folders/ }).click();
  await expect(drawer.getByText('It is read through doveadm on the server.')).toBeVisible();
  await drawer.getByRole('button', { name: 'Use a master user…' }).click();
  await expect(drawer.getByRole('textbox', { name: 'Master user', exact: true })).toBeFocused();
  await page.keyboard.type('master');
  await drawer.getByLabel('Its password').fill('not this one');
  await drawer.getByRole('button', { name: 'Try and keep' }).click();
  await expect(drawer.getByText(/Dovecot refused the master user master/)).toBeVisible();
  expect(await axe(page)).toEqual([]);
  await drawer.getByLabel('Its password').fill('masterpw');
  await drawer.getByRole('button', { name: 'Try and keep' }).click();
  const vault = page.getByRole('dialog');
  const told = drawer.getByText('It is read over IMAP, logged in by the master user master.');
  await expect(told.or(vault)).toBeVisible();
  if (await vault.isVisible()) {
    for (const field of await vault.locator('input[type=password]').all()) await field.fill('a long passphrase');
    await page.keyboard.press('Enter');
  }
  await expect(told).toBeVisible();
  await drawer.getByRole('button', { name: 'INBOX' }).click();
  await expect(drawer.getByRole('textbox', { name: 'Search the folder' })).toBeVisible();
  const looks = (await postdeck(running, 'changes', 'list', '--json')).trim().split('\n');
  expect(looks[0]).toContain('IMAP, master');
  expect(looks.join()).not.toContain('masterpw');
  await drawer.getByRole('button', { name: 'Folders', exact: true }).click();
  await drawer.getByRole('button', { name: 'Forget the master user' }).click();
  await expect(drawer.getByText('It is read through doveadm on the server.')).toBeVisible();
});

test('a user’s settings in SpamAssassin are set beside those in Sieve, and taken back', async ({
  page,
  console: running,
}) => {
  const bob = 'bob@alpha.test';
  const mx1 = lab.host('mx1');
  const prefs = '/var/vmail/alpha.test/bob/.spamassassin/user_prefs';
  await mx1.ok(['bash', '/lab/host/variant-spamassassin.sh', 'virtual'], { timeout: 60_000 });
  try {
    await mx1.exec(['rm', '-f', prefs]);
    await openAccounts(page, running, 'mx1');
    await row(page, bob).getByText(bob).click();
    const drawer = drawerOf(page, bob);
    await drawer.getByRole('tab', { name: /^Spam/ }).click();
    const filter = drawer.getByRole('region', { name: 'SpamAssassin' });
    await expect(filter.getByText(prefs)).toBeVisible();
    await filter.getByLabel('Spam from a score of').fill('7.5');
    await filter.getByLabel('Never spam from').fill('joe@');
    await expect(drawer.getByRole('button', { name: /^Review/ })).toBeDisabled();
    await filter.getByLabel('Never spam from').fill('joe@sink.test');
    expect(await axe(page)).toEqual([]);
    await drawer.getByRole('button', { name: /^Review/ }).click();
    await expect(page.getByRole('dialog').getByText('required_score 7.5')).toBeVisible();
    await expect(page.getByRole('textbox', { name: 'Reason, kept in the journal' })).toBeFocused();
    await page.keyboard.press('Control+Enter');
    await expect(drawer.getByText('Nothing changed')).toBeVisible({ timeout: 60_000 });
    await expect(filter.getByLabel('Spam from a score of')).toHaveValue('7.5');
    expect(await mx1.ok(['cat', prefs])).toContain('welcomelist_from joe@sink.test');
    expect(await postdeck(running, 'accounts', 'filter', bob, '--server', 'mx1')).toContain('spam from a score of 7.5');
    await page.getByRole('complementary', { name: 'Jobs' }).getByRole('button', { name: /^Undo/ }).click();
    await page
      .getByRole('dialog')
      .getByRole('button', { name: /back Ctrl Enter$|back$/ })
      .click();
    await expect(filter.getByLabel('Spam from a score of')).toHaveValue('', { timeout: 60_000 });
  } finally {
    await mx1.exec(['bash', '/lab/host/variant-spamassassin.sh', 'off'], { timeout: 60_000 });
  }
});

test('a domain is given an address to send from, by name from the palette and back by undo', async ({
  page,
  console: running,
}) => {
  const mx1 = lab.host('mx1');
  const second = `${mx1.address.slice(0, mx1.address.lastIndexOf('.'))}.111`;
  await openAccounts(page, running, 'mx1');
  await page.getByRole('radio', { name: 'Domains' }).click();
  await expect(row(page, 'beta.test')).toBeVisible();
  await page.keyboard.press('Control+k');
  await page.getByRole('textbox', { name: 'Go to or run a command' }).fill('Outgoing addr');
  await page.keyboard.press('Enter');
  const addresses = page.getByRole('complementary', { name: 'Outgoing addresses' });
  await expect(addresses.getByRole('cell', { name: new RegExp(second.replaceAll('.', '\\.')) })).toBeVisible();
  expect(await axe(page)).toEqual([]);
  await addresses.getByRole('button', { name: 'Close' }).click();

  await row(page, 'beta.test').getByText('beta.test').click();
  const pane = page.getByRole('complementary', { name: 'Domain beta.test' });
  await pane
    .getByRole('combobox')
    .or(pane.getByRole('textbox', { name: 'Mail leaves from' }))
    .first()
    .click();
  await page.getByRole('option', { name: new RegExp(`^${second.replaceAll('.', '\\.')}`) }).click();
  await pane.getByRole('button', { name: /^Review/ }).click();
  await expect(page.getByRole('textbox', { name: 'Reason, kept in the journal' })).toBeFocused();
  await page.keyboard.press('Control+Enter');
  await expect(row(page, 'beta.test')).toContainText(second, { timeout: 60_000 });
  await page.getByRole('complementary', { name: 'Jobs' }).getByRole('button', { name: /^Undo/ }).click();
  await page
    .getByRole('dialog')
    .getByRole('button', { name: /back Ctrl Enter$|back$/ })
    .click();
  await expect(row(page, 'beta.test')).not.toContainText(second, { timeout: 60_000 });
});
