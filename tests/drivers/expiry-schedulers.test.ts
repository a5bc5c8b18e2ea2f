/** The daily job of expiry dates, run by what the console had run it: a timer of systemd, a line in /etc/cron.d. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { LabHost } from '../lab/host.ts';
import { until } from '../lab/index.ts';
import { Desk } from './accounts-lab.ts';
import { describeAccountsLab } from './describe-accounts-lab.ts';
import { canLogIn } from './mail-check.ts';

describeAccountsLab('what runs the daily job', (lab) => {
  const late = 'late@alpha.test';
  let host: LabHost;
  let desk: Desk;

  const lastDay = (expires: string | null) =>
    desk.change({ kind: 'accounts.edit', target: { by: 'addresses', addresses: [late] }, expires });
  const locked = () =>
    until(async () => !(await canLogIn(host, late, 'Late-1')), 'the account to be locked', 90_000, 500);
  const startCron = async (...clock: string[]): Promise<string> =>
    (await host.ok(['sh', '-c', '"$@" cron -f < /dev/null > /dev/null 2>&1 & echo $!', 'start', ...clock])).trim();
  const endCron = async (pid: string): Promise<void> => {
    await host.exec(['kill', pid]);
    await until(async () => (await host.exec(['kill', '-0', pid])).code !== 0, 'cron to end');
  };

  beforeAll(async () => {
    host = lab().host('mx1');
    await host.exec(['systemctl', 'disable', '--now', 'cron']);
    desk = await Desk.at(host);
    const account = { address: late, name: null, quota: null, expires: null };
    await desk.change({ kind: 'accounts.add', accounts: [account], secretId: 'x' }, { [late]: 'Late-1' });
  }, 120_000);
  afterAll(async () => {
    await desk?.change({ kind: 'accounts.delete', target: { by: 'addresses', addresses: [late] }, mail: 'remove' });
    await desk?.machine.close();
  }, 60_000);

  test('systemd runs it: a midnight that was missed is made up for', async () => {
    const on = await desk.change({ kind: 'accounts.expiry', on: true });
    await lastDay('2020-01-31');
    expect(await canLogIn(host, late, 'Late-1')).toBe(true);
    // as after two days without power
    await host.ok(['touch', '-d', '2 days ago', '/var/lib/systemd/timers/stamp-postdeck-expiry.timer']);
    await host.ok(['systemctl', 'restart', 'postdeck-expiry.timer']);
    await locked();
    const show = (unit: string, name: string) => host.ok(['systemctl', 'show', '--value', '-p', name, unit]);
    expect(await show('postdeck-expiry.service', 'Result')).toBe('success\n');
    expect(await show('postdeck-expiry.service', 'TriggeredBy')).toBe('postdeck-expiry.timer\n');
    // told once the service has ended
    const next = async () => (await show('postdeck-expiry.timer', 'NextElapseUSecRealtime')).trim() || undefined;
    expect(await until(next, 'the timer to wait for its next time')).toContain(' 00:00:00 ');
    await lastDay(null);
    expect(await canLogIn(host, late, 'Late-1')).toBe(true);
    await desk.undo(on);
  });

  test('cron runs it at its minute', async () => {
    // by this folder programs tell that systemd runs; systemd itself does not need it
    await host.ok(['mv', '/run/systemd/system', '/run/systemd/system.off']);
    let pid = await startCron();
    try {
      await until(async () => (await host.exec(['pidof', 'cron'])).code === 0, 'cron to start');
      const on = await desk.change({ kind: 'accounts.expiry', on: true });
      expect((await desk.list()).abilities?.expiry).toMatchObject({ by: 'job', why: { id: 'accounts.expiry.cron' } });
      expect(await host.ok(['cat', '/etc/cron.d/postdeck-expiry'])).toMatch(/^1 0 \* \* \* root \/\S+\n$/);
      await lastDay('2020-01-31');
      expect(await canLogIn(host, late, 'Late-1')).toBe(true);
      await endCron(pid);
      pid = await startCron('faketime', '2031-03-04 00:00:45');
      await locked();
      await lastDay(null);
      expect(await canLogIn(host, late, 'Late-1')).toBe(true);
      await desk.undo(on);
      expect((await host.exec(['ls', '/etc/cron.d/postdeck-expiry'])).code).not.toBe(0);
    } finally {
      await endCron(pid);
      await host.ok(['mv', '/run/systemd/system.off', '/run/systemd/system']);
    }
  });
});
