import { BrowserWindow, nativeTheme } from 'electron';
import icon from './icon.png?asset';
import { pageUrl } from './origin.ts';

/** Opens the one window. */
export function openWindow(preload: string, version: string): BrowserWindow {
  const window = new BrowserWindow({
    width: 1440,
    height: 900,
    minWidth: 960,
    minHeight: 600,
    show: false,
    title: 'Postdeck',
    // Windows and macOS take it from the program; on Linux the window brings it.
    ...(process.platform === 'linux' ? { icon } : {}),
    backgroundColor: nativeTheme.shouldUseDarkColors ? '#16181d' : '#ffffff', // no white flash in the dark
    webPreferences: {
      preload,
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      webSecurity: true,
      webviewTag: false,
      spellcheck: false, // would fetch dictionaries from the network
      additionalArguments: [`--postdeck-version=${version}`],
    },
  });
  window.once('ready-to-show', () => window.show());
  void window.loadURL(pageUrl());
  return window;
}
