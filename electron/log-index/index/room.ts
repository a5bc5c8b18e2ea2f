/** Where arrays are: on JavaScript's heap, or in the memory of the compiled correlator. */
import type { ColumnType } from './table.ts';

export interface Room {
  /** A new array of zeros. */
  make: <T extends ColumnType>(type: T, length: number) => InstanceType<T>;
  words: (length: number) => Uint32Array;
}

export const HEAP: Room = {
  make: <T extends ColumnType>(type: T, length: number) => new type(length) as InstanceType<T>,
  words: (length) => new Uint32Array(length),
};
