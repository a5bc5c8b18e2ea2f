/** Where the compiled programs are. */
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { madeFrom, type Program } from './programs.ts';
import { engine } from './web-assembly.ts';

const HERE = import.meta.dirname;
const FROM_SOURCE = import.meta.filename.endsWith('.ts');

const OUT = join(HERE, '..', '..', '..', 'out');

/** Where `ensurePrograms` puts a program: beside a build it would not fit the code that was built with another one. */
export function ownFile(program: Program): string {
  return join(OUT, 'programs', program.file);
}

/** Where it may be: beside the built code it is part of; for the sources, where a build or `ensurePrograms` puts it. */
function places(program: Program): string[] {
  if (FROM_SOURCE) return [join(OUT, 'main', program.file), ownFile(program)];
  return [join(HERE, HERE.endsWith('chunks') ? '..' : '.', program.file)];
}

/** The built program that is not older than what it is made from. */
export function builtFile(program: Program): string | undefined {
  return places(program).find((file) => {
    try {
      const built = statSync(file).mtimeMs;
      const isOlder = (path: string): boolean => statSync(join(HERE, '..', path)).mtimeMs < built;
      return !FROM_SOURCE || madeFrom(program).every(isOlder);
    } catch {
      return false;
    }
  });
}

const known = new Map<Program, object | undefined>();

/** The compiled program; undefined where it has not been built: then the same sources run as JavaScript. */
export function moduleOf(program: Program): object | undefined {
  if (!known.has(program)) {
    const file = builtFile(program);
    known.set(program, file === undefined ? undefined : new engine.Module(new Uint8Array(readFileSync(file))));
  }
  return known.get(program);
}
