import PQueue from 'p-queue';
import type { Client, ClientChannel } from 'ssh2';
import { Failure } from '#shared/model/failure.ts';
import { text } from '#shared/model/text.ts';
import { LIMITS } from '../limits.ts';
import { lostFailure } from './command-failures.ts';

/**
 * Channels of one connection, bounded: sshd refuses those above MaxSessions. Where its limit is lower than ours, the
 * refusal teaches it, and the command waits for its turn instead of failing.
 */
export class Channels {
  readonly #client: Client;
  readonly #host: string;
  readonly #queue = new PQueue({ concurrency: LIMITS.CHANNELS });
  /**
   * The connection is gone: whatever ssh2 tells those who wait for a channel then ("Unable to exec", "No response from
   * server", "Not connected", by how far each had come) is no refusal by the server.
   */
  #cut = false;

  constructor(client: Client, host: string) {
    this.#client = client;
    this.#host = host;
    client.once('close', () => {
      this.#cut = true;
    });
  }

  /** How many run at once, as learnt from this server. */
  get limit(): number {
    return this.#queue.concurrency;
  }

  /** Resolves with a running command when it is its turn; the turn lasts until the channel closes. */
  exec(line: string, signal: AbortSignal): Promise<ClientChannel> {
    if (this.#queue.size >= LIMITS.CHANNELS_WAITING) return Promise.reject(tooMany());
    return new Promise((resolve, reject) => {
      const enqueue = (priority: number) => {
        this.#queue
          .add(
            async () => {
              const stream = await this.#open(line).catch((error: unknown) => error as ChannelError);
              if (!(stream instanceof Error)) {
                const closed = new Promise((done) => stream.once('close', done));
                if (signal.aborted) stream.close();
                resolve(stream);
                await closed;
                return;
              }
              if (this.#cut || wasCut(stream)) throw lostFailure(this.#host, null, stream);
              const others = this.#queue.pending - 1;
              if (!isRefusal(stream) || others < 1) throw refused(stream);
              this.#queue.concurrency = Math.max(1, others);
              enqueue(1);
            },
            { signal, priority },
          )
          .catch(reject);
      };
      enqueue(0);
    });
  }

  /** At once, beside the queue: for ending a command. Our limit leaves room under MaxSessions. */
  execNow(line: string): Promise<ClientChannel> {
    return this.#open(line);
  }

  #open(line: string): Promise<ClientChannel> {
    return new Promise((resolve, reject) => {
      this.#client.exec(line, (error, stream) => {
        if (error) reject(error);
        else resolve(stream);
      });
    });
  }
}

type ChannelError = Error & { reason?: unknown };

/** ssh2's words to whoever asks for a channel between the connection's end and its `close`. */
function wasCut(error: ChannelError): boolean {
  return /^(No response from server|Not connected)$/.test(error.message);
}

/** `open failed` is how sshd words SSH_OPEN_CONNECT_FAILED above MaxSessions. */
function isRefusal(error: ChannelError): boolean {
  return /open fail/i.test(error.message);
}

function refused(error: ChannelError): Failure {
  return new Failure(
    'REMOTE_FAILED',
    text(
      /*i18n*/ {
        id: 'ssh.channel.refused',
        message: 'The server does not let a command start on this connection ({why}); nothing was run',
      },
      { why: error.message.replace(/^\(SSH\) /, '').slice(0, 200) },
    ),
    {
      hint: text(
        /*i18n*/ {
          id: 'ssh.channel.refused.hint',
          message:
            'Check MaxSessions and ForceCommand in the sshd_config of the server, and the login shell of this user',
        },
      ),
      detail: { reason: error.message },
      cause: error,
    },
  );
}

function tooMany(): Failure {
  return new Failure(
    'LIMIT',
    text(
      /*i18n*/ {
        id: 'ssh.channel.many',
        message: '{limit} commands are already waiting for this server; this one was not run',
      },
      { limit: LIMITS.CHANNELS_WAITING },
    ),
    { retryable: true },
  );
}
