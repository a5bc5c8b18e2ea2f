import { createRouterClient } from '@orpc/server';
import { RPCHandler } from '@orpc/server/message-port';
import { compose } from '#core/compose.ts';
import type { CallContext, Console } from '#core/console.ts';
import { assertNever } from '#shared/model/assert-never.ts';
import { storageFailure } from '#shared/model/failure-of.ts';
import type { ToHost } from '#shared/model/shell-link.ts';
import { linkKeychain } from './desktop/keychain.ts';
import { parentPort, type HandedPort, type Tell } from './desktop/parent.ts';
import { dataDir } from './place.ts';

/**
 * The desktop app's host: a utility process that the shell forks. It serves the console to each page's MessagePort;
 * a page that crashes, or the shell being busy with a menu, never stops a change under way.
 */
const parent = parentPort();
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- not a window: a port has no origin
const tell: Tell = (message) => parent.postMessage(message);
const keychain = linkKeychain(tell);
let opened: Promise<Console> | null = null;

parent.on('message', ({ data, ports }) => void heed(data, ports[0]).catch(fail));

async function heed(message: ToHost, port: HandedPort | undefined): Promise<void> {
  switch (message.type) {
    case 'start':
      opened = compose({
        dataDir: dataDir(),
        door: 'desktop',
        version: message.version,
        keychain: message.keychain ? keychain.keeper : null,
      });
      tellBusy(await opened).catch(() => undefined); // ends with the console
      await tellLocale(await opened);
      tell({ type: 'ready' });
      return;
    case 'port':
      if (port !== undefined && opened !== null) serve(await opened, port);
      return;
    case 'keychain-answer':
      keychain.answered(message.id, message.answer);
      return;
    case 'stop':
      await (await opened)?.dispose();
      tell({ type: 'stopped' });
      process.exit(0);
      break;
    default:
      assertNever(message, 'message from the shell');
  }
}

function serve(console: Console, port: HandedPort): void {
  const handler = new RPCHandler<CallContext>(console.router, {
    clientInterceptors: [
      async (call) => {
        const answer = await call.next();
        if (call.path.join('.') === 'app.saveSettings') await tellLocale(console);
        return answer;
      },
    ],
  });
  handler.upgrade(port, { context: { access: 'write' } });
  port.start();
}

/** The shell's menu and dialogs speak the language of the page. */
async function tellLocale({ router }: Console): Promise<void> {
  const client = createRouterClient(router, { context: { access: 'read' } satisfies CallContext });
  tell({ type: 'locale', locale: (await client.app.settings()).locale });
}

/** Keeps the shell informed of running jobs, so that quitting asks first. */
async function tellBusy({ router }: Console): Promise<void> {
  const client = createRouterClient(router, { context: { access: 'read' } satisfies CallContext });
  const running = new Set<string>();
  for await (const jobs of await client.jobs.watch()) {
    for (const job of jobs) {
      if (job.endedAt === null) running.add(job.id);
      else running.delete(job.id);
    }
    tell({ type: 'busy', jobs: running.size });
  }
}

function fail(error: unknown): void {
  const told = storageFailure(error) ?? error;
  tell({ type: 'failed', words: told instanceof Error ? told.message : String(told) });
  process.exitCode = 1;
  setImmediate(() => process.exit(1)); // lets the message out first
}
