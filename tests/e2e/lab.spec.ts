import type { Page } from 'playwright/test';
import { type Lab, LAB_START_TIMEOUT, labAvailable, startLab, until, USERS } from '../lab/index.ts';
import { expect, test } from './console.ts';

/** The same steps on real mail hosts; what happened is checked on the hosts themselves. */

const available = labAvailable();
let lab: Lab;

test.beforeAll(async () => {
  test.setTimeout(LAB_START_TIMEOUT);
  if (!available.ok) return;
  lab = await startLab();
  await lab.reset();
});

test.beforeEach(async () => {
  test.skip(!available.ok, available.ok ? '' : available.why);
  test.setTimeout(180_000);
  await lab.host('mx1').purgeQueue();
});

const senders = async () => (await lab.host('mx1').queue()).map((entry) => entry.sender).sort();

async function typeServer(page: Page, user: string, sudo: RegExp | null): Promise<void> {
  const dialog = page.getByRole('dialog', { name: 'Add a server' });
  await dialog.getByLabel('Host and port').fill(lab.host('mx1').address);
  await dialog.getByLabel('User', { exact: true }).fill(user);
  await dialog.getByLabel('Name', { exact: true }).fill('mx1');
  if (sudo !== null) {
    await dialog.getByRole('textbox', { name: 'Root rights' }).or(dialog.getByRole('combobox')).last().click();
    await page.getByRole('option', { name: sudo }).click();
  }
  await dialog.getByRole('button', { name: /^Add and connect/ }).click();
}

test('by mouse: host key, wrong password, sudo, delete, undo on a real server', async ({ page, console: running }) => {
  const mx1 = lab.host('mx1');
  await mx1.fillQueue(30, { senders: ['spam@alpha.test', 'alice@alpha.test', 'bob@alpha.test'] });
  const before = await senders();

  await page.goto(running.address);
  await page.getByRole('button', { name: /^Add a server…/ }).click();
  await typeServer(page, 'ops', /^sudo with a password/);

  const key = page.getByRole('dialog', { name: /^Is this the host key of/ });
  await expect(key).toBeVisible();
  const shown = (await key.textContent()) ?? '';
  expect(mx1.hostKeys.some((each) => shown.includes(each.fingerprint))).toBe(true);
  await key.getByRole('button', { name: /accept this key/ }).click();

  const secret = page.getByRole('dialog', { name: 'Password for mx1' });
  await secret.getByRole('textbox').fill('not the password');
  await secret.getByRole('button', { name: /^Use it and connect/ }).click();
  await expect(secret.getByText(/refused to log in/)).toBeVisible();
  await secret.getByRole('textbox').fill(USERS.ops.password);
  await secret.getByRole('button', { name: /^Use it and connect/ }).click();

  const sudo = page.getByRole('dialog', { name: 'sudo password on mx1' });
  await sudo.getByRole('textbox').fill(USERS.ops.password);
  await sudo.getByRole('button', { name: /^Use it and connect/ }).click();
  await expect(page.getByRole('rowheader', { name: 'Postfix' })).toBeVisible();

  await page.getByRole('button', { name: 'Open the queue' }).click();
  await expect(page.getByText('30 in the queue')).toBeVisible();
  await page.getByRole('combobox', { name: 'Search the queue' }).fill('sender:spam@alpha.test');
  await expect(page.getByText('10 of 30')).toBeVisible();
  await page.getByRole('checkbox', { name: 'All 10 matches' }).click();
  await page
    .getByRole('toolbar')
    .getByRole('button', { name: /^Delete/ })
    .click();
  const change = page.getByRole('dialog');
  await expect(change.getByText(/postsuper -d -/)).toBeVisible();
  await change.getByRole('button', { name: /^Delete 10 messages/ }).click();
  const tray = page.getByRole('complementary', { name: 'Jobs' });
  await expect(tray.getByRole('button', { name: /^Undo/ })).toBeVisible({ timeout: 60_000 });
  expect(await senders()).toEqual(before.filter((sender) => sender !== 'spam@alpha.test'));

  await tray.getByRole('button', { name: /^Undo/ }).click();
  await change.getByRole('checkbox', { name: 'Leave them on hold' }).check();
  const understood = change.getByRole('checkbox', { name: 'I have read that this cannot be undone' });
  const back = change.getByRole('button', { name: /^Put 10 messages back/ });
  await expect(back).toBeVisible();
  if (await understood.isVisible()) await understood.check();
  await expect(back).toBeEnabled();
  await back.click();
  await until(async () => (await senders()).join() === before.join(), 'the deleted messages to be back', 60_000);
});

