import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createRouterClient } from '@orpc/server';
import { expect, test } from 'vitest';
import { compose } from '#core/compose.ts';
import type { Job } from '#shared/model/job.ts';
import { describeLab } from '../lab/describe.ts';
import { until } from '../lab/index.ts';
import type { LabHost, QueueEntry } from '../lab/host.ts';
import { tempDir } from '../unit/core/house.ts';

/** The whole console on one lab host, as root, its key known. */
async function consoleOn(host: LabHost, dir: string) {
  const sshDir = join(dir, 'ssh');
  mkdirSync(sshDir);
  writeFileSync(join(sshDir, 'known_hosts'), host.hostKeys.map((key) => `${key.knownHosts}\n`).join(''));
  const console = await compose({ dataDir: join(dir, 'data'), door: 'cli', version: '0.0.0', keychain: null, sshDir });
  const client = createRouterClient(console.router, { context: { access: 'write' } });
  const ssh = { host: host.address, user: 'root', identityFile: host.keyFile, agent: false };
  const { id } = await client.servers.add({ name: 'mx', ssh });
  const ended = async (jobId: string): Promise<Job> => {
    for await (const jobs of await client.jobs.watch()) {
      const job = jobs.find((other) => other.id === jobId);
      if (job !== undefined && job.endedAt !== null) return job;
    }
    throw new Error('the jobs ended without it');
  };
  return { console, client, serverId: id, ended };
}

/** What tells messages apart when their ids have changed. */
const marks = (entries: QueueEntry[]): string[] =>
  entries
    .map(
      (e) =>
        `${e.queue_name} ${e.arrival_time} ${e.sender} ${e.message_size} ${e.recipients.map((r) => r.address).join()}`,
    )
    .toSorted();

