// `../dictionary.ts` for the compiled scanner: the strings are JavaScript's, which every thread shares.
import { Block, Bytes, View, Words } from './machine';

@external("world", "intern") declare function worldIntern(at: i32, length: i32): i32;
@external("world", "internAll") declare function worldInternAll(count: i32, queue: i32): void;

export class Dictionary {
  seed: i32 = 0;
  internBlock(block: Block, length: i32): i32 { return worldIntern(<i32>changetype<usize>(block), length); }
  internAll(b: Bytes, v: View, count: i32, queue: Words, out: Words): void {
    worldInternAll(count, <i32>changetype<usize>(queue));
  }
}
