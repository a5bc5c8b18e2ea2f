/** The main job from the terminal on real mail hosts, and the ways it fails. What is told is checked on the hosts. */
import { afterAll, beforeEach, expect, test } from 'vitest';
import type { Change } from '#shared/model/change.ts';
import type { QueueMessage } from '#shared/model/queue.ts';
import { describeLab } from '../lab/describe.ts';
import { USERS, until } from '../lab/index.ts';
import { lines, objects, openTerminal } from './terminal.ts';

interface Applied {
  change: { id: string; status: string; applied: number; failed: unknown[]; verified: boolean };
}

describeLab('terminal on real hosts', (lab) => {
  const terminal = openTerminal();
  const { cli, run, start } = terminal;
  afterAll(() => terminal.close());
  const mx1 = () => lab().host('mx1');
  let added = false;

  beforeEach(async () => {
    await mx1().purgeQueue();
    if (added) return;
    for (const host of [mx1(), lab().host('mx2')]) {
      const address = ['--ssh', `root@${host.address}`, '--identity', host.keyFile, '--no-agent'];
      const { exit, stderr } = await cli('servers', 'add', host.name, ...address, '--trust-first-use', '--json');
      expect({ exit, stderr }).toMatchObject({ exit: 0, stderr: expect.stringContaining('Trusting') as string });
    }
    added = true;
  });

  const queueIds = async () => (await mx1().queue()).map(({ queue_id }) => queue_id).sort();
  /** A name that no earlier try of a test has taken. */
  const unused = (name: string): string => `${name}${(tries += 1)}`;
  let tries = 0;
  const newest = async () => objects<Change>((await cli('changes', 'list', '--json', '--limit', '1')).stdout)[0];

  test('test says what the machine is, and list what is in its queue', async () => {
    const { exit, stdout } = await cli('servers', 'test', 'mx1', '--json');
    expect(exit).toBe(0);
    const [probe] = objects<{ hostname: string; components: { name: string }[] }>(stdout);
    expect(probe?.components.map(({ name }) => name)).toEqual(expect.arrayContaining(['Postfix', 'Dovecot', 'rspamd']));
    await mx1().fillQueue(50);
    const listed = objects<QueueMessage>((await cli('queue', 'list', '--server', 'mx1', '--json')).stdout);
    expect(listed.map(({ id }) => id).sort()).toEqual(await queueIds());
  });

  test('a listing that breaks off: what came is listed and the rest said to be missing; a part is never counted', async () => {
    const host = mx1();
    await host.fillQueue(60);
    const program = '/usr/sbin/postqueue';
    await host.sh(
      `cp -p "$1" "$1.real"; printf '#!/bin/sh\\n"$0.real" "$@" | head -n 20; exit 1\\n' > "$1.new"; chmod 755 "$1.new"; mv "$1.new" "$1"`,
      program,
    );
    try {
      const listed = await cli('queue', 'list', '--server', 'mx1', '--limit', '0', '--json');
      expect(listed).toMatchObject({
        exit: 1,
        stderr: expect.stringMatching(/BAD_OUTPUT: The queue listing was cut short after 20 /) as string,
      });
      expect(objects(listed.stdout).length).toBeGreaterThanOrEqual(20);
      const counted = await cli('queue', 'summary', '--by', 'sender', '--server', 'mx1');
      expect(counted).toMatchObject({
        exit: 1,
        stdout: '',
        stderr: expect.stringContaining('cut short after 20 messages') as string,
      });
    } finally {
      await host.sh('mv "$1.real" "$1"', program);
    }
  });

  test('delete by sender and undo, on two hosts, checked with postqueue -j', async () => {
    const sender = 'bulk@alpha.test';
    for (const name of ['mx1', 'mx2'] as const) {
      const host = lab().host(name);
      await host.purgeQueue();
      await host.fillQueue(30, { senders: [sender, 'other@alpha.test'] });
      const before = (await host.queue()).filter((entry) => entry.sender === sender);
      // The plan says how large the safe copies are and for how long; afterwards the journal does.
      const planned = await cli('queue', 'delete', '--server', name, '--sender', sender, '--dry-run');
      expect(planned.stdout).toMatch(/^ +Safe copies: 15, .*kept until \d{4}-\d\d-\d\d/m);
      const deleted = await cli('queue', 'delete', '--server', name, '--sender', sender, '--yes', '--json');
      expect(deleted).toMatchObject({ exit: 0, stderr: '' });
      const { change } = objects<Applied>(deleted.stdout)[1] as Applied;
      const shown = (await cli('changes', 'show', change.id)).stdout;
      expect(shown).toMatch(/^Copies: +15, [\d.]+[BK] on this computer, kept until \d{4}-\d\d-\d\d$/m);
      expect(change).toMatchObject({ status: 'done', applied: 15, failed: [], verified: true });
      expect((await host.queue()).map((entry) => entry.sender)).toEqual(
        Array.from({ length: 15 }, () => 'other@alpha.test'),
      );

      expect((await cli('changes', 'undo', change.id, '--yes', '--json')).exit).toBe(0);
      const back = (await host.queue()).filter((entry) => entry.sender === sender);
      const facts = (entries: typeof back) =>
        entries.map((entry) => `${entry.arrival_time} ${entry.message_size}`).sort();
      expect(facts(back)).toEqual(facts(before));
      await host.purgeQueue();
    }
  });

  test('a sender full of shell metacharacters and other letters is found, deleted and restored as it is', async () => {
    const sender = '"$(touch /tmp/owned);`id`|&\'żółć *"@alpha.test';
    await mx1().fillQueue(2, { senders: [sender] });
    const [first] = objects<QueueMessage>((await cli('queue', 'list', '--server', 'mx1', '--json')).stdout);
    expect(first?.sender).toBe((await mx1().queue())[0]?.sender);
    const deleted = await cli('queue', 'delete', '--server', 'mx1', '--sender', first?.sender ?? '', '--yes', '--json');
    expect(deleted.exit).toBe(0);
    const { change } = objects<Applied>(deleted.stdout)[1] as Applied;
    expect(await queueIds()).toEqual([]);
    expect((await cli('changes', 'undo', change.id, '--yes')).exit).toBe(0);
    expect((await mx1().queue()).map((entry) => entry.sender)).toEqual([first?.sender, first?.sender]);
    expect((await mx1().exec(['test', '-e', '/tmp/owned'])).code).toBe(1);
  });

  test('an id that has vanished is left alone and told; the others are done', async () => {
    const ids = await mx1().fillQueue(3);
    await mx1().ok(['postsuper', '-d', ids[0] ?? '']);
    const held = await cli('queue', 'hold', '--server', 'mx1', ...ids, '--yes', '--json');
    expect([0, 5]).toContain(held.exit);
    expect((await mx1().queue()).map((entry) => entry.queue_name)).toEqual(['hold', 'hold']);
    const gone = await cli('queue', 'hold', '--server', 'mx1', ids[0] ?? '', '--yes');
    expect(gone.exit).toBe(1);
    expect(gone.stderr).toMatch(/^postdeck: NOT_FOUND: /);
  });

  test('Ctrl-C during a large delete: exit 130, nothing lost, and the journal agrees with the server', async () => {
    await mx1().fillQueue(5000, { sizes: [2000] });
    const child = start(['queue', 'delete', '--server', 'mx1', '--all', '--yes', '--json']);
    let stdout = '';
    child.stdin.end();
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      if (stdout === '') child.kill('SIGINT'); // the plan is out, the change begins
      stdout += text;
    });
    const exit = await new Promise((resolve) => child.once('close', resolve));
    expect(exit).toBe(130);
    const change = await newest();
    const left = (await mx1().queue()).length;
    if (objects(stdout).some((object) => 'change' in object)) {
      expect(change).toMatchObject({ status: expect.stringMatching(/cancelled|partial|done/) as string });
      expect(left + (change?.applied ?? 0)).toBe(5000);
    } else expect(left).toBe(5000);
    expect((await cli('changes', 'verify')).exit).toBe(0);
  });

  test('a connection cut during a change: one line says what to do, and exit 1', async () => {
    await mx1().fillQueue(3000, { sizes: [2000] });
    const child = start(['queue', 'delete', '--server', 'mx1', '--all', '--yes', '--json']);
    let stdout = '';
    let stderr = '';
    child.stdin.end();
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      // The plan is out, the change begins. Without sshd there is no way back.
      if (stdout === '') void mx1().sh("pkill -KILL -f '^sshd:.*root' || true");
      stdout += text;
    });
    const exit = await new Promise((resolve) => child.once('close', resolve));
    const change = await newest();
    expect((await mx1().queue()).length + (change?.applied ?? 0)).toBe(3000);
    if (change?.status === 'done') return; // it was faster than the cut
    expect([1, 5]).toContain(exit);
    expect(stderr).toMatch(/^postdeck: [A-Z_]+: /m);
    if (change?.status !== 'interrupted') return; // cut while it held no command open: it has read back by itself
    expect(exit).toBe(1);
    expect(stderr).toMatch(/^postdeck: CONNECTION_LOST: .*; /m);
    expect(stderr).toContain(`postdeck changes reconcile ${change.id}`);
    expect(objects(stdout).at(-1)).toHaveProperty('error.code', 'CONNECTION_LOST');
    expect((await cli('changes', 'reconcile', change.id)).exit).toBe(0);
  });

  test('a killed console: the change is interrupted, reconciled by reading, and never repeated', async () => {
    await mx1().fillQueue(5000, { sizes: [2000] });
    const child = start(['queue', 'delete', '--server', 'mx1', '--all', '--yes', '--json']);
    child.stdin.end();
    child.stdout.resume();
    const closed = new Promise((resolve) => child.once('close', resolve));
    await until(async () => (await newest())?.status === 'running', 'the change to run');
    child.kill('SIGKILL');
    await closed;
    const change = await newest();
    expect(change?.status).toBe('interrupted');
    const reconciled = await cli('changes', 'reconcile', change?.id ?? '', '--json');
    expect(reconciled).toMatchObject({ exit: 0, stderr: '' });
    const [told] = objects<Change>(reconciled.stdout);
    expect((await mx1().queue()).length + (told?.applied ?? 0)).toBe(5000);
    expect((await cli('changes', 'verify')).exit).toBe(0);
  });

  test('unknown host key: exit 4, the fingerprint and the command that trusts it; then it works', async () => {
    const address = ['--ssh', `root@${mx1().address}`, '--identity', mx1().keyFile, '--no-agent'];
    const other = openTerminal();
    try {
      expect((await other.cli('servers', 'add', 'new', ...address)).exit).toBe(0);
      const refused = await other.cli('servers', 'test', 'new');
      expect(refused.exit).toBe(4);
      const trust = /HOST_KEY_UNKNOWN: .*: postdeck servers (trust new (SHA256:\S+))$/m.exec(refused.stderr);
      expect(mx1().hostKeys.map(({ fingerprint }) => fingerprint)).toContain(trust?.[2]);
      expect((await other.cli('servers', ...(trust?.[1] ?? '').split(' '))).exit).toBe(0);
      expect((await other.cli('servers', 'test', 'new')).exit).toBe(0);
    } finally {
      other.close();
    }
  });

  test('through a jump host, each with a password of its own: every key is shown, then trusted', async () => {
    const gate = lab().host('cli');
    const other = openTerminal();
    const env = { POSTDECK_PASSWORD: USERS.ops.password, POSTDECK_JUMP_PASSWORD: USERS.plain.password };
    try {
      const way = ['--ssh', `ops@${mx1().address}`, '--jump', `plain@${gate.address}`, '--no-agent'];
      expect((await other.cli('servers', 'add', 'far', ...way)).exit).toBe(0);
      const missing = async () => (await other.run(['servers', 'test', 'far'], {})).stderr;
      for (const host of [gate, mx1()]) {
        const refused = await other.run(['servers', 'test', 'far'], { env });
        expect(refused.exit).toBe(4);
        const [, trust = '', fingerprint] = /postdeck servers (trust far (SHA256:\S+).*)$/m.exec(refused.stderr) ?? [];
        expect(host.hostKeys.map((key) => key.fingerprint)).toContain(fingerprint);
        expect(trust.includes('--host')).toBe(host === gate);
        expect(await other.run(['servers', ...trust.split(' ')], { env })).toMatchObject({ exit: 0, stderr: '' });
      }
      expect(await missing()).toMatch(/AUTH_NEEDED: .*; Give it in POSTDECK_JUMP_PASSWORD/);
      const tested = await other.run(['servers', 'test', 'far', '--json'], { env });
      expect(tested).toMatchObject({ exit: 0, stderr: '' });
      expect(objects<{ user: string }>(tested.stdout)[0]).toMatchObject({
        user: 'ops',
        accounts: { unavailable: 'reading them needs root there' },
      });
    } finally {
      other.close();
    }
  });

  test('what cannot be done is told in a line each, without the scripts', async () => {
    const limited = unused('limited');
    const address = ['--ssh', `limited@${mx1().address}`, '--identity', mx1().keyFile, '--no-agent', '--sudo'];
    expect((await cli('servers', 'add', limited, ...address, '--trust-first-use')).exit).toBe(0);
    const env = { POSTDECK_SUDO_PASSWORD: USERS.limited.password };
    const { exit, stdout } = await run(['servers', 'test', limited], { env });
    expect(exit).toBe(0);
    const cannot = lines(stdout).filter((line) => line.startsWith('  not '));
    expect(cannot.some((line) => line.startsWith('  not queue.copies: sudo does not allow this command'))).toBe(true);
    expect(cannot.some((line) => line.startsWith('  not accounts'))).toBe(true);
    for (const line of cannot) expect(line.length).toBeLessThan(120);
    // Where a hint speaks of lines to add, they are there.
    expect(lines(stdout).filter((line) => line.includes('ALL=(root) NOPASSWD: '))).not.toEqual([]);
  });

  test('changed host key: exit 4 with both fingerprints, and nothing is sent', async () => {
    const changed = unused('changed');
    const wrong = `SHA256:${'A'.repeat(43)}`;
    const address = ['--ssh', `ops@${mx1().address}`, '--no-agent', '--host-key', wrong];
    expect((await cli('servers', 'add', changed, ...address)).exit).toBe(0);
    const { exit, stderr } = await run(['servers', 'test', changed], { env: { POSTDECK_PASSWORD: 'opspw' } });
    expect(exit).toBe(4);
    expect(stderr).toMatch(/^postdeck: HOST_KEY_CHANGED: /);
    expect(stderr).toContain(wrong);
    expect(mx1().hostKeys.some(({ fingerprint }) => stderr.includes(fingerprint))).toBe(true);
    expect(lines(stderr)).toHaveLength(1);
  });

  test('wrong, missing and right password, and sudo refused', async () => {
    const plain = unused('plain');
    const address = ['--ssh', `plain@${mx1().address}`, '--no-agent', '--sudo'];
    expect((await cli('servers', 'add', plain, ...address, '--trust-first-use')).exit).toBe(0);
    const missing = await cli('queue', 'list', '--server', plain);
    expect(missing.exit).toBe(4);
    expect(missing.stderr).toMatch(/^postdeck: AUTH_NEEDED: .*; Give it in POSTDECK_PASSWORD/);
    const wrong = await run(['queue', 'list', '--server', plain], { env: { POSTDECK_PASSWORD: 'no' } });
    expect(wrong.exit).toBe(4);
    expect(wrong.stderr).toMatch(/^postdeck: AUTH_FAILED: /);
    expect(wrong.stderr).not.toContain("'no'");
    await mx1().fillQueue(1);
    const env = { POSTDECK_PASSWORD: USERS.plain.password };
    const refused = await run(['queue', 'delete', '--server', plain, '--all', '--yes', '--json'], { env });
    expect(refused.exit).toBe(1);
    // sudo asks before it says what is allowed.
    expect(refused.stderr).toMatch(/^postdeck: (AUTH_NEEDED|SUDO_REFUSED|UNSUPPORTED): /);
    expect(await queueIds()).toHaveLength(1);
  });

  test('sudo that wants a password: missing, wrong and right', async () => {
    const sudo = unused('sudo');
    const address = ['--ssh', `ops@${mx1().address}`, '--identity', mx1().keyFile, '--no-agent', '--sudo'];
    expect((await cli('servers', 'add', sudo, ...address, '--trust-first-use')).exit).toBe(0);
    await mx1().fillQueue(1);
    const before = await queueIds();
    const purge = ['queue', 'delete', '--server', sudo, '--all', '--yes', '--json'];
    const missing = await run(purge, {});
    expect(missing.exit).toBe(4);
    expect(missing.stderr).toMatch(/^postdeck: AUTH_NEEDED: .*sudo.*; Give it in POSTDECK_SUDO_PASSWORD/);
    const wrong = await run(purge, { env: { POSTDECK_SUDO_PASSWORD: 'no' } });
    expect(wrong.exit).toBe(4);
    expect(wrong.stderr).toMatch(/^postdeck: AUTH_FAILED: /);
    expect(await queueIds()).toEqual(before);
    const right = await run(purge, { env: { POSTDECK_SUDO_PASSWORD: USERS.ops.password } });
    expect(right.exit).toBe(0);
    expect(await queueIds()).toEqual([]);
  });
});
