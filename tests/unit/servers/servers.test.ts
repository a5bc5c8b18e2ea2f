import { createHash } from 'node:crypto';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ssh2 from 'ssh2';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Secrets } from '#core/secrets/secrets.ts';
import { Servers } from '#core/servers/servers.ts';
import { openStore, type Store } from '#core/store/store.ts';
import type { Driver, ServerSession } from '#drivers/driver.ts';
import { openDemo } from '#drivers/index.ts';
import { ServerInput, type ServerStatus } from '#shared/model/server.ts';
import { newKey } from '../../ssh-key.ts';

const NEVER = new AbortController().signal;
const CHEAP = { N: 1024, r: 8, p: 1 };

/** A driver that knows every machine, and asks it nothing. */
const anything: Driver = {
  id: 'any',
  title: 'Any',
  recognises: () => Promise.resolve(true),
  open: () => ({ ...openDemo({ stateFile: null }), driver: 'any', demo: false }) satisfies ServerSession,
};

let dir: string;
let store: Store;
let secrets: Secrets;
let servers: Servers;
const ends: (() => unknown)[] = [];

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'servers-'));
  store = openStore(dir);
  secrets = new Secrets(dir, null, CHEAP);
  servers = make([anything]);
});
afterEach(async () => {
  await servers.dispose();
  store.close();
  for (const end of ends.splice(0)) await end();
});

function make(drivers: readonly Driver[]): Servers {
  return new Servers({ dataDir: dir, store, secrets, drivers, openDemo, sshDir: join(dir, 'ssh'), knownHosts: [] });
}
const demo = (name: string) => ServerInput.parse({ name, demo: true });
const ssh = (name: string, port: number, more: object = {}) =>
  ServerInput.parse({ name, ssh: { host: '127.0.0.1', port, user: 'ops', agent: false, ...more } });

