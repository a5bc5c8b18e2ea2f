/**
 * Users' own settings in the server's SpamAssassin, kept in files below the mail, in homes of system users and in SQL:
 * judged by mail that Postfix really hands to spamd, before, after, and after undo.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { FilterSettings } from '#shared/model/user-filter.ts';
import { until } from '../lab/index.ts';
import type { LabHost } from '../lab/host.ts';
import { Desk } from './accounts-lab.ts';
import { describeAccountsLab } from './describe-accounts-lab.ts';
import { fromOutside, submit } from './mail-check.ts';

/** What the lab's own rule gives mail of a suspicious subject; SpamAssassin's own rules add less than three to it. */
const SUSPECT = 7;

describeAccountsLab('SpamAssassin’s settings of single users', (lab) => {
  describe.each([
    { how: 'virtual', name: 'mx1', domain: 'alpha.test', login: 'alice@alpha.test' },
    { how: 'sql', name: 'mx2', domain: 'gamma.test', login: 'alice@gamma.test' },
    { how: 'home', name: 'mx3', domain: 'epsilon.test', login: 'alice' },
  ] as const)('$how', ({ how, name, domain, login }) => {
    const alice = `alice@${domain}`;
    const prefs =
      how === 'home' ? '/home/alice/.spamassassin/user_prefs' : `/var/vmail/${domain}/alice/.spamassassin/user_prefs`;
    let host: LabHost;
    let desk: Desk;
    let sent = 0;
    beforeAll(async () => {
      host = lab().host(name);
      await host.ok(['bash', '/lab/host/variant-spamassassin.sh', how], { timeout: 60_000 });
      // a run that broke off may have left settings
      await host.exec(['rm', '-rf', prefs.replace('/user_prefs', '')]);
      if (how === 'sql') await host.ok(['mysql', 'spamassassin', '-e', 'DELETE FROM userpref']);
      desk = await Desk.at(host);
    }, 90_000);
    afterAll(async () => {
      await host.exec(['bash', '/lab/host/variant-spamassassin.sh', 'off'], { timeout: 60_000 });
      await desk?.machine.close();
    }, 60_000);

    /** What SpamAssassin wrote into mail that came in at port 25: its verdict, the threshold, its rules. */
    async function judged(subject: string, from = 'joe@sink.test'): Promise<string> {
      const unique = `${subject} ${++sent}x${Date.now()}`;
      expect(await fromOutside(host, alice, unique, from)).toBeNull();
      let status = '';
      await until(
        async () => {
          const fields = 'hdr.x-spam-status';
          const found = await host.exec(['doveadm', '-f', 'flow', 'fetch', '-u', login, fields, 'subject', unique]);
          status = found.stdout.replaceAll(/\s+/g, ' ');
          return status !== '';
        },
        'the message to arrive',
        30_000,
      );
      return status;
    }
    const filter = async () => {
      const { filters } = await desk.mailbox(alice);
      return filters.find(({ name: each }) => each === 'SpamAssassin');
    };
    const set = (settings: FilterSettings) =>
      desk.change({ kind: 'accounts.filter', address: alice, filter: 'SpamAssassin', settings });

    test('threshold, senders let in and senders kept out count for this user at once, and not after undo', async () => {
      expect(await filter()).toMatchObject({ settings: { threshold: null }, usual: 5, readOnly: null, note: null });
      expect(await judged('suspect')).toMatch(/Yes.*required=5\.0.*LAB_SUSPECT/);
      expect(await judged('minutes')).toMatch(/No.*required=5\.0/);

      const settings = { threshold: SUSPECT + 6.5, allow: ['joe@sink.test'], deny: ['@evil.test'] };
      const first = await set({ ...settings, allow: [], deny: [] });
      expect(await judged('suspect')).toMatch(/No.*required=13\.5.*LAB_SUSPECT/);
      const second = await set(settings);
      expect((await filter())?.settings).toEqual(settings);
      expect(await judged('suspect')).toMatch(/No.*USER_IN_(WELCOME|WHITE)LIST/);
      expect(await judged('minutes', 'ann@evil.test')).toMatch(/Yes.*USER_IN_(BLOCK|BLACK)LIST/);
      // nobody else's mail is judged by it
      await expect(set(settings)).rejects.toMatchObject({ code: 'BAD_INPUT' });

      await desk.undo(second);
      expect(await judged('minutes', 'ann@evil.test')).toMatch(/No.*required=13\.5/);
      await desk.undo(first);
      expect(await judged('suspect')).toMatch(/Yes.*required=5\.0/);
      expect(await filter()).toMatchObject({ settings: { threshold: null, allow: [], deny: [] } });
      // in a home spamd itself has put a file meanwhile (--create-prefs)
      if (how === 'virtual') expect((await host.exec(['ls', prefs])).stdout).toBe('');
    }, 180_000);

    if (how === 'sql') {
      test('rows of other preferences, other spellings and other users are left alone', async () => {
        const rows = [
          [alice, 'rewrite_header subject', '*** spam ***'],
          [alice, 'whitelist_from', 'old@sink.test'],
          [alice, 'blacklist_from', '*@*.bad.test'],
          ['bob@gamma.test', 'whitelist_from', 'joe@sink.test'],
        ];
        const values = rows.map((row) => `('${row.join("','")}')`).join(',');
        const all = () =>
          host.ok([
            'mysql',
            'spamassassin',
            '-Ne',
            'SELECT username, preference, value FROM userpref ORDER BY 1, 2, 3',
          ]);
        await host.ok([
          'mysql',
          'spamassassin',
          '-e',
          `INSERT INTO userpref (username, preference, value) VALUES ${values}`,
        ]);
        const before = await all();
        expect(await filter()).toMatchObject({
          settings: { allow: ['old@sink.test'] },
          byHand: ['blacklist_from *@*.bad.test'],
        });
        const change = await set({ threshold: 3, allow: ['old@sink.test', "o'new@sink.test"], deny: [] });
        expect((await all()).split('\n').filter((row) => !before.includes(row))).toEqual([
          `${alice}\trequired_score\t3`,
          `${alice}\twelcomelist_from\to'new@sink.test`,
        ]);
        await desk.undo(change);
        expect(await all()).toBe(before);
        await host.ok(['mysql', 'spamassassin', '-e', 'DELETE FROM userpref']);
      }, 60_000);
      return;
    }

    test('lines written by hand stay byte for byte, with their owner and mode', async () => {
      const own = Buffer.concat([
        Buffer.from(
          '# by hand, \xff\r\nrequired_score 4 # mine\nwhitelist_from  a@b.test  c@d.test\n\nlang pl ',
          'latin1',
        ),
        Buffer.from('describe X Zażółć'),
      ]);
      const read = async () => Buffer.from((await host.ok(['base64', '-w0', prefs])).trim(), 'base64');
      const mode = async () => (await host.ok(['stat', '-c', '%U %G %a', prefs])).trim();
      const owner = how === 'home' ? 'alice' : 'vmail';
      await host.ok(['runuser', '-u', owner, '--', 'mkdir', '-p', prefs.replace('/user_prefs', '')]);
      await host.write(prefs, own);
      await host.ok(['chown', `${owner}:`, prefs]);
      await host.ok(['chmod', '640', prefs]);
      const was = await mode();
      expect(await filter()).toMatchObject({
        settings: { threshold: null, allow: [] },
        byHand: ['required_score 4', 'whitelist_from a@b.test  c@d.test'],
      });

      const plan = await desk.plan({
        kind: 'accounts.filter',
        address: alice,
        filter: 'SpamAssassin',
        settings: { threshold: 9, allow: [], deny: [] },
      });
      expect(plan.warnings.map(({ id }) => id)).toEqual(['filter.warn.by-hand']);
      const change = await set({ threshold: 9, allow: [], deny: [] });
      expect((await read()).subarray(0, own.length)).toEqual(own);
      expect(await judged('minutes')).toMatch(/required=9\.0/);
      // somebody goes on writing below our lines: theirs come first again with the next change, and survive the undo
      const later = Buffer.concat([await read(), Buffer.from('required_score 2\n')]);
      await host.write(prefs, later);
      const second = await set({ threshold: 8, allow: [], deny: [] });
      expect(await judged('minutes')).toMatch(/required=8\.0/);
      await desk.undo(second);
      await desk.undo(change);
      expect(await read()).toEqual(Buffer.concat([own, Buffer.from('\nrequired_score 2\n')]));
      expect(await judged('minutes')).toMatch(/required=2\.0/);
      expect(await mode()).toBe(was);
      await host.ok(['rm', prefs]);
    }, 120_000);

    test('a link in place of the file leads to nothing, and a change meanwhile is noticed', async () => {
      const folder = prefs.replace('/user_prefs', '');
      await host.ok(['mkdir', '-p', folder]);
      await host.ok(['ln', '-sfn', '/etc/shadow', prefs]);
      expect((await filter())?.readOnly).toMatchObject({ id: 'filter.no-file' });
      // nor is one that the owner could read, where somebody else could have laid it
      const secret = '/etc/hostname';
      for (const [owner, mode] of [
        ['nobody', '755'],
        ['root', '777'],
      ] as const) {
        await host.ok(['sh', '-c', `rm -f ${prefs}; cp ${secret} ${prefs}; chmod 644 ${prefs}`]);
        await host.ok(['chown', owner, folder]);
        await host.ok(['chmod', mode, folder]);
        expect(await filter()).toMatchObject({ byHand: [], readOnly: { id: 'filter.no-file' } });
      }
      await host.ok(['rm', '-rf', folder]);

      const request = {
        kind: 'accounts.filter' as const,
        address: alice,
        filter: 'SpamAssassin' as const,
        settings: { threshold: 9, allow: [], deny: [] },
      };
      const plan = await desk.plan(request);
      const other = await set({ threshold: 7, allow: [], deny: [] });
      await expect(desk.apply(request, plan)).rejects.toMatchObject({ code: 'UNSAFE' });
      await desk.undo(other);
    }, 60_000);
  });

  test('senders that would be patterns, and one both let in and kept out, are refused', async () => {
    const host = lab().host('mx3');
    await host.ok(['bash', '/lab/host/variant-spamassassin.sh', 'home'], { timeout: 60_000 });
    const desk = await Desk.at(host);
    const ask = (settings: FilterSettings) =>
      desk.plan({ kind: 'accounts.filter', address: 'alice@epsilon.test', filter: 'SpamAssassin', settings });
    try {
      for (const sender of ['*@sink.test', 'a#b@sink.test', 'nobody', 'a@b@c.test', '@']) {
        await expect(ask({ threshold: null, allow: [sender], deny: [] })).rejects.toMatchObject({ code: 'BAD_INPUT' });
      }
      await expect(ask({ threshold: null, allow: ['a@b.test'], deny: ['A@b.test'] })).rejects.toMatchObject({
        code: 'BAD_INPUT',
      });
    } finally {
      await host.exec(['bash', '/lab/host/variant-spamassassin.sh', 'off'], { timeout: 60_000 });
      await desk.machine.close();
    }
  }, 90_000);

  test('nothing is offered where no spamd runs', async () => {
    const desk = await Desk.at(lab().host('mx3'));
    try {
      const { filters } = await desk.mailbox('bob@epsilon.test');
      expect(filters.filter(({ name }) => name === 'SpamAssassin')).toEqual([]);
      await expect(
        desk.plan({
          kind: 'accounts.filter',
          address: 'bob@epsilon.test',
          filter: 'SpamAssassin',
          settings: { threshold: 9, allow: [], deny: [] },
        }),
      ).rejects.toMatchObject({ code: 'UNSUPPORTED' });
    } finally {
      await desk.machine.close();
    }
  }, 60_000);
});

