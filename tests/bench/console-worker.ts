/** A console on the demo server in a thread of its own, behind the door that its parent asks for. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type MessagePort, parentPort } from 'node:worker_threads';
import { RPCHandler } from '@orpc/server/message-port';
import { compose } from '#core/compose.ts';
import type { CallContext } from '#core/console.ts';
import { makeToken } from '#hosts/web/guard.ts';
import { serveWeb } from '#hosts/web/server.ts';

const dataDir = mkdtempSync(join(tmpdir(), 'postdeck-bench-'));
const postdeck = await compose({ dataDir, door: 'web', version: '0.0.0-bench', keychain: null });
const token = makeToken('write');
const web = await serveWeb({ router: postdeck.router, page: import.meta.dirname, tokens: [token], port: 0 });

parentPort!.on('message', (message: { port: MessagePort } | 'end') => {
  if (message === 'end') {
    void web
      .close()
      .then(() => postdeck.dispose())
      .then(() => {
        rmSync(dataDir, { recursive: true, force: true });
        parentPort!.close();
      });
    return;
  }
  new RPCHandler<CallContext>(postdeck.router).upgrade(message.port, { context: { access: 'write' } });
  message.port.start();
});
parentPort!.postMessage({ webPort: web.port, token: token.value });
