// The compiled correlator: what JavaScript calls. See `instance.ts`.
import { Processes, Tables } from '../index/tables';
import { Room } from '../index/room';
import { Words } from '../scan/machine';
import { Aside } from './aside';
import { Correlator, END } from './correlator';
import { heed, share, state, tell } from './shared';
import { Correlation } from './state';

const tables = new Tables();
const processes = changetype<Processes>(heap.alloc(offsetof<Processes>()));
const c = new Correlation(tables, processes, new Aside(), new Room(), 0);
const correlator = new Correlator(c, END);
share(c);

/** Memory of zeros, on the beginning of a line of the processor's cache. */
export function alloc(bytes: i32): i32 {
  return <i32>changetype<usize>(new Words((bytes + 3) >>> 2));
}

export function stateAt(): i32 {
  return <i32>changetype<usize>(state);
}

/** Where each table is: the addresses of its columns behind its number of rows, its capacity, and rows that are ready. */
export function tableAt(number: i32): i32 {
  return number == 6 ? <i32>changetype<usize>(processes) : tables.at(number);
}

/** Where what is indexed by string is now, with room for so many. */
export function strings(ref: i32, byMessageId: i32, addresses: i32): void {
  c.ref = changetype<Words>(ref);
  c.byMessageId = changetype<Words>(byMessageId);
  c.addresses.rows = changetype<Words>(addresses);
}

/** As `Correlator.run`. False: a time is too late for it. */
export function run(
  rec: i32,
  block: i32,
  lineBase: i32,
  at: i32,
  i: i32,
  total: i32,
  until: i32,
  seconds: i32,
): bool {
  heed();
  c.lines = changetype<Words>(block);
  c.lineBase = lineBase;
  correlator.at = at;
  correlator.i = i;
  correlator.run(changetype<Words>(rec), total, until, seconds);
  tell();
  return !correlator.tooLate;
}

/** Where it stopped. */
export function at(): i32 {
  return correlator.at;
}
export function number(): i32 {
  return correlator.i;
}
export function seconds(): i32 {
  return correlator.seconds;
}
