// `../../index/room.ts` for the compiled correlator: everything is in its own memory.
import { Words } from '../scan/machine';

export class Room {
  words(n: i32): Words {
    return new Words(n);
  }
}
