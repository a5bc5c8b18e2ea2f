// `../outside.ts` for the compiled scanner: dialects that are compiled, and calls to JavaScript for the rest.
import { parse } from '../dialects/compiled';
import { Words } from './machine';
import { Scan } from './scan';

@external("world", "host") declare function worldHost(from: i32, to: i32): i32;
@external("world", "program") declare function worldProgram(from: i32, to: i32): i32;
@external("world", "dialect") declare function worldDialect(number: i32): void;
@external("world", "other") declare function worldOther(p: i32, parse: bool): void;
@external("world", "long") declare function worldLong(): void;

/** What is said of a line to JavaScript and back. */
export const state = new Words(16);

export const SUBMISSION: i32 = 1 << 8;

export class Outside {
  private readonly scan: Scan;

  constructor(scan: Scan) {
    this.scan = scan;
  }

  host(from: i32, to: i32): i32 {
    return worldHost(from, to);
  }

  program(from: i32, to: i32): i32 {
    return worldProgram(from, to);
  }

  long(): void {
    worldLong();
  }

  dialect(number: i32, s: Scan): void {
    if (parse(number, s)) return;
    this.tell();
    worldDialect(number);
    this.heed();
  }

  other(p: i32, whole: bool): void {
    this.tell();
    worldOther(p, whole);
    this.heed();
  }

  /** What JavaScript must know of the line; the order is that of `Compiled.heed`. */
  private tell(): void {
    const s = this.scan;
    state[0] = s.at;
    state[1] = s.end;
    state[2] = s.begin;
    state[3] = s.line;
    state[4] = s.time;
    state[5] = s.clock;
    state[6] = s.ms;
    state[7] = s.host;
    state[8] = s.pid;
    state[9] = s.submission ? 1 : 0;
    state[10] = s.n;
  }

  /** What it said of the line, and the record that it may have written. */
  private heed(): void {
    const s = this.scan;
    s.time = state[4];
    s.clock = state[5];
    s.ms = state[6];
    s.host = state[7];
    s.pid = state[8];
    s.n = state[10];
    s.start = state[11];
    s.emitted = state[12] != 0;
  }
}
