import { createConnection, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Client, ServerHostKeyAlgorithm } from 'ssh2';
import ssh2 from 'ssh2';
import { Failure } from '#shared/model/failure.ts';
import type { SshSettings } from '#shared/model/server.ts';
import type { Deadline } from '../deadlines.ts';
import { LIMITS } from '../limits.ts';
import { type Login, loginBy } from './auth.ts';
import { brokenHandshake, endedForAttempts, hopRefused, hostKeyFailure, tcpFailure } from './failures.ts';
import { fingerprintOf } from './known-hosts.ts';
import type { HostKeys, HostKeyVerdict } from './host-keys.ts';
import { defaultAgent, liveAgent, userSshDir } from './keys.ts';
import type { OpenMachineOptions } from './types.ts';

/** A live connection to the target, through all its hops. */
export interface Link {
  client: Client;
  /** Secrets used on the way in, to be redacted. */
  secrets: Set<string>;
  /** Settles once, when the connection is gone, with what the library said. */
  closed: Promise<Error | null>;
  end(): void;
}

/** Host key types this console takes, best first; those on record for a host are moved to the front. */
const HOST_KEY_ALGORITHMS: readonly ServerHostKeyAlgorithm[] = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'rsa-sha2-512',
  'rsa-sha2-256',
  'ssh-rsa',
];

/** Goes from hop to hop to the target; each hop's key is checked before anything is sent to it. */
export async function connect(settings: SshSettings, options: OpenMachineOptions, deadline: Deadline): Promise<Link> {
  const secrets = new Set<string>();
  const clients: Client[] = [];
  const end = () => {
    for (const client of clients.toReversed()) client.end();
  };
  const wanted = options.agent === undefined ? defaultAgent() : options.agent;
  const agent = settings.agent ? await deadline.race(liveAgent(wanted), 'the ssh agent') : null;
  const keyDir = options.sshDir ?? userSshDir();
  const hops: Login[] = settings.jump.map((hop) => ({
    user: hop.user,
    host: bare(hop.host),
    port: hop.port,
    hop: `${hop.host}:${hop.port}`,
    identityFile: hop.identityFile ?? settings.identityFile,
    keyDir,
    agent,
  }));
  const target: Login = {
    user: settings.user,
    host: bare(settings.host),
    port: settings.port,
    hop: null,
    identityFile: settings.identityFile,
    keyDir,
    agent,
  };
  try {
    let before: { client: Client; login: Login } | null = null;
    for (const login of [...hops, target]) {
      const at = `${login.host}:${login.port}`;
      const socket: Socket | Duplex =
        before === null
          ? await deadline.race(dial(login, deadline.signal), `connecting to ${at}`)
          : await deadline.race(forward(before.client, before.login, login), `connecting to ${at}`);
      const pinned = login.hop === null ? settings.hostKey : null;
      const client: Client = await logIn(socket, login, pinned, options, secrets, deadline);
      clients.push(client);
      before = { client, login };
    }
  } catch (error) {
    end();
    throw error;
  }
  const client = clients.at(-1) as Client;
  return { client, secrets, closed: whenClosed(client, clients), end };
}

const bare = (host: string) => host.replace(/^\[(.*)\]$/, '$1');

/**
 * Opens the TCP connection. The socket is our own so that Nagle's algorithm is off from the first byte: ssh2 leaves it
 * on, which costs 40 ms an exchange.
 */
function dial(login: Login, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = createConnection({ host: login.host, port: login.port, noDelay: true, keepAlive: true });
    const onAbort = () => socket.destroy();
    signal.addEventListener('abort', onAbort, { once: true });
    const done = () => {
      signal.removeEventListener('abort', onAbort);
      socket.removeListener('error', onError);
    };
    const onError = (error: NodeJS.ErrnoException) => {
      done();
      reject(tcpFailure(error, login));
    };
    socket.once('error', onError);
    socket.once('connect', () => {
      done();
      resolve(socket);
    });
  });
}

