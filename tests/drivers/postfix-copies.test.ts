import { Readable } from 'node:stream';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { QueueIdentity, Watch } from '#drivers/driver.ts';
import { LAB_START_TIMEOUT, type Lab, type LabHost, labAvailable, startLab, until } from '../lab/index.ts';
import { type Connected, connectAs, identities, listAll, NEVER, watching } from './postfix-lab.ts';

/** What must be the same after copy, delete and restore: envelope but for paths, and the content, of each message. */
async function fingerprints(host: LabHost, ids: readonly string[]): Promise<string[]> {
  const script =
    'while read -r id; do { postcat -qe "$id" | sed "/^\\*\\*\\* /d"; postcat -qhb "$id"; } | sha256sum | cut -d" " -f1; done';
  return (await host.ok(['sh', '-c', script], { stdin: `${ids.join('\n')}\n` })).trim().split('\n');
}

describe.skipIf(!labAvailable().ok)('Copies of queued messages, and putting them back', () => {
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
    await showPerl();
    await root?.close();
    await host?.reset();
  });
  beforeEach(() => host.purgeQueue());

  const hidePerl = () => host.sh('mv /usr/bin/perl /usr/bin/perl.away');
  const showPerl = () => host.sh('if [ -e /usr/bin/perl.away ]; then mv /usr/bin/perl.away /usr/bin/perl; fi');
  const queue = () => root.session.queue;

  async function copy(targets: readonly QueueIdentity[], watch: Watch = watching().watch) {
    const { archive, stored } = await queue().copyOut(targets, watch);
    const chunks: Buffer[] = [];
    for await (const chunk of archive) chunks.push(chunk as Buffer);
    return { archive: Buffer.concat(chunks), stored: await stored };
  }

  async function holdCopyDelete(targets: readonly QueueIdentity[]): Promise<Buffer> {
    const { watch } = watching();
    expect((await queue().hold(targets, watch)).done).toEqual(targets);
    const { archive, stored } = await copy(targets);
    expect([...stored].sort()).toEqual(targets.map((t) => t.id).sort());
    expect((await queue().delete(targets, watch)).done).toEqual(targets);
    return archive;
  }

  const restore = (archive: Buffer, targets: readonly QueueIdentity[], hold = false, watch = watching().watch) =>
    queue().restore(Readable.from([archive]), targets, { hold }, watch);

  const scratch = async () => (await host.sh('ls -d /var/spool/postfix/postdeck-* 2>/dev/null || :')).trim();

  it('brings deleted messages back with envelope, arrival time and every byte', async () => {
    await host.fillQueue(200, { recipientsPerMessage: 3, senders: ['', 'a@alpha.test', 'b@beta.test'] });
    await host.inject({ from: 'alice@alpha.test', to: ['u1@down.test', 'u2@down.test'], body: 'real\n.\nmail' });
    await until(async () => (await host.queue()).every((m) => m.queue_name === 'deferred'), 'all to be deferred');
    const before = await identities(root.session);
    const marks = await fingerprints(
      host,
      before.map((m) => m.id),
    );

    const archive = await holdCopyDelete(before);
    expect(await host.queue()).toEqual([]);

    const { done, skipped, failed, newIds = {} } = await restore(archive, before);
    expect([done.length, skipped, failed]).toEqual([201, [], []]);
    const after = new Map((await identities(root.session)).map((m) => [m.id, m]));
    expect(after.size).toBe(201);
    for (const was of before) expect(after.get(newIds[was.id] ?? '')).toEqual({ ...was, id: newIds[was.id] });
    expect(
      await fingerprints(
        host,
        before.map((m) => newIds[m.id] ?? ''),
      ),
    ).toEqual(marks);
    expect(await scratch()).toBe('');
  });

  it('gives a restored message an id that fits its inode, so that nothing can overwrite it', async () => {
    await host.fillQueue(20);
    const before = await identities(root.session);
    const archive = await holdCopyDelete(before);
    const { newIds = {} } = await restore(archive, before, true);
    const files = (await host.sh('cd /var/spool/postfix/hold; stat -c "%i %n %U %a" *')).trim().split('\n');
    expect(files).toHaveLength(20);
    for (const line of files) {
      const [inode = '', id = '', owner, mode] = line.split(' ');
      expect(id).toBe(id.slice(0, 5) + Number(inode).toString(16).toUpperCase());
      expect([owner, mode]).toEqual(['postfix', '700']);
    }
    expect(Object.values(newIds).sort()).toEqual(files.map((line) => line.split(' ')[1] ?? '').sort());
    // Postfix's own check of names and places finds nothing to repair
    const { stderr } = await host.exec(['postsuper', '-s']);
    expect(stderr).toBe('');
  });

  it('delivers a restored message as it was, without a second pass through cleanup', async () => {
    await host.inject({
      from: 'alice@alpha.test',
      to: 'bob@alpha.test',
      subject: 'comes back',
      headers: { 'X-Hold-Me': 'yes' },
    });
    await until(async () => (await host.queue())[0]?.queue_name === 'hold', 'the message to be held');
    const before = await identities(root.session);
    const [id = ''] = before.map((m) => m.id);
    const source = await host.ok(['postcat', '-qhb', id]);
    const archive = await holdCopyDelete(before);
    const { newIds = {}, done } = await restore(archive, before, false);
    expect((await host.queue()).map((m) => m.queue_name)).toEqual(['hold']); // it was on hold, so it is again
    const [back] = await identities(root.session);
    if (!back) throw new Error('not restored');
    expect(back.id).toBe(newIds[done[0]?.id ?? '']);
    await queue().release([back], watching().watch);
    await queue().flush([back], watching().watch);
    const [mail] = await host.waitForMail('bob@alpha.test', 'INBOX', 'subject', 'comes back');
    const got = await host.ok([
      'doveadm',
      'fetch',
      '-u',
      'bob@alpha.test',
      'text',
      'mailbox',
      'INBOX',
      'uid',
      mail?.uid ?? '',
    ]);
    const received = (words: string) => words.match(/^Received: by mx1/gm)?.length ?? 0;
    expect(received(got)).toBe(received(source));
    expect(got.replaceAll('\r', '')).toContain(source.slice(source.indexOf('Message-I')).trim());
  });

  it('keeps on hold what is to stay there, and puts back only what is asked for', async () => {
    await host.fillQueue(10);
    const before = await identities(root.session);
    const archive = await holdCopyDelete(before);
    const some = before.slice(0, 4);
    const { done, failed } = await restore(archive, [...some, { ...some[0]!, id: 'ABCDE12345' }], true);
    expect(done).toEqual(expect.arrayContaining(some));
    expect(failed.map((f) => [f.target.id, f.why.id])).toEqual([['ABCDE12345', 'postfix.restore.absent']]);
    expect((await host.queue()).map((m) => m.queue_name)).toEqual(['hold', 'hold', 'hold', 'hold']);
  });

  it('puts nothing back twice', async () => {
    await host.fillQueue(10);
    const before = await identities(root.session);
    const archive = await holdCopyDelete(before);
    await restore(archive, before.slice(0, 5));
    const second = await restore(archive, before);
    expect(second.done).toHaveLength(5);
    expect(second.skipped.map((s) => s.why.id)).toEqual(Array.from({ length: 5 }, () => 'postfix.restore.present'));
    expect(await host.queue()).toHaveLength(10);
  });

  it('keeps an expired message expired, and long ids as they were', async () => {
    try {
      await host.sh(
        'postconf -e enable_long_queue_ids=yes "hash_queue_names=deferred, defer, hold" hash_queue_depth=2; postfix reload',
      );
      const long = await connectAs(host, 'root');
      await host.inject({ from: 'alice@alpha.test', to: 'u1@down.test', count: 2 });
      await until(
        async () => (await host.queue()).filter((m) => m.queue_name === 'deferred').length === 2,
        '2 deferred',
      );
      const before = await identities(long.session);
      const { watch } = watching();
      await long.session.queue.hold(before, watch);
      await host.ok(['postsuper', '-e', before[0]?.id ?? '']);
      const { archive, stored } = await long.session.queue.copyOut(before, watch);
      const chunks = await archive.toArray();
      expect(await stored).toHaveLength(2);
      await long.session.queue.delete(before, watch);
      const { newIds = {} } = await long.session.queue.restore(Readable.from(chunks), before, { hold: true }, watch);
      expect(Object.entries(newIds).map(([a, b]) => a === b)).toEqual([true, true]);
      const now = await listAll(long.session);
      expect(now.find((m) => m.id === before[0]?.id)?.forcedExpire).toBe(true);
      expect(now.find((m) => m.id === before[1]?.id)?.forcedExpire).toBe(false);
      expect((await host.exec(['postsuper', '-s'])).stderr).toBe('');
      await long.close();
    } finally {
      await host.reset();
    }
  });

  it('names in `stored` only what is in the archive', async () => {
    await host.fillQueue(6, { queue: 'hold' });
    const all = await identities(root.session);
    await host.ok(['postsuper', '-d', all[0]?.id ?? '']); // vanished
    const asked = all.map((m, i) => (i === 1 ? { ...m, sender: 'somebody@else.test' } : m)); // another message's id
    const { stored } = await copy(asked);
    expect([...stored].sort()).toEqual(
      all
        .slice(2)
        .map((m) => m.id)
        .sort(),
    );
  });

  it('copies and restores with gzip where the server has no zstd', async () => {
    try {
      await host.sh('mv /usr/bin/zstd /usr/bin/zstd.away');
      const plain = await connectAs(host, 'root');
      await host.fillQueue(5);
      const before = await identities(plain.session);
      const { watch } = watching();
      await plain.session.queue.hold(before, watch);
      const { archive, stored } = await plain.session.queue.copyOut(before, watch);
      const bytes = Buffer.concat(await archive.toArray());
      expect(bytes.subarray(0, 23).toString()).toBe('POSTDECK QUEUE 1 gzip\n\x1f');
      expect(await stored).toHaveLength(5);
      await plain.session.queue.delete(before, watch);
      // the archive outlives the change of tools: what was packed with gzip goes back through zstd
      await host.sh('mv /usr/bin/zstd.away /usr/bin/zstd');
      expect((await restore(bytes, before)).done).toHaveLength(5);
      await plain.close();
    } finally {
      await host.sh('if [ -e /usr/bin/zstd.away ]; then mv /usr/bin/zstd.away /usr/bin/zstd; fi');
    }
  });

  it('shows, copies and restores a message of 60 MB intact', async () => {
    try {
      await host.sh('postconf -e message_size_limit=0 mailbox_size_limit=0; postfix reload');
      await host.sh(
        '{ printf "Subject: large\\n\\n"; head -c 45000000 /dev/urandom | base64; } | sendmail -f alice@alpha.test u1@down.test',
      );
      await until(async () => (await host.queue())[0]?.queue_name === 'deferred', 'the message to be deferred');
      const before = await identities(root.session);
      expect(before[0]?.size).toBeGreaterThan(60_000_000);
      const { message } = await queue().entry(before[0]?.id ?? '', NEVER);
      expect(message.size).toBe(before[0]?.size);
      let read = 0;
      for await (const chunk of await queue().readSource(before[0]?.id ?? '', NEVER)) read += (chunk as Buffer).length;
      expect(read).toBe(Number(await host.sh('postcat -qhb "$1" | wc -c', before[0]?.id ?? '')));
      const marks = await fingerprints(
        host,
        before.map((m) => m.id),
      );
      const archive = await holdCopyDelete(before);
      const { newIds = {} } = await restore(archive, before);
      expect(await fingerprints(host, Object.values(newIds))).toEqual(marks);
    } finally {
      await host.reset();
    }
  }, 120_000);

  it('puts nothing back from an archive that is damaged or cut short', async () => {
    await host.fillQueue(50);
    const before = await identities(root.session);
    const archive = await holdCopyDelete(before);
    const damaged = Buffer.from(archive);
    damaged.fill(0x55, Math.floor(archive.length / 2), Math.floor(archive.length / 2) + 400);
    for (const bad of [
      archive.subarray(0, archive.length - 500),
      damaged,
      Buffer.from('no archive'),
      Buffer.alloc(0),
    ]) {
      await expect(restore(bad, before)).rejects.toMatchObject({ code: 'BAD_INPUT' });
      expect(await host.queue()).toEqual([]);
      expect(await scratch()).toBe('');
    }
    expect((await restore(archive, before)).done).toHaveLength(50);
  });

  it('leaves alone what stands under an id that would come back, and says so', async () => {
    try {
      await host.sh('postconf -e enable_long_queue_ids=yes; postfix reload');
      const long = await connectAs(host, 'root');
      for (const perl of [true, false]) {
        await host.inject({ from: 'alice@alpha.test', to: 'u1@down.test', count: 3 });
        await until(async () => (await host.queue()).every((m) => m.queue_name === 'deferred'), 'all deferred');
        const before = await identities(long.session);
        const { watch } = watching();
        await long.session.queue.hold(before, watch);
        const { archive, stored } = await long.session.queue.copyOut(before, watch);
        const chunks = await archive.toArray();
        expect(await stored).toHaveLength(3);
        await long.session.queue.delete(before, watch);
        // One id is taken where it would go, one in another queue.
        const [inHold = '', inDeferred = ''] = before.map((m) => m.id);
        const others = [`hold/${inHold}`, `deferred/${inDeferred}`];
        await host.sh('cd /var/spool/postfix; for f; do mkdir -p "$(dirname "$f")"; echo other >"$f"; done', ...others);
        if (!perl) await hidePerl();
        const restored = await long.session.queue
          .restore(Readable.from(chunks), before, { hold: true }, watch)
          .finally(showPerl);
        expect(restored.done.map((m) => m.id)).toEqual([before[2]?.id]);
        expect(restored.failed.map((f) => `${f.target.id} ${f.why.id}`).sort()).toEqual(
          [inHold, inDeferred].map((id) => `${id} postfix.restore.not-taken`).sort(),
        );
        expect(await host.sh('cd /var/spool/postfix; cat "$@"; rm "$@"', ...others)).toBe('other\nother\n');
        expect(await scratch()).toBe('');
        await host.purgeQueue();
      }
      await long.close();
    } finally {
      await host.reset();
    }
  });

  it('puts messages back one by one where the server has no perl', async () => {
    await host.fillQueue(30);
    const before = await identities(root.session);
    const archive = await holdCopyDelete(before);
    await hidePerl();
    const { done } = await restore(archive, before, true).finally(showPerl);
    expect(done).toHaveLength(30);
    expect((await host.exec(['postsuper', '-s'])).stderr).toBe('');
  });

  it('leaves the scratch folder nowhere when the connection is cut in the middle of a restore', async () => {
    await host.fillQueue(1500);
    const before = await identities(root.session);
    const archive = await holdCopyDelete(before);
    const cut = await connectAs(host, 'root');
    const { watch } = watching();
    const cutting: Watch = {
      ...watch,
      progress: (done) => {
        if (done === 100) void host.sh('kill -9 $(pgrep -n -f "^sshd: root@notty")');
      },
    };
    // One by one, so that it is still under way when the cut comes.
    await hidePerl();
    await expect(
      cut.session.queue.restore(Readable.from([archive]), before, { hold: true }, cutting).finally(showPerl),
    ).rejects.toMatchObject({ code: 'CONNECTION_LOST', detail: { outcome: { newIds: expect.anything() } } });
    await cut.close();
    await until(async () => (await scratch()) === '', 'the scratch folder to be gone');
    const back = await host.queue();
    expect(back.length).toBeGreaterThanOrEqual(100);
    // again: what is there already is skipped, the rest comes, and none is there twice
    const { done, skipped, failed } = await restore(archive, before, true);
    expect(failed).toEqual([]);
    expect(done.length + skipped.length).toBe(1500);
    expect(await host.queue()).toHaveLength(1500);
  }, 120_000);
});