describeAccountsLab('rspamd’s settings of single users', (lab) => {
  const file = '/etc/rspamd/local.d/settings.conf';
  const own =
    '# by hand\nsite {\n  priority = 1;\n  from = "@nobody.test";\n  apply {\n    actions { reject = 99; }\n  }\n}\n';
  let host: LabHost;
  let desk: Desk;
  beforeAll(async () => {
    host = lab().host('mx1');
    await host.ok(['rm', '-f', file]);
    desk = await Desk.at(host);
  }, 120_000);
  afterAll(async () => {
    await desk?.machine.close();
    await host?.exec(['rm', '-f', file]);
    await host?.exec(['/lab/host/svc.sh', 'reload', 'rspamd']);
  }, 60_000);

  const set = (address: string, settings: FilterSettings) =>
    desk.change({ kind: 'accounts.filter', address, filter: 'rspamd', settings });
  const rspamdOf = async (address: string) =>
    (await desk.mailbox(address)).filters.find(({ name }) => name === 'rspamd');
  let sent = 0;
  /** Marked as spam or not, of mail that a user of the server sent; null: refused. It scores some 4 points by its subject. */
  async function marked(to: string, shouts = true, from = 'joe@sink.test'): Promise<boolean | null> {
    const unique = `${shouts ? 'FREE MONEY FOR ALL OF YOU $$$ !!!' : 'minutes'} ${++sent}X${Date.now()}`;
    if ((await submit(host, 'alice@alpha.test', 'pw', from, to, unique)) !== null) return null;
    let header = '';
    await until(
      async () => {
        const fields = 'hdr.x-spam-status uid';
        header = (await host.exec(['doveadm', '-f', 'flow', 'fetch', '-u', to, fields, 'subject', unique])).stdout;
        return header !== '';
      },
      'the message to arrive',
      30_000,
    );
    return header.includes('Yes,');
  }
  /** rspamd’s new workers take over one by one. */
  const become = (what: () => Promise<boolean>, why: string) => until(what, why, 60_000);
  const bob = 'bob@alpha.test';
  const carol = 'carol@alpha.test';

  test('threshold, senders let in and senders kept out count for this user, and not after undo', async () => {
    await host.write(file, own);
    expect(await rspamdOf(bob)).toMatchObject({ settings: { threshold: null }, readOnly: null, usual: 6, place: file });
    expect(await marked(bob)).toBe(false);
    const plan = await desk.plan({
      kind: 'accounts.filter',
      address: bob,
      filter: 'rspamd',
      settings: { threshold: 20, allow: [], deny: [] },
    });
    expect(plan.warnings.map(({ id }) => id)).toEqual(['filter.rspamd.together', 'filter.rspamd.refused']);

    const first = await set(bob, { threshold: 1, allow: [], deny: [] });
    await become(async () => (await marked(bob)) === true, 'the threshold to count');
    expect(await marked(carol)).toBe(false);
    const settings = { threshold: 1, allow: ['joe@sink.test'], deny: ['@alpha.test'] };
    const second = await set(bob, settings);
    expect((await rspamdOf(bob))?.settings).toEqual(settings);
    await become(async () => (await marked(bob)) === false, 'the sender to be let in');
    expect(await marked(bob, false, 'alice@alpha.test')).toBe(true);
    expect(await marked(carol, false, 'alice@alpha.test')).toBe(false);

    // another user’s settings stay when the first one’s are taken back
    const others = await set(carol, { threshold: 2, allow: [], deny: [] });
    await desk.undo(second);
    await desk.undo(first);
    await become(async () => (await marked(bob)) === false, 'the threshold to be gone');
    expect(await marked(carol)).toBe(true);
    await desk.undo(others);
    expect(await host.read(file)).toEqual(own);
  }, 240_000);

  test('a file of ours comes and goes; mail keeps flowing while rspamd reads it', async () => {
    await host.ok(['rm', '-f', file]);
    const flow = Array.from({ length: 20 }, (_, at) => at);
    const mail = (async () => {
      for (const at of flow)
        expect(await submit(host, 'alice@alpha.test', 'pw', 'alice@alpha.test', carol, `flow ${at}`)).toBeNull();
    })();
    const change = await set(bob, { threshold: 3, allow: [], deny: [] });
    expect((await host.ok(['stat', '-c', '%U %a', file])).trim()).toBe('root 644');
    await desk.undo(change);
    await mail;
    expect((await host.exec(['ls', file])).stdout).toBe('');
  }, 120_000);

  test('settings go and move with their account, and come back with it', async () => {
    await host.ok(['rm', '-f', file]);
    const [dora, ella] = ['dora@beta.test', 'ella@beta.test'];
    const accounts = [{ address: dora, name: null, quota: null, expires: null }];
    const added = await desk.change({ kind: 'accounts.add', accounts, secretId: 'x' }, { [dora]: 'Long-enough-7' });
    const settings = { threshold: 3, allow: ['joe@sink.test'], deny: [] };
    const change = await set(dora, settings);
    const renamed = await desk.change({ kind: 'accounts.rename', address: dora, to: ella, alias: false });
    expect((await rspamdOf(ella))?.settings).toEqual(settings);
    expect(await host.read(file)).not.toContain(dora);
    const target = { by: 'addresses' as const, addresses: [ella] };
    const deleted = await desk.change({ kind: 'accounts.delete', target, mail: 'keep' });
    expect(await host.read(file)).not.toContain(ella);
    for (const undone of [deleted, renamed]) await desk.undo(undone);
    expect((await rspamdOf(dora))?.settings).toEqual(settings);
    for (const undone of [change, added]) await desk.undo(undone);
  }, 240_000);

  test('a configuration that rspamd would not read is not put in place', async () => {
    const broken = 'site {\n  priority = "\n';
    await host.write(file, broken);
    await expect(set(bob, { threshold: 3, allow: [], deny: [] })).rejects.toMatchObject({ code: 'REMOTE_FAILED' });
    expect(await host.read(file)).toEqual(broken);
    await host.ok(['rm', '-f', file]);
  }, 60_000);
});
