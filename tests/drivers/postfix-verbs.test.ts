import { createHash } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { QueueIdentity } from '#drivers/driver.ts';
import { LAB_START_TIMEOUT, type Lab, type LabHost, labAvailable, startLab, until } from '../lab/index.ts';
import { type Connected, connectAs, identities, listAll, NEVER, watching } from './postfix-lab.ts';

describe.skipIf(!labAvailable().ok)('Postfix queue verbs on a real server', () => {
  let lab: Lab;
  let host: LabHost;
  let root: Connected;

  beforeAll(async () => {
    lab = await startLab();
    host = lab.host('mx1');
    await host.reset();
    root = await connectAs(host, 'root');
  }, LAB_START_TIMEOUT);
  afterAll(async () => {
    await root?.close();
    await host?.purgeQueue();
  });
  beforeEach(() => host.purgeQueue());

  const queue = () => root.session.queue;

  it('lists exactly what postqueue tells, with reasons', async () => {
    await host.fillQueue(700, { recipientsPerMessage: 2 });
    await host.fillQueue(300, { queue: 'hold', senders: ['', 'a@alpha.test'] });
    const ours = await listAll(root.session);
    const theirs = await host.queue();
    const asTheirs = ours.map((m) => ({
      queue_name: m.queue,
      queue_id: m.id,
      arrival_time: Date.parse(m.arrivalTime) / 1000,
      message_size: m.size,
      forced_expire: m.forcedExpire,
      sender: m.sender === '' ? 'MAILER-DAEMON' : m.sender,
      recipients: m.recipients.map((r) =>
        r.reason === null ? { address: r.address } : { address: r.address, delay_reason: r.reason },
      ),
    }));
    expect(asTheirs).toHaveLength(1000);
    expect(new Set(asTheirs.map((m) => JSON.stringify(m)))).toEqual(new Set(theirs.map((m) => JSON.stringify(m))));
  });

  it('hands on the first rows before the listing is complete', async () => {
    await host.fillQueue(3000);
    const sizes: number[] = [];
    for await (const batch of queue().list({ signal: NEVER })) sizes.push(batch.length);
    expect(sizes.length).toBeGreaterThan(1);
    expect(sizes[0]).toBeLessThan(3000);
    expect(sizes.reduce((a, b) => a + b, 0)).toBe(3000);
  });

  it('ends the remote listing when the reader stops', async () => {
    await host.fillQueue(3000);
    for await (const _ of queue().list({ signal: NEVER })) break;
    await until(
      async () => (await host.exec(['pgrep', '-x', 'postqueue'])).code === 1,
      'postqueue to have ended on the server',
    );
    expect((await host.exec(['pgrep', '-x', 'postqueue'])).stdout).toBe('');
  });

  it('holds, releases, expires and deletes, and the server says the same', async () => {
    await host.fillQueue(50);
    const all = await identities(root.session);
    const [first, rest] = [all.slice(0, 20), all.slice(20)];
    const { watch, commands, progress } = watching();

    expect((await queue().hold(first, watch)).done).toEqual(first);
    expect(
      (await host.queue())
        .filter((m) => m.queue_name === 'hold')
        .map((m) => m.queue_id)
        .sort(),
    ).toEqual(first.map((m) => m.id).sort());
    expect((await queue().hold(first, watch)).done).toEqual(first); // held already: as asked for
    expect((await queue().release(first, watch)).done).toEqual(first);
    const again = await queue().release(first, watch);
    expect(again.done).toEqual([]);
    expect(again.skipped.map((s) => s.why.id)).toEqual(first.map(() => 'postfix.skip.not-held'));
    expect((await queue().delete(rest, watch)).done).toEqual(rest);
    expect((await host.queue()).map((m) => m.queue_id).sort()).toEqual(first.map((m) => m.id).sort());

    expect(commands.map((c) => [c.command, c.exit])).toContainEqual(['/usr/sbin/postsuper -h -', 0]);
    expect(commands.every((c) => c.stdin !== null && c.stdin.bytes > 0)).toBe(true);
    expect(progress.at(-1)).toBe(30);
  });

  it('requeues: the message comes back under another id with its arrival time', async () => {
    await host.fillQueue(1, { senders: ['alice@alpha.test'], recipients: ['u1@down.test'] });
    const [before] = await identities(root.session);
    if (!before) throw new Error('the queue is empty');
    expect((await queue().requeue([before], watching().watch)).done).toEqual([before]);
    await host.exec(['postqueue', '-f']);
    const after = await until(
      async () => {
        const [one] = await host.queue();
        return one && one.queue_name !== 'maildrop' && one.queue_id !== before.id ? one : undefined;
      },
      'the requeued message',
      90_000,
    );
    expect(after.sender).toBe('alice@alpha.test');
    expect(after.arrival_time).toBe(Date.parse(before.arrivalTime) / 1000);
  }, 120_000);

  it('leaves alone what waits in maildrop after a requeue, and says that it waits', async () => {
    await host.fillQueue(2, { recipients: ['u1@down.test'] });
    // Without pickup(8) it waits for as long as the test needs.
    await host.service('stop', 'postfix');
    try {
      const before = await identities(root.session);
      expect((await queue().requeue(before.slice(0, 1), watching().watch)).done).toHaveLength(1);
      const all = await identities(root.session);
      expect(all.map((m) => m.queue).sort()).toEqual(['deferred', 'maildrop']);
      const { done, skipped } = await queue().hold(all, watching().watch);
      expect(done.map((m) => m.queue)).toEqual(['deferred']);
      expect(skipped.map((s) => [s.target.queue, s.why.id])).toEqual([['maildrop', 'postfix.skip.in-maildrop']]);
    } finally {
      await host.service('start', 'postfix');
    }
  });

  it('flushes: delivery is tried at once, and held messages are left alone', async () => {
    await host.fillQueue(2, { recipients: ['u{n}@down.test'], reasons: ['made up, never tried'] });
    await host.fillQueue(1, { queue: 'hold' });
    const all = await identities(root.session);
    const held = all.filter((m) => m.queue === 'hold');
    const { done, skipped } = await queue().flush(all, watching().watch);
    expect(done).toHaveLength(2);
    expect(skipped).toEqual([{ target: held[0], why: expect.objectContaining({ id: 'postfix.skip.held' }) }]);
    await until(
      async () =>
        (await host.queue())
          .filter((m) => m.queue_name === 'deferred')
          .every((m) => m.recipients.every((r) => r.delay_reason?.includes('refused'))),
      'new reasons from a real attempt',
    );
  });

  it('bounces: the sender gets the notice', async () => {
    await host.fillQueue(1, { senders: ['bob@alpha.test'], recipients: ['nobody@down.test'] });
    const all = await identities(root.session);
    const { done } = await queue().bounce(all, watching().watch);
    expect(done).toEqual(all);
    const found = await host.waitForMail('bob@alpha.test', 'INBOX', 'subject', 'Undelivered');
    expect(found.length).toBeGreaterThan(0);
    await until(async () => (await host.queue()).length === 0, 'the queue to be empty');
  });

  it('finds messages by id as they are now, and leaves out what is gone', async () => {
    await host.fillQueue(20);
    const all = await listAll(root.session);
    const two = [all[3], all[17]].map((m) => m?.id ?? '');
    const found = await queue().find([...two, 'DEADBEEF00'], NEVER);
    expect(found.map((m) => m.id).sort()).toEqual([...two].sort());
    expect(found[0]?.recipients[0]?.reason).toBe(all.find((m) => m.id === found[0]?.id)?.recipients[0]?.reason);
    expect(await queue().find(['DEADBEEF00'], NEVER)).toEqual([]);
  });

  it('reads the logins of 5,000 messages in one pass, and no login that a body pretends', async () => {
    const fake = 'A\x20sasl_username=mallory@alpha.test';
    await lab.swaks([
      '--port',
      '587',
      '-tls',
      '--auth',
      'PLAIN',
      '--auth-user',
      'alice@alpha.test',
      '--auth-password',
      'pw',
      '--from',
      'alice@alpha.test',
      '--to',
      'u1@down.test',
      '--body',
      'signed in',
    ]);
    await host.inject({ from: 'carol@alpha.test', to: 'u2@down.test', subject: fake, body: `${fake}\n${fake}` });
    await until(async () => (await host.queue()).length === 2, 'both messages to be deferred');
    const mine = (await host.queue()).find((m) => m.sender === 'alice@alpha.test');
    await host.fillQueue(5000);
    const found = await queue().logins(NEVER);
    expect([...found]).toEqual([[mine?.queue_id, 'alice@alpha.test']]);
  });

  it('opens one message: envelope, login, original recipients, reasons', async () => {
    await lab.swaks([
      '--port',
      '587',
      '-tls',
      '--auth',
      'PLAIN',
      '--auth-user',
      'alice@alpha.test',
      '--auth-password',
      'pw',
      '--from',
      'alice@alpha.test',
      '--to',
      'u1@down.test',
      '--ehlo',
      'client.test',
    ]);
    const [message] = await until(async () => {
      const now = await host.queue();
      return now[0]?.queue_name === 'deferred' ? now : undefined;
    }, 'the message to be deferred');
    const { envelope, message: read } = await queue().entry(message?.queue_id ?? '', NEVER);
    expect(envelope.login).toBe('alice@alpha.test');
    expect(envelope.clientAddress).toBe(lab.clientAddresses.trusted);
    expect(envelope.helo).toBe('client.test');
    expect(envelope.protocol).toBe('ESMTP');
    expect(read).toMatchObject({
      id: message?.queue_id,
      queue: 'deferred',
      sender: 'alice@alpha.test',
      size: message?.message_size,
      arrivalTime: new Date((message?.arrival_time ?? 0) * 1000).toISOString(),
      recipients: [{ address: 'u1@down.test', reason: message?.recipients[0]?.delay_reason }],
    });
    await expect(queue().entry('DEADBEEF00', NEVER)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(queue().readSource('DEADBEEF00', NEVER)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('reads the source byte for byte', async () => {
    await host.inject({
      from: 'alice@alpha.test',
      to: 'u1@down.test',
      subject: 'source',
      body: `${'x'.repeat(9000)}\n.\n..\nend`,
    });
    const [message] = await until(async () => {
      const now = await host.queue();
      return now.length === 1 ? now : undefined;
    }, 'the message');
    const hash = createHash('sha256');
    for await (const chunk of await queue().readSource(message?.queue_id ?? '', NEVER)) hash.update(chunk as Buffer);
    const theirs = await host.sh('postcat -qhb "$1" | sha256sum', message?.queue_id ?? '');
    expect(hash.digest('hex')).toBe(theirs.split(' ')[0]);
  });

  it('works on long ids, and on servers where more queues are hashed', async () => {
    try {
      await host.sh(
        'postconf -e enable_long_queue_ids=yes "hash_queue_names=deferred, defer, hold, active, incoming" hash_queue_depth=2; postfix reload',
      );
      const long = await connectAs(host, 'root');
      await host.inject({ from: 'alice@alpha.test', to: 'u1@down.test', count: 3 });
      await until(
        async () => (await host.queue()).filter((m) => m.queue_name === 'deferred').length === 3,
        '3 deferred',
      );
      const all = await identities(long.session);
      expect(all[0]?.id).toMatch(/z/);
      const { watch } = watching();
      expect((await long.session.queue.hold(all, watch)).done).toHaveLength(3);
      expect(
        (
          await long.session.queue.find(
            all.map((m) => m.id),
            NEVER,
          )
        ).map((m) => m.queue),
      ).toEqual(['hold', 'hold', 'hold']);
      expect((await long.session.queue.delete(all, watch)).done).toHaveLength(3);
      await long.close();
    } finally {
      await host.reset();
    }
  });

  it('tells what a second pass through cleanup does', async () => {
    try {
      await host.sh(
        'postconf -e always_bcc=archive@alpha.test "non_smtpd_milters=inet:127.0.0.1:11332"; postfix reload',
      );
      const texts = await queue().twice(NEVER);
      expect(texts.map((t) => t.id)).toEqual(
        expect.arrayContaining([
          'postfix.twice.received',
          'postfix.twice.bcc',
          'postfix.twice.milters',
          'postfix.twice.checks',
          'postfix.twice.rewrite',
        ]),
      );
      expect(texts.find((t) => t.id === 'postfix.twice.bcc')?.values).toEqual({
        name: 'always_bcc',
        value: 'archive@alpha.test',
      });
    } finally {
      await host.reset();
    }
  });

  it('shows in a plan the commands that then run', async () => {
    await host.fillQueue(3);
    const all: QueueIdentity[] = await identities(root.session);
    for (const verb of ['hold', 'release', 'requeue'] as const) {
      const { watch, commands } = watching();
      await queue()[verb](all, watch);
      expect(commands.map((c) => c.command)).toEqual(
        queue()
          .preview(verb, all.length)
          .map((step) => step.command),
      );
    }
    await host.purgeQueue();
    await host.fillQueue(3, { queue: 'hold' });
    const { watch, commands } = watching();
    await queue().delete(await identities(root.session), watch);
    expect(commands.map((c) => c.command)).toEqual(
      queue()
        .preview('delete', 3, { held: true })
        .map((s) => s.command),
    );
  });
});
