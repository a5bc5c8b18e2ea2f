// `../other-servers.ts` and `../scans.ts` for the compiled correlator: JavaScript handles these records, on the same
// tables. It is told before how they stand, and heeded afterwards.
import { Words } from '../scan/machine';
import { heed, tell, word } from './shared';
import { Correlation } from './state';

@external("world", "rare") declare function worldRare(kind: i32, fields: i32): void;
@external("world", "scanWithoutMessage") declare function worldScanWithoutMessage(fields: i32, node: i32): void;
@external("world", "refusedByScan") declare function worldRefusedByScan(fields: i32, node: i32): void;

export function handleRare(c: Correlation, kind: i32, rec: Words, i: i32): void {
  tell();
  worldRare(kind, word(rec, i));
  heed();
}

export function scanWithoutMessage(c: Correlation, rec: Words, i: i32, node: i32): void {
  tell();
  worldScanWithoutMessage(word(rec, i), node);
  heed();
}

export function refusedByScan(c: Correlation, rec: Words, i: i32, node: i32): void {
  tell();
  worldRefusedByScan(word(rec, i), node);
  heed();
}
