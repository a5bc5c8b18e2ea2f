import { createRouterClient, type RouterClient } from '@orpc/server';
import { compose } from '#core/compose.ts';
import type { CallContext, Console } from '#core/console.ts';
import type { FailureData } from '#shared/model/failure.ts';
import { failureOf } from '#shared/model/failure-of.ts';
import type { ServerProfile } from '#shared/model/server.ts';
import { text } from '#shared/model/text.ts';
import { openKeyring } from '../keyring.ts';
import { dataDir } from '../place.ts';
import { version } from '../version.ts';
import { UsageFailure } from './exit.ts';
import type { Output } from './output.ts';
import { onTerminal } from './hints.ts';
import { SecretDesk } from './secrets.ts';

export type Client = RouterClient<Console['router']>;

export interface GlobalOptions {
  data?: string;
  server?: string;
  json: boolean;
  dryRun: boolean;
  yes: boolean;
  timeout?: number;
  quiet: boolean;
}

/** What a command works with: the console in process, through the contract like every door. */
export class Session {
  readonly client: Client;
  readonly out: Output;
  readonly options: GlobalOptions;
  /** Aborts at Ctrl-C and when --timeout has passed. */
  readonly signal: AbortSignal;
  readonly #console: Console;
  readonly #secrets: SecretDesk;

  private constructor(opened: Console, out: Output, options: GlobalOptions, signal: AbortSignal) {
    this.#console = opened;
    this.client = createRouterClient(opened.router, { context: { access: 'write' } satisfies CallContext });
    this.out = out;
    this.options = options;
    this.signal = signal;
    this.#secrets = new SecretDesk(this.client, out, signal);
  }

  static async open(out: Output, options: GlobalOptions, signal: AbortSignal): Promise<Session> {
    const opened = await compose({
      dataDir: dataDir(options.data),
      door: 'cli',
      version,
      keychain: await openKeyring(),
    });
    const session = new Session(opened, out, options, signal);
    await session.#secrets.unlock();
    return session;
  }

  async close(): Promise<void> {
    await this.#console.dispose();
  }

  /** The server of that name, or of --server; without either the only one there is. */
  async server(name: string | undefined = this.options.server): Promise<ServerProfile> {
    const all = await this.client.servers.list();
    const names = all.map((server) => server.name).join(', ');
    if (name === undefined) {
      const [only, another] = all;
      if (only !== undefined && another === undefined) return only;
      throw only === undefined
        ? new UsageFailure(text(/*i18n*/ { id: 'cli.no-servers', message: 'There is no server yet' }), {
            code: 'NOT_FOUND',
            hint: text(
              /*i18n*/ {
                id: 'cli.no-servers.hint',
                message: 'Add one: postdeck servers add NAME --ssh USER@HOST, or postdeck servers add NAME --demo',
              },
            ),
          })
        : new UsageFailure(
            text(
              /*i18n*/ { id: 'cli.which-server', message: 'Expected one of the servers {names}, got none' },
              { names },
            ),
            { hint: text(/*i18n*/ { id: 'cli.which-server.hint', message: 'Name it with --server NAME' }) },
          );
    }
    const found = all.find((server) => server.name === name) ?? all.find((server) => server.id === name);
    if (found !== undefined) return found;
    throw new UsageFailure(
      text(/*i18n*/ { id: 'cli.server-unknown', message: 'There is no server {name}' }, { name }),
      {
        code: 'NOT_FOUND',
        hint:
          names === ''
            ? text(/*i18n*/ { id: 'cli.server-unknown.add', message: 'Add it with postdeck servers add' })
            : text(/*i18n*/ { id: 'cli.server-unknown.hint', message: 'There are: {names}' }, { names }),
      },
    );
  }

  /**
   * Runs something that talks to a server. Secrets of the environment are handed over first; on a terminal, an
   * unknown host key or a missing secret is asked for, and the same is tried again.
   */
  async onServer<T>(server: ServerProfile, act: () => Promise<T>): Promise<T> {
    await this.#secrets.handOver(server);
    for (let tries = 0; ; tries++) {
      try {
        return await act();
      } catch (error) {
        const failure: FailureData = failureOf(error, this.signal);
        if (tries >= 4 || !(await this.#secrets.help(server, failure))) throw onTerminal(failure, server) ?? error;
      }
    }
  }

  get secrets(): SecretDesk {
    return this.#secrets;
  }
}
