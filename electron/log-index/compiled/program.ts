/** Where the compiled programs are. */
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { madeFrom, type Program } from './programs.ts';
import { engine } from './web-assembly.ts';

const HERE = import.meta.dirname;
const FROM_SOURCE = import.meta.filename.endsWith('.ts');

/** Beside the built code it is part of; for the sources, where a build puts it. */
export function builtFile(program: Program): string {
  if (FROM_SOURCE) return join(HERE, '..', '..', '..', 'out', 'main', program.file);
  return join(HERE, HERE.endsWith('chunks') ? '..' : '.', program.file);
}

/** It is there, and not older than what it is made from. */
export function isBuilt(program: Program): boolean {
  try {
    const built = statSync(builtFile(program)).mtimeMs;
    const isOlder = (path: string): boolean => statSync(join(HERE, '..', path)).mtimeMs < built;
    return !FROM_SOURCE || madeFrom(program).every(isOlder);
  } catch {
    return false;
  }
}

const known = new Map<Program, object | undefined>();

/** The compiled program; undefined where it has not been built: then the same sources run as JavaScript. */
export function moduleOf(program: Program): object | undefined {
  if (!known.has(program)) {
    known.set(
      program,
      isBuilt(program) ? new engine.Module(new Uint8Array(readFileSync(builtFile(program)))) : undefined,
    );
  }
  return known.get(program);
}