describeLab('changes on a real queue', (lab) => {
  test('delete with safe copies and undo: the queue is as it was, as the host itself tells it', async () => {
    using temp = tempDir();
    const host = lab().host('mx1');
    await host.purgeQueue();
    await host.fillQueue(1_500, { senders: ['spam@alpha.test', 'ok@alpha.test', ''] });
    await host.fillQueue(5, { queue: 'hold', senders: ['spam@alpha.test'] });
    const before = await host.queue();
    const { console, client, serverId, ended } = await consoleOn(host, temp.dir);
    const target = { by: 'filter' as const, filter: { sender: 'spam@alpha.test' } };
    const plan = await client.changes.plan({ request: { kind: 'queue.delete', serverId, target } });
    expect(plan).toMatchObject({
      targets: 505,
      undo: 'full',
      demo: false,
      groups: [{ key: 'spam@alpha.test', count: 505 }],
    });
    expect(marks(await host.queue())).toEqual(marks(before));

    const { changeId, job } = await client.changes.apply({ planId: plan.id });
    expect(await ended(job.id)).toMatchObject({ state: 'done' });
    expect(await client.changes.show({ changeId })).toMatchObject({
      applied: 505,
      verified: true,
      safeCopies: { count: 505 },
    });
    expect(marks(await host.queue())).toEqual(marks(before.filter(({ sender }) => sender !== 'spam@alpha.test')));

    const undo = await client.changes.planUndo({ changeId });
    const undone = await client.changes.apply({ planId: undo.id, understood: true });
    expect(await ended(undone.job.id)).toMatchObject({ state: 'done' });
    // Released mail may be tried again at once, and then waits as deferred again: the queue's name settles.
    const settled = (entries: QueueEntry[]): string[] =>
      marks(entries.map((entry) => ({ ...entry, queue_name: entry.queue_name === 'hold' ? 'hold' : 'waiting' })));
    expect(settled(await host.queue())).toEqual(settled(before));
    expect(await client.changes.show({ changeId })).toMatchObject({ status: 'undone', undoable: false });
    expect(await client.changes.verify()).toMatchObject({ ok: true });
    await console.dispose();
  });

  test('the connection is cut while it holds: interrupted, then read from the server and undone', async () => {
    using temp = tempDir();
    const host = lab().host('mx1');
    await host.purgeQueue();
    await host.fillQueue(4_000, { senders: ['spam@alpha.test'] });
    const { console, client, serverId, ended } = await consoleOn(host, temp.dir);
    const plan = await client.changes.plan({ request: { kind: 'queue.hold', serverId, target: { by: 'all' } } });
    // The first postsuper -h does its batch and then ends the very ssh session that it was run by.
    await host.sh(`
      mv /usr/sbin/postsuper /usr/sbin/postsuper.real
      cat > /usr/sbin/postsuper <<'EOF'
#!/bin/sh
/usr/sbin/postsuper.real "$@"
rc=$?
if [ "$1" = -h ] && rm /run/cut-ssh 2>/dev/null; then
  p=$PPID
  while [ "$p" -gt 1 ]; do
    up=$(awk '/^PPid:/ { print $2 }' "/proc/$p/status")
    if grep -q '^sshd: root' "/proc/$p/cmdline"; then kill -KILL "$p"; fi
    p=$up
  done
fi
exit $rc
EOF
      chmod 755 /usr/sbin/postsuper
      touch /run/cut-ssh`);
    try {
      const { changeId, job } = await client.changes.apply({ planId: plan.id });
      expect(await ended(job.id)).toMatchObject({ state: 'interrupted' });
      expect(await client.changes.show({ changeId })).toMatchObject({ status: 'interrupted', undoable: false });
      const held = (await host.queue()).filter(({ queue_name: queue }) => queue === 'hold').length;
      expect(held).toBeGreaterThan(0);

      const found = await client.changes.reconcile({ changeId });
      expect(found).toMatchObject({ status: held === 4_000 ? 'done' : 'partial', applied: held, undoable: true });
      expect((await host.queue()).filter(({ queue_name: queue }) => queue === 'hold')).toHaveLength(held);
      const undo = await client.changes.planUndo({ changeId });
      const undone = await client.changes.apply({ planId: undo.id, understood: true });
      expect(await ended(undone.job.id)).toMatchObject({ state: 'done' });
      expect((await host.queue()).filter(({ queue_name: queue }) => queue === 'hold')).toHaveLength(0);
      expect(await client.changes.verify()).toMatchObject({ ok: true });
    } finally {
      await host.ok(['mv', '/usr/sbin/postsuper.real', '/usr/sbin/postsuper']);
      await console.dispose();
    }
  });

  test('the server goes down in the middle of a delete: nothing is lost, and it is known once it is up again', async () => {
    using temp = tempDir();
    const host = lab().host('mx1');
    await host.purgeQueue();
    await host.fillQueue(1_200, { senders: ['spam@alpha.test'] });
    const before = await host.queue();
    const { console, client, serverId, ended } = await consoleOn(host, temp.dir);
    const plan = await client.changes.plan({ request: { kind: 'queue.delete', serverId, target: { by: 'all' } } });
    // The first postsuper -d gets as far as 300 messages of its batch; then every session and daemon ends at once.
    await host.sh(`
      mv /usr/sbin/postsuper /usr/sbin/postsuper.real
      cat > /usr/sbin/postsuper <<'EOF'
#!/bin/sh
if [ "$1" != -d ] || ! rm /run/power 2>/dev/null; then exec /usr/sbin/postsuper.real "$@"; fi
head -n 300 | /usr/sbin/postsuper.real "$@" 2>/dev/null
kill -KILL $(pgrep -x sshd) $(pgrep -x master) $(pgrep -u postfix) 2>/dev/null
touch /run/off
EOF
      chmod 755 /usr/sbin/postsuper
      touch /run/power`);
    try {
      const { changeId, job } = await client.changes.apply({ planId: plan.id });
      expect(await ended(job.id)).toMatchObject({ state: 'interrupted', failure: { code: 'CONNECTION_LOST' } });
      await until(async () => (await host.exec(['test', '-e', '/run/off'])).code === 0, 'the host to be down');
      // While it is down nothing can be known, and nothing is made up.
      await expect(client.changes.reconcile({ changeId })).rejects.toMatchObject({ code: 'CONNECT_FAILED' });
      expect(await client.changes.show({ changeId })).toMatchObject({ status: 'interrupted', applied: 0 });
      await expect(client.changes.planUndo({ changeId })).rejects.toMatchObject({ code: 'UNSAFE' });

      await host.service('start', 'sshd');
      await host.service('start', 'postfix');
      const found = await client.changes.reconcile({ changeId });
      expect(found).toMatchObject({ status: 'partial', applied: 300, undoable: true });
      expect((await host.queue()).map(({ queue_name: queue }) => queue)).toEqual(
        Array.from({ length: 900 }, () => 'hold'),
      );

      const undo = await client.changes.planUndo({ changeId });
      expect(undo.targets).toBe(1_200);
      const undone = await client.changes.apply({ planId: undo.id, understood: true });
      expect(await ended(undone.job.id)).toMatchObject({ state: 'done' });
      const facts = (entries: QueueEntry[]): string[] => marks(entries.map((e) => ({ ...e, queue_name: 'any' })));
      expect(facts(await host.queue())).toEqual(facts(before));
      expect(await client.changes.show({ changeId })).toMatchObject({ status: 'undone', undoable: false });
      expect(await client.changes.verify()).toMatchObject({ ok: true });
    } finally {
      await host.sh('mv /usr/sbin/postsuper.real /usr/sbin/postsuper; rm -f /run/power /run/off');
      await host.service('start', 'sshd');
      await host.service('start', 'postfix');
      await console.dispose();
    }
  });
});
