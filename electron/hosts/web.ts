import { join } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { compose } from '#core/compose.ts';
import { Failure } from '#shared/model/failure.ts';
import { storageFailure } from '#shared/model/failure-of.ts';
import { renderText } from './cli/render-text.ts';
import { openKeyring } from './keyring.ts';
import { dataDir } from './place.ts';
import { version } from './version.ts';
import { hasDesktop, openBrowser } from './web/browser.ts';
import { makeToken } from './web/guard.ts';
import { serveWeb } from './web/server.ts';

interface Options {
  port: number;
  open: boolean;
  readOnly: boolean;
  data?: string;
}

function portNumber(value: string): number {
  const port = Number(value);
  if (!/^\d+$/.test(value) || port > 65535) throw new InvalidArgumentError('expected 0 (any free port) to 65535');
  return port;
}

/** The browser's host: the console on loopback, until it is interrupted. */
async function main(): Promise<void> {
  const command = new Command('postdeck-web')
    .description('Serves the console to a browser on this computer.')
    .option('--port <n>', 'port on 127.0.0.1; 0: any free one', portNumber, 0)
    .option('--no-open', 'do not open the browser')
    .option('--read-only', 'serve for looking only', false)
    .option('--data <dir>', 'where profiles, journal and indexes live')
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));
  const options = command.parse().opts<Options>();

  const postdeck = await compose({
    dataDir: dataDir(options.data),
    door: 'web',
    version,
    keychain: await openKeyring(),
  });
  const token = makeToken(options.readOnly ? 'read' : 'write');
  let pageFound = async () => {};
  const server = await serveWeb({
    router: postdeck.router,
    page: join(import.meta.dirname, '..', 'renderer'),
    tokens: [token],
    port: options.port,
    onPage: () => void pageFound(),
  }).catch(async (error: unknown) => {
    await postdeck.dispose();
    throw error;
  });

  let ending = false;
  const end = () => {
    if (ending) process.exit(130); // asked twice: now
    ending = true;
    void Promise.allSettled([pageFound(), server.close()])
      .then(() => postdeck.dispose())
      .then(
        () => process.exit(0),
        () => process.exit(1),
      );
  };
  process.on('SIGINT', end);
  process.on('SIGTERM', end);
  process.on('SIGHUP', end);

  const url = `http://127.0.0.1:${server.port}/#token=${token.value}`;
  process.stdout.write(`Postdeck: ${url}\n`);
  if (options.open && hasDesktop()) pageFound = await openBrowser(url);
}

main().catch((error: unknown) => {
  const words = error instanceof Error ? error.message : String(error);
  const busy = (error as NodeJS.ErrnoException).code === 'EADDRINUSE';
  const told = error instanceof Failure ? error : storageFailure(error);
  process.stderr.write(
    busy
      ? 'postdeck: BAD_INPUT: that port is in use; choose another with --port, or 0 for any\n'
      : told === null
        ? `postdeck: INTERNAL: the console did not start: ${words}; look at the folder of --data\n`
        : `postdeck: ${told.code}: ${[told.text, told.hint].flatMap((one) => (one === null ? [] : [renderText(one)])).join('; ')}\n`,
  );
  process.exit(busy ? 2 : 1);
});
