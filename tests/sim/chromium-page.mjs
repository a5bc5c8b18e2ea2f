import { readFileSync } from 'node:fs';
import { chromium } from 'playwright';
import { portPair } from './port-main.mjs';

const ORIGIN = 'https://console.app.test';
const WORLD = 'preload';
const toApp = (url) => (url.startsWith(`${ORIGIN}/`) ? `app://console${url.slice(ORIGIN.length)}` : url);

/** Runs in the page's own world before its scripts: takes what the preload exposes, frozen, as a copy. */
const MAIN_WORLD = `
addEventListener('sim:expose', (event) => {
  event.stopImmediatePropagation();
  const { name, value } = JSON.parse(event.detail);
  Object.defineProperty(window, name, { value: Object.freeze(value), enumerable: true });
}, { capture: true });`;

/** Runs in the isolated world around the built preload: its whole Electron. */
const isolated = (source, argv) => `
(() => {
  const ports = new Map();
  let last = 0;
  const electron = {
    contextBridge: {
      exposeInMainWorld: (name, value) => {
        for (const fact of Object.values(value)) if (typeof fact !== 'string') throw new Error('plain data only: ' + name);
        dispatchEvent(new CustomEvent('sim:expose', { detail: JSON.stringify({ name, value }) }));
      },
    },
    ipcRenderer: {
      postMessage: (channel, message, handed) => {
        for (const port of handed) {
          const id = ++last;
          ports.set(id, port);
          simSend(JSON.stringify({ channel, port: id }));
          port.onmessage = ({ data }) => simSend(JSON.stringify({ port: id, data }));
        }
      },
    },
  };
  globalThis.simDeliver = (id, data) => ports.get(id)?.postMessage(data);
  globalThis.simClose = (id) => ports.get(id)?.close();
  const require = (name) => {
    if (name !== 'electron') throw new Error('a sandboxed preload cannot require ' + name);
    return electron;
  };
  const process = { platform: 'linux', argv: ${JSON.stringify(argv)} };
  const module = { exports: {} };
  (function (require, process, module, exports) {${source}\n})(require, process, module, module.exports);
})();`;

/** A BrowserWindow's page in Chromium. */
export async function openPage({ url, preload, argv, serve, contents, onPort }) {
  const browser = await chromium.launch({
    executablePath: process.env.SIM_CHROMIUM,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
  const context = await browser.newContext();
  const page = await context.newPage();
  await context.route('**/*', async (route) => {
    const request = route.request();
    if (request.url().startsWith(`${ORIGIN}/`)) {
      const answer = await serve(new Request(toApp(request.url()), { method: request.method() }));
      await route.fulfill({
        status: answer.status,
        headers: Object.fromEntries(answer.headers),
        body: Buffer.from(await answer.arrayBuffer()),
      });
      return;
    }
    let prevented = false;
    if (request.isNavigationRequest()) {
      contents.emit('will-frame-navigate', { url: request.url(), preventDefault: () => (prevented = true) });
    }
    process.send?.({ type: 'foreign', url: request.url(), prevented });
    // A navigation answered with 204 leaves the page where it is, as a prevented one does in Electron.
    if (prevented) await route.fulfill({ status: 204 });
    else await route.abort();
  });
  page.on('pageerror', (error) => process.send?.({ type: 'page-error', words: String(error) }));
  page.on('popup', (popup) => {
    const { action } = contents.openHandler({ url: popup.url() });
    process.send?.({ type: 'popup', action });
    void popup.close();
  });

  const cdp = await context.newCDPSession(page);
  const ports = new Map();
  const worlds = new Set();
  cdp.on('Runtime.executionContextCreated', ({ context: made }) => {
    if (made.name === WORLD) worlds.add(made.id);
  });
  cdp.on('Runtime.executionContextDestroyed', ({ executionContextId }) => {
    if (!worlds.delete(executionContextId)) return;
    for (const port of ports.values()) port.close(); // the page is gone, and its ports with it
    ports.clear();
  });
  cdp.on('Runtime.bindingCalled', ({ name, payload, executionContextId }) => {
    if (name !== 'simSend') return;
    const { channel, port: id, data } = JSON.parse(payload);
    if (channel === undefined) {
      ports.get(id)?.postMessage(data);
      return;
    }
    const [ours, theirs] = portPair();
    ports.set(id, ours);
    const run = (expression) =>
      cdp.send('Runtime.evaluate', { expression, contextId: executionContextId }).catch(() => undefined);
    ours.on('message', (event) => void run(`simDeliver(${id}, ${JSON.stringify(event.data)})`));
    ours.on('close', () => void run(`simClose(${id})`));
    ours.start();
    onPort(channel, theirs, { url: toApp(page.url()), parent: null });
  });
  await cdp.send('Page.enable');
  await cdp.send('Runtime.enable');
  await cdp.send('Runtime.addBinding', { name: 'simSend', executionContextName: WORLD });
  await cdp.send('Page.addScriptToEvaluateOnNewDocument', { source: MAIN_WORLD });
  await cdp.send('Page.addScriptToEvaluateOnNewDocument', {
    source: isolated(readFileSync(preload, 'utf8'), argv),
    worldName: WORLD,
  });
  await page.goto(url.replace('app://console', ORIGIN));
  return {
    page,
    evaluate: (source) => page.evaluate(source),
    reload: () => page.reload(),
    close: () => browser.close(),
  };
}
