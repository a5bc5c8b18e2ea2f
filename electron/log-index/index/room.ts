/** Where arrays are: on JavaScript's heap, or in the memory of the compiled correlator. */
export type ColumnType =
  | Uint8ArrayConstructor
  | Uint16ArrayConstructor
  | Uint32ArrayConstructor
  | Int32ArrayConstructor
  | Float32ArrayConstructor;
export type Column = Uint8Array | Uint16Array | Uint32Array | Int32Array | Float32Array;

export interface Room {
  /** A new array of zeros. */
  make: <T extends ColumnType>(type: T, length: number) => InstanceType<T>;
  words: (length: number) => Uint32Array;
}

export const HEAP: Room = {
  make: <T extends ColumnType>(type: T, length: number) => new type(length) as InstanceType<T>,
  words: (length) => new Uint32Array(length),
};
