/** What is used of WebAssembly: the types of Node do not declare it, and this room has no others. */
interface Engine {
  Module: new (bytes: Uint8Array<ArrayBuffer>) => object;
  Instance: new (module: object, imports?: object) => { exports: unknown };
  /** What a program throws that ends itself. */
  RuntimeError: new () => Error;
}

export const engine = (globalThis as unknown as { WebAssembly: Engine }).WebAssembly;
