/**
 * What a client's address means right now: its newest postscreen session, its newest smtpd session, and the newest trace
 * to blame a ban on. Few strings are addresses, and one line often asks for two of the three: so they lie together.
 * Also compiled: see `compiled/compile.ts`.
 */
import type { Room } from '../index/room.ts';

const COLUMNS = 4; // three are used; four keep each address in one line of a processor's cache

const SCREEN = 0;
const CLIENT = 1;
const SUSPECT = 2;

export class Addresses {
  private readonly room: Room;
  /** Per string: its row, or 0. */
  rows: Uint32Array;
  nodes: Uint32Array;
  used = 1;

  /** `strings`: numbers of the dictionary to have room for. */
  constructor(room: Room, strings: number) {
    this.room = room;
    this.rows = room.words(strings);
    this.nodes = room.words(4096 * COLUMNS);
  }

  private get(ip: number, column: number): number {
    return this.nodes[this.rows[ip] * COLUMNS + column];
  }

  private set(ip: number, column: number, node: number): void {
    let row = this.rows[ip];
    if (row === 0) {
      row = this.used++;
      this.rows[ip] = row;
      if (this.used * COLUMNS > this.nodes.length) {
        const nodes = this.room.words(this.nodes.length * 2);
        nodes.set(this.nodes);
        this.nodes = nodes;
      }
    }
    this.nodes[row * COLUMNS + column] = node;
  }

  screen(ip: number): number {
    return this.get(ip, SCREEN);
  }
  setScreen(ip: number, node: number): void {
    this.set(ip, SCREEN, node);
  }

  client(ip: number): number {
    return this.get(ip, CLIENT);
  }
  setClient(ip: number, node: number): void {
    this.set(ip, CLIENT, node);
  }

  suspect(ip: number): number {
    return this.get(ip, SUSPECT);
  }
  setSuspect(ip: number, node: number): void {
    this.set(ip, SUSPECT, node);
  }
}
