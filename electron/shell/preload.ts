import { contextBridge, ipcRenderer, webUtils } from 'electron';

// Everything the page gets: these facts, and on request one MessagePort to the host. Methods are never added here;
// they are added to the contract.
const version = process.argv.find((argument) => argument.startsWith('--postdeck-version='))?.split('=')[1] ?? '';
contextBridge.exposeInMainWorld('host', { platform: process.platform, version });

// The one exception: where a file is that the person chose or dropped is told to nobody but the preload, and it is
// needed to read a log of many GB where it lies. It says nothing about files that were not handed to the page.
contextBridge.exposeInMainWorld('pathOf', (file: File) => webUtils.getPathForFile(file));

// A MessagePort cannot cross contextBridge; window messages carry it.
window.addEventListener('message', (event) => {
  if (event.source !== window || event.data !== 'rpc:want-port') return;
  const { port1, port2 } = new MessageChannel();
  ipcRenderer.postMessage('rpc:connect', null, [port2]);
  window.postMessage('rpc:port', window.location.origin, [port1]);
});
