/**
 * Other names, expiry dates and cut-off changes of accounts on real servers. What counts is what the user can do: log in
 * with the same password under the new name, find the old mail, get mail sent to the old address.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { LabHost } from '../lab/host.ts';
import { Desk } from './accounts-lab.ts';
import { describeAccountsLab } from './describe-accounts-lab.ts';
import { canLogIn, fromOutside, received, submit } from './mail-check.ts';

describeAccountsLab('life of accounts on real servers', (lab) => {
  /** A command of the server that is something else while `act` runs. */
  async function instead(host: LabHost, command: string, script: string, act: () => Promise<void>): Promise<void> {
    const path = `/usr/local/sbin/${command}`;
    await host.ok(['sh', '-c', `cat > ${path} && chmod 755 ${path}`], { stdin: `#!/bin/sh\n${script}\n` });
    try {
      await act();
    } finally {
      await host.exec(['rm', '-f', path]);
    }
  }

  // one host does not wait for another; on one host, one test after the other
  describe.concurrent.each([
    { kind: 'passwd-file', name: 'mx1', domain: 'alpha.test' },
    { kind: 'sql', name: 'mx2', domain: 'gamma.test' },
    { kind: 'system', name: 'mx3', domain: 'epsilon.test' },
  ] as const)('$name', ({ kind, name, domain }) => {
    describe(kind, { concurrent: false }, () => {
      let host: LabHost;
      let desk: Desk;
      const [erin, erika, alice] = [`erin@${domain}`, `erika@${domain}`, `alice@${domain}`];
      const loginOf = (address: string): string =>
        kind === 'system' ? address.slice(0, address.indexOf('@')) : address;
      const only = { by: 'addresses' as const, addresses: [erin] };
      const rename = (address: string, to: string) => ({ kind: 'accounts.rename' as const, address, to, alias: true });

      beforeAll(async () => {
        host = lab().host(name);
        desk = await Desk.at(host);
        const account = { address: erin, name: 'Erin', quota: null, expires: null };
        await desk.change({ kind: 'accounts.add', accounts: [account], secretId: 'x' }, { [erin]: 'Erin-1' });
      });
      afterAll(() => desk?.machine.close());

      test('under another name the password, the mail and the way of mail stay; undo brings the old name back', async () => {
        const team = await desk.change({ kind: 'aliases.add', aliases: [{ name: `crew@${domain}`, targets: [erin] }] });
        expect(await submit(host, alice, 'pw', alice, erin, `old mail ${kind}`)).toBeNull();
        expect(await received(host, loginOf(erin), `old mail ${kind}`)).toBe(true);
        const renamed = await desk.change(rename(erin, erika));
        expect([await canLogIn(host, erika, 'Erin-1'), await canLogIn(host, erin, 'Erin-1')]).toEqual([true, false]);
        expect(await received(host, loginOf(erika), `old mail ${kind}`, 0)).toBe(true);
        for (const [i, to] of [erika, erin, `crew@${domain}`].entries()) {
          expect(await submit(host, alice, 'pw', alice, to, `way ${i} ${kind}`)).toBeNull();
          expect(await received(host, loginOf(erika), `way ${i} ${kind}`), to).toBe(true);
        }
        if (kind === 'system') expect(await host.ok(['id', '-gn', 'erika'])).toBe('erika\n');
        await desk.undo(renamed);
        expect([await canLogIn(host, erin, 'Erin-1'), await canLogIn(host, erika, 'Erin-1')]).toEqual([true, false]);
        expect(await received(host, loginOf(erin), `way 2 ${kind}`, 0)).toBe(true);
        expect(await submit(host, alice, 'pw', alice, erika, 'nobody')).toMatch(/^550 /);
        await desk.undo(team);
      });

      test('a blocked account stays blocked under another name', async () => {
        const block = await desk.change({ kind: 'accounts.block', target: only, sending: true, receiving: true });
        const renamed = await desk.change({ ...rename(erin, erika), alias: false });
        expect(await canLogIn(host, erika, 'Erin-1')).toBe(false);
        expect(await fromOutside(host, erika, 'blocked')).toMatch(/^5\d\d /);
        expect(await submit(host, alice, 'pw', erika, alice, 'blocked')).toMatch(/^554 /);
        await desk.undo(renamed);
        await desk.undo(block);
        expect(await canLogIn(host, erin, 'Erin-1')).toBe(true);
      });

      test('a name that is taken, that no user may have, or of no domain here is refused', async () => {
        for (const bad of [
          alice,
          erin,
          'erin@elsewhere.test',
          `-x@${domain}`,
          `a\nb@${domain}`,
          `$(id)@${domain}`,
          `x'y@${domain}`,
        ]) {
          await expect(desk.plan(rename(erin, bad)), bad).rejects.toMatchObject({ code: 'BAD_INPUT' });
        }
        await expect(desk.plan(rename(`nobody1@${domain}`, erika))).rejects.toMatchObject({ code: 'NOT_FOUND' });
        if (kind !== 'system') return;
        for (const bad of [`ops@${domain}`, `9x@${domain}`, `${'x'.repeat(33)}@${domain}`]) {
          await expect(desk.plan(rename(erin, bad)), bad).rejects.toMatchObject({ code: 'BAD_INPUT' });
        }
        // a name that other programs may know is left alone, and the plan says why
        await host.ok(['usermod', '-s', '/bin/bash', 'erin']);
        await expect(desk.plan(rename(erin, erika))).rejects.toMatchObject({ code: 'UNSUPPORTED' });
        await host.ok(['usermod', '-s', '/usr/sbin/nologin', 'erin']);
      });

      test('every account is blocked at once, and allowed again by one undo', async () => {
        const all = await desk.change({
          kind: 'accounts.block',
          target: { by: 'all' },
          sending: false,
          receiving: false,
        });
        expect([await canLogIn(host, erin, 'Erin-1'), await canLogIn(host, alice, 'pw')]).toEqual([false, false]);
        await desk.undo(all);
        expect([await canLogIn(host, erin, 'Erin-1'), await canLogIn(host, alice, 'pw')]).toEqual([true, true]);
      });

      test('a change that is killed before it is whole leaves the old state', async () => {
        const request = rename(erin, erika);
        const plan = await desk.plan(request);
        const [command, script] = {
          'passwd-file': [
            'postmap',
            'case $* in *postdeck-new*) kill -TERM $PPID; exit 1 ;; esac; exec /usr/sbin/postmap "$@"',
          ],
          system: [
            'postalias',
            'case $* in *postdeck-new*) kill -TERM $PPID; exit 1 ;; esac; exec /usr/sbin/postalias "$@"',
          ],
          // half of the transaction, and then the end of everything
          sql: [
            'mysql',
            `in=$(cat); case $in in *'START TRANSACTION'*) printf '%s\\n' "$in" | head -n 6 | /usr/bin/mysql "$@"; kill -TERM $PPID; exit 1 ;; esac; printf '%s\\n' "$in" | /usr/bin/mysql "$@"`,
          ],
        }[kind] as [string, string];
        await instead(host, command, script, async () => {
          await expect(desk.apply(request, plan)).rejects.toMatchObject({ name: 'Failure' });
        });
        expect([await canLogIn(host, erin, 'Erin-1'), await canLogIn(host, erika, 'Erin-1')]).toEqual([true, false]);
        expect(await submit(host, alice, 'pw', alice, erin, `unharmed ${kind}`)).toBeNull();
        expect(await received(host, loginOf(erin), `unharmed ${kind}`)).toBe(true);
        // nothing stands in the way of the same change
        await desk.undo(await desk.change(request));
      });

      if (kind === 'sql') {
        test('a date that the password query asks for is set, refuses the login once it has passed, and is taken back', async () => {
          expect((await desk.list()).abilities?.expiry).toMatchObject({
            by: 'none',
            able: false,
            why: { id: 'accounts.why.expiry-column', values: { column: 'password_expiry' } },
          });
          const marked = desk.plan({ kind: 'accounts.edit', target: only, expires: '2030-01-31' });
          await expect(marked).rejects.toMatchObject({
            code: 'UNSUPPORTED',
            text: { id: 'accounts.why.expiry-column' },
          });
          // PostfixAdmin's documentation, Password_Expiration.md
          await host.ok([
            'sh',
            '-c',
            `cp -p /etc/dovecot/dovecot-sql.conf.ext /tmp/sql.conf
            sed -i "/^password_query/s/$/ AND password_expiry > NOW()/" /etc/dovecot/dovecot-sql.conf.ext
            mysql postfix -e "UPDATE mailbox SET password_expiry = '9999-12-31'"
            doveadm reload`,
          ]);
          const dated = await Desk.at(host);
          try {
            expect((await dated.list()).abilities).toMatchObject({ expires: true, expiry: { by: 'system' } });
            const expires = async () => (await dated.list()).accounts.find(({ address }) => address === erin)?.expires;
            const set = (day: string | null) => dated.change({ kind: 'accounts.edit', target: only, expires: day });
            const day = new Date().toISOString().slice(0, 10);
            expect([await expires(), await canLogIn(host, erin, 'Erin-1')]).toEqual([null, true]);
            const today = await set(day);
            expect([await expires(), await canLogIn(host, erin, 'Erin-1')]).toEqual([day, true]);
            const past = await set('2020-01-31');
            expect([await expires(), await canLogIn(host, erin, 'Erin-1')]).toEqual(['2020-01-31', false]);
            await dated.undo(past);
            await dated.undo(today);
            expect([await expires(), await canLogIn(host, erin, 'Erin-1')]).toEqual([null, true]);
            const account = { address: `fresh@${domain}`, name: null, quota: null, expires: null };
            const added = { kind: 'accounts.add' as const, accounts: [account], secretId: 'x' };
            await dated.undo(
              await dated.change(added, { [account.address]: 'Fresh-1' }).then(async (id) => {
                expect(await canLogIn(host, account.address, 'Fresh-1')).toBe(true);
                return id;
              }),
            );
          } finally {
            await dated.machine.close();
            await host.ok(['sh', '-c', 'cp -p /tmp/sql.conf /etc/dovecot/dovecot-sql.conf.ext && doveadm reload']);
          }
        });
        return;
      }
      test('an account whose last day is over can no longer log in where that is said', async () => {
        const { by, able } = (await desk.list()).abilities?.expiry ?? { by: null, able: null };
        expect([by, able]).toEqual(kind === 'system' ? ['system', false] : ['marked', true]);
        const dated = await desk.change({ kind: 'accounts.edit', target: only, expires: '2020-01-31' });
        expect((await desk.list()).accounts.find(({ address }) => address === erin)).toMatchObject({ expired: true });
        expect(await canLogIn(host, erin, 'Erin-1')).toBe(kind !== 'system');
        await desk.undo(dated);
        expect(await canLogIn(host, erin, 'Erin-1')).toBe(true);
      });
    });
  });

  describe('the daily job of a passwd-file', () => {
    let host: LabHost;
    let desk: Desk;
    const [past, today, sly] = ['past@alpha.test', 'today@alpha.test', 'sly@alpha.test'];
    const edit = (address: string, change: { expires?: string | null; name?: string }) =>
      desk.change({ kind: 'accounts.edit', target: { by: 'addresses', addresses: [address] }, ...change });
    const able = async (): Promise<boolean[]> => {
      const found: boolean[] = [];
      for (const address of [past, today, sly]) found.push(await canLogIn(host, address, 'Word-1'));
      return found;
    };
    const run = (): Promise<string> => host.ok(['/usr/local/sbin/postdeck-expiry']);
    const file = (): Promise<string> =>
      host.ok(['sh', '-c', 'stat -c "%U:%G %a" /etc/dovecot/users; cat /etc/dovecot/users']);

    beforeAll(async () => {
      host = lab().host('mx1');
      desk = await Desk.at(host);
      const day = new Date().toISOString().slice(0, 10);
      const accounts = [
        { address: past, name: null, quota: null, expires: '2020-01-31' },
        { address: today, name: null, quota: 2 ** 30, expires: day },
        // what a person types into a form is no date
        { address: sly, name: 'x userdb_postdeck_expires=2001-01-01', quota: null, expires: null },
      ];
      await desk.change(
        { kind: 'accounts.add', accounts, secretId: 'x' },
        { [past]: 'Word-1', [today]: 'Word-1', [sly]: 'Word-1' },
      );
    });
    afterAll(() => desk?.machine.close());

    test('locks who has expired, at once and every day; a later date unlocks; without it nothing is left', async () => {
      expect(await able()).toEqual([true, true, true]);
      const on = await desk.change({ kind: 'accounts.expiry', on: true });
      expect((await desk.list()).abilities?.expiry).toMatchObject({ by: 'job', able: true });
      expect(await host.ok(['systemctl', 'is-active', 'postdeck-expiry.timer'])).toBe('active\n');
      expect(await able()).toEqual([false, true, true]);
      await expect(desk.plan({ kind: 'accounts.expiry', on: true })).rejects.toMatchObject({ code: 'BAD_INPUT' });

      const before = await file();
      await run();
      expect(await file()).toBe(before);
      await edit(today, { expires: '2020-01-31' });
      await run();
      expect(await able()).toEqual([false, false, true]);
      const locked = await file();
      expect(locked.split('\n').filter((line) => !before.split('\n').includes(line))).toHaveLength(1);
      await run();
      expect(await file()).toBe(locked);

      await edit(today, { expires: '2099-12-31' });
      await edit(past, { expires: null });
      expect(await able()).toEqual([true, true, true]);
      // a block by a person is not taken back by a date
      const block = await desk.change({
        kind: 'accounts.block',
        target: { by: 'addresses', addresses: [past] },
        sending: false,
        receiving: false,
      });
      await edit(past, { expires: '2099-12-31' });
      expect(await canLogIn(host, past, 'Word-1')).toBe(false);
      await expect(desk.undo(block)).rejects.toMatchObject({ code: 'UNSAFE' });
      await expect(desk.undo(on)).rejects.toMatchObject({ code: 'UNSAFE' });

      const off = await desk.change({ kind: 'accounts.expiry', on: false });
      expect((await desk.list()).abilities?.expiry).toMatchObject({ by: 'marked' });
      expect(
        await host.ok(['sh', '-c', 'find /etc/systemd /etc/cron.d /usr/local/sbin -name "*postdeck*" 2>/dev/null']),
      ).toBe('');
      await desk.undo(off);
      expect(await host.ok(['systemctl', 'is-active', 'postdeck-expiry.timer'])).toBe('active\n');
      await desk.change({ kind: 'accounts.expiry', on: false });
    });
  });
});
