/** Growth of the plain files of a set: the new whole lines are read, correlated and added, in this thread. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { moduleOf } from '../compiled/program.ts';
import { SCANNER } from '../compiled/programs.ts';
import { Aside } from '../correlate/aside.ts';
import { Correlator, FOREVER } from '../correlate/correlator.ts';
import { Correlation } from '../correlate/state.ts';
import { openProcesses, restoreState } from '../correlate/restore.ts';
import { settle } from '../correlate/settle.ts';
import { LIMITS } from '../limits.ts';
import { DictionaryFull } from '../scan/dictionary.ts';
import { Scanner } from '../scan/scanner.ts';
import type { LogSet } from './log-set.ts';
import { HEAP } from './room.ts';
import { save } from './snapshot.ts';
import { headHash } from './source-file.ts';
import { createTable } from './table.ts';
import { PROCESS_COLUMNS } from './tables.ts';
import { ZoneClock } from './zone-clock.ts';

export interface Appended {
  bytes: number;
  lines: number;
  /** Roots of the traces that the new lines touched. */
  touched: number[];
  /** Files that are no longer what was indexed: shorter, replaced or gone. Their new content is not read. */
  changed: { file: string; what: 'shrunk' | 'replaced' | 'gone' }[];
}

interface Live {
  c: Correlation;
  correlator: Correlator;
  scanner: Scanner;
  clocks: Map<number, ZoneClock>;
}

const LIVE = new WeakMap<LogSet, Live>();

function live(set: LogSet): Live {
  let state = LIVE.get(set);
  if (state === undefined) {
    const aside = new Aside(set.dict);
    const c = new Correlation(set.t, createTable(PROCESS_COLUMNS), aside, HEAP, set.dict.most + 1);
    restoreState(c, set);
    state = {
      c,
      correlator: new Correlator(c, FOREVER),
      scanner: new Scanner(set.dict, set.hosts.buffer as SharedArrayBuffer, moduleOf(SCANNER)),
      clocks: new Map(),
    };
    LIVE.set(set, state);
  }
  return state;
}

/** Reads what the plain files of the set have grown by, up to their last newline. */
export function append(set: LogSet): Appended {
  if (!set.writable) throw new RangeError('append: expected a set opened for appending');
  const out: Appended = { bytes: 0, lines: 0, touched: [], changed: [] };
  const state = live(set);
  const firstLine = set.lines.count;
  for (const [index, source] of set.info.sources.entries()) {
    if (!source.plain) continue;
    let fd: number;
    try {
      fd = openSync(source.path, 'r');
    } catch {
      out.changed.push({ file: source.name, what: 'gone' });
      continue;
    }
    try {
      const stat = fstatSync(fd);
      if (stat.size < source.bytes) {
        out.changed.push({ file: source.name, what: stat.ino === source.inode ? 'shrunk' : 'replaced' });
        continue;
      }
      if (stat.ino !== source.inode || headHash(fd, source.headBytes) !== source.head) {
        out.changed.push({ file: source.name, what: 'replaced' });
        continue;
      }
      while (source.bytes < stat.size) {
        const want = Math.min(stat.size - source.bytes, LIMITS.chunkBytes);
        const buf = Buffer.allocUnsafe(want);
        const got = readSync(fd, buf, 0, want, source.bytes);
        let end = buf.subarray(0, got).lastIndexOf(10) + 1;
        if (end === 0) {
          if (got < LIMITS.chunkBytes) break; // the line is still being written
          end = got;
        }
        take(set, state, index, buf.subarray(0, end));
        out.bytes += end;
      }
    } finally {
      closeSync(fd);
    }
  }
  out.lines = set.lines.count - firstLine;
  if (out.lines > 0) {
    settle(state.c, false);
    const roots = new Set<number>();
    for (let line = firstLine; line < set.lines.count; line++) {
      const node = set.lines.place(line)?.node ?? 0;
      if (node !== 0) roots.add(set.root(node));
    }
    out.touched = [...roots];
    set.info.first ||= state.c.first;
    set.info.last = Math.max(set.info.last, state.c.latest);
  }
  return out;
}

/** Writes the set with what was appended, and with the processes that have something open. */
export function saveSet(set: LogSet): void {
  const state = LIVE.get(set);
  if (state !== undefined) set.info.processes = openProcesses(state.c);
  save(set.dir, set);
}

function take(set: LogSet, state: Live, index: number, bytes: Buffer): void {
  const { c, correlator, scanner } = state;
  const source = set.info.sources[index];
  let lines: number;
  for (;;) {
    try {
      lines = scanner.run(bytes, 0, bytes.length);
      break;
    } catch (error) {
      if (!(error instanceof DictionaryFull)) throw error;
      set.dict = set.dict.grown();
      c.aside.dict = set.dict;
      scanner.use(set.dict);
    }
  }
  c.fit(set.dict.size + 1);
  const chunk = set.lines.open({
    source: index,
    offset: source.bytes,
    length: bytes.length,
    lines,
    fileLine: source.lines + 1,
    frameAt: 0,
    frameLength: 0,
  });
  let clock = state.clocks.get(index);
  if (clock === undefined) {
    clock = new ZoneClock(set.info.zone, new Date((set.info.last || Date.now() / 1000) * 1000).getUTCFullYear());
    clock.resume(set.info.last);
    state.clocks.set(index, clock);
  }
  const block = new Uint32Array(lines * 3);
  c.lines = block;
  c.lineBase = chunk.firstLine;
  c.aside.zone = clock;
  correlator.at = 0;
  correlator.i = 0;
  correlator.run(scanner.rec, lines, FOREVER, clock.last);
  clock.last = correlator.seconds;
  set.lines.write(chunk, block);
  source.bytes += bytes.length;
  source.size = source.bytes;
  source.lines += lines;
}
