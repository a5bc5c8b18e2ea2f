/** Accounts through sudo by a login that has the printed sudoers lines and nothing else, over every way of keeping them. */
import { randomBytes } from 'node:crypto';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { READ } from '#drivers/postfix-dovecot/accounts/read-script.ts';
import { ROUTE } from '#drivers/postfix-dovecot/accounts/route.ts';
import { runScript } from '#drivers/postfix-dovecot/root-script.ts';
import { openSession } from '#drivers/postfix-dovecot/session.ts';
import type { Capability } from '#shared/model/server.ts';
import { NO_SIEVE } from '#shared/model/sieve.ts';
import type { LabHost } from '../lab/host.ts';
import { until } from '../lab/index.ts';
import { Desk, use } from './accounts-lab.ts';
import { describeAccountsLab } from './describe-accounts-lab.ts';
import { canLogIn, submit } from './mail-check.ts';

const FILE = '/etc/sudoers.d/limited';
const NEVER = new AbortController().signal;
const LOOK = /^# Postdeck: look at accounts/;
const MAIL = /^# Postdeck: read the mail of every user/;
const CHANGE = /^# Postdeck: change accounts/;

/** The parts of the printed file by their first lines. */
function partsOf(lines: readonly string[]): string[][] {
  const parts: string[][] = [];
  for (const line of lines) {
    if (line.startsWith('#')) parts.push([line]);
    else parts.at(-1)?.push(line);
  }
  return parts;
}

