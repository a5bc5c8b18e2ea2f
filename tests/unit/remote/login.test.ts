import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ssh2, { type AuthContext, type ParsedKey } from 'ssh2';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { HostKeys } from '#remote/ssh/host-keys.ts';
import { openMachine, type SecretAsk, type SshMachine } from '#remote/ssh/open-machine.ts';
import { SshSettings } from '#shared/model/server.ts';
import { newKey } from '../../ssh-key.ts';

const PASS = 'open sesame';
const { utils } = ssh2;
const make = (passphrase?: string) => newKey(passphrase === undefined ? {} : { passphrase });
const read = (key: string, passphrase?: string): ParsedKey => {
  const parsed = utils.parseKey(key, passphrase);
  if (parsed instanceof Error) throw parsed;
  return parsed;
};
const trusting: HostKeys = {
  algorithms: () => Promise.resolve([]),
  check: () => Promise.resolve({ state: 'known', where: 'test:1' }),
  checkFingerprint: () => Promise.resolve({ state: 'known', where: 'test:1' }),
  trust: () => Promise.resolve(),
  forget: () => Promise.resolve(0),
};

let hostKey: string;
let pems: { locked: string; open: string };
beforeAll(() => {
  hostKey = make().private;
  const rsa = (more: object) =>
    generateKeyPairSync('rsa', {
      modulusLength: 2048,
      publicKeyEncoding: { type: 'pkcs1', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs1', format: 'pem', ...more },
    }).privateKey;
  pems = { locked: rsa({ cipher: 'aes-256-cbc', passphrase: PASS }), open: rsa({}) };
});

describe('logging in without a named key, as OpenSSH does', () => {
  let dir: string;
  const over: (() => unknown)[] = [];
  const asked: SecretAsk[] = [];
  /** What the server saw, in order: `key NAME`, `signed NAME`, `password`. */
  let seen: string[];
  const names = new Map<string, string>();

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'login-'));
    [seen, asked.length] = [[], 0];
    over.push(() => rm(dir, { recursive: true, force: true }));
  });
  afterEach(async () => {
    for (const end of over.splice(0).reverse()) await end();
  });

  const blob = (key: ParsedKey) => key.getPublicSSH().toString('base64');
  /** A key pair, which the server's log calls by this name. */
  const pair = (name: string, passphrase?: string) => {
    const made = make(passphrase);
    const key = read(made.private, passphrase);
    names.set(blob(key), name);
    return { ...made, key };
  };

  /** An SSH server that hangs up at the sixth failed attempt, as sshd does. */
  async function server(accepts: { keys?: string[]; password?: string; both?: boolean; only?: string[] }) {
    const methods = accepts.only ?? ['publickey', 'password'];
    const sshd = new ssh2.Server({ hostKeys: [hostKey] }, (client) => {
      let failures = 0;
      let factor = false;
      client.on('error', () => undefined);
      const refuse = (auth: AuthContext, left = methods) => {
        if (auth.method !== 'none' && ++failures >= 6) client.end();
        else auth.reject(left as never);
      };
      client.on('authentication', (auth) => {
        if (auth.method === 'publickey') {
          const name = names.get(auth.key.data.toString('base64')) ?? 'unknown key';
          seen.push(`${auth.signature ? 'signed' : 'key'} ${name}`);
          if (factor || accepts.keys?.includes(name) !== true) refuse(auth);
          else if (auth.signature === undefined) auth.accept();
          else {
            const pub = [...names].find(([, known]) => known === name)?.[0] ?? '';
            const key = utils.parseKey(`ssh-ed25519 ${pub}`) as ParsedKey;
            expect(key.verify(auth.blob as Buffer, auth.signature, auth.hashAlgo)).toBe(true);
            factor = true;
            if (accepts.both === true) auth.reject(['password'], true);
            else auth.accept();
          }
        } else if (auth.method === 'password') {
          seen.push('password');
          const right = auth.password === accepts.password && (factor || accepts.both !== true);
          if (right) auth.accept();
          else refuse(auth);
        } else refuse(auth, accepts.both === true ? ['publickey'] : methods);
      });
    });
    await new Promise<void>((resolve) => sshd.listen(0, '127.0.0.1', resolve));
    over.push(() => new Promise((resolve) => sshd.close(resolve)));
    return (sshd.address() as { port: number }).port;
  }

  /** An agent that holds these keys. */
  async function agent(...keys: ParsedKey[]): Promise<string> {
    const path = join(dir, 'agent');
    const listening = createServer((socket) => {
      const protocol = new ssh2.AgentProtocol(false);
      protocol.on('identities', (request) => protocol.getIdentitiesReply(request, keys));
      protocol.on('sign', (request, pub, data, { hash }) => {
        const key = keys.find((one) => blob(one) === blob(pub));
        if (key === undefined) protocol.failureReply(request);
        else protocol.signReply(request, key.sign(data, hash));
      });
      socket.on('error', () => undefined);
      socket.pipe(protocol).pipe(socket);
    });
    await new Promise<void>((resolve) => listening.listen(path, resolve));
    over.push(() => listening.close());
    return path;
  }

  const put = (name: string, content: string) => writeFile(join(dir, name), content, { mode: 0o600 });
  async function open(
    port: number,
    more: { agent?: string; secrets?: Record<string, string>; identityFile?: string } = {},
  ): Promise<SshMachine> {
    const settings = SshSettings.parse({
      host: '127.0.0.1',
      port,
      user: 'ops',
      identityFile: more.identityFile ?? null,
      agent: more.agent !== undefined,
    });
    const machine = await openMachine(settings, {
      hostKeys: trusting,
      agent: more.agent ?? null,
      sshDir: dir,
      secrets: (ask) => {
        asked.push(ask);
        return Promise.resolve(more.secrets?.[ask.kind] ?? null);
      },
    });
    over.push(() => machine.close());
    return machine;
  }

  it('the default files that exist are tried, in OpenSSH’s order, before a password is asked for', async () => {
    await put('id_ed25519', pair('ed25519').private);
    await put('id_ecdsa', pair('ecdsa').private);
    await open(await server({ keys: ['ecdsa'] }));
    expect(seen).toEqual(['key ed25519', 'key ecdsa', 'signed ecdsa']);
    expect(asked).toEqual([]);
  });

  it('the agent comes first, with the keys that are default files as well at its head', async () => {
    const [own, other, file] = [pair('own', PASS), pair('other'), pair('file')];
    await put('id_ed25519', own.private);
    await put('id_rsa', file.private);
    const port = await server({ keys: ['file'] });
    await open(port, { agent: await agent(other.key, own.key) });
    expect(seen).toEqual(['key own', 'key other', 'key file', 'signed file']);
    expect(asked).toEqual([]);
  });

  it('the passphrase of a default file is asked for only when the server takes that key', async () => {
    await put('id_ed25519', pair('refused', PASS).private);
    await put('id_rsa', pair('taken', PASS).private);
    await open(await server({ keys: ['taken'] }), { secrets: { passphrase: PASS } });
    expect(seen).toEqual(['key refused', 'key taken', 'signed taken']);
    expect(asked).toMatchObject([{ kind: 'passphrase', file: join(dir, 'id_rsa') }]);
  });

  it('its passphrase is not known: told as what is needed, for this file', async () => {
    await put('id_ed25519', pair('taken', PASS).private);
    await expect(open(await server({ keys: ['taken'] }))).rejects.toMatchObject({
      code: 'AUTH_NEEDED',
      detail: { kind: 'passphrase', file: join(dir, 'id_ed25519') },
    });
  });

  it('its passphrase is wrong: told, and nothing was signed', async () => {
    await put('id_ed25519', pair('taken', PASS).private);
    const port = await server({ keys: ['taken'], only: ['publickey'] });
    await expect(open(port, { secrets: { passphrase: 'wrong' } })).rejects.toMatchObject({
      code: 'AUTH_FAILED',
      detail: { kind: 'passphrase', file: join(dir, 'id_ed25519') },
    });
    expect(seen).toEqual(['key taken']);
  });

  it('an encrypted file whose public half is nowhere: left out, and the failure says so', async () => {
    await put('id_rsa', pems.locked);
    await expect(open(await server({}))).rejects.toMatchObject({
      code: 'AUTH_NEEDED',
      detail: { kind: 'password', closed: [join(dir, 'id_rsa')] },
      hint: { id: 'ssh.auth.closed.hint' },
    });
    expect(asked.map(({ kind }) => kind)).toEqual(['password']);
  });

  it('with its .pub file beside it, it is tried like the others', async () => {
    await put('id_rsa', pems.locked);
    const key = read(pems.locked, PASS);
    names.set(blob(key), 'rsa');
    await put('id_rsa.pub', `ssh-rsa ${blob(key)} ops@example`);
    await expect(open(await server({}))).rejects.toMatchObject({ code: 'AUTH_NEEDED', detail: { kind: 'password' } });
    expect(seen).toEqual(['key rsa']);
  });

  it('a default file that is no key does not end the login', async () => {
    await put('id_ed25519', 'not a key');
    await open(await server({ password: 'pw' }), { secrets: { password: 'pw' } });
    expect(seen).toEqual(['password']);
  });

  it('no more attempts than sshd allows: the last is kept for the password', async () => {
    const keys = Array.from({ length: 9 }, (_, i) => pair(`k${i}`).key);
    await open(await server({ password: 'pw' }), { agent: await agent(...keys), secrets: { password: 'pw' } });
    expect(seen).toEqual(['key k0', 'key k1', 'key k2', 'key k3', 'key k4', 'password']);
  });

  it('the last attempt fails and the server hangs up: a refusal, which counts the keys that were left', async () => {
    const keys = Array.from({ length: 9 }, (_, i) => pair(`k${i}`).key);
    const port = await server({ only: ['publickey'] });
    await expect(open(port, { agent: await agent(...keys) })).rejects.toMatchObject({
      code: 'AUTH_FAILED',
      detail: { tried: ['agent'], keysLeft: 3 },
      hint: { id: 'ssh.auth.left.hint', values: { count: 3 } },
    });
    expect(seen).toHaveLength(6);
  });

  it('a named key that the agent holds as well is offered once', async () => {
    const named = pair('named');
    await put('mail', named.private);
    const port = await server({ password: 'pw' });
    const more = { identityFile: join(dir, 'mail'), secrets: { password: 'pw' } };
    await open(port, { ...more, agent: await agent(named.key, pair('other').key) });
    expect(seen).toEqual(['key named', 'key other', 'password']);
  });

  it('a named key leaves the default files alone', async () => {
    await put('mail', pair('named').private);
    await put('id_ed25519', pair('default').private);
    await open(await server({ password: 'pw' }), { identityFile: join(dir, 'mail'), secrets: { password: 'pw' } });
    expect(seen).toEqual(['key named', 'password']);
  });

  it('a key of the agent as one factor of two: the password follows, not the next key', async () => {
    const port = await server({ keys: ['first'], password: 'pw', both: true });
    const path = await agent(pair('first').key, pair('second').key);
    await open(port, { agent: path, secrets: { password: 'pw' } });
    expect(seen).toEqual(['key first', 'signed first', 'password']);
  });
});
