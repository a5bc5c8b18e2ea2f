import { Readable } from 'node:stream';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CAPABILITIES } from '#shared/model/server.ts';
import { LAB_START_TIMEOUT, type LabHost, labAvailable, startLab, until } from '../lab/index.ts';
import { connectAs, identities, NEVER, watching } from './postfix-lab.ts';

const FILE = '/etc/sudoers.d/limited';

describe.skipIf(!labAvailable().ok)('What a user may do with the Postfix driver', () => {
  let host: LabHost;

  beforeAll(async () => {
    const lab = await startLab();
    host = lab.host('mx1');
    await host.reset();
  }, LAB_START_TIMEOUT);
  afterAll(async () => {
    await host?.exec(['rm', '-f', FILE]);
    await host?.purgeQueue();
  });
  beforeEach(async () => {
    await host.exec(['rm', '-f', FILE]);
    await host.purgeQueue();
  });

  it('finds the system and its programs with their versions and states', async () => {
    const { session, close } = await connectAs(host, 'root');
    const found = await session.probe(NEVER);
    expect(found.os).toContain('GNU/Linux');
    expect(found.hostname).toBe((await host.ok(['uname', '-n'])).trim());
    const of = (name: string) => found.components.find((c) => c.name === name);
    expect(of('Postfix')).toEqual({
      name: 'Postfix',
      version: (await host.ok(['postconf', '-h', 'mail_version'])).trim(),
      state: 'running',
      detail: 'log: /var/log/mail.log',
    });
    for (const name of ['Dovecot', 'rspamd', 'fail2ban', 'Redis', 'rsyslog']) {
      expect(of(name)).toMatchObject({ state: 'running', version: expect.stringMatching(/^\d+\.\d+/) });
    }
    expect(of('OpenDKIM')?.state).toBe('stopped');
    expect(found.capabilities).toEqual(CAPABILITIES.map((id) => ({ id, available: true })));
    expect(found.sudoers).toEqual([]);
    await close();
  });

  it('lets a plain user of group adm look, flush and read the log, and says of the rest that it is reserved for root', async () => {
    const { session, close } = await connectAs(host, 'plain');
    await host.fillQueue(3, { reasons: ['made up, never tried'], recipients: ['u{n}@down.test'] });
    const { capabilities, sudoers, privilege } = await session.probe(NEVER);
    expect(privilege).toBe('none');
    expect(capabilities.filter((c) => c.available).map((c) => c.id)).toEqual([
      'queue.list',
      'queue.flush',
      'logs.read',
    ]);
    for (const c of capabilities) {
      if (c.available) continue;
      expect([c.why.id, c.remedy?.id]).toEqual(['postfix.cap.root', 'postfix.cap.root-or-sudo']);
    }
    expect(sudoers).toContain('plain ALL=(root) NOPASSWD: /usr/sbin/postsuper -d -');
    const all = await identities(session);
    expect((await session.queue.find([all[1]?.id ?? ''], NEVER)).map((m) => m.id)).toEqual([all[1]?.id]);
    expect((await session.queue.flush(all, watching().watch)).done).toHaveLength(3);
    // the attempts move messages about, and without root they can only be looked for in a listing
    await until(
      async () =>
        (await host.queue()).every(
          (m) => m.queue_name === 'deferred' && /refused/.test(m.recipients[0]?.delay_reason ?? ''),
        ),
      'the attempts to end',
    );
    const { watch, commands } = watching();
    await expect(session.queue.delete(all, watch)).rejects.toMatchObject({
      code: 'SUDO_REFUSED',
      detail: { outcome: { done: [] } },
    });
    expect(commands.map((c) => c.exit)).toEqual([null]); // the journal tells the attempt
    expect(await host.queue()).toHaveLength(3);
    await close();
  });

  it('does everything for a user who has exactly the printed sudoers lines', async () => {
    const { session, close } = await connectAs(host, 'limited', 'passwordless');
    const before = await session.probe(NEVER);
    expect(before.capabilities.filter((c) => c.available).map((c) => c.id)).toEqual(['queue.list', 'queue.flush']);

    await host.write(FILE, `${before.sudoers.join('\n')}\n`);
    expect((await host.exec(['visudo', '-cf', FILE])).stdout).toContain('parsed OK');
    const after = await session.probe(NEVER);
    expect(after.capabilities).toEqual(CAPABILITIES.map((id) => ({ id, available: true })));
    expect(after.sudoers).toEqual([]);

    await host.fillQueue(30);
    const all = await identities(session);
    const { watch, commands } = watching();
    const { queue } = session;
    expect((await queue.logins(NEVER)).size).toBe(0);
    expect((await queue.entry(all[0]?.id ?? '', NEVER)).message.id).toBe(all[0]?.id);
    expect((await (await queue.readSource(all[0]?.id ?? '', NEVER)).toArray()).length).toBeGreaterThan(0);
    await expect(queue.entry('DEADBEEF00', NEVER)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect((await queue.hold(all, watch)).done).toHaveLength(30);
    expect((await queue.release(all, watch)).done).toHaveLength(30);
    expect((await queue.hold(all, watch)).done).toHaveLength(30);
    const { archive, stored } = await queue.copyOut(all, watch);
    const bytes = await archive.toArray();
    expect(await stored).toHaveLength(30);
    expect((await queue.delete(all, watch)).done).toHaveLength(30);
    expect((await queue.restore(Readable.from(bytes), all, { hold: false }, watch)).done).toHaveLength(30);
    const back = await identities(session);
    expect((await queue.flush(back.slice(0, 2), watch)).done).toHaveLength(2);
    await until(async () => (await host.queue()).every((m) => m.queue_name === 'deferred'), 'attempts to end');
    expect((await queue.delete(back.slice(2, 10), watch)).done).toHaveLength(8);
    expect((await queue.requeue(back.slice(10, 12), watch)).done).toHaveLength(2);
    expect((await queue.bounce(back.slice(12, 14), watch)).done).toHaveLength(2);
    expect(commands.every((c) => c.exit === 0)).toBe(true);
    await close();
  });

  it('allows with those lines nothing but those commands', async () => {
    const { session, machine, close } = await connectAs(host, 'limited', 'passwordless');
    const { sudoers } = await session.probe(NEVER);
    await host.write(FILE, `${sudoers.join('\n')}\n`);
    const copy = sudoers.find((line) => line.includes('postdeck-copy')) ?? '';
    expect(copy).not.toBe('');
    const refused = [
      ['/usr/sbin/postsuper', '-d', 'ALL'],
      ['/usr/sbin/postsuper', '-d', '-', 'deferred'],
      ['/usr/bin/sh', '-c', 'id'],
      ['/usr/sbin/postcat', '/etc/shadow'],
    ];
    for (const argv of refused) {
      await expect(machine.run({ name: 'try', argv, root: true })).rejects.toMatchObject({ code: 'SUDO_REFUSED' });
    }
    // sudo compares arguments joined by spaces: a script cut at a space is allowed by it, and ends itself at once
    const previewed = session.queue.preview('copyOut', 1)[0]?.command ?? '';
    expect(previewed).toContain('test "$0" = postdeck-copy || exit 64;');
    const script = /-c '(.*)' postdeck-copy (\S+) (\S+)$/s.exec(previewed);
    const words = (script?.[1] ?? '').split(' ');
    const rest = ['postdeck-copy', script?.[2] ?? '', script?.[3] ?? ''];
    let allowed = 0;
    for (let cut = 5; cut < words.length; cut += 1) {
      const argv = ['/usr/bin/sh', '-c', words.slice(0, cut).join(' '), ...words.slice(cut), ...rest];
      const { exit, stdout } = await machine.run({
        name: 'try',
        argv,
        root: true,
        stdin: '../../../etc/shadow\0',
        okExit: [64, 2, 1],
      });
      expect(stdout.length).toBe(0);
      if (exit === 64) allowed += 1;
    }
    expect(allowed).toBeGreaterThan(0);
    // asked for a file outside the queue, the command itself gives an empty archive
    const asked = await machine.run({
      name: 'try',
      argv: ['/usr/bin/sh', '-c', words.join(' '), ...rest],
      root: true,
      stdin: '../../../../etc/shadow\0/etc/shadow\0',
      maxOutput: 1_000_000,
    });
    expect(asked.stdout.toString('latin1')).not.toContain('shadow');
    await close();
  });

  it('works through sudo with a password', async () => {
    const { session, close } = await connectAs(host, 'ops', 'password');
    const { capabilities, sudoers } = await session.probe(NEVER);
    expect(capabilities.filter((c) => !c.available)).toEqual([]);
    expect(sudoers).toEqual([]);
    await host.fillQueue(5);
    const all = await identities(session);
    expect((await session.queue.delete(all, watching().watch)).done).toHaveLength(5);
    expect(await host.queue()).toEqual([]);
    await close();
  });
});
