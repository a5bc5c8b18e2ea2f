// Stands in for the Electron program: `node tests/sim/electron.mjs APP_FOLDER`. It runs the built main process with a
// stub of the `electron` module, its utility process as a child process, and its page in Chromium, where the built
// preload runs in an isolated world. It proves that what was built links, boots and shakes hands. It proves nothing
// about Electron itself: sandbox, contextBridge copying, safeStorage, menus, fuses, the app: scheme's privileges.
import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const folder = resolve(process.argv[2] ?? '.');
const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
const stub = new URL('./electron-stub.mjs', import.meta.url).href;

registerHooks({
  resolve: (specifier, context, next) =>
    specifier === 'electron' ? { url: stub, shortCircuit: true } : next(specifier, context),
});

const { becomeReady, setApp } = await import('./electron-stub.mjs');
setApp({ folder, version: manifest.version });
// As in Electron, 'ready' comes only after the entry was evaluated. A top-level `await app.whenReady()` in it would
// wait for ever: Node then ends with exit code 13, and the test sees that.
await import(pathToFileURL(join(folder, manifest.main)).href);
becomeReady();
