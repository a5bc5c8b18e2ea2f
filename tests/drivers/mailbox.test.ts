/** Looking into users' mail on real servers, one a way of keeping accounts: what is seen, and that nothing is altered. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRouterClient } from '@orpc/server';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compose } from '#core/compose.ts';
import type { MailVerbs } from '#drivers/mail.ts';
import { until } from '../lab/index.ts';
import type { LabHost } from '../lab/host.ts';
import { Desk } from './accounts-lab.ts';
import { describeAccountsLab } from './describe-accounts-lab.ts';

const never = new AbortController().signal;
const MASTER = { user: 'master', password: 'masterpw' };

/** Stored as they are by `doveadm save`: encoded words, raw 8-bit, NUL, a folded subject, nothing at all. */
const MAILS: readonly Buffer[] = [
  Buffer.from(
    'From: =?utf-8?q?Zo=C3=AB?= <zoe@sink.test>\r\nTo: x@y\r\nSubject: =?utf-8?q?Za=C5=BC=C3=B3=C5=82=C4=87?= one\r\n\r\nbody one\r\n',
  ),
  Buffer.concat([
    Buffer.from('From: "a\tb" <b@sink.test>,\r\n\tc@d\r\nSubject: raw '),
    Buffer.from([0xb1, 0xff]),
    Buffer.from(' "quo\\te"\x1b[31m\r\n folded\r\n\r\n\0 \xff bytes', 'latin1'),
  ]),
  Buffer.from('no header at all'),
  Buffer.from('From: bob@sink.test\nSubject: the newest -x ( OR ALL )\n\nlast\n'),
];

