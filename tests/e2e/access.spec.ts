import type { Page } from 'playwright/test';
import { type Lab, LAB_START_TIMEOUT, labAvailable, startLab, until, USERS } from '../lab/index.ts';
import { axe, expect, test } from './console.ts';
import { startFront } from './front.ts';

/** What a server and the console ask a person: prompts of its own, the vault's passphrase, how a cut-off change ended. */

const available = labAvailable();
let lab: Lab;

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

async function addServer(
  page: Page,
  to: { host?: string; port?: number; user: string; keyFile?: string },
): Promise<void> {
  await page.getByRole('button', { name: /^Add a server…/ }).click();
  const dialog = page.getByRole('dialog', { name: 'Add a server' });
  await dialog.getByLabel('Host and port').fill(to.host ?? lab.host('mx1').address);
  await dialog.getByLabel('Port', { exact: true }).fill(String(to.port ?? 22));
  await dialog.getByLabel('User', { exact: true }).fill(to.user);
  await dialog.getByLabel('Name', { exact: true }).fill('mx1');
  if (to.keyFile !== undefined) await dialog.getByLabel('Key file').fill(to.keyFile);
  await dialog.getByRole('button', { name: /^Add and connect/ }).click();
  const key = page.getByRole('dialog', { name: /^Is this the host key of/ });
  await key.getByRole('button', { name: /accept this key/ }).click();
}

test('a server with prompts of its own: they are shown as it wrote them, and answered once', async ({
  page,
  console: running,
}) => {
  const front = await startFront(lab.host('mx1'), ['4711', '123456']);
  try {
    await page.goto(running.address);
    await addServer(page, { host: '127.0.0.1', port: front.port, user: 'kbd' });
    const asks = page.getByRole('dialog', { name: 'mx1 asks' });
    await expect(asks.getByLabel('Badge number:')).toBeFocused();
    await expect(asks.getByLabel('Badge number:')).not.toHaveAttribute('type', 'password');
    await expect(asks.getByLabel('One-time code:')).toHaveAttribute('type', 'password');
    // Nothing offers to keep what is good for one login.
    await expect(asks.getByText(/answers are used once/)).toBeVisible();
    await expect(asks.getByRole('radio')).toHaveCount(0);
    expect(await axe(page)).toEqual([]);

    await page.keyboard.type('4711');
    await page.keyboard.press('Tab');
    await page.keyboard.type('000000');
    await page.keyboard.press('Control+Enter');
    await expect(asks.getByText(/refused/)).toBeVisible();
    // What was answered is used up: the server is asked for its prompts anew.
    await expect(asks.getByRole('textbox')).toHaveCount(0);
    await asks.getByRole('button', { name: /^Connect again/ }).click();
    await asks.getByLabel('Badge number:').fill('4711');
    await asks.getByLabel('One-time code:').fill('123456');
    await page.keyboard.press('Control+Enter');
    await expect(page.getByRole('rowheader', { name: 'Postfix' })).toBeVisible();
  } finally {
    await front.stop();
  }
});

test('a vault: made on the way, locked after a restart, opened by its passphrase and by nothing else', async ({
  page,
  console: running,
  watched,
}) => {
  watched.expected.push(/WebSocket connection|ERR_CONNECTION_REFUSED|Failed to load resource/);
  const phrase = 'correct horse battery';
  await page.goto(running.address);
  await addServer(page, { user: 'plain' });
  const secret = page.getByRole('dialog', { name: 'Password for mx1' });
  await secret.getByRole('textbox').fill(USERS.plain.password);
  await secret.getByRole('button', { name: 'Make a vault…' }).click();

  const make = page.getByRole('dialog', { name: 'Make a vault for secrets' });
  await make.getByLabel('Passphrase', { exact: true }).fill('short');
  await expect(make.getByText('At least 8 characters')).toBeVisible();
  await make.getByLabel('Passphrase', { exact: true }).fill(phrase);
  await make.getByLabel('Once more').fill('something else');
  await expect(make.getByText('Not the same')).toBeVisible();
  await expect(make.getByRole('button', { name: /^Make the vault/ })).toBeDisabled();
  await make.getByLabel('Once more').fill(phrase);
  expect(await axe(page)).toEqual([]);
  await make.getByRole('button', { name: /^Make the vault/ }).click();
  // What was typed before is still there, and goes into the vault.
  await expect(secret.getByRole('radio', { name: 'In the vault' })).toBeChecked();
  await secret.getByRole('button', { name: /^Use it and connect/ }).click();
  await expect(page.getByRole('rowheader', { name: 'Postfix' })).toBeVisible();

  await running.again('end');
  await page.goto(running.address);
  await page.getByRole('button', { name: 'Unlock the vault…' }).first().click();
  const unlock = page.getByRole('dialog', { name: 'Unlock the vault' });
  await unlock.getByLabel('Passphrase').fill('correct horse batterx');
  await page.keyboard.press('Control+Enter');
  await expect(unlock.getByRole('alert')).toBeVisible();
  await unlock.getByLabel('Passphrase').fill(phrase);
  await page.keyboard.press('Control+Enter');
  await expect(unlock).toHaveCount(0);
  await expect(page.getByText(/in the queue$/)).toBeVisible();
});