/** An SSH server in this process that lets `ops` in with the password `pw`. */
async function sshServer(): Promise<{ port: number; logins: () => number; cut: () => void }> {
  const { private: key } = newKey();
  let logins = 0;
  const clients = new Set<{ end(): unknown }>();
  const server = new ssh2.Server({ hostKeys: [key] }, (client) => {
    clients.add(client);
    client.on('error', () => {});
    client.on('authentication', (context) => {
      if (context.method === 'password' && context.username === 'ops' && context.password === 'pw') {
        logins += 1;
        context.accept();
      } else context.reject(['password']);
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve());
  });
  const cut = () => {
    for (const client of clients) client.end();
    clients.clear();
  };
  ends.push(() => {
    cut();
    server.close();
  });
  return { port: (server.address() as { port: number }).port, logins: () => logins, cut };
}

describe('profiles', () => {
  it('are kept, found by id and by name, and listed by name', () => {
    const b = servers.add(demo('beta'));
    const a = servers.add(demo('Alpha'));
    expect(servers.profiles.list().map(({ name }) => name)).toEqual(['Alpha', 'beta']);
    expect(servers.profiles.get(a.id)).toEqual(a);
    expect(make([]).profiles.get('BETA')).toEqual(b);
    expect(() => servers.profiles.get('gamma')).toThrow(expect.objectContaining({ code: 'NOT_FOUND' }));
  });

  it('have names of their own', () => {
    const a = servers.add(demo('mx1'));
    expect(() => servers.add(demo('MX1'))).toThrow(expect.objectContaining({ code: 'BAD_INPUT' }));
    expect(servers.profiles.update(a.id, demo('MX1')).name).toBe('MX1');
  });

  it('are either a demo or reached over SSH', () => {
    expect(() => servers.add(ServerInput.parse({ name: 'x' }))).toThrow(expect.objectContaining({ code: 'BAD_INPUT' }));
    expect(() => servers.add({ ...ssh('x', 22), demo: true })).toThrow(expect.objectContaining({ code: 'BAD_INPUT' }));
  });

  it('never hold a secret', async () => {
    const { id } = servers.add(ssh('mx1', 22));
    await secrets.unlockVault('correct horse');
    await secrets.set({ serverId: id, kind: 'password', hop: null }, 'hunter2hunter2', 'stored');
    await secrets.set({ serverId: id, kind: 'sudo', hop: null }, 'hunter3hunter3', 'session');
    store.pragma('wal_checkpoint(TRUNCATE)');
    const raw = await readFile(join(dir, 'postdeck.sqlite'), 'latin1');
    expect(raw).toContain('mx1');
    expect(raw).not.toMatch(/hunter/);
  });
});

describe('sessions', () => {
  it('of a demo server are one for all who ask', async () => {
    const { id } = servers.add(demo('demo'));
    const [one, two] = await Promise.all([
      servers.sessions.sessionFor(id, NEVER),
      servers.sessions.sessionFor('demo', NEVER),
    ]);
    expect(one).toBe(two);
    expect(servers.sessions.current(id)).toBe(one);
    expect(servers.sessions.status(id).state).toBe('connected');
  });

  it('wait for an accepted host key, then share one connection', async () => {
    const server = await sshServer();
    const { id } = servers.add(ssh('mx1', server.port));
    await secrets.set({ serverId: id, kind: 'password', hop: null }, 'pw', 'session');
    const failure = await servers.sessions.sessionFor(id, NEVER).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'HOST_KEY_UNKNOWN' });
    expect(servers.sessions.status(id)).toMatchObject({ state: 'needs-look', why: { id: 'ssh.host-key.unknown' } });
    const { fingerprint } = (failure as { detail: { fingerprint: string } }).detail;
    const trusted = await servers.trustHostKey(id, `127.0.0.1:${server.port}`, fingerprint);
    expect(trusted.ssh?.hostKey).toBe(fingerprint);
    expect(await readFile(join(dir, 'known_hosts'), 'utf8')).toContain(`[127.0.0.1]:${server.port} ssh-ed25519 `);
    const [one, two] = await Promise.all([servers.test(id, NEVER), servers.test(id, NEVER)]);
    expect(one.serverId).toBe(id);
    expect(two.driver).toBe('any');
    expect(server.logins()).toBe(1);
    expect(servers.profiles.probe(id)).toMatchObject({ driver: 'any', demo: false });
  });

  it('accept no other fingerprint than the one that was shown', async () => {
    const server = await sshServer();
    const { id } = servers.add(ssh('mx1', server.port));
    await servers.sessions.sessionFor(id, NEVER).catch(() => {});
    const other = `SHA256:${'A'.repeat(43)}`;
    await expect(servers.trustHostKey(id, '127.0.0.1', other)).rejects.toMatchObject({ code: 'UNSAFE' });
    await expect(servers.trustHostKey(id, 'elsewhere', other)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('refuse to accept a changed key', async () => {
    const [first, second] = [await sshServer(), await sshServer()];
    const { id } = servers.add(ssh('mx1', first.port));
    const failure = await servers.sessions.sessionFor(id, NEVER).catch((error: unknown) => error);
    await servers.trustHostKey(id, '127.0.0.1', (failure as { detail: { fingerprint: string } }).detail.fingerprint);
    // The same name and port now answer with the second server's key.
    const known = (await readFile(join(dir, 'known_hosts'), 'utf8')).replaceAll(
      String(first.port),
      String(second.port),
    );
    await writeFile(join(dir, 'known_hosts'), known);
    const moved = servers.add(ssh('mx2', second.port));
    const changed = await servers.sessions.sessionFor(moved.id, NEVER).catch((error: unknown) => error);
    expect(changed).toMatchObject({ code: 'HOST_KEY_CHANGED' });
    const { fingerprint } = (changed as { detail: { fingerprint: string } }).detail;
    await expect(servers.trustHostKey(moved.id, '127.0.0.1', fingerprint)).rejects.toMatchObject({ code: 'UNSAFE' });
  });

  it('accept no typed fingerprint that a record would refuse at the next connection', async () => {
    const server = await sshServer();
    const [key, other] = [0, 1].map(() => newKey().public.split(' ')[1] ?? '');
    const sha = (blob = ''): string =>
      `SHA256:${createHash('sha256').update(Buffer.from(blob, 'base64')).digest('base64').slice(0, 43)}`;
    const { id } = servers.add(ssh('mx1', server.port));
    const name = `[127.0.0.1]:${server.port} ssh-ed25519`;
    await writeFile(join(dir, 'known_hosts'), `${name} ${key}\n@revoked ${name} ${other}\n`);
    await expect(servers.trustHostKey(id, '127.0.0.1', sha('AAAA'))).rejects.toMatchObject({
      code: 'UNSAFE',
      text: { id: 'servers.key-on-record', values: { where: expect.stringMatching(/known_hosts:1$/) as string } },
    });
    await expect(servers.trustHostKey(id, '127.0.0.1', sha(other))).rejects.toMatchObject({
      code: 'UNSAFE',
      text: { id: 'servers.key-revoked' },
    });
    expect(servers.profiles.get(id).ssh?.hostKey).toBeNull();
    expect((await servers.trustHostKey(id, '127.0.0.1', sha(key))).ssh?.hostKey).toBe(sha(key));
  });

  it('pin a fingerprint that was typed in, and forget the pin with the server', async () => {
    const server = await sshServer();
    const { id } = servers.add(ssh('mx1', server.port));
    const wrong = `SHA256:${'A'.repeat(43)}`;
    expect((await servers.trustHostKey(id, '127.0.0.1', wrong)).ssh?.hostKey).toBe(wrong);
    await expect(servers.sessions.sessionFor(id, NEVER)).rejects.toMatchObject({ code: 'HOST_KEY_CHANGED' });
    expect(await servers.remove(id)).toBe(true);
    expect(servers.profiles.list()).toEqual([]);
  });

  it('of a machine that no driver knows: UNSUPPORTED, and the connection is not kept', async () => {
    servers = make([{ ...anything, recognises: () => Promise.resolve(false) }]);
    const server = await sshServer();
    const { id } = servers.add(ssh('mx1', server.port));
    await secrets.set({ serverId: id, kind: 'password', hop: null }, 'pw', 'session');
    const failure = await servers.sessions.sessionFor(id, NEVER).catch((error: unknown) => error);
    await servers.trustHostKey(id, '127.0.0.1', (failure as { detail: { fingerprint: string } }).detail.fingerprint);
    await expect(servers.sessions.sessionFor(id, NEVER)).rejects.toMatchObject({ code: 'UNSUPPORTED' });
    expect(servers.sessions.current(id)).toBeNull();
    expect(servers.sessions.status(id).state).toBe('needs-look');
  });

  it('of a host that is down: offline', async () => {
    const closed: Server = createServer();
    await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve));
    const { port } = closed.address() as { port: number };
    await new Promise((resolve) => closed.close(resolve));
    const { id } = servers.add(ssh('mx1', port));
    await expect(servers.sessions.sessionFor(id, NEVER)).rejects.toMatchObject({ code: 'CONNECT_FAILED' });
    expect(servers.sessions.status(id)).toMatchObject({ state: 'offline', why: { id: 'ssh.tcp.refused' } });
  });

  it('end their attempt with the last who waits for it, not with the first', async () => {
    let connections = 0;
    const sockets = new Set<Socket>();
    const silent = createServer((socket) => {
      connections += 1;
      sockets.add(socket);
      socket.on('error', () => {});
    });
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    ends.push(() => {
      for (const socket of sockets) socket.destroy();
      silent.close();
    });
    const { id } = servers.add(ssh('mx1', (silent.address() as { port: number }).port));
    const [first, second, third] = [new AbortController(), new AbortController(), new AbortController()];
    const one = servers.sessions.sessionFor(id, first.signal);
    const two = servers.sessions.sessionFor(id, second.signal);
    await expect.poll(() => connections).toBe(1);
    first.abort();
    await expect(one).rejects.toThrow();
    expect(servers.sessions.status(id).state).toBe('connecting');
    second.abort(new Error('the second gave up'));
    await expect(two).rejects.toThrow('the second gave up');
    // Whoever comes now does not join the attempt that was given up.
    const three = servers.sessions.sessionFor(id, third.signal);
    await expect.poll(() => connections).toBe(2);
    third.abort(new Error('the third gave up'));
    await expect(three).rejects.toThrow('the third gave up');
  });
});