describeAccountsLab('accounts with least rights', (lab) => {
  describe.concurrent.each([
    { name: 'mx1', domain: 'alpha.test', kinds: ['passwd-file'] },
    { name: 'mx2', domain: 'gamma.test', kinds: ['sql', 'postgresql'] },
    { name: 'mx3', domain: 'epsilon.test', kinds: ['system'] },
  ] as const)('$name', ({ name, domain, kinds }) =>
    // forty changes through sudo in one test: a busy machine takes minutes for them
    describe.each(kinds)('%s', { concurrent: false, timeout: 600_000 }, (kind) => {
      let host: LabHost;
      let desk: Desk;
      let eve: string;
      const only = () => ({ by: 'addresses' as const, addresses: [eve] });
      const add = () => ({
        kind: 'accounts.add' as const,
        accounts: [{ address: eve, name: 'Eve', quota: null, expires: null }],
        secretId: 'x',
      });

      const probe = () => openSession(desk.machine).probe(NEVER);
      const allow = async (lines: readonly string[]): Promise<void> => {
        await host.write(FILE, `${lines.join('\n')}\n`);
        expect((await host.exec(['visudo', '-cf', FILE])).stdout).toContain('parsed OK');
      };
      const loginOf = (address: string): string =>
        kind === 'system' ? address.slice(0, address.indexOf('@')) : address;
      const inbox = (address: string) =>
        desk.accounts.mail.page({ login: loginOf(address), folder: 'INBOX' }, { text: '', offset: 0, count: 5 }, NEVER);
      const missing = (capabilities: readonly Capability[]): string[] =>
        capabilities.flatMap((one) => (one.available ? [] : [one.id]));

      beforeAll(async () => {
        host = lab().host(name);
        if (kind === 'postgresql') await use(host, 'pgsql');
      }, 150_000);
      beforeEach(async () => {
        await host.exec(['rm', '-f', FILE]);
        eve = `eve${randomBytes(4).toString('hex')}@${domain}`;
        desk = await Desk.at(host, 'limited');
      });
      afterEach(async () => {
        await desk.machine.close();
        await host.exec(['rm', '-f', FILE]);
      });

      test('with no line of sudoers nothing is read, and all parts are offered by name', async () => {
        await expect(desk.list()).rejects.toMatchObject({ code: 'SUDO_REFUSED' });
        const { capabilities, sudoers } = await probe();
        expect(missing(capabilities)).toEqual(expect.arrayContaining(['accounts.read', 'accounts.change']));
        expect(partsOf(sudoers).map(([title]) => title)).toEqual([
          '# Postdeck: queue and mail log',
          expect.stringMatching(LOOK),
          expect.stringMatching(MAIL),
          expect.stringMatching(CHANGE),
        ]);
      });

      test('the part for looking shows everything and changes nothing', async () => {
        const look = partsOf((await probe()).sudoers).find(([title]) => LOOK.test(title ?? '')) ?? [];
        await allow(look);
        const { capabilities, sudoers } = await probe();
        expect(missing(capabilities)).toContain('accounts.change');
        expect(missing(capabilities)).not.toContain('accounts.read');
        expect(sudoers.some((line) => LOOK.test(line))).toBe(false);

        const alice = `alice@${domain}`;
        expect((await desk.list(true)).accounts.map(({ address }) => address)).toContain(alice);
        // a mailbox that nobody has used yet has no folder; whoever asks for INBOX makes it
        await host.exec(['doveadm', 'mailbox', 'status', '-u', loginOf(alice), 'messages', 'INBOX']);
        expect((await desk.mailbox(alice)).folders.map((folder) => folder.name)).toContain('INBOX');
        expect((await desk.route(alice)).at(-1)?.kind).toMatch(/^(mailbox|local)$/);
        await expect(inbox(alice)).rejects.toMatchObject({ code: 'SUDO_REFUSED' });
        await expect(desk.change(add(), { [eve]: 'pw' })).rejects.toMatchObject({ code: 'SUDO_REFUSED' });
        await expect(
          desk.change({
            kind: 'accounts.block',
            target: { by: 'addresses', addresses: [alice] },
            sending: false,
            receiving: false,
          }),
        ).rejects.toMatchObject({ code: 'SUDO_REFUSED' });
        expect((await desk.list()).accounts.find(({ address }) => address === alice)?.blocked).toBe(false);
        expect(await canLogIn(host, alice, 'pw')).toBe(true);
      });

      test('whoever may look cannot have other files read, other tables asked, or other scripts run', async () => {
        await allow((await probe()).sudoers);
        await host.write('/etc/postfix/relay_secret', 'relay.test user:hunter2\n');
        await host.ok(['postconf', '-e', 'smtp_sasl_password_maps = texthash:/etc/postfix/relay_secret']);
        try {
          const US = '\x1f';
          const paths = [
            '/etc/shadow',
            '/etc/dovecot/dovecot-sql.conf.ext',
            '/etc/postfix/relay_secret',
            '/root/.ssh/id_ed25519',
          ];
          const { stdout } = await runScript(desk.machine, READ, {
            name: 'try',
            data: [
              ...paths.map((path) => `file${US}${path}`),
              `answers${US}texthash${US}/etc/postfix/relay_secret${US}11\nrelay.test`,
              `schema${US}x${US}mysql${US}/etc/shadow${US}${US}${US}root${US}mysql`,
              `logins${US}file:/etc/shadow`,
              'users',
              '',
            ].join('\n'),
          });
          const told = stdout
            .toString()
            .split('\n')
            .map((line) => Buffer.from(line.split(' ')[1] ?? '', 'base64').toString());
          expect(told.join('\n')).not.toMatch(/^root:[^x]|hunter2|PRIVATE KEY|password *=/m);
          const asked = await runScript(desk.machine, ROUTE, {
            name: 'try',
            data: 'texthash:/etc/postfix/relay_secret\trelay.test\ntexthash:/etc/shadow\troot\n',
          });
          expect(asked.stdout.toString()).toBe('');
        } finally {
          await host.exec(['postconf', '-X', 'smtp_sasl_password_maps']);
        }
        // the same loader with another script, longer or shorter, or one byte off
        const [sh = '', c = '', loader = '', word = '', size = '', digest = ''] = READ.argv;
        const tries: [string[], string][] = [
          [[sh, c, loader, word, '3', digest], 'id\n'],
          [[sh, c, loader, word, size, digest.replace(/./, (x) => (x === '0' ? '1' : '0'))], READ.source],
          [[sh, c, loader, 'x', size, digest], READ.source],
          [[sh, c, 'id'], ''],
        ];
        for (const [argv, stdin] of tries) {
          await expect(desk.machine.run({ name: 'try', argv, root: true, stdin })).rejects.toMatchObject({
            code: 'SUDO_REFUSED',
          });
        }
        const altered = READ.source.replace('exit 0', 'exec id');
        expect(altered).toHaveLength(READ.source.length + 1);
        for (const stdin of ['', 'id\n', altered, altered.slice(1), READ.source.slice(0, -1)]) {
          const ran = await desk.machine.run({ name: 'try', argv: READ.argv, root: true, stdin, okExit: [64] });
          expect([ran.exit, ran.stdout.toString()]).toEqual([64, '']);
        }
        // sudo compares arguments joined by spaces: a loader cut at one is allowed by it, and ends itself at once
        const words = loader.split(' ');
        for (let cut = 1; cut < words.length; cut += 1) {
          const argv = [sh, c, words.slice(0, cut).join(' '), ...words.slice(cut), word, size, digest];
          const ran = await desk.machine.run({
            name: 'try',
            argv,
            root: true,
            stdin: 'id\n',
            okExit: [0, 1, 2, 64, 127],
          });
          expect([cut, ran.stdout.toString()]).toEqual([cut, '']);
        }
      });

      test('with all of the printed lines everything is done, and undone', async () => {
        await allow((await probe()).sudoers);
        const { capabilities, sudoers } = await probe();
        expect([missing(capabilities), sudoers]).toEqual([[], []]);

        const added = await desk.change(add(), { [eve]: 'first' });
        expect(await canLogIn(host, eve, 'first')).toBe(true);
        const block = await desk.change({ kind: 'accounts.block', target: only(), sending: true, receiving: true });
        expect(await canLogIn(host, eve, 'first')).toBe(false);
        await desk.undo(block);
        const edit = await desk.change({ kind: 'accounts.edit', target: only(), secretId: 'x' }, { [eve]: 'second' });
        expect(await canLogIn(host, eve, 'second')).toBe(true);
        await desk.undo(edit);
        expect(await canLogIn(host, eve, 'first')).toBe(true);

        expect(await submit(host, `alice@${domain}`, 'pw', `alice@${domain}`, `bob@${domain}`, eve)).toBeNull();
        await until(async () => (await inbox(`bob@${domain}`)).items[0]?.subject === eve, 'the message to be seen');
        const alias = `least@${domain}`;
        const aliased = await desk.change({ kind: 'aliases.add', aliases: [{ name: alias, targets: [eve] }] });
        expect((await desk.route(alias)).map((step) => step.address)).toContain(eve);
        await desk.undo(aliased);
        const forward = { to: [`alice@${domain}`], keep: true };
        const rules = await desk.change({ kind: 'accounts.sieve', address: eve, settings: { ...NO_SIEVE, forward } });
        expect((await desk.mailbox(eve)).sieve).toMatchObject({ available: true, settings: { forward } });
        await desk.undo(rules);

        const accounts = Array.from({ length: 20 }, (_, i) => ({
          address: `n${i}@${domain}`,
          name: '',
          quota: null,
          expires: null,
        }));
        const imported = await desk.change(
          { kind: 'accounts.add', accounts, secretId: 'x' },
          Object.fromEntries(accounts.map(({ address }) => [address, 'pw'])),
        );
        expect(await canLogIn(host, `n19@${domain}`, 'pw')).toBe(true);
        await desk.undo(imported);

        // the only domain of system users is the host's own
        if (kind !== 'system') {
          const own = `${eve.slice(0, eve.indexOf('@'))}.test`;
          const grown = await desk.change({ kind: 'domains.add', domain: own });
          expect((await desk.list()).domains.map((one) => one.domain)).toContain(own);
          await desk.undo(grown);
        }
        await desk.undo(added);
        expect(await canLogIn(host, eve, 'first')).toBe(false);
      });
    }),
  );
});
