/**
 * Accounts, aliases and domains on real servers: Dovecot passwd-file with hash maps, MariaDB with PostfixAdmin's schema,
 * system users. Each action is checked by what a user can do: log in over IMAP, send by submission, receive. Longer than
 * usual: every action runs over every backend, in one table.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createRouterClient, type RouterClient } from '@orpc/server';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compose } from '#core/compose.ts';
import type { Console } from '#core/console.ts';
import type { Change, Plan } from '#shared/model/change.ts';
import { NO_SIEVE } from '#shared/model/sieve.ts';
import type { LabHost } from '../lab/host.ts';
import { Desk, use } from './accounts-lab.ts';
import { describeAccountsLab } from './describe-accounts-lab.ts';
import { canLogIn, fromOutside, received, submit } from './mail-check.ts';

type Kind = 'passwd-file' | 'sql' | 'postgresql' | 'system';
const PASSWORD = 'p"w\'$(id)`\\ ż;--';

describeAccountsLab('accounts on real servers', (lab) => {
  // one host does not wait for another; on one host, one test after the other
  describe.concurrent.each([
    { name: 'mx1', domain: 'alpha.test', kinds: ['passwd-file'] },
    { name: 'mx2', domain: 'gamma.test', kinds: ['sql', 'postgresql'] },
    { name: 'mx3', domain: 'epsilon.test', kinds: ['system'] },
  ] as const)('$name', ({ name, domain, kinds }) =>
    describe.each<Kind>(kinds)('%s', { concurrent: false }, (kind) => {
      let host: LabHost;
      let desk: Desk;
      const dave = `dave@${domain}`;
      const loginOf = (address: string): string =>
        kind === 'system' ? address.slice(0, address.indexOf('@')) : address;
      const only = { by: 'addresses' as const, addresses: [dave] };

      beforeAll(async () => {
        host = lab().host(name);
        if (kind === 'postgresql') await use(host, 'pgsql');
        desk = await Desk.at(host);
      }, 150_000);
      afterAll(() => desk?.machine.close());

      test('an added account logs in, sends and receives, with a password no shell or database would survive', async () => {
        await desk.change(
          {
            kind: 'accounts.add',
            accounts: [{ address: dave, name: 'Dave Ż', quota: kind === 'system' ? null : 2 ** 30, expires: null }],
            secretId: 'x',
          },
          { [dave]: PASSWORD },
        );
        expect(await canLogIn(host, dave, PASSWORD)).toBe(true);
        expect(await canLogIn(host, dave, `${PASSWORD}x`)).toBe(false);
        expect(await submit(host, dave, PASSWORD, dave, `alice@${domain}`, 'from dave')).toBeNull();
        expect(await received(host, loginOf(`alice@${domain}`), 'from dave')).toBe(true);
        expect(await submit(host, `alice@${domain}`, 'pw', `alice@${domain}`, dave, 'first for dave')).toBeNull();
        expect(await received(host, loginOf(dave), 'first for dave')).toBe(true);
        const { accounts } = await desk.list(true);
        expect(accounts.find((account) => account.address === dave)).toMatchObject({
          name: 'Dave Ż',
          blocked: false,
          messages: 1,
          ...(kind === 'system' ? {} : { quota: 2 ** 30 }),
        });
      });

      test('a block stops login, sending and receiving; its undo allows all three again', async () => {
        const block = await desk.change({ kind: 'accounts.block', target: only, sending: true, receiving: true });
        expect(await canLogIn(host, dave, PASSWORD)).toBe(false);
        expect(await fromOutside(host, dave, 'blocked')).toMatch(/^554 /);
        expect(await submit(host, `alice@${domain}`, 'pw', dave, `alice@${domain}`, 'blocked')).toMatch(/^554 /);
        const listed = (await desk.list()).accounts.find((account) => account.address === dave);
        expect(listed?.blocks).toEqual({ login: true, sending: true, receiving: true });
        await desk.undo(block);
        expect(await canLogIn(host, dave, PASSWORD)).toBe(true);
        expect(await submit(host, `alice@${domain}`, 'pw', `alice@${domain}`, dave, 'after the block')).toBeNull();
        expect(await received(host, loginOf(dave), 'after the block')).toBe(true);
      });

      test('a domain is blocked and unblocked as a whole', async () => {
        await desk.change({
          kind: 'accounts.block',
          target: { by: 'domain', domain },
          sending: false,
          receiving: false,
        });
        expect(await canLogIn(host, dave, PASSWORD)).toBe(false);
        expect(await canLogIn(host, `alice@${domain}`, 'pw')).toBe(false);
        await desk.change({ kind: 'accounts.unblock', target: { by: 'domain', domain } });
        expect(await canLogIn(host, dave, PASSWORD)).toBe(true);
        expect(await canLogIn(host, `alice@${domain}`, 'pw')).toBe(true);
      });

      test('a new password replaces the old one, and undo brings the old one back', async () => {
        const edit = await desk.change({ kind: 'accounts.edit', target: only, secretId: 'x' }, { [dave]: 'second' });
        expect([await canLogIn(host, dave, 'second'), await canLogIn(host, dave, PASSWORD)]).toEqual([true, false]);
        await desk.undo(edit);
        expect([await canLogIn(host, dave, 'second'), await canLogIn(host, dave, PASSWORD)]).toEqual([false, true]);
      });

      test('forwarding and sorting rules act on real deliveries, and undo leaves the user’s own script active', async () => {
        const own = 'require "fileinto";\nif header :contains "subject" "own rule" { fileinto "INBOX"; }\n';
        await host.exec(['doveadm', 'sieve', 'put', '-u', loginOf(dave), '-a', 'mine'], { stdin: own });
        const settings = {
          ...NO_SIEVE,
          forward: { to: [`bob@${domain}`], keep: true },
          rules: [
            {
              name: 'Invoices',
              enabled: true,
              match: 'all' as const,
              tests: [{ field: 'subject' as const, op: 'contains' as const, value: 'invoice' }],
              action: { type: 'folder' as const, folder: 'Invoices' },
            },
          ],
        };
        const rules = await desk.change({ kind: 'accounts.sieve', address: dave, settings });
        const mailbox = await desk.mailbox(dave);
        expect(mailbox.sieve).toMatchObject({ available: true, settings, previous: 'mine', changedByHand: false });
        expect(await submit(host, `alice@${domain}`, 'pw', `alice@${domain}`, dave, 'your invoice 7')).toBeNull();
        expect(await received(host, loginOf(`bob@${domain}`), 'your invoice 7')).toBe(true);
        expect(await received(host, loginOf(dave), 'your invoice 7', 15_000, 'Invoices')).toBe(true);
        expect((await desk.route(dave)).find((step) => step.kind === 'forward')?.to).toEqual([`bob@${domain}`]);
        await desk.undo(rules);
        const after = await host.exec(['doveadm', 'sieve', 'list', '-u', loginOf(dave)]);
        expect(after.stdout.trim().split('\n')).toEqual(['mine ACTIVE']);
      });

      test('autoresponder, deny list and notices act on real mail', async () => {
        const alice = `alice@${domain}`;
        const vacation = {
          subject: `Away ${kind}`,
          text: 'Back on Monday.\n"Quoted".',
          from: '2020-01-01',
          until: '2099-12-31',
          days: 7,
          addresses: [],
        };
        const settings = { ...NO_SIEVE, vacation, deny: [`bob@${domain}`], notify: `carol@${domain}` };
        const rules = await desk.change({ kind: 'accounts.sieve', address: dave, settings });
        expect(await submit(host, alice, 'pw', alice, dave, `question ${kind}`)).toBeNull();
        expect(await received(host, loginOf(alice), `Away ${kind}`)).toBe(true);
        expect(await received(host, loginOf(`carol@${domain}`), 'New message')).toBe(true);
        expect(await submit(host, `bob@${domain}`, 'pw', `bob@${domain}`, dave, `unwanted ${kind}`)).toBeNull();
        expect(await submit(host, alice, 'pw', alice, dave, `last ${kind}`)).toBeNull();
        expect(await received(host, loginOf(dave), `last ${kind}`)).toBe(true);
        expect(await received(host, loginOf(dave), `unwanted ${kind}`, 0)).toBe(false);
        await desk.undo(rules);
      });

      test('our script changed by hand is left alone', async () => {
        const settings = { ...NO_SIEVE, deny: ['spam@bad.test'] };
        const rules = await desk.change({ kind: 'accounts.sieve', address: dave, settings });
        await host.exec(['doveadm', 'sieve', 'put', '-u', loginOf(dave), 'postdeck'], { stdin: 'keep;\n' });
        await expect(desk.plan({ kind: 'accounts.sieve', address: dave, settings: NO_SIEVE })).rejects.toMatchObject({
          code: 'UNSAFE',
        });
        await expect(desk.undo(rules)).rejects.toMatchObject({ code: 'UNSAFE' });
        const kept = await host.exec(['doveadm', 'sieve', 'get', '-u', loginOf(dave), 'postdeck']);
        expect(kept.stdout).toContain('keep;');
      });

      test('an alias delivers, stops when disabled, and delivers again after the undo', async () => {
        const team = `team@${domain}`;
        await desk.change({ kind: 'aliases.add', aliases: [{ name: team, targets: [dave, `bob@${domain}`] }] });
        expect(await submit(host, dave, PASSWORD, dave, team, 'for the team')).toBeNull();
        expect(await received(host, loginOf(`bob@${domain}`), 'for the team')).toBe(true);
        expect((await desk.route(team)).map((step) => step.kind)[0]).toBe('alias');
        const listed = (await desk.list()).aliases.find((alias) => alias.targets.includes(dave));
        expect(listed).toMatchObject({ enabled: true, kind: 'local', problem: null });
        const name = listed?.name ?? '';
        const off = await desk.change({ kind: 'aliases.enable', names: [name], enabled: false });
        expect(await submit(host, dave, PASSWORD, dave, team, 'to nobody')).toMatch(/^550 /);
        await desk.undo(off);
        expect(await submit(host, dave, PASSWORD, dave, team, 'for the team again')).toBeNull();
        expect(await received(host, loginOf(dave), 'for the team again')).toBe(true);
        await desk.change({ kind: 'aliases.delete', names: [name] });
      });

      test('a deleted account neither logs in nor receives; its undo brings password and mail back', async () => {
        const gone = await desk.change({ kind: 'accounts.delete', target: only, mail: 'aside' });
        expect(await canLogIn(host, dave, PASSWORD)).toBe(false);
        expect(await fromOutside(host, dave, 'gone')).toMatch(/^550 /);
        await desk.undo(gone);
        expect(await canLogIn(host, dave, PASSWORD)).toBe(true);
        expect(await received(host, loginOf(dave), 'first for dave', 1000)).toBe(true);
      });

      test('an entry that somebody changed between plan and apply is noticed, and nothing is written', async () => {
        const request = { kind: 'accounts.block' as const, target: only, sending: false, receiving: false };
        const plan = await desk.plan(request);
        await desk.change({ kind: 'accounts.edit', target: only, secretId: 'x' }, { [dave]: 'third' });
        await expect(desk.apply(request, plan)).rejects.toMatchObject({ code: 'UNSAFE' });
        expect(await canLogIn(host, dave, 'third')).toBe(true);
      });

      test('two changes planned at the same time on different accounts both hold', async () => {
        const block = (address: string) => ({
          kind: 'accounts.block' as const,
          target: { by: 'addresses' as const, addresses: [address] },
          sending: false,
          receiving: false,
        });
        const [a, b] = [block(dave), block(`carol@${domain}`)];
        const plans = [await desk.plan(a), await desk.plan(b)] as const;
        const ids = [await desk.apply(a, plans[0]), await desk.apply(b, plans[1])] as const;
        expect([await canLogIn(host, dave, 'third'), await canLogIn(host, `carol@${domain}`, 'pw')]).toEqual([
          false,
          false,
        ]);
        await desk.undo(ids[0]);
        await desk.undo(ids[1]);
        expect([await canLogIn(host, dave, 'third'), await canLogIn(host, `carol@${domain}`, 'pw')]).toEqual([
          true,
          true,
        ]);
      });

      test('names that would harm are refused, and names that may be stored are stored exactly', async () => {
        const add = (address: string, display: string | null) =>
          desk.plan({
            kind: 'accounts.add',
            accounts: [{ address, name: display, quota: null, expires: null }],
            secretId: 'x',
          });
        for (const bad of [
          `a\nb@${domain}`,
          `a:b@${domain}`,
          `аlice@${domain}`,
          `../x@${domain}`,
          `$(id)@${domain}`,
          `x'y@${domain}`,
          `-x@${domain}`,
          `${'a'.repeat(65)}@${domain}`,
          'x@elsewhere.test',
          `alice@${domain}`,
        ]) {
          await expect(add(bad, null), bad).rejects.toMatchObject({ code: 'BAD_INPUT' });
        }
        for (const bad of ['a\nb', 'a\0b', 'evil\u202ename']) {
          await expect(add(`erin@${domain}`, bad), bad).rejects.toMatchObject({ code: 'BAD_INPUT' });
        }
        const names = ["Robert'); DROP TABLE mailbox;--", '$(reboot) `id` \\', '"quoted" & <tag> 山田'];
        const erin = { by: 'addresses' as const, addresses: [dave] };
        for (const display of names) {
          await desk.change({ kind: 'accounts.edit', target: erin, name: display });
          expect((await desk.list()).accounts.find((account) => account.address === dave)?.name).toBe(display);
        }
      });

      test('removed mail is gone from the disk, and nothing else is', async () => {
        const home = (await desk.list()).accounts.find((account) => account.address === dave)?.home ?? '';
        const above = dirname(home.replace(/\/+$/, ''));
        const before = await host.exec(['ls', above]);
        expect(before.stdout.split('\n')).toContain('dave');
        await desk.change({ kind: 'accounts.delete', target: only, mail: 'remove' });
        const after = await host.exec(['ls', above]);
        expect(after.stdout.split('\n')).toEqual(before.stdout.split('\n').filter((entry) => entry !== 'dave'));
      });
    }),
  );

  describe('files and maps', () => {
    let host: LabHost;
    let desk: Desk;
    beforeAll(async () => {
      host = lab().host('mx1');
      desk = await Desk.at(host);
    });
    afterAll(() => desk?.machine.close());
    const alias = (name: string) => ({
      kind: 'aliases.add' as const,
      aliases: [{ name, targets: ['alice@alpha.test'] }],
    });
    const served = async (key: string, table = 'hash:/etc/postfix/valias'): Promise<string> =>
      (await host.exec(['postmap', '-q', key, table])).stdout.trim();

    test('owner, mode, comments and order of a file are as before', async () => {
      await host.exec([
        'bash',
        '-c',
        "cd /etc/postfix && printf '# by hand\\nzz@alpha.test  bob@alpha.test,\\n  # inside\\n  carol@alpha.test\\n' | cat - valias > v && cat v > valias && rm v && postmap valias && chown ops:adm valias valias.db && chmod 640 valias",
      ]);
      const stat = ['stat', '-c', '%U:%G %a', '/etc/postfix/valias', '/etc/dovecot/users'];
      const [before, text] = [await host.exec(stat), await host.exec(['cat', '/etc/postfix/valias'])];
      const added = await desk.change(alias('kept@alpha.test'));
      expect((await host.exec(stat)).stdout).toBe(before.stdout);
      expect((await host.exec(['cat', '/etc/postfix/valias'])).stdout).toBe(
        `${text.stdout}kept@alpha.test alice@alpha.test\n`,
      );
      await desk.undo(added);
      expect((await host.exec(['cat', '/etc/postfix/valias'])).stdout).toBe(text.stdout);
      expect(
        (await host.exec(['bash', '-c', 'ls /etc/postfix /etc/dovecot | grep -c postdeck-new || true'])).stdout.trim(),
      ).toBe('0');
    });

    test('replaced files and maps keep their SELinux context', async () => {
      // the attribute itself, which kernels without SELinux keep too; no policy judges it there
      const contexts = {
        '/etc/postfix/valias': 'system_u:object_r:postfix_etc_t:s0',
        '/etc/postfix/valias.db': 'system_u:object_r:postfix_map_t:s0',
        '/etc/dovecot/users': 'system_u:object_r:dovecot_etc_t:s0:c1,c2',
      };
      const python = (code: string) =>
        host.ok(['python3', '-c', `import os\nfiles = ${JSON.stringify(contexts)}\n${code}`]);
      await python("for f in files: os.setxattr(f, 'security.selinux', files[f].encode() + b'\\0')");
      const read = async () =>
        JSON.parse(
          await python(
            "import json; print(json.dumps({f: os.getxattr(f, 'security.selinux').decode().rstrip('\\0') for f in files}))",
          ),
        ) as unknown;
      const inodes = () => host.ok(['stat', '-c', '%i', ...Object.keys(contexts)]);
      expect(await read()).toEqual(contexts);
      const before = await inodes();
      const added = await desk.change(alias('labelled@alpha.test'));
      const carol = { by: 'addresses' as const, addresses: ['carol@alpha.test'] };
      const named = await desk.change({ kind: 'accounts.edit', target: carol, name: 'Carol L.' });
      const [was, is] = [before.trim().split('\n'), (await inodes()).trim().split('\n')];
      expect(is.filter((inode, i) => inode === was[i])).toEqual([]);
      expect(await read()).toEqual(contexts);
      await desk.undo(named);
      await desk.undo(added);
      expect(await read()).toEqual(contexts);
      await python("for f in files: os.removexattr(f, 'security.selinux')");
    });

    test('a file that changes while the new one is being built is left as it is', async () => {
      // postmap itself is made to change the source: the moment between reading and renaming, every time
      await host.exec([
        'bash',
        '-c',
        `cat > /usr/local/sbin/postmap <<'Y'\n#!/bin/sh\ncase $* in *postdeck-new*) echo 'by-hand@alpha.test bob@alpha.test' >> /etc/postfix/valias ;; esac\nexec /usr/sbin/postmap "$@"\nY\nchmod 755 /usr/local/sbin/postmap`,
      ]);
      try {
        const request = alias('lost@alpha.test');
        await expect(desk.apply(request, await desk.plan(request))).rejects.toMatchObject({ code: 'UNSAFE' });
      } finally {
        await host.exec(['rm', '-f', '/usr/local/sbin/postmap']);
      }
      const text = (await host.exec(['cat', '/etc/postfix/valias'])).stdout;
      expect(text).toContain('by-hand@alpha.test');
      expect(text).not.toContain('lost@alpha.test');
      expect(await served('lost@alpha.test')).toBe('');
    });

    test('killed while the map is built, the old state goes on being served and no half file is left', async () => {
      await host.exec([
        'bash',
        '-c',
        `cat > /usr/local/sbin/postmap <<'Y'\n#!/bin/sh\ncase $* in *postdeck-new*) kill -TERM $PPID; exit 1 ;; esac\nexec /usr/sbin/postmap "$@"\nY\nchmod 755 /usr/local/sbin/postmap`,
      ]);
      try {
        const request = alias('killed@alpha.test');
        await expect(desk.apply(request, await desk.plan(request))).rejects.toMatchObject({ name: 'Failure' });
      } finally {
        await host.exec(['rm', '-f', '/usr/local/sbin/postmap']);
      }
      expect(await served('killed@alpha.test')).toBe('');
      expect(await served('sales@alpha.test')).toBe('alice@alpha.test, bob@alpha.test');
      expect((await host.exec(['cat', '/etc/postfix/valias'])).stdout).not.toContain('killed@alpha.test');
    });

    test('cut between the two renames, the old map is served and the reading back tells so', async () => {
      const added = await desk.change(alias('cut@alpha.test'));
      // what that moment leaves: the new source, the old map
      await host.exec([
        'bash',
        '-c',
        'cd /etc/postfix && grep -v cut@ valias > /tmp/valias && postmap hash:/tmp/valias && cp /tmp/valias.db valias.db',
      ]);
      expect(await served('cut@alpha.test')).toBe('');
      expect((await desk.state(added)).neither).toEqual(['/etc/postfix/valias cut@alpha.test']);
      await host.exec(['postmap', '/etc/postfix/valias']);
      await desk.expectWhole(added);
      await desk.undo(added);
    });

    test.each(['lmdb', 'cdb', 'texthash'])('maps of type %s', async (type) => {
      await host.exec([
        'bash',
        '-c',
        `cd /etc/postfix && [ ${type} = texthash ] || postmap ${type}:valias; postconf -e virtual_alias_maps=${type}:/etc/postfix/valias; postfix reload`,
      ]);
      try {
        const other = await Desk.at(host);
        const added = await other.change(alias(`${type}@alpha.test`));
        expect(await served(`${type}@alpha.test`, `${type}:/etc/postfix/valias`)).toBe('alice@alpha.test');
        await other.undo(added);
        expect(await served(`${type}@alpha.test`, `${type}:/etc/postfix/valias`)).toBe('');
        await other.machine.close();
      } finally {
        await host.exec([
          'bash',
          '-c',
          'cd /etc/postfix && postmap hash:valias; postconf -e virtual_alias_maps=hash:/etc/postfix/valias; postfix reload',
        ]);
      }
    });

    test('two passwords set within a second, hashes of one length, both count', async () => {
      const carol = { by: 'addresses' as const, addresses: ['carol@alpha.test'] };
      // an hour ahead, so that the clock alone cannot make the next time a later one
      await host.exec(['touch', '-d', '+1 hour', '/etc/dovecot/users']);
      const times: number[] = [];
      const changes: string[] = [];
      for (const word of ['first', 'other']) {
        const id = await desk.change(
          { kind: 'accounts.edit', target: carol, secretId: 'x' },
          { 'carol@alpha.test': word },
        );
        changes.push(id);
        times.push(Number((await host.exec(['stat', '-c', '%Y', '/etc/dovecot/users'])).stdout));
        expect(await canLogIn(host, 'carol@alpha.test', word)).toBe(true);
      }
      expect(times[0]).toBeGreaterThan(Date.now() / 1000 + 1800);
      expect(times[1]).toBeGreaterThan(times[0] ?? Number.NaN);
      for (const id of changes.reverse()) await desk.undo(id);
    });

    test.each(['ops', 'opsn'] as const)('through sudo as %s, 2,000 entries at once, and back', async (user) => {
      const sudo = await Desk.at(host, user);
      const before = (await host.exec(['sha256sum', '/etc/postfix/valias'])).stdout;
      const aliases = Array.from({ length: 2000 }, (_, i) => ({
        name: `many${i}@alpha.test`,
        targets: ['alice@alpha.test', 'bob@alpha.test'],
      }));
      const added = await sudo.change({ kind: 'aliases.add', aliases });
      expect(await served('many1999@alpha.test')).toBe('alice@alpha.test, bob@alpha.test');
      await sudo.undo(added);
      await sudo.machine.close();
      expect((await host.exec(['sha256sum', '/etc/postfix/valias'])).stdout).toBe(before);
    });

    test('last logins, where the plugin keeps them', async () => {
      const conf =
        'protocol imap {\n  mail_plugins = $mail_plugins last_login\n}\nplugin {\n  last_login_dict = file:/var/vmail/last-login\n}\n';
      await host.exec(['tee', '/etc/dovecot/local.conf'], { stdin: conf });
      await host.exec(['doveadm', 'reload']);
      expect(await canLogIn(host, 'alice@alpha.test', 'pw')).toBe(true);
      const other = await Desk.at(host);
      const listed = await other.list();
      await other.machine.close();
      expect(listed.abilities?.lastLogin).toBe(true);
      const last = listed.accounts.find((account) => account.address === 'alice@alpha.test')?.lastLogin;
      expect(Date.now() - Date.parse(last ?? '')).toBeLessThan(120_000);
      await host.exec(['rm', '/etc/dovecot/local.conf']);
      await host.exec(['doveadm', 'reload']);
    });

    test('loops and dead ends are marked', async () => {
      const rings = await desk.change({
        kind: 'aliases.add',
        aliases: [
          { name: 'ring1@alpha.test', targets: ['ring2@alpha.test'] },
          { name: 'ring2@alpha.test', targets: ['ring1@alpha.test'] },
          { name: 'nowhere@alpha.test', targets: ['nobody@alpha.test'] },
        ],
      });
      const { aliases } = await desk.list();
      const marks = Object.fromEntries(aliases.map((entry) => [entry.name, entry.problem]));
      expect(marks).toMatchObject({
        'ring1@alpha.test': 'loop',
        'ring2@alpha.test': 'loop',
        'nowhere@alpha.test': 'dead-end',
        'sales@alpha.test': null,
      });
      expect((await desk.route('ring1@alpha.test')).at(-1)?.kind).toBe('loop');
      await desk.undo(rings);
    });

    test('no password and no hash is in the arguments of any process on the server', async () => {
      const seen = host.exec(
        ['bash', '-c', 'for i in $(seq 60); do cat /proc/[0-9]*/cmdline 2>/dev/null | tr "\\0" " "; sleep 0.05; done'],
        { timeout: 60_000 },
      );
      const secret = 'Sup3rSecretWord';
      const edit = await desk.change(
        { kind: 'accounts.edit', target: { by: 'addresses', addresses: ['carol@alpha.test'] }, secretId: 'x' },
        { 'carol@alpha.test': secret },
      );
      const { stdout } = await seen;
      expect(stdout).toContain('postdeck');
      expect(stdout).not.toContain(secret);
      expect(stdout).not.toMatch(/\$[56]\$/);
      await desk.undo(edit);
    });
  });

  describe('through the console', () => {
    let folder: string;
    let postdeck: Console;
    let client: RouterClient<Console['router']>;
    let serverId: string;
    beforeAll(async () => {
      const { address, keyFile, hostKeys } = lab().host('mx2');
      folder = mkdtempSync(join(tmpdir(), 'postdeck-test-'));
      postdeck = await compose({ dataDir: folder, door: 'cli', version: '0.0.0-test', keychain: null });
      client = createRouterClient(postdeck.router, { context: { access: 'write' } });
      const hostKey = hostKeys.find((key) => key.type === 'ssh-ed25519')?.fingerprint ?? null;
      const ssh = { host: address, port: 22, user: 'root', identityFile: keyFile, hostKey };
      serverId = (await client.servers.add({ name: 'sql', ssh })).id;
    });
    afterAll(async () => {
      await postdeck?.dispose();
      rmSync(folder, { recursive: true, force: true });
    });

    async function apply(plan: Plan): Promise<Change> {
      const { changeId, job } = await client.changes.apply({ planId: plan.id, understood: plan.undo === 'none' });
      for await (const jobs of await client.jobs.watch()) {
        const now = jobs.find(({ id }) => id === job.id);
        if (now && now.endedAt !== null) break;
      }
      return client.changes.show({ changeId });
    }

    test('an import of 300 rows is one change with one undo, and no password stays on this computer', async () => {
      const rows = Array.from(
        { length: 300 },
        (_, i) => `bulk${i}@gamma.test,${i % 2 === 0 ? `Own-secret-${i}` : ''},1G`,
      );
      const csv = `address,password,quota\n${rows.join('\n')}\n`;
      const checked = await client.accounts.checkImport({ serverId, what: 'accounts', csv, generate: true });
      expect([checked.rows, checked.problemsTotal, checked.generated]).toEqual([300, 0, 150]);
      const { secretId, accounts } = checked;
      if (secretId === null) throw new Error('no passwords were prepared');
      const request = { kind: 'accounts.add' as const, serverId, accounts, secretId };
      const added = await apply(await client.changes.plan({ request }));
      expect(added).toMatchObject({ status: 'done', applied: 300, verified: true, undoable: true });
      const told = await client.accounts.generated({ secretId });
      expect(told).toHaveLength(150);
      const host = lab().host('mx2');
      expect(await canLogIn(host, 'bulk0@gamma.test', 'Own-secret-0')).toBe(true);
      expect(await canLogIn(host, told[0]?.address ?? '', told[0]?.password ?? '')).toBe(true);
      const listed = await client.accounts.list({ serverId, filter: { text: 'bulk' }, count: 10 });
      expect([listed.matching, listed.accounts.length]).toEqual([300, 10]);

      const undone = await apply(await client.changes.planUndo({ changeId: added.id }));
      expect(undone).toMatchObject({ status: 'done', verified: true });
      expect((await client.accounts.list({ serverId, filter: { text: 'bulk' }, usage: false })).matching).toBe(0);
      expect(await canLogIn(host, 'bulk0@gamma.test', 'Own-secret-0')).toBe(false);
      expect(await client.changes.verify()).toMatchObject({ ok: true });

      for (const file of readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
        entry.isFile(),
      )) {
        const content = readFileSync(join(file.parentPath, file.name), 'latin1');
        expect(content.includes('Own-secret'), file.name).toBe(false);
        expect(content.includes(told[0]?.password ?? ''), file.name).toBe(false);
        expect(/\$6\$[a-zA-Z0-9./]/.test(content), file.name).toBe(false);
      }
    });

    test('one bad row, and nothing is written', async () => {
      const csv = 'address,password\nfine@gamma.test,pw\nalice@gamma.test,pw\n';
      const checked = await client.accounts.checkImport({ serverId, what: 'accounts', csv });
      expect([checked.secretId, checked.problemsTotal]).toEqual([null, 1]);
      expect((await client.accounts.list({ serverId, filter: { text: 'fine@' }, usage: false })).matching).toBe(0);
    });

    test('a row that somebody else adds between plan and apply ends the whole import, and nothing is written', async () => {
      const csv = 'address,password\nfirst@gamma.test,pw\nsecond@gamma.test,pw\n';
      const { secretId, accounts } = await client.accounts.checkImport({ serverId, what: 'accounts', csv });
      if (secretId === null) throw new Error('no passwords were prepared');
      const plan = await client.changes.plan({ request: { kind: 'accounts.add', serverId, accounts, secretId } });
      const sql =
        "INSERT INTO mailbox (username,password,name,maildir,local_part,domain) VALUES ('second@gamma.test','x','','y','second','gamma.test')";
      await lab().host('mx2').exec(['runuser', '-u', 'postgres', '--', 'psql', '-d', 'postfix', '-c', sql]);
      const change = await apply(plan);
      expect(change).toMatchObject({ status: 'failed', applied: 0 });
      expect((await client.accounts.list({ serverId, filter: { text: 'first@' }, usage: false })).matching).toBe(0);
    });
  });
});
