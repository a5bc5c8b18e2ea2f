/** SSH against real servers, faults included. Longer than usual: each way to log in, and each way to fail, stands once. */
import { createHmac, randomBytes } from 'node:crypto';
import { copyFile, readFile } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { LIMITS } from '#remote/limits.ts';
import { fingerprintOf } from '#remote/ssh/known-hosts.ts';
import type { HostKeys } from '#remote/ssh/host-keys.ts';
import {
  LAB_START_TIMEOUT,
  type Lab,
  type LabHost,
  labAvailable,
  SECRETS,
  startLab,
  until,
  USERS,
} from '../lab/index.ts';
import { agentWith, cutConnections, Desk, lines, ownSshd, running, tag } from './ssh-lab.ts';

const available = labAvailable();
const ID = { name: 'ask who I am', argv: ['/usr/bin/id', '-un'] };

describe.skipIf(!available.ok)('SSH', () => {
  const desk = new Desk();
  let lab: Lab;
  let mx1: LabHost;
  let mx2: LabHost;
  let known: HostKeys;
  const cleanUp: (() => Promise<unknown> | void)[] = [];

  beforeAll(async () => {
    lab = await startLab();
    mx1 = lab.host('mx1');
    mx2 = lab.host('mx2');
  }, LAB_START_TIMEOUT);
  afterEach(async () => {
    await desk.closeAll();
    for (const undo of cleanUp.splice(0).reverse()) await undo();
  });
  const at = (host: LabHost, user: string) => ({ host: host.address, user });
  const withKey = (host: LabHost, user: string) => ({ ...at(host, user), identityFile: host.keyFile });
  const both = async () => (known = await desk.keys({ host: mx1 }, { host: mx2 }));

  describe('logging in', () => {
    it('with a key', async () => {
      const machine = await desk.open(withKey(mx1, 'plain'), await both());
      expect((await machine.run(ID)).stdout.toString()).toBe('plain\n');
      expect(machine).toMatchObject({ label: `ssh plain@${mx1.address}`, user: 'plain', privilege: 'none' });
      expect(desk.asked).toEqual([]);
    });

    it('with a password', async () => {
      const machine = await desk.open(at(mx1, 'plain'), await both(), { password: USERS.plain.password });
      expect((await machine.run(ID)).stdout.toString()).toBe('plain\n');
    });

    it('with a wrong password: refused, once, and nothing was run', async () => {
      await expect(desk.open(at(mx1, 'plain'), await both(), { password: 'wrong' })).rejects.toMatchObject({
        code: 'AUTH_FAILED',
        retryable: false,
        detail: { kind: 'password', user: 'plain', host: mx1.address, tried: ['password'] },
        hint: { id: 'ssh.auth.refused.hint' },
      });
      expect(desk.asked.filter(({ kind }) => kind === 'password')).toHaveLength(1);
    });

    it('without the password that is needed: asked for', async () => {
      await expect(desk.open(at(mx2, 'plain'), await both())).rejects.toMatchObject({
        code: 'AUTH_NEEDED',
        detail: { kind: 'password', hop: null, user: 'plain', host: mx2.address, port: 22 },
      });
    });

    it('with an encrypted key and its passphrase', async () => {
      const settings = { ...at(mx1, 'plain'), identityFile: lab.encryptedKey };
      const machine = await desk.open(settings, await both(), { passphrase: SECRETS.encryptedKey });
      expect((await machine.run(ID)).exit).toBe(0);
    });

    it('with an encrypted key and a wrong passphrase: it says that the passphrase is wrong', async () => {
      const settings = { ...at(mx1, 'plain'), identityFile: lab.encryptedKey };
      await expect(desk.open(settings, await both(), { passphrase: 'wrong' })).rejects.toMatchObject({
        code: 'AUTH_FAILED',
        text: { id: 'ssh.auth.passphrase' },
        detail: { kind: 'passphrase', file: lab.encryptedKey },
      });
    });

    it('with an encrypted key and no passphrase: asked for', async () => {
      const settings = { ...at(mx1, 'plain'), identityFile: lab.encryptedKey };
      await expect(desk.open(settings, await both())).rejects.toMatchObject({
        code: 'AUTH_NEEDED',
        detail: { kind: 'passphrase', file: lab.encryptedKey },
      });
    });

    it('with a key file that is not one: it says which', async () => {
      const settings = { ...at(mx1, 'plain'), identityFile: '/etc/hostname' };
      await expect(desk.open(settings, await both())).rejects.toMatchObject({
        code: 'AUTH_FAILED',
        text: { id: 'ssh.auth.key', values: { file: '/etc/hostname' } },
      });
    });

    it('by keyboard-interactive, with the password for a single password prompt', async () => {
      const machine = await desk.open(at(mx1, 'kbd'), await both(), { password: USERS.kbd.password });
      expect((await machine.run(ID)).stdout.toString()).toBe('kbd\n');
    });

    it('by keyboard-interactive without the answer: the prompts are told', async () => {
      await expect(desk.open(at(mx1, 'kbd'), await both())).rejects.toMatchObject({
        code: 'AUTH_NEEDED',
        detail: { prompts: [{ prompt: expect.stringMatching(/password/i), echo: false }] },
      });
    });

    it('without a named key: by a default key file, encrypted, whose passphrase is asked for', async () => {
      const keys = await both();
      const sshDir = await desk.folder();
      await copyFile(lab.encryptedKey, join(sshDir, 'id_ed25519'));
      const machine = await desk.open(at(mx1, 'plain'), keys, { passphrase: SECRETS.encryptedKey }, { sshDir });
      expect((await machine.run(ID)).exit).toBe(0);
      expect(desk.asked).toMatchObject([{ kind: 'passphrase', file: join(sshDir, 'id_ed25519') }]);
    });

    it('with an agent of many keys, none of them right: refused before sshd hangs up, and the password goes in', async () => {
      const agent = await agentWith(8);
      cleanUp.push(() => agent.end());
      const settings = { ...at(mx1, 'plain'), agent: true };
      await expect(
        desk.open(settings, await both(), { password: 'wrong' }, { agent: agent.socket }),
      ).rejects.toMatchObject({ code: 'AUTH_FAILED', text: { id: 'ssh.auth.refused' }, detail: { keysLeft: 3 } });
      const secrets = { password: USERS.plain.password };
      const machine = await desk.open(settings, known, secrets, { agent: agent.socket });
      expect((await machine.run(ID)).exit).toBe(0);
    });

    it('with a key of the agent and a password, where the server wants both', async () => {
      const agent = await agentWith(2, mx1.keyFile);
      cleanUp.push(() => agent.end());
      cleanUp.push(await ownSshd(mx1, 2299, 'AuthenticationMethods publickey,password', 'PasswordAuthentication yes'));
      const machine = await desk.open(
        { ...at(mx1, 'plain'), port: 2299, agent: true },
        await desk.keys({ host: mx1, port: 2299 }),
        { password: USERS.plain.password },
        { agent: agent.socket },
      );
      expect((await machine.run(ID)).exit).toBe(0);
    });

    it('with an agent that does not answer: other ways are still tried', async () => {
      const machine = await desk.open(
        { ...at(mx1, 'plain'), agent: true },
        await both(),
        { password: USERS.plain.password },
        { agent: '/nonexistent/agent' },
      );
      expect((await machine.run(ID)).exit).toBe(0);
    });
  });

  describe('host keys', () => {
    const offered = (host: LabHost) => host.hostKeys.map(({ fingerprint }) => fingerprint);

    it('unknown: refused with the fingerprint, and no secret was asked for', async () => {
      const keys = await desk.keysFrom('');
      const failure = await desk.open(at(mx1, 'plain'), keys, { password: 'x' }).catch((error: unknown) => error);
      expect(failure).toMatchObject({ code: 'HOST_KEY_UNKNOWN', detail: { host: mx1.address, port: 22, hop: null } });
      expect(offered(mx1)).toContain((failure as { detail: { fingerprint: string } }).detail.fingerprint);
      expect(desk.asked).toEqual([]);
    });

    it('unknown, then accepted: known from then on, in the own file alone', async () => {
      const keys = await desk.keysFrom('');
      const failure = await desk.open(withKey(mx1, 'plain'), keys).catch((error: unknown) => error);
      const key = Buffer.from((failure as { detail: { key: string } }).detail.key, 'base64');
      await keys.trust(mx1.address, 22, key);
      const machine = await desk.open(withKey(mx1, 'plain'), keys);
      expect((await machine.run(ID)).exit).toBe(0);
    });

    it('changed: refused with both fingerprints and the place of the known one', async () => {
      const keys = await desk.keysFrom(lines(mx2).replaceAll(mx2.address, mx1.address));
      await expect(desk.open(withKey(mx1, 'plain'), keys)).rejects.toMatchObject({
        code: 'HOST_KEY_CHANGED',
        detail: {
          fingerprint: expect.stringMatching(/^SHA256:/),
          known: mx2.hostKeys.map(({ fingerprint }, i) => ({
            fingerprint,
            where: expect.stringMatching(`:${i + 1}$`),
          })),
        },
      });
    });

    it('revoked: refused', async () => {
      const keys = await desk.keysFrom(lines(mx1) + lines(mx1).replaceAll(mx1.address, '@revoked *'));
      await expect(desk.open(withKey(mx1, 'plain'), keys)).rejects.toMatchObject({
        code: 'HOST_KEY_CHANGED',
        detail: { revoked: true },
      });
    });

    it('hashed names: accepted', async () => {
      const salt = randomBytes(20);
      const hash = createHmac('sha1', salt).update(mx1.address).digest('base64');
      const keys = await desk.keysFrom(lines(mx1).replaceAll(mx1.address, `|1|${salt.toString('base64')}|${hash}`));
      await desk.open(withKey(mx1, 'plain'), keys);
    });

    it.each([0, 1])('only one of the types of key on record (%d): that one is asked for', async (index) => {
      const one = lines(mx1).split('\n')[index] ?? '';
      await desk.open(withKey(mx1, 'plain'), await desk.keysFrom(`${one}\n`));
    });

    it('pinned by the profile: that one is accepted, another refused', async () => {
      const [first] = mx1.hostKeys;
      const only = await desk.keysFrom(`other ${first?.type} ${first?.key}\n`);
      await desk.open({ ...withKey(mx1, 'plain'), hostKey: first?.fingerprint ?? null }, only);
      const wrong = fingerprintOf(randomBytes(32));
      await expect(desk.open({ ...withKey(mx1, 'plain'), hostKey: wrong }, await both())).rejects.toMatchObject({
        code: 'HOST_KEY_CHANGED',
        detail: { known: [{ fingerprint: wrong }] },
      });
    });
  });

  describe('jump hosts', () => {
    const hop = (host: LabHost, user: string) => ({ host: host.address, port: 22, user, identityFile: null });

    it('are gone through', async () => {
      const machine = await desk.open({ ...withKey(mx2, 'plain'), jump: [hop(mx1, 'ops')] }, await both());
      expect((await machine.run({ name: 'x', argv: ['/bin/hostname', '-s'] })).stdout.toString()).toBe('mx2\n');
    });

    it('have keys of their own to be known by', async () => {
      const keys = await desk.keys({ host: mx2 });
      await expect(desk.open({ ...withKey(mx2, 'plain'), jump: [hop(mx1, 'ops')] }, keys)).rejects.toMatchObject({
        code: 'HOST_KEY_UNKNOWN',
        detail: { host: mx1.address, hop: `${mx1.address}:22` },
      });
    });

    it('that cannot reach the next one say so', async () => {
      const settings = { ...withKey(mx2, 'plain'), port: 1, jump: [hop(mx1, 'ops')] };
      await expect(desk.open(settings, await both())).rejects.toMatchObject({
        code: 'CONNECT_FAILED',
        text: { id: 'ssh.hop.refused' },
        detail: { through: `${mx1.address}:22` },
      });
    });
  });

  describe('a connection that does not come about', () => {
    const listen = async (onSocket: (socket: Socket) => void): Promise<number> => {
      const sockets = new Set<Socket>();
      const server: Server = createServer((socket) => {
        sockets.add(socket);
        socket.on('error', () => {});
        onSocket(socket);
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      cleanUp.push(() => {
        for (const socket of sockets) socket.destroy();
        server.close();
      });
      const address = server.address();
      return typeof address === 'object' && address ? address.port : 0;
    };
    const local = { host: '127.0.0.1', user: 'ops' };

    it('a host that accepts and says nothing: one TIMEOUT', async () => {
      const port = await listen(() => {});
      const opening = desk.open({ ...local, port }, await both(), {}, { connectSeconds: 0.3 });
      await expect(opening).rejects.toMatchObject({
        code: 'TIMEOUT',
        retryable: true,
        detail: { stage: `the SSH handshake with 127.0.0.1:${port}` },
      });
    });

    it('a host that is no SSH server: it says what went wrong', async () => {
      const port = await listen((socket) => socket.end('220 mx1 ESMTP Postfix\r\n'));
      await expect(desk.open({ ...local, port }, await both())).rejects.toMatchObject({ code: 'CONNECT_FAILED' });
    });

    it('a closed port: refused', async () => {
      await expect(desk.open({ ...at(mx1, 'ops'), port: 1 }, await both())).rejects.toMatchObject({
        code: 'CONNECT_FAILED',
        text: { id: 'ssh.tcp.refused' },
        retryable: true,
      });
    });

    it('a name without an address', async () => {
      await expect(desk.open({ ...local, host: 'mx1.invalid' }, await both())).rejects.toMatchObject({
        code: 'CONNECT_FAILED',
        text: { id: 'ssh.tcp.name' },
      });
    });

    it('ends when the caller gives up', async () => {
      const abort = new AbortController();
      const port = await listen(() => abort.abort());
      const opening = desk.open({ ...local, port }, await both(), {}, { signal: abort.signal });
      await expect(opening).rejects.toMatchObject({ code: 'CANCELLED' });
    });
  });

  describe('commands', () => {
    it('carry arguments and standard input of any kind unchanged', async () => {
      const machine = await desk.open(withKey(mx1, 'plain'), await both());
      const argv = ["o'brien", '$(id)', 'a\nb', '\\', '"', '', '*', 'zażółć 😀', '-n'];
      const printed = await machine.run({ name: 'x', argv: ['/usr/bin/printf', '%s\\0', ...argv] });
      expect(printed.stdout.toString().split('\0').slice(0, -1)).toEqual(argv);
      const bytes = randomBytes(3_000_000);
      const copied = await machine.run({ name: 'x', argv: ['/bin/cat'], stdin: Readable.from([bytes]) });
      expect(copied.stdout.equals(bytes)).toBe(true);
    });

    it('that fail tell their status and messages', async () => {
      const machine = await desk.open(withKey(mx1, 'plain'), await both());
      const argv = ['/bin/sh', '-c', 'echo first >&2; echo "password=hunter2" >&2; exit 9'];
      await expect(machine.run({ name: 'try it', argv })).rejects.toMatchObject({
        code: 'REMOTE_FAILED',
        detail: { exit: 9, stderr: 'first\npassword=[redacted]', command: expect.stringContaining('/bin/sh -c') },
      });
      expect((await machine.run({ name: 'try it', argv, okExit: [9] })).exit).toBe(9);
    });

    it('that are not installed say so', async () => {
      const machine = await desk.open(withKey(mx1, 'plain'), await both());
      await expect(machine.run({ name: 'x', argv: ['/usr/sbin/nothing'] })).rejects.toMatchObject({
        code: 'REMOTE_FAILED',
        text: { id: 'remote.not-found' },
      });
    });

    it('whose output passes the limit are ended on the server', async () => {
      const machine = await desk.open(withKey(mx1, 'plain'), await both());
      const mark = tag();
      const argv = ['/usr/bin/yes', mark];
      await expect(machine.run({ name: 'x', argv, maxOutput: 100_000 })).rejects.toMatchObject({
        code: 'LIMIT',
        detail: { limit: 100_000 },
      });
      expect(await running(mx1, mark)).toEqual([]);
    });

    it('past their deadline are ended on the server', async () => {
      const machine = await desk.open(withKey(mx1, 'plain'), await both());
      const mark = tag();
      await expect(machine.run({ name: 'wait', argv: ['/bin/sleep', mark], deadline: 0.4 })).rejects.toMatchObject({
        code: 'TIMEOUT',
        detail: { name: 'wait', stage: 'running on the server' },
      });
      expect(await running(mx1, mark)).toEqual([]);
    });

    it('whose reader goes away are ended on the server', async () => {
      const machine = await desk.open(withKey(mx1, 'plain'), await both());
      const mark = tag();
      const process = await machine.start({ name: 'x', argv: ['/usr/bin/yes', mark] });
      for await (const chunk of process.stdout) {
        expect(chunk).toBeDefined();
        break;
      }
      await expect(process.ended).rejects.toMatchObject({ code: 'CANCELLED' });
      expect(await running(mx1, mark)).toEqual([]);
    });

    it('more than sshd allows at once wait for their turn', async () => {
      cleanUp.push(await ownSshd(mx1, 2210, 'MaxSessions 3'));
      const keys = await desk.keys({ host: mx1, port: 2210 });
      const machine = await desk.open({ ...withKey(mx1, 'plain'), port: 2210 }, keys);
      const results = await Promise.all(
        Array.from({ length: 30 }, (_, i) => machine.run({ name: 'x', argv: ['/bin/echo', String(i)] })),
      );
      expect(results.map(({ stdout }) => stdout.toString().trim())).toEqual(
        Array.from({ length: 30 }, (_, i) => `${i}`),
      );
    });

    it('that wait for their turn can be cancelled', async () => {
      const machine = await desk.open(withKey(mx1, 'plain'), await both());
      const mark = tag();
      const busy = new AbortController();
      const sleepers = Array.from({ length: LIMITS.CHANNELS }, () =>
        machine.run({ name: 'x', argv: ['/bin/sleep', mark], signal: busy.signal }).catch((error: unknown) => error),
      );
      await until(async () => (await running(mx1, `sleep ${mark}`)).length >= LIMITS.CHANNELS, 'sleepers to run');
      const abort = new AbortController();
      const waiting = machine.run({ ...ID, signal: abort.signal });
      abort.abort();
      await expect(waiting).rejects.toMatchObject({ code: 'CANCELLED' });
      busy.abort();
      for (const ended of await Promise.all(sleepers)) expect(ended).toMatchObject({ code: 'CANCELLED' });
      expect(await running(mx1, mark)).toEqual([]);
    });
  });

  describe('sudo', () => {
    const AS_ROOT = { ...ID, root: true };

    it('is not used by root', async () => {
      const machine = await desk.open(withKey(mx1, 'root'), await both());
      expect(machine.privilege).toBe('root');
      expect(machine.describe(AS_ROOT)).toBe('/usr/bin/id -un');
      expect((await machine.run(AS_ROOT)).stdout.toString()).toBe('root\n');
    });

    it('without a password', async () => {
      const machine = await desk.open({ ...withKey(mx1, 'opsn'), sudo: 'passwordless' }, await both());
      const result = await machine.run(AS_ROOT);
      expect(result).toMatchObject({ command: 'sudo -n /usr/bin/id -un', stderr: '' });
      expect(result.stdout.toString()).toBe('root\n');
    });

    it('with a password, which goes to sudo and the data to the command', async () => {
      const secrets = { sudo: USERS.ops.password };
      const machine = await desk.open({ ...withKey(mx1, 'ops'), sudo: 'password' }, await both(), secrets);
      const stdin = 'first line\nsecond\n';
      const result = await machine.run({ name: 'x', argv: ['/bin/cat'], root: true, stdin });
      expect(result.stdout.toString()).toBe(stdin);
      expect(result.stderr).toBe('');
      expect(result.command).not.toContain(USERS.ops.password);
    });

    it('never gives the password to a command that sudo runs without one', async () => {
      const secrets = { sudo: USERS.opsn.password };
      const machine = await desk.open({ ...withKey(mx1, 'opsn'), sudo: 'password' }, await both(), secrets);
      const result = await machine.run({ name: 'x', argv: ['/bin/cat'], root: true, stdin: 'data\n' });
      expect(result.stdout.toString()).toBe('data\n');
    });

    it('never gives the password to a single command that sudoers frees of one', async () => {
      await mx1.sh(`echo 'ops ALL=(root) NOPASSWD: /bin/cat' > /etc/sudoers.d/zz-free`);
      cleanUp.push(() => mx1.sh('rm -f /etc/sudoers.d/zz-free'));
      const secrets = { sudo: USERS.ops.password };
      const machine = await desk.open({ ...withKey(mx1, 'ops'), sudo: 'password' }, await both(), secrets);
      const result = await machine.run({ name: 'x', argv: ['/bin/cat'], root: true, stdin: 'data\n' });
      expect(result.stdout.toString()).toBe('data\n');
      expect((await machine.run(AS_ROOT)).stdout.toString()).toBe('root\n');
    });

    it('with a wrong password: refused after one attempt, and the command was not run', async () => {
      const machine = await desk.open({ ...withKey(mx1, 'ops'), sudo: 'password' }, await both(), { sudo: 'wrong!pw' });
      const mark = `/tmp/${tag()}`;
      const failure = await machine
        .run({ name: 'x', argv: ['/usr/bin/tee', mark], root: true, stdin: 'not a password\n' })
        .catch((error: unknown) => error);
      expect(failure).toMatchObject({ code: 'SUDO_REFUSED', detail: { reason: 'password-refused', kind: 'sudo' } });
      expect(JSON.stringify(failure)).not.toContain('wrong!pw');
      expect((failure as { detail: { stderr: string } }).detail.stderr).toContain('1 incorrect password attempt');
      expect((await mx1.exec(['test', '-e', mark])).code).toBe(1);
    });

    it('with a password nobody knows: asked for', async () => {
      const machine = await desk.open({ ...withKey(mx1, 'ops'), sudo: 'password' }, await both());
      await expect(machine.run(AS_ROOT)).rejects.toMatchObject({ code: 'AUTH_NEEDED', detail: { kind: 'sudo' } });
    });

    it('with a password nobody knows, for a command that needs none: run', async () => {
      await mx1.write('/etc/sudoers.d/ops-id', 'ops ALL=(root) NOPASSWD: /usr/bin/id -un\n');
      const machine = await desk.open({ ...withKey(mx1, 'ops'), sudo: 'password' }, await both());
      expect((await machine.run(AS_ROOT)).stdout.toString()).toBe('root\n');
      const other = machine.run({ ...AS_ROOT, argv: ['/usr/bin/id', '-u'] });
      await expect(other).rejects.toMatchObject({ code: 'AUTH_NEEDED', detail: { kind: 'sudo' } });
      await mx1.ok(['rm', '/etc/sudoers.d/ops-id']);
    });

    it('that asks for a password where none is set up: the line for sudoers is told', async () => {
      const machine = await desk.open({ ...withKey(mx1, 'ops'), sudo: 'passwordless' }, await both());
      await expect(machine.run(AS_ROOT)).rejects.toMatchObject({
        code: 'SUDO_REFUSED',
        detail: { reason: 'password-required', sudoers: 'ops ALL=(root) NOPASSWD: /usr/bin/id -un' },
      });
    });

    it('that is not allowed: the line that is told makes it work, for that command alone', async () => {
      const machine = await desk.open({ ...withKey(mx1, 'limited'), sudo: 'passwordless' }, await both());
      const argv = ['/usr/bin/printf', '%s', 'a,b:c=d *'];
      const failure = await machine.run({ name: 'x', argv, root: true }).catch((error: unknown) => error);
      expect(failure).toMatchObject({ code: 'SUDO_REFUSED' });
      const { sudoers } = (failure as { detail: { sudoers: string } }).detail;
      await mx1.ok(['sh', '-c', 'cat > /etc/sudoers.d/limited && visudo -cf /etc/sudoers.d/limited'], {
        stdin: `${sudoers}\n`,
      });
      cleanUp.push(() => mx1.sh('rm -f /etc/sudoers.d/limited'));
      expect((await machine.run({ name: 'x', argv, root: true })).stdout.toString()).toBe('a,b:c=d *');
      await expect(
        machine.run({ name: 'x', argv: [...argv.slice(0, 2), 'a,b:c=d everything'], root: true }),
      ).rejects.toMatchObject({ code: 'SUDO_REFUSED', detail: { reason: expect.any(String) } });
    });

    it('that is turned off: said before anything is sent', async () => {
      const machine = await desk.open(withKey(mx1, 'plain'), await both());
      await expect(machine.run(AS_ROOT)).rejects.toMatchObject({ code: 'SUDO_REFUSED', detail: { reason: 'none' } });
    });
  });

  describe('cancelling ends the remote process', () => {
    const hide = async (host: LabHost) => {
      await host.sh('mv /usr/bin/script /usr/bin/script.away');
      cleanUp.push(() => host.sh('mv /usr/bin/script.away /usr/bin/script'));
    };
    const pty = async (host: LabHost, on: boolean) => {
      await host.sh(`echo 'Defaults ${on ? '' : '!'}use_pty' > /etc/sudoers.d/zz-pty`);
      cleanUp.push(() => host.sh('rm -f /etc/sudoers.d/zz-pty'));
    };
    const users = [
      ['root', 'none', {}],
      ['plain', 'none', {}],
      ['opsn', 'passwordless', {}],
      ['ops', 'password', { sudo: USERS.ops.password }],
    ] as const;
    const STUBBORN = 'trap "" HUP TERM INT; while :; do /bin/sleep 1; done; : "$0"';
    const programs: [string, string[]][] = [
      ['sleep, which waits for nothing', ['/bin/sleep']],
      ['tail -F, which follows a file', ['/usr/bin/tail', '-F', '/etc/hostname']],
      ['one that ignores TERM and HUP', ['/bin/sh', '-c', STUBBORN]],
    ];

    const cancel = async (user: (typeof users)[number], argv: string[]) => {
      const [name, sudo, secrets] = user;
      const machine = await desk.open({ ...withKey(mx2, name), sudo }, await both(), secrets);
      const mark = tag();
      const abort = new AbortController();
      const process = await machine.start({
        name: 'x',
        argv: [...argv, mark],
        root: name !== 'plain',
        signal: abort.signal,
      });
      const program = (argv[0] ?? '').split('/').pop() ?? '';
      await until(
        async () => (await running(mx2, mark)).some((line) => line.trim().split(/\s+/)[1]?.endsWith(`/${program}`)),
        `${program} to run`,
      );
      abort.abort();
      await expect(process.ended).rejects.toMatchObject({ code: 'CANCELLED', detail: { name: 'x' } });
      expect(await running(mx2, mark)).toEqual([]);
      // The connection is still good.
      expect((await machine.run(ID)).exit).toBe(0);
    };

    for (const user of users) {
      for (const [what, argv] of programs) it(`${user[0]}: ${what}`, () => cancel(user, argv));
    }

    it.each([true, false])('under sudo with use_pty %s', async (on) => {
      await pty(mx2, on);
      for (const [, argv] of programs.slice(0, 2)) await cancel(users[2], argv);
    });

    it.each([true, false])('where script(1) is missing, with use_pty %s', async (on) => {
      await pty(mx2, on);
      await hide(mx2);
      await cancel(users[2], ['/bin/sleep']);
      await cancel(users[3], ['/bin/sleep']);
    });
  });

  describe('a connection that is cut', () => {
    const connectApart = async (port: number) => {
      const end = await ownSshd(mx1, port);
      cleanUp.push(end);
      const machine = await desk.open({ ...withKey(mx1, 'plain'), port }, await desk.keys({ host: mx1, port }));
      const cut = () => cutConnections(mx1, port);
      return { machine, cut };
    };

    it('during a command: CONNECTION_LOST says that its fate is not known', async () => {
      const { machine, cut } = await connectApart(2211);
      const mark = tag();
      const process = await machine.start({ name: 'wait', argv: ['/bin/sleep', mark] });
      await until(async () => (await running(mx1, `sleep ${mark}`)).length > 0, 'sleep to run');
      await cut();
      await expect(process.ended).rejects.toMatchObject({
        code: 'CONNECTION_LOST',
        retryable: true,
        text: { id: 'remote.lost.during', values: { name: 'wait' } },
      });
      await mx1.exec(['pkill', '-f', mark]);
    });

    it.each(['plain', 'opsn'] as const)(
      '%s: the next connection waits for a command left running, and ends one that only streamed',
      async (user) => {
        const port = 2214;
        cleanUp.push(await ownSshd(mx1, port));
        const sudo = user === 'opsn' ? 'passwordless' : 'none';
        const machine = await desk.open({ ...withKey(mx1, user), port, sudo }, await desk.keys({ host: mx1, port }));
        const [work, stream] = [tag(), tag()];
        const root = user === 'opsn';
        // Long enough to be there when the next connection is made, and done by itself soon after.
        const script = `while ! test -e /run/lock/${work}; do sleep 0.1; done; sleep 1; rm -f /run/lock/${work}`;
        const working = machine.run({ name: 'work', argv: ['/bin/sh', '-c', script, work], root });
        working.catch(() => {}); // awaited below
        const streaming = await machine.start({ name: 'stream', argv: ['/bin/sleep', stream], root });
        await until(async () => (await running(mx1, work)).length > 0, 'the work to run');
        await until(async () => (await running(mx1, `sleep ${stream}`)).length > 0, 'sleep to run');
        await cutConnections(mx1, port);
        await expect(working).rejects.toMatchObject({ code: 'CONNECTION_LOST' });
        await expect(streaming.ended).rejects.toMatchObject({ code: 'CONNECTION_LOST' });
        expect(await running(mx1, work)).not.toEqual([]);
        await mx1.sh('touch "/run/lock/$1"; chmod 666 "/run/lock/$1"', work);
        await machine.run(ID);
        expect(await running(mx1, work)).toEqual([]);
        expect(await running(mx1, `sleep ${stream}`)).toEqual([]);
      },
    );

    it('is made again by the next command', async () => {
      const { machine, cut } = await connectApart(2212);
      await machine.run(ID);
      await cut();
      await until(() => Promise.resolve(machine.state.state === 'lost'), 'the cut to be noticed');
      expect((await machine.run(ID)).stdout.toString()).toBe('plain\n');
      expect(desk.states.map(({ state }) => state)).toEqual([
        'connecting',
        'connected',
        'lost',
        'connecting',
        'connected',
      ]);
    });

    it('is made again by itself while the machine is kept', async () => {
      const { machine, cut } = await connectApart(2213);
      machine.keep(true);
      await cut();
      await until(
        () => Promise.resolve(desk.states.length >= 5 && machine.state.state === 'connected'),
        'it to be back',
      );
      expect(desk.states.some((state) => state.state === 'lost' && state.retryAt !== null)).toBe(true);
    });

    it('is closed for good by close(), and commands under way end', async () => {
      const machine = await desk.open(withKey(mx1, 'plain'), await both());
      const mark = tag();
      const process = await machine.start({ name: 'wait', argv: ['/bin/sleep', mark] });
      await machine.close();
      await expect(process.ended).rejects.toMatchObject({ code: 'CANCELLED' });
      await expect(machine.run(ID)).rejects.toMatchObject({ code: 'CANCELLED' });
      expect(await running(mx1, mark)).toEqual([]);
    });
  });

  it('leaves the user’s known_hosts files as they were', async () => {
    const { own, user } = await desk.files();
    expect(own).not.toBe(user);
    await both();
    expect(await known.algorithms(mx1.address, 22)).toEqual(['ssh-ed25519', 'ssh-rsa']);
    await expect(readFile(own)).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
