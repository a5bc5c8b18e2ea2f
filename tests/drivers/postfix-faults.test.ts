import { Readable } from 'node:stream';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { VerbOutcome } from '#drivers/driver.ts';
import { isFailure } from '#shared/model/failure.ts';
import { LAB_START_TIMEOUT, type Lab, type LabHost, labAvailable, startLab, until } from '../lab/index.ts';
import { type Connected, connectAs, identities, listAll, NEVER, watching } from './postfix-lab.ts';

/** The newest sshd process of a login: ending it cuts the connection as a network would. */
const CUT = 'kill -9 $(pgrep -n -f "^sshd: root@notty")';

describe.skipIf(!labAvailable().ok)('Postfix verbs when things go wrong', () => {
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
    await host?.reset();
  });
  beforeEach(() => host.purgeQueue());

  const queue = () => root.session.queue;

  it('skips a message that vanished, and does the others', async () => {
    await host.fillQueue(10);
    const all = await identities(root.session);
    await host.ok(['postsuper', '-d', all[4]?.id ?? '']);
    const { done, skipped, failed } = await queue().delete(all, watching().watch);
    expect(done).toHaveLength(9);
    expect(skipped).toEqual([{ target: all[4], why: expect.objectContaining({ id: 'postfix.skip.gone' }) }]);
    expect(failed).toEqual([]);
  });

  it.each(['hold', 'release', 'requeue', 'flush', 'bounce', 'delete'] as const)(
    '%s leaves another message under a reused id alone',
    async (verb) => {
      await host.fillQueue(2, {
        queue: verb === 'release' ? 'hold' : 'deferred',
        senders: ['a@alpha.test', 'b@alpha.test'],
      });
      const [one, other] = await identities(root.session);
      if (!one || !other) throw new Error('the queue is empty');
      // the first message's name now belongs to the second one's file
      await host.sh(
        'cd /var/spool/postfix; a=$(find deferred hold -name "$1"); b=$(find deferred hold -name "$2"); mv "$b" "$a"',
        one.id,
        other.id,
      );
      const before = await host.queue();
      const outcome = await queue()[verb]([one], watching().watch);
      expect(outcome.done).toEqual([]);
      expect(outcome.skipped).toEqual([{ target: one, why: expect.objectContaining({ id: 'postfix.skip.other' }) }]);
      expect(await host.queue()).toEqual(before);
    },
  );

  it('takes a sender full of shell, of any bytes, of any length as what it is', async () => {
    const senders = [
      '"a;$(touch /tmp/pwned)\' `id` \\\\ b"@alpha.test',
      'żółw@alpha.test',
      '"MAILER-DAEMON"@alpha.test',
      '-rf@alpha.test',
    ];
    for (const sender of senders) {
      await host.ok(['sendmail', '-f', sender, 'u1@down.test'], { stdin: 'Subject: odd\n\nodd\n' });
    }
    // Latin-1, bytes of no encoding, a control character, a lone surrogate; and as long as Postfix lets a line be.
    await host.sh(
      String.raw`for s in '\351t\351' 'bad\377\376x' '\302\200ctl' 'u\355\240\200x' "$(head -c 2030 /dev/zero | tr '\0' a)"; do
        printf 'Subject: odd\n\nodd\n' | sendmail -f "$(printf "$s")@alpha.test" u1@down.test; done`,
    );
    const count = senders.length + 5;
    await until(
      async () => (await host.queue()).filter((m) => m.queue_name === 'deferred').length === count,
      'all deferred',
    );
    const all = await identities(root.session);
    const shown = (await host.queue()).map((m) => m.sender).sort();
    expect(all.map((m) => m.sender).sort()).toEqual(shown);
    expect(shown.some((sender) => sender.length > 2000)).toBe(true);
    const { watch, commands } = watching();
    expect((await queue().hold(all, watch)).done).toHaveLength(count);
    for (const { id } of all) expect((await queue().entry(id, NEVER)).message.id).toBe(id);
    const { archive, stored } = await queue().copyOut(all, watch);
    const bytes = await archive.toArray();
    expect(await stored).toHaveLength(count);
    expect((await queue().delete(all, watch)).done).toHaveLength(count);
    expect((await queue().restore(Readable.from(bytes), all, { hold: true }, watch)).done).toHaveLength(count);
    expect((await host.queue()).map((m) => m.sender).sort()).toEqual(shown);
    const again = await queue().restore(Readable.from(bytes), all, { hold: true }, watch);
    expect(again.skipped.map((s) => s.why.id)).toEqual(Array.from({ length: count }, () => 'postfix.restore.present'));
    expect(commands.every((c) => c.exit === 0)).toBe(true);
    expect((await host.exec(['ls', '/tmp/pwned'])).code).not.toBe(0);
  });

  it('calls a listing that was killed cut short, never a short list', async () => {
    await host.fillQueue(12_000);
    let read = 0;
    const listing = async () => {
      for await (const batch of queue().list({ signal: NEVER })) {
        if (read === 0) await host.sh('kill -9 $(pgrep -x postqueue)');
        read += batch.length;
      }
    };
    await expect(listing()).rejects.toMatchObject({ code: 'BAD_OUTPUT', text: { id: 'postfix.listing.cut' } });
    expect(read).toBeGreaterThan(0);
    expect(read).toBeLessThan(12_000);
  });

  it('calls a listing cut off with the connection cut short', async () => {
    await host.fillQueue(12_000);
    const cut = await connectAs(host, 'root');
    let read = 0;
    const listing = async () => {
      for await (const batch of cut.session.queue.list({ signal: NEVER })) {
        if (read === 0) await host.sh(CUT);
        read += batch.length;
      }
    };
    await expect(listing()).rejects.toMatchObject({ code: 'BAD_OUTPUT' });
    expect(read).toBeLessThan(12_000);
    await cut.close();
  });

  it('lists while the mail system is down as root, and says what to do as another user', async () => {
    await host.fillQueue(5);
    const plain = await connectAs(host, 'plain');
    try {
      await host.service('stop', 'postfix');
      expect(await listAll(root.session)).toHaveLength(5);
      await expect(listAll(plain.session)).rejects.toMatchObject({
        code: 'REMOTE_FAILED',
        text: { id: 'postfix.listing.down' },
        hint: { id: 'postfix.listing.down.hint' },
      });
      const { capabilities } = await plain.session.probe(NEVER);
      expect(capabilities.find((c) => c.id === 'queue.list')).toMatchObject({ available: false });
    } finally {
      await host.service('start', 'postfix');
      await plain.close();
    }
  });

  it('tells truly what a cancel during the delete has left', async () => {
    await host.fillQueue(3_000);
    const all = await identities(root.session);
    const cancel = new AbortController();
    const { watch, progress } = watching(cancel.signal);
    const outcome = await queue().delete(all, {
      ...watch,
      progress: (done) => {
        progress.push(done);
        cancel.abort();
      },
    });
    expect(outcome.done.length).toBeGreaterThan(0);
    expect(outcome.skipped.length).toBeGreaterThan(0);
    expect(outcome.done.length + outcome.skipped.length).toBe(3_000);
    expect(new Set(outcome.skipped.map((s) => s.why.id))).toEqual(new Set(['postfix.skip.cancelled']));
    const left = new Set((await host.queue()).map((m) => m.queue_id));
    expect(left).toEqual(new Set(outcome.skipped.map((s) => s.target.id)));
    expect(progress.at(-1)).toBe(outcome.done.length);
  });

  it('tells what was done before the connection was cut during a delete', async () => {
    await host.fillQueue(11_000);
    const all = await identities(root.session);
    const cut = await connectAs(host, 'root');
    const { watch, commands } = watching();
    let failure: unknown;
    try {
      await cut.session.queue.delete(all, {
        ...watch,
        progress: (done) => {
          if (done === 1000) void host.sh(CUT);
        },
      });
    } catch (error) {
      failure = error;
    }
    await cut.close();
    if (!isFailure(failure)) throw new Error('the connection was not cut');
    expect(failure.code).toBe('CONNECTION_LOST');
    const { done } = failure.detail['outcome'] as VerbOutcome;
    expect(done.length).toBeGreaterThanOrEqual(1000);
    expect(done.length).toBeLessThan(11_000);
    const left = new Set((await host.queue()).map((m) => m.queue_id));
    expect(done.filter((m) => left.has(m.id))).toEqual([]); // what is told as done is done
    expect(commands.filter((c) => c.exit === 0).length).toBeGreaterThan(0);
  });

  it('names no file outside the queue, whatever it is asked for', async () => {
    const strange = ['../../../etc/passwd', 'x; touch /tmp/pwned', '-d', 'ALL', '$(id)', ''];
    const targets = strange.map((id) => ({
      id,
      arrivalTime: new Date(0).toISOString(),
      sender: '',
      queue: 'hold' as const,
      size: 1,
    }));
    await host.fillQueue(3, { queue: 'hold' });
    const { watch } = watching();
    for (const verb of ['hold', 'release', 'requeue', 'delete', 'bounce', 'flush'] as const) {
      const outcome = await queue()[verb](targets, watch);
      expect(outcome.done).toEqual([]);
      expect(outcome.skipped).toHaveLength(strange.length);
    }
    const { archive, stored } = await queue().copyOut(targets, watch);
    await archive.toArray();
    expect(await stored).toEqual([]);
    for (const id of strange) await expect(queue().entry(id, NEVER)).rejects.toBeInstanceOf(Error);
    expect(await host.queue()).toHaveLength(3);
    expect((await host.exec(['ls', '/tmp/pwned'])).code).not.toBe(0);
  });
});
