/** The base layer: a clean Debian root with all packages, built once and shared by every instance, read-only. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { knownInstances, running, stateDir } from './instance.ts';
import { run } from './proc.ts';

const here = import.meta.dirname;

/** A new package list or build script makes a new base layer; an unchanged one is found by this name. */
function baseId(): string {
  const hash = createHash('sha256');
  for (const file of ['packages.txt', 'build-base.sh']) hash.update(readFileSync(join(here, file)));
  return hash.digest('hex').slice(0, 12);
}

export const baseDir = (): string => join(stateDir(), 'base', baseId());
export const rootOf = (base: string): string => join(base, 'root');
/** What a first start computes and later ones reuse (rspamd's compiled patterns). */
export const cacheOf = (base: string): string => join(base, 'cache');

/** Builds the base layer when it is not there yet (one to two minutes), and returns its directory. */
export async function ensureBase(say: (line: string) => void, signal?: AbortSignal): Promise<string> {
  const base = baseDir();
  if (existsSync(rootOf(base))) return base;
  mkdirSync(cacheOf(base), { recursive: true });
  say('building the base layer, once (a minute or two)');
  // The build itself holds the lock and looks again when it has it: should this process be killed, it goes on to its
  // end alone, and nobody starts a second one in the same place.
  const build = [join(here, 'build-base.sh'), rootOf(base), join(stateDir(), 'work'), join(here, 'packages.txt')];
  const result = await run(['flock', '--no-fork', join(stateDir(), 'base.lock'), ...build], { signal });
  if (result.code !== 0) throw new Error(`base layer: exit ${result.code}\n${result.stdout}${result.stderr}`);
  say(result.stdout.trim().split('\n').at(-1) ?? '');
  removeOtherBases(base);
  return base;
}

/** Old layers go once nobody can be using one: an instance that runs has its layer mounted. */
function removeOtherBases(keep: string): void {
  if (knownInstances().some((name) => running(name) !== undefined)) return;
  const dir = join(stateDir(), 'base');
  for (const name of readdirSync(dir)) {
    if (join(dir, name) !== keep) rmSync(join(dir, name), { recursive: true, force: true });
  }
}