describe('a server on which a change runs', () => {
  it('is neither removed nor disconnected', async () => {
    const { id } = servers.add(demo('demo'));
    const session = await servers.sessions.sessionFor(id, NEVER);
    const release = servers.sessions.occupy(id);
    await expect(servers.remove(id)).rejects.toMatchObject({ code: 'UNSAFE' });
    await expect(servers.sessions.disconnect(id)).rejects.toMatchObject({ code: 'UNSAFE' });
    expect(servers.sessions.current(id)).toBe(session);
    release();
    release();
    expect((await servers.sessions.disconnect(id)).state).toBe('not-contacted');
    expect(await servers.remove(id)).toBe(true);
  });

  it('keeps its session until the change ends when its profile is edited', async () => {
    const { id } = servers.add(demo('demo'));
    const session = await servers.sessions.sessionFor(id, NEVER);
    const release = servers.sessions.occupy(id);
    await servers.update(id, ssh('demo', 22));
    expect(await servers.sessions.sessionFor(id, NEVER)).toBe(session);
    release();
    await expect.poll(() => servers.sessions.current(id)).toBeNull();
  });
});

describe('the stream of states', () => {
  it('tells all first, then each change, and ends with its signal', async () => {
    const { id } = servers.add(demo('demo'));
    const abort = new AbortController();
    const watch = servers.sessions.watch(abort.signal);
    const next = async (): Promise<ServerStatus[]> => (await watch.next()).value as ServerStatus[];
    expect(await next()).toMatchObject([{ serverId: id, state: 'not-contacted' }]);
    await servers.sessions.sessionFor(id, NEVER);
    expect(await next()).toMatchObject([{ state: 'connected' }]);
    servers.sessions.noteQueueCount(id, 7);
    expect(await next()).toMatchObject([{ queueCount: 7 }]);
    const added = servers.add(demo('second'));
    expect(await next()).toMatchObject([{ serverId: added.id }]);
    abort.abort();
    expect((await watch.next()).done).toBe(true);
  });

  it('joins what happened while nobody read', async () => {
    const { id } = servers.add(demo('demo'));
    const abort = new AbortController();
    const watch = servers.sessions.watch(abort.signal);
    await watch.next();
    for (let i = 0; i < 100; i += 1) servers.sessions.noteQueueCount(id, i);
    expect((await watch.next()).value).toMatchObject([{ queueCount: 99 }]);
    abort.abort();
  });

  it('makes lost connections come back by themselves while somebody watches', async () => {
    const server = await sshServer();
    const { id } = servers.add(ssh('mx1', server.port));
    await secrets.set({ serverId: id, kind: 'password', hop: null }, 'pw', 'session');
    const failure = await servers.sessions.sessionFor(id, NEVER).catch((error: unknown) => error);
    await servers.trustHostKey(id, '127.0.0.1', (failure as { detail: { fingerprint: string } }).detail.fingerprint);
    await servers.sessions.sessionFor(id, NEVER);
    server.cut();
    await expect.poll(() => servers.sessions.status(id).state).toBe('offline');
    expect(servers.sessions.status(id).retryAt).toBeNull();
    const abort = new AbortController();
    const watch = servers.sessions.watch(abort.signal);
    await watch.next();
    expect(servers.sessions.status(id).retryAt).not.toBeNull();
    await expect.poll(() => servers.sessions.status(id).state, { timeout: 10_000 }).toBe('connected');
    abort.abort();
  });
});