/** Opens a connection to the next host, made by this hop (direct-tcpip, RFC 4254 7.2). */
function forward(through: Client, hop: Login, to: Login): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    through.forwardOut('127.0.0.1', 0, to.host, to.port, (error, stream) => {
      if (error) reject(hopRefused(error, hop, to));
      else resolve(stream);
    });
  });
}

async function logIn(
  socket: Socket | Duplex,
  login: Login,
  pinned: string | null,
  options: OpenMachineOptions,
  secrets: Set<string>,
  deadline: Deadline,
): Promise<Client> {
  deadline.stage = `reading the known host keys of ${login.host}`;
  const known = await deadline.race(options.hostKeys.algorithms(login.host, login.port));
  const client = new ssh2.Client();
  // Errors come in any number and at any time; an emitter without a listener would end the program.
  client.on('error', () => {});
  const ready = new Promise<void>((resolve, reject) => {
    const give = (failure: unknown) => {
      reject(failure);
      client.destroy();
    };
    let stated: Failure | null = null;
    const auth = loginBy(login, options.secrets, deadline.signal, (secret) => secrets.add(secret), give);
    client.once('ready', resolve);
    client.on('error', (error: Error & { level?: string }) => {
      if (stated) give(stated);
      else if (error.level === 'client-authentication') give(auth.failure());
      else if (error.level === 'agent') return;
      else if (auth.spent() && endedForAttempts(error)) give(auth.failure());
      else give(brokenHandshake(error, login));
    });
    // A server may hang up without a word instead of refusing the last attempt it allows.
    client.once('close', () => reject(stated ?? (auth.spent() ? auth.failure() : brokenHandshake(null, login))));
    client.once('handshake', () => {
      deadline.stage = `logging in to ${login.host}:${login.port}`;
    });
    deadline.stage = `the SSH handshake with ${login.host}:${login.port}`;
    client.connect({
      sock: socket,
      username: login.user,
      // The deadline covers all layers; the library's own must not end sooner with other words.
      readyTimeout: 0,
      keepaliveInterval: LIMITS.KEEPALIVE_SECONDS * 1000,
      keepaliveCountMax: LIMITS.KEEPALIVE_MISSED,
      algorithms: { serverHostKey: preferred(known) },
      hostVerifier: (key: Buffer, verify: (accepted: boolean) => void) => {
        const answer = async () => {
          stated = await judge(options.hostKeys, login, pinned, key);
          verify(stated === null);
        };
        answer().catch(give);
      },
      authHandler: auth.handler,
    });
  });
  try {
    await deadline.race(ready);
  } catch (error) {
    ready.catch(() => {});
    client.destroy();
    socket.destroy();
    throw error;
  }
  return client;
}

/** null: the key may be trusted. */
async function judge(hostKeys: HostKeys, login: Login, pinned: string | null, key: Buffer): Promise<Failure | null> {
  const verdict: HostKeyVerdict = await hostKeys.check(login.host, login.port, key);
  const fingerprint = fingerprintOf(key);
  if (pinned !== null && (verdict.state === 'known' || verdict.state === 'unknown')) {
    if (fingerprint === pinned) return null;
    const known = [{ algorithm: '', fingerprint: pinned, where: 'profile' }];
    return hostKeyFailure(login, key, { state: 'changed', known });
  }
  return verdict.state === 'known' ? null : hostKeyFailure(login, key, verdict);
}

/** Puts key types on record first: a server has several keys, and only those on record can be compared. */
function preferred(known: readonly string[]): ServerHostKeyAlgorithm[] {
  const isKnown = (algorithm: string) =>
    known.includes(algorithm) || (algorithm.startsWith('rsa-sha2-') && known.includes('ssh-rsa'));
  return [...HOST_KEY_ALGORITHMS].sort((a, b) => Number(isKnown(b)) - Number(isKnown(a)));
}

function whenClosed(target: Client, all: readonly Client[]): Promise<Error | null> {
  return new Promise((resolve) => {
    let last: Error | null = null;
    for (const client of all) {
      client.on('error', (error) => {
        last = error;
      });
      // A hop that goes takes the target with it, also where the target's own stream does not notice.
      client.once('close', () => {
        if (client !== target) target.destroy();
        resolve(last);
      });
    }
  });
}
