/** What a user's script can do where the server offers it, checked by delivered mail: a spam threshold, a notice, a program. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { NO_SIEVE } from '#shared/model/sieve.ts';
import { until } from '../lab/index.ts';
import type { LabHost } from '../lab/host.ts';
import { Desk } from './accounts-lab.ts';
import { describeAccountsLab } from './describe-accounts-lab.ts';
import { received, submit } from './mail-check.ts';

const PIPE = `plugin {
  sieve_plugins = sieve_extprograms
  sieve_extensions = +vnd.dovecot.pipe
  sieve_pipe_bin_dir = /etc/dovecot/sieve-pipe
}
`;

describeAccountsLab('offers of users’ scripts', (lab) => {
  const bob = 'bob@alpha.test';
  let host: LabHost;
  let desk: Desk;
  beforeAll(async () => {
    host = lab().host('mx1');
    desk = await Desk.at(host);
  }, 120_000);
  afterAll(async () => {
    await desk?.machine.close();
  }, 60_000);

  // a run that broke off may have left rules and mail
  beforeEach(async () => {
    await host.exec(['doveadm', 'sieve', 'deactivate', '-u', bob]);
    await host.exec(['doveadm', 'sieve', 'delete', '-u', bob, 'postdeck']);
    await host.exec(['doveadm', 'expunge', '-u', bob, 'mailbox', '*', 'ALL']);
  });

  /** rspamd gives mail that shouts 4 points, and the other none. */
  const suspicious = (subject: string) => submit(host, 'alice@alpha.test', 'pw', 'joe@sink.test', bob, subject);
  const honest = (subject: string) => submit(host, 'alice@alpha.test', 'pw', 'alice@alpha.test', bob, subject);

  test('the user’s own threshold files what rspamd marked, lets in whom the user lets in, and is gone after undo', async () => {
    const { sieve } = await desk.mailbox(bob);
    expect(sieve).toMatchObject({
      available: true,
      offers: { spam: { available: true, by: 'rspamd', refusedAt: 15 }, notify: { available: true } },
    });
    const spam = { level: 1, folder: 'Junk' };
    const set = await desk.change({ kind: 'accounts.sieve', address: bob, settings: { ...NO_SIEVE, spam } });
    expect((await desk.mailbox(bob)).sieve).toMatchObject({ settings: { spam }, changedByHand: false });
    expect(await suspicious('FREE MONEY FOR ALL OF YOU $$$ !!! ONE ')).toBeNull();
    expect(await honest('minutes of the meeting')).toBeNull();
    expect(await received(host, bob, 'FREE MONEY FOR ALL OF YOU $$$ !!! ONE ', 15_000, 'Junk')).toBe(true);
    expect(await received(host, bob, 'minutes of the meeting')).toBe(true);

    const allow = ['joe@sink.test'];
    const let_in = await desk.change({ kind: 'accounts.sieve', address: bob, settings: { ...NO_SIEVE, spam, allow } });
    expect(await suspicious('FREE MONEY FOR ALL OF YOU $$$ !!! TWO ')).toBeNull();
    expect(await received(host, bob, 'FREE MONEY FOR ALL OF YOU $$$ !!! TWO ')).toBe(true);

    await desk.undo(let_in);
    await desk.undo(set);
    expect(await suspicious('FREE MONEY FOR ALL OF YOU $$$ !!! THREE ')).toBeNull();
    expect(await received(host, bob, 'FREE MONEY FOR ALL OF YOU $$$ !!! THREE ')).toBe(true);
  }, 120_000);

  test('a notice of new mail reaches the address, and the mail itself stays', async () => {
    const set = await desk.change({
      kind: 'accounts.sieve',
      address: bob,
      settings: { ...NO_SIEVE, notify: 'carol@alpha.test' },
    });
    expect(await honest('worth a notice')).toBeNull();
    expect(await received(host, bob, 'worth a notice')).toBe(true);
    expect(await received(host, 'carol@alpha.test', 'New message')).toBe(true);
    await desk.undo(set);
  }, 60_000);

  test('a program is refused with the reason where Dovecot runs none, and gets each message where it does', async () => {
    const settings = { ...NO_SIEVE, hook: 'to-file.sh' };
    await expect(desk.plan({ kind: 'accounts.sieve', address: bob, settings })).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      text: { id: 'sieve.no-pipe' },
    });
    const program = '#!/bin/sh\ncat > /var/vmail/hook.part && mv /var/vmail/hook.part /var/vmail/hook.out\n';
    await host.ok(['mkdir', '-p', '/etc/dovecot/sieve-pipe']);
    await host.write('/etc/dovecot/sieve-pipe/to-file.sh', program);
    await host.ok(['chmod', '755', '/etc/dovecot/sieve-pipe/to-file.sh']);
    await host.write('/etc/dovecot/local.conf', PIPE);
    await host.ok(['doveadm', 'reload']);
    const offered = await Desk.at(host);
    try {
      await expect(
        offered.plan({ kind: 'accounts.sieve', address: bob, settings: { ...NO_SIEVE, hook: 'absent.sh' } }),
      ).rejects.toMatchObject({ code: 'UNSUPPORTED', text: { id: 'sieve.no-program' } });
      const set = await offered.change({ kind: 'accounts.sieve', address: bob, settings });
      expect(await honest('for the hook')).toBeNull();
      expect(await received(host, bob, 'for the hook')).toBe(true);
      const out = async (): Promise<string> => (await host.exec(['cat', '/var/vmail/hook.out'])).stdout;
      await until(
        async () => (await out()).includes('Subject: for the hook'),
        'the program to get the message',
        15_000,
      );
      await offered.undo(set);
      await host.ok(['rm', '/var/vmail/hook.out']);
      expect(await honest('after the undo')).toBeNull();
      expect(await received(host, bob, 'after the undo')).toBe(true);
      expect(await out()).toBe('');
    } finally {
      await offered.machine.close();
      await host.exec(['rm', '-rf', '/etc/dovecot/local.conf', '/etc/dovecot/sieve-pipe']);
      await host.exec(['doveadm', 'reload']);
    }
  }, 120_000);
});
