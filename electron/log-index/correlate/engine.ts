/** The correlator of a new set: compiled where it has been built and its memory suffices, else as JavaScript. */
import { HEAP, type Room } from '../index/room.ts';
import { createTable } from '../index/table.ts';
import { createTables, PROCESS_COLUMNS } from '../index/tables.ts';
import { LIMITS } from '../limits.ts';
import type { Dictionary } from '../scan/dictionary.ts';
import { Aside } from './aside.ts';
import { Compiled } from './compiled/instance.ts';
import { Correlator, FOREVER } from './correlator.ts';
import { Correlation } from './state.ts';

export interface Engine extends Pick<Correlator, 'at' | 'i' | 'seconds' | 'run'> {
  c: Correlation;
  /** Where blocks of lines are best made. */
  room: Room;
  /** Makes room for the records of a task that other threads write to; where there is none, any shared memory will do. */
  records?: () => Uint32Array;
}

/**
 * `bytes` of log are expected. `program`: the compiled correlator; null: JavaScript. The former throws CorrelatorFull when
 * its memory does not suffice after all.
 */
export function createEngine(bytes: number, dictionary: Dictionary, program: object | null): Engine {
  if (program === null || bytes > LIMITS.compiledBytes) {
    const c = correlation(bytes, dictionary, HEAP);
    return Object.assign(new Correlator(c, FOREVER), { c, room: HEAP });
  }
  const compiled = new Compiled(program);
  const { room } = compiled;
  const c = correlation(bytes, dictionary, room);
  compiled.serve(c);
  return Object.assign(compiled, { c, records: () => room.words(LIMITS.recordBytes / 4) });
}

function correlation(bytes: number, dictionary: Dictionary, room: Room): Correlation {
  const processes = createTable(PROCESS_COLUMNS, 4096, room);
  // as many strings as the dictionary has room for: memory is taken as they come, and nothing is copied meanwhile
  return new Correlation(createTables(bytes, room), processes, new Aside(dictionary), room, dictionary.most + 1);
}
