import { EventEmitter } from 'node:events';

/** A pair of ends like Electron's MessagePortMain: messages wait until `start`, `close` is told to the other end. */
export function portPair() {
  const a = new PortMain();
  const b = new PortMain();
  a.peer = b;
  b.peer = a;
  return [a, b];
}

class PortMain extends EventEmitter {
  peer = null;
  #started = false;
  #waiting = [];
  postMessage(data) {
    this.peer?.take(structuredClone(data));
  }
  take(data) {
    if (this.#started) this.emit('message', { data, ports: [] });
    else this.#waiting.push(data);
  }
  start() {
    this.#started = true;
    for (const data of this.#waiting.splice(0)) this.emit('message', { data, ports: [] });
  }
  close() {
    const { peer } = this;
    if (peer === null) return;
    this.peer = null;
    peer.peer = null;
    this.emit('close');
    peer.emit('close');
  }
}
