// The `electron` module of the simulated host. Every name that the shell imports must be here, or linking fails.
import { EventEmitter } from 'node:events';
import { openPage } from './chromium-page.mjs';
import { forkUtility } from './utility-parent.mjs';

/** Tells the test what happens. */
export const tell = (type, facts = {}) => process.send?.({ type, ...facts });

let appFacts = { folder: '.', version: '0' };
let sandboxed = false;
const ready = Promise.withResolvers();

export function setApp(facts) {
  appFacts = facts;
}
export function becomeReady() {
  isReady = true;
  ready.resolve();
  app.emit('ready');
}
let isReady = false;
const needReady = (what) => {
  if (!isReady) throw new Error(`${what} works only after the app is ready`);
};
const needNotReady = (what) => {
  if (isReady) throw new Error(`${what} must be called before the app is ready`);
};

class App extends EventEmitter {
  isPackaged = true;
  getVersion = () => appFacts.version;
  getLocale = () => process.env.SIM_LOCALE ?? 'en-US';
  getPath = () => process.env.SIM_USER_DATA;
  requestSingleInstanceLock = () => process.env.SIM_SECOND_INSTANCE !== '1';
  whenReady = () => ready.promise;
  enableSandbox() {
    needNotReady('app.enableSandbox');
    sandboxed = true;
  }
  quit() {
    let prevented = false;
    this.emit('before-quit', { preventDefault: () => (prevented = true) });
    if (prevented) return;
    tell('quit');
    void Promise.all([...windows].map((window) => window.end())).finally(() => process.exit(0));
  }
}
export const app = new App();

const windows = new Set();
const handlers = new Map();

export const protocol = {
  registerSchemesAsPrivileged(schemes) {
    needNotReady('protocol.registerSchemesAsPrivileged');
    tell('schemes', { schemes });
  },
  handle(scheme, handler) {
    needReady('protocol.handle');
    handlers.set(scheme, handler);
  },
};

class WebContents extends EventEmitter {
  openHandler = () => ({ action: 'allow' });
  setWindowOpenHandler(handler) {
    this.openHandler = handler;
  }
}

export class BrowserWindow extends EventEmitter {
  webContents = new WebContents();
  #page = null;
  constructor(options) {
    super();
    needReady('BrowserWindow');
    this.options = options;
    windows.add(this);
    tell('window', { sandboxed, webPreferences: options.webPreferences });
    app.emit('web-contents-created', {}, this.webContents);
  }
  async loadURL(url) {
    this.#page = await openPage({
      url,
      preload: this.options.webPreferences.preload,
      argv: this.options.webPreferences.additionalArguments ?? [],
      serve: (request) => handlers.get('app')(request),
      contents: this.webContents,
      onPort: (channel, port, frame) => ipcMain.emit(channel, { senderFrame: frame, ports: [port] }),
    });
    this.emit('ready-to-show');
  }
  show() {
    tell('shown');
  }
  reload() {
    void this.#page.reload().then(() => tell('reloaded'));
  }
  focus() {}
  restore() {}
  isMinimized = () => false;
  isDestroyed = () => false;
  evaluate = (source) => this.#page.evaluate(source);
  async end() {
    await this.#page?.close();
  }
}

export const ipcMain = new EventEmitter();

export const utilityProcess = {
  fork(entry, args, options) {
    needReady('utilityProcess.fork');
    const child = forkUtility(entry, args, options);
    tell('forked', { pid: child.pid });
    child.on('exit', (code) => tell('host-exit', { code }));
    return child;
  },
};

const locked = (value) => Buffer.from(`sealed:${Buffer.from(value).toString('hex')}`);
export const safeStorage = {
  isAsyncEncryptionAvailable: () => {
    needReady('safeStorage');
    return Promise.resolve(true);
  },
  getSelectedStorageBackend: () => process.env.SIM_STORAGE ?? 'gnome_libsecret',
  encryptStringAsync: (value) => Promise.resolve(locked(value)),
  decryptStringAsync: (sealed) =>
    Promise.resolve({ result: Buffer.from(sealed.toString().slice(7), 'hex').toString(), shouldReEncrypt: false }),
};

export const dialog = {
  showMessageBox(options) {
    tell('dialog', { options });
    return Promise.resolve({ response: Number(process.env.SIM_DIALOG ?? 0) });
  },
};
export const shell = {
  openExternal(url) {
    tell('external', { url });
    return Promise.resolve();
  },
};
export const session = {
  defaultSession: {
    setPermissionRequestHandler: (handler) =>
      handler(null, 'media', (granted) => tell('permission', { asked: 'media', granted })),
    setPermissionCheckHandler: (handler) =>
      tell('permission', { asked: 'geolocation', granted: handler(null, 'geolocation') }),
    setDevicePermissionHandler: (handler) => tell('permission', { asked: 'device', granted: handler({}) }),
  },
};
export const Menu = {
  buildFromTemplate: (template) => ({ template }),
  setApplicationMenu: (menu) => tell('menu', { labels: menu.template.map(({ label }) => label) }),
};
export const nativeTheme = { shouldUseDarkColors: false };

// What a test asks of the program as a person or the system would.
process.on('message', async (message) => {
  if (typeof message === 'object') {
    const [window] = windows;
    const answer = await window.evaluate(message.evaluate).then(
      (value) => ({ value }),
      (error) => ({ error: String(error) }),
    );
    tell('evaluated', { id: message.id, ...answer });
  }
  if (message === 'quit') app.quit();
  if (message === 'second-instance') app.emit('second-instance');
});
process.on('disconnect', () => process.exit(1)); // the test is gone
if (process.env.SIM_UNREF === '1') process.channel?.unref();
