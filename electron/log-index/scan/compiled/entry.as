// The compiled program: what JavaScript calls. See `instance.ts`.
import { Dictionary } from './dictionary';
import { Outside, state } from './outside';
import { Scan } from './scan';
import { Usual } from './usual';

const dictionary = new Dictionary();
const scan = new Scan(dictionary);
const outside = new Outside(scan);
const usual = new Usual(scan, outside);

/** Starts a chunk. */
export function start(seed: i32): void {
  dictionary.seed = seed;
  scan.tokens.clear();
  usual.start();
}

/** As `Usual.next`; its records begin at the beginning. */
export function next(from: i32, to: i32, base: i32): i32 {
  scan.n = 0;
  return usual.next(from, to, base);
}

/** Lines of the last `next`, and words of their records. */
export function lines(): i32 {
  return usual.lines;
}
export function words(): i32 {
  return scan.n;
}

/** Where the records are, what is said of a line to JavaScript, and the text: nothing is behind it. */
export function recordsAt(): i32 {
  return <i32>changetype<usize>(scan.rec);
}
export function recordWords(): i32 {
  return scan.rec.length;
}
export function stateAt(): i32 {
  return <i32>changetype<usize>(state);
}
export function textAt(): i32 {
  return <i32>heap.alloc(64);
}
