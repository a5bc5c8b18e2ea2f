/** Where the compiled program is. */
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { MADE_WITH, SOURCES } from './sources.ts';

/** What is used of it: the types of Node do not declare it, and this room has no others. */
declare const WebAssembly: { Module: new (bytes: Uint8Array<ArrayBuffer>) => object };

const HERE = import.meta.dirname;
const FROM_SOURCE = import.meta.filename.endsWith('.ts');

/** Beside the built code it is part of; for the sources, where a build puts it. */
export function builtProgram(): string {
  if (FROM_SOURCE) return join(HERE, '..', '..', '..', '..', 'out', 'main', 'usual.wasm');
  return join(HERE, HERE.endsWith('chunks') ? '..' : '.', 'usual.wasm');
}

/** It is there, and not older than what it is made from. */
export function isBuilt(): boolean {
  try {
    const built = statSync(builtProgram()).mtimeMs;
    const isOlder = (path: string): boolean => statSync(join(HERE, '..', '..', path)).mtimeMs < built;
    return !FROM_SOURCE || [...SOURCES, ...MADE_WITH].every(isOlder);
  } catch {
    return false;
  }
}

let program: object | null | undefined;

/** The compiled program; undefined where it has not been built: then the same scanner runs as JavaScript. */
export function usualProgram(): object | undefined {
  if (program === undefined) {
    program = isBuilt() ? new WebAssembly.Module(new Uint8Array(readFileSync(builtProgram()))) : null;
  }
  return program ?? undefined;
}
