import { join } from 'node:path';
import { app, ipcMain, type BrowserWindow } from 'electron';
import type { Settings } from '#shared/model/settings.ts';
import { askAfterLoss, confirmQuit } from './dialogs.ts';
import { harden } from './harden.ts';
import { forkHost, type Host } from './host.ts';
import { keychainAvailable } from './keychain.ts';
import { setMenu } from './menu.ts';
import { isOwnPage } from './origin.ts';
import { claimScheme, servePage } from './page.ts';
import { openWindow } from './window.ts';
import { speak } from './words.ts';

/** Milliseconds the host has to cancel, journal and close before it is killed. A remote command gets 5 s to end. */
const GRACE_MS = 15_000;

const here = import.meta.dirname;
let host: Host | null = null;
let window: BrowserWindow | null = null;
let quitting = false;

claimScheme();
app.enableSandbox();

// Two shells would compete for one keychain file; the second only brings the first to the front.
if (app.requestSingleInstanceLock()) {
  app.on('second-instance', show);
  // Never `await` this at the top level: an ES module main would wait for an event that waits for the module.
  void app.whenReady().then(start);
} else {
  app.quit();
}

async function start(): Promise<void> {
  harden();
  servePage(join(here, '..', 'renderer'));
  await useLanguage(null);
  ipcMain.on('rpc:connect', (event) => {
    const frame = event.senderFrame;
    const port = event.ports[0];
    // Only the top frame of our own page gets a port to the host.
    if (frame === null || frame.parent !== null || !isOwnPage(frame.url) || port === undefined) return;
    host?.connect(port);
  });
  await fork();
  show();
  app.on('activate', show);
}

/** The menu is made anew: its words are fixed when it is built. */
async function useLanguage(locale: Settings['locale']): Promise<void> {
  await speak(locale);
  setMenu();
}

async function fork(): Promise<void> {
  host = forkHost({
    entry: join(here, 'desktop.js'),
    version: app.getVersion(),
    keychain: await keychainAvailable(),
    onLost: (words) => void recover(words),
    onLocale: (locale) => void useLanguage(locale),
  });
}

async function recover(words: string | null): Promise<void> {
  host = null;
  if ((await askAfterLoss(words)) === 'quit') {
    app.quit();
    return;
  }
  await fork();
  window?.reload();
}

function show(): void {
  if (window === null || window.isDestroyed()) {
    window = openWindow(join(here, '..', 'preload', 'preload.cjs'), app.getVersion());
    window.on('closed', () => (window = null));
    return;
  }
  if (window.isMinimized()) window.restore();
  window.focus();
}

app.on('window-all-closed', () => {
  if (process.platform !== 'darwin') app.quit();
});

app.on('before-quit', (event) => {
  const running = host;
  if (running === null || quitting) return;
  event.preventDefault();
  void (async () => {
    if (running.busy() > 0 && !(await confirmQuit(running.busy()))) {
      show(); // the last window may be closed already
      return;
    }
    quitting = true;
    await running.stop(GRACE_MS);
    host = null;
    app.quit();
  })();
});
