/** Packages above the base layer for the few tests that need them; the base stays small and quick to build. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { rootOf } from './base.ts';
import { stateDir } from './instance.ts';
import { run, withLock } from './proc.ts';

const here = import.meta.dirname;

/** Builds the SQL layer for this base when it is not there yet (about half a minute), and returns its directory. */
export async function ensureSqlLayer(base: string, say: (line: string) => void): Promise<string> {
  const list = readFileSync(join(here, 'packages-sql.txt'), 'utf8');
  const script = readFileSync(join(here, 'build-layer.sh'));
  const id = createHash('sha256').update(base).update(list).update(script).digest('hex').slice(0, 12);
  const dest = join(stateDir(), 'layers', id);
  if (existsSync(dest)) return dest;
  mkdirSync(join(stateDir(), 'layers'), { recursive: true });
  return withLock(join(stateDir(), 'layer.lock'), async () => {
    if (existsSync(dest)) return dest; // somebody else built it while we waited
    say('building the SQL layer, once (half a minute)');
    const packages = list
      .replace(/#.*/g, '')
      .split(/\s+/)
      .filter((name) => name !== '');
    const result = await run([
      join(here, 'build-layer.sh'),
      rootOf(base),
      dest,
      join(stateDir(), 'layer-work'),
      ...packages,
    ]);
    if (result.code !== 0) throw new Error(`SQL layer: exit ${result.code}\n${result.stdout}${result.stderr}`);
    return dest;
  });
}
