import { randomUUID } from 'node:crypto';
import { type Lab, type LabHost, LAB_START_TIMEOUT, labAvailable, startLab } from '../lab/index.ts';
import { addByKey } from './add-server.ts';
import { expect, test } from './console.ts';

/** A server that goes away half-way: what is shown says what it is, what was not done, and what to do next. */

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
test.afterEach(async () => {
  if (available.ok) await backAgain(lab.host('mx1'));
});

/** What waits for a server to be reached again, on a busy machine. */
const SLOW = { timeout: 60_000 };

/** A program that gives the beginning of its answer, and then nothing more. */
const stall = (host: LabHost, path: string, lines: number) =>
  host.sh(
    `cp -p "$1" "$1.real"; printf '#!/bin/sh\\n%s.real "$@" | head -n %s; exec sleep 600\\n' "$1" "$2" > "$1.new"; chmod 755 "$1.new"; mv "$1.new" "$1"`,
    path,
    String(lines),
  );
const goAway = (host: LabHost) =>
  host.sh('/lab/host/svc.sh stop sshd; pids=$(pgrep -f "^sshd: root@notty") && kill -9 $pids; true');
const backAgain = (host: LabHost) =>
  host.sh(
    // the programs first: a script that was held up in one goes on, and would be held up in the next
    'for f in /usr/sbin/postqueue /usr/bin/doveadm; do [ ! -e "$f.real" ] || mv "$f.real" "$f"; done; pids=$(pgrep -fx "sleep 600") && kill $pids; /lab/host/svc.sh status sshd || /lab/host/svc.sh start sshd',
  );

test('a listing of the queue that stops half-way is shown as a part, and read again whole', async ({
  page,
  console: running,
}) => {
  const mx1 = lab.host('mx1');
  await mx1.fillQueue(300);
  await page.goto(running.address);
  await page.getByRole('button', { name: /^Add a server…/ }).click();
  await addByKey(page, mx1);
  await stall(mx1, '/usr/sbin/postqueue', 120);
  await page.keyboard.press('Control+1');
  await expect(page.getByRole('row').nth(3)).toContainText('@', SLOW);
  await goAway(mx1);
  const alerts = page.getByRole('alert');
  await expect(alerts.first()).toContainText(
    'The listing of mx1 was cut short. 120 messages were read; those behind them are not shown.',
  );
  await expect(page.getByText('120 read')).toBeVisible();

  // it is asked again, and does not answer: the part stays, with why and what to do
  await page.keyboard.press('F5');
  await expect(alerts.last()).toContainText('mx1 does not answer.');
  await expect(alerts.last()).toContainText('Check that sshd runs there');
  await expect(alerts.first()).toContainText('120 messages were read');
  await backAgain(mx1);
  await alerts.last().getByRole('button', { name: 'Retry' }).click();
  await expect(page.getByText('300 in the queue')).toBeVisible(SLOW);
  await expect(alerts).toHaveCount(0);
});

test('accounts whose space was being read stay in sight, with the whole of what happened', async ({
  page,
  console: running,
}) => {
  const mx1 = lab.host('mx1');
  await page.goto(running.address);
  await page.getByRole('button', { name: /^Add a server…/ }).click();
  await addByKey(page, mx1);
  await stall(mx1, '/usr/bin/doveadm', 1);
  await page.keyboard.press('Control+3');
  const alice = page.getByRole('row').filter({ hasText: 'alice@alpha.test' });
  await expect(alice).toBeVisible();
  await expect(page.getByText('Reading used space')).toBeVisible();
  await goAway(mx1);
  const alert = page.getByRole('alert').first();
  await expect(alert).toContainText('mx1 does not answer.');
  await expect(alert).toContainText('Data ');
  await expect(alice).toBeVisible();
  await expect(page.getByText('Changes are off until the server answers.')).toBeVisible();
  // nothing of it is cut off
  expect(
    await alert.evaluate(
      (element) =>
        [element, ...element.querySelectorAll('*')].filter((each) => each.scrollWidth > each.clientWidth + 1).length,
    ),
  ).toBe(0);
  await backAgain(mx1);
  await alert.getByRole('button', { name: 'Retry' }).click();
  await expect(page.getByRole('alert')).toHaveCount(0, SLOW);
});

test('a live log whose server is gone says so once, and that it is back only when it is', async ({
  page,
  console: running,
}) => {
  const mx1 = lab.host('mx1');
  await page.goto(running.address);
  await page.getByRole('button', { name: /^Add a server…/ }).click();
  await addByKey(page, mx1);
  await page.keyboard.press('Control+2');
  await page.getByRole('button', { name: 'Follow mx1 live' }).click();
  await page.getByRole('button', { name: 'Follow mx1', exact: true }).click();
  await expect(page.getByText(/^live, last line/)).toBeVisible();
  await goAway(mx1);
  // several tries, each later than the one before
  await expect(page.getByRole('alert')).toContainText(/refused the connection.*Tried again in [4-8] s/, SLOW);
  await expect(page.getByText('connected again')).toHaveCount(0);
  await expect(page.getByText('connection lost; what is written meanwhile')).toHaveCount(1);
  // a log keeps what an earlier try wrote
  const words = `written while nobody looked ${randomUUID()}`;
  await mx1.sh('logger -p mail.info -t postfix/probe "$1"', words);
  await backAgain(mx1);
  await expect(page.getByText(words)).toBeVisible(SLOW);
  await expect(page.getByText('connected again; the lines that were missed stand below')).toHaveCount(1);
});
