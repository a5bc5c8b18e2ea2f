/**
 * The temporary folder of one test run. What tests make by `mkdtemp` lies in it and goes with it, also what a test that
 * failed or was cut short did not clear away; what a killed run left goes at the start of the next.
 *
 * `npm test` makes one for all its stages. A vitest or playwright called by hand has no runner above it and gets its own
 * by `globalSetup`, for which this file is the module.
 */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { procOf } from './lab/proc.ts';

/** The name says whose it is: short, since paths of unix sockets below it end at 107 bytes. */
const NAME = /^postdeck-test-(\d+)-/;

/** A new folder that belongs to this process. */
export const makeScratch = (): string => mkdtempSync(join(tmpdir(), `postdeck-test-${process.pid}-`));

/** Removes the folder. Chromium may still be writing its last file into its profile: tried again for a second. */
export const removeScratch = (folder: string): void => {
  rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
};

/** Removes the folders of runs whose process is gone. Elsewhere than on Linux nothing tells, so nothing is removed. */
export function removeLeftScratch(): void {
  if (process.platform !== 'linux') return;
  for (const name of readdirSync(tmpdir())) {
    const owner = Number(NAME.exec(name)?.[1]);
    if (owner && procOf(owner) === undefined) removeScratch(join(tmpdir(), name));
  }
}

/** Of vitest and playwright alike: before all tests, and what it returns after all of them. */
export default function setup(): (() => void) | undefined {
  if (process.env.POSTDECK_TEST_RUN) return undefined; // TMPDIR is the runner's already
  removeLeftScratch();
  const before = process.env.TMPDIR;
  const folder = makeScratch();
  process.env.TMPDIR = folder; // workers are started with this environment
  return () => {
    if (before === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = before;
    removeScratch(folder);
  };
}
