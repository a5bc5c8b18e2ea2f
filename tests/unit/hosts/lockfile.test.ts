// npm leaves out an optional package, without a word, where its `engines` refuse the Node that runs npm. The programs
// that build the console run on the Node 24 that comes with it, so on Linux x64 their bindings must install under 20 too:
// package-lock.json is where npm reads `engines`, and the line is taken out there.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

interface Entry {
  readonly optional?: boolean;
  readonly devOptional?: boolean;
  readonly os?: readonly string[];
  readonly cpu?: readonly string[];
  readonly engines?: { readonly node?: string };
}

const lockfile = new URL('../../../package-lock.json', import.meta.url);
const packages = (JSON.parse(readFileSync(lockfile, 'utf8')) as { packages: Record<string, Entry> }).packages;

test('no optional package of Linux x64 is left out by an npm that runs on Node 20', () => {
  const optional = Object.entries(packages).filter(
    ([, entry]) =>
      (entry.optional === true || entry.devOptional === true) &&
      (entry.os?.includes('linux') ?? true) &&
      (entry.cpu?.includes('x64') ?? true),
  );
  expect(optional.length).toBeGreaterThan(0);
  expect(optional.filter(([, entry]) => !takes20(entry.engines?.node ?? '*')).map(([path]) => path)).toEqual([]);
});

/** Whether some alternative of a range such as `^20.19.0 || >=22.12.0` begins at or below major 20 and reaches it. */
function takes20(range: string): boolean {
  return range.split('||').some((part) => {
    const [, operator, major] = /^\s*(>=|>|\^|~|)\s*v?(\d+|\*)/.exec(part) ?? [];
    if (major === undefined || major === '*') return true;
    return operator === '>=' || operator === '>' ? Number(major) <= 20 : Number(major) === 20;
  });
}
