/** Domains, alias domains and keys of domains on real servers: what mail does, before, with and after each change. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { LabHost } from '../lab/host.ts';
import { Desk, use } from './accounts-lab.ts';
import { describeAccountsLab, withoutMilters } from './describe-accounts-lab.ts';
import { canLogIn, fromOutside, received, unique } from './mail-check.ts';

describeAccountsLab('domains on real servers', (lab) => {
  withoutMilters(lab);

  test('DKIM keys are found where rspamd and OpenDKIM are told to look, and only when they are there', async () => {
    const host = lab().host('mx1');
    const desk = await Desk.at(host);
    const keys = async (): Promise<string[][]> => (await desk.list()).domains.map(({ dkim }) => dkim);
    expect(await keys()).toEqual([[], []]);
    await host.ok([
      'sh',
      '-c',
      `mkdir -p /srv/dkim/own && rspamadm dkim_keygen -d alpha.test -s mail -k /srv/dkim/alpha.test.mail.key > /dev/null
      printf 'path = "/srv/dkim/$domain.$selector.key";\\nselector = "mail";\\ndomain {\\n  beta.test {\\n    selector = "b";\\n    path = "/srv/dkim/own/b.pem";\\n  }\\n}\\n' > /etc/rspamd/local.d/dkim_signing.conf
      printf 'KeyTable refile:/srv/dkim/table\\n' > /etc/opendkim.conf
      printf '# x\\nm._domainkey.alpha.test alpha.test:m:/srv/dkim/own/a.private\\nn alpha.test:n:/srv/dkim/own/absent.private\\n' > /srv/dkim/table
      cp /srv/dkim/alpha.test.mail.key /srv/dkim/own/b.pem; cp /srv/dkim/alpha.test.mail.key /srv/dkim/own/a.private`,
    ]);
    expect((await keys()).map((found) => found.sort())).toEqual([
      ['/srv/dkim/alpha.test.mail.key', '/srv/dkim/own/a.private'],
      ['/srv/dkim/own/b.pem'],
    ]);
    await host.ok(['rm', '-r', '/srv/dkim', '/etc/opendkim.conf', '/etc/rspamd/local.d/dkim_signing.conf']);
    expect(await keys()).toEqual([[], []]);
    await desk.machine.close();
  });

  // one host does not wait for another; on one host, one test after the other
  describe.concurrent.each([
    { name: 'mx1', domain: 'alpha.test', kinds: ['passwd-file'] },
    { name: 'mx2', domain: 'gamma.test', kinds: ['sql', 'postgresql'] },
  ] as const)('domains on $name', ({ name, domain, kinds }) => {
    describe.each<'passwd-file' | 'sql' | 'postgresql'>(kinds)('%s', { concurrent: false }, (kind) => {
      let host: LabHost;
      let desk: Desk;
      beforeAll(async () => {
        host = lab().host(name);
        if (name === 'mx2') await use(host, kind === 'postgresql' ? 'pgsql' : 'sql');
        desk = await Desk.at(host);
      }, 150_000);
      afterAll(() => desk?.machine.close());

      test('mail to it reaches the same name at its target; undo refuses it again', async () => {
        const old = `old-${randomUUID().slice(0, 8)}.test`;
        expect(await fromOutside(host, `early@${old}`, 'no domain')).toMatch(/^[45]5\d /);
        const added = await desk.change({ kind: 'domains.alias', domain: old, to: domain });
        const listed = await desk.list();
        expect(listed.domains.find((entry) => entry.domain === old)).toMatchObject({
          aliasOf: domain,
          accounts: 0,
          aliases: 0,
        });
        expect(listed.aliases.filter((alias) => alias.domain === old)).toEqual([]);
        const subject = unique('led');
        expect(await fromOutside(host, `bob@${old}`, subject)).toBeNull();
        expect(await received(host, `bob@${domain}`, subject)).toBe(true);
        const way = await desk.route(`bob@${old}`);
        expect(way[0]).toMatchObject({ kind: 'alias-domain', to: [`bob@${domain}`] });
        expect(way.at(-1)).toMatchObject({ kind: 'mailbox', address: `bob@${domain}`, via: { transport: 'lmtp' } });
        const account = { address: `new@${old}`, name: null, quota: null, expires: null };
        await expect(desk.plan({ kind: 'accounts.add', accounts: [account], secretId: 'x' })).rejects.toMatchObject({
          code: 'BAD_INPUT',
        });
        // an alias that leads to a name of the alias domain is no dead end
        const alias = await desk.change({
          kind: 'aliases.add',
          aliases: [{ name: `via@${domain}`, targets: [`bob@${old}`] }],
        });
        expect((await desk.list()).aliases.find((entry) => entry.name === `via@${domain}`)?.problem).toBeNull();
        await desk.undo(alias);
        await desk.undo(added);
        expect(await fromOutside(host, `late@${old}`, 'gone')).toMatch(/^[45]5\d /);
      });

      test('a domain is added, used, deleted with all it has, and brought back whole by one undo', async () => {
        const fresh = `fresh-${randomUUID().slice(0, 8)}.test`;
        const [ann, info] = [`ann@${fresh}`, `info@${fresh}`];
        expect(await fromOutside(host, `early@${fresh}`, 'no domain')).toMatch(/^[45]5\d /);
        await desk.change({ kind: 'domains.add', domain: fresh });
        await expect(desk.plan({ kind: 'domains.add', domain: fresh })).rejects.toMatchObject({ code: 'BAD_INPUT' });
        const account = { address: ann, name: null, quota: null, expires: null };
        await desk.change({ kind: 'accounts.add', accounts: [account], secretId: 'x' }, { [ann]: 'Ann-1' });
        await desk.change({ kind: 'aliases.add', aliases: [{ name: info, targets: [ann] }] });
        await desk.change({ kind: 'domains.outgoing', domain: fresh, ip: host.address });
        const subject = unique('kept');
        expect(await fromOutside(host, info, subject)).toBeNull();
        expect(await received(host, ann, subject)).toBe(true);
        const counted = { accounts: 1, aliases: 1, localAliases: 1, outgoing: host.address };
        expect((await desk.list(true)).domains.find((entry) => entry.domain === fresh)).toMatchObject(counted);

        const goes = { kind: 'domains.delete' as const, domain: fresh, mail: 'aside' as const };
        const plan = await desk.plan(goes);
        expect(plan.warnings[0]).toMatchObject({ id: 'domains.warn.goes', values: { accounts: 1, aliases: 1 } });
        expect((await desk.plan({ ...goes, mail: 'remove' })).warnings[0]).toMatchObject({
          id: 'domains.warn.lost',
          values: { megabytes: 1 },
        });
        const gone = await desk.change(goes);
        expect((await desk.list()).domains.some((entry) => entry.domain === fresh)).toBe(false);
        expect(await canLogIn(host, ann, 'Ann-1')).toBe(false);
        expect(await fromOutside(host, `gone@${fresh}`, 'gone')).toMatch(/^[45]5\d /);
        expect((await host.exec(['postconf', '-M'])).stdout).not.toContain('postdeck-');

        await desk.undo(gone);
        expect(await canLogIn(host, ann, 'Ann-1')).toBe(true);
        expect(await received(host, ann, subject, 0)).toBe(true);
        expect((await desk.list(true)).domains.find((entry) => entry.domain === fresh)).toMatchObject(counted);
        const again = unique('again');
        expect(await fromOutside(host, info, again)).toBeNull();
        expect(await received(host, ann, again)).toBe(true);
        await desk.change({ ...goes, mail: 'remove' });
      });

      test('a block of the whole domain turns its own switch where it has one, and says so where it has none', async () => {
        const [alice, sales] = [`alice@${domain}`, `sales@${domain}`];
        const active = async () => (await desk.list()).domains.find((entry) => entry.domain === domain)?.active;
        const target = { by: 'domain' as const, domain };
        const login = { kind: 'accounts.block' as const, target, sending: false, receiving: false };
        const all = { ...login, receiving: true };
        expect((await desk.plan(login)).warnings).toEqual([]);
        const plan = await desk.plan(all);
        const hasSwitch = kind !== 'passwd-file';
        expect(plan.warnings.map(({ id }) => id)).toEqual([
          hasSwitch ? 'domains.warn.turned-off' : 'domains.warn.no-switch',
        ]);
        const block = await desk.change(all);
        expect([await active(), await canLogIn(host, alice, 'pw')]).toEqual([!hasSwitch, false]);
        expect((await desk.list()).accounts.find(({ address }) => address === alice)?.blocks).toMatchObject({
          login: true,
          receiving: true,
        });
        // Debian's smtpd_relay_restrictions puts off what it does not relay
        expect(await fromOutside(host, alice, 'to a blocked domain')).toMatch(hasSwitch ? /^[45]5\d / : /^554 /);
        // what the switch is for: an address that is no account is refused, too
        expect((await fromOutside(host, sales, 'to an alias there')) === null).toBe(!hasSwitch);
        await desk.undo(block);
        expect([await active(), await canLogIn(host, alice, 'pw')]).toEqual([true, true]);
        const subject = unique('unblocked');
        expect(await fromOutside(host, sales, subject)).toBeNull();
        expect(await received(host, alice, subject)).toBe(true);

        await desk.change(all);
        if (hasSwitch) {
          const one = await desk.plan({ kind: 'accounts.unblock', target: { by: 'addresses', addresses: [alice] } });
          expect(one.warnings.map(({ id }) => id)).toEqual(['domains.warn.stays-off']);
        }
        await desk.change({ kind: 'accounts.unblock', target });
        expect([await active(), await canLogIn(host, alice, 'pw')]).toEqual([true, true]);
        expect(await fromOutside(host, alice, unique('again'))).toBeNull();
      });

      test.runIf(name === 'mx2')('a domain without accounts is blocked by its switch alone', async () => {
        const empty = `empty-${randomUUID().slice(0, 8)}.test`;
        await desk.change({ kind: 'domains.add', domain: empty });
        await desk.change({ kind: 'aliases.add', aliases: [{ name: `info@${empty}`, targets: [`alice@${domain}`] }] });
        const block = await desk.change({
          kind: 'accounts.block',
          target: { by: 'domain', domain: empty },
          sending: false,
          receiving: true,
        });
        expect(await fromOutside(host, `info@${empty}`, 'off')).toMatch(/^[45]5\d /);
        await desk.undo(block);
        expect(await fromOutside(host, `info@${empty}`, unique('on'))).toBeNull();
        await desk.change({ kind: 'domains.delete', domain: empty, mail: 'keep' });
      });

      test('what could lead nowhere or in a circle is refused', async () => {
        const old = `old-${randomUUID().slice(0, 8)}.test`;
        const alias = (from: string, to: string) => desk.plan({ kind: 'domains.alias', domain: from, to });
        const added = await desk.change({ kind: 'domains.alias', domain: old, to: domain });
        for (const [from, to] of [
          [domain, domain],
          ['new.test', 'elsewhere.test'],
          ['new.test', old],
          [domain, old],
          [old, domain],
          ['a b.test', domain],
          ["x'; DROP TABLE domain;--", domain],
          ['new.test', `${domain}\nevil.test OK`],
        ] as const) {
          await expect(alias(from, to), `${from} to ${to}`).rejects.toMatchObject({ code: 'BAD_INPUT' });
        }
        await desk.change({ kind: 'domains.delete', domain: old, mail: 'keep' });
        expect((await desk.list()).domains.some((entry) => entry.domain === old)).toBe(false);
        expect(await fromOutside(host, `bob@${old}`, 'deleted')).toMatch(/^[45]5\d /);
        void added;
      });
    });
  });
});
