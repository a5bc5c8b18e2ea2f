/** Looking into users' mail on real servers, one a way of keeping accounts: what is seen, and that nothing is altered. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRouterClient } from '@orpc/server';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compose } from '#core/compose.ts';
import type { MailVerbs } from '#drivers/mail.ts';
import { type Lab, LAB_START_TIMEOUT, labAvailable } from '../lab/index.ts';
import type { LabHost } from '../lab/host.ts';
import { Desk, startAccountsLab } from './accounts-lab.ts';

const available = labAvailable();
const never = new AbortController().signal;

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

describe('looking into mailboxes', {
  skip: !available.ok,
  meta: available.ok ? {} : { reason: available.why },
}, () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await startAccountsLab();
  }, LAB_START_TIMEOUT + 120_000);
  afterAll(async () => {
    if (process.env.POSTDECK_LAB_KEEP === undefined) await lab?.down();
  }, 60_000);

  describe.each([
    { kind: 'passwd-file', name: 'mx1', login: 'carol@alpha.test' },
    { kind: 'sql', name: 'mx2', login: 'carol@gamma.test' },
    { kind: 'system', name: 'mx3', login: 'carol' },
  ] as const)('$kind', ({ name, login }) => {
    let host: LabHost;
    let desk: Desk;
    let mail: MailVerbs;
    const folder = 'Zażółć "x\' *';

    const flags = async (): Promise<string> => {
      const all = ['uid flags guid date.saved', 'ALL'] as const;
      return (await host.ok(['doveadm', 'fetch', '-u', login, ...all])).trim();
    };

    beforeAll(async () => {
      host = lab.host(name);
      desk = await Desk.at(host);
      mail = desk.accounts.mail;
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
      await expect(nobody).rejects.toMatchObject({ code: 'NOT_FOUND' });
    });

    test('hands out the bytes as they are stored, and alters no flag by any of this', async () => {
      const before = await flags();
      const { items } = await mail.page({ login, folder: 'INBOX' }, { text: '', offset: 0, count: 10 }, never);
      for (const [at, item] of items.toReversed().entries()) {
        const opened = await mail.open({ login, folder: 'INBOX', uid: item.uid }, never);
        const parts: Buffer[] = [];
        for await (const part of opened.source) parts.push(part as Buffer);
        const stored = Buffer.concat(parts).toString('latin1').replaceAll('\r\n', '\n');
        expect(stored).toBe((MAILS[at] ?? Buffer.alloc(0)).toString('latin1').replaceAll('\r\n', '\n'));
        expect(opened.item).toEqual(item);
      }
      const gone = mail.open({ login, folder: 'INBOX', uid: 4_000_000 }, never);
      await expect(gone).rejects.toMatchObject({ code: 'NOT_FOUND' });
      expect(await flags()).toBe(before);
      expect(before).not.toContain('\\Seen');
    });
  });

  test('who looked at what stands in the journal, once for a look, and cannot be undone', async () => {
    const { address, keyFile, hostKeys } = lab.host('mx2');
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
