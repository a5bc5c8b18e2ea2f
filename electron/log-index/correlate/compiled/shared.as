// How things stand, told to JavaScript and heeded from it: a few words with the scalars, and where the arrays are. Tables
// lie in memory as JavaScript writes them. The order is that of `Compiled` in `instance.ts`.
import { Words } from '../scan/machine';
import { IntMap } from './int-map';
import { Correlation } from './state';

export const state = new Words(64);

/** Which word of memory it is: JavaScript sees all of it as one array. */
export function word(rec: Words, i: i32): i32 {
  return (<i32>changetype<usize>(rec) >>> 2) + i;
}

let c = changetype<Correlation>(0);

/** It is about this one. */
export function share(correlation: Correlation): void {
  c = correlation;
}

export function tell(): void {
  state[0] = c.now;
  state[1] = c.ms;
  state[2] = c.host;
  state[3] = c.pid;
  state[4] = c.line;
  state[5] = c.oneHost;
  state[6] = c.manyHosts ? 1 : 0;
  state[7] = c.first;
  state[8] = c.latest;
  const a = c.addresses;
  state[9] = <i32>changetype<usize>(a.nodes);
  state[10] = a.nodes.length;
  state[11] = a.used;
  tellMap(12, c.smtpd);
  tellMap(15, c.client);
  tellMap(18, c.lmtp);
  tellMap(21, c.waiting);
  tellMap(24, c.waitingPolicy);
  tellMap(27, c.waitingListed);
  tellMap(30, c.greylisted);
  tellMap(33, c.greylistedBefore);
}

export function heed(): void {
  c.host = state[2];
  c.oneHost = state[5];
  c.manyHosts = state[6] != 0;
  c.first = state[7];
  c.latest = state[8];
  const a = c.addresses;
  a.nodes = changetype<Words>(state[9]);
  a.used = state[11];
  heedMap(12, c.smtpd);
  heedMap(15, c.client);
  heedMap(18, c.lmtp);
  heedMap(21, c.waiting);
  heedMap(24, c.waitingPolicy);
  heedMap(27, c.waitingListed);
  heedMap(30, c.greylisted);
  heedMap(33, c.greylistedBefore);
}

function tellMap(at: i32, map: IntMap): void {
  state[at] = <i32>changetype<usize>(map.pairs);
  state[at + 1] = map.mask;
  state[at + 2] = map.size;
}

function heedMap(at: i32, map: IntMap): void {
  map.pairs = changetype<Words>(state[at]);
  map.mask = state[at + 1];
  map.size = state[at + 2];
}
