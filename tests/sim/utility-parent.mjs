import { spawn } from 'node:child_process';
import { EventEmitter } from 'node:events';

/** utilityProcess.fork: a child process of this Node, whose parentPort and handed ports go over one IPC channel. */
export function forkUtility(entry, args, _options) {
  const bootstrap = new URL('./utility-child.mjs', import.meta.url).href;
  const child = spawn(process.execPath, ['--import', bootstrap, entry, ...args], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    serialization: 'advanced',
  });
  const utility = new EventEmitter();
  const ports = new Map();
  let lastPort = 0;
  utility.pid = child.pid;
  utility.kill = () => child.kill();
  utility.postMessage = (message, handed = []) => {
    const ids = handed.map((port) => {
      const id = ++lastPort;
      ports.set(id, port);
      port.on('message', ({ data }) => child.connected && child.send({ port: id, data }));
      port.on('close', () => child.connected && child.send({ port: id, closed: true }));
      return id;
    });
    child.send({ message, ports: ids });
    for (const port of handed) port.start();
  };
  child.on('message', (packet) => {
    if ('message' in packet) utility.emit('message', packet.message);
    else if (packet.closed) ports.get(packet.port)?.close();
    else ports.get(packet.port)?.postMessage(packet.data);
  });
  child.once('exit', (code) => {
    for (const port of ports.values()) port.close();
    utility.emit('exit', code);
  });
  return utility;
}
