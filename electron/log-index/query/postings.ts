/** What lookup tables hold. */
import type { IpList } from './ip.ts';
import type { WordList } from './words.ts';

/** Nodes by the strings they name. */
export interface Postings {
  count: (id: number) => number;
  of: (id: number) => Uint32Array;
  /** Many strings are asked for: what is on disk is better had as a whole. */
  expectMany?: () => void;
  close?: () => void;
}

export interface LookupParts {
  postings: Postings;
  /** Envelope addresses and logins; those of them with '@' and capitals; relays; reasons; client addresses. */
  addresses: WordList;
  capitals: WordList;
  relays: WordList;
  reasons: WordList;
  ips: IpList;
}

/** Postings in memory: the nodes of string `id` are `nodes[start[id]]` up to `nodes[start[id + 1]]`. */
export class PostingTable implements Postings {
  readonly start: Uint32Array;
  readonly nodes: Uint32Array;

  constructor(start: Uint32Array, nodes: Uint32Array) {
    this.start = start;
    this.nodes = nodes;
  }

  count(id: number): number {
    return id + 1 < this.start.length ? this.start[id + 1] - this.start[id] : 0;
  }

  of(id: number): Uint32Array {
    return id + 1 < this.start.length ? this.nodes.subarray(this.start[id], this.start[id + 1]) : NONE;
  }
}

const NONE = new Uint32Array(0);
