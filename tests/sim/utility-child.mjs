// Runs before the desktop host in its child process: gives it the `process.parentPort` of a utility process.
import { EventEmitter } from 'node:events';

const ports = new Map();

class Port extends EventEmitter {
  #started = false;
  #waiting = [];
  constructor(id) {
    super();
    this.id = id;
  }
  postMessage(data) {
    if (process.connected) process.send({ port: this.id, data });
  }
  take(data) {
    if (this.#started) this.emit('message', { data });
    else this.#waiting.push(data);
  }
  start() {
    this.#started = true;
    for (const data of this.#waiting.splice(0)) this.emit('message', { data });
  }
  close() {
    if (process.connected) process.send({ port: this.id, closed: true });
  }
}

const parentPort = new EventEmitter();
parentPort.postMessage = (message) => process.connected && process.send({ message });
process.parentPort = parentPort;
process.on('message', (packet) => {
  if ('message' in packet) {
    const handed = packet.ports.map((id) => {
      const port = new Port(id);
      ports.set(id, port);
      return port;
    });
    parentPort.emit('message', { data: packet.message, ports: handed });
  } else if (packet.closed) ports.get(packet.port)?.emit('close');
  else ports.get(packet.port)?.take(packet.data);
});
process.on('disconnect', () => process.exit(1));