test('a console killed in the middle of a change: it is found, read back and undone, never repeated', async ({
  page,
  console: running,
  watched,
}) => {
  watched.expected.push(/WebSocket connection|ERR_CONNECTION_REFUSED|Failed to load resource/);
  const mx1 = lab.host('mx1');
  await mx1.purgeQueue();
  await mx1.fillQueue(20, { senders: ['anna@alpha.test'] });
  const held = async () => (await mx1.queue()).filter((entry) => entry.queue_name === 'hold').length;

  await page.goto(running.address);
  await addServer(page, { user: 'root', keyFile: mx1.keyFile });
  await expect(page.getByRole('rowheader', { name: 'Postfix' })).toBeVisible();
  await page.keyboard.press('Control+1');
  await expect(page.getByText('20 in the queue')).toBeVisible();

  // The server does as it is told, and its answer does not come before the console is gone.
  await mx1.sh(`
    mv /usr/sbin/postsuper /usr/sbin/postsuper.real
    cat > /usr/sbin/postsuper <<'EOF'
#!/bin/sh
/usr/sbin/postsuper.real "$@"
rc=$?
if [ "$1" = -h ] && [ ! -e /run/e2e-go ]; then
  touch /run/e2e-here
  while [ ! -e /run/e2e-go ]; do sleep 0.1; done
fi
exit $rc
EOF
    chmod 755 /usr/sbin/postsuper
    rm -f /run/e2e-go /run/e2e-here`);
  try {
    await page.getByRole('checkbox', { name: 'All 20 matches' }).click();
    await page.getByRole('toolbar').getByRole('button', { name: /^Hold/ }).click();
    await page
      .getByRole('dialog')
      .getByRole('button', { name: /^Hold 20 messages/ })
      .click();
    await until(async () => (await mx1.exec(['test', '-e', '/run/e2e-here'])).code === 0, 'the hold to be under way');
    await running.again('kill');
    await mx1.ok(['touch', '/run/e2e-go']);
    expect(await held()).toBe(20);

    await page.goto(running.address);
    await page.getByRole('navigation', { name: 'Views' }).getByRole('button', { name: 'Journal' }).click();
    const row = page.getByRole('row').filter({ hasText: 'Hold' });
    await expect(row).toContainText('Interrupted');
    await row.click();
    const pane = page.getByRole('complementary', { name: 'Change' });
    await expect(pane.getByRole('heading', { name: 'It was cut off' })).toBeVisible();
    expect(await axe(page)).toEqual([]);
    await pane.getByRole('button', { name: 'Read how far it got' }).click();
    await expect(row).toContainText('Done');
    await expect(pane.getByRole('heading', { name: 'It was cut off' })).toHaveCount(0);
    expect(await held()).toBe(20);

    await pane.getByRole('button', { name: /^Undo/ }).click();
    const back = page.getByRole('dialog').getByRole('button', { name: /^Release 20 messages/ });
    await expect(back).toBeVisible();
    const understood = page.getByRole('checkbox', { name: 'I have read that this cannot be undone' });
    if (await understood.isVisible()) await understood.check();
    await back.click();
    await until(async () => (await held()) === 0, 'no message on hold', 60_000);
  } finally {
    await mx1.sh('touch /run/e2e-go; mv /usr/sbin/postsuper.real /usr/sbin/postsuper');
  }
});