test('by keyboard alone: a key file, hold and release on a real server', async ({ page, console: running }) => {
  const mx1 = lab.host('mx1');
  await mx1.fillQueue(12, { senders: ['joe@alpha.test', 'alice@alpha.test'] });
  const held = async () => (await mx1.queue()).filter((entry) => entry.queue_name === 'hold').length;

  await page.goto(running.address);
  await expect(page.getByRole('button', { name: /^Add a server…/ })).toBeVisible();
  await page.keyboard.press('1');
  await expect(page.getByLabel('Host and port')).toBeFocused();
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
  await expect(page.getByRole('dialog', { name: /^Is this the host key of/ })).toBeVisible();
  await page.keyboard.press('Control+Enter');
  await expect(page.getByRole('rowheader', { name: 'Postfix' })).toBeVisible();

  await page.keyboard.press('Control+1');
  await expect(page.getByText('12 in the queue')).toBeVisible();
  await page.keyboard.press('/');
  await page.keyboard.type('sender:joe@alpha.test ');
  await expect(page.getByText('6 of 12')).toBeVisible();
  await page.keyboard.press('Enter');
  await page.keyboard.press('Control+a');
  await page.keyboard.press('h');
  await expect(page.getByRole('textbox', { name: 'Reason, kept in the journal' })).toBeFocused();
  await expect(page.getByRole('button', { name: /^Hold 6 messages/ })).toBeEnabled();
  await page.keyboard.press('Control+Enter');
  await until(async () => (await held()) === 6, 'six messages on hold', 30_000);

  await page.keyboard.press('Control+4');
  await expect(page.getByRole('row').filter({ hasText: 'Hold' })).toContainText('Done');
  await page.keyboard.press('Control+z');
  await expect(page.getByRole('textbox', { name: 'Reason, kept in the journal' })).toBeFocused();
  await expect(page.getByRole('dialog').getByRole('button', { name: /6 messages/ })).toBeEnabled();
  await page.keyboard.press('Control+Enter');
  await until(async () => (await held()) === 0, 'no message on hold', 30_000);
});

test('a changed host key is refused, with both fingerprints and no way to accept it', async ({
  page,
  console: running,
}) => {
  const mx1 = lab.host('mx1');
  const { writeFileSync } = await import('node:fs');
  const other = lab.host('mx2').hostKeys;
  const lines = other.map((each) => `${mx1.address} ${each.knownHosts.split(' ').slice(1).join(' ')}`);
  writeFileSync(`${running.home}/.ssh/known_hosts`, `${lines.join('\n')}\n`);
  await page.goto(running.address);
  await page.getByRole('button', { name: /^Add a server…/ }).click();
  await typeServer(page, 'root', null);
  await page.getByRole('button', { name: 'Show both fingerprints…' }).click();
  const dialog = page.getByRole('dialog', { name: /is another one$/ });
  const shown = (await dialog.textContent()) ?? '';
  expect(mx1.hostKeys.some((each) => shown.includes(each.fingerprint))).toBe(true);
  expect(other.some((each) => shown.includes(each.fingerprint))).toBe(true);
  await expect(dialog.getByRole('button', { name: /accept/ })).toHaveCount(0);
});