describeAccountsLab('looking into mailboxes', (lab) => {
  describe.each([
    { kind: 'passwd-file', name: 'mx1', login: 'carol@alpha.test', by: 'doveadm' },
    { kind: 'passwd-file', name: 'mx1', login: 'carol@alpha.test', by: 'IMAP' },
    { kind: 'sql', name: 'mx2', login: 'carol@gamma.test', by: 'doveadm' },
    { kind: 'sql', name: 'mx2', login: 'carol@gamma.test', by: 'IMAP' },
    { kind: 'system', name: 'mx3', login: 'carol', by: 'doveadm' },
  ] as const)('$kind, $by', ({ name, login, by }) => {
    let host: LabHost;
    let desk: Desk;
    let mail: MailVerbs;
    const folder = 'Zażółć "x\' *';

    const flags = async (): Promise<string> => {
      const all = ['uid flags guid date.saved', 'ALL'] as const;
      return (await host.ok(['doveadm', 'fetch', '-u', login, ...all])).trim();
    };

    beforeAll(async () => {
      host = lab().host(name);
      desk = await Desk.at(host);
      mail = by === 'IMAP' ? desk.accounts.masterMail.verbs(MASTER) : desk.accounts.mail;
      await host.exec(['doveadm', 'expunge', '-u', login, 'mailbox', '*', 'ALL']);
      await host.exec(['doveadm', 'mailbox', 'create', '-u', login, folder]);
      for (const [at, bytes] of MAILS.entries()) {
        await host.write(`/tmp/mail-${at}`, bytes);
        await host.ok(['doveadm', 'save', '-u', login, '-m', 'INBOX', `/tmp/mail-${at}`]);
      }
      await host.ok(['doveadm', 'save', '-u', login, '-m', folder, '/tmp/mail-0']);
    }, 60_000);
    afterAll(() => desk?.machine.close());

    test('lists a folder newest first, in windows, with every header as text', async () => {
      const page = await mail.page({ login, folder: 'INBOX' }, { text: '', offset: 0, count: 3 }, never);
      expect(page).toMatchObject({ total: 4, matching: 4 });
      expect(page.items.map(({ subject }) => subject)).toEqual([
        'the newest -x ( OR ALL )',
        '',
        'raw � "quo\\te"\u001b[31m folded',
      ]);
      const rest = await mail.page({ login, folder: 'INBOX' }, { text: '', offset: 3, count: 3 }, never);
      expect(rest.items).toMatchObject([{ subject: 'Zażółć one', from: 'Zoë <zoe@sink.test>' }]);
      const past = await mail.page({ login, folder: 'INBOX' }, { text: '', offset: 9, count: 3 }, never);
      expect(past.items).toEqual([]);
    });

    test('searches for a fragment as it was typed, also where it looks like a query or an option', async () => {
      const find = async (text: string): Promise<string[]> => {
        const page = await mail.page({ login, folder: 'INBOX' }, { text, offset: 0, count: 10 }, never);
        expect(page.matching).toBe(page.items.length);
        return page.items.map(({ subject }) => subject);
      };
      expect(await find('zoe@sink')).toEqual(['Zażółć one']);
      expect(await find('ZAŻÓŁĆ')).toEqual(['Zażółć one']);
      expect(await find('( OR ALL )')).toEqual(['the newest -x ( OR ALL )']);
      expect(await find('-x')).toEqual(['the newest -x ( OR ALL )']);
      for (const nothing of ['ALL', ')', 'OR', '"', '$(id)', '* UID 1', '\\']) {
        const subjects = await find(nothing);
        expect(
          subjects.every(
            (subject) => subject.toLowerCase().includes(nothing.toLowerCase()) || nothing === '"' || nothing === '\\',
          ),
        ).toBe(true);
      }
    });

    test('opens a folder by its name to the letter, and says when there is none', async () => {
      const page = await mail.page({ login, folder }, { text: '', offset: 0, count: 10 }, never);
      expect(page).toMatchObject({ total: 1, items: [{ subject: 'Zażółć one' }] });
      for (const other of ['INB*', 'Nowhere', '-u', '%']) {
        const asked = mail.page({ login, folder: other }, { text: '', offset: 0, count: 10 }, never);
        await expect(asked).rejects.toMatchObject({ code: 'NOT_FOUND' });
      }
      const nobody = mail.page(
        { login: 'nobody-there@nowhere.test', folder: 'INBOX' },
        { text: '', offset: 0, count: 1 },
        never,
      );
      await expect(nobody).rejects.toMatchObject({ code: by === 'IMAP' ? 'UNSUPPORTED' : 'NOT_FOUND' });
    });

    test('hands out the bytes as they are stored, and alters no flag by any of this', async () => {
      const before = await flags();
      const { items } = await mail.page({ login, folder: 'INBOX' }, { text: '', offset: 0, count: 10 }, never);
      for (const [at, item] of items.toReversed().entries()) {
        const opened = await mail.open({ login, folder: 'INBOX', uid: item.uid }, never);
        const parts: Buffer[] = [];
        for await (const part of opened.source) parts.push(part as Buffer);
        const stored = Buffer.concat(parts).toString('latin1').replaceAll('\r\n', '\n');
        const was = (MAILS[at] ?? Buffer.alloc(0)).toString('latin1').replaceAll('\r\n', '\n');
        // IMAP has no NUL (RFC 3501 9, CHAR8): Dovecot writes another byte in its place
        expect(stored).toBe(by === 'IMAP' ? was.replaceAll('\0', '\x80') : was);
        expect(opened.item).toEqual(item);
      }
      const gone = mail.open({ login, folder: 'INBOX', uid: 4_000_000 }, never);
      await expect(gone).rejects.toMatchObject({ code: 'NOT_FOUND' });
      expect(await flags()).toBe(before);
      expect(before).not.toContain('\\Seen');
    });
  });

  test('a master user is tried before it is kept, and gives way to doveadm where Dovecot does not let it in', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'postdeck-test-'));
    const postdeck = await compose({ dataDir: folder, door: 'cli', version: '0.0.0-test', keychain: null });
    const mx1 = lab().host('mx1');
    const alice = 'alice@alpha.test';
    try {
      const client = createRouterClient(postdeck.router, { context: { access: 'write' } });
      const added = async (name: 'mx1' | 'mx3') => {
        const { address, keyFile, hostKeys } = lab().host(name);
        const hostKey = hostKeys.find((key) => key.type === 'ssh-ed25519')?.fingerprint ?? null;
        return client.servers.add({
          name,
          ssh: { host: address, port: 22, user: 'root', identityFile: keyFile, hostKey },
        });
      };
      const { id: serverId } = await added('mx1');
      const by = async (address: string) => {
        await client.mailboxes.messages({ serverId, address, folder: 'INBOX' });
        return (await client.changes.list({})).changes[0]?.title.values['by'];
      };
      expect(await client.mailboxes.way({ serverId })).toEqual({ by: 'doveadm', user: null, why: null });
      expect(await by(alice)).toBe('doveadm fetch');
      const master = { serverId, address: alice, user: 'master', keep: 'session' as const };
      const wrong = client.mailboxes.setMaster({ ...master, password: 'not this' });
      await expect(wrong).rejects.toMatchObject({ data: { message: { id: 'mailbox.master.refused' } } });
      expect(await client.mailboxes.way({ serverId })).toMatchObject({ by: 'doveadm' });
      expect(await client.mailboxes.setMaster({ ...master, password: MASTER.password })).toEqual({ kept: 'session' });
      expect(await client.mailboxes.way({ serverId })).toEqual({ by: 'imap', user: 'master', why: null });
      expect(await by('bob@alpha.test')).toBe('IMAP, master');

      // a blocked account is closed to master users as well: it is read all the same
      const carol = 'carol@alpha.test';
      await mx1.write('/etc/dovecot/deny-users', `${carol}:\n`);
      await until(
        async () => (await mx1.exec(['doveadm', 'auth', 'test', carol, 'pw'])).stdout.includes('auth failed'),
        'the account to be closed',
        15_000,
      );
      expect(await by(carol)).toBe('doveadm fetch');
      await mx1.write('/etc/dovecot/deny-users', '');

      expect(await client.mailboxes.forgetMaster({ serverId })).toEqual({ forgotten: true });
      expect(await client.mailboxes.way({ serverId })).toMatchObject({ by: 'doveadm' });

      // where PAM checks passwords, nobody can be let in without one
      const system = await added('mx3');
      const asCarol = { ...master, serverId: system.id, address: 'carol@epsilon.test', password: MASTER.password };
      await expect(client.mailboxes.setMaster(asCarol)).rejects.toMatchObject({
        data: { message: { id: 'mailbox.master.not-as' } },
      });
    } finally {
      await mx1.write('/etc/dovecot/deny-users', '');
      await postdeck.dispose();
      rmSync(folder, { recursive: true, force: true });
    }
  }, 90_000);

  test('IMAP is reached by TLS where nothing else listens, and not at all where sshd forwards nothing', async () => {
    const mx1 = lab().host('mx1');
    const place = { login: 'alice@alpha.test', folder: 'INBOX' };
    const asked = { text: '', offset: 0, count: 1 };
    const look = async () => {
      const desk = await Desk.at(mx1);
      try {
        return await desk.accounts.masterMail.verbs(MASTER).page(place, asked, never);
      } finally {
        await desk.machine.close();
      }
    };
    try {
      await mx1.write('/etc/dovecot/local.conf', 'ssl = required\n');
      await mx1.ok(['doveadm', 'reload']);
      expect(await look()).toMatchObject({ folder: 'INBOX' });
      await mx1.write(
        '/etc/dovecot/local.conf',
        'service imap-login {\n  inet_listener imap {\n    port = 0\n  }\n}\n',
      );
      await mx1.ok(['/lab/host/svc.sh', 'restart', 'dovecot']);
      expect(await look()).toMatchObject({ folder: 'INBOX' });
      await mx1.write('/etc/ssh/sshd_config.d/postdeck-test.conf', 'AllowTcpForwarding no\n');
      await mx1.ok(['/lab/host/svc.sh', 'reload', 'sshd']);
      await expect(look()).rejects.toMatchObject({ code: 'CONNECT_FAILED' });
      await mx1.write('/etc/dovecot/local.conf', 'auth_master_user_separator =\n');
      await mx1.ok(['/lab/host/svc.sh', 'restart', 'dovecot']);
      const desk = await Desk.at(mx1);
      expect(await desk.accounts.masterMail.offered(never)).toMatchObject({ offered: false });
      await desk.machine.close();
    } finally {
      await mx1.exec(['rm', '-f', '/etc/dovecot/local.conf', '/etc/ssh/sshd_config.d/postdeck-test.conf']);
      await mx1.exec(['/lab/host/svc.sh', 'reload', 'sshd']);
      await mx1.exec(['/lab/host/svc.sh', 'restart', 'dovecot']);
    }
  }, 90_000);

  test('who looked at what stands in the journal, once for a look, and cannot be undone', async () => {
    const { address, keyFile, hostKeys } = lab().host('mx2');
    const folder = mkdtempSync(join(tmpdir(), 'postdeck-test-'));
    const postdeck = await compose({ dataDir: folder, door: 'cli', version: '0.0.0-test', keychain: null });
    try {
      const client = createRouterClient(postdeck.router, { context: { access: 'write' } });
      const hostKey = hostKeys.find((key) => key.type === 'ssh-ed25519')?.fingerprint ?? null;
      const ssh = { host: address, port: 22, user: 'root', identityFile: keyFile, hostKey };
      const serverId = (await client.servers.add({ name: 'sql', ssh })).id;
      const inbox = { serverId, address: 'carol@gamma.test', folder: 'INBOX' };
      const page = await client.mailboxes.messages({ ...inbox, text: 'zoe@' });
      await client.mailboxes.messages({ ...inbox, offset: 2 });
      const uid = page.items[0]?.uid ?? 0;
      const opened = await client.mailboxes.message({ ...inbox, uid });
      expect(opened.mail).toMatchObject({ subject: 'Zażółć one', text: 'body one\n', truncated: false });
      const source: string[] = [];
      for await (const { items } of await client.mailboxes.source({ ...inbox, uid })) source.push(...items);
      expect(Buffer.from(source.join(''), 'base64').toString('utf8')).toContain('body one');

      const { changes, total } = await client.changes.list({});
      expect(total).toBe(2);
      expect(changes.map(({ kind, undoable, who, title }) => [kind, undoable, who !== '', title.values])).toEqual([
        [
          'mailbox.look',
          false,
          true,
          { uid: String(uid), folder: 'INBOX', address: 'carol@gamma.test', by: 'doveadm fetch' },
        ],
        ['mailbox.look', false, true, { folder: 'INBOX', address: 'carol@gamma.test', by: 'doveadm fetch' }],
      ]);
      await expect(client.changes.planUndo({ changeId: changes[0]?.id ?? '' })).rejects.toMatchObject({
        code: 'UNSAFE',
      });
      expect(await client.changes.verify()).toMatchObject({ ok: true, entries: 2 });
      await expect(client.mailboxes.messages({ ...inbox, address: 'nobody@gamma.test' })).rejects.toMatchObject({
        code: 'NOT_FOUND',
      });
    } finally {
      await postdeck.dispose();
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
